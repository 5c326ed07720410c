"""Differences between two cards of the same question: inputs added and removed, and changed points.

Two versions rarely have the same bins, so points are compared value by value: where numbers are cut by either card,
and for each level that either knows. A value that both treat alike is one row, whatever its bins are called.
"""

from typing import Any, NamedTuple

import numpy as np

from .binning import Bins, NumericBins
from .cards import CardFeature
from .scorecard import Scorecard
from .tags import TagBins, no_code, yes_code
from .words import ENGLISH, Words


class Moved(NamedTuple):
    """One value of one input that both cards read: its points then and now."""

    feature: str
    label: Any  # text; until neighbours are joined the ends of an interval, None for missing
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


def inputs_changed(old: Scorecard, new: Scorecard) -> tuple[list[str], list[str]]:
    """(names only the new card reads, names only the old one read), in the order of the cards."""
    before, after = [name for name, _places in old.inputs], [name for name, _places in new.inputs]
    return [name for name in after if name not in before], [name for name in before if name not in after]


def points_moved(
    old: Scorecard, new: Scorecard, names: dict[str, Any] | None = None, least: float = 0.005, words: Words = ENGLISH
) -> list[Moved]:
    """``Moved`` of every value whose points differ by ``least`` or more, the largest first.

    ``names`` maps an input to a mapping from level to display name.
    """
    earlier = {feature.name: feature for feature in old.features}
    moved = []
    for feature in new.features:
        before = earlier.get(feature.name)
        if before is not None and feature.name in new.tags:
            name, tag = new.tags[feature.name]
            moved.append(Moved(name, str((names or {}).get(name, {}).get(tag, tag)), *map(_worth, (before, feature))))
        elif before is not None and type(before.bins) is type(feature.bins):
            moved += _moved(before, feature, (names or {}).get(feature.name) or {}, words.of(feature.name))
    return sorted((row for row in moved if abs(row.change) >= least), key=lambda row: -abs(row.change))


def _worth(feature: CardFeature) -> float:
    """Return the contribution of one tag: the points with it less those without it."""
    return float(feature.points[yes_code(feature.bins)] - feature.points[no_code(feature.bins)])


def _moved(before: CardFeature, after: CardFeature, names: dict[str, str], words: Words) -> list[Moved]:
    numeric = isinstance(after.bins, NumericBins)
    values, labels = _numbers(before.bins, after.bins) if numeric else _levels(before.bins, after.bins, names, words)
    was, now = before.points[before.bins.codes(values)], after.points[after.bins.codes(values)]
    rows = [Moved(after.name, *row) for row in zip(labels, was.tolist(), now.tolist(), strict=True)]
    return _joined(rows, words) if numeric else rows


def _numbers(before: Bins, after: Bins) -> tuple[np.ndarray, list[Any]]:
    """A value in each interval that the cuts of either card make, and one that is missing."""
    known = [bins for bins in (before, after) if bins.low is not None]
    cuts = sorted({edge for bins in known for edge in bins.edges})
    low, high = min((bins.low for bins in known), default=0.0), max((bins.high for bins in known), default=0.0)
    ends = [low, *(cut for cut in cuts if low < cut <= high), high]
    values: list[float] = [np.nan]
    labels: list[Any] = [None]
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        values.append(start)  # intervals are closed below
        labels.append((start, end))
    return np.array(values), labels


def _joined(rows: list[Moved], words: Words) -> list[Moved]:
    """Neighbouring intervals with the same points on both sides are one, and every interval gets its text."""
    joined = []
    for row in rows:
        last = joined[-1] if joined else None
        if last and last.label is not None and (last.before, last.after) == (row.before, row.after):
            joined[-1] = last._replace(label=(last.label[0], row.label[1]))
        else:
            joined.append(row)
    return [
        row._replace(label=words.missing if row.label is None else words.span(*map(words.number, row.label)))
        for row in joined
    ]


def _levels(before: Bins, after: Bins, names: dict[str, str], words: Words) -> tuple[np.ndarray, list[str]]:
    levels = list(dict.fromkeys([*after.levels, *before.levels]))
    if isinstance(after, TagBins):
        texts = [words.others(int(level)) for level in levels]
    else:
        texts = [str(names.get(level, level)) for level in levels]
    return np.array([None, *levels], dtype=object), [words.missing, *texts]
