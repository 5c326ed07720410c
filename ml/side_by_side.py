"""Two scorers on the same records, side by side: figures of each, of each segment, and what would change.

``figures`` needs outcomes, on rows that neither scorer has learned from. ``changes`` needs none: it says which records
would be flagged or fall into another band, so it is told at once. Both return plain JSON, so that they can be kept.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import performance
from .segment_test import MIN_POSITIVES, rows_by_part

MIN_OUTCOMES = 20  # of either kind, under which no figure is shown
BINS = 10  # of a calibration plot, of equally many rows
MIN_BIN = 5  # rows of a bin of a curve
BANDS = 5  # of a score, equally wide
MOST_SEGMENTS = 8  # that two versions are compared in


def figures(
    labels: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    capacity: float,
    parts: Sequence[Any] | None = None,
) -> dict[str, Any]:
    """Return the figures of both scorers on rows of which the outcome is known.

    :param labels: (n,) of 0 and 1; `champion`, `challenger`: (n,) values in [0, 1] of the same rows, NaN where one has
        none: such a row is left out
    :param capacity: share of the rows that people can look at, for the precision among the highest
    :param parts: the segment of each row, None for none
    :return: {"rows", "positives", "champion": side, "challenger": side, "auc", "brier" (gains of the challenger with
        a 95 % interval), "segments"}; of too few rows only the counts

    >>> labels = np.tile([0, 1], 100)
    >>> found = figures(labels, np.full(200, 0.5), 0.1 + 0.8 * labels, capacity=0.1)
    >>> found["champion"]["auc"], found["challenger"]["auc"], found["challenger"]["precision"]
    (0.5, 1.0, 1.0)
    """
    truth, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, champion, challenger))
    both = ~(np.isnan(ours) | np.isnan(theirs))
    truth, ours, theirs = truth[both], ours[both], theirs[both]
    found: dict[str, Any] = {"rows": len(truth), "positives": int(truth.sum())}
    if min(found["positives"], len(truth) - found["positives"]) < MIN_OUTCOMES:
        return found
    most = max(round(capacity * len(truth)), 1)
    named = [part for part, known in zip(parts, both.tolist(), strict=True) if known] if parts is not None else []
    return {
        **found,
        "looked_at": most,
        "champion": _side(truth, ours, most),
        "challenger": _side(truth, theirs, most),
        "auc": _gain(performance.auc_difference(truth, theirs, ours)),
        "brier": _gain(performance.brier_difference(truth, ours, theirs)),
        "segments": _segments(truth, ours, theirs, named),
    }


def changes(
    champion: ArrayLike, challenger: ArrayLike, champion_flags: ArrayLike, challenger_flags: ArrayLike
) -> dict[str, Any]:
    """Return which rows would change flag or band with the challenger; values are (n,), NaN where one has none.

    :return: {"rows", "flagged", "unflagged" (row numbers), "up", "down" (row numbers of other bands), "bands"
        (BANDS x BANDS counts, rows are the champion's)}

    >>> changes([0.1, 0.9], [0.9, 0.9], [False, True], [True, True])["flagged"]
    [0]
    """
    ours, theirs = (np.asarray(each, dtype=np.float64) for each in (champion, challenger))
    before, after = (np.asarray(each, dtype=bool) for each in (champion_flags, challenger_flags))
    both = ~(np.isnan(ours) | np.isnan(theirs))
    one, two = band(np.nan_to_num(ours)), band(np.nan_to_num(theirs))
    counts = np.zeros((BANDS, BANDS), dtype=int)
    np.add.at(counts, (one[both], two[both]), 1)
    return {
        "rows": int(both.sum()),
        "flagged": np.flatnonzero(both & after & ~before).tolist(),
        "unflagged": np.flatnonzero(both & before & ~after).tolist(),
        "up": np.flatnonzero(both & (two > one)).tolist(),
        "down": np.flatnonzero(both & (two < one)).tolist(),
        "bands": counts.tolist(),
    }


def band(values: ArrayLike) -> np.ndarray:
    """Return the band of each value in [0, 1], 0 for the lowest; shape (n,).

    >>> band([0.0, 0.19, 0.2, 1.0]).tolist()
    [0, 0, 1, 4]
    """
    return np.clip(np.floor(np.asarray(values, dtype=np.float64) * BANDS + 1e-9), 0, BANDS - 1).astype(int)


def regressions(labels: ArrayLike, champion: ArrayLike, challenger: ArrayLike, *, most: int = 10) -> list[int]:
    """Return the rows where the challenger is further from the outcome than the champion, the worst first.

    >>> regressions([1, 1, 0], [0.9, 0.5, 0.5], [0.2, 0.4, 0.1])
    [0, 1]
    """
    truth, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, champion, challenger))
    loss = np.nan_to_num((theirs - truth) ** 2 - (ours - truth) ** 2)
    worst = np.argsort(-loss, kind="stable")[:most]
    return [int(row) for row in worst if loss[row] > 0]


def _side(labels: np.ndarray, values: np.ndarray, most: int) -> dict[str, Any]:
    return {
        "auc": _plain(performance.auc(labels, values)),
        "brier": _plain(performance.brier(labels, values)),
        "precision": _plain(performance.precision_at(labels, values, most)),
        "calibration": calibration(labels, values),
    }


def calibration(labels: np.ndarray, values: np.ndarray) -> list[list[float]]:
    """Return [mean value, share that came true, rows] of up to ``BINS`` groups of equally many rows, ascending."""
    order = np.argsort(values, kind="stable")
    groups = np.array_split(order, max(min(BINS, len(order) // MIN_BIN), 1))
    return [[float(values[rows].mean()), float(labels[rows].mean()), len(rows)] for rows in groups if len(rows)]


def _segments(labels: np.ndarray, ours: np.ndarray, theirs: np.ndarray, parts: list) -> list[dict[str, Any]]:
    """Return the figures of the large segments; what is small has counts only."""
    if not parts:
        return []
    found = []
    for part, rows in rows_by_part(parts, MOST_SEGMENTS):
        positives = int(labels[rows].sum())
        row: dict[str, Any] = {"part": part, "rows": len(rows), "positives": positives}
        if min(positives, len(rows) - positives) >= MIN_POSITIVES // 5:
            row |= {
                "auc": [_plain(performance.auc(labels[rows], each[rows])) for each in (ours, theirs)],
                "brier": [_plain(performance.brier(labels[rows], each[rows])) for each in (ours, theirs)],
            }
        found.append(row)
    return found


def _gain(difference: performance.Difference) -> dict[str, float | None]:
    return {name: _plain(getattr(difference, name)) for name in ("estimate", "low", "high")}


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
