"""The pass over the queue: a part at a time, everything in some pass, at a limited cost."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review import windows
from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.models.review.expiry import expire
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import AssignCase, QueueCase


@tagged("post_install", "-at_install")
class TestUpkeep(QueueCase):
    def test_a_pass_looks_at_so_many_and_the_next_goes_on(self):
        self.without_activities()
        leads = self.make_leads(10)
        reviews = self.ask(leads)
        self.run_cron()
        leads.action_set_lost()
        counts = []
        with patch.object(windows, "LOOK", 4):
            for _pass in range(3):
                self.run_cron("tidy_reviews")
                counts.append(len(reviews.filtered(lambda review: review.state == "expired")))
        self.assertEqual(counts, [4, 8, 10])

    def test_whatever_changes_is_found_in_some_pass(self):
        """Also behind the position where the last pass ended, and in more than one deployment."""
        self.without_activities()
        other = self.make_deployment(name="Other", min_confidence=1.0, reviewer_ids=[(6, 0, self.second.ids)])
        self.serve(other, self.card())
        other.state = "shadow"
        leads = self.make_leads(9)
        self.ask(leads)
        other._score(leads)
        self.run_cron()
        reviews = self.env["ai.deployment.review"].search([("state", "=", "open")])
        self.assertEqual(len(reviews), 18)
        with patch.object(windows, "LOOK", 4):
            self.run_cron("tidy_reviews")
            leads[:2].action_set_lost()
            (leads[4] + leads[8]).action_archive()
            open_now = lambda: len(reviews.filtered(lambda review: review.state == "open"))
            self.assertLessEqual(self.tidy_until(lambda: open_now() == 10), 4)

    def test_what_came_back_is_found_a_part_at_a_time(self):
        self.without_activities()
        leads = self.make_leads(7)
        self.ask(leads)
        leads.action_set_lost()
        self.run_cron()
        # One left and came back twice: its closed questions stay together.
        leads[2].action_restore()
        with clock.at(NOW + timedelta(hours=1)):
            self.run_cron()
            leads[2].action_set_lost()
            self.run_cron()
        self.assertEqual(len(self.reviews_of(leads[2])), 2)
        leads.action_restore()
        back = lambda: self.env["ai.deployment.review"].search_count([("state", "=", "open")])
        seen = []
        with patch.object(windows, "LOOK", 3), clock.at(NOW + timedelta(hours=2)):
            self.assertLessEqual(self.tidy_until(lambda: seen.append(back()) or back() == 7), 4)
        self.assertLess(seen[0], 7)
        self.assertEqual(len(self.reviews_of(leads)), 15, "each once")

    def test_a_pass_with_nothing_to_do_has_a_limit_whatever_is_open_and_closed(self):
        self.without_activities()
        leads, gone = self.make_leads(40), self.make_leads(40)
        self.ask(leads[:16] + gone[:16])
        gone.action_set_lost()
        with patch.object(windows, "LOOK", 8):
            self.tidy_until(
                lambda: not self.env["ai.deployment.review"].search_count(
                    [("state", "=", "open"), ("res_id", "in", gone.ids)]
                )
            )
            before = [self.cost("tidy_reviews") for _round in range(3)]
            self.ask(leads[16:] + gone[16:])
            self.run_cron("assign_reviews")
            self.tidy_until(
                lambda: not self.env["ai.deployment.review"].search_count(
                    [("state", "=", "open"), ("res_id", "in", gone.ids)]
                )
            )
            costs = [self.cost("tidy_reviews") for _round in range(3)]
        self.assertLessEqual(max(queries for queries, _rows in costs), max(queries for queries, _rows in before) + 2)
        # With more than twice the records: the cost may not grow with them.
        self.assertLessEqual(max(rows for _queries, rows in costs), 1.3 * max(rows for _queries, rows in before))


@tagged("post_install", "-at_install")
class TestUpkeepCost(AssignCase):
    def test_the_work_of_a_pass_does_not_grow_with_the_reviews(self):
        counts = []
        for reviews in (2 * MAX_ACTIVITIES + 4, 4 * MAX_ACTIVITIES):
            expire(self.env["ai.deployment.review"].search([("state", "=", "open")]), "withdrawn")
            self.ask(self.make_leads(reviews))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.run_cron()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
