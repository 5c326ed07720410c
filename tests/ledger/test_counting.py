"""Triggers count whatever is done to the log, and what they keep is what the log says."""

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.ledger import counting
from odoo.addons.ai_deployment.models.review.expiry import expire
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.ledger.common import DAY, DayCountCase, kept_and_counted


@tagged("post_install", "-at_install")
class TestCounting(DayCountCase):
    def test_what_is_scored_is_counted_once(self):
        leads = self.make_leads(4)
        leads[:2].expected_revenue = 50_000  # log odds 1.5: surer than the line
        outcome = self.score(leads)
        self.assertEqual((outcome["automatic"], outcome["review"]), (2, 2))
        self.assertKept(requested=4, automatic=2, in_review=2)
        self.score(leads)
        self.assertKept(requested=8, automatic=2, in_review=2, unchanged=4)

    def test_a_question_is_counted_where_it_stands(self):
        leads = self.make_leads(4)
        self.score(leads)
        first, second, third, _fourth = self.reviews_of(leads)
        with clock.at(NOW + DAY):
            first.sudo()._decide("confirmed")
            expire(second.sudo(), "settled")
            third.sudo()._decide("confirmed")
            third.sudo()._follow("reopened")
        self.assertKept(in_review=2, reviewed=1, expired=1)

    def test_a_line_without_a_review_of_its_own_shares_the_fate_of_the_open_one(self):
        lead = self.make_leads()
        self.score(lead)
        self.score(lead, NOW + DAY, expected_revenue=500)
        self.assertEqual(len(self.reviews_of(lead)), 1)
        self.assertKept(in_review=1)
        self.reviews_of(lead).sudo()._decide("confirmed")
        self.assertKept(in_review=0, reviewed=1)

    def test_lines_of_merged_records_follow_the_survivor(self):
        survivor, other = self.make_leads(2, email_from="same@example.com")
        self.score(survivor + other)
        self.score(other, NOW + DAY, expected_revenue=500)
        (survivor + other).merge_opportunity()
        self.assertKept()
        self.assertFalse(self.differences())
        for review in self.reviews_of(survivor + other).filtered(lambda review: review.state == "open"):
            review.sudo()._decide("confirmed")
        self.assertKept(in_review=0)

    def test_whatever_is_done_to_the_tables_is_counted(self):
        """Statements past the ORM, over many rows and over few."""
        leads = self.make_leads(6)
        leads[:3].expected_revenue = 50_000
        self.score(leads)
        kept = {"requested": 6, "automatic": 3, "in_review": 3}
        steps = [
            ("DELETE FROM ai_deployment_inference WHERE res_id = %s", [leads[0].id], {"automatic": 2}),
            ("DELETE FROM ai_deployment_review WHERE res_id = %s", [leads[3].id], {"in_review": 2}),
            (
                "UPDATE ai_deployment_review SET state = 'decided' WHERE res_id = %s",
                [leads[4].id],
                {"in_review": 1, "reviewed": 1},
            ),
            ("DELETE FROM ai_deployment_inference WHERE res_id = %s", [leads[5].id], {"in_review": 0}),
            ("UPDATE ai_deployment_inference SET route = 'retry' WHERE res_id = %s", [leads[1].id], {"automatic": 1}),
            (
                "UPDATE ai_deployment_requested SET count = count + 1 WHERE deployment_id = %s",
                [self.deployment.id],
                {"requested": 7},
            ),
            ("UPDATE ai_deployment_inference SET route = 'review' WHERE res_id = %s", [leads[2].id], {"automatic": 0}),
            ("TRUNCATE ai_deployment_request_closed", [], {"unchanged": 0}),
            ("DELETE FROM ai_deployment_requested", [], {"requested": 0}),
        ]
        self.assertKept(**kept)
        for statement, values, changed in steps:
            with self.subTest(statement=statement):
                self.run_sql(statement, *values)
                kept.update(changed)
                self.assertKept(**kept)

    def test_what_is_emptied_is_counted(self):
        self.score(self.make_leads(3))
        self.run_sql("TRUNCATE ai_deployment_requested")
        self.assertKept(requested=0, in_review=3)
        self.run_sql("TRUNCATE ai_deployment_inference, ai_deployment_review CASCADE")
        self.assertKept(automatic=0, in_review=0)
        self.assertFalse(self.env["ai.deployment.line.state"].search([]))

    # Installing and removing

    def test_counts_are_made_from_a_log_that_is_there_already(self):
        self.score(self.make_leads(3))
        before = kept_and_counted(self.deployment, self.days)
        self.run_sql("DELETE FROM ai_deployment_day_count")
        self.run_sql("DELETE FROM ai_deployment_line_state")
        self.run_sql("DELETE FROM ai_deployment_day_count")
        counting.keep(self.env.cr)
        self.assertEqual(kept_and_counted(self.deployment, self.days), before)
        counting.keep(self.env.cr)
        self.assertEqual(kept_and_counted(self.deployment, self.days), before)

    def test_functions_go_with_the_addon(self):
        counting.forget(self.env.cr)
        self.env.cr.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'ai\\_deployment\\_%'")
        self.assertFalse(self.env.cr.fetchall())
        counting.keep(self.env.cr)
        self.score(self.make_leads(2))
        self.assertKept(requested=2, in_review=2)


@tagged("post_install", "-at_install")
class TestMostOff(BaseCase):
    def off(self, **changes):
        kept = dict.fromkeys(counting.COUNTS, 5)
        return counting.most_off(list(kept.values()), list({**kept, **changes}.values()))

    def test_the_largest_difference_counts_in_either_direction(self):
        self.assertEqual(self.off(), 0)
        self.assertEqual(self.off(requested=7, automatic=4), 2)
        self.assertEqual(self.off(cancelled=0, unchanged=6), 5)

    def test_where_reviews_stand_makes_no_difference_but_how_many_there_are(self):
        self.assertEqual(self.off(in_review=3, reviewed=6, expired=6), 0)
        self.assertEqual(self.off(in_review=3, reviewed=6), 1)
        self.assertEqual(self.off(in_review=6, reviewed=6, expired=6), 3)

    def test_lists_of_other_counts_are_refused(self):
        with self.assertRaises(ValueError):
            counting.most_off([1, 2], [1, 2, 3])
