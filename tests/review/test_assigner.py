"""The two crons of the queue of reviews: what is new is assigned at once, the rest is looked at a part at a time."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review import activities, windows
from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.models.review.assigner import Assigner
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.test_reassignment import AssignCase

TABLES = ("ai_deployment_review", "ai_deployment_inference", "ai_deployment_score", "crm_lead", "mail_activity")


class QueueCase(AssignCase):
    def cost(self, name):
        """(queries, rows read of the large tables) of one run of the cron `name`."""
        self.env.flush_all()
        self.env.invalidate_all()
        for table in TABLES:
            self.env.cr.execute(f"ANALYZE {table}")
        self.env.cr.execute("SET LOCAL enable_seqscan = off")  # a table of a test fits into a page or two
        queries, rows = self.env.cr.sql_log_count, self._rows_read()
        self.run_cron(name)
        return self.env.cr.sql_log_count - queries, self._rows_read() - rows

    def _rows_read(self):
        self.env.cr.execute(
            "SELECT SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY(%s)",
            [list(TABLES)],
        )
        return int(self.env.cr.fetchone()[0])

    def multiply(self, review, count, **values):
        """So many more rows like `review`, about records that nobody has."""
        self.env.flush_all()
        columns = [name for name, field in review._fields.items() if field.store and field.column_type and name != "id"]
        taken = {"res_id": "1000000000 + (SELECT COUNT(*) FROM ai_deployment_review)::int + number", **values}
        self.env.cr.execute(
            f"INSERT INTO ai_deployment_review ({', '.join(columns)})"
            f" SELECT {', '.join(taken.get(name, f'review.{name}') for name in columns)}"
            " FROM ai_deployment_review review, generate_series(1, %s) AS number WHERE review.id = %s",
            [count, review.id],
        )
        self.env.invalidate_all()

    def without_activities(self):
        """No review is pointed to, so that none is looked at for that alone."""
        self.enterContext(patch.object(activities.ReviewActivities, "update"))

    def tidy_until(self, done, most=20):
        """How many passes it takes until `done()`."""
        for passes in range(1, most + 1):
            self.run_cron("tidy_reviews")
            if done():
                return passes
        raise AssertionError("the passes never come to an end")


@tagged("post_install", "-at_install")
class TestAssigner(QueueCase):
    # What is new

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

    def test_who_has_room_is_pointed_to_it_and_who_has_not_later(self):
        reviews = self.ask(self.make_leads(2 * MAX_ACTIVITIES + 2))
        self.run_cron("assign_reviews")
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        self.assertEqual(len(self.activities_of(reviews)), 2 * (MAX_ACTIVITIES + 1), "at once")
        rest = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(set(rest.mapped("summary")), {"One more review waits for you in the queue"})
        self.ask(self.make_leads(2))
        self.run_cron("assign_reviews")
        self.assertEqual(set(rest.mapped("summary")), {"One more review waits for you in the queue"})
        self.run_cron("tidy_reviews")
        self.assertEqual(set(rest.mapped("summary")), {"2 more reviews wait for you in the queue"})

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

    # The rest, a part at a time

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

    def test_what_is_pointed_to_is_looked_at_each_time(self):
        leads = self.make_leads(8)
        reviews = self.ask(leads)
        self.run_cron()
        leads.action_set_lost()
        with patch.object(windows, "LOOK", 2):
            self.run_cron("tidy_reviews")
        self.assertEqual(set(reviews.mapped("state")), {"expired"})

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
        self.ask(leads[:12] + gone[:12])
        gone.action_set_lost()
        with patch.object(windows, "LOOK", 8):
            self.tidy_until(
                lambda: not self.env["ai.deployment.review"].search_count(
                    [("state", "=", "open"), ("res_id", "in", gone.ids)]
                )
            )
            before = [self.cost("tidy_reviews") for _round in range(3)]
            self.ask(leads[12:] + gone[12:])
            self.run_cron("assign_reviews")
            self.tidy_until(
                lambda: not self.env["ai.deployment.review"].search_count(
                    [("state", "=", "open"), ("res_id", "in", gone.ids)]
                )
            )
            costs = [self.cost("tidy_reviews") for _round in range(3)]
        self.assertLessEqual(max(queries for queries, _rows in costs), max(queries for queries, _rows in before) + 2)
        self.assertLessEqual(max(rows for _queries, rows in costs), 1.3 * max(rows for _queries, rows in before))

    def test_people_with_more_than_can_be_counted(self):
        with patch.object(activities, "MOST_COUNTED", 5):
            reviews = self.ask(self.make_leads(2 * (MAX_ACTIVITIES + 7)))
            self.run_cron()
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        rest = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(set(rest.mapped("summary")), {"More than 5 reviews wait for you in the queue"})

    def test_the_position_is_kept_before_the_work(self):
        """A pass that ends in the middle does not begin at the same place for ever."""
        self.without_activities()
        leads = self.make_leads(6)
        self.ask(leads)
        self.run_cron()
        crons, seen = self.registry["ir.cron"], []
        with patch.object(windows, "LOOK", 2), patch.object(crons, "_commit_progress") as commit:
            for number in range(3):
                _deployment, ids, _are_all = next(windows.turns(self.env, windows.OPEN))
                self.assertEqual(commit.call_count, number + 1)
                seen += self.env["ai.deployment.review"].browse(ids).mapped("res_id")
        self.assertEqual(seen, sorted(leads.ids))
