"""Performance estimated before the outcomes are known (confidence-based, CBPE).

A value that is a true chance says how often it will be wrong: a row of .8 that is called positive adds .8 to the
expected hits and .2 to the expected false alarms. Summed over a window this gives the expected counts and figures::

    TP = sum p, FP = sum (1 - p)  over rows called positive,    FN = sum p, TN = sum (1 - p)  over the others

*It is blind to concept drift.* Everything rests on the chances being as true as they were for the reference. If the
inputs move, the estimate follows; if the same inputs now end differently, it goes on as before. So it is hidden while
calibration in the large fails, refused where the window lies outside of what the reference has seen, and compared
with what came true as soon as that is known: ``gap`` is the alarm for concept drift.

What a reference has seen depends on its size: with 140 rows, ordinary values lie further from ten others than with
1,400. So the neighbours that a value needs are as many as the reference's own rows have among the others, at most
``MIN_NEAR``. A reference whose rows are too few, or too far from each other, is said to be too small.

The band is where the realised figure falls in 95 % of cases if the chances are true: the outcomes of the window follow
a Poisson-binomial law, which is drawn from ``DRAWS`` times with a fixed seed. Drawn, not approximated by a normal law,
because precision, recall and AUC are ratios of dependent sums, skewed where positives are few; one product of matrices
gives all figures of all draws.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .calibration import (
    MIN_ISOTONIC,
    IsotonicCalibration,
    fit_isotonic,
)
from .drift import CANNOT_JUDGE
from .logistic import logit, sigmoid
from .outcomes import MIN_CLASS, MIN_ROWS
from .performance import midranks

ESTIMATED, OUTSIDE, HIDDEN, TOO_SMALL = "estimated", "outside", "hidden", "too_small"
VERDICTS = (ESTIMATED, CANNOT_JUDGE, OUTSIDE, HIDDEN, TOO_SMALL)
COUNTS = ("tp", "fp", "fn", "tn")
FIGURES = ("win_rate", "error", "precision", "recall", "auc", "brier")
LOWER_IS_WORSE = ("auc", "precision", "recall")

NEAR, NEAR_ODDS = 0.02, 0.25  # a value is known if MIN_NEAR reference values are this close, as chance or as log odds
MIN_NEAR, FEWEST_NEAR = 10, 2  # reference values near a value that make it known; that make a part of them count
MAX_OUTSIDE = 0.05  # share of a window that may be unknown
OWN_OUTSIDE = 0.02  # share of the reference's own rows that may be unknown to the others
MIN_TESTED = 100  # rows of a reference
DRAWS = 1000
MOST_CELLS = 2_000_000  # of one block of draws
TOLERATED_GAP = 0.02  # the estimate's own error while nothing but the inputs moves


@dataclass(frozen=True)
class Reference:
    """Values and outcomes of rows that were not learned from, as a reference for estimates.

    ``calibration`` (of log odds) is None where the values are as true as they get.
    """

    values: np.ndarray  # ascending
    calibration: IsotonicCalibration | None = None
    near: int = MIN_NEAR  # neighbours that a value needs to be known; 0 where the reference is too small

    @property
    def is_enough(self) -> bool:
        """Return whether there are enough rows for a comparison."""
        return self.near > 0

    def chances(self, values: np.ndarray) -> np.ndarray:
        """The chances that ``values`` (n,) stand for."""
        return values if self.calibration is None else self.calibration.apply(logit(values))

    def knows(self, values: np.ndarray) -> np.ndarray:
        """Return which of ``values`` (n,) have enough neighbours in the reference."""
        return _neighbours(self.values, values) >= self.near


@dataclass(frozen=True)
class Band:
    """An expected figure; the realised one has the standard deviation ``se`` and is in 95 % of cases in the band."""

    name: str
    estimate: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimated:
    """The estimate for one window; ``bands`` holds those of ``COUNTS`` and ``FIGURES`` that have an answer."""

    verdict: str
    rows: int
    outside_share: float | None = None
    bands: tuple = ()

    def band(self, name: str) -> Band | None:
        """The ``Band`` of this name, None where there is none."""
        return next((band for band in self.bands if band.name == name), None)


@dataclass(frozen=True)
class Gap:
    """A realised figure minus its estimate, with a 95 % interval; ``p_value`` against a gap that is tolerated."""

    name: str
    estimate: float
    low: float
    high: float
    p_value: float
    exceeded: bool
    worse: bool


def learn(labels: ArrayLike, values: ArrayLike, *, folds: int = 5, seed: int = 0) -> Reference:
    """The ``Reference`` of rows with known ``labels`` (n,) and ``values`` (n,), chances in [0, 1].

    The rows must not have been learned from. Isotonic recalibration is kept only where it lowers the Brier score out
    of fold; with few outcomes of either kind it is not tried.

    >>> learn([0, 1], [0.2, 0.7]).calibration is None
    True
    """
    labels, values = np.asarray(labels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if labels.shape != values.shape:
        raise ValueError("labels and values must have the same length")
    if not np.isfinite(values).all():
        raise ValueError("a value is missing or infinite: leave rows without a score out")
    calibration = None
    if min(labels.sum(), (1 - labels).sum()) >= MIN_ISOTONIC:
        raw, fold = logit(values), np.random.default_rng(seed).permutation(len(values)) % folds
        fitted = np.empty(len(values))
        for k in range(folds):
            held = fold == k
            fitted[held] = fit_isotonic(raw[~held], labels[~held]).apply(raw[held])
        if np.sum((fitted - labels) ** 2) < np.sum((values - labels) ** 2):
            calibration = fit_isotonic(raw, labels)
    ascending = np.sort(values)
    return Reference(ascending, calibration, _near(ascending))


def _near(ascending: np.ndarray) -> int:
    """As many neighbours as nearly all rows of a reference have among the others; 0 where these are too few."""
    if len(ascending) < MIN_TESTED:
        return 0
    neighbours = _neighbours(ascending, ascending) - 1
    near = min(int(np.quantile(neighbours, OWN_OUTSIDE, method="lower")), MIN_NEAR)
    return near if near >= FEWEST_NEAR else 0


def _neighbours(ascending: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Count the ``ascending`` values near each of ``values`` (n,), as probability or as log odds."""
    as_odds = _within(logit(ascending), logit(values), NEAR_ODDS)
    return np.maximum(_within(ascending, values, NEAR), as_odds)


