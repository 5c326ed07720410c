"""Log odds and chances, the log loss, one Newton's method for every fit, and values that never fall.

All take ``labels`` (n,) of 0 and 1 and log odds ``raw`` (n,), in the same order.
"""

from typing import NamedTuple, Protocol

import numpy as np

JITTER = 1e-9  # on the diagonal: where all rows are sure, their information alone cannot be inverted
SHORTEST = 1e-12  # step that is still halved
CLOSE = 1e-10  # step after which the minimum is found
LIGHTEST = 1e-9  # weight of what weighs nothing, so that means exist


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow, exact in the lower tail.

    >>> sigmoid(np.array([-800.0, 0.0, 800.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0.0, -x))


def logit(p: np.ndarray | float) -> np.ndarray:
    """log(p / (1 - p)), with p kept 1e-12 away from 0 and 1."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.log(p) - np.log1p(-p)


class Design(Protocol):
    """A design matrix (n, k) that need not be written out."""

    def times(self, beta: np.ndarray) -> np.ndarray:
        """Return (n,) design @ (k,) ``beta``."""

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Return (k,) design.T @ (n,) ``values``."""

    def information(self, weights: np.ndarray) -> np.ndarray:
        """Return (k, k) design.T @ diag((n,) ``weights``) @ design."""


class Columns:
    """A design that is written out, as (n, k) float64."""

    def __init__(self, columns: np.ndarray) -> None:
        self.columns = columns

    def times(self, beta: np.ndarray) -> np.ndarray:
        return self.columns @ beta

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        return self.columns.T @ values

    def information(self, weights: np.ndarray) -> np.ndarray:
        return (self.columns * weights[:, None]).T @ self.columns


class Fit(NamedTuple):
    """``beta`` (k,) of the least loss, its (k, k) information before the last step; whether the steps ended."""

    beta: np.ndarray
    information: np.ndarray
    settled: bool


def log_loss(labels: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Return the (n,) log loss of each row.

    >>> log_loss(np.array([1.0, 0.0]), np.array([0.0, 0.0])).round(4).tolist()
    [0.6931, 0.6931]
    """
    return np.logaddexp(0.0, raw) - labels * raw


def newton(
    design: Design,
    labels: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    *,
    precision: np.ndarray,
    centre: np.ndarray | float = 0.0,
    offset: np.ndarray | float = 0.0,
    steps: int = 100,
    longest: float = np.inf,
    enough: float = 0.0,
) -> Fit:
    """Minimise the weighted log loss plus half the squared distance from ``centre`` in units of ``precision`` (k, k).

    A step that would raise the loss is halved; none is longer than ``longest`` in any coordinate. It ends after
    ``steps``, once a step is shorter than `CLOSE`, or once it gains less than ``enough``.

    >>> raw, labels = np.array([[-1.0], [1.0], [1.0]]), np.array([0.0, 1.0, 0.0])
    >>> found = newton(Columns(raw), labels, np.ones(3), np.zeros(1), precision=np.eye(1))
    >>> found.settled, found.beta.round(3).tolist()
    (True, [0.287])
    """

    def loss(beta: np.ndarray, raw: np.ndarray) -> float:
        pull = beta - centre
        return np.sum(weights * log_loss(labels, raw)) + pull @ precision @ pull / 2

    beta = start
    raw = design.times(beta) + offset
    now = loss(beta, raw)
    settled = False
    for _step in range(steps):
        p = sigmoid(raw)
        information = design.information(weights * p * (1 - p)) + precision
        gradient = design.transposed_times(weights * (labels - p)) - precision @ (beta - centre)
        step = np.linalg.solve(information + JITTER * np.eye(len(beta)), gradient)
        step = np.clip(step, -longest, longest)
        change, size = design.times(step), abs(step).max()
        length = 1.0
        while (then := loss(beta + length * step, raw + length * change)) > now and length * size > SHORTEST:
            length /= 2
        beta, raw, gained, now = beta + length * step, raw + length * change, now - then, then
        if length * size < CLOSE or gained < enough:
            settled = True
            break
    return Fit(beta, information, settled)


def rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the nearest values (n,) that never fall: neighbours that do share their weighted mean.

    >>> rising(np.array([1.0, 3.0, 1.0, 9.0]), np.array([1, 1, 3, 1])).tolist()
    [1.0, 1.5, 1.5, 9.0]
    """
    from scipy.optimize import isotonic_regression

    return isotonic_regression(values, weights=np.maximum(weights, LIGHTEST)).x
