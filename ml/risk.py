"""A standing watch on the risk that may be looked at every day without raising more false alarms.

The risk is the mean of a loss between 0 and 1: one for each wrong answer, or the squared distance of a chance from
what happened. A usual interval holds for one look; looked at daily, it is wrong sooner or later. A *confidence
sequence* holds for all looks together: the chance that its lower end is ever above the true risk is at most ``level``.
The alarm (Podkopaev and Ramdas, ICLR 2022) rings once the lower end of today's risk lies above the upper end of the
reference's risk plus a tolerance; what it claims is then true, but for 5 % of deployments in their whole life.

The bound is the predictably mixed empirical Bernstein one of Waudby-Smith and Ramdas (2024): each loss is weighed by
what the losses before it showed, so that calm losses give narrow bounds and nothing is assumed of their law::

    weighted mean of the losses - (log(1/level) + sum of (loss - mean so far)^2 psi(weight)) / sum of weights

A sequence that has seen good years takes long to be moved by a bad month. So new ones begin after ``FIRST_RESTART``
rows and whenever the rows have doubled; the k-th has the share 1/((k + 1)(k + 2)) of the level, which adds up to one.
All that has to be kept is a small dictionary of plain numbers, and how the rows are grouped into updates changes
nothing. Start anew with every version, and after an alarm that was dealt with.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.05  # of false alarms, ever; half for the reference, half for the watch
TOLERANCE = 0.02  # by which the risk may be higher than the reference's
MIN_REFERENCE = 50  # losses of the test, below which no limit is set
MAX_WEIGHT = 0.5  # of one record in a bet
FIRST_RESTART = 250  # rows


@dataclass(frozen=True)
class Look:
    """Current state of a watch. ``low`` is what the risk has been at least, ``limit`` what it must not exceed."""

    rows: int
    risk: float | None
    low: float
    limit: float
    exceeded: bool


def upper_bound(losses: np.ndarray, level: float = LEVEL / 2) -> float:
    """The reference's risk is at most this, but for ``level`` of all references; ``losses`` (n,) in [0, 1].

    >>> 0.1 < upper_bound([0.1] * 1000) < 0.11
    True
    """
    losses = _checked(losses)
    if not len(losses):
        return 1.0
    _state, bounds = _advanced(_begun(), 1 - losses, level, rows=len(losses))
    return float(1 - max(bounds[-1], 0.0))


def start(reference_losses: np.ndarray, *, tolerance: Any = TOLERANCE, level: Any = LEVEL) -> dict[str, Any] | None:
    """The state of a watch that has seen nothing yet: a dictionary for JSON, None where the reference is too small.

    >>> start([0.0] * 10) is None
    True
    """
    if len(reference_losses) < MIN_REFERENCE:
        return None
    limit = min(upper_bound(reference_losses, level / 2) + tolerance, 1.0)
    return {"limit": limit, "level": level / 2, "rows": 0, "total": 0.0, "low": 0.0, "sequences": []}


def update(state: dict[str, Any], losses: np.ndarray) -> dict[str, Any]:
    """The state after these further ``losses`` (n,) in [0, 1], in the order of time; ``state`` stays as it is.

    >>> watch = start([0.0, 1.0] * 500)
    >>> look(update(watch, [1.0] * 200)).exceeded, look(update(watch, [0.0, 1.0] * 100)).exceeded
    (True, False)
    """
    losses = _checked(losses)
    sequences = [list(sequence) for sequence in state["sequences"]]
    rows, low = state["rows"], state["low"]
    while len(losses):
        if rows >= _start_of(len(sequences)):
            sequences.append(_begun())
        now, losses = np.split(losses, [_start_of(len(sequences)) - rows])
        for k, sequence in enumerate(sequences):
            sequences[k], bounds = _advanced(sequence, now, state["level"] / ((k + 1) * (k + 2)))
            low = max(low, float(bounds.max()))
        rows += len(now)
    # The first sequence has seen all rows.
    return {**state, "rows": rows, "total": sequences[0][1] if sequences else 0.0, "low": low, "sequences": sequences}


def look(state: dict[str, Any]) -> Look:
    """Return the current state of the watch, a ``Look``. Once exceeded it stays so until a new start.

    >>> look(start([0.0] * 100)).risk is None
    True
    """
    rows = state["rows"]
    return Look(
        rows=rows,
        risk=state["total"] / rows if rows else None,
        low=state["low"],
        limit=state["limit"],
        exceeded=state["low"] > state["limit"],
    )


def _start_of(k: int) -> int:
    """The row at which the sequence ``k`` begins.

    >>> [_start_of(k) for k in range(4)]
    [0, 250, 500, 1000]
    """
    return FIRST_RESTART * 2 ** (k - 1) if k else 0


def _begun() -> list[float]:
    """Rows, sum of losses, sum of squared distances, of weights, of weighted losses, of what the distances cost."""
    return [0, 0.0, 0.0, 0.0, 0.0, 0.0]


def _advanced(
    sequence: list[float], losses: np.ndarray, level: float, rows: int | None = None
) -> tuple[list[float], np.ndarray]:
    """(the sequence after ``losses``, its lower bound after each of them).

    With ``rows`` the weights are best for that many, else good at all times.
    """
    n, total, squares, weights, weighted, cost = sequence
    count = n + np.arange(1, len(losses) + 1)
    totals = _running(total, losses)
    means = (0.5 + totals) / (count + 1)
    before = np.concatenate([[(0.5 + total) / (n + 1)], means[:-1]])
    spreads = _running(squares, (losses - means) ** 2)
    variance = (0.25 + np.concatenate([[squares], spreads[:-1]])) / count
    length = count * np.log(count + 1) if rows is None else rows
    weight = np.minimum(np.sqrt(2 * math.log(1 / level) / (variance * length)), MAX_WEIGHT)
    all_weights = _running(weights, weight)
    all_weighted = _running(weighted, weight * losses)
    costs = _running(cost, (losses - before) ** 2 * (-np.log1p(-weight) - weight))
    bounds = (all_weighted - math.log(1 / level) - costs) / all_weights
    last = [float(each[-1]) for each in (totals, spreads, all_weights, all_weighted, costs)]
    return [n + len(losses), *last], bounds


def _running(start: float, numbers: np.ndarray) -> np.ndarray:
    """Sums from ``start`` on, added one after the other: grouping changes not even the last digit."""
    return np.cumsum(np.concatenate([[start], numbers]))[1:]


def _checked(losses: ArrayLike) -> np.ndarray:
    losses = np.asarray(losses, dtype=np.float64)
    if losses.ndim != 1 or not ((losses >= 0) & (losses <= 1)).all():  # NaN is neither
        raise ValueError("losses must be one row of numbers from 0 to 1")
    return losses
