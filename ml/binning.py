"""A column cut into bins: one byte per row.

The same codes serve the score, the explanation, the drift monitor and the data
quality checks. Every layout starts with three codes of its own::

    code   number                    category
    0      missing                   missing
    1      below the training range  unseen: no level of the training rows
    2      above the training range  other: known, but too rare for an own bin
    3 ...  intervals, ascending      frequent levels, the most frequent first

Intervals are half open, ``[low, high)``; the last one includes its end. Where no
finite number was ever seen, every number is "never seen before" (code 1).
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .columns import CATEGORY, NUMBER
from .words import ENGLISH, Words

MISSING = 0
BELOW = UNSEEN = 1
ABOVE = OTHER = 2
FIRST = 3

MAX_BINS = 250  # with the three codes above this fits a byte
OWN_ROWS = 30  # of a value that gets a bin of its own
OWN_SHARE = 0.5  # of the rows of a usual bin, too
MAX_KNOWN = 100_000  # distinct levels a column may keep; beyond, it is an identifier


class NumericBins:
    """Intervals of a number.

    ``low`` and ``high`` are the finite training range (both None if there was no
    number), ``edges`` the ascending cuts strictly between them, ``whole`` says that
    all training values were integers, so that labels can say "3 to 5". ``tails`` are the
    numbers of intervals at either end that are beyond the training range, too: see ``tails``.

    >>> bins = NumericBins.fit([1, 2, 3, 4, float("nan")], max_bins=2)
    >>> bins.codes(np.array([np.nan, 0, 1, 2.9, 3, 4, 9])).tolist()
    [0, 1, 3, 3, 4, 4, 2]
    >>> [bins.label(code) for code in range(bins.size)]
    ['missing', 'under 1', 'over 4', '1 to 2', '3 to 4']
    """

    kind = NUMBER

    def __init__(
        self,
        low: float | None,
        high: float | None,
        edges: Sequence[float] | np.ndarray = (),
        whole: bool = False,
        tails: tuple[int, int] = (0, 0),
    ) -> None:
        self.low: Any = None if low is None else float(low)  # as high: None where no value was seen
        self.high: Any = None if high is None else float(high)
        self.edges = tuple(float(edge) for edge in edges)
        self.whole = bool(whole)
        self.tails: tuple[int, int] = (int(tails[0]), int(tails[1]))
        if low is None or high is None:
            self.intervals = 0
            self._breaks = np.array([np.nan])
            lookup = [UNSEEN, MISSING]
        else:
            self.intervals = len(self.edges) + 1
            # NaN sorts behind everything, so one search tells all cases apart:
            # 0 below, 1 ... the intervals, then above, then missing.
            above = math.nextafter(high, math.inf)
            self._breaks = np.array([low, *self.edges, above, np.nan])
            last = FIRST + self.intervals
            lookup = [BELOW, *range(FIRST, last), ABOVE, MISSING]
        self._lookup = np.array(lookup, dtype=np.uint8)
        self._cuts: Any = None  # in few digits, made when a label is asked for

    @classmethod
    def fit(cls, values: Any, max_bins: int = MAX_BINS, *, spacing: str = "even", even: int | None = None) -> "Bins":
        """Bins of about equal counts, at most ``max_bins``, from the given numbers.

        Values that repeat often get a bin of their own: amounts do, and what is usual
        for one says little of its neighbours. All other values share at most ``even`` bins
        (None: those that are left). ``spacing="tails"`` makes bins narrower
        towards both ends, for models that look at extremes, and knows no such values. Cuts are
        the roundest numbers that separate the same rows, so that labels are exact.
        """
        if not 1 <= max_bins <= MAX_BINS:
            raise ValueError(f"max_bins must be 1 to {MAX_BINS}, not {max_bins}")
        values = np.asarray(values, dtype=np.float64)
        values = np.sort(values[np.isfinite(values)]) + 0.0  # no negative zero
        if not len(values):
            return cls(None, None)
        starts = np.flatnonzero(values[1:] != values[:-1]) + 1  # where a new value begins
        if len(starts) >= max_bins:
            frequent = _frequent(values, starts, max_bins) if spacing == "even" else starts[:0]
            shared = min(max_bins - len(frequent), even or max_bins)
            starts = _joined(_quantile_starts(values, shared, spacing), frequent, len(values) / max_bins)
        edges = round_between(values[starts - 1], values[starts])
        whole = bool(np.all(values == np.floor(values)) and abs(values).max() < 1e15)
        return cls(values[0], values[-1], edges, whole)

    @property
    def size(self) -> int:
        """Number of codes."""
        return FIRST + self.intervals

    @property
    def beyond(self) -> list[int]:
        """Codes of what lies beyond the training range.

        >>> NumericBins(0, 9, [1, 2, 8], tails=(1, 1)).beyond
        [1, 3, 6, 2]
        """
        below, above = self.tails
        return [BELOW, *range(FIRST, FIRST + below), *range(self.size - above, self.size), ABOVE]

    def codes(self, values: np.ndarray) -> np.ndarray:
        """uint8 code of each of the float64 ``values``."""
        return self._lookup[self._breaks.searchsorted(values, "right")]

    def cuts(self) -> tuple[np.ndarray, np.ndarray]:
        """``(edges, codes)``: where a growing number gets another code, ascending, and its code before and after each.

        >>> edges, codes = NumericBins(0, 9, [3]).cuts()
        >>> edges.tolist()[:2], codes.tolist()
        ([0.0, 3.0], [1, 3, 4, 2])
        """
        return self._breaks[:-1], self._lookup[:-1]

    def bounds(self, code: int) -> tuple[float, float]:
        """``(low, high)`` of the interval ``code``."""
        cuts = (self.low, *self.edges, self.high)
        place = int(code) - FIRST
        return cuts[place], cuts[place + 1]

    def label(self, code: int, names: dict[str, Any] | None = None, words: Words = ENGLISH) -> str:
        """Short text of ``code`` for people; ``names`` is for categories only."""
        if code == MISSING:
            return words.missing
        if self.low is None:
            return words.never_seen
        below, above = self.tails  # beyond the range, the range itself is told: a share never lies under 0
        if code == BELOW or FIRST <= code < FIRST + below:
            return words.under(self._text(below, words))
        if code == ABOVE or code >= self.size - above:
            return words.over(self._text(-1 - above, words))
        return self.span(code, code, words)

    def span(self, first: int, last: int, words: Words = ENGLISH) -> str:
        """Short text of the neighbouring intervals from code ``first`` to ``last``.

        What begins or ends beyond the training range is under or over its other end: a share never lies under 0.

        >>> NumericBins(0, 9, [3, 6], whole=True).span(3, 4)
        '0 to 5'
        >>> NumericBins(-1, 9, [0, 3, 6], tails=(1, 0)).span(3, 4)
        'under 3'
        """
        start, end = int(first) - FIRST, int(last) - FIRST + 1
        below, above = self.tails
        under, over = start < below, int(last) >= self.size - above
        if below and start == below and not over:  # the range begins a little under its least number, which may be 0
            ends = self.bounds(first)
            under = ends[0] < 0 <= ends[1]
        if under and not over:
            return words.under(self._text(end, words))
        if over and not under:
            return words.over(self._text(start, words))
        if self.whole:
            top = self.bounds(last)[1]
            most = math.floor(top) if last == self.size - 1 else math.ceil(top) - 1
            low, high = words.number(math.ceil(self.bounds(first)[0])), words.number(most)
        else:
            low, high = self._text(start, words), self._text(end, words)
        return words.single(low) if low == high else words.span(low, high)

    def _text(self, place: int, words: Words) -> str:
        """The cut at ``place``, counting both ends of the range, in as few digits as tell all cuts apart."""
        if self._cuts is None:
            self._cuts = few_digits((self.low, *self.edges, self.high))
        return words.number(self._cuts[place])

    def fold(self, counts: ArrayLike) -> np.ndarray:
        """Counts per interval, with what lies beyond either end added to that end.

        ``counts`` has one entry per code; missing is left out. This is what the
        drift test compares.

        >>> NumericBins(0, 9, [3]).fold([7, 1, 2, 10, 20]).tolist()
        [11, 22]
        """
        counts = np.asarray(counts)
        folded = counts[FIRST:].copy()
        if len(folded):
            folded[0] += counts[BELOW]
            folded[-1] += counts[ABOVE]
        return folded

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; ``tails`` where there are any."""
        tails = {"tails": list(self.tails)} if any(self.tails) else {}
        return {
            "kind": self.kind,
            "low": self.low,
            "high": self.high,
            "edges": list(self.edges),
            "whole": self.whole,
            **tails,
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Bins":
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first."""
        return cls(data["low"], data["high"], data["edges"], data["whole"], data.get("tails", (0, 0)))


class CategoryBins:
    """Levels of a category.

    ``levels`` are the frequent ones, in the order of their codes; ``level_counts``
    holds the count of every known level, rare ones too, and ``dropped`` the rows
    whose level was beyond ``MAX_KNOWN`` (they will look unseen).

    >>> bins = CategoryBins.fit(["a"] * 5 + ["b"] * 3 + ["c", None], min_count=2)
    >>> bins.codes(np.array(["a", "b", "c", "new", None], dtype=object)).tolist()
    [3, 4, 2, 1, 0]
    >>> bins.label(3, names={"a": "Azure Interior"})
    'Azure Interior'
    """

    kind = CATEGORY

    def __init__(self, levels: Sequence[Any], level_counts: dict[str, int], dropped: int = 0) -> None:
        self.levels = tuple(levels)
        self.level_counts = dict(level_counts)
        self.dropped = int(dropped)
        self._code: dict[Any, int] = dict.fromkeys(self.level_counts, OTHER)
        self._code.update((level, FIRST + i) for i, level in enumerate(self.levels))
        self._code[None] = MISSING

    @classmethod
    def fit(cls, values: np.ndarray, max_levels: int = MAX_BINS, min_count: int = 10) -> "Bins":
        """Bins of the levels that occur at least ``min_count`` times."""
        if not 1 <= max_levels <= MAX_BINS:
            raise ValueError(f"max_levels must be 1 to {MAX_BINS}, not {max_levels}")
        counts = Counter(values)
        counts.pop(None, None)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        known = dict(ranked[:MAX_KNOWN])
        dropped = sum(count for _level, count in ranked[MAX_KNOWN:])
        levels = [level for level, count in ranked[:max_levels] if count >= min_count]
        return cls(levels, known, dropped)

    @property
    def size(self) -> int:
        """Number of codes."""
        return FIRST + len(self.levels)

    @property
    def beyond(self) -> list[int]:
        """Codes of what training never saw."""
        return [UNSEEN]

    def codes(self, values: np.ndarray) -> np.ndarray:
        """uint8 code of each of the ``values``, text or None."""
        code = self._code.get
        return np.array([code(value, UNSEEN) for value in values], dtype=np.uint8)

    def label(self, code: int, names: dict[str, str] | None = None, words: Words = ENGLISH) -> str:
        """Short text of ``code``; ``names`` maps a level to its display name."""
        if code == MISSING:
            return words.missing
        if code == UNSEEN:
            return words.never_seen
        if code == OTHER:
            return words.other
        level = self.levels[int(code) - FIRST]
        return str((names or {}).get(level, level))

    def seen_times(self, times: int) -> int:
        """Count the known levels that occur exactly ``times`` times (for Good-Turing)."""
        return sum(count == times for count in self.level_counts.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "kind": self.kind,
            "levels": list(self.levels),
            "level_counts": dict(self.level_counts),
            "dropped": self.dropped,
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Bins":
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first."""
        return cls(data["levels"], data["level_counts"], data["dropped"])


BINS: dict[str, Any] = {
    NUMBER: NumericBins,
    CATEGORY: CategoryBins,
}  # by the kind that an artifact names; ``tags`` adds its own


Bins = Any  # one of the two: `kind` says which, where that matters


def bins_from_dict(data: Any) -> "Bins":
    """The bins that ``data`` describes."""
    return BINS[data["kind"]].from_dict(data)


def few_digits(numbers: Sequence[float]) -> list[float]:
    """Ascending ``numbers``, each rounded to three digits, or as many more as tell it from its neighbours.

    >>> few_digits([0.1234567, 25.5, 26.441, 5603.18])
    [0.123, 25.5, 26.4, 5603.0]
    >>> few_digits([26.41, 26.44])
    [26.41, 26.44]
    """
    return [_apart(number, numbers[max(place - 1, 0) : place + 2]) for place, number in enumerate(numbers)]


def _apart(number: float, near: Sequence[float]) -> float:
    """``number`` with the fewest digits, three or more, that tell it from its different neighbours ``near``."""
    others = set(near) - {number}
    for digits in range(3, 18):  # 17 tell any two floats apart
        rounded = _rounded(number, digits)
        if all(_rounded(other, digits) != rounded for other in others):
            break
    return rounded


def _rounded(number: float, digits: int) -> float:
    """``number`` with that many digits, all of them before the point kept."""
    if not number or not math.isfinite(number):
        return number
    return round(number, max(digits - 1 - math.floor(math.log10(abs(number))), 0))


number_text = ENGLISH.number


def _quantile_starts(values: np.ndarray, bins: int, spacing: str) -> np.ndarray:
    """Positions in the sorted ``values`` where bins of about equal counts begin.

    Only positions where a new value begins qualify; the nearer of the two ends of
    a run of equal values is taken, so that a long run gets a bin of its own.
    """
    n = len(values)
    shares = np.arange(1, bins) / bins
    if spacing == "tails":  # even steps of the log odds, out to one row in n
        reach = np.log(n)
        odds = np.exp(np.linspace(-reach, reach, bins // 2 + 1)[1:-1])  # more than fit would cost the narrowest ones
        shares = np.concatenate([shares[::2], odds / (1 + odds)])
        shares = np.unique(shares)
    positions = np.clip(np.round(shares * n).astype(int), 0, n - 1)
    runs = values[np.unique(positions)]
    positions = np.unique(positions)
    left = values.searchsorted(runs, "left")
    right = values.searchsorted(runs, "right")
    starts = np.unique(np.where(positions - left <= right - positions, left, right))
    starts = starts[(starts > 0) & (starts < n)]
    while len(starts) > bins - 1:
        starts = np.delete(starts, np.argmin(np.diff(starts, append=n)))
    return starts


def _frequent(values: np.ndarray, starts: np.ndarray, bins: int) -> np.ndarray:
    """Return begin and end of the most frequent values, as positions in the sorted ``values``.

    A value counts as frequent from ``OWN_SHARE`` of the rows of a usual bin on; these take up at most half of all bins.
    """
    firsts = np.concatenate([[0], starts])
    counts = np.diff(firsts, append=len(values))
    least = max(OWN_ROWS, OWN_SHARE * len(values) / bins)
    found = np.argsort(-counts, kind="stable")[: bins // 4]
    found = found[counts[found] >= least]
    ends = np.unique(np.concatenate([firsts[found], firsts[found] + counts[found]]))
    return ends[(ends > 0) & (ends < len(values))]


def _joined(starts: np.ndarray, fixed: np.ndarray, rows: float) -> np.ndarray:
    """Both in order, without those of ``starts`` less than half a bin of ``rows`` away from a ``fixed`` one."""
    if len(fixed):
        place = fixed.searchsorted(starts)
        after = abs(fixed[np.minimum(place, len(fixed) - 1)] - starts)
        before = abs(starts - fixed[np.maximum(place - 1, 0)])
        starts = starts[np.minimum(after, before) >= rows / 2]
    return np.unique(np.concatenate([starts, fixed]))


def round_between(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """The number with the fewest decimals in each ``(below, above]``, near its middle.

    >>> round_between(np.array([1.0, 19.2, 3.0]), np.array([2.0, 20.9, 50.0])).tolist()
    [2.0, 20.0, 30.0]
    """
    found = above.copy()
    todo = np.ones(len(above), dtype=bool)
    middle = below / 2 + above / 2
    for exponent in range(15, -13, -1):
        # Dividing by a power of ten rounds correctly, multiplying by its inverse does not.
        unit = 10.0 ** abs(exponent)
        with np.errstate(over="ignore", invalid="ignore"):  # numbers near the largest float
            if exponent >= 0:
                guess = np.floor(middle / unit + 0.5) * unit
            else:
                guess = np.floor(middle * unit + 0.5) / unit
        fits = todo & (guess > below) & (guess <= above)
        found[fits] = guess[fits]
        todo &= ~fits
        if not todo.any():
            break
    return found + 0.0
