"""Bills of a firm whose rent and power come in the first week of each month; apart from that nothing moves.

Five working days a week, 200 bills in all. On the first seven days of a month three bills in ten are rent or power:
other accounts, other vendors, larger amounts than the rest. A deployment adopts its first weeks as reference, as
`ai.deployment.reference` does, and is watched from then on.
"""

from datetime import date, timedelta

import numpy as np

from odoo.addons.ai_deployment.ml import ordinary
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.profile import (
    PREDICTION,
    PREDICTION_BINS,
    SCORE,
    Profile,
)
from odoo.addons.ai_deployment.ml.week_of_month import MonthlyReference, by_week

from ._columns import SCORE_EDGES
from ._weeks import Watch

ROWS = 200  # a week
WORKING_DAYS = 5
MONTHLY = 0.3  # share of rent and power in the first week of a month
FIRST_DAYS = 7
ACCOUNTS, VENDORS = 14, 120  # the last two accounts and the last six vendors are those of rent and power
OWN_ACCOUNTS, OWN_VENDORS = 2, 6
CONTROLS = 3  # numbers that have nothing to do with it
ANY_DAY = date(2024, 1, 1)


class Bills:
    """Windows of one firm, each as {date: Profile}; the first ones are its reference."""

    def __init__(self, random, reference_weeks, weeks, *, moved=0.0, raised=0.0):
        """From the end of the reference on, the share `moved` of all bills goes to another of the usual accounts, and
        the amounts are `raised` by so many standard deviations (of their logarithm).
        """
        self.random = random
        start = ANY_DAY + timedelta(days=int(random.integers(730)))
        days = [start + timedelta(days=place) for place in range(7 * (reference_weeks + weeks))]
        end = start + timedelta(days=7 * reference_weeks)
        drawn = {
            day: self._draw(day, moved if day >= end else 0.0, raised if day >= end else 0.0)
            for day in days
            if day.weekday() < WORKING_DAYS
        }
        known = [values for day, values in drawn.items() if day < end]
        self.bins = {
            "account": CategoryBins.fit(np.concatenate([values["account"] for values in known])),
            "vendor": CategoryBins.fit(np.concatenate([values["vendor"] for values in known])),
            **{
                name: NumericBins.fit(np.concatenate([values[name] for values in known]), 64)
                for name in ("amount", *(f"control_{place}" for place in range(CONTROLS)))
            },
            SCORE: NumericBins(0.0, 1.0, SCORE_EDGES),
            PREDICTION: PREDICTION_BINS,
        }
        windows = [{} for _week in range(reference_weeks + weeks)]
        for day, values in drawn.items():
            windows[(day - start).days // 7][day] = self._profile(values)
        self.before, self.after = windows[:reference_weeks], windows[reference_weeks:]
        self.reference = sum((sum(window.values(), Profile()) for window in self.before), Profile())
        days = {day: profile for window in self.before for day, profile in window.items()}
        self.noise = ordinary.noise_of(
            ordinary.windows_on_any_day(days),
            self.bins,
            whole=self.reference,
            weeks=[sum(window.values(), Profile()) for window in self.before],
        )
        self.monthly = MonthlyReference.of(self.before, self.bins)

    def watch(self):
        """A `Watch` that has judged all windows after the reference, each against its like where there is enough."""
        watch = Watch(self, self.noise)
        for window in self.after:
            like = self.monthly.like([profile.rows for profile in by_week(window)])
            watch.judge(sum(window.values(), Profile()), like and (like, self.monthly.noise))
        return watch

    def _draw(self, day, moved, raised):
        random, rows = self.random, ROWS // WORKING_DAYS
        usual = 1 / np.arange(2, ACCOUNTS - OWN_ACCOUNTS + 2)
        account = random.choice(len(usual), rows, p=usual / usual.sum())
        account[random.random(rows) < moved] = len(usual) - 2
        vendor = np.minimum(random.geometric(0.04, rows), VENDORS - OWN_VENDORS) - 1
        amount = random.normal(6 + raised * 1.2, 1.2, rows)
        own = random.random(rows) < (MONTHLY if day.day <= FIRST_DAYS else 0.0)
        account[own] = ACCOUNTS - 1 - random.integers(OWN_ACCOUNTS, size=own.sum())
        vendor[own] = VENDORS - 1 - random.integers(OWN_VENDORS, size=own.sum())
        amount[own] = random.normal(8.5, 0.3, own.sum())
        values = {f"control_{place}": random.normal(size=rows) for place in range(CONTROLS)}
        values |= {"account": _texts(account), "vendor": _texts(vendor), "amount": np.exp(amount)}
        values[SCORE] = 1 / (1 + np.exp(-(amount - 7) - values["control_0"]))
        values[PREDICTION] = np.where(values[SCORE] > 0.9, "yes", "no").astype(object)
        return values

    def _profile(self, values):
        counts = {
            name: np.bincount(self.bins[name].codes(own), minlength=self.bins[name].size)
            for name, own in values.items()
        }
        return Profile(ROWS // WORKING_DAYS, counts)


def _texts(places):
    return np.array([f"level {place}" for place in places], dtype=object)
