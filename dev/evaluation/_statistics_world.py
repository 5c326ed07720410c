"""Scored records and their outcomes: firms for the monitors of performance, which nothing was tuned on.

Two kinds of records, the well known and the others, have scores whose log odds are normal; scores are rounded to
hundredths, so that many are equal. What a week has of its own is drawn from Student's t with five degrees of freedom
and carries a fifth of the week before. The season is two harmonics of the year. Weekly rows are lognormal, with quiet
weeks at the end of the year, imports of three weeks in one, and copies of records.
"""

from dataclasses import dataclass, field

import numpy as np

CARRIED = 0.2  # of what a week has of its own, into the next one
DEGREES = 5
KNOWN = 0.35  # share of records that are well known
COPIED = 0.05


@dataclass
class World:
    """One firm: ``base`` share of positives, ``weekly`` rows, ``noise`` between weeks and ``season`` in log odds."""

    random: np.random.Generator
    base: float = 0.2
    weekly: int = 300
    noise: float = 0.0
    season: float = 0.0
    apart: float = 1.2  # standard deviation of the log odds of scores
    _own: float = field(default=0.0, repr=False)

    def __post_init__(self):
        known = np.random.default_rng(1).random(20_000) < KNOWN
        odds = self._odds(np.random.default_rng(2), known)
        self._middle = _middle_of(odds, self.base)

    def week(self, number, *, shift=0.0, keep=1.0, quiet=False, rows=None):
        """Return (labels, values) of a week.

        :param shift: by which more comes true than the scores say, in log odds
        :param keep: share of the scores' order that still holds
        :param quiet: no positive comes
        """
        random, rows = self.random, rows or self._rows(number)
        odds = self._middle + self._odds(random, random.random(rows) < KNOWN)
        values = np.clip((1 / (1 + np.exp(-odds))).round(2), 0.005, 0.98)
        copies = random.random(rows) < COPIED
        values[copies] = values[random.integers(0, rows, int(copies.sum()))]
        odds = np.log(values / (1 - values))
        truth = odds if keep == 1 else _with_mean(odds.mean() + keep * (odds - odds.mean()), values.mean())
        truth = truth + self._ordinary(number) + shift
        labels = (random.random(rows) < 1 / (1 + np.exp(-truth))).astype(float)
        return (labels * 0 if quiet else labels), values

    def _odds(self, random, known):
        return np.where(known, 0.8, -0.4) * self.apart + self.apart * 0.8 * random.normal(size=len(known))

    def _rows(self, number):
        random, of_year = self.random, number % 52
        rows = self.weekly * (0.75 + 0.25 * min(max(number, 0) / 26, 1.0)) * np.exp(random.normal(0, 0.15))
        rows *= 3 if random.random() < 0.03 else 1
        return max(int(rows * (0.4 if of_year in (50, 51) else 1)), 5)

    def _ordinary(self, number):
        scale = self.noise * np.sqrt((1 - CARRIED**2) * (DEGREES - 2) / DEGREES)
        self._own = CARRIED * self._own + scale * self.random.standard_t(DEGREES)
        angle = 2 * np.pi * number / 52
        return self._own + self.season * (0.8 * np.sin(angle + 1) + 0.4 * np.cos(2 * angle))


def _middle_of(odds, base):
    return _bisect(lambda middle: np.mean(1 / (1 + np.exp(-odds - middle))), base)


def _with_mean(odds, mean):
    return odds + _middle_of(odds, mean)


def _bisect(rising, target, low=-8.0, high=8.0):
    for _step in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return high
