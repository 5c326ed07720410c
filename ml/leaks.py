"""Inputs that would not be there when they are needed.

A field that is filled while a record is being closed predicts the closing perfectly and is empty on every open record.
It does not give itself away by predicting well, and not by standing on closed records more often than on open ones
either: what closes twice as fast, or wins more often, is rarer among those still open. `ml.survivorship` tells the two
apart for each value that an input holds. A leak is a value whose odds among the ended are surely twice those among the
open ones, and do not fall with age as they would if records had the value; or six times, where age cannot tell.

Where a record's own past is known (`Past`: tracking, or the log of its scores), it is asked first: what did the value
say of the outcome then, and what does it say now? Where no record is open, only strength is left: an input that
decides almost alone, or is filled far more often on one side, is asked about, and everything else is *not judged*.

``REFUSED`` inputs are left out unless an owner overrules in writing; ``ASK`` holds a version back until its owner has
said in writing why the value is known in time.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .binning import MISSING, Bins, CategoryBins, NumericBins
from .columns import NUMBER, Column
from .performance import auc, auc_difference, auc_interval
from .survivorship import AGE_BANDS, LOST, OPEN, SURE, WON, bands, count_cells, is_sure, speed

REFUSED, ASK, FINE, CANNOT_JUDGE = VERDICTS = ("refused", "ask", "fine", "cannot_judge")
# What was found, as a vocabulary: the words for people are chosen where people are.
FILLED, EMPTIED, OTHER_VALUES, EDITED, CHANGED, ALONE, ONE_SIDE, TOO_FEW, ALL_CLOSED = FINDINGS = (
    "filled",
    "emptied",
    "other_values",
    "edited",
    "changed",
    "alone",
    "one_side",
    "too_few",
    "all_closed",
)

EDITS = 0.05  # share of closed records that were edited afterwards
FASTER = 2.0  # times higher among the ended, where the odds do not fall with age
MUCH_FASTER = 6.0  # times higher, where age cannot tell
ONE_SIDED = 8.0  # odds of being filled on one side of the outcome, over the other
HAD = 2.0  # standard errors from what a leak would show, from which a value is taken as one that records had
FEW = 20  # records with a value, or without it
TOO_GOOD = 0.90  # AUC of one input alone
CARRIED_LATER = 0.04  # AUC that an input may gain while its record lives
CARD_TOO_GOOD, SURELY_GOOD = 0.95, 0.90  # AUC of a whole card, and the lower end of its interval
NEARLY_ALL, ONE_COUNTS_FROM = 0.90, 0.80  # of what a card adds to .5, by one input; AUC from which that is asked about
BINS, FINE_BINS = 10, 50  # values compared one by one; to ask what an input says alone
FOLDS = 5  # each of which is scored by a model that did not learn from it
MIN_ROWS = 30  # closed and open, in bands that have both


class Past(NamedTuple):
    """Input values as of an earlier moment in the life of each record.

    ``column`` has n rows; ``known`` (n,) bool says of which of them the earlier value is known.
    """

    column: Column
    known: np.ndarray


@dataclass(frozen=True)
class Finding:
    """Finding on one input; None where unknown.

    ``reason`` is one of ``FINDINGS``, empty where nothing was found. ``fill_gap`` is the share filled among closed
    records minus that among open ones of the same ages, ``ratio`` how many times faster records end with the value
    that was found, ``auc`` the AUC of the input alone on rows that it was not learned from.
    """

    name: str
    verdict: str
    reason: str = ""
    fill_gap: float | None = None
    ratio: float | None = None
    auc: float | None = None


def examine(
    column: Column,
    closed: ArrayLike,
    ages: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    created: Any = None,
    edited_after: float = 0.0,
    past: Past | None = None,
) -> Finding:
    """Would this input leak? A ``Finding``.

    ``closed`` (n,) bool says which records are decided, ``ages`` (n,) in days how old each was when it was closed, or
    is now, ``labels`` (n,) how the closed ones ended (ignored for open ones), ``created`` (n,) in days when each came,
    ``edited_after`` the share of closed records whose tracking shows the field edited after closing, ``past`` what is
    known of earlier values.
    """
    closed, ages = np.asarray(closed, dtype=bool), np.asarray(ages, dtype=np.float64)
    won = None if labels is None else np.asarray(labels, dtype=bool)
    if edited_after > EDITS:
        return Finding(column.name, REFUSED, EDITED)
    alone = None if won is None else auc_alone(column.take(closed), won[closed])
    found = None if won is None else _own_past(column, past, closed, won)
    if found:
        return Finding(column.name, *found, auc=alone)
    weights = _same_ages(closed, bands(ages, AGE_BANDS))
    used = weights > 0
    codes = _fit(column, BINS).codes(column.values)
    if min((used & closed).sum(), (used & ~closed).sum()) < MIN_ROWS:
        return _closed_only(column, codes, closed, won, alone)
    gap = _share(codes != MISSING, closed, weights) - _share(codes != MISSING, ~closed, weights)
    facts: dict[str, Any] = {"fill_gap": gap, "auc": alone}
    given = _survived(_values(codes, column.kind), closed, ages, won, created)
    if given:
        verdict, reason, ratio = given
        return Finding(column.name, verdict, reason, ratio=ratio, **facts)
    if alone is not None and alone >= TOO_GOOD:
        return Finding(column.name, ASK, ALONE, **facts)
    return Finding(column.name, FINE, **facts)


def auc_alone(column: Column, labels: np.ndarray) -> float | None:
    """The AUC of the input alone, None where there are too few rows to say.

    Levels are learned on four fifths of the rows and judged on the fifth (mean of five): an input that says nothing
    comes to .5 on average. Leaving out one row at a time would not: within a bin, each win lowers its own estimate.
    """
    labels = np.asarray(labels, dtype=np.float64)
    if min(labels.sum(), (1 - labels).sum()) < FOLDS:
        return None
    codes = _fit(column, FINE_BINS).codes(column.values)
    found = [auc(labels[test], wins[codes[test]]) for test, wins in _folds(codes, labels)]
    return float(np.mean(found))


class TooGood(NamedTuple):
    """A card that a person should explain: its ``auc``, and the input that carries ``share`` of it, if one does."""

    auc: float
    name: str | None = None
    share: float | None = None


def too_good(labels: np.ndarray, values: np.ndarray, contributions: dict[str, np.ndarray]) -> TooGood | None:
    """Is a card too good to be used unexplained? A ``TooGood``, or None.

    On rows that it has not learned from: ``labels`` and ``values`` (n,), ``contributions`` (n,) of each input by name.
    Asked about are an AUC that is surely high, and one that a single one of several inputs nearly makes alone.
    """
    labels = np.asarray(labels, dtype=np.float64)
    if min(labels.sum(), (1 - labels).sum()) < FOLDS:
        return None
    area = auc(labels, values)
    own = {name: auc(labels, points) for name, points in contributions.items()}
    name = max(own, key=lambda key: own[key], default=None)
    share = (own[name] - 0.5) / (area - 0.5) if name is not None and area > 0.5 else 0.0
    carries = len(own) > 1 and area >= ONE_COUNTS_FROM and share >= NEARLY_ALL
    if carries:
        return TooGood(area, name, min(share, 1.0))
    if area >= CARD_TOO_GOOD and auc_interval(labels, values)[0] >= SURELY_GOOD:
        return TooGood(area)
    return None


def _folds(codes: np.ndarray, labels: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(which rows are kept out, share of wins by code (256,) among the others), as many of either outcome in each."""
    fold = np.empty(len(labels), dtype=int)
    positive = labels.astype(bool)
    for side in (~positive, positive):
        rows = np.flatnonzero(side)
        fold[np.random.default_rng(len(labels)).permutation(rows)] = np.arange(len(rows)) % FOLDS
    for one in range(FOLDS):
        learn = fold != one
        hits = np.bincount(codes[learn], labels[learn], minlength=256)
        cases = np.bincount(codes[learn], minlength=256)
        yield ~learn, (hits + labels[learn].mean()) / (cases + 1)


