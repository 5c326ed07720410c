"""From a sum of points to a value between 0 and 1.

A calibration is monotone, so it never changes who comes first; it is plain data,
and applying it needs numpy only.

==========  ===============================================================
Identity    the raw sum is already a log odds
Platt       a straight line through the log odds (Platt 1999)
Isotonic    a rising broken line through (raw, probability) points
Percentile  for anomaly cards: the share of the reference that is less odd
==========  ===============================================================

``choose`` takes the one with the lowest Brier score out of fold. A shifted base
rate asks for ``recalibrate_intercept`` only: the order of the records stays.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .logistic import (
    LIGHTEST,
    Columns,
    logit,
    newton,
    rising,
    sigmoid,
)

MIN_SLOPE = 0.05  # a calibration never turns the order around
MIN_ISOTONIC = 200  # cases of each class; below, steps are mostly noise
CAUTIOUS = (0.5, 0.5)  # slope, and its standard deviation, that is expected of the sums that boosters make of few cases
FINE = 5_000  # groups of neighbouring raw sums that isotonic regression tells apart


class Identity:
    """The raw sum is a log odds already.

    >>> Identity().apply(np.array([0.0])).tolist()
    [0.5]
    """

    kind = "identity"

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Values of the raw sums, float64 in [0, 1]."""
        return sigmoid(raw)

    def shifted(self, by: float) -> "Calibration":
        """The same order, with every log odds moved ``by``."""
        return PlattCalibration(1.0, by)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"kind": self.kind}


class PlattCalibration:
    """sigmoid(slope * raw + intercept), slope > 0."""

    kind = "platt"

    def __init__(self, slope: float, intercept: float) -> None:
        self.slope = float(slope)
        self.intercept = float(intercept)

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Values of the raw sums, float64 in [0, 1]."""
        return sigmoid(self.slope * raw + self.intercept)

    def shifted(self, by: float) -> "Calibration":
        """The same order, with every log odds moved ``by``."""
        return PlattCalibration(self.slope, self.intercept + by)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"kind": self.kind, "slope": self.slope, "intercept": self.intercept}


class IsotonicCalibration:
    """A broken line through ``(x, y)``, flat beyond its ends.

    ``x`` ascends strictly, ``y`` never falls.

    >>> IsotonicCalibration([0, 2], [0.25, 0.75]).apply(np.array([-9.0, 1.0, 9.0])).tolist()
    [0.25, 0.5, 0.75]
    """

    kind = "isotonic"

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x = np.array(x, dtype=np.float64)
        self.y = np.array(y, dtype=np.float64)

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Values of the raw sums, float64 in [0, 1]."""
        return _broken_line(raw, self.x, self.y)

    def shifted(self, by: float) -> "Calibration":
        """The same order, with every log odds moved ``by``."""
        return IsotonicCalibration(self.x, sigmoid(logit(self.y) + by))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"kind": self.kind, "x": self.x.tolist(), "y": self.y.tolist()}


