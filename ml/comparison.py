"""Differences between two cards of the same question: inputs added and removed, and changed points.

Two versions rarely have the same bins, so points are compared value by value: where numbers are cut by either card,
and for each level that either knows. Neighbouring intervals that moved nearly alike are one row, whatever their bins
are called, and what holds many records stands before what holds few.
"""

from typing import Any, NamedTuple

import numpy as np

from .binning import Bins, NumericBins
from .cards import CardFeature
from .printing import SAME, neighbour_groups
from .scorecard import Scorecard
from .tags import TagBins, no_code, yes_code
from .words import ENGLISH, Words

LEAST_SHARE = 0.005  # of the reference: what holds fewer records is no difference between the versions


class Moved(NamedTuple):
    """One value of one input that both cards read: its points then and now."""

    feature: str
    label: str
    before: float
    after: float
    share: float  # of the records of the reference that have it, in whichever card it is more

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
    """``Moved`` of every value whose points differ by ``least`` or more, those that matter to most records first.

    ``names`` maps an input to a mapping from level to display name.
    """
    earlier = {feature.name: feature for feature in old.features}
    moved = []
    for feature in new.features:
        before = earlier.get(feature.name)
        if before is not None and feature.name in new.tags:
            name, tag = new.tags[feature.name]
            label = str((names or {}).get(name, {}).get(tag, tag))
            share = max(float(_shares(each)[yes_code(each.bins)]) for each in (before, feature))
            moved.append(Moved(name, label, _worth(before), _worth(feature), share))
        elif before is not None and type(before.bins) is type(feature.bins):
            moved += _moved(before, feature, (names or {}).get(feature.name) or {}, words.of(feature.name))
    told = (row for row in moved if abs(row.change) >= least and row.share >= LEAST_SHARE)
    return sorted(told, key=lambda row: -abs(row.change) * row.share)


def _worth(feature: CardFeature) -> float:
    """Return the contribution of one tag: the points with it less those without it."""
    return float(feature.points[yes_code(feature.bins)] - feature.points[no_code(feature.bins)])


def _shares(feature: CardFeature) -> np.ndarray:
    """Return the share of the reference in each bin, shape (size,)."""
    return feature.counts / max(float(np.sum(feature.counts)), 1.0)


def _moved(before: CardFeature, after: CardFeature, names: dict[str, str], words: Words) -> list[Moved]:
    numeric = isinstance(after.bins, NumericBins)
    values, labels = _numbers(before.bins, after.bins) if numeric else _levels(before.bins, after.bins, names, words)
    points, shares = [], []
    for card in (before, after):
        codes = card.bins.codes(values)
        points.append(card.points[codes])
        shares.append(_shares(card)[codes] / np.bincount(codes, minlength=card.bins.size)[codes])
    was, now, share = *points, np.maximum(*shares)
    if not numeric:
        rows = zip(labels, was.tolist(), now.tolist(), share.tolist(), strict=True)
        return [Moved(after.name, *row) for row in rows]
    missing = Moved(after.name, words.missing, float(was[0]), float(now[0]), float(share[0]))
    return [missing, *_joined(after.name, labels[1:], was[1:], now[1:], share[1:], words)]


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


def _joined(
    name: str, ends: list[Any], was: np.ndarray, now: np.ndarray, share: np.ndarray, words: Words
) -> list[Moved]:
    """Neighbouring intervals that moved nearly alike are one row, with the mean of their points."""
    change = now - was
    near = SAME * float(np.ptp([0.0, *was, *now]))
    rows = []
    for first, last in neighbour_groups(change, share, near):
        within = slice(first, last + 1)
        total = float(share[within].sum())
        weights = share[within] if total else None
        label = words.span(words.number(ends[first][0]), words.number(ends[last][1]))
        before, after = (
            float(np.average(each[within], weights=weights) if last > first else each[first]) for each in (was, now)
        )
        rows.append(Moved(name, label, before, after, total))
    return rows


def _levels(before: Bins, after: Bins, names: dict[str, str], words: Words) -> tuple[np.ndarray, list[str]]:
    levels = list(dict.fromkeys([*after.levels, *before.levels]))
    if isinstance(after, TagBins):
        texts = [words.others(int(level)) for level in levels]
    else:
        texts = [str(names.get(level, level)) for level in levels]
    return np.array([None, *levels], dtype=object), [words.missing, *texts]
