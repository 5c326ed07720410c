"""Thresholds in money: from which confidence on a decision by itself costs less than a review.

A record that is decided automatically and wrongly costs what it loses: a won lead that nobody follows, a wrong bill
that is paid. A record that is reviewed costs the review. Of rows with known outcome, sorted by confidence, those below
a threshold are reviewed, which saves their losses and costs so many reviews. The best threshold is where the sum of
both is highest: that is where the isotonic fit of the saving of a row falls below 0, so no other smoothing is needed.

A threshold that was chosen on the rows that value it looks better than it is. What it saves is therefore told by
cross-fitting: of each fold, by the threshold that the other folds choose. Losses are few and of very different size, so
their sum has the interval of a weighted sum of Poisson counts (Fay and Feuer 1997) and not the normal one, which holds
too seldom and has no width where nothing was lost.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .errors import NoLoss, NoReviewCost, TooFewErrors
from .intervals import LEVEL

LEAST_ERRORS = 10  # wrong decisions with a loss, of which a threshold is chosen
FOLDS = 5  # each of which is judged by thresholds that were chosen on the others
POINTS = 60  # thresholds of a curve


class Sum(NamedTuple):
    """Money with its interval."""

    estimate: float
    low: float
    high: float


class Point(NamedTuple):
    """One threshold: records with a lower confidence are reviewed.

    ``share`` of the records are reviewed. ``money`` is what that saves per record, reviews paid, against no review at
    all. ``is_as_good`` says that the rows between this threshold and the best one do not tell the two apart.
    """

    line: float
    share: float
    money: Sum
    is_as_good: bool


class Choice(NamedTuple):
    """The threshold that saves most, and the curve that it was chosen from.

    ``line`` is 0 where no review pays, infinite where every one does; ``lines`` are the lowest and the highest
    threshold that are as good. ``share`` and ``shares`` are the reviewed records there. ``money`` is per record and
    cross-fitted.
    """

    line: float
    lines: tuple[float, float]
    share: float
    shares: tuple[float, float]
    money: Sum
    rows: int
    errors: int
    curve: list[Point]


class _Rows(NamedTuple):
    """Rows by ascending confidence: what each loses if it is not reviewed, and what each stands for."""

    confidences: np.ndarray
    losses: np.ndarray
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> "_Rows":
        return _Rows(*(values[rows] for values in self))


def cheapest(
    confidences: ArrayLike,
    wrong: ArrayLike,
    losses: ArrayLike,
    *,
    review_cost: float,
    weights: ArrayLike | None = None,
    points: int = POINTS,
) -> Choice:
    """Return the threshold that saves most money: a ``Choice``.

    :param confidences: (n,) in [0, 1] of rows that the scorer has not learned from; NaN is reviewed always and left out
    :param wrong: (n,) bool, whether the automatic decision would be wrong
    :param losses: (n,) or one number, at least 0: what a wrong decision costs
    :param review_cost: what a review costs, above 0
    :param weights: (n,) of rows that were drawn, the inverse of their chance
    :raise CostError: where costs are missing, or too few decisions are wrong to choose by

    >>> sure, unsure = [0.9] * 50, [0.6] * 50
    >>> found = cheapest(unsure + sure, [True, False] * 25 + [False] * 50, 10.0, review_cost=1.0)
    >>> found.line, found.share, found.money.estimate
    (0.9, 0.5, 2.0)
    """
    if not review_cost > 0:
        raise NoReviewCost
    rows = _sorted(confidences, wrong, losses, weights)
    if not rows.losses.any():
        raise NoLoss
    errors = int(np.count_nonzero(rows.losses))
    if errors < LEAST_ERRORS:
        raise TooFewErrors(LEAST_ERRORS, errors)
    ends = _ends(rows.confidences)
    saved = np.append(0.0, np.cumsum(rows.weights * rows.losses))[ends]
    squares = np.append(0.0, np.cumsum((rows.weights * rows.losses) ** 2))[ends]
    reviews = np.append(0.0, np.cumsum(rows.weights))[ends]
    best = int(np.argmax(saved - review_cost * reviews))
    places = np.union1d(best, _thinned(reviews, points))
    total, most = float(rows.weights.sum()), float((rows.weights * rows.losses).max())
    money = _sums(saved[places], squares[places], most, review_cost * reviews[places], total)
    low, high = weighted_count(np.abs(saved - saved[best])[places], np.abs(squares - squares[best])[places], most)
    cost = review_cost * np.abs(reviews - reviews[best])[places]
    is_as_good = np.where(places > best, high >= cost, low <= cost)
    curve = [
        Point(_line(rows, int(ends[place])), float(reviews[place]) / total, found, bool(good))
        for place, found, good in zip(places, money, is_as_good, strict=True)
    ]
    chosen = curve[int(np.searchsorted(places, best))]
    good = [point for point in curve if point.is_as_good]
    return Choice(
        line=chosen.line,
        lines=(good[0].line, good[-1].line),
        share=chosen.share,
        shares=(good[0].share, good[-1].share),
        money=_cross_fitted(rows, review_cost, most),
        rows=len(rows.losses),
        errors=errors,
        curve=curve,
    )


def money_at(choice: Choice, line: float) -> Point:
    """Return the point of the curve nearest to a threshold: the one that reviews as much, or just less.

    >>> sure, unsure = [0.9] * 50, [0.6] * 50
    >>> found = cheapest(unsure + sure, [True, False] * 25 + [False] * 50, 10.0, review_cost=1.0)
    >>> money_at(found, 0.5).share, money_at(found, 0.7).share, money_at(found, math.inf).share
    (0.0, 0.0, 1.0)
    """
    return next((point for point in reversed(choice.curve) if point.line <= line), choice.curve[0])


def weighted_count(
    total: ArrayLike, squares: ArrayLike, most: float, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of sums of losses of which each comes by chance: (low, high), of the shape of ``total``.

    :param total: the sums; `squares`: the sums of the squares
    :param most: the largest single loss that there may be, above 0

    >>> [end.round(2).tolist() for end in weighted_count([0, 10], [0, 10], 1.0)]
    [[0.0, 4.8], [3.69, 18.39]]
    """
    from scipy.special import gammaincinv

    total, squares = np.asarray(total, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    some, tail = squares > 0, (1 - level) / 2
    one = np.where(some, squares, 1.0), np.where(some, total, 1.0)
    low = np.where(some, gammaincinv(one[1] ** 2 / one[0], tail) * one[0] / one[1], 0.0)
    more, wider = total + most, squares + most**2
    return low, gammaincinv(more**2 / wider, 1 - tail) * wider / more


def _sorted(confidences: ArrayLike, wrong: ArrayLike, losses: ArrayLike, weights: ArrayLike | None) -> _Rows:
    confidences = np.asarray(confidences, dtype=np.float64)
    wrong = np.asarray(wrong, dtype=bool)
    lost = np.broadcast_to(np.asarray(losses, dtype=np.float64), confidences.shape)
    weighed = np.ones(confidences.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not confidences.shape == wrong.shape == weighed.shape:
        raise ValueError("confidences, wrong and weights must have the same length")
    if np.any(lost < 0) or np.any(weighed < 0):
        raise ValueError("losses and weights cannot be negative")
    known = ~(np.isnan(confidences) | np.isnan(lost) | np.isnan(weighed))
    order = np.flatnonzero(known)[np.argsort(confidences[known], kind="stable")]
    return _Rows(confidences[order], np.where(wrong, lost, 0.0)[order], weighed[order])


def _ends(ascending: np.ndarray) -> np.ndarray:
    """Return how many rows may be reviewed: none, and all up to each confidence that there is."""
    return np.append(0, np.flatnonzero(np.append(np.diff(ascending) != 0, True)) + 1)


def _line(rows: _Rows, end: int) -> float:
    """Return the threshold that has the first `end` rows reviewed."""
    if not end:
        return 0.0
    return float(rows.confidences[end]) if end < len(rows.confidences) else math.inf


def _thinned(reviews: np.ndarray, points: int) -> np.ndarray:
    """Return the places of at most `points` thresholds, evenly by the reviews they need; the first and the last too."""
    return np.unique(np.searchsorted(reviews, np.linspace(0, reviews[-1], points)).clip(0, len(reviews) - 1))


def _sums(saved: np.ndarray, squares: np.ndarray, most: float, costs: np.ndarray, total: float) -> list[Sum]:
    """Return the money per record of several thresholds: losses saved, less what the reviews cost."""
    low, high = weighted_count(saved, squares, most)
    low, high = (np.where(costs > 0, end, 0.0) for end in (low, high))  # without a review nothing is saved
    return [Sum(*map(float, found)) for found in np.transpose([saved - costs, low - costs, high - costs]) / total]


def _cross_fitted(rows: _Rows, review_cost: float, most: float) -> Sum:
    """Return what the way of choosing saves per record: each fold by the threshold that the others choose."""
    folds = np.arange(len(rows.losses)) % FOLDS
    saved = squares = reviews = 0.0
    for fold in range(FOLDS):
        others, own = rows.take(folds != fold), rows.take(folds == fold)
        ends = _ends(others.confidences)
        gains = np.append(0.0, np.cumsum(others.weights * (others.losses - review_cost)))[ends]
        line = _line(others, int(ends[int(np.argmax(gains))]))
        reviewed = own.take(own.confidences < line)
        saved += float((reviewed.weights * reviewed.losses).sum())
        squares += float(((reviewed.weights * reviewed.losses) ** 2).sum())
        reviews += float(reviewed.weights.sum())
    whole = float(rows.weights.sum())
    [summed] = _sums(np.array([saved]), np.array([squares]), most, np.array([review_cost * reviews]), whole)
    return summed
