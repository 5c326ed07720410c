"""Twenty made-up inputs, a score and a prediction, drawn straight into counts per bin.

Twelve numbers (normal, lognormal, rounded to ties; all 2 % missing) and eight categories (seven of 2 to 20 levels, one
of 2,000 with a long tail). Rows are independent; what a week has of its own is its `jitter`: every column is moved by a
normal number of that many standard deviations (a number on the scale where it is normal, a category by the log of its
shares). Planted changes are named in `Change`.
"""

from dataclasses import dataclass

import numpy as np

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.profile import (
    PREDICTION,
    PREDICTION_BINS,
    SCORE,
    Profile,
)

NORMAL, LOGNORMAL, TIED = KINDS = ("normal", "lognormal", "tied")
NUMBERS = {f"{KINDS[i % 3]}_{i // 3}": KINDS[i % 3] for i in range(12)}
LEVELS = {"levels_2000": 2000, **{f"levels_{2 + 3 * i}": 2 + 3 * i for i in range(7)}}
MISSING_RATE = 0.02
NEW = "never seen"
SCORE_EDGES = tuple(np.arange(1, 20) / 20)
SCORED = 4  # numbers that the score is made of


@dataclass(frozen=True)
class Change:
    """What moves in a column: `shift` in standard deviations, a rate of `missing`, a share of `unseen` levels."""

    name: str
    shift: float = 0.0
    missing: float | None = None
    unseen: float = 0.0


class Columns:
    """Bins and reference counts of `rows` training rows, drawn in `weeks` weeks."""

    def __init__(self, random, rows, *, weeks=1, jitter=0.0):
        self.random = random
        moves = self._moves(weeks, jitter)
        per_week = rows // weeks
        numbers = {name: self._numbers(kind, moves[name], per_week) for name, kind in NUMBERS.items()}
        levels = {name: self._levels(count, moves[name], per_week) for name, count in LEVELS.items()}
        self.texts = {
            name: np.array([*(f"level {i}" for i in range(count)), NEW], dtype=object) for name, count in LEVELS.items()
        }
        self.bins = {name: NumericBins.fit(values.ravel(), 64) for name, values in numbers.items()}
        self.bins |= {name: CategoryBins.fit(self.texts[name][values.ravel()]) for name, values in levels.items()}
        self.bins |= {SCORE: NumericBins(0.0, 1.0, SCORE_EDGES), PREDICTION: PREDICTION_BINS}
        self.codes = {name: self.bins[name].codes(texts) for name, texts in self.texts.items()}
        self.parts = self._profiles(numbers, levels, per_week)
        self.reference = sum(self.parts, Profile())

    def windows(self, count, rows, *, jitter=0.0, change=None):
        """`count` weeks of `rows` rows each, as a list of profiles."""
        moves = self._moves(count, jitter)
        numbers, levels = {}, {}
        for name, kind in NUMBERS.items():
            own = change if change and change.name == name else Change(name)
            numbers[name] = self._numbers(kind, moves[name] + own.shift, rows, own.missing)
        for name, size in LEVELS.items():
            levels[name] = self._levels(size, moves[name], rows)
            if change and change.name == name:
                levels[name][self.random.random(levels[name].shape) < change.unseen] = size  # the place of NEW
        return self._profiles(numbers, levels, rows)

    def _moves(self, weeks, jitter):
        moves = {name: jitter * self.random.normal(size=(weeks, 1)) for name in NUMBERS}
        return moves | {name: jitter * self.random.normal(size=(weeks, size)) for name, size in LEVELS.items()}

    def _numbers(self, kind, moves, rows, missing=None):
        values = self.random.normal(size=(len(moves), rows)) + moves
        if kind == LOGNORMAL:
            values = np.exp(values)
        elif kind == TIED:
            values = np.round(values)
        values[self.random.random(values.shape) < (MISSING_RATE if missing is None else missing)] = np.nan
        return values

    def _levels(self, size, moves, rows):
        """Places of levels, the share of each falling with its place."""
        shares = np.exp(moves) / np.arange(1, size + 1)
        upto = (shares / shares.sum(axis=1, keepdims=True)).cumsum(axis=1)
        drawn = [each.searchsorted(self.random.random(rows)) for each in upto]
        return np.minimum(np.stack(drawn), size - 1)

    def _profiles(self, numbers, levels, rows):
        codes = {name: self.bins[name].codes(values) for name, values in numbers.items()}
        codes |= {name: self.codes[name][places] for name, places in levels.items()}
        scores = 1 / (1 + np.exp(-sum(np.nan_to_num(numbers[name]) for name in list(numbers)[:SCORED])))
        codes[SCORE] = self.bins[SCORE].codes(scores)
        codes[PREDICTION] = PREDICTION_BINS.codes(np.where(scores > 0.5, "yes", "no").ravel()).reshape(scores.shape)
        weeks = len(scores)
        counts = {name: _per_week(values, self.bins[name].size) for name, values in codes.items()}
        return [Profile(rows, {name: each[week] for name, each in counts.items()}) for week in range(weeks)]


def _per_week(codes, size):
    """Counts per code, one line per week."""
    weeks = len(codes)
    places = codes + size * np.arange(weeks)[:, None]
    return np.bincount(places.ravel(), minlength=weeks * size).reshape(weeks, size)
