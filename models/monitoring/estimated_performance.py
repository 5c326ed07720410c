"""Estimated performance: what the latest window will come to, before its outcomes are known (`ml.estimated`)."""

from datetime import date

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import estimated, performance
from ..tools.wording import number, percent
from .intake import first_scores
from .performance_wording import UNTESTED
from .report_series import ReportSeries
from .segment_performance import SegmentPerformance


class EstimatedPerformance:
    """Estimates for the serving version, as far as records that tested it are like those that it scores now.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.version = deployment, deployment.champion_id
        self.env = deployment.env
        self.words = self.env[deployment.res_model]._ai_words()
        self.series = ReportSeries(deployment, self.version, "performance")

    def lines(self, start: date, end: date) -> list[dict]:
        """Return lines on the scores from `start` up to, not including, `end`; none for anomaly models."""
        labels, tested = tested_rows(self.version)
        if self.deployment.method != "scorecard" or not len(labels):
            return []
        columns = SQL("res_id, predicted_value, prediction")
        rows = first_scores(self.deployment, self.version, start, end, columns)
        ids, values, predictions = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
        reference = estimated.learn(labels, tested)
        found = estimated.estimate(
            reference,
            values,
            predictions,
            # Whether the chances came true on average when that was last judged.
            calibration_stands=not self.series.latest_line("in_the_large").exceeded,
            offsets=SegmentPerformance(self.deployment, self.series).offsets(ids),
        )
        return self._lines(found, estimated.expected_auc(reference.chances(tested), tested), len(labels))

    def gap_lines(self, labels: list[bool], values: list[float], predictions: list[bool]) -> list[dict]:
        """Return a line on a cohort: do equal scores end as they did when the version was tested?"""
        tested_labels, tested = tested_rows(self.version)
        if not len(tested):
            return []
        found = estimated.estimate(estimated.learn(tested_labels, tested), values, predictions)
        gap, band = estimated.gap(found, performance.auc(labels, values)), found.band("auc")
        label = self.env._("Ranking, found minus expected")
        if gap is None or band is None:
            return []
        return [
            {
                **UNTESTED,
                "test": "estimate",
                "key": "gap",
                "label": label,
                "statistic": gap.estimate,
                "low": gap.low,
                "high": gap.high,
                "p_value": gap.p_value,
                "adjusted_p": gap.p_value,
                "exceeded": gap.exceeded,
                "verdict": "drifted" if gap.exceeded else "quiet",
                "text": self.env._(
                    "Of two %(records)s, the positive one was expected to have the higher score in "
                    "%(expected)s of cases, and had it in %(found)s",
                    records=self.words["records"],
                    expected=percent(self.env, band.estimate),
                    found=percent(self.env, band.estimate + gap.estimate),
                ),
            }
        ]

    def _lines(self, found: estimated.Estimated, auc_when_tested: float, tested_count: int) -> list[dict]:
        line = {**UNTESTED, "test": "estimate", "verdict": "cannot_judge"}
        why_not = {
            estimated.HIDDEN: self.env._("Not estimated: the latest probabilities were not calibrated on average"),
            estimated.OUTSIDE: self.env._(
                "Not estimated: %s of the scores differ from all test records of the version",
                percent(self.env, found.outside_share or 0),
            ),
            estimated.CANNOT_JUDGE: self.env._("Not estimated: too few records"),
            estimated.TOO_SMALL: self.env._(
                "Not estimated: the version was tested on %s records only, too few for a comparison",
                number(self.env, tested_count),
            ),
        }.get(found.verdict)
        if why_not:
            return [{**line, "key": "estimate:auc", "label": self.env._("Expected ranking"), "text": why_not}]
        texts = {
            "auc": (
                self.env._("Expected ranking"),
                self.env._(
                    "Expected: of two %(records)s, the positive one has the higher score in %(now)s of cases "
                    "(%(low)s to %(high)s), if equal scores end as before"
                ),
            ),
            "win_rate": (
                self.env._("Expected share"),
                self.env._("Expected: %(now)s %(positives)s (%(low)s to %(high)s)"),
            ),
            "error": (
                self.env._("Expected error rate"),
                self.env._("Expected: %(now)s of all predictions wrong (%(low)s to %(high)s)"),
            ),
        }
        lines = []
        for name, (label, text) in texts.items():
            band = found.band(name)
            if band:
                lines.append(
                    {
                        **line,
                        "verdict": "quiet",
                        "key": f"estimate:{name}",
                        "label": label,
                        "statistic": band.estimate,
                        "low": band.low,
                        "high": band.high,
                        "threshold": auc_when_tested if name == "auc" else 0.0,
                        "text": text
                        % {
                            "now": percent(self.env, band.estimate),
                            "low": percent(self.env, band.low),
                            "high": percent(self.env, band.high),
                            **self.words,
                        },
                    }
                )
        return lines


def tested_rows(version: BaseModel) -> tuple[np.ndarray, np.ndarray]:
    """Return (came true, value), both (n,), of the records that tested the version, none of them learned from."""
    rows = (version.held_out or {}).get("outcomes") or {}
    return np.array(rows.get("labels", ()), dtype=float), np.array(rows.get("values", ()), dtype=float)
