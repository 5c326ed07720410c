"""Until when a chance stands while nothing happens and only time passes: inputs that count days grow meanwhile.

A number that grows changes the score where it enters another bin. A chance that moves by less than anybody would act on
still stands: fine bins would else make every chance of a morning an old one by noon.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .cards import Card, ScoredRows
from .logistic import logit, sigmoid

WORTH = 0.02  # of the chance: a smaller move is not worth a sentence (as `counterfactual.LEAST_GAIN`)
MOST_STEPS = 60  # bins entered; a chance that stood for so many is looked at again then


def days_until_moved(
    card: Card,
    scored: ScoredRows,
    growing: Mapping[str, tuple[np.ndarray, float]],
    limits: Sequence[float] = (),
    most_days: float = np.inf,
) -> np.ndarray:
    """Return (n,) days from the scoring until time alone has moved each chance by ``WORTH`` or into another band.

    Infinite where that takes more than ``most_days``, or never happens. Exact on a sum of points; of other scorers, as
    far as the averages of their inputs tell.

    :param growing: {name of an input: ((n,) values at the scoring, NaN where none grows; days per unit)}
    :param limits: limits of the bands, ascending
    """
    days = np.full(len(scored), np.inf)
    inputs = [(j, *growing[name]) for j, name in enumerate(card.names) if name in growing]
    rows = np.array([row for row in range(len(scored)) if row not in scored.errors], dtype=np.int64)
    if not inputs or not len(rows):
        return days
    cuts = [card.features[j].bins.cuts() for j, _values, _unit in inputs]
    values = np.stack([values[rows] for _j, values, _unit in inputs], axis=1)
    units = np.array([unit for _j, _values, unit in inputs])
    places = np.stack([cuts[k][0].searchsorted(values[:, k], "right") for k in range(len(cuts))], axis=1)
    before, now = np.asarray(scored.codes)[rows].astype(np.int64), scored.values[rows]
    codes = before.copy()
    for _step in range(MOST_STEPS):
        gaps = np.stack([_at(edges, places[:, k]) for k, (edges, _codes) in enumerate(cuts)], axis=1)
        gaps = np.where(np.isnan(values), np.inf, (gaps - values) * units)
        passed = gaps.min(axis=1)
        entered = gaps <= passed[:, None] + 1e-9
        places += entered
        for k, (j, _values, _unit) in enumerate(inputs):
            moved = entered[:, k] & np.isfinite(passed)
            codes[moved, j] = cuts[k][1][places[moved, k]]
        then = _chances(card, codes, before, now)
        is_over = (abs(then - now) >= WORTH) | (_bands(then, limits) != _bands(now, limits))
        days[rows[is_over]] = passed[is_over]
        left = ~is_over & (passed <= most_days) & np.isfinite(passed)
        if not left.any():
            break
        rows, values, places, before = rows[left], values[left], places[left], before[left]
        codes, now, passed = codes[left], now[left], passed[left]
    else:
        days[rows] = passed
    return np.where(days <= most_days, days, np.inf)


def _at(edges: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the next edge of each place, infinity behind the last."""
    return np.append(edges, np.inf)[np.minimum(places, len(edges))]


def _chances(card: Card, codes: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return the chances of rows with ``codes``, that have the chances ``now`` with the codes ``before``."""
    if card.exact_reasons:
        return card.calibration.apply(card.raw(codes))
    moves = sum(feature.points[codes[:, j]] - feature.points[before[:, j]] for j, feature in enumerate(card.features))
    return sigmoid(logit(now) + moves)


def _bands(chances: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    return np.searchsorted(np.asarray(limits, dtype=np.float64), chances, "right")
