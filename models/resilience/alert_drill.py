"""Drill of an alert: made-up counts are judged by the monitor itself, which has to notify the owner."""

from datetime import timedelta

import numpy as np

from odoo.fields import Domain

from ...ml.binning import FIRST
from ...ml.profile import SCORE, Profile
from ..alerting.alert_kinds import DRIFT, Cause
from ..monitoring.drift import DriftMonitor
from ..tools import clock
from ..tools.wording import number
from .drill import Drill, Step

ROWS = 2000  # that are made up: enough to be beyond doubt at once
LATER = timedelta(days=3650)  # no real report has such a window
ABOUT_SCORES = str(Cause(DRIFT, f"{SCORE}:%"))  # a pattern


class AlertDrill(Drill):
    """Move the scores beyond their threshold."""

    code = "alert"

    def run(self) -> list[Step]:
        return [self.step("moved", self.env._("Drifted scores"), self.moved)]

    def moved(self) -> tuple[object, str]:
        """Report on a week in which all scores are where the fewest were; see who is notified."""
        version = self.deployment.champion_id
        reference = self.env["ai.deployment.reference"]._of(version)[0]
        end = clock.today() + LATER
        self.set_aside(self.alerts(ABOUT_SCORES, "=like"))
        report = DriftMonitor(self.deployment).report_on(moved_profile(reference), end - timedelta(days=7), end)
        line = report.line_ids.filtered(lambda line: line.key == SCORE and line.exceeded)[:1]
        raised = self.alerts(ABOUT_SCORES, "=like")
        alert = raised.filtered(lambda alert: alert.state == "firing" and alert.level == "alert")[:1]
        if not line or not alert:
            return False, self.env._(
                "The scores of %s invented records drifted, and no alert was raised.", number(self.env, ROWS)
            )
        notified = self.notified(alert.cause)
        messages = self.env["ai.deployment.message"].search_count(Domain("alert_id", "=", alert.id))
        return bool(notified), self.env._(
            "The scores of %(rows)s invented records drifted (%(statistic)s against a threshold of "
            "%(threshold)s): an alert was raised, %(told)s, and %(messages)s messages were queued.",
            rows=number(self.env, ROWS),
            statistic=number(self.env, line.statistic, 1),
            threshold=number(self.env, line.threshold, 1),
            told=self.notified_text(notified),
            messages=messages,
        )


def moved_profile(reference: Profile) -> Profile:
    """Return a profile in which all inputs are as in `reference`, and all scores in the bin where the fewest were.

    :return: Profile of `ROWS` rows; the counts of each input have the shape of those in `reference`
    """
    counts = {}
    for name, values in reference.counts.items():
        total = max(int(values.sum()), 1)
        part = np.floor(values * (ROWS / total)).astype(np.int64)
        part[int(np.argmax(values))] += ROWS - int(part.sum())
        counts[name] = part
    scores = reference.counts[SCORE]
    counts[SCORE] = np.zeros_like(scores)
    counts[SCORE][FIRST + int(np.argmin(scores[FIRST:]))] = ROWS
    return Profile(ROWS, counts)
