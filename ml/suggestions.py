"""How much an input tells of an outcome, and how much it varies: figures to rank inputs by, before any is chosen."""

import numpy as np

from .binning import MISSING, CategoryBins, NumericBins
from .columns import NUMBER, Column

LEVELS = 20  # bins of an input that is tried
FEWEST = 5  # rows that a level needs to be more than a name


def tells(column: Column, labels: np.ndarray) -> float:
    """How surely the input tells of the outcome: G² minus its degrees of freedom, over √(2 · degrees of freedom).

    About 0 for one that says nothing, whatever its number of levels, above 3 rarely by chance. ``labels`` (n,).
    """
    codes = _codes(column)
    levels, places = np.unique(codes, return_inverse=True)
    labels = np.asarray(labels, dtype=bool)
    if len(levels) < 2 or not 0 < labels.sum() < len(labels):
        return 0.0
    table = np.stack([np.bincount(places, side, len(levels)) for side in (labels, ~labels)])
    expected = table.sum(axis=0) * table.sum(axis=1, keepdims=True) / table.sum()
    found = 2 * float(np.sum(table * np.log(np.where(table > 0, table, 1.0) / expected)))
    freedom = len(levels) - 1
    return (found - freedom) / float(np.sqrt(2 * freedom))


def variety(column: Column) -> float:
    """How evenly the filled rows are spread over their levels or intervals: entropy from 0 (constant) to 1."""
    codes = _codes(column)
    _levels, counts = np.unique(codes[codes != MISSING], return_counts=True)
    if len(counts) < 2:
        return 0.0
    shares = counts / counts.sum()
    return float(-np.sum(shares * np.log(shares)) / np.log(len(counts)))


def filled(column: Column) -> float:
    """Share of rows that have a value."""
    if not len(column):
        return 0.0
    if column.kind == NUMBER:
        return float(np.mean(~np.isnan(column.values)))
    return float(np.mean([value is not None for value in column.values]))


def repeats(column: Column) -> float:
    """Share of the filled rows whose level stands on `FEWEST` rows or more, of numbers 1.

    What never repeats is a name.
    """
    if column.kind == NUMBER:
        return 1.0
    values = [str(value) for value in column.values if value is not None]
    if not values:
        return 0.0
    _levels, counts = np.unique(values, return_counts=True)
    return float(counts[counts >= FEWEST].sum() / len(values))


def _codes(column: Column) -> np.ndarray:
    bins = (NumericBins if column.kind == NUMBER else CategoryBins).fit(column.values, LEVELS)
    return bins.codes(column.values)
