"""Inputs that would not be there when they are needed.

A field that is filled while a record is being closed predicts the closing perfectly
and is empty on every open record. What gives it away is not that it predicts well,
but that closed records have it and open records *of the same age* do not. So closed
and open records are compared within bands of age, never overall: old records simply
know more.

``REFUSED`` inputs are left out unless an owner overrules in writing; ``ASK`` means
that the input alone is almost too good and its owner should say why that is so.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import MISSING, CategoryBins, NumericBins
from .columns import NUMBER, Column
from .performance import auc

REFUSED, ASK, FINE, CANNOT_JUDGE = VERDICTS = ("refused", "ask", "fine", "cannot_judge")
# What was found, as a vocabulary: the words for people are chosen where people are.
FILLED, EMPTIED, OTHER_VALUES, EDITED, ALONE, TOO_FEW = FINDINGS = (
    "filled",
    "emptied",
    "other_values",
    "edited",
    "alone",
    "too_few",
)

FILL_GAP = 0.10  # difference of filled shares that matters
SHAPE_GAP = 0.25  # squared effect (as in drift) that matters among filled values
SURE = 4.0  # standard errors: many inputs are looked at, and refusing costs
TOO_GOOD = 0.90  # AUC of one input alone
BANDS = 10  # of age
MIN_ROWS = 30  # closed and open, in bands that have both


@dataclass(frozen=True)
class Finding:
    """Finding on one input; gaps are closed minus open, None if unknown.

    ``reason`` is one of ``FINDINGS``, empty where nothing was found.
    """

    name: str
    verdict: str
    reason: str = ""
    fill_gap: float | None = None
    shape_gap: float | None = None
    auc: float | None = None


def examine(
    column: Column,
    closed: ArrayLike,
    ages: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    created: Any = None,
    edited_after: float = 0.0,
) -> Finding:
    """Would this input leak? A ``Finding``.

    ``closed`` (n,) bool says which records are decided, ``ages`` (n,) in days how old
    each was when its inputs were read, ``labels`` (n,) how the closed ones ended
    (ignored for open ones), ``created`` (n,) in days when each came: a form that changed
    lately makes recent records, which are the open ones, differ without any leak, so a
    gap must show among records of the same time as well. ``edited_after`` the share of closed records whose tracking
    shows the field edited after closing.
    """
    closed = np.asarray(closed, dtype=bool)
    if edited_after > 0.05:
        return Finding(column.name, REFUSED, EDITED)
    fit = NumericBins.fit if column.kind == NUMBER else CategoryBins.fit
    bins = fit(column.values, 10)
    codes = bins.codes(column.values)
    alone = _alone(codes[closed], np.asarray(labels)[closed]) if labels is not None else None
    weights = _same_ages(closed, np.asarray(ages, dtype=np.float64))
    used = weights > 0
    if min((used & closed).sum(), (used & ~closed).sum()) < MIN_ROWS:
        if alone is not None and alone >= TOO_GOOD:
            return Finding(column.name, ASK, ALONE, auc=alone)
        return Finding(column.name, CANNOT_JUDGE, TOO_FEW, auc=alone)
    filled = (codes != MISSING).astype(np.float64)
    gap, error = _difference(filled, closed, weights)
    shape, shape_z = _shape(codes, bins.size, closed, weights)
    if created is not None:
        gap, error, shape, shape_z = _smaller((gap, error, shape, shape_z), codes, bins.size, filled, closed, created)
    facts: dict[str, Any] = {"fill_gap": gap, "shape_gap": shape, "auc": alone}
    if abs(gap) > FILL_GAP and abs(gap) > SURE * error:
        # What is empty on closed records is rarely emptied by the closing: records that lack it are closed sooner.
        verdict, reason = (REFUSED, FILLED) if gap > 0 else (ASK, EMPTIED)
        return Finding(column.name, verdict, reason, **facts)
    if shape is not None and shape > SHAPE_GAP and shape_z > SURE:
        return Finding(column.name, REFUSED, OTHER_VALUES, **facts)
    if alone is not None and alone >= TOO_GOOD:
        return Finding(column.name, ASK, ALONE, **facts)
    return Finding(column.name, FINE, **facts)


def _smaller(
    found: tuple[float, float, float | None, float],
    codes: np.ndarray,
    size: int,
    filled: np.ndarray,
    closed: np.ndarray,
    created: np.ndarray,
) -> tuple[float, float, float | None, float]:
    """``found`` within bands of age, or what is found within bands of time where that is less."""
    gap, error, shape, shape_z = found
    weights = _same_ages(closed, np.asarray(created, dtype=np.float64))
    used = weights > 0
    if min((used & closed).sum(), (used & ~closed).sum()) < MIN_ROWS:
        return found  # no time has both: nothing more can be said
    other_gap, other_error = _difference(filled, closed, weights)
    if np.sign(other_gap) != np.sign(gap) or abs(other_gap) < abs(gap):
        gap, error = other_gap if np.sign(other_gap) == np.sign(gap) else 0.0, other_error
    other_shape, other_z = _shape(codes, size, closed, weights)
    if shape is not None and other_shape is not None and other_shape < shape:
        shape, shape_z = other_shape, other_z
    return gap, error, shape, shape_z


def _same_ages(closed: np.ndarray, ages: np.ndarray) -> np.ndarray:
    """(n,) weights under which closed and open records have the same ages.

    Bands that lack either kind weigh 0: there is nothing to compare.
    """
    edges = np.unique(np.quantile(ages, np.linspace(0, 1, BANDS + 1)[1:-1])) if len(ages) else []
    band = np.searchsorted(edges, ages, "right")
    weights = np.zeros(len(ages))
    for one in np.unique(band):
        inside = band == one
        shut, still_open = inside & closed, inside & ~closed
        if shut.any() and still_open.any():
            smaller = min(shut.sum(), still_open.sum())
            weights[shut] = smaller / shut.sum()
            weights[still_open] = smaller / still_open.sum()
    return weights


def _difference(values: np.ndarray, closed: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """(weighted mean of closed minus open, its standard error)."""
    means, errors = [], []
    for side in (closed, ~closed):
        w, v = weights[side], values[side]
        mean = np.average(v, weights=w)
        means.append(mean)
        errors.append(np.sum((w * (v - mean)) ** 2) / w.sum() ** 2)
    return float(means[0] - means[1]), math.sqrt(sum(errors))


def _shape(codes: np.ndarray, size: int, closed: np.ndarray, weights: np.ndarray) -> tuple[float | None, float]:
    """(debiased squared effect among filled values, its standard errors from 0)."""
    shares, cases = [], []
    for side in (closed, ~closed):
        there = side & (codes != MISSING) & (weights > 0)
        w = weights[there]
        if len(w) < MIN_ROWS:
            return None, 0.0
        shares.append(np.bincount(codes[there], w, size) / w.sum())
        cases.append(w.sum() ** 2 / np.sum(w**2))  # rows that equal weights would need
    pooled = (cases[0] * shares[0] + cases[1] * shares[1]) / sum(cases)
    used = pooled > 0
    total = cases[0] * cases[1] / sum(cases)
    statistic = total * np.sum((shares[0] - shares[1])[used] ** 2 / pooled[used])
    freedom = max(int(used.sum()) - 1, 1)
    return float(max(statistic - freedom, 0) / total), float((statistic - freedom) / math.sqrt(2 * freedom))


def _alone(codes: np.ndarray, labels: np.ndarray) -> float | None:
    """AUC of the input alone, each row judged by the other rows of its bin."""
    labels = labels.astype(np.float64)
    if len(labels) < MIN_ROWS or not 0 < labels.sum() < len(labels):
        return None
    hits = np.bincount(codes, labels)[codes] - labels
    cases = np.bincount(codes)[codes] - 1
    return auc(labels, (hits + labels.mean()) / (cases + 1))
