"""Rows of one moment, as an import leaves them; and what a version is compared with."""

import random
from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.models.governance.evidence.monitoring import Retrained
from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)


class MomentsCase(AiDeploymentCase):
    def ended(self, outcomes, moments, days=5):
        """Leads with these outcomes that came at these moments; revenue and country say something of the outcome."""
        rng = random.Random(7)
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": "x",
                    "type": "opportunity",
                    "user_id": False,
                    "expected_revenue": rng.choice([40000, 5000] if won else [200, 5000]),
                    "country_id": rng.choice([self.belgium, self.usa]).id,
                }
                for won in outcomes
            ]
        )
        self.env.flush_all()
        self.env.cr.execute_values(
            "UPDATE crm_lead SET create_date = new.came, date_closed = new.ended,"
            " won_status = CASE WHEN new.won THEN 'won' ELSE 'lost' END"
            " FROM (VALUES %s) AS new (id, came, ended, won) WHERE crm_lead.id = new.id",
            [
                (lead_id, came, came + timedelta(days=days), won)
                for lead_id, came, won in zip(leads.ids, moments, outcomes, strict=True)
            ],
        )
        leads.invalidate_recordset()
        return leads

    def made(self, leads):
        return self.make_deployment(is_primary=False, domain=f"[('id', 'in', {leads.ids})]")

    def train(self, deployment, now=NOW):
        with clock.at(now):
            return deployment._train()


@tagged("post_install", "-at_install")
class TestRowsOfOneMoment(MomentsCase):
    def test_a_file_sorted_by_stage_has_both_outcomes_in_every_part(self):
        came = NOW - 100 * DAY
        leads = self.ended([True] * 128 + [False] * 192, [came] * 320)
        deployment = self.made(leads)
        rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
        self.assertEqual(rows, self.env["crm.lead"]._ai_training_rows(deployment, NOW), "the same every time")
        labels = [row[2] for row in rows]
        for start in range(0, 320, 48):  # the test part has 48 rows
            share = sum(labels[start : start + 48]) / len(labels[start : start + 48])
            self.assertTrue(0.15 < share < 0.7, (start, share))
        version = self.train(deployment)
        self.assertGreater(version.auc, 0.6)
        self.assertFalse(version.verdict_text)
        held_out = version.sudo().held_out
        self.assertEqual(len(set(held_out["outcomes"]["labels"])), 2)
        self.assertTrue(held_out["curves"]["positive"])

    def test_records_of_different_moments_stay_in_their_order(self):
        moments = [NOW - (100 + number % 50) * DAY for number in range(100)]
        leads = self.ended([number % 2 == 0 for number in range(100)], moments)
        rows = self.env["crm.lead"]._ai_training_rows(self.made(leads), NOW)
        self.assertEqual([row[1] for row in rows], sorted(row[1] for row in rows))

    def test_without_a_win_among_the_latest_nothing_is_measured_and_nothing_promised(self):
        moments = [NOW - timedelta(days=300 - number / 2) for number in range(400)]
        leads = self.ended([number < 300 and number % 2 == 0 for number in range(400)], moments)
        deployment = self.made(leads)
        deployment.write({"routing": "error", "target_error": 0.05})
        version = self.train(deployment)
        self.assertIn("Could not be tested: no wins among the latest 60 records", version.verdict_text)
        self.assertIsNone(version.metrics["auc"])
        self.assertIs(version.auc, False)
        self.assertIs(version.read(["auc"])[0]["auc"], False, "empty on screen, not 0")
        held_out = version.sudo().held_out
        self.assertEqual((held_out["curves"], held_out["outcomes"]), ({}, {}))
        self.assertEqual((deployment.routing_lines["positive"], deployment.routing_lines["negative"]), (None, None))
        self.assertIn("Could not be tested", deployment.routing_text)
        self.assertIn("A person looks at every record", deployment.routing_text)
        deployment.routing = "line"
        self.assertFalse(deployment.routing_text)
        later = self.train(deployment)
        self.assertNotIn(later.verdict, ("better", "worse"))


