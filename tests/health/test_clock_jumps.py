"""The clock of the server three days ahead and back, and the other way: nothing waits for days, nothing is lost."""

import datetime

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.alerting import digest
from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.review.deadlines import Escalation, WorkingHours
from odoo.addons.ai_deployment.models.scoring import job_backend
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.alerting.common import ChannelCase
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import HealthCase

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
AHEAD = NOW + 3 * DAY


@tagged("post_install", "-at_install")
class TestLedgerAhead(HealthCase):
    def setUp(self):
        super().setUp()
        self.deployment.write({"min_confidence": 1.0, "idle_days": 0})  # every lead goes to a person

    def score(self, leads, moment, again=False):
        with clock.at(moment):
            self.deployment._score(leads, again=again)

    def sums(self, moment):
        self.env.invalidate_all()
        with clock.at(moment):
            rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
            return {row.day: (row.requested, row.difference) for row in rows}

    def assertAddsUp(self, moment):
        sums = self.sums(moment)
        self.assertTrue(sums)
        self.assertEqual({difference for _asked, difference in sums.values()}, {0}, sums)

    def test_a_question_that_was_asked_ahead_is_shared_by_what_is_scored_after_it(self):
        leads = self.make_leads(3)
        self.score(leads, AHEAD)
        leads.expected_revenue = 70000
        self.score(leads, NOW)
        self.assertAddsUp(NOW)
        self.assertAddsUp(NOW + 30 * DAY)

    def test_what_was_scored_ahead_shares_a_question_that_is_answered_after_the_clock_was_set_back(self):
        leads = self.make_leads(2)
        self.score(leads, NOW)
        leads.expected_revenue = 70000
        self.score(leads, AHEAD)
        with clock.at(NOW + HOUR):
            self.reviews_of(leads)[0].with_user(self.reviewer)._decide("confirmed")
            self.reviews_of(leads)[1].sudo()._set_aside("settled")
        self.assertAddsUp(NOW + DAY)
        self.assertAddsUp(NOW + 30 * DAY)

    def test_behind_and_forward_again(self):
        leads = self.make_leads(2)
        self.score(leads, NOW)
        leads.expected_revenue = 70000
        self.score(leads, NOW - 3 * DAY)
        leads.expected_revenue = 100
        self.score(leads, NOW + HOUR)
        with clock.at(NOW - 3 * DAY):
            self.reviews_of(leads)[0].with_user(self.reviewer)._decide("confirmed")
        self.assertAddsUp(NOW + DAY)

    def test_a_line_that_is_lost_is_found_all_the_same(self):
        leads = self.make_leads(3)
        self.score(leads, NOW)
        review = self.reviews_of(leads)[0]
        with clock.at(NOW + HOUR):
            review.with_user(self.reviewer)._decide("confirmed")
        leads[0].expected_revenue = 70000
        self.score(leads[0], NOW + 2 * HOUR)  # a question of its own
        lost = self.reviews_of(leads[0])[-1]
        self.assertNotEqual(lost, review)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_review WHERE id = %s", [lost.id])
        self.assertEqual(sum(difference for _asked, difference in self.sums(NOW + DAY).values()), 1)

    def test_a_day_to_come_is_looked_at_and_told_of(self):
        leads = self.make_leads(4)
        self.score(leads, AHEAD)
        with clock.at(NOW):
            days = self.env["ai.deployment.ledger"]._days_ahead(self.deployment)
        self.assertIn(AHEAD.date(), days)
        finding = self.findings(NOW)["ledger_ahead"]
        self.assertEqual(finding.severity, "notice")
        self.assertIn("4 leads are counted on future days, up to 03/05/2026", finding.sentence)
        self.assertNotIn("ledger_ahead", self.findings(AHEAD))

    def test_a_line_that_was_lost_on_a_day_to_come_is_told(self):
        self.score(self.make_leads(4), AHEAD)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_requested SET count = count + 1 WHERE deployment_id = %s", [self.deployment.id]
        )
        with clock.at(NOW):
            self.env["ai.deployment.ledger"]._check(self.deployment)
        self.assertEqual(self.alert("sum").state, "firing")
        self.assertEqual(self.findings(NOW)["ledger"].sentence, self.alert("sum").name)