class Percentile:
    """Share of the reference whose total is smaller, with open ends.

    ``x`` are ascending reference totals, ``y`` their mid-rank shares, strictly
    between 0 and 1. Beyond the last total the rest ``1 - y[-1]`` shrinks like
    1 / (1 + excess / scale), slowly enough that far outliers keep their order.

    >>> rank = Percentile.fit(np.arange(1.0, 5.0))
    >>> rank.apply(np.array([1.0, 2.5, 4.0])).tolist()
    [0.125, 0.5, 0.875]
    >>> bool(rank.apply(np.array([1e6])) < rank.apply(np.array([2e6])))
    True
    """

    kind = "percentile"

    def __init__(self, x: np.ndarray, y: np.ndarray, scale: float) -> None:
        self.x = np.array(x, dtype=np.float64)
        self.y = np.array(y, dtype=np.float64)
        self.scale = float(scale)

    @classmethod
    def fit(cls, totals: np.ndarray, points: int = 400) -> "Percentile":
        """The ranks of the reference ``totals``, at up to ``points`` places."""
        values, counts = np.unique(np.asarray(totals, dtype=np.float64), return_counts=True)
        ranks = (np.cumsum(counts) - counts / 2) / counts.sum()
        if len(values) > points:
            # Half of the places evenly, half towards the upper tail.
            even = np.linspace(0, 1, points // 2)
            tail = 1 - np.exp(np.linspace(0, np.log(1 - ranks[-1]), points // 2))
            keep = np.searchsorted(ranks, np.concatenate([even, tail]))
            keep = np.unique(np.minimum(keep, len(values) - 1))
            values, ranks = values[keep], ranks[keep]
        upper = values[ranks >= 0.9]
        scale = float(upper[-1] - upper[0]) if len(upper) else 0.0
        return cls(values, ranks, scale or 1.0)

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Values of the raw sums, float64 in [0, 1], strictly rising."""
        raw = np.asarray(raw, dtype=np.float64)
        values = _broken_line(raw, self.x, self.y)
        over = np.maximum(raw - self.x[-1], 0) / self.scale
        under = np.maximum(self.x[0] - raw, 0) / self.scale
        values = np.where(over > 0, 1 - (1 - self.y[-1]) / (1 + over), values)
        return np.where(under > 0, self.y[0] / (1 + under), values)

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Raw sums of these values: the reverse of ``apply``.

        >>> rank = Percentile.fit(np.arange(1.0, 5.0))
        >>> rank.totals(rank.apply(np.array([0.5, 2.5, 7.0]))).tolist()
        [0.5, 2.5, 7.0]
        """
        values = np.asarray(values, dtype=np.float64)
        found = np.interp(values, self.y, self.x)
        rest = np.maximum(1 - values, np.finfo(float).tiny)
        found = np.where(values > self.y[-1], self.x[-1] + self.scale * ((1 - self.y[-1]) / rest - 1), found)
        low = np.maximum(values, np.finfo(float).tiny)
        return np.where(values < self.y[0], self.x[0] - self.scale * (self.y[0] / low - 1), found)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "kind": self.kind,
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "scale": self.scale,
        }


Calibration = Any  # one of the four above


def _broken_line(raw: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``np.interp``, kept from overshooting the next point by a rounding error."""
    after = np.minimum(x.searchsorted(raw, "right"), len(x) - 1)
    return np.minimum(np.interp(raw, x, y), y[after])


def calibration_from_dict(data: Any) -> "Calibration":
    """The calibration that ``data`` describes; ``artifact`` checks it first."""
    kinds = (Identity, PlattCalibration, IsotonicCalibration, Percentile)
    arguments = {key: value for key, value in data.items() if key != "kind"}
    return {cls.kind: cls for cls in kinds}[data["kind"]](**arguments)


def fit_platt(
    raw: ArrayLike,
    labels: ArrayLike,
    weights: np.ndarray | None = None,
    *,
    slope: float = 1.0,
    slope_sd: float = 0.5,
    intercept_sd: float = 1.0,
) -> "Calibration":
    """Newton's method for slope and intercept, shrunk towards (``slope``, 0).

    ``raw`` (n,) are log odds, ``labels`` (n,) true or false, ``weights`` (n,) how much
    each row counts (as in all functions here; None: equally).

    The two standard deviations are those of a normal prior, by default around "already
    calibrated": with few cases the answer stays close to it.
    """
    raw = np.asarray(raw, dtype=np.float64)
    labels = np.asarray(labels, dtype=np.float64)
    weights = _weights(weights, labels)
    design = np.column_stack([raw, np.ones(len(raw))])
    centre = np.array([slope, 0.0])
    precision = np.diag([slope_sd**-2, intercept_sd**-2])
    slope, intercept = newton(Columns(design), labels, weights, centre, precision=precision, centre=centre).beta
    if slope < MIN_SLOPE:
        constant, own = Columns(design[:, 1:]), precision[1:, 1:]
        slope = MIN_SLOPE
        [intercept] = newton(constant, labels, weights, np.zeros(1), precision=own, offset=slope * raw).beta
    return PlattCalibration(slope, intercept)


def _weights(weights: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    return np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)


def fit_isotonic(raw: ArrayLike, labels: ArrayLike, weights: np.ndarray | None = None) -> "Calibration":
    """Pool adjacent violators, then a line through the middle of each block.

    Each block is drawn towards the base rate by one case, so that no value is
    exactly 0 or 1.
    """
    raw = np.asarray(raw, dtype=np.float64)
    labels = np.asarray(labels, dtype=np.float64)
    weights = _weights(weights, labels)
    order = np.argsort(raw, kind="stable")
    _values, starts = np.unique(raw[order], return_index=True)
    starts = starts[:: 1 + len(starts) // FINE]
    totals = np.stack([np.add.reduceat(each[order], starts) for each in (raw * weights, weights, weights * labels)])
    level = rising(totals[2] / np.maximum(totals[1], LIGHTEST), totals[1])
    blocks = np.concatenate([[0], np.flatnonzero(np.diff(level) > 0) + 1])
    sums, cases, hits = np.add.reduceat(totals, blocks, axis=1)
    y = np.maximum.accumulate((hits + np.average(labels, weights=weights)) / (cases + 1))
    x = sums / cases
    keep = np.concatenate([[True], np.diff(x) > 0])
    return IsotonicCalibration(x[keep], np.clip(y[keep], 1e-6, 1 - 1e-6))


def choose(
    raw: ArrayLike,
    labels: ArrayLike,
    weights: np.ndarray | None = None,
    *,
    folds: int = 5,
    seed: int = 0,
    expected: Sequence[float] = CAUTIOUS,
) -> "Calibration":
    """The calibration with the lowest out-of-fold Brier score, fitted on all rows.

    Below ``MIN_ISOTONIC`` cases of either class such a contest is mostly noise: then it
    is a line with the ``expected`` (slope, its standard deviation), unless the cases say more.
    """
    raw = np.asarray(raw, dtype=np.float64)
    labels = np.asarray(labels, dtype=np.float64)
    weights = _weights(weights, labels)
    if min(labels.sum(), (1 - labels).sum()) < MIN_ISOTONIC:
        return fit_platt(raw, labels, weights, slope=expected[0], slope_sd=expected[1])
    fits = [lambda raw, labels, weights: Identity(), fit_platt, fit_isotonic]
    fold = np.random.default_rng(seed).permutation(len(raw)) % folds

    def loss(fit: Any, held: np.ndarray) -> float:
        values = fit(raw[~held], labels[~held], weights[~held]).apply(raw[held])
        return float(np.sum(weights[held] * (values - labels[held]) ** 2))

    losses = [sum(loss(fit, fold == k) for k in range(folds)) for fit in fits]
    return fits[int(np.argmin(losses))](raw, labels, weights)


def recalibrate_intercept(calibration: Any, raw: ArrayLike, labels: ArrayLike) -> "Calibration":
    """``calibration`` with its log odds moved until the mean value is the base rate; as it is without rows.

    >>> raw = np.zeros(4)
    >>> moved = recalibrate_intercept(Identity(), raw, np.array([1, 0, 0, 0]))
    >>> round(float(moved.apply(raw)[0]), 6)
    0.25
    """
    labels = np.asarray(labels, dtype=np.float64)
    raw = np.asarray(raw, dtype=np.float64)
    if not len(labels):
        return calibration
    target = (labels.sum() + 0.5) / (len(labels) + 1) if labels.mean() in (0, 1) else labels.mean()
    low, high = -40.0, 40.0
    for _step in range(80):
        middle = (low + high) / 2
        if calibration.shifted(middle).apply(raw).mean() < target:
            low = middle
        else:
            high = middle
    return calibration.shifted((low + high) / 2)