@tagged("post_install", "-at_install")
class TestComparison(MomentsCase):
    def made_with_history(self, count=420):
        rng = random.Random(1)
        moments = [NOW - timedelta(days=300 - number / 2) for number in range(count)]
        return self.made(self.ended([rng.random() < 0.4 for _number in range(count)], moments))

    def test_the_same_records_give_the_same_version(self):
        deployment = self.made_with_history()
        first, again = self.train(deployment), self.train(deployment)
        self.assertEqual(first.digest, again.digest)
        self.assertEqual(again.verdict, "same")
        again.with_user(self.owner).action_promote()
        self.assertEqual(deployment.champion_id, again)

    def test_the_champion_is_judged_by_the_card_that_was_tested(self):
        deployment = self.made_with_history()
        first = self.train(deployment)
        twin = first._tested_card()
        self.assertNotEqual(twin.to_dict(), first._card().to_dict(), "it has not learned from the latest rows")
        with clock.at(NOW):
            rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
            ids = [row[0] for row in rows]
            columns = deployment._columns([feature._to_spec() for feature in deployment.feature_ids], ids)
        later = deployment._test_rows(len(ids))
        self.assertEqual(
            twin.score({key: column.take(later) for key, column in columns.items()}).values.round(4).tolist(),
            first.sudo().held_out["outcomes"]["values"],
        )

    def test_only_rows_that_neither_has_learned_from_are_compared(self):
        deployment = self.made_with_history()
        with clock.at(NOW - 70 * DAY):
            first = deployment._train()
        rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
        ids, learned = [row[0] for row in rows], first.sudo().held_out["learned"]["id"]
        import numpy as np

        moments = np.array([row[1].timestamp() / 86400 for row in rows])
        unseen = deployment._unseen_by(first, ids, moments)
        self.assertTrue(len(unseen))
        self.assertGreater(unseen.min(), ids.index(learned))
        self.assertEqual(set(unseen) - set(deployment._test_rows(len(ids))), set())
        again = self.train(deployment)
        self.assertEqual(again.challenge["rows"], len(unseen))

    def test_the_card_that_was_tested_may_read_an_input_that_the_serving_one_left_out(self):
        """With few records an input can be empty, and so left out, in one of the two trainings only."""
        deployment = self.made_with_history()
        served = self.card(names=["expected_revenue"])
        version = self.keep(deployment, served, tested_artifact=artifact.dump(self.card()))
        with clock.at(NOW):
            deployment._assign_champion(version, "test")
        again = self.train(deployment)
        self.assertTrue(again.challenge["rows"])

    def test_a_retraining_that_is_worse_does_not_show_that_it_can_be_trained_again(self):
        deployment = self.made_with_history()
        deployment.retraining_plan = "Every quarter."
        self.train(deployment)
        with clock.at(NOW):
            deployment.state = "shadow"
            specs = list(deployment.champion_id._specs().values())
            for verdict, is_met in (("worse", False), ("inconclusive", True), ("same", True), ("better", True)):
                self.keep(deployment, self.card(names=[spec["key"] for spec in specs][:2]), verdict=verdict)
                with self.subTest(verdict=verdict):
                    self.assertIs(Retrained(deployment).find(None).is_met, is_met)


