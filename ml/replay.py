"""The replay of a past year, month by month: what a model trained before each month would have said in it.

Each month is scored by a model that learned from nothing but rows whose outcome was due before the month began. Held
against it are the chances of a naive Bayes model with the same past (``bayes_chances``: how Odoo computes its own
estimate) and the share of wins that was known last. Inputs are read as they stand now, for all three alike.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import performance
from .columns import TAGS, Column

RARE = 0.1  # added to each count, as Odoo does
FEWEST_TAGGED = 50  # wins and losses under which Odoo leaves a tag out
MIN_TESTED = 15  # wins and others in all months together, under which a replay decides nothing
MIN_MONTHS = 3  # with predictions, under which a replay decides nothing
WORTH, AS_INCUMBENT, AS_RATE, TOO_FEW = "worth", "as_incumbent", "as_rate", "too_few"


class Replayed(NamedTuple):
    """Predictions on the records of all months; one entry per record, in the order of the months.

    ``month`` numbers the months from 0; ``ours`` and ``incumbent`` are NaN where nothing could be said.
    """

    month: np.ndarray
    labels: np.ndarray
    ours: np.ndarray
    incumbent: np.ndarray
    rate: np.ndarray


def bayes_chances(
    columns: dict[str, Column],
    teams: Sequence[Any],
    won: np.ndarray,
    past: np.ndarray,
    rows: np.ndarray,
) -> np.ndarray:
    """Return the chances that naive Bayes over ``columns`` gives ``rows``, counting the rows ``past``; NaN without any.

    As Odoo does: each count begins at ``RARE``, empty values say nothing, and a team that has a past of its own is
    judged by it alone. The stage is left out: at its first one, where records arrive, it says nothing.

    :param won: bool (n,); ``past`` and ``rows`` are numbers of rows
    """
    counts: dict[Any, dict[str, dict[Any, np.ndarray]]] = defaultdict(lambda: defaultdict(dict))
    totals: dict[Any, np.ndarray] = defaultdict(lambda: np.full(2, RARE))
    for row in past.tolist():
        side = 0 if won[row] else 1
        for team in {None, teams[row]}:
            totals[team][side] += 1
            for name, column in columns.items():
                for level in _levels(column, row):
                    counts[team][name].setdefault(level, np.full(2, RARE))[side] += 1
    if not len(past):
        return np.full(len(rows), np.nan)
    overall = counts[None]
    found = np.empty(len(rows))
    for place, row in enumerate(rows.tolist()):
        team = teams[row] if teams[row] in totals else None
        odds = math.log(totals[team][0]) - math.log(totals[team][1])
        for name, column in columns.items():
            seen = counts[team][name]
            summed = sum(seen.values(), np.zeros(2))
            for level in _levels(column, row):
                each = seen.get(level)
                rare = column.kind == TAGS and overall[name].get(level, np.zeros(2)).sum() < FEWEST_TAGGED
                if each is None or rare or not summed.all():
                    continue
                odds += math.log(each[0] / summed[0]) - math.log(each[1] / summed[1])
        found[place] = 1 / (1 + math.exp(-max(min(odds, 30.0), -30.0)))
    return np.clip(found, 0.0001, 0.9999)


def _levels(column: Column, row: int) -> Collection[Any]:
    value = column.values[row]
    if value is None or value != value:
        return ()
    return value if column.kind == TAGS else (value,)


def summary(replayed: Replayed, per_day: Sequence[int] = ()) -> dict[str, Any]:
    """Return figures of each month and of all, and a verdict, as plain JSON; what cannot be told is None.

    `months`: [{"rows", "wins", "ours", "incumbent", "brier", "incumbent_brier", "rate_brier"}]; `auc`,
    `incumbent_auc`: (estimate, low, high); `auc_gain` over the incumbent and `brier_gain` over the rate of the month
    before: the same, above 0 where ours is better; `verdict`: one of `WORTH`, `AS_INCUMBENT`, `AS_RATE`, `TOO_FEW`.
    """
    both = ~np.isnan(replayed.ours)
    labels, ours = replayed.labels[both].astype(bool), replayed.ours[both]
    rate, incumbent = replayed.rate[both], replayed.incumbent[both]
    known = ~np.isnan(incumbent)
    rated = ~np.isnan(rate)
    months = [_month(replayed, month) for month in range(int(replayed.month.max()) + 1)] if len(both) else []
    told = sum(month["brier"] is not None for month in months)
    wins = int(labels.sum())
    result: dict[str, Any] = {
        "months": months,
        "rows": len(labels),
        "wins": wins,
        "auc": _interval(labels, ours),
        "incumbent_auc": _interval(labels[known], incumbent[known]),
        "auc_gain": None,
        "brier_gain": None,
        "verdict": TOO_FEW,
    }
    if min(wins, len(labels) - wins) < MIN_TESTED or told < MIN_MONTHS:
        return result
    result["brier_gain"] = _gain(performance.brier_difference(labels[rated], ours[rated], rate[rated]), sign=-1)
    result["auc_gain"] = _gain(performance.auc_difference(labels[known], ours[known], incumbent[known]))
    gain, better = result["brier_gain"], result["auc_gain"]
    if gain is None or gain[1] <= 0:
        result["verdict"] = AS_RATE
    elif better is not None and better[1] <= 0:
        result["verdict"] = AS_INCUMBENT
    else:
        result["verdict"] = WORTH
    return result


def _month(replayed: Replayed, month: int) -> dict[str, Any]:
    rows = (replayed.month == month) & ~np.isnan(replayed.ours)
    labels = replayed.labels[rows].astype(bool)
    found: dict[str, Any] = {"rows": int((replayed.month == month).sum()), "wins": int(labels.sum())}
    for name, values in (("ours", replayed.ours), ("incumbent", replayed.incumbent)):
        told = ~np.isnan(values[rows])
        found[name] = _plain(performance.auc(labels[told], values[rows][told])) if told.any() else None
    for name, values in (
        ("brier", replayed.ours),
        ("incumbent_brier", replayed.incumbent),
        ("rate_brier", replayed.rate),
    ):
        told = ~np.isnan(values[rows])
        found[name] = _plain(performance.brier(labels[told], values[rows][told])) if told.any() else None
    return found


def _interval(labels: np.ndarray, values: np.ndarray) -> list[float] | None:
    cases = Counter(labels.tolist())
    if min(cases[True], cases[False]) < 2:
        return None
    return [
        round(float(each), 4) for each in (performance.auc(labels, values), *performance.auc_interval(labels, values))
    ]


def _gain(difference: performance.Difference, sign: int = 1) -> list[float] | None:
    if math.isnan(difference.estimate):
        return None
    low, high = sorted((sign * difference.low, sign * difference.high))
    return [round(float(each), 4) for each in (sign * difference.estimate, low, high)]


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)
