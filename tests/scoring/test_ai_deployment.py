"""The ways into scoring: at once or as a batch, only where the deployment is live, and every night."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import SCORING_LOG, BatchCase, ScoringRuleCase


@tagged("post_install", "-at_install")
class TestOnRequest(BatchCase):
    def test_few_records_are_scored_at_once(self):
        leads = self.make_leads(5)
        with clock.at(NOW):
            outcome = self.deployment._ask(leads)
        self.assertEqual(outcome["automatic"], 5)
        self.assertFalse(self.env["ai.deployment.batch"].search([]))

    def test_asked_for_twice_in_one_call_is_asked_for_once(self):
        lead = self.make_leads()
        outcome = self.deployment._score(lead.browse([lead.id, lead.id]), now=NOW)
        self.assertEqual((outcome["requested"], outcome["outside"]), (1, 0))
        self.assertBalanced(requested=1, automatic=1)

    def test_nothing_is_scored_where_the_deployment_is_not_at_work(self):
        for state in ("suspended", "retired"):
            self.deployment.state = state
            with self.assertRaisesRegex(UserError, "not live"):
                self.deployment._score(self.make_leads(), now=NOW)

    def test_times_come_from_the_clock(self):
        lead = self.make_leads()
        with clock.at(NOW - timedelta(days=400)):
            self.deployment._score(lead)
        self.assertEqual(self.inferences_of(lead).date, NOW - timedelta(days=400))
        self.assertEqual(self.env["ai.deployment.profile"].search([]).day, NOW.date() - timedelta(days=400))

    def test_one_more_than_the_limit_becomes_a_batch(self):
        batch = self.ask(self.make_leads(6))
        self.assertEqual((batch.state, batch.record_count), ("running", 6))
        self.assertBalanced(requested=6, waiting=6)

    def test_no_batch_is_kept_where_the_deployment_is_not_live(self):
        self.deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not live"):
            self.deployment._ask(self.make_leads(6))
        self.assertFalse(self.env["ai.deployment.batch"].search([]))

    def test_nothing_asked_for_is_nothing_scored(self):
        outcome = self.deployment._score(self.make_leads(0), now=NOW)
        self.assertEqual((outcome["requested"], outcome["automatic"]), (0, 0))


@tagged("post_install", "-at_install")
class TestEveryNight(BatchCase):
    def test_every_night_all_open_records_are_asked_for(self):
        leads = self.make_leads(8)
        leads[0].active = False
        self.deployment.score_nightly = True
        with self.enter_registry_test_mode(), clock.at(NOW):
            self.env.ref("ai_deployment.ir_cron_nightly").method_direct_trigger()
        self.work()
        scored = set(self.inferences_of(leads).mapped("res_id"))
        self.assertEqual(scored, set(leads[1:].ids))

    def test_one_broken_filter_stops_no_other_night(self):
        other = self.make_deployment(name="Failing", is_primary=False, score_nightly=True)
        self.serve(other, self.card())
        other.state = "shadow"
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", other.id])
        self.env.invalidate_all()
        self.deployment.score_nightly = True
        leads = self.make_leads(8)
        with self.enter_registry_test_mode(), clock.at(NOW), self.assertLogs(SCORING_LOG, "ERROR"):
            self.env.ref("ai_deployment.ir_cron_nightly").method_direct_trigger()
        self.work()
        self.assertEqual(len(self.inferences_of(leads)), 8)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "nightly")])
        self.assertEqual((alert.deployment_id, alert.state), (other, "firing"))

    def test_who_does_not_want_it_is_not_asked_for(self):
        self.make_leads(8)
        with self.enter_registry_test_mode(), clock.at(NOW):
            self.env.ref("ai_deployment.ir_cron_nightly").method_direct_trigger()
        self.assertFalse(self.env["ai.deployment.batch"].search([]))


@tagged("post_install", "-at_install")
class TestByThemselves(ScoringRuleCase):
    def test_one_way_is_enough(self):
        self.assertFalse(self.deployment._scores_by_itself())
        for name in ("score_on_create", "score_on_change", "score_nightly"):
            with self.subTest(name=name):
                self.deployment[name] = True
                self.assertTrue(self.deployment._scores_by_itself())
                self.deployment[name] = False

    def test_what_was_noted_is_scored_only_while_it_is_live(self):
        leads = self.make_leads(2)
        wanted = {self.deployment.id: dict.fromkeys(leads.ids, self.seller.id)}
        self.deployment.state = "suspended"
        self.env["ai.deployment"]._score_noted(wanted)
        self.assertFalse(self.inferences_of(leads))
        self.deployment.state = "shadow"
        self.env["ai.deployment"]._score_noted(wanted)
        self.assertEqual(self.inferences_of(leads).mapped("res_id"), leads.ids)
