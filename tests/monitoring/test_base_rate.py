"""Worse than knowing nothing: told beyond chance only, and of the serving version."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.base_rate import latest_lines, worse_than_base_rate
from odoo.addons.ai_deployment.models.monitoring.report_series import ReportSeries
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestBaseRate(CohortCase):
    def test_scores_that_say_the_opposite_are_worse_and_the_alert_begins_with_it(self):
        for week in range(2):
            self.cohort(week, won=0.9, won_large=0.1)
            self.report(week)
        text = worse_than_base_rate(self.deployment.sudo())[self.deployment.id]
        self.assertIn("less accurate than the base rate of wins", text)
        self.assertTrue(any(alert.name.startswith(text) for alert in self.alerts()))
        self.serve(self.deployment, self.card(high=2.0))
        self.assertFalse(worse_than_base_rate(self.deployment.sudo()))

    def test_good_scores_are_not_worse_and_the_latest_line_counts(self):
        for week in range(2):
            self.cohort(week)
            report = self.report(week)
        self.assertFalse(worse_than_base_rate(self.deployment.sudo()))
        [lines] = latest_lines(self.deployment.sudo(), "auc").values()
        self.assertEqual(lines["auc"].report_id, report)


@tagged("post_install", "-at_install")
class TestBeyondChance(AiDeploymentCase):
    def told(self, week, **lines):
        """Create a report at the end of `week` with these lines; return what is worse than the base rate."""
        every = {"label": "x", "test": "figure", "verdict": "quiet"}
        ReportSeries(self.deployment.sudo(), self.version.sudo(), "performance").create(
            (NOW + week * WEEK).date(),
            (NOW + (week + 1) * WEEK).date(),
            [{**every, "key": key, **values} for key, values in lines.items()],
            verdict="quiet",
        )
        return worse_than_base_rate(self.deployment.sudo()).get(self.deployment.id)

    def test_what_was_flagged_is_compared_with_random_checks_of_the_same_report(self):
        audit = {"statistic": 0.4, "low": 0.3, "high": 0.5}
        self.assertIsNone(self.told(0, precision={"statistic": 0.2, "high": 0.3}, audit=audit))
        self.assertEqual(
            self.told(1, precision={"statistic": 0.2, "high": 0.29}, audit=audit),
            "20 % of the flagged records were unusual, fewer than among random checks (40 %)",
        )
        self.assertIsNone(self.told(2, precision={"statistic": 0.2, "high": 0.29}), "the checks are of another week")
        self.assertIsNone(
            self.told(3, precision={"statistic": 0.2, "high": 0.29}, audit={**audit, "verdict": "cannot_judge"})
        )

    def test_a_share_of_the_error_that_is_not_explained_is_told_where_it_is_beyond_chance(self):
        for week, (skill, exceeded, text) in enumerate(
            ((-0.1, False, None), (0.1, True, None), (0.0, True, None), (-0.1, True, "Less than nothing."))
        ):
            line = {"statistic": skill, "exceeded": exceeded, "text": "Less than nothing."}
            self.assertEqual(self.told(week, brier_skill=line), text)
