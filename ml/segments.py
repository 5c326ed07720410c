"""Performance by segment: a cohort whose outcomes are due, judged for each part of the business.

A segment is a value of any field of the record: a team, a country, a vendor. The ``MOST`` commonest stand for
themselves, the others together are the rest. Tested is one question per segment, *do as many come true as was said?*
(calibration in the large), and all segments share one error level by Holm's method: with twenty segments one of them
always looks odd. The test is exact, against the Poisson-binomial law of the wins that the values promise, since in
small segments with few wins a normal law would raise several times the false alarms it says.

Shown, not tested: the share of wrong answers, and the Brier score beside that of a scorer who only knows the segment's
own share of wins. Segments with under ``MIN_ROWS`` rows cannot be judged. If calibration fails for the cohort as a
whole, most segments will be off for that one reason: look at the whole first.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import intervals, performance
from .counts import sum_p_value
from .drift import (
    CANNOT_JUDGE,
    DRIFTED,
    QUIET,
    holm,
)
from .outcomes import MIN_ROWS

MOST = 20  # segments that are told apart, the commonest


@dataclass(frozen=True)
class SegmentResult:
    """One segment of a cohort. What cannot be judged has None; ``low`` and ``high`` are 95 % intervals.

    ``rest`` says that these are the rows of all segments without a line of their own; ``segment`` is None then.
    """

    segment: Any
    rest: bool
    rows: int
    said: float | None = None
    came_true: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    exceeded: bool = False
    verdict: str = CANNOT_JUDGE
    error: float | None = None
    error_low: float | None = None
    error_high: float | None = None
    brier: float | None = None
    base_brier: float | None = None


def judge_segments(
    labels: ArrayLike,
    values: ArrayLike,
    predictions: ArrayLike,
    segments: list,
    *,
    level: float = 0.01,
    most: int = MOST,
) -> list[SegmentResult]:
    """A ``SegmentResult`` per segment, the commonest first and the rest last.

    ``labels``, ``predictions`` (n,) true or false, ``values`` (n,) float64 in [0, 1], ``segments`` (n,) anything that
    tells segments apart (ids, texts; None is a segment too).

    >>> found = judge_segments([True] * 60, [0.2] * 60, [False] * 60, ["north"] * 59 + ["south"])
    >>> [(each.segment, each.verdict) for each in found]
    [('north', 'drifted'), ('south', 'cannot_judge')]
    """
    labels, values = np.asarray(labels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    wrong = np.asarray(predictions, dtype=bool) != (labels == 1)
    if not len(labels) == len(values) == len(wrong) == len(segments):
        raise ValueError("labels, values, predictions and segments must have the same length")
    parts = _parts(segments, most)
    judged = [rows for _segment, _rest, rows in parts if len(rows) >= MIN_ROWS]
    p_values = [sum_p_value(values[rows], int(labels[rows].sum())) for rows in judged]
    tested = dict(zip(map(id, judged), zip(p_values, holm(p_values), strict=True), strict=True))
    return [
        _result(segment, rest, labels[rows], values[rows], wrong[rows], tested[id(rows)], level)
        if id(rows) in tested
        else SegmentResult(segment, rest, len(rows))
        for segment, rest, rows in parts
    ]


def _parts(segments: list, most: int) -> list[tuple[Any, bool, np.ndarray]]:
    """(segment, whether it is the rest, rows) of each part that has rows."""
    counts = Counter(segments)
    own = {segment: place for place, (segment, _count) in enumerate(counts.most_common(most))}
    places = np.array([own.get(segment, most) for segment in segments], dtype=np.int64)
    found = [(segment, False, np.flatnonzero(places == place)) for segment, place in own.items()]
    rest = np.flatnonzero(places == most)
    return [*found, (None, True, rest)] if len(rest) else found


def _result(
    segment: Any,
    rest: bool,
    labels: np.ndarray,
    values: np.ndarray,
    wrong: np.ndarray,
    tested: tuple[float, float],
    level: float,
) -> SegmentResult:
    rows, wins = len(labels), int(labels.sum())
    p_value, adjusted_p = tested
    low, high = intervals.clopper_pearson(wins, rows)
    error_low, error_high = intervals.clopper_pearson(int(wrong.sum()), rows)
    share = wins / rows
    exceeded = adjusted_p <= level
    return SegmentResult(
        segment=segment,
        rest=rest,
        rows=rows,
        said=float(values.mean()),
        came_true=share,
        low=low,
        high=high,
        p_value=p_value,
        adjusted_p=adjusted_p,
        exceeded=exceeded,
        verdict=DRIFTED if exceeded else QUIET,
        error=float(wrong.mean()),
        error_low=error_low,
        error_high=error_high,
        brier=performance.brier(labels, values),
        base_brier=share * (1 - share),
    )
