"""Firms whose ordinary weeks differ: rows as they come in, from a generator that nothing was tuned on.

What a week has of its own is the `noise` of every level (log odds), and a tenth of it of every number (logarithm). On
top of that come what real books show: a `season` over the year, a `ramp` from the first weeks on, `bursts` by imports,
`churn` of the levels in use, amounts rounded to `ties`, `copies` of earlier rows, and vendors that keep coming
(`growth`, new ones per hundred rows). Numbers are lognormal, gamma and mixed; nothing here is shared with `_columns`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.profile import (
    PREDICTION,
    PREDICTION_BINS,
    SCORE,
    Profile,
)

TRAINING_WEEKS, REFERENCE_WEEKS = 26, 26
WORKING_DAYS = 5
SIZES = {"team": 5, "channel": 11, "country": 40, "product": 90}
NUMBERS = ("amount", "days", "share")
VENDOR = "vendor"
CATEGORIES = (*SIZES, VENDOR)
COLUMNS = (*NUMBERS, *CATEGORIES)
SCORE_EDGES = tuple(np.arange(1, 20) / 20)
MONDAY = date(2024, 1, 1)
NEW = "never before"


@dataclass(frozen=True)
class Setting:
    """An ordinary firm with `rows` a week, and what is planted once its reference is over."""

    rows: int = 300
    noise: float = 0.3
    season: float = 0.0
    ramp: float = 0.0  # by which the weekly rows grow over a year
    bursts: float = 0.0  # chance of a week with three times the rows
    churn: float = 0.0  # log odds by which the place of a level wanders in a week
    ties: bool = False
    copies: float = 0.0
    growth: float = 1.0
    empty: float = 0.03
    empty_noise: float = 0.0  # sd of that share, in points
    flags: float = 0.2  # share of positive predictions

    # Planted
    raised: float = 0.0  # amounts, in standard deviations of their logarithm
    moved: float = 0.0  # share of rows that go to one of the usual channels
    missing: float | None = None  # of the days
    unseen: float = 0.0  # share of products never seen
    flagged: float | None = None  # share of positive predictions


class Firm:
    """A version learns from the first weeks, adopts the next ones as reference, and is watched for `weeks` weeks.

    Reference and watched weeks are kept as rows (`drawn`), daily profiles (`days`) and weekly ones (`weeks`); the
    watched ones begin at `at`.
    """

    def __init__(self, random, setting, weeks):
        self.random, self.setting, self.at = random, setting, REFERENCE_WEEKS
        self.odds = {name: random.normal(0, 1, size) - 0.8 * np.log1p(np.arange(size)) for name, size in SIZES.items()}
        self.phases = {name: random.uniform(0, 2 * np.pi, size) for name, size in SIZES.items()}
        self.vendors = list(random.gamma(0.6, size=60))
        learned = [self._week(week) for week in range(-TRAINING_WEEKS, 0)]
        self.drawn = [self._week(week) for week in range(REFERENCE_WEEKS + weeks)]
        known = {name: np.concatenate([week[name] for week in learned]) for name in COLUMNS}
        self.bins = {name: NumericBins.fit(known[name], 64) for name in NUMBERS}
        self.bins |= {name: CategoryBins.fit(known[name]) for name in CATEGORIES}
        self.bins |= {SCORE: NumericBins(0.0, 1.0, SCORE_EDGES), PREDICTION: PREDICTION_BINS}
        self.days = [self._profiles(week, number) for number, week in enumerate(self.drawn)]
        self.weeks = [sum(days.values(), Profile()) for days in self.days]

    def _week(self, number):
        setting, random = self.setting, self.random
        rows = setting.rows * (1 + setting.ramp * max(number, 0) / 52) * np.exp(random.normal(0, 0.1))
        rows = max(int(rows * (3 if random.random() < setting.bursts else 1)), 20)
        planted = number >= self.at
        values = {name: self._levels(name, number, rows) for name in SIZES}
        values[VENDOR] = self._vendors(rows)
        if planted and setting.moved:
            values["channel"][random.random(rows) < setting.moved] = "channel 3"
        if planted and setting.unseen:
            values["product"][random.random(rows) < setting.unseen] = NEW
        wave = setting.season * np.sin(2 * np.pi * number / 52)
        place = random.normal(0, setting.noise / 10, 3)
        raised = setting.raised if planted else 0.0
        amount = np.exp(5 + place[0] + wave / 5 + 1.3 * (random.normal(size=rows) + raised))
        values["amount"] = np.round(amount, -1) if setting.ties else amount
        mixed = np.where(random.random(rows) < 0.3, random.gamma(9, 4, rows), random.gamma(1.5, 5, rows))
        values["days"] = np.floor(mixed * np.exp(place[1]))
        values["share"] = random.beta(2, 5, rows) * np.exp(place[2])
        empty = np.clip(setting.empty + random.normal(0, setting.empty_noise), 0.0, 1.0)
        for name in ("days", "share"):
            rate = setting.missing if planted and name == "days" and setting.missing is not None else empty
            values[name][random.random(rows) < rate] = np.nan
        odds = 0.6 * np.log(amount / 150) + random.normal(0, setting.noise / 3) + random.normal(0, 1, rows)
        values[SCORE] = 1 / (1 + np.exp(-odds - np.log(setting.flags / (1 - setting.flags))))
        share = setting.flagged if planted and setting.flagged is not None else setting.flags
        share = share * np.exp(random.normal(0, setting.noise / 6))
        values[PREDICTION] = np.where(random.random(rows) < share, "yes", "no").astype(object)
        copied = random.random(rows) < setting.copies
        source = random.integers(0, rows, int(copied.sum()))
        return {name: _copied(own, copied, source) for name, own in values.items()}

    def _levels(self, name, number, rows):
        setting, random, size = self.setting, self.random, SIZES[name]
        self.odds[name] = self.odds[name] + random.normal(0, setting.churn, size)
        odds = self.odds[name] + random.normal(0, setting.noise, size)
        odds = odds + setting.season * np.sin(2 * np.pi * number / 52 + self.phases[name])
        shares = np.exp(odds - odds.max())
        return _texts(name, random.choice(size, rows, p=shares / shares.sum()))

    def _vendors(self, rows):
        random = self.random
        self.vendors += list(random.gamma(0.6, size=random.poisson(self.setting.growth * rows / 100)))
        weights = np.array(self.vendors)
        return _texts(VENDOR, random.choice(len(weights), rows, p=weights / weights.sum()))

    def _profiles(self, values, number):
        """The counts of a week by day, as {date: Profile}."""
        rows = len(values[SCORE])
        codes = {name: self.bins[name].codes(own) for name, own in values.items()}
        parts = np.array_split(np.arange(rows), WORKING_DAYS)
        start = MONDAY + timedelta(weeks=number)
        return {
            start + timedelta(days=day): Profile(
                len(part), {name: np.bincount(own[part], minlength=self.bins[name].size) for name, own in codes.items()}
            )
            for day, part in enumerate(parts)
        }


def _texts(name, places):
    return np.array([f"{name} {place}" for place in range(int(places.max()) + 1)], dtype=object)[places]


def _copied(values, copied, source):
    values = values.copy()
    values[copied] = values[source]
    return values
