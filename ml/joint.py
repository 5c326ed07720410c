"""Do the inputs still belong together as they did?

Every input alone may look as ever while what joined them is lost: a mapping that mixes up rows, one team whose
amounts come in another currency, a part of all amounts with a digit too many. For every pair of columns the table of
the reference is raked to the margins of the window, so that what moved alone is no news here, and the window is held
against it: X² with (rows - 1) (columns - 1) degrees of freedom, non-central as in ``drift``. What weeks of the
reference show by themselves, each against the others, is allowed for. All pairs share one error level by Holm's method.

Rows are needed, not counts: a bounded part of both sides. It takes no random numbers, and names the pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    Bins,
)
from .columns import NUMBER
from .drift import (
    CANNOT_JUDGE,
    DRIFTED,
    QUIET,
    holm,
)
from .ordinary import MIN_PARTS

JOINT = "joint"
PAIRS = "pairs"  # the pseudo column of what concerns pairs
CUTS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of a number: what goes wrong often goes far
CELLS = len(CUTS) + 1  # of a column
MIN_SHARE = 0.05  # of a level with a cell of its own
MOST_COLUMNS = 24  # that are told apart together
MIN_REFERENCE, MIN_WINDOW, MIN_WEEK = 400, 100, 20  # rows
TOLERATED = 0.02  # squared effect, relative to what is expected
BY_ITSELF = 3.0  # times the mean effect of a week: what one week in a hundred exceeds
ROUNDS = 20  # of raking
SOFT = 0.5  # rows added to every cell


@dataclass(frozen=True)
class JointResult:
    """The pair that surely moved most, or the nearest to it.

    ``names`` are its columns, ``codes`` two tuples of codes: the cell that grew most beyond what is expected;
    ``expected`` and ``found`` its shares. ``pairs`` were judged, ``weeks`` of the reference said how much they differ.
    """

    names: tuple = ()
    statistic: float | None = None
    adjusted_p: float | None = None
    threshold: float | None = None
    exceeded: bool = False
    verdict: str = CANNOT_JUDGE
    codes: tuple = ()
    expected: float = 0.0
    found: float = 0.0
    pairs: int = 0
    weeks: int = 0
    p_value: float | None = None


def judge_pairs(
    bins: dict[str, Bins],
    reference: np.ndarray,
    weeks: Sequence[Any] | np.ndarray,
    window: np.ndarray,
    *,
    level: float = 0.01,
) -> JointResult:
    """Hold the rows of a window against those of a reference.

    ``bins`` maps names to bins in the order of the columns of ``reference`` and ``window``, arrays (rows, columns) of
    uint8 codes; ``weeks`` has the week of each row of the reference.
    """
    weeks = np.asarray(weeks)
    known = [week for week, rows in zip(*np.unique(weeks, return_counts=True), strict=True) if rows >= MIN_WEEK]
    if len(reference) < MIN_REFERENCE or len(window) < MIN_WINDOW or len(known) < MIN_PARTS:
        return JointResult()
    columns = []
    for place, (name, own) in enumerate(bins.items()):
        cells = _cells(own, np.bincount(reference[:, place], minlength=own.size))
        if cells is not None and len(columns) < MOST_COLUMNS:
            columns.append((name, place, cells))
    pairs = list(combinations(columns, 2))
    if not pairs:
        return JointResult()
    before = np.stack([_table(one, two, reference) for one, two in pairs])
    now = np.stack([_table(one, two, window) for one, two in pairs])
    statistic, freedom, total, expected = _compared(before, now)
    usual = np.mean([_effect_of_week(pairs, reference[weeks == week], before) for week in known], axis=0)
    tolerated = total * np.maximum(TOLERATED, BY_ITSELF * np.maximum(usual, 0.0))
    from scipy.stats import ncx2

    judged = freedom > 0
    p_values = np.where(judged, ncx2.sf(statistic, np.maximum(freedom, 1), np.maximum(tolerated, 1e-9)), 1.0)
    adjusted = holm(p_values.tolist())
    best = int(np.argmin(p_values))
    one, two = pairs[best]
    grown = np.unravel_index(np.argmax(now[best] - expected[best]), now[best].shape)
    rows = max(now[best].sum(), 1.0)
    exceeded = adjusted[best] <= level
    return JointResult(
        names=(one[0], two[0]),
        statistic=float(statistic[best]),
        p_value=float(p_values[best]),
        adjusted_p=float(adjusted[best]),
        threshold=float(ncx2.isf(level / len(pairs), max(freedom[best], 1), max(tolerated[best], 1e-9))),
        exceeded=exceeded,
        verdict=DRIFTED if exceeded else QUIET,
        codes=tuple(
            tuple(int(code) for code in np.flatnonzero(cells == cell))
            for (_name, _place, cells), cell in zip((one, two), grown, strict=True)
        ),
        expected=float(expected[best][grown] / rows),
        found=float(now[best][grown] / rows),
        pairs=len(pairs),
        weeks=len(known),
    )


def _cells(bins: Bins, counts: np.ndarray) -> np.ndarray | None:
    """The cell of each code, -1 where it has none; None where fewer than two cells are worth comparing."""
    cells = np.full(len(counts), -1)
    if bins.kind == NUMBER:
        if not bins.intervals:
            return None
        folded = bins.fold(counts)
        before = (folded.cumsum() - folded / 2) / max(folded.sum(), 1)  # where the middle of each interval lies
        _kept, cells[FIRST:] = np.unique(np.searchsorted(CUTS, before), return_inverse=True)
        cells[BELOW], cells[ABOVE] = cells[FIRST], cells[-1]
    else:
        shares = counts / max(counts.sum() - counts[MISSING], 1)
        frequent = [code for code in range(FIRST, len(counts)) if shares[code] >= MIN_SHARE]
        frequent = sorted(frequent, key=lambda code: -shares[code])[: CELLS - 1]
        cells[MISSING + 1 :] = len(frequent)
        cells[frequent] = range(len(frequent))
    filled = {int(cell) for cell, count in zip(cells, counts, strict=True) if cell >= 0 and count}
    return cells if len(filled) > 1 else None


def _table(one: tuple[str, int, np.ndarray], two: tuple[str, int, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Rows per pair of cells."""
    (_name, j, cells_j), (_other, k, cells_k) = one, two
    a, b = cells_j[rows[:, j]], cells_k[rows[:, k]]
    both = (a >= 0) & (b >= 0)
    return np.bincount(CELLS * a[both] + b[both], minlength=CELLS * CELLS).reshape(CELLS, CELLS).astype(float)


