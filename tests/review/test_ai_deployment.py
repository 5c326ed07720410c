"""What a deployment says about its reviews: who is there, its reasons for an answer, and what follows a change."""

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import AssignCase


@tagged("post_install", "-at_install")
class TestReviewSettings(AssignCase):
    def test_the_form_says_who_is_away(self):
        self.assertFalse(self.deployment.who_text)
        self.away(self.second)
        self.deployment.invalidate_recordset()
        with clock.at(NOW):
            self.assertEqual(
                self.deployment.who_text,
                f"Currently absent: {self.second.name}. New reviews are assigned to the others.",
            )
            for user in self.reviewer | self.owner | self.deputy:
                self.away(user)
            self.deployment.invalidate_recordset()
            self.assertIn("Nobody is available", self.deployment.who_text)

    def test_the_amount_is_not_negative(self):
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"):
            self.deployment.four_eyes_amount = -1
            self.env.flush_all()

    def test_shares_lie_between_none_and_all_and_a_review_needs_an_hour(self):
        for name, good, bad in (
            ("blind_share", (0.0, 1.0), (-0.01, 1.01)),
            ("double_share", (0.0, 1.0), (-0.01, 1.01)),
            ("four_eyes_amount", (0.0, 10.0**6), (-0.01,)),
            ("review_hours", (1, 400), (0, -1)),
        ):
            for value in good:
                self.deployment[name] = value
                self.deployment.flush_recordset()
            for value in bad:
                with (
                    self.subTest(name=name, value=value),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(psycopg2.errors.CheckViolation),
                    self.cr.savepoint(),
                ):
                    self.deployment[name] = value
                    self.deployment.flush_recordset()
                self.deployment.invalidate_recordset(flush=False)

    def test_a_new_deployment_has_reasons_for_an_answer_and_a_copy_those_of_its_original(self):
        reasons = self.deployment.answer_ids
        self.assertTrue(reasons)
        self.deployment._make_answers()
        self.assertEqual(self.deployment.answer_ids, reasons, "once")
        reasons[1:].sudo().unlink()
        reasons[0].sudo().name = "Ours"
        self.assertEqual(self.deployment.copy().answer_ids.mapped("name"), ["Ours"])

    def test_reviews_of_somebody_who_is_no_reviewer_any_more_are_assigned_anew(self):
        reviews = self.ask(self.make_leads(4))
        self.run_cron("assign_reviews")
        self.assertEqual(reviews.reviewer_id, self.reviewer | self.second)
        self.deployment.four_eyes_amount = 10**6
        self.assertTrue(all(reviews.mapped("reviewer_id")), "another setting changes nothing")
        self.deployment.reviewer_ids -= self.second
        self.assertNotIn(self.second, reviews.reviewer_id)
        self.run_cron("assign_reviews")
        self.assertEqual(reviews.reviewer_id, self.reviewer)

    def test_only_those_who_answer_for_it_see_the_figures(self):
        review = self.ask(self.make_leads())
        review.with_user(self.owner)._decide("confirmed")
        self.env.invalidate_all()
        self.assertTrue(self.deployment.with_user(self.owner).review_quality_html)
        self.env.invalidate_all()
        self.assertFalse(self.deployment.with_user(self.reviewer).review_quality_html)
