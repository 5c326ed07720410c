"""What the challenger would have said of the latest records that the serving version has scored.

Inputs are those of the log, as they were when the records were scored; what only the challenger reads is read now. Its
scores are stored nowhere but in the result. A challenger outside Odoo is not asked again: what it answered counts.

Figures are of records that neither version has learned from: for the serving version those whose outcome was not known
when it was trained; for the challenger the same, or rows of its test, which its tested card scores (a version that was
made elsewhere has none, so of it only later outcomes count).
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import side_by_side
from ...ml.columns import Column, make_column
from ..routing.forecast import answers_per_day, needs_review
from ..routing.thresholds import recent_confidences
from ..scoring.challenger_answers import OUTSIDE, latest_answers
from ..scoring.challenger_run import shared_inputs
from ..tools import clock
from .segment_tests import SegmentTests
from .verdicts import independent_verdicts
from .version_test import test_rows

MOST_NAMED = 20  # records of each kind that can be opened
CAPACITY_SHARE = 0.1  # of the records, where nobody said how many people can look at
SCORE_BINS = 10  # of the distribution of scores
NO_OUTCOMES = {"rows": 0, "positives": 0}


class Line(NamedTuple):
    """One line of the log."""

    res_id: int
    date: datetime
    inputs: list
    value: float
    flag: bool
    confidence: float


class Replay:
    """Replay the latest records of one deployment with its challenger.

    :param deployment: ai.deployment with all rights
    :param challenger: a version of it
    :param count: records at most
    """

    def __init__(self, deployment: BaseModel, challenger: BaseModel, count: int) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.champion = deployment.champion_id
        self.challenger = challenger
        self.count = count

    def run(self) -> dict[str, Any]:
        """Return what would change and how both did, as plain JSON.

        :raise UserError: the challenger cannot score, or the serving version has scored nothing yet
        """
        if fault := self.challenger._fault():
            raise UserError(self.env._("%(name)s cannot score: %(why)s", name=self.challenger.name, why=fault))
        lines = self._lines()
        if not lines:
            raise UserError(self.env._("%s has not scored a record yet.", self.champion.name))
        answers: tuple[Any, ...] = ()
        if self.challenger.kind in OUTSIDE:
            known = latest_answers(self.deployment, [line.res_id for line in lines])
            lines = [line for line in lines if line.res_id in known]
            if not lines:
                raise UserError(self.env._("%s has not answered about these records yet.", self.challenger.name))
            answers = ([known[line.res_id] for line in lines],)
        ids = [line.res_id for line in lines]
        columns = self._columns(lines)
        scored = self.challenger._card().score(columns, *answers)
        ours = np.array([line.value for line in lines], dtype=np.float64)
        flags = np.array([line.flag for line in lines], dtype=bool)
        found = side_by_side.changes(ours, scored.values, flags, scored.predictions)
        judged, labels, theirs = self._judged(lines, columns, scored.values)
        path, parts = self._parts(columns, [ids[row] for row in judged], judged)
        worst = side_by_side.regressions(labels, ours[judged], theirs)
        return {
            "records": len(lines),
            "since": lines[-1].date.isoformat(),
            "failed": int(np.isnan(scored.values).sum()),
            "figures": side_by_side.figures(
                labels, ours[judged], theirs, capacity=self._capacity(len(judged)), parts=parts
            ),
            "segment_path": path,
            "changes": {
                "rows": found["rows"],
                "bands": found["bands"],
                **{name: len(found[name]) for name in ("flagged", "unflagged", "up", "down")},
                **{f"{name}_ids": [ids[row] for row in found[name][:MOST_NAMED]] for name in ("flagged", "unflagged")},
                "value": self._value([ids[row] for name in ("flagged", "unflagged") for row in found[name]]),
            },
            "reviews": self._reviews(lines, scored),
            "expected": expected(scored.values, scored.predictions),
            "regressions": [
                {
                    "id": ids[judged[row]],
                    "label": bool(labels[row]),
                    "before": float(ours[judged[row]]),
                    "after": float(theirs[row]),
                }
                for row in worst
            ],
        }

    def _lines(self) -> list[Line]:
        """Return the latest line of each of the latest records that still exist, the latest first."""
        self.env["ai.deployment.inference"].flush_model()
        table = SQL.identifier(self.env[self.deployment.res_model]._table)
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, date, inputs, predicted_value, prediction, confidence FROM (SELECT DISTINCT ON"
                " (recent.res_id) recent.* FROM (SELECT * FROM ai_deployment_inference WHERE deployment_id = %s"
                " AND version_id = %s AND failure_type IS NULL AND predicted_value IS NOT NULL"
                " ORDER BY id DESC LIMIT %s) AS recent JOIN %s AS document ON document.id = recent.res_id"
                " ORDER BY recent.res_id, recent.id DESC) AS latest ORDER BY id DESC LIMIT %s",
                self.deployment.id,
                self.champion.id,
                2 * self.count,
                table,
                self.count,
            )
        )
        return [Line(*row) for row in rows]

    def _columns(self, lines: list[Line]) -> dict[str, Column]:
        """Return the columns that the challenger reads: as logged, where the serving version reads the same."""
        specs = self.champion._specs()
        read_as, others = shared_inputs(self.challenger._specs(), specs)
        now = self.deployment._columns(others, [line.res_id for line in lines]) if others else {}
        columns = {}
        for key, name in read_as.items():
            if name in now:
                columns[key] = now[name].named(key)
                continue
            place = list(specs).index(key)
            values = [line.inputs[place] if line.inputs else None for line in lines]
            columns[key] = make_column(
                key, specs[key]["kind"], [tuple(value) if isinstance(value, list) else value for value in values]
            )
        return columns

    def _judged(
        self, lines: list[Line], columns: dict[str, Column], values: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (rows with an outcome that neither version has learned from, outcomes, challenger's values): each (n,)

        Nothing of an anomaly model was learned from outcomes; verdicts count that no version chose.
        """
        if self.deployment.method == "anomaly":
            known = independent_verdicts(self.deployment, self.challenger)
            found = [row for row, line in enumerate(lines) if line.res_id in known]
            truth = np.array([known[lines[row].res_id] for row in found], dtype=bool)
            return np.array(found, dtype=int), truth, values[np.array(found, dtype=int)]
        labels = known_outcomes(self.deployment, {line.res_id: line.date for line in lines})
        own, tested = self._learned(self.challenger)
        served, _tested = self._learned(self.champion)
        rows = [
            row
            for row, line in enumerate(lines)
            if line.res_id in labels and line.res_id not in served and (line.res_id not in own or line.res_id in tested)
        ]
        judged = np.array(rows, dtype=int)
        theirs = values[judged].copy()
        twins = np.array([lines[row].res_id in own for row in rows], dtype=bool)
        if twins.any():
            taken = {key: column.take(judged[twins]) for key, column in columns.items()}
            theirs[twins] = self.challenger._tested_card().score(taken).values
        return judged, np.array([labels[lines[row].res_id] for row in rows], dtype=bool), theirs

    def _learned(self, version: BaseModel) -> tuple[set[int], set[int]]:
        """Return (records whose outcome was known when `version` was made, those of them that only tested it)."""
        documents = self.env[self.deployment.res_model]
        rows = [res_id for res_id, *_told in documents._ai_training_rows(self.deployment, version.trained_date)]
        is_told = version.sudo().tested_artifact and not self.deployment.landmarks  # which rows only tested it
        tested = {rows[row] for row in test_rows(rows)} if is_told else set()
        return set(rows), tested

    def _parts(self, columns: dict[str, Column], ids: list[int], rows: np.ndarray) -> tuple[str | None, list | None]:
        if not ids:
            return None, None
        taken = {key: column.take(rows) for key, column in columns.items()}
        specs = [spec for key, spec in self.challenger._specs().items() if key in taken]
        return SegmentTests(self.deployment, specs).parts_of(taken, ids, np.arange(len(ids)))

    def _capacity(self, count: int) -> float:
        """Return the share of the records that people can look at; a tenth where that would be all of them."""
        _confidences, per_day = recent_confidences(self.deployment)
        most = max(answers_per_day(self.deployment), self.deployment.reviews_per_day)
        return most / per_day if per_day and 0 < most < per_day else CAPACITY_SHARE

    def _value(self, ids: list[int]) -> float | None:
        """Return the money in the records whose flag would change; None where records hold none."""
        documents = self.env[self.deployment.res_model]
        if not hasattr(documents, "_ai_amounts") or documents._ai_amount_sql(documents._table) is None:
            return None
        return float(sum(abs(amount or 0.0) for amount in documents.browse(ids)._ai_amounts().values()))

    def _reviews(self, lines: list[Line], scored: Any) -> dict[str, float]:
        """Return reviews a day by the present thresholds, with either version."""
        values = np.array([line.value for line in lines], dtype=np.float64)
        flags = np.array([line.flag for line in lines], dtype=bool)
        confidences = np.array([line.confidence for line in lines], dtype=np.float64)
        before, _name = needs_review(self.deployment, values, flags, confidences)
        after, _name = needs_review(self.deployment, scored.values, scored.predictions, scored.confidences)
        _confidences, per_day = recent_confidences(self.deployment)
        return {"before": float(before.mean() * per_day), "after": float(after.mean() * per_day), "per_day": per_day}


def known_outcomes(deployment: BaseModel, landmarks: dict[int, datetime]) -> dict[int, bool]:
    """Return the outcomes, as far as they are due, of records that were scored at the moments `landmarks`."""
    documents = deployment.env[deployment.res_model]
    if deployment.landmarks:  # counted from the score, whatever the age of the record
        last = clock.now() - timedelta(days=deployment.horizon_days)
        due = {res_id for res_id, moment in landmarks.items() if moment <= last}
    else:
        due = {res_id for res_id, *_told in documents._ai_training_rows(deployment, clock.now())}
    return documents._ai_came_true(
        deployment, {res_id: moment for res_id, moment in landmarks.items() if res_id in due}
    )


def expected(values: np.ndarray, flags: np.ndarray) -> dict[str, Any]:
    """Return what scores look like, to compare later ones with: {"rows", "flagged" (share), "bins" (counts)}."""
    known = ~np.isnan(values)
    bins = np.clip((values[known] * SCORE_BINS).astype(int), 0, SCORE_BINS - 1)
    return {
        "rows": int(known.sum()),
        "flagged": float(np.asarray(flags, dtype=bool)[known].mean()) if known.any() else 0.0,
        "bins": np.bincount(bins, minlength=SCORE_BINS).tolist(),
    }
