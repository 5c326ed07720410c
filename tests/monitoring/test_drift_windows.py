"""Several weeks together, and weeks in which the company was closed."""

from datetime import date, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml import drift, joint, ordinary, quality
from odoo.addons.ai_deployment.ml.profile import Profile
from odoo.addons.ai_deployment.models.monitoring.drift_windows import DriftWindows, _matrix, _weekly
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase


@tagged("post_install", "-at_install")
class TestDriftWindows(IntakeCase):
    def test_a_drift_that_is_small_in_every_week_is_told_once_several_show_it(self):
        lines = self.env["ai.deployment.report.line"]
        for week in range(8):
            self.intake(week, count=60, empty=0.25 + 0.14 * (week > 0))
            report = self.monitor(week)
            lines |= report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == "missing")
        several = lines.filtered(lambda line: line.exceeded and line.weeks == 4)
        self.assertTrue(several)
        self.assertIn("over the last 4 weeks", several[0].text)

    def test_holidays_of_the_company_are_no_loss_of_records(self):
        for week in range(7):
            self.intake(week, count=60)
            self.monitor(week)
        self.intake(7, count=2)
        start, company = NOW + 7 * WEEK, self.deployment.company_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "calendar_id": company.resource_calendar_id.id,
                "company_id": company.id,
                "date_from": start - timedelta(hours=12),
                "date_to": start + timedelta(days=6, hours=12),
            }
        )
        self.monitor(7)
        self.assertFalse(self.alert("quality:rows:volume"))


END, DAY = date(2026, 3, 2), timedelta(days=1)


class NoReference:
    """None was adopted: false, as an empty record is, with no days."""

    window_start = window_end = None

    def __bool__(self):
        return False


NO_REFERENCE = NoReference()