def estimate(
    reference: Reference,
    values: ArrayLike,
    predictions: ArrayLike,
    *,
    calibration_stands: bool = True,
    outside: Any = None,
    offsets: Any = None,
    seed: int = 0,
) -> Estimated:
    """Estimate the performance of a window without outcomes; an ``Estimated``.

    ``reference`` is of ``learn``; ``values`` (n,) in [0, 1] and ``predictions`` (n,) true or false are what was said.
    ``calibration_stands`` says that calibration in the large held when it was last tested: where not, nothing is shown.
    ``outside`` (n,) marks rows that are unlike the reference for reasons that their value does not show. ``offsets``
    (n,) are log odds by which more comes true in the row's segment than its value says, where a test has shown it.

    >>> certain = learn([0, 1] * 50, [0.0, 1.0] * 50)
    >>> found = estimate(certain, [0.0, 1.0] * 50, [False, True] * 50)
    >>> found.band("auc").estimate, found.band("fp").estimate
    (1.0, 0.0)
    """
    values, predictions = np.asarray(values, dtype=np.float64), np.asarray(predictions, dtype=bool)
    if values.shape != predictions.shape:
        raise ValueError("values and predictions must have the same length")
    if not np.isfinite(values).all():
        raise ValueError("a value is missing or infinite: leave rows without a score out")
    rows = len(values)
    if not calibration_stands:
        return Estimated(HIDDEN, rows)
    if not reference.is_enough:
        return Estimated(TOO_SMALL, rows)
    if rows < MIN_ROWS:
        return Estimated(CANNOT_JUDGE, rows)
    unknown = ~reference.knows(values)
    if outside is not None:
        unknown |= np.asarray(outside, dtype=bool)
    share = float(unknown.mean())
    if share > MAX_OUTSIDE:
        return Estimated(OUTSIDE, rows, share)
    chances = reference.chances(values)
    if offsets is not None:
        chances = sigmoid(logit(chances) + np.asarray(offsets, dtype=np.float64))
    if min(chances.sum(), rows - chances.sum()) < MIN_CLASS:
        return Estimated(CANNOT_JUDGE, rows, share)
    return Estimated(ESTIMATED, rows, share, tuple(_bands(chances, values, predictions, seed)))