def _effect_of_week(
    pairs: list[tuple[tuple[str, int, np.ndarray], tuple[str, int, np.ndarray]]], rows: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """The debiased effect of one week of the reference against its other weeks, per pair."""
    own = np.stack([_table(one, two, rows) for one, two in pairs])
    statistic, freedom, total, _expected = _compared(before - own, own)
    return (statistic - freedom) / np.maximum(total, 1.0)


def _compared(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(X², degrees of freedom, N, expected rows) of each table of ``now``, given its own margins."""
    n, m = before.sum(axis=(1, 2)), now.sum(axis=(1, 2))
    # What the reference has never seen at all cannot be expected from it.
    seen = (before.sum(axis=2) > 0)[:, :, None] & (before.sum(axis=1) > 0)[:, None, :]
    expected, now = np.where(seen, before + SOFT, 0.0), np.where(seen, now, 0.0)
    rows, columns = now.sum(axis=2), now.sum(axis=1)
    for _round in range(ROUNDS):
        expected *= _ratio(rows, expected.sum(axis=2))[:, :, None]
        expected *= _ratio(columns, expected.sum(axis=1))[:, None, :]
    total = n * m / np.maximum(n + m, 1.0)
    statistic = np.sum((now - expected) ** 2 / (expected + SOFT), axis=(1, 2)) * total / np.maximum(m, 1.0)
    freedom = np.maximum((rows > 0).sum(axis=1) - 1, 0) * np.maximum((columns > 0).sum(axis=1) - 1, 0)
    return statistic, freedom, total, expected


def _ratio(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)