@tagged("post_install", "-at_install")
class TestStartDate(MomentsCase):
    def field(self, name, model="crm.lead"):
        return self.env["ir.model.fields"]._get(model, name)

    def imported(self):
        """128 won and 192 lost leads, entered today as closed, that began over the last two years."""
        leads = self.ended([True] * 128 + [False] * 192, [NOW] * 320, days=0)
        self.env.cr.execute(
            "UPDATE crm_lead SET date_conversion = %s - (id * 7919 %% 500 + 70) * interval '1 day' WHERE id = ANY(%s)",
            [NOW, leads.ids],
        )
        leads.invalidate_recordset()
        return leads

    def test_the_form_says_what_was_imported_and_from_when_it_counts(self):
        leads = self.imported()
        deployment = self.made(leads)
        with clock.at(NOW + timedelta(hours=1)):
            text = deployment.readiness
        self.assertIn("128 wins and 192 leads without a win are there", text)
        self.assertIn("05/01/2026", text, "60 days after today")
        self.assertIn("Start Date", text)
        few = self.made(leads[:20] + leads[-20:])
        with clock.at(NOW + timedelta(hours=1)):
            self.assertIn("About 50 more wins are needed before it can learn: there are 0 so far.", few.readiness)
            self.assertIn("Of younger records, 20 wins and 20 leads without a win count from 05/01/2026", few.readiness)

    def test_who_migrates_does_not_wait(self):
        leads = self.imported()
        deployment = self.made(leads)
        with clock.at(NOW + timedelta(hours=1)):
            with self.assertRaisesRegex(UserError, "128 wins and 192 leads"):
                deployment._train()
            deployment.start_field_id = self.field("date_conversion")
            self.assertFalse(deployment.readiness)
            rows = self.env["crm.lead"]._ai_training_rows(deployment, clock.now())
            self.assertEqual(sum(row[2] for row in rows), 128, "won before they were entered: nobody knows when")
            self.assertEqual(rows[0][1], min(leads.mapped("date_conversion")))
            self.assertFalse(self.env["crm.lead"]._ai_decided_after(deployment, clock.now()), "in no duration")
            version = deployment._train()
        self.assertGreater(version.auc, 0.5)

    def test_age_and_horizon_count_from_the_named_date(self):
        lead = self.ended([True], [NOW - 100 * DAY], days=50)
        deployment = self.made(lead)
        self.assertEqual(self.env["crm.lead"]._ai_training_rows(deployment, NOW), [(lead.id, NOW - 100 * DAY, True)])
        self.env.cr.execute("UPDATE crm_lead SET date_open = %s WHERE id = %s", [NOW - 130 * DAY, lead.id])
        deployment.start_field_id = self.field("date_open")
        self.assertEqual(self.env["crm.lead"]._ai_training_rows(deployment, NOW), [(lead.id, NOW - 130 * DAY, False)])
        self.assertEqual(self.env["crm.lead"]._ai_decided_after(deployment, NOW), [(80.0, 130.0)])
        scored = {lead.id: NOW - 130 * DAY}
        self.assertEqual(self.env["crm.lead"]._ai_came_true(deployment, scored), {lead.id: False})
        with clock.at(NOW):
            found = Measurement(deployment).measure((NOW - 130 * DAY).date(), (NOW - 130 * DAY).date())[None]
        self.assertEqual((found["conversion"].count, found["revenue"].count), (0, 1), "decided too late to count")
        self.assertEqual(
            Measurement(deployment).measures()["conversion"].basis, "date_open", "another figure than before"
        )

    def test_only_a_date_that_can_be_a_start_is_taken(self):
        deployment = self.make_deployment(is_primary=False)
        for name in ("date_closed", "date_last_stage_update", "write_date", "date_deadline", "country_id", "day_close"):
            with self.subTest(name=name), self.assertRaises(ValidationError), self.env.cr.savepoint():
                deployment.start_field_id = self.field(name)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deployment.start_field_id = self.field("invoice_date", "account.move")
        for name in ("create_date", "date_open", "date_conversion"):
            deployment.start_field_id = self.field(name)

    def test_what_versions_learned_by_is_not_swapped_below_them(self):
        self.assertTrue(self.deployment.version_ids)
        with self.assertRaisesRegex(UserError, "began on another date"):
            self.deployment.with_user(self.owner).start_field_id = self.field("date_open")
        self.deployment.with_user(self.owner).write({"start_field_id": False, "name": "Another name"})
