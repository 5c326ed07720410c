"""The drill of an alert: made-up counts are judged by the product's own monitor, which has to tell the owner."""

from datetime import timedelta

import numpy as np

from odoo import models
from odoo.fields import Domain

from ...ml.binning import FIRST
from ...ml.profile import SCORE, Profile
from ..monitoring.drift import DriftMonitor
from ..tools import clock
from ..tools.wording import number

ROWS = 2000  # that are made up: enough to be beyond doubt at once
LATER = timedelta(days=3650)  # no real report has such a window


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _drill_alert(self):
        say = self.env._
        return [self._step("moved", say("The scores move beyond their threshold"), self._drill_moved)]

    def _drill_moved(self):
        """A week in which all scores are where the fewest were: the report on it, the alert, and who was told."""
        version = self.champion_id
        reference = self.env["ai.deployment.reference"]._of(version)[0]
        end = clock.today() + LATER
        for alert in (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(Domain("deployment_id", "=", self.id) & Domain("cause", "=like", f"drift:{SCORE}:%"))
        ):
            self._standing_alert_aside(alert.cause)
        report = DriftMonitor(self.sudo()).report_on(_moved(reference), end - timedelta(days=7), end)
        line = report.line_ids.filtered(lambda line: line.key == SCORE and line.exceeded)[:1]
        alert = (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(
                Domain("deployment_id", "=", self.id)
                & Domain("state", "=", "firing")
                & Domain("cause", "=like", f"drift:{SCORE}:%")
                & Domain("level", "=", "alert"),
                limit=1,
            )
        )
        if not line or not alert:
            return False, self.env._("The scores of %s made-up records moved, and no alert was raised.", ROWS)
        told = self._told_of(alert.cause)
        messages = self.env["ai.deployment.message"].sudo().search_count(Domain("alert_id", "=", alert.id))
        sentence = self.env._(
            "The scores of %(rows)s made-up records moved (%(statistic)s against a threshold of %(threshold)s): an "
            "alert was raised, %(told)s, and %(messages)s messages were on their way.",
            rows=ROWS,
            statistic=number(self.env, line.statistic, 3, grouping=False),
            threshold=number(self.env, line.threshold, 3, grouping=False),
            told=self._told_text(told),
            messages=messages,
        )
        return bool(told), sentence


def _moved(reference):
    """A profile in which all inputs are as in the reference, and all scores in the bin where the fewest were."""
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