def _fit(column: Column, most: int) -> Bins:
    return (NumericBins if column.kind == NUMBER else CategoryBins).fit(column.values, most)


# A record's own past


def _own_past(column: Column, past: Past | None, closed: np.ndarray, won: np.ndarray) -> tuple[str, str] | None:
    """(verdict, reason) from what the value said earlier and says now; None where too little is known of the past."""
    if past is None:
        return None
    rows = np.flatnonzero(closed & np.asarray(past.known, dtype=bool))
    labels = won[rows]
    if min(labels.sum(), (~labels).sum()) < MIN_ROWS:
        return None
    now, then = column.take(rows), past.column.take(rows)
    if np.mean(_differ(now, then)) <= EDITS:
        return FINE, ""
    bins = _fit(now, BINS)
    codes = {"then": bins.codes(then.values), "now": bins.codes(now.values)}
    told = {name: np.empty(len(labels)) for name in codes}
    for test, wins in _folds(codes["now"], labels):
        for name, own in codes.items():
            told[name][test] = wins[own[test]]
    gain = auc_difference(labels, told["now"], told["then"])
    if gain.estimate > CARRIED_LATER and gain.low > 0:
        return REFUSED, CHANGED
    return FINE, ""


def _differ(now: Column, then: Column) -> np.ndarray:
    """Which rows hold another value now; empty now and then is the same."""
    if now.kind == NUMBER:
        return ~np.isclose(now.values, then.values, equal_nan=True)
    return np.array([one != other for one, other in zip(now.values, then.values, strict=True)], dtype=bool)


