"""From records to a version: which rows teach, what they may know, and who may serve."""

import json
import random
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.noise import Noise
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads


@tagged("post_install", "-at_install")
class TestTrainer(ClosedLeads, AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.past = cls.closed_leads(400)

    def train(self, deployment=None):
        with clock.at(NOW):
            return (deployment or self.deployment)._train()

    def rows(self):
        return {row[0]: row[2] for row in self.env["crm.lead"]._ai_training_rows(self.deployment, NOW)}

    def test_a_version_learns_what_matters(self):
        deployment = self.make_deployment(is_primary=False)
        version = self.train(deployment)
        self.assertEqual(deployment.champion_id, version)
        self.assertEqual((version.number, version.kind, version.row_count), (1, "scorecard", 400))
        self.assertGreater(version.auc, 0.55)
        self.assertEqual(version.positive_count, sum(self.rows().values()))
        card = version._card()
        country = card.bins_by_name["country_id"]
        points = dict(zip(country.levels, card.features[card.names.index("country_id")].points[3:], strict=True))
        self.assertGreater(points[str(self.belgium.id)], points[str(self.usa.id)])
        self.assertEqual(version.trained_date, NOW)

    def test_the_card_scores_what_it_learned(self):
        deployment = self.make_deployment(is_primary=False)
        self.train(deployment)
        deployment.state = "shadow"
        likely = self.make_leads(expected_revenue=40000)
        unlikely = self.make_leads(expected_revenue=200, country_id=self.usa.id)
        deployment._score(likely + unlikely, now=NOW)
        self.assertGreater(
            self.score_of(likely, deployment).predicted_value, self.score_of(unlikely, deployment).predicted_value
        )

    def test_the_card_that_serves_has_also_learned_from_the_rows_that_tested_it(self):
        latest = self.past[-50:]
        latest.country_id = self.france  # a country that only the latest rows know
        version = self.train(self.make_deployment(is_primary=False))
        self.assertIn(str(self.france.id), version._card().bins_by_name["country_id"].levels)
        self.assertEqual(version.metrics["learned_rows"], 400)
        self.assertEqual(version.metrics["test_rows"], 400, "of the latest 60, fewer than 30 were won: all test")

    def test_won_after_the_horizon_is_not_won(self):
        self.deployment.horizon_days = 30
        lead = self.make_leads(3)
        created = NOW - timedelta(days=50)
        self.close(lead[0], created, created + timedelta(days=30), True)
        self.close(lead[1], created, created + timedelta(days=31), True)
        self.close(lead[2], created, created + timedelta(days=10), False)
        rows = self.rows()
        self.assertEqual([rows[one.id] for one in lead], [True, False, False])

    def test_still_open_at_the_horizon_is_not_won(self):
        self.deployment.horizon_days = 30
        lead = self.make_leads(1)
        self.close(lead, NOW - timedelta(days=31), None, False)
        self.assertIs(self.rows()[lead.id], False)

    def test_what_is_not_decided_yet_teaches_nothing(self):
        self.deployment.horizon_days = 30
        early_win, late = self.make_leads(2)
        self.close(early_win, NOW - timedelta(days=29), NOW - timedelta(days=28), True)
        self.close(late, NOW - timedelta(days=30), NOW - timedelta(days=28), True)
        rows = self.rows()
        self.assertNotIn(early_win.id, rows, "leads that were won early would else be over-represented")
        self.assertIn(late.id, rows)

    def test_rows_come_in_order_of_time_and_of_this_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        lead = self.make_leads(1, company_id=other.id, user_id=False, team_id=False)
        self.close(lead, NOW - timedelta(days=200), NOW - timedelta(days=190), True)
        self.env.invalidate_all()
        rows = self.env["crm.lead"]._ai_training_rows(self.deployment, NOW)
        self.assertNotIn(lead.id, [row[0] for row in rows])
        self.assertEqual([row[1] for row in rows], sorted(row[1] for row in rows))

    def test_the_filter_of_the_deployment_holds_for_training(self):
        self.deployment.domain = f"[('country_id', '=', {self.belgium.id})]"
        ids = list(self.rows())
        self.assertTrue(ids)
        self.assertEqual(self.env["crm.lead"].with_context(active_test=False).browse(ids).country_id, self.belgium)

    def test_the_outcome_is_not_among_the_inputs(self):
        """A label that slipped into the inputs would show as a nearly perfect score."""
        version = self.train(self.make_deployment(is_primary=False))
        self.assertLess(version.auc, 0.9)
        self.assertFalse(set(version._specs()) & self.env["crm.lead"]._ai_fields_known_too_late())

    def test_an_input_that_is_always_empty_is_left_out(self):
        deployment = self.make_deployment(
            is_primary=False, features=[{"path": "expected_revenue"}, {"path": "campaign_id"}]
        )
        version = self.train(deployment)
        self.assertEqual(list(version._specs()), ["expected_revenue"])

    def test_a_feature_changed_later_does_not_change_the_version(self):
        deployment = self.make_deployment(is_primary=False)
        version = self.train(deployment)
        deployment.feature_ids.filtered(lambda f: f.key == "country_id").unlink()
        deployment.state = "shadow"
        lead = self.make_leads()
        deployment._score(lead, now=NOW)
        self.assertEqual(len(self.inferences_of(lead, deployment).sudo().inputs), len(version._specs()))

    def test_too_few_cases_are_refused_with_a_number(self):
        self.deployment.domain = "[('name', '=', 'nothing')]"
        with self.assertRaisesRegex(UserError, "could not be trained"):
            self.train()
        deployment = self.make_deployment(is_primary=False, domain=f"[('id', 'in', {self.past[:20].ids})]")
        with self.assertRaisesRegex(UserError, "About 6 more leads without a win are needed for training"):
            self.train(deployment)
        self.assertFalse(deployment.version_ids)

    def test_sixty_leads_make_a_version_that_says_how_sure_it_is(self):
        deployment = self.make_deployment(is_primary=False, domain=f"[('id', 'in', {self.past[:60].ids})]")
        version = self.train(deployment)
        self.assertEqual(version.metrics["test_folds"], 5)
        self.assertEqual(len(version.held_out["outcomes"]["values"]), 60, "all test, out of fold")
        self.assertFalse(version.verdict_text)
        self.assertIn("Likely", version.card_html)
        deployment.write({"state": "shadow", "domain": "[]"})
        lead = self.make_leads(expected_revenue=40000)
        deployment._score(lead, now=NOW)
        self.assertRegex(self.inferences_of(lead, deployment).reasons, r"\d+ %, likely \d+ to \d+: learned from few")

    def test_leads_that_stand_twice_count_once(self):
        deployment = self.make_deployment(is_primary=False, features=[{"path": "expected_revenue"}, {"path": "name"}])
        for number, lead in enumerate(self.past):
            lead.name = f"Name {number // 2}"
            lead.expected_revenue = 1000 + number // 2
        for one, two in zip(self.past[::2], self.past[1::2], strict=True):
            self.close(two, two.create_date, two.create_date + timedelta(days=5), one.won_status == "won")
        version = self.train(deployment)
        self.assertEqual(version.row_count, 200)
        self.assertIn("200 records repeat others", version.verdict_text)

    def test_without_inputs_there_is_nothing_to_train(self):
        with self.assertRaisesRegex(UserError, "no inputs yet"):
            self.train(self.make_deployment(is_primary=False, features=[]))

    def test_a_second_version_is_tested_and_does_not_serve_by_itself(self):
        deployment = self.make_deployment(is_primary=False)
        first = self.train(deployment)
        second = self.train(deployment)
        self.assertEqual(deployment.champion_id, first)
        self.assertEqual(second.digest, first.digest)
        self.assertEqual(second.verdict, "same", "twice the same is not better, and not worse either")
        self.assertIn("The same as the serving version", second.verdict_text)
        second.with_user(self.owner).action_promote()
        self.assertEqual(deployment.champion_id, second)

    def test_a_better_version_is_found_and_a_worse_one_refused(self):
        deployment = self.make_deployment(is_primary=False)
        upside_down = self.card(low=3.0, high=-3.0, names=["expected_revenue", "country_id"])
        self.serve(deployment, upside_down)
        better = self.train(deployment)
        self.assertEqual(better.verdict, "better")
        self.assertGreater(better.challenge["brier_gain"], 0)
        self.deployment._assign_champion(self.version, "test")
        worse = self.keep(deployment, upside_down, verdict="worse", verdict_text="Worse on the latest 60 records.")
        with self.assertRaisesRegex(UserError, "performed worse"):
            worse.with_user(self.owner).action_promote()

    def test_only_its_people_may_train(self):
        for user in (self.other_owner, self.reviewer):
            with self.assertRaises(AccessError):
                self.deployment.with_user(user).action_train()
        with clock.at(NOW):
            action = self.deployment.with_user(self.deputy).action_train()
        self.assertEqual(action["res_model"], "ai.deployment.training")

    def test_a_champion_that_cannot_score_is_not_compared_with(self):
        deployment = self.make_deployment(is_primary=False)
        first = self.train(deployment)
        specs = [
            {**spec, "path": "gone"} if spec["key"] == "country_id" else spec for spec in first.sudo().feature_specs
        ]
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET feature_specs = %s WHERE id = %s", [json.dumps(specs), first.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        second = self.train(deployment)
        self.assertEqual(second.verdict, "inconclusive")
        self.assertIn("the serving version cannot score", second.verdict_text)

    def test_a_retired_deployment_is_not_trained(self):
        self.deployment.state = "retired"
        with self.assertRaisesRegex(UserError, "retired"):
            self.train()

    def test_training_writes_nothing_on_the_records(self):
        self.env.flush_all()
        query = "SELECT sum(xmin::text::bigint), max(write_date) FROM crm_lead"
        self.env.cr.execute(query)
        before = self.env.cr.fetchall()
        self.train(self.make_deployment(is_primary=False))
        self.env.flush_all()
        self.env.cr.execute(query)
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_noise_floors_come_from_weeks(self):
        short = self.train(self.make_deployment(is_primary=False)).sudo()
        self.assertFalse(Noise.from_dict(short.floors).is_known, "fewer than eight windows say nothing")
        self.closed_leads(200)
        noise = Noise.from_dict(self.train(self.make_deployment(is_primary=False)).sudo().floors)
        self.assertIn("expected_revenue", noise.floors)
        self.assertTrue(all(floor >= 0 for floor in noise.floors.values()))
        share, days = noise.forward["range"]["expected_revenue"]
        self.assertTrue(0 <= share < 1 and days >= 1)
