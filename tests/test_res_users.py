"""Users: the activity menu of a reviewer stays cheap and opens the queue."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.review.common import ReviewCase

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@tagged("post_install", "-at_install")
class TestResUsers(ReviewCase):
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