# No record is open


def _closed_only(
    column: Column, codes: np.ndarray, closed: np.ndarray, won: np.ndarray | None, alone: float | None
) -> Finding:
    """What can be said without open records: strength asks a person, and nothing clears."""
    why = TOO_FEW if (~closed).any() else ALL_CLOSED
    if won is None or not closed.any():
        return Finding(column.name, CANNOT_JUDGE, why, auc=alone)
    if alone is not None and alone >= TOO_GOOD:
        return Finding(column.name, ASK, ALONE, auc=alone)
    filled = codes[closed] != MISSING
    sides = (won[closed], ~won[closed])
    there, empty = ([(part & side).sum() + 0.5 for side in sides] for part in (filled, ~filled))
    log = math.log(there[0] * empty[1] / (there[1] * empty[0]))
    if is_sure(abs(log), math.sqrt(sum(1 / cell for cell in (*there, *empty))), ONE_SIDED):
        return Finding(column.name, ASK, ONE_SIDE, auc=alone)
    return Finding(column.name, CANNOT_JUDGE, why, auc=alone)


# Closed and open records


def _survived(
    values: list[tuple[str, np.ndarray]],
    closed: np.ndarray,
    ages: np.ndarray,
    won: np.ndarray | None,
    created: Any,
) -> tuple[str, str, float] | None:
    """(verdict, reason, ratio) of the value that most looks as if ending gave it; None where none does."""
    status = np.where(closed, LOST if won is None else np.where(won, WON, LOST), OPEN)
    cells = count_cells(status, ages, created)
    asked = None
    for reason, has in values:
        if min(has.sum(), (~has).sum()) < FEW:
            continue
        found = speed(cells, has, won is not None, FASTER)
        if found is None:
            continue
        is_given = found.from_had > SURE and found.from_given < found.from_had and found.rises < HAD
        is_had = found.from_given > HAD and found.from_had < found.from_given
        for cause, ratio in found.ratios.items():
            much = not is_had and is_sure(*ratio, MUCH_FASTER)
            refuses = (is_given and is_sure(*ratio, FASTER)) or (much and cause == "any")
            # What is empty on closed records is rarely emptied by the closing: what lacks it is closed sooner.
            if refuses and reason != EMPTIED:
                return REFUSED, reason, math.exp(ratio[0])
            if asked is None and (refuses or much):
                asked = ASK, reason, math.exp(ratio[0])
    return asked


def _values(codes: np.ndarray, kind: str) -> list[tuple[str, np.ndarray]]:
    """[(reason, which rows)] of what an input may hold: filled, empty, each level; of a number, above and below."""
    found = [(FILLED, codes != MISSING), (EMPTIED, codes == MISSING)]
    for code in np.unique(codes[codes != MISSING])[int(kind == NUMBER) :]:
        if kind == NUMBER:
            found += [(OTHER_VALUES, codes >= code), (OTHER_VALUES, (codes < code) & (codes != MISSING))]
        else:
            found.append((OTHER_VALUES, codes == code))
    return found


def _same_ages(closed: np.ndarray, band: np.ndarray) -> np.ndarray:
    """(n,) weights under which closed and open records have the same ages.

    Bands that lack either kind weigh 0: there is nothing to compare.
    """
    weights = np.zeros(len(band))
    for one in np.unique(band):
        inside = band == one
        sides = inside & closed, inside & ~closed
        smaller = min(side.sum() for side in sides)
        for side in sides:
            weights[side] = smaller / max(side.sum(), 1)
    return weights


def _share(has: np.ndarray, side: np.ndarray, weights: np.ndarray) -> float:
    """Weighted share of the rows of ``side`` that ``has`` tells."""
    return float(np.average(has[side], weights=weights[side]))
