"""Which reviewer is chosen, and that a call for new reviews reads no others."""

from datetime import timedelta

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.models.review.assigner import Assigner
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.review.common import AssignCase, QueueCase, ReviewCase


@tagged("post_install", "-at_install")
class TestChoice(ReviewCase):
    def test_a_review_goes_to_a_reviewer_with_an_activity(self):
        review = self.ask(self.make_leads())
        self.assertFalse(review.reviewer_id or review.is_assigned)
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.reviewer)
        self.assertTrue(review.is_assigned)
        activity = self.activities_of(review)
        self.assertEqual(activity.user_id, self.reviewer)
        self.assertEqual(activity.activity_type_id, self.env.ref("ai_deployment.mail_activity_type_review"))
        self.assertEqual(activity.date_deadline, NOW.date() + timedelta(days=2))
        self.assertEqual(activity.summary, "Low confidence")

    def test_the_records_own_person_is_asked_where_she_reviews(self):
        seller = new_test_user(
            self.env,
            "ai_selling_reviewer",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman",
        )
        self.deployment.reviewer_ids += seller
        reviews = self.ask(self.make_leads(3, user_id=seller.id))
        self.run_cron()
        self.assertEqual(reviews.reviewer_id, seller)

    def test_the_records_own_person_is_not_asked_where_she_is_no_reviewer(self):
        review = self.ask(self.make_leads(user_id=self.owner.id))
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.reviewer)

    def test_reviews_are_spread_over_the_reviewers(self):
        self.deployment.reviewer_ids += self.other_owner
        first = self.ask(self.make_leads(3))
        first.sudo().write({"reviewer_id": self.other_owner.id, "is_assigned": True})
        reviews = self.ask(self.make_leads(5))
        self.run_cron()
        counts = [
            len((first + reviews).filtered(lambda r, u=u: r.reviewer_id == u))
            for u in (self.reviewer, self.other_owner)
        ]
        self.assertEqual(counts, [4, 4])

    def test_decided_reviews_are_no_load(self):
        self.deployment.reviewer_ids += self.other_owner
        first = self.ask(self.make_leads(3))
        first.sudo().write({"reviewer_id": self.reviewer.id, "is_assigned": True, "state": "decided"})
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(review.reviewer_id, min(self.reviewer, self.other_owner, key=lambda user: user.id))

    def test_without_a_reviewer_who_can_the_owner_is_asked_then_the_deputy_then_nobody(self):
        for prepare, expected in (
            (lambda: self.deployment.reviewer_ids.write({"active": False}), self.owner),
            (lambda: self.deployment.write({"reviewer_ids": [(5, 0, 0)]}), self.owner),
            (lambda: self.owner.write({"active": False}), self.deputy),
            (lambda: self.deputy.write({"active": False}), self.env["res.users"]),
        ):
            prepare()
            review = self.ask(self.make_leads())
            self.run_cron()
            with self.subTest(expected=expected.login):
                self.assertEqual(review.reviewer_id, expected)
                self.assertTrue(review.is_assigned)
                self.assertEqual(len(self.activities_of(review)), len(expected))

    def test_a_record_that_is_gone_stops_nothing(self):
        gone, lead = self.make_leads(), self.make_leads()
        reviews = self.ask(gone + lead)
        gone.unlink()
        self.run_cron()
        self.assertEqual(reviews.mapped("state"), ["expired", "open"])
        self.assertEqual(reviews[1].reviewer_id, self.reviewer)


@tagged("post_install", "-at_install")
class TestChoiceOfTwo(AssignCase):
    def test_points_count_not_reviews(self):
        heavy, *_light = reviews = self.ask(self.make_leads(4))
        heavy.sudo().points = 3
        self.run_cron()
        self.assertEqual(heavy.reviewer_id, self.reviewer)
        self.assertEqual((reviews - heavy).reviewer_id, self.second)

    def test_without_a_reviewer_at_work_the_owner_then_the_deputy_then_the_pool(self):
        expected = [(self.reviewer | self.second, self.owner), (self.owner, self.deputy)]
        for gone, asked in expected:
            for user in gone:
                self.away(user)
            self.assertEqual(self.assigned().reviewer_id, asked)
        self.away(self.deputy)
        review = self.assigned()
        self.assertEqual((review.reviewer_id.ids, review.is_assigned), ([], True))
        self.assertTrue(review.deadline)

    def test_who_comes_back_is_asked_from_the_pool(self):
        people = self.reviewer | self.second | self.owner | self.deputy
        for user in people:
            self.away(user)
        review = self.assigned()
        self.assertFalse(review.reviewer_id)
        self.second.out_of_office_from = False
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.second)

    def test_who_was_named_beforehand_stays_and_gets_a_day(self):
        first = self.assigned()
        first.with_user(first.reviewer_id)._decide("unsure")
        again = first._follow("reopened", reviewer_id=self.second.id)
        taken = self.ask(self.make_leads())
        taken.with_user(self.second).action_take()
        self.run_cron()
        for review in again + taken:
            self.assertEqual((review.reviewer_id, review.is_assigned), (self.second, True))
            self.assertEqual(review.deadline, first.deadline)
            self.assertEqual(self.activities_of(review).user_id, self.second)


