"""The bins of a card as few lines as a person reads.

The card itself stays as exact as it is: here neighbouring intervals of a number that
are worth nearly the same become one line, whose points are their mean over the
reference, and of a category only the strongest levels keep a line of their own.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    Bins,
)
from .columns import NUMBER
from .tags import member_name, no_code, yes_code
from .words import ENGLISH, Words

CardFeature = Any  # of `cards`, which imports this module
MOST_INTERVALS = 8  # lines of one number
MOST_LEVELS = 12  # lines of one category
MOST_CELLS = 4  # lines of one pair
SAME = 0.02  # of the card's widest input: points that differ by less are one line


class Line(NamedTuple):
    """One line: ``count`` reference rows lie in it."""

    label: str
    points: float
    count: int  # type: ignore[assignment]  # a tuple's method, which nobody calls here
    deviation: float | None = None  # standard deviation of the points, where it is known

    def between(self, reach: float) -> tuple[float, float] | None:
        """The points less and plus ``reach`` standard deviations, None where these are not known."""
        return (
            None
            if self.deviation is None
            else (self.points - reach * self.deviation, self.points + reach * self.deviation)
        )


class Cell(NamedTuple):
    """One cell of a pair, by the labels of its two bins."""

    first: str
    second: str
    points: float


def lines_of(
    bins: Bins,
    points: np.ndarray,
    counts: np.ndarray,
    widest: float,
    names: dict[str, str] | None = None,
    words: Words = ENGLISH,
    deviations: np.ndarray | None = None,
) -> list[Line]:
    """``Line``s of one input; ``widest`` is the range of points of the card's widest input.

    ``deviations`` (size,) are the standard deviations of the points, where they are known.

    >>> from .binning import NumericBins
    >>> bins = NumericBins(0, 9, [3, 6], whole=True)
    >>> lines = lines_of(bins, np.array([0, 0, 0, 1.0, 1.0, 2.0]), np.array([0, 0, 0, 5, 5, 5]), 2.0)
    >>> [(line.label, line.points, line.count) for line in lines]
    [('0 to 5', 1.0, 10), ('6 to 9', 2.0, 5)]
    """

    def line(label: str, codes: list[int]) -> Line:
        unsure = None if deviations is None else _mean(deviations[codes], counts[codes])
        return Line(label, _mean(points[codes], counts[codes]), int(counts[codes].sum()), unsure)

    lines = [line(bins.label(code, names, words), [code]) for code in range(FIRST) if counts[code]]
    if bins.kind == NUMBER:
        groups = interval_groups(points, counts, SAME * widest)
        return [*lines, *(line(bins.span(*ends, words), list(range(ends[0], ends[1] + 1))) for ends in groups)]
    codes = sorted(range(FIRST, bins.size), key=lambda code: -abs(points[code]))
    lines += [line(bins.label(code, names, words), [code]) for code in codes[:MOST_LEVELS]]
    if rest := codes[MOST_LEVELS:]:
        lines.append(line(words.more(len(rest)), rest))
    return lines


def lines_of_tags(
    features: list[CardFeature], names: dict[str, Any] | None = None, words: Words = ENGLISH
) -> list[Line]:
    """``Line``s of an input whose values are tags: what a row begins with, and what each of its tags adds.

    ``features`` are its columns, the one with the name of the input first. A row that has none of the tags gets the
    points of every "no"; these are one line, and each tag is worth its "yes" less its "no": added up, the printed lines
    of a row are its points.
    """
    rest, *members = features
    tag_of = {member_name(rest.name, tag): tag for tag in rest.bins.members}
    start, lines = 0.0, []
    for feature in members:
        yes, no = yes_code(feature.bins), no_code(feature.bins)
        start += float(feature.points[no])
        tag = tag_of[feature.name]
        label = str((names or {}).get(tag, tag))
        lines.append(Line(label, float(feature.points[yes] - feature.points[no]), int(feature.counts[yes])))
    lines.sort(key=lambda line: -abs(line.points))
    if others := lines[MOST_LEVELS:]:
        points, counts = np.array([line.points for line in others]), np.array([line.count for line in others])
        lines[MOST_LEVELS:] = [Line(words.more(len(others)), _mean(points, counts), round(float(counts.mean())))]
    begin = [Line(words.none_of(), start, int(rest.counts.sum()))] if members else []
    return [*begin, *lines, *lines_of(rest.bins, rest.points, rest.counts, 0.0, words=words)]


def interval_groups(points: np.ndarray, counts: np.ndarray, near: float) -> list[tuple[int, int]]:
    """[first, last] codes of neighbouring intervals that are one line."""
    return [(first + FIRST, last + FIRST) for first, last in neighbour_groups(points[FIRST:], counts[FIRST:], near)]


def neighbour_groups(values: np.ndarray, counts: np.ndarray, near: float) -> list[tuple[int, int]]:
    """[first, last] places of neighbours that are one line; ``values`` and ``counts`` have the shape (n,).

    The two neighbours whose merging loses least are merged, again and again, while they
    differ by less than ``near`` or there are more than ``MOST_INTERVALS``.
    """
    firsts = np.arange(len(values))
    means, sizes = np.array(values, dtype=np.float64), np.maximum(counts, 1e-9).astype(np.float64)
    while len(firsts) > 1:
        gaps = abs(np.diff(means))
        losses = gaps**2 * sizes[:-1] * sizes[1:] / (sizes[:-1] + sizes[1:])
        alike = gaps <= near
        place = int(np.argmin(np.where(alike, losses, np.inf) if alike.any() else losses))
        if not alike[place] and len(firsts) <= MOST_INTERVALS:
            break
        both = sizes[place] + sizes[place + 1]
        means[place] = (means[place] * sizes[place] + means[place + 1] * sizes[place + 1]) / both
        sizes[place] = both
        firsts, means = np.delete(firsts, place + 1), np.delete(means, place + 1)
        sizes = np.delete(sizes, place + 1)
    lasts = [*(firsts[1:] - 1), len(values) - 1]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=False)]


def _mean(points: np.ndarray, counts: np.ndarray) -> float:
    return float(np.average(points, weights=counts)) if counts.sum() else float(np.mean(points))


def strongest_cells(
    one: CardFeature,
    two: CardFeature,
    points: np.ndarray,
    first_names: dict[str, str] | None = None,
    second_names: dict[str, str] | None = None,
    words: Words = ENGLISH,
    second_words: Words = ENGLISH,
) -> list[Cell]:
    """``Cell``s of a pair of ``CardFeature``s that are worth most, by points and by how common both bins are.

    Neighbouring intervals that share their points are one cell.
    """
    rows, columns = _blocks(one, points), _blocks(two, points.T)
    cells = []
    for row in rows:
        for column in columns:
            value = float(points[row[0], column[0]])
            common = one.counts[row[0] : row[1] + 1].sum() * two.counts[column[0] : column[1] + 1].sum()
            cells.append((abs(value) * math.sqrt(common), row, column, value))
    cells.sort(key=lambda cell: -cell[0])
    return [
        Cell(
            _block_label(one.bins, row, first_names, words),
            _block_label(two.bins, column, second_names, second_words),
            value,
        )
        for strength, row, column, value in cells[:MOST_CELLS]
        if strength
    ]


def _blocks(feature: CardFeature, points: np.ndarray) -> list[tuple[int, int]]:
    """[first, last] codes; neighbouring intervals with equal rows in ``points`` are one block."""
    blocks = [(code, code) for code in (MISSING, BELOW, ABOVE)]
    for code in range(FIRST, feature.bins.size):
        same = feature.kind == NUMBER and code > FIRST and np.allclose(points[code], points[code - 1], atol=0.05)
        blocks = [*blocks[:-1], (blocks[-1][0], code)] if same else [*blocks, (code, code)]
    return blocks


def _block_label(bins: Bins, block: tuple[int, int], names: dict[str, str] | None, words: Words) -> str:
    return bins.label(block[0], names, words) if block[0] == block[1] else bins.span(*block, words)
