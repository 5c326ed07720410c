"""The gate in front of a new version: promote, reject, wait, or leave what is the same.

Statistics alone do not decide (``ml.challenge`` compares on the same later rows): a version that ranks better and calls
a larger amount safer, fails a whole part of the business or asks for more reviews than people can do is not served.
Such a *guard* that is broken rejects, whatever the gains are. Guards look at the card (directions), at the rows
(segments) and at the reviewers (load); each broken one says which input, part or number it is about.

Who tries often on one test set wins by luck: of twenty equal challengers, one is better in a quarter of the cases.
Attempts on rows that earlier attempts were judged by are counted and the level of each is divided by its number; after
``MOST_ATTEMPTS`` only later rows count. ``dev/evaluate promotion`` measures the rates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import intervals, performance
from .challenge import LIKELY, TOLERATED_LOSS, WORSE, Verdict, challenge
from .columns import Column
from .segment_test import MIN_POSITIVES, MOST, rows_by_part, thinned

SAME = "same"
DIRECTION, AMOUNT, SEGMENT, LOAD = GUARDS = ("direction", "amount", "segment", "load")
MOST_ATTEMPTS = 5  # on one test set
FALL = 0.005  # of a value, that is not rounding
CLEARLY = 1.1  # as much as the champion breaks a guard
TRIED_ROWS = 200  # rows on which an input is tried
GRID = 24  # values of an input that are tried
TIMES_LARGER = (10.0, 100.0)  # than all that were seen


class Broken(NamedTuple):
    """A guard that does not hold: which one, what it is about, what was found and what was allowed."""

    guard: str
    name: str | None
    found: float
    allowed: float


@dataclass(frozen=True)
class Gate:
    """The verdict on a new version, with the comparison and the guards behind it."""

    verdict: str
    attempts: int
    comparison: Verdict
    broken: tuple[Broken, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types: the comparison's own, with the verdict of the gate."""
        return {
            **self.comparison.to_dict(),
            **{key: value for key, value in asdict(self).items() if key != "comparison"},
            "broken": [guard._asdict() for guard in self.broken],
        }


class TestSet(NamedTuple):
    """Which attempt on the same test rows this is, and the moment that rows have to be later than; None for any."""

    attempts: int
    after: float | None


def judge(
    labels: ArrayLike,
    challenger: ArrayLike,
    champion: ArrayLike,
    *,
    attempts: int = 1,
    broken: Iterable[Broken] = (),
) -> Gate:
    """Return the ``Gate`` of a challenger on rows that neither has learned from.

    :param labels: (n,) of 0 and 1; `challenger`, `champion`: (n,) values in [0, 1] of the same rows, NaN where one has
        none: such a row is left out
    :param attempts: of challengers on these rows, this one included; see ``test_set``

    >>> labels = np.tile([0, 1], 200)
    >>> judge(labels, 0.1 + 0.8 * labels, np.full(400, 0.5)).verdict
    'better'
    >>> judge(labels, np.full(400, 0.5), np.full(400, 0.5)).verdict
    'same'
    """
    labels, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, challenger, champion))
    both, guards = np.isfinite(ours) & np.isfinite(theirs), tuple(broken)
    found = challenge(labels[both], ours[both], theirs[both], attempts=attempts)
    verdict = found.verdict
    if len(ours) and np.array_equal(ours, theirs, equal_nan=True):
        verdict = SAME
    elif guards:
        verdict = WORSE
    return Gate(verdict, attempts, found, guards)


def test_set(own: tuple[float, float], earlier: Sequence[tuple[float, float]]) -> TestSet:
    """Return which attempt a comparison is, by the spans (first, last) in days of its test rows and of earlier ones.

    Attempts on rows of which none is in the own span do not count. When a test set is used up, rows have to be later
    than all that were used, and counting begins anew.

    >>> test_set((10, 20), [(0, 9), (8, 18)])
    TestSet(attempts=2, after=None)
    >>> test_set((10, 20), [(8, 18)] * 5)
    TestSet(attempts=1, after=18)
    """
    shared = [span for span in earlier if span[1] >= own[0] and span[0] <= own[1]]
    if len(shared) < MOST_ATTEMPTS:
        return TestSet(len(shared) + 1, None)
    return TestSet(1, max(last for _first, last in shared))


test_set.__test__ = False  # type: ignore[attr-defined]  # nothing that pytest collects


# Guards
def wrong_directions(
    card: Any, columns: dict[str, Column], directions: dict[str, int], *, guard: str = DIRECTION
) -> list[Broken]:
    """Return the inputs of which the card's value moves against the declared direction.

    Real rows are scored with values of the input from low to high, all else being as it is, so interactions count.

    :param directions: {name of a number: 1 rising, -1 falling}; 0 and inputs that the card does not read are skipped
    :return: ``found`` is the largest move the wrong way of any row
    """
    found = []
    for name, direction in directions.items():
        column = columns.get(name)
        if not direction or column is None or name not in card.bins_by_name:
            continue
        fall = _largest_fall(card, columns, name, _grid(column.values, 0.0), direction)
        if fall > FALL:
            found.append(Broken(guard, name, fall, FALL))
    return found


