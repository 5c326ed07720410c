"""Carry out one replay: read the records once, train before each month in a child process, hold three guesses together.

Bounded in time: what a month costs is known after the first one. Where the rest would take too long, months are judged
by the model trained for the month before them, which the result says.
"""

import time
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from dateutil.relativedelta import relativedelta

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import child, frames
from ...ml import replay as statistics
from ...ml.columns import NUMBER, Column, make_column
from ...ml.errors import TrainingError
from ...ml.performance import recall_in_top
from ..tools import clock
from ..training.child_process import ChildEnded, ChildProcess
from ..training.learning import ALL_ROWS, learn_usual, scorecard_options
from ..training.workbench import carried_by, train_scorecard

MONTHS = 12  # of the past that are replayed at most
SECONDS = 45  # of training, after which no further model is trained
HARD_SECONDS = 120  # of the child process
MOST_ROWS = 12_000  # the latest
RATE_DAYS = 30  # of outcomes known before a month, whose share of wins its scores are held against
FEWEST_RATED = 10  # outcomes for that share; with fewer, all of the past give it
EXAMPLES = 3  # bills that a month shows, the most suspicious ones
TOP = 0.2  # share of records that are looked at first

Columns = dict[str, Column]


class ReplayRun:
    """One replay, carried out by this worker.

    :param replay: ai.deployment.replay with all rights
    """

    def __init__(self, replay: BaseModel) -> None:
        self.replay_record = replay
        self.deployment = replay.deployment_id.sudo()
        self.env = replay.env
        self.documents = self.env[self.deployment.res_model].sudo()
        self._started = time.monotonic()
        self._child: ChildProcess | None = None
        self.trained = 0

    def replay(self) -> dict[str, Any]:
        """Return the result as plain JSON, see `replay_wording`."""
        deployment = self.deployment
        features = deployment.feature_ids.filtered(lambda feature: feature.leak_verdict != "refused")
        specs = [feature._to_spec() for feature in features]
        rows = self.documents._ai_training_rows(deployment, clock.now())[-MOST_ROWS:]
        is_outcome = deployment.method == "scorecard"
        starts = month_starts([moment for _id, moment, _label in rows], deployment.horizon_days if is_outcome else 0)
        result: dict[str, Any] = {"method": deployment.method, "months": [], "rows": 0, "verdict": statistics.TOO_FEW}
        if starts and specs:
            ids, dates, _labels = zip(*rows, strict=True)
            columns = deployment._columns(specs, ids, moments=dates)
            moments = make_column("moment", NUMBER, dates).values
            edges = make_column("edge", NUMBER, [_as_datetime(day) for day in starts]).values
            try:
                found = self._outcomes if is_outcome else self._unusual
                result.update(found(specs, columns, rows, moments, edges))
            finally:
                if self._child:
                    self._child.close()
        result["starts"] = [str(day) for day in starts]
        result["trained"] = self.trained
        result["seconds"] = round(time.monotonic() - self._started, 1)
        return result

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Carry a training out in the child process (`workbench.Carrier`)."""
        if not self._child:
            self._child = ChildProcess(HARD_SECONDS, self.deployment.training_megabytes)
        found = frames.decode(self._child.call(frames.encode([name, args, kwargs]), lambda: None))
        if "result" in found:
            self.trained += 1
            return found["result"]
        if found["error"] == child.TRAINING:
            child.raise_error(found)
        raise ChildEnded(found["error"], found["name"])

    # With outcomes

    def _outcomes(
        self, specs: list[dict], columns: Columns, rows: list[tuple], moments: np.ndarray, edges: np.ndarray
    ) -> dict[str, Any]:
        deployment = self.deployment
        ids = [res_id for res_id, _moment, _label in rows]
        labels = np.array([bool(label) for _id, _moment, label in rows])
        said, teams, won, ended = self._incumbent_past(ids)
        logged = self._logged(ids)
        horizon, options = deployment.horizon_days, scorecard_options(deployment, specs)
        parts: list[tuple[np.ndarray, ...]] = []
        card, recipe, cost = None, None, 0.0
        amounts = self.documents.browse(ids)._ai_amounts() if hasattr(self.documents, "_ai_amounts") else {}
        money = np.array([float(amounts.get(res_id) or 0.0) for res_id in ids])
        for month, (begin, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            tested = np.flatnonzero((moments >= begin) & (moments < end))
            past = np.flatnonzero(moments <= begin - horizon)
            if card is None or time.monotonic() - self._started + cost < SECONDS:
                before = time.monotonic()
                training = self._train(columns, labels, moments, past, recipe, options)
                if training:
                    card, recipe = training.card, recipe or training.recipe
                cost = time.monotonic() - before
            ours = (
                card.score({key: column.take(tested) for key, column in columns.items()}).values
                if card and len(tested)
                else np.full(len(tested), np.nan)
            )
            theirs = (
                statistics.bayes_chances(said, teams, won, np.flatnonzero(ended < begin), tested)
                if said
                else np.full(len(tested), np.nan)
            )
            known = np.array([logged.get(ids[row], np.nan) for row in tested], dtype=float)
            theirs = np.where(np.isnan(known), theirs, known)
            latest = past[moments[past] > begin - horizon - RATE_DAYS]
            basis = latest if len(latest) >= FEWEST_RATED else past
            rate = float(labels[basis].mean()) if len(basis) else np.nan
            parts.append(
                (np.full(len(tested), month), labels[tested], ours, theirs, np.full(len(tested), rate), tested)
            )
            self._tell(month + 1, len(edges) - 1)
        of_month, labelled, said_ours, said_theirs, rates, places = map(np.concatenate, zip(*parts, strict=True))
        result = statistics.summary(statistics.Replayed(of_month, labelled, said_ours, said_theirs, rates))
        confidence, days = np.maximum(said_ours, 1 - said_ours), np.diff(edges)
        for number, each in enumerate(result["months"]):
            unsure = confidence[(of_month == number) & ~np.isnan(said_ours)] < deployment.min_confidence
            if deployment.routing == "threshold":
                each["reviews_per_day"] = round(float(unsure.sum() / days[number]), 1)
        told = ~np.isnan(said_ours) & ~np.isnan(said_theirs)
        for name, values in (("top", said_ours), ("incumbent_top", said_theirs)):
            result[name] = _plain(recall_in_top(labelled[told], values[told], TOP)) if labelled[told].any() else None
            result[f"{name}_money"] = _money_in_top(values[told], (money[places] * labelled)[told])
        result["logged"] = int(sum(ids[row] in logged for row in places))
        return result

    def _train(
        self,
        columns: Columns,
        labels: np.ndarray,
        moments: np.ndarray,
        past: np.ndarray,
        recipe: Any,
        options: dict[str, Any],
    ) -> Any:
        """Return what was learned from the rows `past`, None where they allow nothing."""
        if not len(past):
            return None
        taken = {key: column.take(past) for key, column in columns.items()}
        try:
            with carried_by(self):
                return train_scorecard(taken, labels[past], moments[past], shares=ALL_ROWS, recipe=recipe, **options)
        except TrainingError:
            return None

    def _incumbent_past(self, ids: list[int]) -> tuple[Columns, list[Any], np.ndarray, np.ndarray]:
        """Return (columns that Odoo's estimate reads, team of each, whether it was won at all, when it ended)."""
        names = self.documents._ai_incumbent_inputs()
        if not names:
            return {}, [], np.zeros(len(ids), bool), np.full(len(ids), np.nan)
        features = self.env["ai.deployment.feature"]
        specs = [features.new({"deployment_id": self.deployment.id, "path": name})._to_spec() for name in names]
        columns = self.deployment._columns(specs, ids)
        teams = columns.pop("team_id").values.tolist() if "team_id" in columns else [None] * len(ids)
        ends = self.documents._ai_outcomes(self.deployment).ends(dict.fromkeys(ids))
        dates, sides, _others = zip(*(ends.get(res_id, (None, False, None)) for res_id in ids), strict=True)
        won = np.array(list(map(bool, sides)))
        ended = make_column("ended", NUMBER, dates).values
        return columns, teams, won, ended

    def _logged(self, ids: list[int]) -> dict[int, float]:
        """Return Odoo's own estimates as they were logged at the first score, where there was one."""
        self.env["ai.deployment.inference"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, incumbent_value FROM ai_deployment_inference"
                " WHERE res_model = %s AND res_id = ANY(%s) AND company_id = ANY(%s) AND incumbent_value IS NOT NULL"
                " ORDER BY res_id, id",
                self.documents._name,
                ids,
                list(self.deployment._company_ids()),
            )
        )
        return dict(rows)

    # Without outcomes

    def _unusual(
        self, specs: list[dict], columns: Columns, rows: list[tuple], moments: np.ndarray, edges: np.ndarray
    ) -> dict[str, Any]:
        ids, months, trained = [res_id for res_id, _moment, _label in rows], [], None
        required, cost = [spec["key"] for spec in specs if spec["required"]], 0.0
        for number, (begin, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            tested, past = np.flatnonzero((moments >= begin) & (moments < end)), np.flatnonzero(moments < begin)
            if trained is None or time.monotonic() - self._started + cost < SECONDS:
                before, taken = time.monotonic(), {key: column.take(past) for key, column in columns.items()}
                try:
                    with carried_by(self):
                        trained = learn_usual(
                            specs, taken, moments[past], flag_rate=self.deployment.flag_rate, required=required
                        ).card
                except TrainingError:
                    trained = None
                cost = time.monotonic() - before
            found: dict[str, Any] = {"rows": len(tested), "flagged": None, "ids": []}
            if trained and len(tested):
                scored = trained.score({key: column.take(tested) for key, column in columns.items()})
                flagged = np.flatnonzero(scored.predictions)
                worst = flagged[np.argsort(-scored.raw[flagged], kind="stable")][:EXAMPLES]
                found.update(
                    flagged=len(flagged),
                    ids=[ids[tested[place]] for place in worst],
                    reviews_per_day=round(len(flagged) / float(end - begin), 2),
                )
            months.append(found)
            self._tell(number + 1, len(edges) - 1)
        told = [month for month in months if month["flagged"] is not None]
        return {
            "months": months,
            "rows": sum(month["rows"] for month in told),
            "flagged": sum(month["flagged"] for month in told),
            "verdict": "look" if told else statistics.TOO_FEW,
        }

    def _tell(self, done: int, of_all: int) -> None:
        self.replay_record.progress = round(100 * done / max(of_all, 1))
        self.env["ir.cron"]._commit_progress()


def month_starts(moments: list[Any], horizon_days: int) -> list[date]:
    """Return the first days of at most twelve whole months whose outcomes are all known, and the day after them.

    Empty where there is none. A month needs records before it to learn from.
    """
    if not moments:
        return []
    first, until = _as_datetime(moments[0]), clock.now() - timedelta(days=horizon_days)
    end = date(until.year, until.month, 1)
    starts = [end]
    while len(starts) <= MONTHS and _as_datetime(starts[-1] - relativedelta(months=1)) >= first:
        starts.append(starts[-1] - relativedelta(months=1))
    starts.reverse()
    return starts if len(starts) > 1 else []


def _as_datetime(day: Any) -> datetime:
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def _money_in_top(values: np.ndarray, won: np.ndarray) -> float | None:
    """Return the share of the money won that was in the best fifth by `values`; None without money."""
    if not len(values) or won.sum() <= 0:
        return None
    best = np.argsort(-values, kind="stable")[: max(round(TOP * len(values)), 1)]
    return _plain(won[best].sum() / won.sum())


def _plain(value: float) -> float | None:
    return None if value != value else round(float(value), 4)
