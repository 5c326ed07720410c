"""Variation between ordinary weeks, from profiles of a reference; ``noise`` holds the stored values.

Parts of the reference are as long as a window, at least ``MIN_PART_ROWS`` rows each; eight of them say something.
"""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from .binning import MISSING, UNSEEN, Bins
from .columns import NUMBER
from .drift import (
    MISSING_TEST,
    POOLED,
    SHAPE,
    UNSEEN_TEST,
    effect_of,
)
from .noise import Noise
from .profile import (
    PREDICTION,
    PREDICTION_BINS,
    RESERVED,
    Profile,
)
from .rates import spread
from .tags import tags_of

FLOOR_QUANTILE, FLOOR_FACTOR = 0.9, 1.2  # of the effects that the parts of a reference show
MIN_PARTS = 8  # of a reference that say how much a column moves by itself
MIN_PART_ROWS = 50  # of such a part, as of a window
MIN_BLOCKS = 4  # of so many weeks each, in a reference that says how much they differ


def merged(parts: list[Profile], min_rows: Any = MIN_PART_ROWS) -> list[Profile]:
    """Neighbouring profiles of ``parts`` added up until each has ``min_rows``; what is left over joins the last.

    A window grows in the same way until it can be judged.

    >>> [part.rows for part in merged([Profile(35), Profile(30), Profile(90), Profile(10)])]
    [65, 100]
    """
    whole, rest = [], Profile()
    for part in parts:
        rest = rest + part
        if rest.rows >= min_rows:
            whole, rest = [*whole, rest], Profile()
    if rest.rows and whole:
        whole[-1] = whole[-1] + rest
    return whole


def windows_on_any_day(days: Any, min_rows: Any = MIN_PART_ROWS) -> Any:
    """The profiles of all windows within ``days`` ({date: Profile}), whatever day they begin on.

    A window is a week, or as many weeks as it takes for ``min_rows``. What comes in one week of a month is split
    between two windows in most months and lies in one window in others: only all windows together show how much
    it can move.
    """
    if not days:
        return []
    first, last = min(days), max(days)
    rows, span = sum(profile.rows for profile in days.values()), (last - first).days + 1
    length = 7 * max(1, math.ceil(min_rows / max(7 * rows / span, 1)))
    counted = [days.get(first + timedelta(days=place), Profile()) for place in range(span)]
    windows = [sum(counted[place : place + length], Profile()) for place in range(span - length + 1)]
    return [window for window in windows if window.rows >= min_rows]


def noise_of(
    parts: list[Profile], bins: dict[str, Bins], references: Any = None, whole: Any = None, weeks: Any = None
) -> Noise:
    """Measure the noise of ``parts``, profiles as long as a window; a ``Noise`` for ``judge``.

    ``references`` and ``whole`` as in ``noise_floor``; ``weeks`` are the weeks of the reference in order, from which
    the noise of several weeks together is measured (the parts, where these follow each other).
    """
    if weeks is None and references is None and whole is None:
        weeks = parts
    overlap = whole is not None
    separate = weeks or [] if overlap else parts
    effects = _effects(parts, bins, references, whole)
    floors = {name: _floor(found, overlap) for name, found in effects.items()}
    own = _effects(merged(separate), bins, whole=whole) if overlap and separate else effects
    known = Noise(floors, _spreads(separate, bins), usual=_usual(own) if separate else {})
    week, pooled = known, {}
    for count in POOLED:
        if len(weeks or ()) >= count * MIN_BLOCKS:
            known = _pooled_noise(weeks, bins, count, known, week)
            pooled[count] = known
    return replace(week, pooled=pooled)


def _spreads(parts: list[Profile], bins: dict[str, Bins]) -> dict[str, Any]:
    """{test: {column: spread of its share between ``parts``}}; only what is not 0."""
    found, tags, parts = {}, tags_of(bins), [part for part in parts if part.rows]
    for name in parts[0].counts if parts else ():
        counted = np.stack([part.counts[name] for part in parts])
        rows = counted.sum(axis=1)
        if name == PREDICTION:
            asked = [(SHAPE, counted[:, -1], rows)]
        elif name in RESERVED or name in tags:
            continue
        else:
            asked = [(MISSING_TEST, counted[:, MISSING], rows)]
            if bins[name].kind != NUMBER:
                asked.append((UNSEEN_TEST, counted[:, UNSEEN], rows - counted[:, MISSING]))
        for test, hits, cases in asked:
            found.setdefault(test, {})[name] = spread(hits, cases)
    return {test: {name: wide for name, wide in own.items() if wide} for test, own in found.items()}


