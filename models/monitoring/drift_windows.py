"""The weeks around a window of a deployment: those before it, several together, and the same ones a year before.

Handed a deployment with all rights; reads counts per day, each day once.
"""

from datetime import date, datetime, time, timedelta
from functools import cached_property

import numpy as np

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import (
    drift,
    joint,
    ordinary,
    quality,
)
from ...ml.binning import CategoryBins, NumericBins
from ...ml.noise import Noise
from ...ml.profile import Profile
from .intake import first_day, first_scores

WEEK = timedelta(days=7)
YEAR = timedelta(days=364)  # the same weekdays
LONGEST = WEEK * max(drift.POOLED)
MIN_HOURS = 1.0  # of a week, under which a calendar says nothing
JOINT_WEEKS = 4  # that a small window takes its rows from


class DriftWindows:
    """Of the window (a profile) of `version` from `start` up to, not including, `end`."""

    def __init__(self, deployment: BaseModel, version: BaseModel, window: Profile, start: date, end: date) -> None:
        self.deployment, self.version, self.window, self.start, self.end = deployment, version, window, start, end
        self.env = deployment.env
        self.profiles = self.env["ai.deployment.profile"]
        self.first = first_day(version)
        self.since = self.first + WEEK if self.first else start  # the first week is the first load
        self.weeks = max(round((end - start) / WEEK), 1)
        self.reference = self.env["ai.deployment.reference"]._adopted(version)

    @cached_property
    def _days(self) -> dict[date, Profile]:
        """Return {day: profile} before the window."""
        return self.profiles._by_day(self.version, max(self.since, self.start - LONGEST), self.start)

    def before(self, since: date | None = None) -> list[Profile]:
        """Return the profiles of the weeks before the window, oldest first, none that begins before `since`."""
        since = max(self.since, since or self.since, self.start - LONGEST)
        return _weekly(self._days, self.start, max((self.start - since) // WEEK, 0))

    def longer(self, reference: Profile, noise: Noise) -> list[drift.Longer]:
        """Return what is judged beside the window: several weeks together, from the day of the reference on."""
        before = self.before(self.reference.window_end or None)
        return drift.spans(before, self.window, reference, noise, weeks=self.weeks, years=self.years)

    @cached_property
    def years(self) -> dict[int, Profile]:
        """Return {number of weeks: profile of the same weeks a year before}, one more on either side, where known."""
        found = {}
        for count in (self.weeks, *drift.POOLED):
            start = self.end - WEEK * count - YEAR - WEEK
            if start >= self.since:
                found[count] = sum((profile for day, profile in self._year.items() if day >= start), Profile())
        return found

    @cached_property
    def _year(self) -> dict[date, Profile]:
        start = max(self.end - YEAR - WEEK - LONGEST, self.since)
        end = self.end - YEAR + WEEK
        return self.profiles._by_day(self.version, start, end) if start < end else {}

    def told(self) -> dict[tuple[str, str], set[int]]:
        """Return {(input, test): places of the weeks before the window that exceeded alone}, see `drift.judge`."""
        lines = self.env["ai.deployment.report.line"].search_fetch(
            Domain("report_id.version_id", "=", self.version.id)
            & Domain("report_id.kind", "=", "drift")
            & Domain("report_id.window_end", ">", self.start - LONGEST)
            & Domain("exceeded", "=", True)
            & Domain("weeks", "=", 1),
            ["key", "test", "report_id"],
        )
        found: dict[tuple[str, str], set[int]] = {}
        for line in lines:
            report = line.report_id
            latest = (self.start - report.window_end) // WEEK
            earliest = -((report.window_start - self.start) // WEEK) - 1
            found.setdefault((line.key, line.test), set()).update(range(latest + 1, earliest + 2))
        return found

    # The number of records

    @cached_property
    def counts(self) -> list[int]:
        """Return the rows of each of the weeks before the end, the latest last; the first load is left out."""
        return self._weekly_rows(self.end)

    def counts_last_year(self) -> list[int]:
        """Return the same of the same weeks a year before; empty where these are not all known."""
        found, now = self._weekly_rows(self.end - YEAR), self.counts
        return found[-len(now) :] if now and len(found) >= len(now) else []

    def _weekly_rows(self, end: date) -> list[int]:
        weeks = min((end - self.since) // WEEK, quality.MOST_WEEKS + 1)
        if weeks < 1:
            return []
        rows = [0] * weeks
        for day, count in self.profiles._counts_by_day(self.version, end - WEEK * weeks, end).items():
            rows[weeks - 1 - (end - timedelta(days=1) - day) // WEEK] += count
        return rows

    def opened(self) -> list[float]:
        """Return the company's working hours in each of the weeks of `counts`; empty without a calendar."""
        company = self.deployment.company_id
        calendar = company.resource_calendar_id
        weeks = len(self.counts)
        if not calendar or not weeks:
            return []
        own = [("time_type", "=", "leave"), ("company_id", "in", [company.id, False]), ("resource_id", "=", False)]
        hours = []
        for place in range(weeks, 0, -1):
            start = datetime.combine(self.end - WEEK * place, time.min)
            hours.append(calendar.get_work_hours_count(start, start + WEEK, compute_leaves=True, domain=own))
        return hours if max(hours) >= MIN_HOURS else []

    # Rows

    def pairs(self, bins: dict[str, NumericBins | CategoryBins]) -> joint.JointResult:
        """Judge whether inputs still belong together: a `JointResult`, judged on a bounded part of the log.

        Compared with the rows of the adopted reference; without one, with those of the eight weeks after the first
        load.
        """
        columns = {name: bins[name] for name in self.version._card().names}
        start, end = self.reference.window_start, self.reference.window_end
        if not self.reference:
            start, end = self.since, self.since + WEEK * ordinary.MIN_PARTS
        if not self.first or end > self.start:
            return joint.JointResult()
        known = [row for row in self._rows(start, end) if row[1] and len(row[1]) == 2 * len(columns)]
        since = self.start
        if self.window.rows < drift.MIN_YEAR_ROWS:
            since = max(min(self.end - WEEK * JOINT_WEEKS, self.start), end)
        now = self._rows(since, self.end)
        weeks = [(moment.date() - start) // WEEK for moment, _codes in known]
        return joint.judge_pairs(columns, _matrix(known, len(columns)), weeks, _matrix(now, len(columns)))

    def _rows(self, start: date, end: date) -> list[tuple]:
        """Return [(moment, codes)] of first scores; of very many, a part."""
        return first_scores(self.deployment, self.version, start, end, SQL("date, codes"))


def _weekly(days: dict[date, Profile], end: date, weeks: int) -> list[Profile]:
    """Return the profiles of so many weeks before `end`, oldest first, of {day: profile}."""
    found = [Profile()] * weeks
    for day, profile in days.items():
        place = weeks - 1 - (end - timedelta(days=1) - day) // WEEK
        if 0 <= place < weeks:
            found[place] = found[place] + profile
    return found


def _matrix(rows: list[tuple], columns: int) -> np.ndarray:
    """Return (rows, columns) uint8 codes, of those that have as many."""
    texts = [codes for _moment, codes in rows if codes and len(codes) == 2 * columns]
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(len(texts), columns)
