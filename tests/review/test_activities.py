"""Activities that point to reviews: how many there are, and that they follow the queue."""

from datetime import date, datetime
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review import activities, windows
from odoo.addons.ai_deployment.models.review.activities import (
    MAX_ACTIVITIES,
    MOST_COUNTED,
    ReviewActivities,
    _due_day,
    activities_of,
)
from odoo.addons.ai_deployment.tests.review.common import QueueCase, ReviewCase


@tagged("post_install", "-at_install")
class TestReviewActivities(ReviewCase):
    def test_the_cron_asks_once(self):
        review = self.ask(self.make_leads())
        self.run_cron()
        self.run_cron()
        self.assertEqual(len(self.activities_of(review)), 1)

    def test_the_rest_is_told_as_exactly_as_it_was_counted(self):
        keeper = ReviewActivities(self.env)
        for count, text in (
            (1, "One more review is waiting for you"),
            (2, "2 more reviews are waiting for you"),
            (MOST_COUNTED, "1,000 more reviews are waiting for you"),
            (MOST_COUNTED + 1, "More than 1,000 reviews are waiting for you"),
        ):
            self.assertEqual(keeper._rest_text(self.reviewer, count), text)

    def test_a_review_is_due_on_the_day_of_its_reviewer(self):
        review = self.ask(self.make_leads()).sudo()
        review.write({"reviewer_id": self.reviewer.id, "deadline": datetime(2026, 3, 2, 23, 30)})
        for tz, day in (("Europe/Brussels", 3), ("UTC", 2), (False, 2), ("America/New_York", 2)):
            self.reviewer.tz = tz
            self.assertEqual(_due_day(review), date(2026, 3, day))

    def test_what_people_planned_beside_a_review_points_to_nothing(self):
        review = self.ask(self.make_leads())
        self.run_cron()
        mine = review.activity_schedule("mail.mail_activity_data_todo", user_id=self.reviewer.id)
        self.assertEqual(activities_of(review.sudo()), self.activities_of(review) - mine)
        self.assertFalse(activities_of(review.browse()))

    def test_reviews_that_activities_point_to_are_told_by_deployment(self):
        reviews = self.ask(self.make_leads(3))
        self.assertEqual(ReviewActivities(self.env).open_reviews(), {})
        self.run_cron()
        reviews[0].with_user(self.reviewer)._decide("unsure")
        self.env.flush_all()
        found = ReviewActivities(self.env).open_reviews()
        self.assertEqual({key: set(ids) for key, ids in found.items()}, {self.deployment.id: set(reviews[1:].ids)})

    def test_a_flood_makes_twenty_activities_and_one_that_points_to_the_queue(self):
        reviews = self.ask(self.make_leads(MAX_ACTIVITIES + 10))
        self.run_cron()
        self.assertEqual(reviews.reviewer_id, self.reviewer)
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        queue = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(len(self.activities_of(reviews)), MAX_ACTIVITIES + 1)
        self.assertEqual(queue.mapped("summary"), ["10 more reviews are waiting for you"])
        self.ask(self.make_leads(5))
        self.run_cron()
        self.assertEqual(queue.mapped("summary"), ["15 more reviews are waiting for you"])
        self.assertEqual(
            self.env["mail.activity"].search_count([("user_id", "=", self.reviewer.id)]), MAX_ACTIVITIES + 1
        )

    def test_a_flood_of_one_cause_makes_one_activity_per_person(self):
        reviews = self.ask(self.make_leads(6))
        one, other = ("answer_schema", "answer_empty")
        reviews.write({"reason": "failed", "failure_type": one})
        reviews[4:].failure_type = other
        self.run_cron()
        self.assertEqual(len(reviews), 6)
        self.assertEqual(len(self.activities_of(reviews)), 2)
        self.assertEqual(len(set(self.activities_of(reviews).mapped("summary"))), 2)
        self.run_cron()
        self.assertEqual(len(self.activities_of(reviews)), 2)
        pointed = reviews.filtered(lambda review: review.failure_type == one and review.activity_ids)
        pointed.with_user(self.reviewer)._decide("unsure")
        self.run_cron()
        self.assertEqual(len(self.activities_of(reviews)), 2, "the next of this cause")

    def test_answered_reviews_make_room_for_the_next_ones(self):
        reviews = self.ask(self.make_leads(MAX_ACTIVITIES + 2))
        self.run_cron()
        pointed = reviews.filtered("activity_ids")
        self.assertEqual(len(pointed), MAX_ACTIVITIES + 1)
        for review in pointed[:5]:
            review.with_user(self.reviewer).action_confirm()
        self.run_cron()
        self.assertEqual(self.activities_of(reviews).mapped("user_id"), self.reviewer)
        self.assertEqual(len(self.activities_of(reviews)), MAX_ACTIVITIES - 5 + 2)
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        self.assertNotIn(queue_type, self.activities_of(reviews).activity_type_id, "nothing is left beyond")


@tagged("post_install", "-at_install")
class TestQueueActivities(QueueCase):
    def test_who_has_room_is_pointed_to_it_and_who_has_not_later(self):
        reviews = self.ask(self.make_leads(2 * MAX_ACTIVITIES + 2))
        self.run_cron("assign_reviews")
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        self.assertEqual(len(self.activities_of(reviews)), 2 * (MAX_ACTIVITIES + 1), "at once")
        rest = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(set(rest.mapped("summary")), {"One more review is waiting for you"})
        self.ask(self.make_leads(2))
        self.run_cron("assign_reviews")
        self.assertEqual(set(rest.mapped("summary")), {"One more review is waiting for you"})
        self.run_cron("tidy_reviews")
        self.assertEqual(set(rest.mapped("summary")), {"2 more reviews are waiting for you"})

    def test_what_is_pointed_to_is_looked_at_each_time(self):
        leads = self.make_leads(8)
        reviews = self.ask(leads)
        self.run_cron()
        leads.action_set_lost()
        with patch.object(windows, "LOOK", 2):
            self.run_cron("tidy_reviews")
        self.assertEqual(set(reviews.mapped("state")), {"expired"})

    def test_people_with_more_than_can_be_counted(self):
        with patch.object(activities, "MOST_COUNTED", 5):
            reviews = self.ask(self.make_leads(2 * (MAX_ACTIVITIES + 7)))
            self.run_cron()
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        rest = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(set(rest.mapped("summary")), {"More than 5 reviews are waiting for you"})
