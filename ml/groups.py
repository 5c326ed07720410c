"""Rows that belong together: moments of one record, which share its outcome in part.

They stand on one side of every split (``boundary``, ``together``), speak for no more cases than there are records
(``effective``), and where each row has to be independent of the others, one speaks for the record (``one_each``).
All of them weigh alike: how many moments a record has is a part of its outcome, as one that is won or lost soon has
few. Weights by their number, or one row of each whatever their number, would count these moments too often.
"""

import numpy as np
from numpy.typing import ArrayLike


def boundary(groups: ArrayLike, row: int) -> int:
    """Return the first row from ``row`` on at which a group begins; ``groups`` (n,) stand together.

    >>> boundary([7, 7, 7, 9], 1), boundary([7, 7, 7, 9], 3), boundary([7, 8], 1), boundary([7, 7], 1)
    (3, 3, 1, 2)
    """
    groups = np.asarray(groups)
    while 0 < row < len(groups) and groups[row] == groups[row - 1]:
        row += 1
    return row


def together(fold: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Return (n,) folds in which all rows of a group have that of its last row; as they are without groups.

    >>> together(np.array([0, 1, 2]), np.array([7, 7, 9])).tolist()
    [1, 1, 2]
    """
    if groups is None:
        return fold
    backwards, place = np.unique(groups[::-1], return_index=True, return_inverse=True)[1:]
    return fold[::-1][backwards][place][::-1]


def cases(labels: np.ndarray, groups: np.ndarray | None) -> tuple[int, int]:
    """Return (records with a row of the positive label, records with one of the other).

    >>> cases(np.array([False, True, True, False]), np.array([7, 7, 7, 9]))
    (1, 2)
    """
    if groups is None:
        positives = int(labels.sum())
        return positives, len(labels) - positives
    return len(np.unique(groups[labels])), len(np.unique(groups[~labels]))


def one_each(groups: ArrayLike) -> np.ndarray:
    """Return the numbers of the rows that speak for their group, ascending: at most one of each, drawn by its number.

    Drawn is a place among as many as the largest group has; a group without a row there has none to speak for it. So
    each row is as likely as any other, whatever the number of rows of its group. The same every time.

    >>> one_each([7, 8, 9]).tolist(), one_each([7, 7, 7, 9]).tolist(), one_each([7, 7, 7, 14]).tolist()
    ([0, 1, 2], [2, 3], [2])
    >>> one_each([]).tolist()
    []
    """
    groups = np.asarray(groups)
    if not len(groups):
        return groups.astype(np.int64)
    order = np.argsort(groups, kind="stable")
    found, starts, counts = np.unique(groups[order], return_index=True, return_counts=True)
    place = (found.astype(np.int64) * 2654435761 >> 7) % counts.max()
    return np.sort(order[(starts + place)[place < counts]])


def effective(weights: np.ndarray, groups: np.ndarray | None) -> float:
    """Return how many cases ``weights`` (n,) speak for (Kish), rows of a group together.

    >>> effective(np.array([0.5, 0.5, 1.0]), np.array([7, 7, 9])), effective(np.ones(3), None)
    (2.0, 3.0)
    """
    if groups is not None:
        weights = np.bincount(np.unique(groups, return_inverse=True)[1], weights)
    return float(weights.sum() ** 2 / np.sum(weights**2))
