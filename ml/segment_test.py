"""A version tested where it is hardest: on each part of the later rows, and on parts that it has never seen.

A *part* is a value of one category: a team, a country, a vendor. Three questions, for three kinds of card:

``judge_parts``      are the values for the later rows of a part better than knowing that part's own share of wins?
``judge_left_out``   the same, for a part whose rows were kept out of learning altogether: what a new country would meet
``flagged_parts``    without outcomes: is far more of a part flagged than was expected?

The first two are judged by point estimate, from ``MIN_POSITIVES`` of either outcome on; smaller parts are named, never
judged. The share that a scorer of a part's own base rate knows is that of the very rows it is tested on, so it has an
advantage that no scorer can have in practice: doing better than it is no formality.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import intervals, performance
from .columns import CATEGORY, Column
from .errors import TrainingError

MOST = 20  # parts with a line of their own
MIN_POSITIVES = 50  # of either outcome, below which a segment is named and not judged
LEFT_OUT = 2  # of the largest parts
MOST_LEARNED = 4_000  # rows of the others that are learned from: more would not change what is asked here
MOST_TESTED = 5_000  # rows that a model of the other segments is tested on
MIN_ROWS = 200  # of a part, to say anything about a share of one in a hundred
MANY_TIMES = 3  # as many as expected
LEVEL = 0.05  # of all parts together


@dataclass(frozen=True)
class PartTest:
    """One part: its rows, those with a win, and the two Brier scores; None where it is too small to be judged."""

    part: Any
    rows: int
    positives: int
    brier: float | None = None
    base_brier: float | None = None

    @property
    def is_judged(self) -> bool:
        return self.brier is not None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class FlaggedPart:
    """One part of rows without outcomes: how many were flagged, and the least share that this is sure to mean."""

    part: Any
    rows: int
    flagged: int
    low: float | None = None
    exceeded: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def judge_part(
    part: str | None, labels: ArrayLike, values: np.ndarray, *, min_positives: int = MIN_POSITIVES
) -> PartTest:
    """The ``PartTest`` of the rows of one part.

    >>> judge_part("north", [1, 0, 0, 0], [0.9, 0.1, 0.1, 0.1], min_positives=1)
    PartTest(part='north', rows=4, positives=1, brier=0.01, base_brier=0.1875)
    """
    labels = np.asarray(labels, dtype=np.float64)
    rows, positives = len(labels), int(labels.sum())
    if min(positives, rows - positives) < min_positives:
        return PartTest(part, rows, positives)
    share = positives / rows
    return PartTest(part, rows, positives, round(performance.brier(labels, values), 6), round(share * (1 - share), 6))


def judge_parts(
    labels: ArrayLike, values: ArrayLike, parts: list[str], *, min_positives: Any = MIN_POSITIVES, most: int = MOST
) -> list[PartTest]:
    """A ``PartTest`` for each of the ``most`` commonest parts, the commonest first.

    ``labels`` (n,) true or false, ``values`` (n,) float64 in [0, 1], ``parts`` (n,) texts or None.
    """
    labels, values = np.asarray(labels), np.asarray(values)
    return [
        judge_part(part, labels[rows], values[rows], min_positives=min_positives)
        for part, rows in rows_by_part(parts, most)
    ]


def judge_left_out(
    learn: Callable[..., Any],
    columns: dict[str, Column],
    labels: ArrayLike,
    moments: ArrayLike,
    parts: list[str],
    *,
    most: int = LEFT_OUT,
    min_positives: int = MIN_POSITIVES,
) -> list[PartTest]:
    """A ``PartTest`` for each of the ``most`` largest parts, none of whose rows was learned from.

    ``learn(columns, labels, moments)`` gives a card; it is asked once per part, with rows of all the others. A part
    without which nothing can be learned is left away.
    """
    labels, moments, found = np.asarray(labels, dtype=bool), np.asarray(moments), []
    everywhere = np.arange(len(labels))
    for part, rows in rows_by_part(parts, len(labels)):
        positives = int(labels[rows].sum())
        others = np.setdiff1d(everywhere, rows, assume_unique=True)
        if min(positives, len(rows) - positives) < min_positives or not len(others):
            continue
        others, tested = thinned(others, MOST_LEARNED), thinned(rows, MOST_TESTED)
        try:
            card = learn(_taken(columns, others), labels[others], moments[others])
        except TrainingError:
            continue
        values = card.score(_taken(columns, tested)).values
        good = ~np.isnan(values)
        found.append(judge_part(part, labels[tested][good], values[good], min_positives=min_positives))
        if len(found) == most:
            break
    return found


def flagged_parts(flagged: ArrayLike, parts: list[str], expected: float, *, most: int = MOST) -> list[FlaggedPart]:
    """A ``FlaggedPart`` for each of the ``most`` commonest parts, the commonest first.

    ``exceeded`` where it is sure that over ``MANY_TIMES`` the ``expected`` share of a part is flagged; all parts share
    one error level.

    >>> north, south = flagged_parts([1] * 20 + [0] * 480, ["north"] * 300 + ["south"] * 200, 0.01)
    >>> (north.flagged, north.exceeded, south.flagged, south.exceeded)
    (20, True, 0, False)
    """
    flagged = np.asarray(flagged, dtype=bool)
    by_part = rows_by_part(parts, most)
    judged = sum(len(rows) >= MIN_ROWS for _part, rows in by_part)
    found = []
    for part, rows in by_part:
        count, low = int(flagged[rows].sum()), None
        if len(rows) >= MIN_ROWS:
            low = round(intervals.clopper_pearson(count, len(rows), 1 - 2 * LEVEL / judged)[0], 6)
        found.append(FlaggedPart(part, len(rows), count, low, low is not None and low > MANY_TIMES * expected))
    return found


def parting(columns: dict[str, Column], names: Iterable[str], *, most: int = MOST) -> str | None:
    """The category among ``names`` with the most rows per level, None where none has two levels.

    A category that is almost always the same parts nothing: its second level needs a hundredth of the rows.
    """
    best, rows_per_level = None, 0.0
    for name in names:
        column = columns[name]
        if column.kind != CATEGORY:
            continue
        counts = sorted(Counter(column.values.tolist()).values(), reverse=True)
        if len(counts) > 1 and counts[1] >= len(column) / 100 and len(column) / len(counts) > rows_per_level:
            best, rows_per_level = name, len(column) / len(counts)
    return best


def rows_by_part(parts: list[str], most: int) -> list[tuple[str | None, np.ndarray]]:
    """(part, its rows) of the ``most`` commonest parts, the commonest first."""
    counts = Counter(parts)
    place = {part: number for number, part in enumerate(counts)}
    places = np.array([place[part] for part in parts], dtype=np.int64)
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(len(place) + 1))
    rows = {part: order[bounds[number] : bounds[number + 1]] for part, number in place.items()}
    return [(part, rows[part]) for part, _count in counts.most_common(most)]


def thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` of ``rows``, evenly, in their order.

    >>> thinned(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def _taken(columns: dict[str, Column], rows: np.ndarray) -> dict[str, Column]:
    return {name: column.take(rows) for name, column in columns.items()}
