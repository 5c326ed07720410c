"""Which window is due: each is judged once, an open one grows and is looked at once a week."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.report_series import ReportSeries
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestReportSeries(IntakeCase):
    def setUp(self):
        super().setUp()
        self.series = ReportSeries(self.deployment, self.version, "drift")
        self.start, self.end = NOW.date(), (NOW + WEEK).date()

    def create(self, verdict, lines=()):
        return self.series.create(self.start, self.end, list(lines), verdict=verdict)

    def test_nothing_is_due_before_a_week_is_over(self):
        self.assertIsNone(self.series.start())
        self.assertFalse(self.series.is_due(None, self.end))
        self.assertFalse(self.series.is_due(self.start, self.end - DAY))
        self.assertTrue(self.series.is_due(self.start, self.end))

    def test_a_window_that_was_judged_is_over_and_an_open_one_goes_on(self):
        self.intake(0, count=1)
        with clock.at(NOW + 2 * WEEK):
            report = self.create("cannot_judge")
            self.assertEqual(self.series.start(), self.start)
            self.assertFalse(self.series.latest_judged())
            report.sudo().unlink()
            report = self.create("quiet")
            self.assertEqual(self.series.start(), self.end)
            self.assertEqual(self.series.latest_judged(), report)

    def test_an_open_window_is_looked_at_once_a_week(self):
        self.create("cannot_judge")
        self.assertFalse(self.series.is_due(self.start, self.end + DAY))
        self.assertTrue(self.series.is_due(self.start, self.end + WEEK))

    def test_lines_keep_their_order_and_their_history(self):
        line = {"key": "x", "label": "X", "test": "shape", "verdict": "quiet"}
        report = self.create("quiet", [line, {**line, "key": "y", "verdict": "cannot_judge"}])
        self.assertEqual(report.line_ids.sorted("sequence").mapped("key"), ["x", "y"])
        self.assertEqual(self.series.histories(), {("x", "shape"): report.line_ids.filtered(lambda li: li.key == "x")})
        self.assertEqual(self.series.latest_line("x").key, "x")
        self.assertFalse(self.series.latest_line("y"))
        self.assertEqual(self.series.first_quiet_lines("x", 9).key, "x")
        self.assertFalse(ReportSeries(self.deployment, self.version, "performance").histories())
