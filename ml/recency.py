"""Weighting by recency: rows may count less the older they are.

A weight of ``2 ** -(age / half life)`` lets a card follow a world that moves. Which
half life, or none, is decided by looking forward: learn from the earlier rows, score
the later ones, compare the loss. The longest memory wins that is not clearly worse
than the best. Rows of one week are alike, so a gain over never forgetting must besides
exceed its standard error over slices of the later time: weights that help in one of
them only would distort the values in all others. No half life is tried that would leave less than a full card needs to
be learned, nor one far shorter than the time that the later rows span: a card has to
last that long.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .logistic import log_loss

FRACTIONS = (1 / 2, 1 / 4, 1 / 8, 1 / 16)  # of the time that the rows span
CLEARLY = 1.96  # standard errors
SLICES = 8  # of the later rows
SHORTEST = 1 / 8  # of the time that the later rows span
ENOUGH = 200  # cases of the rarer label that must effectively remain


def recency_weights(moments: ArrayLike, half_life: float | None) -> np.ndarray:
    """(n,) weights with mean 1; the newest row weighs most. None: all weigh 1.

    ``moments`` and ``half_life`` are in days.

    >>> recency_weights(np.array([0.0, 10.0]), 10.0).round(3).tolist()
    [0.667, 1.333]
    """
    moments = np.asarray(moments, dtype=np.float64)
    if half_life is None:
        return np.ones(len(moments))
    weights = 2.0 ** -((moments.max() - moments) / half_life)
    return weights / weights.mean()


def effective_cases(labels: np.ndarray, weights: np.ndarray) -> float:
    """Cases of the rarer label that equal weights would need to say as much (Kish).

    >>> effective_cases(np.array([True, True, False, False]), np.array([1.0, 1.0, 3.0, 0.0]))
    1.0
    """
    sides = [weights[labels], weights[~labels]]
    return min(float(side.sum() ** 2 / np.sum(side**2)) if side.any() else 0.0 for side in sides)


def choose_half_life(
    moments: np.ndarray, labels: np.ndarray, late: np.ndarray, learn: Callable[..., Any]
) -> float | None:
    """The half life in days that predicts the ``late`` rows best, or None.

    ``learn(tried)`` learns from the rows that are not late once per weights in ``tried``, each (early,), and
    returns as many log odds of the late rows, each (late,).
    """
    early = ~late
    span = float(np.ptp(moments[early]))
    if not span:
        return None
    shortest = float(np.ptp(moments[late])) * SHORTEST
    tried = {}
    for half_life in (None, *(span * fraction for fraction in FRACTIONS)):
        weights = recency_weights(moments[early], half_life)
        if half_life is not None and (half_life <= shortest or effective_cases(labels[early], weights) < ENOUGH):
            continue
        tried[half_life] = weights
    found = learn(list(tried.values()))
    losses = {half_life: log_loss(labels[late], raw) for half_life, raw in zip(tried, found, strict=True)}
    best = min(losses, key=lambda half_life: losses[half_life].mean())
    longest = next(half_life for half_life in losses if not _clearly_above_0(losses[half_life] - losses[best]))
    return longest if longest is None or _lasts(losses[None] - losses[longest]) else None


def _clearly_above_0(gaps: np.ndarray) -> bool:
    return bool(gaps.mean() > CLEARLY * gaps.std(ddof=1) / np.sqrt(len(gaps)))


def _lasts(gains: np.ndarray) -> bool:
    """Is the mean of ``gains`` (n,), in time order, above its standard error over slices of time?"""
    means = np.array([part.mean() for part in np.array_split(gains, SLICES)])
    return bool(means.mean() > means.std(ddof=1) / np.sqrt(SLICES))