def expected_auc(chances: np.ndarray, values: np.ndarray) -> float:
    """The AUC that rows with these ``chances`` of a positive are expected to show in the order of ``values``.

    Along falling values, tps = cumsum(p) and fps = rank - tps; a row is not compared with itself.

    >>> expected_auc(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    _unique, where = np.unique(values, return_inverse=True)
    hits = np.bincount(where, weights=chances)
    misses = np.bincount(where, weights=1 - chances)
    itself = np.sum(chances * (1 - chances))
    pairs = hits.sum() * misses.sum() - itself
    right = np.sum(hits * (np.cumsum(misses) - misses / 2)) - itself / 2
    return float(right / pairs) if pairs > 0 else math.nan


def gap(
    estimated: Estimated, realised: float, name: str = "auc", *, tolerated: Any = TOLERATED_GAP, level: float = 0.01
) -> Gap | None:
    """Return the difference of the ``realised`` figure ``name`` of the same rows and ``estimated``; a ``Gap``.

    None where there is no estimate to compare with. It is exceeded where it is larger than ``tolerated`` beyond doubt:
    the same chances end differently than they did, which is concept drift.

    >>> window = Estimated(ESTIMATED, 300, 0.0, (Band("auc", 0.8, 0.02, 0.76, 0.84),))
    >>> found = gap(window, 0.6)
    >>> round(found.estimate, 3), round(found.low, 3), found.exceeded, found.worse
    (-0.2, -0.239, True, True)
    """
    band = estimated.band(name)
    if band is None or realised is None or math.isnan(realised):
        return None
    off = float(realised) - band.estimate
    beyond = abs(off) - tolerated
    z = beyond / band.se if band.se else math.copysign(math.inf, beyond)
    # Two sides: whichever end of what is tolerated is nearer.
    p_value = 1.0 if beyond <= 0 else min(1.0, math.erfc(z / math.sqrt(2)))
    return Gap(
        name=name,
        estimate=off,
        low=off - 1.96 * band.se,
        high=off + 1.96 * band.se,
        p_value=p_value,
        exceeded=p_value <= level,
        worse=off < 0 if name in LOWER_IS_WORSE else off > 0,
    )


def _within(ascending: np.ndarray, values: np.ndarray, reach: float) -> np.ndarray:
    """Count the ``ascending`` numbers within ``reach`` of each of ``values``."""
    return ascending.searchsorted(values + reach, "right") - ascending.searchsorted(values - reach, "left")


def _bands(chances: np.ndarray, values: np.ndarray, predictions: np.ndarray, seed: int) -> Iterator[Any]:
    rows, called = len(values), int(predictions.sum())
    expected = _figures(rows, called, float(np.mean(values**2)), *_totals(chances[None], values, predictions))
    expected["auc"] = np.array([expected_auc(chances, values)])
    drawn = {name: [] for name in expected}
    random, block = np.random.default_rng(seed), max(MOST_CELLS // rows, 1)
    for first in range(0, DRAWS, block):
        labels = random.random((min(block, DRAWS - first), rows)) < chances
        totals = _totals(labels.astype(np.float64), values, predictions)
        for name, figures in _figures(rows, called, float(np.mean(values**2)), *totals).items():
            drawn[name].append(figures)
    for name in (*COUNTS, *FIGURES):
        figure, figures = float(expected[name][0]), np.concatenate(drawn[name])
        figures = figures[~np.isnan(figures)]
        if math.isnan(figure) or len(figures) < DRAWS / 2:
            continue
        low, high = np.quantile(figures, [0.025, 0.975])
        yield Band(name, figure, float(figures.std()), float(low), float(high))


def _totals(labels: np.ndarray, values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Four totals of each line of ``labels`` (draws, n): positives, those called so, their ranks, the Brier score's."""
    weights = np.stack([np.ones(len(values)), predictions, midranks(values), 1 - 2 * values], axis=1)
    return (labels @ weights).T


def _figures(
    rows: int, called: int, squares: float, positives: np.ndarray, tp: np.ndarray, ranks: np.ndarray, brier: np.ndarray
) -> dict[str, np.ndarray]:
    """name -> figure of each draw, NaN where it has no answer."""
    fp, fn = called - tp, positives - tp
    negatives = rows - positives
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "tp": tp,
            "fp": fp,
            "fn": fn,
            "tn": negatives - fp,
            "win_rate": positives / rows,
            "error": (fp + fn) / rows,
            "precision": tp / called if called else np.full(len(tp), np.nan),
            "recall": np.where(positives > 0, tp / positives, np.nan),
            "auc": np.where(
                (positives > 0) & (negatives > 0),
                (ranks - positives * (positives + 1) / 2) / (positives * negatives),
                np.nan,
            ),
            "brier": squares + brier / rows,
        }