def safer_when_larger(card: Any, columns: dict[str, Column], names: Iterable[str]) -> list[Broken]:
    """Return the amounts of which a larger one looks less unusual, from the median on and far beyond all seen.

    Below the median a larger amount may well be more usual. Value is how unusual a record is, or its chance to be.
    """
    found = []
    for name in names:
        column = columns.get(name)
        if column is None or name not in card.bins_by_name:
            continue
        fall = _largest_fall(card, columns, name, _grid(column.values, 0.5), 1)
        if fall > FALL:
            found.append(Broken(AMOUNT, name, fall, FALL))
    return found


def worse_segments(
    labels: ArrayLike, challenger: ArrayLike, champion: ArrayLike, parts: Sequence[Any], *, most: int = MOST
) -> list[Broken]:
    """Return the large segments in which the challenger loses clearly, in Brier or AUC.

    Judged are segments with ``MIN_POSITIVES`` of either outcome: more than ``TOLERATED_LOSS`` by point estimate, and a
    loss beyond doubt at one level for all segments together. By point estimate alone, a part of a hundred wins
    is lost by luck in every third version.

    :return: ``found`` is the loss
    """
    labels, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, challenger, champion))
    large = []
    for part, rows in rows_by_part(list(parts), most):
        positives = labels[rows].sum()
        if min(positives, len(rows) - positives) >= MIN_POSITIVES:
            large.append((part, rows))
    found = []
    for part, rows in large:
        confidence = 1 - 2 * LIKELY / (2 * len(large))  # one-sided, two measures a segment
        losses = (
            performance.auc_difference(labels[rows], theirs[rows], ours[rows], confidence),
            performance.brier_difference(labels[rows], ours[rows], theirs[rows], confidence),
        )
        clear = [loss.estimate for loss in losses if loss.estimate > TOLERATED_LOSS and loss.low > 0]
        if clear:
            found.append(Broken(SEGMENT, part, max(clear), TOLERATED_LOSS))
    return found


def overload(asked: int, rows: int, per_day: float, capacity: float) -> list[Broken]:
    """Return whether a version would ask for more reviews a day than people can do, beyond doubt.

    :param asked: of ``rows`` recent records, those that it would send to a person
    :param per_day: records a day; `capacity`: reviews a day

    >>> overload(300, 1000, per_day=100, capacity=20)
    [Broken(guard='load', name=None, found=30.0, allowed=20)]
    >>> overload(210, 1000, per_day=100, capacity=20)
    []
    """
    if not rows:
        return []
    low, _high = intervals.clopper_pearson(asked, rows)
    return [Broken(LOAD, None, asked / rows * per_day, capacity)] if low * per_day > capacity else []


def newly_broken(challenger: Iterable[Broken], champion: Iterable[Broken]) -> list[Broken]:
    """Return the guards that the challenger breaks, and the champion does not or by clearly less.

    What serves breaks it too: refusing the new version would change nothing.

    >>> ours, theirs = Broken("load", None, 40.0, 20.0), Broken("load", None, 38.0, 20.0)
    >>> newly_broken([ours], [theirs]), newly_broken([ours], []) == [ours]
    ([], True)
    """
    known = {(guard.guard, guard.name): CLEARLY * guard.found for guard in champion}
    return [guard for guard in challenger if guard.found > known.get((guard.guard, guard.name), -np.inf)]


def _grid(values: np.ndarray, start: float) -> np.ndarray:
    """Return ascending values of an input: quantiles from `start` on, and values far beyond all of them."""
    known = values[np.isfinite(values)]
    if not len(known):
        return known
    grid = np.unique(np.quantile(known, np.linspace(start, 1, GRID)))
    far = max(abs(grid[0]), abs(grid[-1]), 1.0) * np.array(TIMES_LARGER)
    return np.concatenate([-far[::-1] if not start else [], grid, far])


def _largest_fall(card: Any, columns: dict[str, Column], name: str, grid: np.ndarray, direction: int) -> float:
    """Return how far the value of any row falls, at most, while the input moves in the direction."""
    if len(grid) < 2:
        return 0.0
    rows = thinned(np.arange(len(columns[name])), TRIED_ROWS)
    taken = {key: column.take(np.repeat(rows, len(grid))) for key, column in columns.items()}
    tried = Column(name, taken[name].kind, np.tile(grid, len(rows)))
    values = card.score({**taken, name: tried}).values.reshape(len(rows), len(grid))
    values = direction * values[~np.isnan(values).any(axis=1)]
    return float((np.maximum.accumulate(values, axis=1) - values).max(initial=0.0))