@tagged("post_install", "-at_install")
class TestWorkAhead(ChannelCase):
    """What was put off while the clock was ahead goes on once it is right."""

    def setUp(self):
        super().setUp()
        self.jobs_ran(NOW)

    def test_a_message_is_sent(self):
        channel = self.add()
        with clock.at(AHEAD):
            self.raise_alert()
        messages = self.env["ai.deployment.message"]
        with clock.at(NOW):
            self.assertEqual(messages._due_count(), 1)
            self.assertEqual(messages.sudo()._take().channel_id, channel)

    def test_a_record_that_waits_is_tried(self):
        lead = self.make_leads()
        requests = self.env["ai.deployment.request"].sudo()
        with clock.at(AHEAD):
            requests._add(self.deployment, clock.today(), lead.ids, [("unexpected", "x")], {})
        with clock.at(NOW):
            self.assertEqual(requests._due_deployments(), self.deployment.sudo())
            self.assertEqual(requests._take(self.deployment).res_id, lead.id)
            with self.enter_registry_test_mode():
                self.env.ref("ai_deployment.ir_cron_retry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self.score_of(lead))
        self.assertFalse(requests.search([("res_id", "=", lead.id)]))

    def test_a_review_is_due_when_one_of_today_would_be(self):
        lead = self.make_leads()
        self.deployment.min_confidence = 1.0
        reviews = self.env["ai.deployment.review"].sudo()
        with clock.at(AHEAD):
            self.deployment._score(lead)
            self.reviews_of(lead).sudo()._assign()
        review = self.reviews_of(lead)
        with clock.at(NOW):
            right = WorkingHours().after(self.deployment.sudo(), NOW)
            self.assertGreater(review.next_step_date, right + DAY)
            Escalation(reviews, WorkingHours())._pull_in_steps()
        self.assertEqual((review.deadline, review.next_step_date), (right, right))

    def test_a_reviewer_who_was_reminded_ahead_is_reminded_again(self):
        leads = self.make_leads(2)
        self.deployment.min_confidence = 1.0
        with clock.at(NOW - 10 * DAY):
            self.deployment._score(leads)
            self.reviews_of(leads).sudo()._assign()
        first, second = self.reviews_of(leads).sudo()
        (first | second).reviewer_id = self.reviewer
        first.reminded_date = AHEAD
        before = self.env["mail.message"].search_count([("partner_ids", "in", self.reviewer.partner_id.ids)])
        with clock.at(NOW):
            Escalation(second, WorkingHours())._remind(self.reviewer)
        after = self.env["mail.message"].search_count([("partner_ids", "in", self.reviewer.partner_id.ids)])
        self.assertEqual(after - before, 1)

    def test_a_summary_is_written(self):
        channel = self.add(frequency="daily")
        channel.sudo().summary_date = AHEAD
        with clock.at(NOW):
            self.assertTrue(digest.is_due(channel))
            channel.sudo().summary_date = NOW
            self.assertFalse(digest.is_due(channel))

    def test_an_alert_that_was_told_ahead_goes_to_the_next_person_in_time(self):
        with clock.at(NOW + 300 * DAY):
            alert = self.raise_alert()
        with clock.at(NOW):
            alert._due_today()
        self.assertEqual(alert.notified_date, NOW)

    def test_lanes_take_a_batch_that_jobs_carried_ahead(self):
        batch = self.env["ai.deployment.batch"].sudo()
        with clock.at(NOW):
            batch = batch._ask(self.deployment, self.make_leads(2).ids)
        batch.jobs_since = AHEAD
        self.patch(job_backend, "is_installed", lambda env: True)
        with clock.at(NOW):
            self.assertEqual(job_backend.left_to_jobs(self.env), [])

    def test_another_version_is_promoted_after_one_that_was_promoted_ahead(self):
        other, third = self.keep(self.deployment, self.card()), self.keep(self.deployment, self.card(low=-2.0))
        with clock.at(AHEAD):
            self.deployment._assign_champion(other, "ahead")
        with clock.at(NOW):
            self.deployment._assign_champion(third, "right")
        self.assertEqual(self.deployment.champion_id, third)
        serving = self.deployment.assignment_ids.filtered(lambda one: one.start_date <= NOW + 4 * DAY)
        self.assertEqual(
            serving.filtered(lambda one: not one.end_date or one.end_date > NOW + 4 * DAY).version_id, third
        )

    def test_the_latest_decision_is_the_one_that_was_made_last(self):
        decisions = self.env["ai.deployment.approval"].sudo()
        values = {
            "deployment_id": self.deployment.id,
            "minutes": "x",
            "user_id": self.env.ref("base.user_admin").id,
            "next_review_date": NOW.date() + 90 * DAY,
        }
        decisions.create({**values, "outcome": "go", "date": AHEAD})
        last = decisions.create({**values, "outcome": "no_go", "date": NOW})
        self.deployment.invalidate_recordset()
        self.assertEqual(self.deployment.latest_approval_id, last)

    def test_reports_go_on_after_one_that_was_made_years_ahead(self):
        with clock.at(NOW):
            self.deployment._score(self.make_leads(60))
        with clock.at(NOW + 4000 * DAY):
            DriftMonitor(self.deployment).report()
        self.assertEqual(len(self.deployment.report_ids), 1)
        with clock.at(NOW + 8 * DAY):
            DriftMonitor(self.deployment).report()
        self.assertEqual(len(self.deployment.report_ids), 2)
