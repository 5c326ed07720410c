"""Charts of reports: what moved in which week, and what came true."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.dashboard_reports import (
    ReportCharts,
    _way_to_threshold,
    first_report_text,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import SHOWN, WEEK, DashboardCase


@tagged("post_install", "-at_install")
class TestReportCharts(DashboardCase):
    def test_what_moved_is_marked_in_its_week_and_opens_its_lines(self):
        for number in range(5):
            self.week(number, country=number != 4)
        heat = self.page()["heat"]
        self.assertEqual([row["key"] for row in heat["rows"]][:2], ["score", "prediction"])
        country = next(row for row in heat["rows"] if row["key"] == "country_id")
        self.assertEqual((country["label"], len(country["cells"])), ("Country", len(heat["columns"])))
        last = country["cells"][-1]
        self.assertTrue(last["moved"])
        self.assertGreater(last["share"], 1)
        lines = self.listed(last["open"])
        self.assertEqual(set(lines.mapped("key")), {"country_id"})
        self.assertIn("Country is empty on 100 % of leads", lines.filtered("exceeded").mapped("text")[0])
        self.assertEqual(lines[0].action_open_report()["res_id"], lines.report_id.id)

    def test_a_share_that_is_as_expected_is_nowhere_near_its_threshold(self):
        """A quarter empty, as in the reference, is 0 % of the way, not nine tenths of the threshold."""
        report = self.report_with_line(test="missing", statistic=0.25, reference_share=0.25, threshold=0.28)
        self.assertEqual(self.cell_of(report)["share"], 0.0)

    def test_a_test_that_was_not_made_says_why(self):
        report = self.report_with_line(test="shape", verdict="constant")
        cell = self.cell_of(report)
        self.assertEqual((cell["share"], cell["text"], cell["hint"]), (None, "–", "Always the same"))

    def report_with_line(self, before=0, others=(), **values):
        line = {"key": "country_id", "label": "Country", "verdict": "quiet", "exceeded": False, **values}
        return self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "date": SHOWN,
                "window_start": (SHOWN - (before + 1) * WEEK).date(),
                "window_end": (SHOWN - before * WEEK).date(),
                "verdict": "quiet",
                "line_ids": [(0, 0, {**line, **other}) for other in ({}, *others)],
            }
        )

    def test_a_segment_has_the_name_that_it_has_now_and_a_gap_where_it_was_not_judged(self):
        values = {"key": "segment:1", "test": "segment", "statistic": 0.4, "low": 0.3, "high": 0.5, "threshold": 0.45}
        reports = self.report_with_line(2, **{**values, "label": "Before"})
        reports += self.report_with_line(1, **{**values, "label": "Now", "verdict": "cannot_judge"})
        other = self.report_with_line(**{**values, "key": "segment:2", "label": "Other"})
        charts = ReportCharts(self.deployment, (reports + other).line_ids, None)
        found = charts.segment(reports + other, "segment:1")
        self.assertIsNone(found["order"])
        self.assertEqual(found["outcomes"]["title"], "Predicted and actual outcomes, Now")
        self.assertEqual(
            [one["values"] for one in found["outcomes"]["series"]], [[0.4, None], [[0.3, 0.5], None], [0.45, None]]
        )
        self.assertEqual(found["outcomes"]["series"][1]["texts"], ["30 % to 50 %", ""])
        self.assertTrue(charts.segment(reports, "segment:9")["outcomes"]["empty"])

    def cell_of(self, report):
        return next(row for row in self.page()["heat"]["rows"] if row["key"] == "country_id")["cells"][-1]

    def test_an_open_window_is_shown_once(self):
        self.deployment._score(self.make_leads(20), now=NOW)
        for number in range(1, 4):
            with clock.at(NOW + number * WEEK):
                self.deployment._monitor()
        self.assertEqual(len(self.deployment.report_ids.filtered(lambda report: report.kind == "drift")), 3)
        heat = self.page()["heat"]
        self.assertEqual(heat["columns"], ["Mar 2 to Mar 22"])

    def test_what_was_said_stands_beside_what_came_true_with_its_interval(self):
        self.deployment.floor_auc = 0.6
        for number in range(4):
            self.week(number)
        page = self.page()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "performance").sorted("window_end")
        lines = {line.key: line for line in report[-1].line_ids}
        true = self.series(page["outcomes"], "Actual")
        self.assertEqual(true["values"][-1], 52 / 80)
        said = self.series(page["outcomes"], "Predicted")["values"][-1]
        self.assertAlmostEqual(said, (0.5 + 0.8176) / 2, 3)
        interval = page["outcomes"]["series"][1]
        self.assertEqual(interval["values"][-1], [lines["win_rate"].low, lines["win_rate"].high])
        self.assertEqual(self.series(page["order"], "Ranking (AUC)")["values"][-1], lines["auc"].statistic)
        self.assertEqual(self.series(page["order"], "Floor")["texts"][-1], "60 %")
        self.assertEqual(self.listed(true["open"][-1]), report[-1].line_ids)

    def test_outcomes_that_are_too_few_leave_a_gap_until_more_have_come(self):
        for number in range(4):
            self.week(number, count=40 if number != 1 else 5)
        true = self.series(self.page()["outcomes"], "Actual")
        self.assertEqual((true["values"], true["texts"]), ([0.65, None], ["65 %", ""]))
        self.week(4)
        page = self.page()
        self.assertEqual(page["outcomes"]["labels"], ["Mar 2 to Mar 8", "Mar 9 to Mar 22"])
        self.assertEqual(len([value for value in self.series(page["outcomes"], "Actual")["values"] if value]), 2)

    def test_how_far_a_line_is_on_its_way_to_its_threshold(self):
        lines = self.env["ai.deployment.report.line"]
        for values, share in (
            ({"statistic": 0.3, "reference_share": 0.2, "threshold": 0.4}, 0.5),
            ({"statistic": 0.1, "reference_share": 0.2, "threshold": 0.4}, 0.0),
            ({"statistic": 0.5, "reference_share": 0.2, "threshold": 0.4}, 1.5),
            ({"statistic": 0.1, "reference_share": 0.0, "threshold": 0.2}, 0.5),
            ({"statistic": 0.1, "reference_share": 0.2, "threshold": 0.0, "test": "missing"}, 0.5),
            ({"statistic": 0.1, "reference_share": 0.2, "threshold": 0.0}, None),
            ({"statistic": 0.3, "reference_share": 0.2, "threshold": 0.2}, None),
            ({"statistic": 0.3, "reference_share": 0.2, "threshold": 0.2, "test": "missing"}, None),
            ({"statistic": 0.3, "reference_share": 0.2, "threshold": 0.4, "verdict": "cannot_judge"}, None),
        ):
            with self.subTest(values):
                found = _way_to_threshold(lines.new({"test": "shape", "verdict": "quiet", **values}))
                self.assertEqual(found if found is None else round(found, 6), share)

    def test_when_the_first_report_comes(self):
        week, day = timedelta(days=7), timedelta(days=1)
        with clock.at(NOW):
            self.assertIn("created 7 days after the first record is scored", first_report_text(self.env, None, week))
            for first, words in (
                (NOW.date() - 6 * day, "the first is created on 03/03/2026."),
                (NOW.date() - 7 * day, "the first is created on 03/02/2026."),
                (NOW.date() - 8 * day, "though the first was due on 03/01/2026."),
            ):
                self.assertIn(words, first_report_text(self.env, first, week))

    def test_a_cell_is_as_far_as_its_farthest_line(self):
        nearer = {"test": "unseen", "statistic": 0.19}
        report = self.report_with_line(others=[nearer], test="shape", statistic=0.1, threshold=0.2)
        cell = self.cell_of(report)
        self.assertEqual((cell["share"], cell["text"], cell["moved"]), (0.95, "95 %", False))
        charts = ReportCharts(self.deployment, report.line_ids, None)
        empty = charts._cell(report, "source_id", "Source")
        self.assertEqual((empty["share"], empty["text"], empty["open"]), (None, "–", None))
        self.assertEqual(charts.heat(report.browse())["rows"], [])
        self.assertTrue(charts.heat(report.browse())["empty"])
        self.assertEqual(charts.lines_of(report.browse()), report.line_ids.browse())
