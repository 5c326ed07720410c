"""Monthly rhythm: a window is compared with the same weeks of the month, and keeps being watched."""

from datetime import timedelta

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.profile import (
    CONFIDENCE,
    PREDICTION,
    SCORE,
    Profile,
)
from odoo.addons.ai_deployment.models.monitoring.drift import DriftMonitor
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

WEEK = timedelta(days=7)
ROWS = 40  # a working day
# No country, Belgium, the United States: over a month as many as the version learned from.
FIRST_WEEK, OTHER_WEEKS = (0.05, 0.15, 0.8), (0.31, 0.604, 0.086)
MILD = {"first_week": (0.2, 0.35, 0.45), "others": (0.265, 0.545, 0.19)}


@tagged("post_install", "-at_install")
class TestMonthlyRhythm(AiDeploymentCase):
    """Counts of first scores day by day, as scoring leaves them: in the first week of a month most are from the US."""

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(3)
        self.first = NOW.date()

    def come_in(self, week, *, first_week=FIRST_WEEK, others=OTHER_WEEKS):
        for place in range(5):
            day = self.first + week * WEEK + timedelta(days=place)
            drawn = self.random.multinomial(ROWS, first_week if day.day <= 7 else others)
            score = np.bincount(self.random.integers(10, size=ROWS), minlength=10)
            counts = {
                "expected_revenue": [0, 0, 0, *self.random.multinomial(ROWS, [1 / 3] * 3)],
                "country_id": [drawn[0], 0, 0, drawn[1], drawn[2]],
                "source_id": [ROWS, 0, 0],
                SCORE: [0, 0, 0, *score],
                PREDICTION: [0, 0, 0, int(score[:5].sum()), int(score[5:].sum())],
                CONFIDENCE: [0, 0, 0, *self.random.multinomial(ROWS, [0.05] * 20)],
            }
            profiles = self.env["ai.deployment.profile"]
            self.env.cr.execute(profiles._delta_statement(self.deployment, self.version, Profile(ROWS, counts), day))
        self.env.invalidate_all()

    def look(self, week):
        with clock.at(NOW + (week + 1) * WEEK):
            return DriftMonitor(self.deployment).report()

    def adopt(self, week):
        """Adopt what came in before `week`; it was one large window until then, as nobody looked."""
        self.look(week - 1)
        self.assertFalse(self.alerts().filtered(lambda alert: "country_id" in alert.cause))
        with clock.at(NOW + week * WEEK):
            self.deployment.with_user(self.owner).action_adopt_reference()

    def lines(self, report, test):
        return report.line_ids.filtered(lambda line: line.key == "country_id" and line.test == test)

    def alerts(self):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("state", "=", "firing"), ("cause", "=like", "drift:%")]
        )

    def test_after_half_a_year_the_rhythm_is_no_news_and_what_breaks_it_is(self):
        for week in range(27):
            self.come_in(week)
        self.adopt(27)
        for week in range(27, 40):
            self.come_in(week)
            report = self.look(week)
            self.assertTrue(report.is_like)
            self.assertFalse(report.is_provisional)
            self.assertFalse(report.blind_spot)
            self.assertEqual(self.lines(report, "shape").verdict, "quiet")
        self.assertFalse(self.alerts().filtered(lambda alert: "country_id" in alert.cause))
        for week in range(40, 43):
            self.come_in(week, others=(0.25, 0.2, 0.55))
            self.look(week)
        self.assertIn("drift:country_id:shape", self.alerts().mapped("cause"))

    def test_first_weeks_that_stay_away_are_news(self):
        for week in range(27):
            self.come_in(week)
        self.adopt(27)
        for week in range(27, 36):
            self.come_in(week, first_week=OTHER_WEEKS)
            self.look(week)
        self.assertTrue(self.alerts().filtered(lambda alert: "country_id" in alert.cause))

    def test_a_short_reference_says_what_it_cannot_see_and_never_stops_watching(self):
        for week in range(10):
            self.come_in(week, **MILD)
        self.adopt(10)
        for week in range(10, 20):
            self.come_in(week, **MILD)
            report = self.look(week)
            self.assertFalse(report.is_like)
            self.assertEqual(self.lines(report, "shape").verdict, "quiet")
            self.assertIn("Country: the reference weeks differ much from each other", report.blind_spot)
            self.assertIn("Monthly patterns are recognised once", report.blind_spot)
        self.assertNotIn("drift:country_id:shape", self.alerts().mapped("cause"))
        texts = [message["text"] for message in self.deployment.monitoring_page()["messages"]]
        self.assertIn(report.blind_spot, texts)
        self.come_in(20, first_week=(0.25, 0.02, 0.73), others=(0.25, 0.02, 0.73))
        self.assertEqual(self.lines(self.look(20), "shape").verdict, "drifted")

    def test_counts_by_week_of_the_month_are_protected_as_the_others_are(self):
        field = self.env["ai.deployment.reference"]._fields["monthly"]
        self.assertEqual(field.groups, self.env["ai.deployment.reference"]._fields["counts"].groups)
