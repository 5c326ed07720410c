"""Activities on reviews: closing one closes the other, cancelling loses nothing, and others are left alone."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.tests.review.common import ReviewCase


@tagged("post_install", "-at_install")
class TestMailActivity(ReviewCase):
    def pointed(self, count=1):
        reviews = self.ask(self.make_leads(count))
        self.run_cron()
        return reviews, self.activities_of(reviews)

    def test_done_by_hand_is_an_answer(self):
        review, activity = self.pointed()
        activity.with_user(self.reviewer).action_feedback(feedback="I do not know them.")
        self.assertEqual((review.state, review.decision, review.note), ("decided", "unsure", "I do not know them."))
        self.assertEqual((review.decided_by_id, review.ground_truth, review.is_label), (self.reviewer, False, False))
        self.assertEqual((activity.active, activity.feedback), (False, "I do not know them."))
        done = review.message_ids.filtered(lambda message: message.mail_activity_type_id)
        self.assertEqual(len(done), 1, "it was closed once")

    def test_without_feedback_and_several_at_once(self):
        reviews, activities = self.pointed(3)
        activities.with_user(self.reviewer).action_done()
        self.assertEqual(reviews.mapped("decision"), ["unsure"] * 3)
        self.assertFalse(self.activities_of(reviews))

    def test_done_by_somebody_who_may_not_answer_is_refused(self):
        review, activity = self.pointed()
        self.seller.group_ids += self.env.ref("ai_deployment.group_reviewer")  # but not of this deployment
        activity.user_id = self.seller
        self.env.invalidate_all()
        with self.assertRaisesRegex(AccessError, "cannot see the records of this review"):
            activity.with_user(self.seller).action_done()
        self.assertEqual((review.state, activity.active), ("open", True))
        self.manager.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        activity.user_id = self.manager
        self.env.invalidate_all()
        activity.with_user(self.manager).action_done()
        self.assertEqual((review.state, review.decided_by_id), ("decided", self.manager))

    def test_an_answer_closes_the_activity_once(self):
        review, activity = self.pointed()
        review.with_user(self.reviewer).action_confirm()
        self.assertEqual((review.decision, activity.active), ("confirmed", False))

    def test_cancelled_is_pointed_to_again(self):
        review, activity = self.pointed()
        activity.with_user(self.reviewer).action_cancel()
        self.assertEqual(review.state, "open")
        self.assertFalse(self.activities_of(review))
        self.run_cron()
        self.assertEqual(self.activities_of(review).user_id, self.reviewer)

    def test_an_activity_that_somebody_moved_comes_back(self):
        review, activity = self.pointed()
        activity.user_id = self.deputy
        self.run_cron()
        self.assertEqual(self.activities_of(review).user_id, self.reviewer)

    def test_what_a_person_planned_beside_it_is_not_an_answer(self):
        review, _activity = self.pointed()
        call = review.activity_schedule("mail.mail_activity_data_call", user_id=self.reviewer.id)
        call.with_user(self.reviewer).action_done()
        self.assertEqual(review.state, "open")
        self.assertEqual(len(self.activities_of(review)), 1)

    def test_the_activity_for_the_rest_answers_nothing(self):
        reviews, activities = self.pointed(MAX_ACTIVITIES + 5)
        rest = activities.filtered(
            lambda activity: activity.activity_type_id == self.env.ref("ai_deployment.mail_activity_type_queue")
        )
        rest.with_user(self.reviewer).action_done()
        self.assertEqual(set(reviews.mapped("state")), {"open"})
        self.run_cron()
        self.assertEqual(len(self.activities_of(reviews)), MAX_ACTIVITIES + 1)

    def test_a_review_that_is_closed_stops_no_activity(self):
        review, activity = self.pointed()
        review.sudo().state = "decided"
        activity.with_user(self.reviewer).action_done()
        self.assertFalse(activity.active)
        self.assertFalse(review.decision)

    def test_of_other_activities_nothing_is_looked_up(self):
        calls = self.env["mail.activity"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get("crm.lead").id,
                    "res_id": lead.id,
                    "user_id": self.reviewer.id,
                }
                for lead in self.make_leads(3)
            ]
        )
        calls.mapped("res_model")
        with self.assertQueryCount(0):
            self.assertFalse(calls._ai_reviews_to_close())
