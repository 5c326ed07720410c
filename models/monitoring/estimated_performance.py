"""Estimated performance: what the latest window will come to, before its outcomes are known (`ml.estimated`)."""

from datetime import date
from functools import partial
from typing import Any

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import estimated, performance
from ..tools.told import told
from ..tools.wording import number, percent
from .intake import first_scores
from .performance_wording import UNTESTED
from .report_series import ReportSeries
from .segment_performance import SegmentPerformance

NOT_ESTIMATED = (estimated.HIDDEN, estimated.OUTSIDE, estimated.CANNOT_JUDGE, estimated.TOO_SMALL)


class EstimatedPerformance:
    """Estimates for the serving version, as far as records that tested it are like those that it scores now.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.version = deployment, deployment.champion_id
        self.env = deployment.env
        self.series = ReportSeries(deployment, self.version, "performance")

    def _words(self, env: Environment) -> dict[str, str]:
        return env[self.deployment.res_model]._ai_words()

    def _text(self, env: Environment, name: str, band: Any) -> str:
        return _texts(env)[name][1] % {
            "now": percent(env, band.estimate),
            "low": percent(env, band.low),
            "high": percent(env, band.high),
            **self._words(env),
        }

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
        if gap is None or band is None:
            return []
        return [
            {
                **UNTESTED,
                "test": "estimate",
                "key": "gap",
                "label": told(self.env, lambda env: env._("Ranking, found minus expected")),
                "statistic": gap.estimate,
                "low": gap.low,
                "high": gap.high,
                "p_value": gap.p_value,
                "adjusted_p": gap.p_value,
                "exceeded": gap.exceeded,
                "verdict": "drifted" if gap.exceeded else "quiet",
                "text": told(
                    self.env,
                    lambda env: env._(
                        "Of two %(records)s, the positive one was expected to have the higher score in "
                        "%(expected)s of cases, and had it in %(found)s",
                        records=self._words(env)["records"],
                        expected=percent(env, band.estimate),
                        found=percent(env, band.estimate + gap.estimate),
                    ),
                ),
            }
        ]

    def _lines(self, found: estimated.Estimated, auc_when_tested: float, tested_count: int) -> list[dict]:
        line = {**UNTESTED, "test": "estimate", "verdict": "cannot_judge"}
        if found.verdict in NOT_ESTIMATED:
            return [
                {
                    **line,
                    "key": "estimate:auc",
                    "label": told(self.env, lambda env: _texts(env)["auc"][0]),
                    "text": told(self.env, lambda env: _why_not(env, found, tested_count)),
                }
            ]
        lines = []
        for name in _texts(self.env):
            band = found.band(name)
            if band:
                lines.append(
                    {
                        **line,
                        "verdict": "quiet",
                        "key": f"estimate:{name}",
                        "label": told(self.env, partial(_label, name=name)),
                        "statistic": band.estimate,
                        "low": band.low,
                        "high": band.high,
                        "threshold": auc_when_tested if name == "auc" else 0.0,
                        "text": told(self.env, partial(self._text, name=name, band=band)),
                    }
                )
        return lines


def _why_not(env: Environment, found: estimated.Estimated, tested_count: int) -> str:
    return {
        estimated.HIDDEN: env._("Not estimated: the latest probabilities were not calibrated on average"),
        estimated.OUTSIDE: env._(
            "Not estimated: %s of the scores differ from all test records of the version",
            percent(env, found.outside_share or 0),
        ),
        estimated.CANNOT_JUDGE: env._("Not estimated: too few records"),
        estimated.TOO_SMALL: env._(
            "Not estimated: the version was tested on %s records only, too few for a comparison",
            number(env, tested_count),
        ),
    }[found.verdict]


def _label(env: Environment, name: str) -> str:
    return _texts(env)[name][0]


def _texts(env: Environment) -> dict[str, tuple[str, str]]:
    """Return {figure: (what it is called, its sentence)}."""
    return {
        "auc": (
            env._("Expected ranking"),
            env._(
                "Expected: of two %(records)s, the positive one has the higher score in %(now)s of cases "
                "(%(low)s to %(high)s), if equal scores end as before"
            ),
        ),
        "win_rate": (
            env._("Expected share"),
            env._("Expected: %(now)s %(positives)s (%(low)s to %(high)s)"),
        ),
        "error": (
            env._("Expected error rate"),
            env._("Expected: %(now)s of all predictions wrong (%(low)s to %(high)s)"),
        ),
    }


def tested_rows(version: BaseModel) -> tuple[np.ndarray, np.ndarray]:
    """Return (came true, value), both (n,), of the records that tested the version, none of them learned from."""
    rows = (version.held_out or {}).get("outcomes") or {}
    return np.array(rows.get("labels", ()), dtype=float), np.array(rows.get("values", ()), dtype=float)
