"""A question whose record leaves or comes back: closed with its reason, asked again."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.dashboard_counts import CountCharts
from odoo.addons.ai_deployment.models.review.desk import Desk
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DeadlineCase, ReviewCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestLife(ReviewCase):
    def at(self, moment):
        """The cron runs at `moment`."""
        with clock.at(moment):
            self.run_cron()

    def leave(self, lead, way):
        """The record leaves in one of these ways; how it comes back is returned."""
        if way == "archived":
            lead.action_archive()
            return lead.action_unarchive
        if way == "company":
            other = self.env["res.company"].create({"name": f"Next door to {lead.id}"})
            lead.write({"user_id": False, "team_id": False, "company_id": other.id})
            return lambda: lead.write({"company_id": self.deployment.company_id.id})
        if way == "outside":
            self.deployment.domain = f"[('id', '!=', {lead.id})]"
            return lambda: self.deployment.write({"domain": "[]"})
        lead.action_set_lost()
        return lead.action_restore

    def test_a_record_that_left_closes_its_question_with_the_reason(self):
        for way in ("archived", "company", "outside", "settled"):
            lead, stays = self.make_leads(2, probability=20)  # archived at 0 it would be lost
            review, other = self.ask(lead + stays)
            self.at(NOW + HOUR)
            self.assertTrue(self.activities_of(review))
            self.leave(lead, way)
            with self.subTest(way=way):
                self.at(NOW + 2 * HOUR)
                self.assertEqual((review.state, review.expired_reason), ("expired", way))
                self.assertEqual(review.expired_date, NOW + 2 * HOUR)
                self.assertFalse(review.decision)
                self.assertFalse(self.activities_of(review))
                self.assertEqual(other.state, "open")
                self.at(NOW + timedelta(days=30))
                self.assertEqual(review.escalation, "none", "it climbs to nobody")
            self.deployment.domain = "[]"

    def test_a_record_that_comes_back_is_asked_about_again(self):
        for way in ("archived", "company", "outside", "settled"):
            lead = self.make_leads(probability=20)
            review = self.ask(lead)
            back = self.leave(lead, way)
            self.at(NOW + HOUR)
            back()
            with self.subTest(way=way):
                self.at(NOW + 2 * HOUR)
                again = self.reviews_of(lead) - review
                self.assertEqual((again.state, again.kind, again.previous_id), ("open", "reopened", review))
                self.assertTrue(again.reviewer_id)
                with clock.at(NOW + 3 * HOUR):
                    outcome = self.deployment._score(lead)
                self.assertEqual(outcome["unchanged"], 1, "it waits for an answer already")
                self.at(NOW + 4 * HOUR)
                self.assertEqual(len(self.reviews_of(lead)), 2, "once")
            self.deployment.domain = "[]"

    def test_a_lead_that_was_lost_and_restored_is_asked_about_when_it_is_scored(self):
        lead = self.make_leads()
        review = self.ask(lead)
        lead.action_set_lost()
        self.at(NOW + HOUR)
        lead.action_restore()
        with clock.at(NOW + 2 * HOUR):
            outcome = self.deployment._score(lead)
        self.assertEqual((outcome["unchanged"], outcome["review"]), (0, 1))
        again = self.reviews_of(lead) - review
        self.assertEqual(again.state, "open")
        self.at(NOW + 3 * HOUR)
        self.assertEqual(self.reviews_of(lead), review + again, "asked once")
        with clock.at(NOW + 4 * HOUR):
            self.assertEqual(self.deployment._score(lead)["unchanged"], 1)
        self.env.flush_all()
        rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
        self.assertFalse(any(rows.mapped("difference")))

    def test_what_is_still_settled_or_answered_is_not_asked_again(self):
        lost, decided = self.make_leads(2)
        gone, answered = self.ask(lost + decided)
        lost.action_set_lost()
        answered.sudo()._decide("confirmed")
        for hours in (1, 2):
            self.at(NOW + hours * HOUR)
        self.assertEqual(self.reviews_of(lost + decided), gone + answered)
        with clock.at(NOW + 3 * HOUR):
            self.assertEqual(self.deployment._score(decided)["unchanged"], 1)

    def test_a_filter_that_cannot_be_used_closes_nothing(self):
        review = self.ask(self.make_leads())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment SET domain = %s WHERE id = %s", ["[('x_gone', '=', 1)]", self.deployment.id]
        )
        self.deployment.invalidate_recordset()
        with self.assertLogs("odoo.addons.ai_deployment.models.review.expiry", "WARNING"):
            self.at(NOW + HOUR)
        self.assertEqual(review.state, "open")

    def test_what_is_set_aside_says_why(self):
        review = self.ask(self.make_leads())
        with clock.at(NOW + HOUR):
            review.sudo()._set_aside("withdrawn")
            self.assertEqual((review.state, review.expired_reason), ("expired", "withdrawn"))
            told = Desk(review.env).closed_result(review, "confirmed")
            self.assertIn("Replaced by another review", told["text"])

    def test_scores_of_deleted_records_do_not_count(self):
        leads = self.make_leads(3)
        self.ask(leads)
        gone = leads[0].id
        leads[0].unlink()
        for person in (self.env.user, self.auditor, self.owner):
            deployment = self.deployment.with_user(person)
            with self.subTest(person=person.login):
                self.assertEqual(deployment.score_count, 2)
                action = deployment.action_view_scores()
                shown = self.env[action["res_model"]].with_user(person).search(action["domain"])
                self.assertEqual(len(shown), 2)
        scores = self.env["ai.deployment.score"].with_user(self.auditor)
        self.assertTrue(scores.search([("res_id", "=", gone)]), "the row is kept for the Auditor")
        self.assertFalse(scores.search([("res_id", "=", gone), ("has_record", "=", True)]))
        self.assertFalse(scores.search([("res_id", "=", gone)]).has_record)
        self.assertEqual(sum(CountCharts(self.deployment).standing_counts([0.0, 0.5, 1.0])), 2)


@tagged("post_install", "-at_install")
class TestExpiry(DeadlineCase):
    def assertExpired(self, reviews, reason):
        self.run_cron()
        for review in reviews:
            self.assertEqual((review.state, review.expired_reason, review.expired_date), ("expired", reason, NOW))
        self.assertFalse(self.activities_of(reviews))
        self.assertFalse(reviews.filtered("decision"))

    def test_settled_leads_need_no_answer(self):
        won, lost, stays = leads = self.make_leads(3)
        reviews = self.ask(leads)
        self.run_cron()
        won.action_set_won()
        lost.action_set_lost()
        stays.expected_revenue = 7
        self.assertExpired(reviews[:2], "settled")
        self.assertEqual(reviews[2].state, "open")

    def test_deleted_records_need_no_answer(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.run_cron()
        lead.unlink()
        self.assertExpired(review, "deleted")

    def test_a_retired_deployment_asks_nothing(self):
        reviews = self.ask(self.make_leads(2))
        self.run_cron()
        self.deployment._retire("Another way was found.")
        self.assertExpired(reviews, "retired")

    def test_the_sum_still_adds_up(self):
        won, gone, decided, _waits = leads = self.make_leads(4)
        reviews = self.ask(leads)
        self.deployment._score(won, again=True)  # shares the fate of the first question
        self.run_cron()
        won.action_set_won()
        gone.unlink()
        reviews[2].sudo()._decide("unsure")
        self.run_cron()
        self.env.flush_all()
        total = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(
            (total.requested, total.in_review, total.reviewed, total.expired, total.difference), (5, 1, 1, 3, 0)
        )
        self.assertTrue(decided.exists())

    def test_what_was_decided_is_not_closed_again(self):
        lead = self.make_leads()
        review = self.ask(lead)
        review.sudo()._decide("confirmed")
        lead.action_set_won()
        self.run_cron()
        self.assertEqual((review.state, review.expired_reason), ("decided", False))
