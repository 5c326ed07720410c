"""On which day, to the day, a date begins or ends to count; and what is tested several times is corrected for it."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.alerting import escalation
from odoo.addons.ai_deployment.models.gate.gates import Gate
from odoo.addons.ai_deployment.models.governance.ownership import Ownership
from odoo.addons.ai_deployment.models.governance.poc import ProofOfConcept
from odoo.addons.ai_deployment.models.health.people import REVIEW_GRACE
from odoo.addons.ai_deployment.models.review.quality import LEVEL, confirm_blindly
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.gate.common import GateCase
from odoo.addons.ai_deployment.tests.health.common import HealthCase

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@tagged("post_install", "-at_install")
class TestDayBoundaries(HealthCase):
    def on(self, day):
        """As if it were noon of `day`."""
        self.env.invalidate_all()
        return clock.at(NOW + (day - NOW.date()))

    def findings(self):
        return {finding.code for finding in self.deployment._health()[self.deployment.id]}

    def test_a_periodic_review_may_be_done_on_the_day_it_is_due(self):
        self.go_live()
        due = self.deployment.review_date
        with self.on(due):
            self.assertNotIn("review", self.findings())
            self.assertFalse(Ownership(self.deployment).grace_reason())
            self.assertFalse(self.deployment._grace_over())
        with self.on(due + DAY):
            self.assertIn("review", self.findings())
            self.assertIn("The periodic review was due", Ownership(self.deployment).grace_reason())

    def test_scores_are_shown_to_the_last_day_of_grace(self):
        self.go_live()
        self.deployment.grace_days = 14
        last = self.deployment.review_date + 14 * DAY
        with self.on(last):
            self.assertFalse(self.deployment._grace_over())
        with self.on(last + DAY):
            self.assertTrue(self.deployment._grace_over())

    def test_a_notice_about_a_late_review_becomes_an_alert_after_the_days_of_grace_and_not_before(self):
        def severe():
            [finding] = [f for f in self.deployment._health()[self.deployment.id] if f.code == "review"]
            return finding.severity == "severe"

        due = self.deployment.review_date
        with self.on(due + REVIEW_GRACE):
            self.assertFalse(severe())
        with self.on(due + REVIEW_GRACE + DAY):
            self.assertTrue(severe())

    def test_a_gate_holds_while_its_review_is_late_by_no_more_than_was_said(self):
        self.deployment.gate_stale_days = 3
        with self.on(self.deployment.review_date + 3 * DAY):
            self.assertNotIn("was due", Gate(self.deployment).stale_reason())
        with self.on(self.deployment.review_date + 4 * DAY):
            self.assertIn("was due", Gate(self.deployment).stale_reason())

    def test_a_row_of_the_checklist_is_waived_to_the_end_of_its_last_day(self):
        check = self.deployment.check_ids[:1]
        with clock.at(NOW):
            check.sudo().waived_until = clock.today()
            self.assertEqual(check._state_of(self.nothing_found()), "waived")
        with clock.at(NOW + DAY):
            self.assertEqual(check._state_of(self.nothing_found()), "missing")

    def nothing_found(self):
        class Found:
            is_met = False
            is_broken = False

        return Found

    def test_a_muted_alert_rings_again_on_the_day_it_was_muted_until(self):
        with clock.at(NOW):
            alert = self.env["ai.deployment.alert"]._raise(self.deployment, "test:muted", name="It moved")
            alert.with_user(self.owner)._mute(clock.today() + 2 * DAY, "We know")
        with clock.at(NOW + DAY):
            self.assertTrue(alert._is_kept_quiet())
        with clock.at(NOW + 2 * DAY):
            self.assertFalse(alert._is_kept_quiet())

    def test_an_alert_escalates_when_its_days_are_full(self):
        with clock.at(NOW):
            alert = self.env["ai.deployment.alert"]._raise(self.deployment, "test:unread", name="It moved")
        wait = self.deployment.escalation_days * DAY
        with clock.at(NOW + wait - SECOND):
            self.assertFalse(escalation.is_overdue(alert))
        with clock.at(NOW + wait):
            self.assertTrue(escalation.is_overdue(alert))

    def test_it_is_idle_after_its_days_not_on_the_last_of_them(self):
        self.deployment.idle_days = 5
        with clock.at(NOW):
            self.deployment._score(self.make_leads(1))
        with clock.at(NOW + 5 * DAY):
            self.assertNotIn("idle", self.findings())
        with clock.at(NOW + 6 * DAY):
            self.assertIn("idle", self.findings())

    def test_a_proof_of_concept_lasts_to_the_end_of_its_last_day(self):
        proof = self.make_deployment(name="A proof")
        with self.on(proof.expiry_date):
            self.assertFalse(ProofOfConcept(proof).is_expired())
        with self.on(proof.expiry_date + DAY):
            self.assertTrue(ProofOfConcept(proof).is_expired())

    def test_nobody_is_named_by_a_chance_that_several_tests_make_likely(self):
        """Two people at .6 of the level: for one test alone enough, for two of them not."""
        people = {1: {"chance": 0.6 * LEVEL}, 2: {"chance": 0.6 * LEVEL}, 3: {"chance": None}}
        self.assertEqual(confirm_blindly(people), [])
        self.assertEqual(confirm_blindly({1: people[1], 3: people[3]}), [1])
        people[2]["chance"] = 0.4 * LEVEL
        self.assertEqual(confirm_blindly(people), [2])


@tagged("post_install", "-at_install")
class TestWaiverOnItsLastDay(GateCase):
    def test_a_waiver_holds_to_the_end_of_its_last_day(self):
        waiver = self.waive(end_date=self.today)
        self.assertFalse(waiver.is_over)
        bill = self.make_bill()
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.env.invalidate_all()
        with clock.at(clock.now() + DAY):
            self.assertTrue(waiver.is_over)
            with self.stopped():
                self.make_bill().action_post()