def _pooled_noise(weeks: list[Profile], bins: dict[str, Bins], count: int, fewer: Noise, week: Noise) -> Noise:
    """The noise of ``count`` weeks together; no larger than that of ``fewer``, nor smaller than chance would have it.

    Weeks that differ independently differ less together, those of a season do not. The former follows from what one
    ``week`` shows: its effects by their number. The latter is measured; a reference has so few blocks of several weeks,
    and those that roll have most of their days in common, that the largest of them is no bound: every year had a few
    that went beyond. The spread of shares, for which so few blocks say little, is that of fewer weeks.
    """
    rolling = [sum(weeks[place : place + count], Profile()) for place in range(len(weeks) - count + 1)]
    effects = _effects(rolling, bins, whole=sum(weeks, Profile()))
    floors = {
        name: max(min(_floor(found, True), fewer.floor(name)), week.floor(name) / count)
        for name, found in effects.items()
    }
    usual = {}
    for name, (mean, deviation) in week.usual.items():
        found = effects.get(name) or [0.0]
        usual[name] = (max(mean / count, float(np.mean(found))), max(deviation / count, float(np.std(found))))
    return Noise(floors, fewer.spreads, usual=usual)


def _usual(effects: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    """{column: upper bound of the mean and the deviation of its ``effects``}, of weeks that do not overlap."""
    usual = {}
    for name, found in effects.items():
        if len(found) >= MIN_PARTS:
            deviation = float(np.std(found, ddof=1)) * (1 + 1 / math.sqrt(2 * len(found)))
            usual[name] = (max(float(np.mean(found)), 0.0) + deviation / math.sqrt(len(found)), deviation)
    return usual


def noise_floor(
    parts: list[Profile], bins: dict[str, Bins], references: Any = None, whole: Any = None
) -> dict[str, float]:
    """name -> the effect that ordinary weeks show by themselves (a delta2): the ``floors`` of ``noise_of``.

    ``parts`` are profiles of the reference, each as long as a window. Each is compared with ``whole`` (their sum,
    unless they overlap), or with its own of ``references``, of which it must not be a part. The effect of a part
    is its debiased (X² - df) / N; where the part is within what it is compared with, divided by (1 - its share)²,
    as it pulls that along. The floor is the 90 % quantile of the effects times 1.2, without a cap: the quantile is the
    next higher effect that there is, so that of few weeks the one that stands out is not averaged away. Of windows
    that overlap it is at least the largest effect, as the same few days are in seven of them.
    """
    return {name: _floor(found, whole is not None) for name, found in _effects(parts, bins, references, whole).items()}


def _floor(effects: list[float], overlap: bool) -> float:
    largest = np.quantile(effects, FLOOR_QUANTILE, method="higher") if effects else 0.0
    return max(0.0, FLOOR_FACTOR * float(largest), float(max(effects, default=0.0)) if overlap else 0.0)


def _effects(
    parts: list[Profile], bins: dict[str, Bins], references: Any = None, whole: Any = None
) -> dict[str, list[float]]:
    """{column: the effects of ``parts``}, see ``noise_floor``."""
    whole = whole or sum(parts, Profile())
    shares = [0.0 if references else part.rows / max(whole.rows, 1) for part in parts]
    references = references or [whole] * len(parts)
    effects = {}
    for name in whole.counts:
        own = bins.get(name, PREDICTION_BINS) if name == PREDICTION else bins[name]
        found = [
            (effect_of(own, reference.counts[name], part.counts[name]), share)
            for part, reference, share in zip(parts, references, shares, strict=True)
            if share < 1
        ]
        effects[name] = [effect / (1 - share) ** 2 for effect, share in found if effect is not None]
    return effects
