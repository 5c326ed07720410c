"""The serving version against others on the same records, over its whole life: a verdict to look at every day.

The statistics are `ml.prequential`; each row adds its evidence once, when its outcome is due. The rivals are a table:
Odoo's own estimate, what people entered by hand, and a challenging version. Each scored the record when ours did, so
neither has learned from what came of it.
"""

from datetime import date, datetime, time
from typing import Any, NamedTuple

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import performance, prequential
from ...ml.prequential import Standing
from ..tools.told import told
from ..tools.wording import number
from .lifetime_performance import LifetimePerformance
from .performance_wording import UNTESTED

INCUMBENT, PERSON, CHALLENGER = RIVALS = ("incumbent", "person", "challenger")
NO_AUC = 4  # rows of a cohort under which no order is compared


class Rows(NamedTuple):
    """Rows that both had an opinion on: what came of them, our value and the rival's, each (n,)."""

    came_true: list[bool]
    ours: list[float]
    theirs: list[float]  # NaN where the rival had none


class Duel:
    """Compares the serving version with each rival.

    :param deployment: `ai.deployment`, in sudo
    :param lifetime: where the evidence is kept
    """

    def __init__(self, deployment: BaseModel, lifetime: LifetimePerformance) -> None:
        self.deployment, self.lifetime, self.env = deployment, lifetime, deployment.env
        self.version = lifetime.version

    def lines(
        self, labels: list[bool], values: list[float], incumbent: list[float], start: date, end: date
    ) -> list[dict]:
        """Return lines on each rival that had an opinion, after the rows of one more cohort.

        :param incumbent: (n,) Odoo's own estimates, NaN where it had none
        """
        states, lines = dict(self.lifetime.state().get("duels") or {}), []
        challenger, attempts = self.challenger()
        rows = {
            INCUMBENT: Rows(labels, values, incumbent),
            PERSON: self.people_rows(start, end),
            CHALLENGER: self._challenger_rows(challenger, start, end),
        }
        for rival in RIVALS:
            key = f"{rival}:{challenger.id}" if rival == CHALLENGER else rival
            state = prequential.update(states.get(key) or prequential.start(), *map(np.array, rows[rival]))
            if state["rows"]:
                states[key] = state
            standing = prequential.standing(state, attempts if rival == CHALLENGER else 1)
            if standing and rows[rival].came_true:
                lines += self._lines_on(rival, standing, rows[rival], challenger)
        self.lifetime.keep(duels=states)
        return lines

    def people_rows(self, start: date, end: date) -> Rows:
        """Return records of which a person had an estimate when they were scored.

        The first such line of each, judged by what came of it within the horizon from then on, as a person speaks later
        than at the creation.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (line.res_id) line.res_id, line.date, line.predicted_value, line.person_value"
                " FROM ai_deployment_inference line WHERE line.deployment_id = %(deployment)s"
                " AND line.version_id = %(version)s AND line.person_value IS NOT NULL AND line.failure_type IS NULL"
                " AND line.date >= %(start)s AND line.date < %(end)s AND NOT EXISTS (SELECT"
                " FROM ai_deployment_inference earlier WHERE earlier.deployment_id = line.deployment_id"
                " AND earlier.res_id = line.res_id AND earlier.version_id = line.version_id"
                " AND earlier.person_value IS NOT NULL AND earlier.failure_type IS NULL AND earlier.date < %(start)s)"
                " ORDER BY line.res_id, line.id",
                deployment=self.deployment.id,
                version=self.version.id,
                start=datetime.combine(start, time.min),
                end=datetime.combine(end, time.min),
            )
        )
        return self._with_outcomes(rows, from_score=True)

    def challenger(self) -> tuple[BaseModel, int]:
        """Return (the version that challenges now, how many have since ours serves); an empty one where none does."""
        assignments = self.deployment.assignment_ids
        serving = assignments.filtered(lambda a: a.role == "champion" and a.version_id == self.version)[:1]
        tried = assignments.filtered(
            lambda a: a.role == "challenger" and serving and a.start_date >= serving.start_date
        )
        return tried.filtered(lambda a: not a.end_date)[:1].version_id, len(tried.version_id)

    def _challenger_rows(self, challenger: BaseModel, start: date, end: date) -> Rows:
        """Return records that both versions scored in one chunk, when ours scored them first."""
        if not challenger:
            return Rows([], [], [])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, date, serving_value, predicted_value"
                " FROM ai_deployment_challenger_score WHERE version_id = %s AND serving_id = %s AND date >= %s"
                " AND date < %s AND is_first AND predicted_value IS NOT NULL AND serving_value IS NOT NULL"
                " ORDER BY res_id, id",
                challenger.id,
                self.version.id,
                datetime.combine(start, time.min),
                datetime.combine(end, time.min),
            )
        )
        return self._with_outcomes(rows)

    def _with_outcomes(self, rows: list[tuple], from_score: bool = False) -> Rows:
        """Return `rows` (id, moment, ours, theirs) with their outcomes, without those whose end says nothing."""
        landmarks = {res_id: moment for res_id, moment, *_values in rows}
        documents = self.env[self.deployment.res_model]
        came_true = documents._ai_came_true(self.deployment, landmarks, from_score=from_score) if rows else {}
        known = [(came_true[res_id], *values) for res_id, _moment, *values in rows if res_id in came_true]
        return Rows(*map(list, zip(*known, strict=True))) if known else Rows([], [], [])

    def _lines_on(self, rival: str, standing: Standing, rows: Rows, challenger: BaseModel) -> list[dict]:
        """Return the gain in Brier over the whole life with the verdict, and the order in the latest cohort."""
        line: dict[str, Any] = {
            **UNTESTED,
            "test": "duel",
            "text": told(self.env, lambda env: _words(env, rival, standing, challenger)[0][standing.verdict]),
        }
        lines = [
            {
                **line,
                "key": f"{rival}:brier",
                "label": told(self.env, lambda env: _words(env, rival, standing, challenger)[2]),
                "statistic": standing.gain,
                "low": standing.low,
                "high": standing.high,
                "p_value": min(1.0, 1 / max(standing.evidence, standing.evidence_theirs)),
            }
        ]
        gain = _order_gain(rows)
        if gain:
            lines.append(
                {
                    **line,
                    "key": f"{rival}:auc",
                    "label": told(self.env, lambda env: _words(env, rival, standing, challenger)[1]),
                    "statistic": gain.estimate,
                    "low": gain.low,
                    "high": gain.high,
                    "p_value": gain.p_value,
                }
            )
        return lines


def _words(env: Environment, rival: str, standing: Standing, challenger: BaseModel) -> tuple[dict[str, str], str, str]:
    """Return ({verdict: its sentence}, what the gain in order is called, what the gain in accuracy is called)."""
    count, more = standing.rows, standing.more_needed
    return {
        INCUMBENT: (
            {
                prequential.OURS: env._("Better than Odoo's own estimate on the same %s records", number(env, count)),
                prequential.THEIRS: env._("Odoo's own estimate was better on the same %s records", number(env, count)),
                prequential.TOO_EARLY: env._(
                    "Too early to say whether Odoo's own estimate is better: about %s more outcomes needed",
                    number(env, more),
                ),
            },
            env._("Ranking, ours minus Odoo's"),
            env._("Accuracy, ours minus Odoo's"),
        ),
        PERSON: (
            {
                prequential.OURS: env._("Better than manual estimates of the same %s records", number(env, count)),
                prequential.THEIRS: env._("Manual estimates were better on the same %s records", number(env, count)),
                prequential.TOO_EARLY: env._(
                    "Too early to say whether manual estimates are better: about %s more outcomes needed",
                    number(env, more),
                ),
            },
            env._("Ranking, ours minus people's"),
            env._("Accuracy, ours minus people's"),
        ),
        CHALLENGER: (
            {
                prequential.OURS: env._(
                    "Better than %(version)s on the same %(count)s records",
                    version=challenger.name,
                    count=number(env, count),
                ),
                prequential.THEIRS: env._(
                    "%(version)s was better on the same %(count)s records",
                    version=challenger.name,
                    count=number(env, count),
                ),
                # How many more outcomes are needed is said once, by the test that decides on the challenger.
                prequential.TOO_EARLY: env._("Too early to say whether %s is better", challenger.name),
            },
            env._("Ranking, ours minus the challenger's"),
            env._("Accuracy, ours minus the challenger's"),
        ),
    }[rival]


def _order_gain(rows: Rows) -> performance.Difference | None:
    """Return the difference in AUC on rows where both had an opinion; None where one class is missing."""
    known = [row for row in zip(*rows, strict=True) if row[2] == row[2]]
    if len(known) < NO_AUC:
        return None
    came_true, ours, theirs = zip(*known, strict=True)
    gain = performance.auc_difference(came_true, ours, theirs)
    return gain if gain.estimate == gain.estimate else None
