"""Points in order: shared out between inputs and pairs, centred, and complete.

What a booster learns is one function of all codes; there are many ways to write it
as a sum. The one that is stored is unique: pairs hold only what no single input can
say, and every term averages 0 over the reference rows. None of this changes a raw
sum; only codes that training never saw get stand-ins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .binning import (
    FIRST,
    OTHER,
    UNSEEN,
    Bins,
)
from .columns import NUMBER

ENOUGH = 10  # rows that let "other known" speak for levels never seen


@dataclass(frozen=True)
class Additive:
    """One function of all codes: ``intercept`` and one (size,) table of log odds per input."""

    intercept: float
    tables: list

    def raw(self, codes: np.ndarray) -> np.ndarray:
        """(n,) log odds of (n, k) ``codes``."""
        raw = np.full(len(codes), self.intercept)
        for j, table in enumerate(self.tables):
            raw += table[codes[:, j]]
        return raw

    @classmethod
    def mean(cls, functions: "list[Additive]") -> "Additive":
        """The mean of functions is the function of means.

        >>> Additive.mean([Additive(1.0, [np.zeros(2)]), Additive(3.0, [np.ones(2)])])
        Additive(intercept=2.0, tables=[array([0.5, 0.5])])
        """
        tables = [np.mean(own, axis=0) for own in zip(*(each.tables for each in functions), strict=True)]
        return cls(float(np.mean([each.intercept for each in functions])), tables)

    @classmethod
    def weighted(cls, functions: "Sequence[Additive]", weights: np.ndarray) -> "Additive":
        """The weighted sum of functions, ``weights`` (k,), is the function of weighted sums."""
        tables = [
            np.tensordot(weights, np.stack(own), 1) for own in zip(*(each.tables for each in functions), strict=True)
        ]
        return cls(float(weights @ [each.intercept for each in functions]), tables)


def purify(table: np.ndarray, counts: ArrayLike, rounds: int = 50) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split a pair's (a, b) ``table`` into a pure pair, a row part and a column part.

    ``counts`` (a, b) are joint reference counts. The three add up to ``table``; over
    the reference, the pure pair averages 0 in every row and in every column.

    >>> table = np.add.outer([0.0, 1.0], [0.0, 5.0])
    >>> pure, rows, columns = purify(table, np.ones((2, 2)))
    >>> bool(abs(pure).max() < 1e-12), (rows[:, None] + columns).tolist()
    (True, [[0.0, 5.0], [1.0, 6.0]])
    """
    counts = np.asarray(counts, dtype=np.float64)
    pure = np.array(table, dtype=np.float64)
    rows, columns = np.zeros(len(pure)), np.zeros(pure.shape[1])
    per_row, per_column = counts.sum(axis=1), counts.sum(axis=0)
    for _round in range(rounds):
        row = np.divide((pure * counts).sum(axis=1), per_row, out=np.zeros_like(rows), where=per_row > 0)
        pure -= row[:, None]
        rows += row
        column = np.divide((pure * counts).sum(axis=0), per_column, out=np.zeros_like(columns), where=per_column > 0)
        pure -= column
        columns += column
        if max(abs(row).max(), abs(column).max()) < 1e-12:
            break
    return pure, rows, columns


def blocks_of(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(block of each row, block of each column, value of each block) of a table of few different rows and columns.

    >>> blocks_of(np.array([[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]]))[2].tolist()
    [[1.0, 2.0]]
    """
    values, rows = np.unique(table, axis=0, return_inverse=True)
    values, columns = np.unique(values, axis=1, return_inverse=True)
    return rows.reshape(-1), columns.reshape(-1), values


def purify_blocks(table: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As ``purify``, block by block: what is one block of ``table`` remains one."""
    rows, columns, values = blocks_of(table)
    joint = np.zeros(values.shape)
    np.add.at(joint, (rows[:, None], columns[None, :]), counts)
    pure, by_row, by_column = purify(values, joint)
    return pure[np.ix_(rows, columns)], by_row[rows], by_column[columns]


def complete(bins: Bins, points: ArrayLike, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``points`` with stand-ins for codes without rows in ``seen``, and the silent ones.

    Beyond the range, by however many bins, the nearest interval within speaks; for levels
    never seen "other known" does if it has ``ENOUGH`` rows. What nothing can speak for is silent: it gets no
    points. Returns (points, silent mask), both (size,).
    """
    points = np.array(points, dtype=np.float64)
    silent = np.asarray(seen) == 0
    stand_ins = {}
    if bins.kind == NUMBER and bins.intervals:
        below, above = bins.tails
        stand_ins = dict.fromkeys(bins.beyond[: below + 1], FIRST + below)
        stand_ins |= dict.fromkeys(bins.beyond[below + 1 :], bins.size - 1 - above)
    elif bins.kind != NUMBER and seen[OTHER] >= ENOUGH:
        stand_ins = {UNSEEN: OTHER}
    for code, speaker in stand_ins.items():
        if silent[code]:
            points[code] = points[speaker]
            silent[code] = silent[speaker]
    points[silent] = 0.0
    return points, silent


def centre(points: np.ndarray, counts: np.ndarray, silent: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """``points`` minus their mean over ``counts``, and that mean; silent codes stay 0.

    >>> points, mean = centre(np.array([0.0, 4.0]), np.array([1, 3]))
    >>> points.tolist(), mean
    ([-3.0, 1.0], 3.0)
    """
    weights = np.array(counts, dtype=np.float64)
    if silent is not None:
        weights[silent] = 0.0
    mean = float(np.average(points, weights=weights)) if weights.sum() else 0.0
    centred = points - mean
    if silent is not None:
        centred[silent] = 0.0
    return centred, mean