@tagged("post_install", "-at_install")
class TestWeeks(BaseCase):
    def windows(self, weeks_known=30, days=None):
        """The windows of a week that ends on `END`, the first load that many weeks before it."""
        windows = object.__new__(DriftWindows)
        windows.version, windows.weeks = None, 1
        windows.start, windows.end = END - WEEK, END
        windows.since = END - WEEK * weeks_known
        self.asked = []

        def known(_version, start, end):
            self.asked.append((start, end))
            return {day: count for day, count in (days or {}).items() if start <= day < end}

        windows.profiles = SimpleNamespace(_counts_by_day=known, _by_day=known)
        return windows

    def test_days_are_put_into_the_weeks_before_an_end(self):
        days = {END - ago * DAY: Profile(2**place) for place, ago in enumerate((0, 1, 7, 8, 14, 15))}
        self.assertEqual([week.rows for week in _weekly(days, END, 2)], [8 + 16, 2 + 4])
        self.assertEqual(_weekly(days, END, 0), [])

    def test_rows_are_counted_by_week_since_the_first_load(self):
        days = {END - ago * DAY: 2**place for place, ago in enumerate((1, 7, 8, 14, 15))}
        self.assertEqual(self.windows(2, days).counts, [4 + 8, 1 + 2])
        self.assertEqual(self.asked, [(END - 2 * WEEK, END)])
        self.assertEqual(self.windows(1, days).counts, [1 + 2])
        self.assertEqual(self.windows(0, days).counts, [])
        self.assertEqual(len(self.windows(30, days).counts), quality.MOST_WEEKS + 1)
        windows = self.windows(3)
        windows.since -= 6 * DAY  # a part of a week is none
        self.assertEqual(len(windows.counts), 3)

    def test_the_same_weeks_a_year_before_count_where_all_are_known(self):
        day = END - 364 * DAY - DAY
        windows = self.windows(52 + 20, {day: 5, END - DAY: 9})
        self.assertEqual((windows.counts[-1], windows.counts_last_year()[-1]), (9, 5))
        self.assertEqual(len(windows.counts_last_year()), len(windows.counts))
        self.assertEqual(self.windows(52 + quality.MOST_WEEKS).counts_last_year(), [], "one week is missing")
        self.assertEqual(len(self.windows(52 + quality.MOST_WEEKS + 1).counts_last_year()), quality.MOST_WEEKS + 1)
        self.assertEqual(self.windows(0).counts_last_year(), [])

    def test_a_year_before_has_one_week_more_on_either_side(self):
        year = END - 364 * DAY
        days = {day: Profile(rows) for day, rows in ((year - 15 * DAY, 1), (year - 14 * DAY, 2), (year + 6 * DAY, 4))}
        windows = self.windows(52 + 30, {**days, year + 7 * DAY: Profile(8)})
        self.assertEqual(windows.years[1].rows, 2 + 4)
        self.assertEqual(windows.years[drift.POOLED[0]].rows, 1 + 2 + 4)
        self.assertEqual(set(self.windows(52 + 2).years), {1})
        self.assertFalse(self.windows(52 + 1).years)

    def test_codes_of_another_number_of_inputs_are_left_out(self):
        rows = [(None, "0304"), (None, "05"), (None, False), (None, "00ff")]
        np.testing.assert_array_equal(_matrix(rows, 2), [[3, 4], [0, 255]])
        self.assertEqual(_matrix([], 2).shape, (0, 2))

    def test_working_hours_of_each_week_are_asked_for(self):
        def hours(found):
            asked = iter(found)

            def count(start, end, **_options):
                self.asked.append((start.date(), end.date()))
                return next(asked)

            calendar = SimpleNamespace(get_work_hours_count=count)
            windows = self.windows(3)
            windows.deployment = SimpleNamespace(company_id=SimpleNamespace(id=1, resource_calendar_id=calendar))
            windows.counts = [1, 1, 1]
            self.asked = []
            return windows.opened()

        self.assertEqual(hours([40.0, 0.0, 32.0]), [40.0, 0.0, 32.0])
        self.assertEqual(self.asked, [(END - place * WEEK, END - (place - 1) * WEEK) for place in (3, 2, 1)])
        self.assertEqual(hours([1.0, 0.0, 0.5]), [1.0, 0.0, 0.5])
        self.assertEqual(hours([0.9, 0.0, 0.5]), [])

    def test_the_weeks_before_begin_with_the_day_that_is_told(self):
        days = {END - WEEK - ago * DAY: Profile(2**place) for place, ago in enumerate((1, 7, 8, 14, 15))}
        self.assertEqual([week.rows for week in self.windows(3, days).before()], [4 + 8, 1 + 2])
        self.assertEqual(self.asked, [(END - 3 * WEEK, END - WEEK)])
        self.assertEqual([week.rows for week in self.windows(3, days).before(END - 2 * WEEK)], [1 + 2])
        self.assertEqual([week.rows for week in self.windows(3, days).before(END - 2 * WEEK - DAY)], [1 + 2])
        self.assertEqual(self.windows(3, days).before(END), [])
        self.assertEqual(self.windows(1, days).before(), [])
        self.assertEqual(len(self.windows(30).before()), max(drift.POOLED))
        self.assertEqual(self.windows(30).before(END - 30 * WEEK), self.windows(30).before())

    def test_weeks_that_exceeded_alone_are_told_by_their_place(self):
        def told(*spans):
            windows = self.windows()
            windows.version = SimpleNamespace(id=1)
            lines = [
                SimpleNamespace(
                    key="x",
                    test="shape",
                    report_id=SimpleNamespace(window_start=windows.start - begin, window_end=windows.start - end),
                )
                for begin, end in spans
            ]
            search = SimpleNamespace(search_fetch=lambda _domain, _names: lines)
            windows.env = {"ai.deployment.report.line": search}
            return windows.told()

        self.assertEqual(told(), {})
        self.assertEqual(told((WEEK, 0 * WEEK)), {("x", "shape"): {1}})
        self.assertEqual(told((3 * WEEK, WEEK)), {("x", "shape"): {2, 3}})
        self.assertEqual(told((WEEK, 0 * WEEK), (4 * WEEK, 3 * WEEK)), {("x", "shape"): {1, 4}})
        self.assertEqual(told((WEEK + 3 * DAY, 3 * DAY)), {("x", "shape"): {1, 2}}, "days apart from the weeks")

    def pairs(self, weeks_known=30, rows=(), reference=None, window_rows=drift.MIN_YEAR_ROWS, first=END):
        """(days that were asked for, what was compared) in judging pairs of the two inputs of a card."""
        windows, asked, judged = self.windows(weeks_known), [], []
        windows.version = SimpleNamespace(_card=lambda: SimpleNamespace(names=("x", "y")))
        windows.window, windows.first = SimpleNamespace(rows=window_rows), first
        windows.reference = reference or NO_REFERENCE

        def taken(start, end):
            asked.append((start, end))
            return list(rows)

        def judge(columns, known, weeks, now):
            judged.append((list(columns), known.tolist(), weeks, now.tolist()))
            return "judged"

        windows._rows = taken
        with patch.object(joint, "judge_pairs", judge):
            found = windows.pairs({"x": 1, "y": 2, "z": 3})
        return found, asked, judged

    def test_pairs_are_compared_with_the_eight_weeks_after_the_first_load(self):
        start = END - 10 * WEEK
        rows = [(NOW - 10 * WEEK, "0304"), (NOW - 9 * WEEK, "05"), (NOW - 9 * WEEK, "0001"), (NOW, False)]
        found, asked, judged = self.pairs(10, rows)
        self.assertEqual(found, "judged")
        self.assertEqual(asked, [(start, start + ordinary.MIN_PARTS * WEEK), (END - WEEK, END)])
        self.assertEqual(judged, [(["x", "y"], [[3, 4], [0, 1]], [0, 1], [[3, 4], [0, 1]])])

    def test_pairs_are_not_judged_before_the_weeks_of_the_reference_are_over(self):
        self.assertEqual(self.pairs(ordinary.MIN_PARTS)[0], joint.JointResult())
        self.assertEqual(self.pairs(ordinary.MIN_PARTS + 1)[0], "judged")
        self.assertEqual(self.pairs(30, first=None)[0], joint.JointResult())

    def test_an_adopted_reference_takes_the_place_of_the_first_weeks(self):
        reference = SimpleNamespace(window_start=END - 9 * WEEK, window_end=END - 3 * WEEK)
        _found, asked, _judged = self.pairs(30, reference=reference)
        self.assertEqual(asked[0], (END - 9 * WEEK, END - 3 * WEEK))

    def test_few_rows_are_taken_from_four_weeks_but_none_of_the_reference(self):
        few = drift.MIN_YEAR_ROWS - 1
        self.assertEqual(self.pairs(30, window_rows=few)[1][1], (END - 4 * WEEK, END))
        reference = SimpleNamespace(window_start=END - 9 * WEEK, window_end=END - 3 * WEEK)
        self.assertEqual(self.pairs(30, reference=reference, window_rows=few)[1][1], (END - 3 * WEEK, END))
        self.assertEqual(self.pairs(30, window_rows=few + 1)[1][1], (END - WEEK, END))
