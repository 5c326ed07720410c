"""A firm watched week by week, through the functions and in the way of `DriftMonitor`."""

import time

from odoo.addons.ai_deployment.ml import drift, ordinary, quality
from odoo.addons.ai_deployment.ml.binning import (
    MISSING,
)
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.ml.profile import PREDICTION, SCORE, Profile
from odoo.addons.ai_deployment.ml.week_of_month import MonthlyReference, by_week

from ._statistics_generators import COLUMNS, REFERENCE_WEEKS

ALERT, NOTICE = "alert", "notice"
WEEKLY = quality.MOST_WEEKS + 1
YEAR_WEEKS = 52


class Play:
    """The alarms of a firm: `raised` has one (week, level, column, test) for each that began."""

    def __init__(self, firm):
        self.firm = firm
        self.reference = sum(firm.weeks[: firm.at], Profile())
        self.monitor = _Monitor(firm, self.reference)
        self.history, self.raised, self.rings, self.seconds = {}, [], set(), 0.0

    def run(self):
        started = time.process_time()
        for week in range(self.firm.at, len(self.firm.weeks)):
            self._look(week)
        self.seconds = time.process_time() - started
        return self

    def _look(self, week):
        firm = self.firm
        counts = [profile.rows for profile in firm.weeks[max(week - WEEKLY, 0) : week + 1]]
        whole = self.monitor.quality(week, counts)
        moved = self.monitor.moved(week, quality.broken(whole))
        results = [found for found in (*moved, *whole) if found.verdict != drift.CANNOT_JUDGE]
        score_moved = any(found.exceeded for found in results if found.name in (SCORE, PREDICTION))
        for found in results:
            cause = found.name, found.test
            weeks = self.history.setdefault(cause, [])
            weeks.append((found.exceeded, found.adjusted_p))
            if not found.exceeded and cause not in self.rings:
                continue
            state = drift.alarm_state(weeks)
            if state == "firing" and found.exceeded and cause not in self.rings:
                self.rings.add(cause)
                self.raised.append((week - firm.at + 1, _level(found, score_moved), *cause))
            elif state != "firing":
                self.rings.discard(cause)

    def count(self, level):
        return sum(found[1] == level for found in self.raised)

    def first(self, name, test):
        """The week, from 1, in which an alarm on this column began; None where none did."""
        return next((week for week, _level, *cause in self.raised if cause == [name, test]), None)


def _level(found, score_moved):
    """An alert interrupts somebody, a notice is read by who looks: as in `DriftMonitor`."""
    filled = found.test == drift.MISSING_TEST and (found.window_share or 0) < (found.reference_share or 0)
    is_notice = (found.test == drift.SHAPE and not score_moved) or found.test == quality.REVIEW or filled
    return NOTICE if is_notice else ALERT


class _Monitor:
    """Weeks held against what ordinary weeks show by themselves, with the weeks before pooled beside them."""

    def __init__(self, firm, reference):
        self.firm, self.reference, self.told = firm, reference, {}
        self.monthly = MonthlyReference.of(firm.days[: firm.at], firm.bins)
        self.noise = self._noise({day: own for week in firm.days[: firm.at] for day, own in week.items()})

    def _like(self, week):
        return self.monthly.like([profile.rows for profile in by_week(self.firm.days[week])])

    def _noise(self, days):
        windows, parts = ordinary.windows_on_any_day(days), self.firm.weeks[: self.firm.at]
        noise = ordinary.noise_of(windows, self.firm.bins, whole=self.reference, weeks=parts)
        return noise.with_forward(self._forward())

    def _forward(self):
        """What is new to the version in the reference, whose middle is so many days after it learned."""
        found, days = {drift.UNSEEN_TEST: {}, quality.RANGE: {}}, 7 * REFERENCE_WEEKS // 2
        for name in COLUMNS:
            counts, is_number = self.reference.counts[name], self.firm.bins[name].kind == NUMBER
            rows = int(counts.sum() - counts[MISSING])
            new = counts[self.firm.bins[name].beyond].sum()
            found[quality.RANGE if is_number else drift.UNSEEN_TEST][name] = (float(new / max(rows, 1)), days)
        return found

    def quality(self, week, counts):
        return quality.judge_quality(
            self.firm.bins,
            self.reference,
            self.firm.weeks[week],
            weeks=counts,
            last_year=[profile.rows for profile in self._last_year(week, len(counts), margin=0)],
            before=self.firm.weeks[week - quality.MOST_WEEKS : week],
            noise=self.noise,
            age=7 * (week + 1),
        )

    def moved(self, week, broken):
        firm, like = self.firm, self._like(week)
        reference, noise = self.reference, self.noise
        if like:
            reference, noise = like, self.monthly.noise.with_forward(self._forward())
        told = {cause: {week - earlier for earlier in weeks} for cause, weeks in self.told.items()}
        years = {}
        for count in (1, *drift.POOLED):
            same = self._last_year(week, count, margin=1)
            if same:
                years[count] = sum(same, Profile())
        before = firm.weeks[firm.at : week]
        results = drift.judge(
            firm.bins,
            reference,
            firm.weeks[week],
            noise=noise,
            broken=broken,
            told=told,
            age=7 * (week + 1),
            year=years.get(1),
            longer=drift.spans(before, firm.weeks[week], self.reference, self.noise, years=years),
        )
        for found in results:
            if found.exceeded and found.weeks == 1:
                self.told.setdefault((found.name, found.test), []).append(week)
        return results

    def _last_year(self, week, count, margin):
        """Return the profiles of the same `count` weeks a year before, `margin` more on either side.

        Empty where these are not all known.
        """
        first = week - count + 1 - YEAR_WEEKS - margin
        return self.firm.weeks[first : week - YEAR_WEEKS + margin + 1] if first >= 0 else []
