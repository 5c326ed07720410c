"""One place knows the time: it can stand at a moment, and a clock that jumped makes nothing wait for days."""

import datetime
import threading

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MOMENTS = (
    (NOW - HOUR, True),
    (NOW, True),
    (NOW + HOUR, False),
    (NOW + DAY, False),
    (NOW + DAY + HOUR, True),
    (NOW + 9999 * DAY, True),
)


@tagged("post_install", "-at_install")
class TestClock(AiDeploymentCase):
    def test_a_moment_beyond_its_longest_wait_is_due(self):
        with clock.at(NOW):
            for moment, due in MOMENTS:
                message = self.env["ai.deployment.review"].new({"next_step_date": moment})
                with self.subTest(moment=moment):
                    self.assertEqual(bool(message.filtered_domain(clock.due_domain("next_step_date", DAY))), due)

    def test_in_sql_the_same_moments_are_due(self):
        with clock.at(NOW):
            for moment, due in MOMENTS:
                with self.subTest(moment=moment):
                    condition = clock.due_sql(SQL("%s::timestamp", moment), DAY)
                    self.assertEqual(self.env.execute_query(SQL("SELECT %s", condition)), [(due,)])

    def test_an_instant_comes_after_what_was_stored_in_its_second(self):
        stored = clock.now()
        self.assertTrue(stored <= clock.instant() < stored + HOUR)
        self.assertIsNone(clock.instant().tzinfo)
        with clock.at(NOW):
            self.assertEqual(clock.instant(), NOW)
        with clock.at(NOW + datetime.timedelta(milliseconds=300)):  # what stands at an instant stores whole seconds
            self.assertEqual((clock.now(), clock.instant()), (NOW, NOW + datetime.timedelta(milliseconds=300)))

    def test_what_happened_cannot_lie_ahead(self):
        with clock.at(NOW):
            self.assertFalse(clock.has_passed(NOW - HOUR, DAY))
            self.assertTrue(clock.has_passed(NOW - DAY, DAY))
            self.assertTrue(clock.has_passed(NOW + HOUR, DAY))

    def test_blocks_nest_and_end_with_a_fault(self):
        with clock.at(NOW):
            with self.assertRaises(ZeroDivisionError), clock.at("2026-05-01 23:59:59"):
                self.assertEqual(clock.now(), datetime.datetime(2026, 5, 1, 23, 59, 59))
                self.assertEqual(clock.today(), datetime.date(2026, 5, 1))
                with clock.at(None):
                    self.assertNotEqual(clock.today(), datetime.date(2026, 5, 1), "the real time")
                raise ZeroDivisionError
            self.assertEqual(clock.now(), NOW)

    def test_another_thread_has_the_real_time_in_whole_seconds(self):
        seen = []
        with clock.at(NOW):
            thread = threading.Thread(target=lambda: seen.append(clock.now()))
            thread.start()
            thread.join()
        self.assertNotEqual(seen[0], NOW)
        self.assertEqual((seen[0].microsecond, seen[0].tzinfo), (0, None))
