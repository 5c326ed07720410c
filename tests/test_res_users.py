"""Users: away is who is out of office or has time off; who leaves hands over; the activity menu stays cheap."""

from datetime import datetime, timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.eligibility import away_until
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.test_ai_deployment_review import ReviewCase

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@tagged("post_install", "-at_install")
class TestResUsers(ReviewCase):
    def take_off(self, user, since, until, time_type="leave"):
        resource = self.env["resource.resource"].create({"name": user.name, "user_id": user.id})
        return self.env["resource.calendar.leaves"].create(
            {"resource_id": resource.id, "date_from": since, "date_to": until, "time_type": time_type}
        )

    def away(self, *users):
        return away_until(self.env["res.users"].union(*users), NOW)

    def test_out_of_office_is_asked_at_the_moment_of_the_clock(self):
        for since, until, back in (
            (NOW - DAY, NOW + DAY, NOW + DAY),
            (NOW - DAY, False, datetime.max),
            (NOW, NOW, NOW),
            (NOW + HOUR, NOW + DAY, None),
            (NOW - DAY, NOW - HOUR, None),
            (False, False, None),
        ):
            self.reviewer.write({"out_of_office_from": since, "out_of_office_to": until})
            with self.subTest(since=since, until=until):
                self.assertEqual(self.away(self.reviewer, self.owner), {self.reviewer.id: back} if back else {})

    def test_time_off_counts_and_what_is_not_time_off_does_not(self):
        self.take_off(self.reviewer, NOW - DAY, NOW + 2 * DAY)
        self.take_off(self.owner, NOW - DAY, NOW + DAY, time_type="other")
        self.take_off(self.deputy, NOW + DAY, NOW + 2 * DAY)
        self.assertEqual(self.away(self.reviewer, self.owner, self.deputy), {self.reviewer.id: NOW + 2 * DAY})
        self.reviewer.write({"out_of_office_from": NOW - DAY, "out_of_office_to": NOW + DAY})
        self.assertEqual(self.away(self.reviewer), {self.reviewer.id: NOW + 2 * DAY}, "the later of the two")

    def test_a_holiday_of_everybody_is_no_absence(self):
        self.env["resource.calendar.leaves"].create(
            {"name": "Holiday", "date_from": NOW - DAY, "date_to": NOW + DAY, "resource_id": False}
        )
        self.assertEqual(self.away(self.reviewer), {})

    def test_who_has_time_off_is_not_asked(self):
        self.take_off(self.reviewer, NOW - DAY, NOW + DAY)
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.owner)

    # The activity menu

    def queries_of_menu(self):
        users = self.env["res.users"].with_user(self.reviewer)
        users._get_activity_groups()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        groups = users._get_activity_groups()
        return groups, self.env.cr.sql_log_count - before

    def test_the_activity_menu_costs_the_same_for_one_review_and_for_twenty(self):
        self.ask(self.make_leads())
        self.run_cron()
        _groups, one = self.queries_of_menu()
        self.ask(self.make_leads(29))
        self.run_cron()
        groups, twenty = self.queries_of_menu()
        self.assertEqual(one, twenty)
        [group] = [group for group in groups if group["model"] == "ai.deployment.review"]
        self.assertEqual(group["overdue_count"] + group["today_count"] + group["planned_count"], 21)

    def test_the_activity_menu_opens_the_queue(self):
        """It opens a list with filters of these names, where the search view has them."""
        reviews = self.ask(self.make_leads(30))
        reviews[0].sudo()._decide("unsure")
        self.run_cron()
        view = self.env["ai.deployment.review"].with_user(self.reviewer).get_views([(False, "search")])
        arch = view["views"]["search"]["arch"]
        for name in ("filter_activities_my", "activities_overdue", "activities_today", "activities_upcoming_all"):
            self.assertIn(f'name="{name}"', arch)
        mine = [("reviewer_id", "=", self.reviewer.id), ("state", "=", "open")]
        self.assertEqual(self.env["ai.deployment.review"].with_user(self.reviewer).search_count(mine), 29)