@tagged("post_install", "-at_install")
class TestAssigner(QueueCase):
    def test_a_call_with_nothing_to_do_costs_the_same_whatever_is_open(self):
        self.ask(self.make_leads(3))
        self.run_cron()
        review = self.env["ai.deployment.review"].search([("state", "=", "open")], limit=1)
        before = self.cost("assign_reviews")
        self.multiply(review, 3000)
        self.multiply(review, 3000, state="'expired'", expired_reason="'settled'", expired_date="now()")
        self.multiply(review, 1000, reviewer_id="NULL")  # in the pool
        after = self.cost("assign_reviews")
        self.assertEqual(after[0], before[0])
        self.assertLess(after[1], 50)

    def test_what_is_new_costs_the_same_whatever_is_open(self):
        lead, later = self.make_leads(2)
        self.ask(self.make_leads(2 * MAX_ACTIVITIES + 2))  # both have more than activities
        self.run_cron()
        review = self.env["ai.deployment.review"].search([("reviewer_id", "!=", False)], limit=1)
        self.ask(lead)
        before = self.cost("assign_reviews")
        # Of those who are chosen from, the points are added up in an index; the owner is not.
        self.multiply(review, 3000, reviewer_id=str(self.owner.id))
        closed = {"state": "'expired'", "expired_reason": "'settled'", "expired_date": "now()"}
        self.multiply(review, 3000, reviewer_id="NULL", **closed)
        self.ask(later)
        after = self.cost("assign_reviews")
        self.assertTrue(self.reviews_of(lead + later)[0].reviewer_id and self.reviews_of(lead + later)[1].reviewer_id)
        self.assertLessEqual(after[0], before[0] + 1)
        self.assertLess(after[1], 1000, "neither its colleagues in the queue nor what is closed is read")

    def test_a_call_looks_at_what_is_new_alone(self):
        first = self.make_leads()
        old = self.ask(first)
        self.run_cron()
        first.action_set_lost()
        new = self.ask(self.make_leads())
        self.run_cron("assign_reviews")
        self.assertEqual((old.state, bool(new.reviewer_id)), ("open", True))
        self.assertEqual(self.activities_of(new).user_id, new.reviewer_id)
        self.run_cron("tidy_reviews")
        self.assertEqual((old.state, old.expired_reason), ("expired", "settled"))

    def test_what_left_before_it_was_assigned_is_closed_by_the_call(self):
        lost, gone, stays = self.make_leads(3)
        reviews = self.ask(lost + gone + stays)
        lost.action_set_lost()
        gone.unlink()
        self.run_cron("assign_reviews")
        self.assertEqual(reviews.mapped("expired_reason"), ["settled", "deleted", False])
        self.assertEqual(reviews.mapped("state"), ["expired", "expired", "open"])

    def test_who_was_given_something_has_it_counted_in_the_same_pass(self):
        assigner = Assigner(self.env["ai.deployment.review"])
        first = self.ask(self.make_leads(2))
        first[0].sudo().points = 5
        assigner.assign(first)
        later = self.ask(self.make_leads(3))
        assigner.assign(later)
        busy = first[0].reviewer_id
        self.assertEqual(later.reviewer_id, (self.reviewer | self.second) - busy)

    def test_one_cron_that_is_gone_leaves_the_queue_to_the_other(self):
        self.env.ref("ai_deployment.ir_cron_assign_reviews").unlink()
        review = self.ask(self.make_leads())
        self.run_cron("tidy_reviews")
        self.assertTrue(review.reviewer_id)
