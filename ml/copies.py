"""Rows that stand in a table more than once.

A record that was imported twice teaches nothing twice, but a learner takes it for two: it becomes too sure, and a row
whose copy it has learned from is no test. So each is counted once, before anything else looks at the table.

Equal rows are not always copies: with a few coarse inputs many records are alike. Two signs tell copies:

- every row, with its outcome, stands k, 2k, 3k … times: the whole table was read k times; or
- equal rows nearly always ended the same way too, and inputs this rich would hardly be equal by chance.
"""

from collections.abc import Iterable
from math import gcd

import numpy as np

from .columns import Column

FEWEST = 10  # different rows that have equals; below, nothing can be said
SURELY = 0.95  # share of the variance of the outcome that equal rows share, where they are copies
BY_CHANCE = 0.1  # of the equal pairs found: more that chance alone would make are no copies


def copied(columns: Iterable[Column], labels: np.ndarray) -> np.ndarray:
    """Return (n,) bool: rows that repeat an earlier one and have to be left out.

    ``labels`` (n,) are true or false; the rows are compared value by value.
    """
    labels = np.asarray(labels).astype(np.int64)
    parts, alike = [], np.zeros(len(labels), dtype=np.int64)
    for values in sorted((column.values for column in columns), key=lambda values: values.dtype == object):
        parts.append(_numbered(values))
        alike = np.unique(alike * (int(parts[-1].max(initial=0)) + 1) + parts[-1], return_inverse=True)[1]
        if alike.max(initial=0) == len(labels) - 1:  # all differ already: numbers first, they usually do
            return np.zeros(len(labels), dtype=bool)
    whole = alike * 2 + labels
    _found, place, counts = np.unique(whole, return_inverse=True, return_counts=True)
    if (counts > 1).sum() < FEWEST:
        return np.zeros(len(labels), dtype=bool)
    nth = _nth(place)
    times = gcd(*counts.tolist())
    if times > 1:
        return nth % times > 0
    if not _are_copies(parts, alike, labels):
        return np.zeros(len(labels), dtype=bool)
    return nth > 0


def _are_copies(parts: list[np.ndarray], alike: np.ndarray, labels: np.ndarray) -> bool:
    """Do equal rows share their outcome, and are they more than chance makes?"""
    _rows, place, counts = np.unique(alike, return_inverse=True, return_counts=True)
    wins = np.bincount(place, labels)
    many = counts > 1
    pairs = float(np.sum(counts * (counts - 1) / 2))
    chance = np.prod([np.sum((np.bincount(part) / len(part)) ** 2) for part in parts])
    if chance * len(labels) * (len(labels) - 1) / 2 > BY_CHANCE * pairs:
        return False
    differ = np.sum((wins * (counts - wins) / counts)[many])  # within: 0 where all ended the same way
    rate = wins[many].sum() / counts[many].sum()
    free = (counts[many] - 1).sum()
    return bool(0 < rate < 1 and differ <= (1 - SURELY) * rate * (1 - rate) * free)


def _numbered(values: np.ndarray) -> np.ndarray:
    """(n,) number of each value; all that is missing is one value."""
    if values.dtype == object:
        numbers: dict = {}
        return np.array([numbers.setdefault(value, len(numbers)) for value in values.tolist()], dtype=np.int64)
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _nth(place: np.ndarray) -> np.ndarray:
    """(n,) how many equal rows stand before each.

    >>> _nth(np.array([5, 7, 5, 5])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(place, kind="stable")
    ranked = place[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    nth = np.empty(len(place), dtype=np.int64)
    nth[order] = np.arange(len(place)) - np.repeat(starts, np.diff([*starts, len(place)]))
    return nth
