"""Compare a window with the same weeks of the month.

Rent and power come in the first week of each month, salaries in the last: a window that holds such a week differs from
the sum of all weeks, every month again, while nothing moves. A reference that has seen enough months is therefore kept
apart by week of the month as well: days 1 to 7, 8 to 14, 15 to 21, and the rest. A window is compared with a mix of
these in the proportion of its own rows, so it does not matter on which day of the month it starts.

A quarter of the rows tells a share half as exactly. The share of one verdict is therefore compared with that of all
weeks, unless the weeks of the month differ in it by more than chance.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from .noise import Noise
from .ordinary import MIN_PART_ROWS, MIN_PARTS, noise_of
from .profile import PREDICTION, Profile

WEEKS = 4  # of a month; the last one has seven to ten days
MIN_MONTHS = 3  # that a week of the month was seen in, before a window is compared with it
MIN_ROWS = 200  # that the mix is worth
BY_CHANCE = 0.1  # how often weeks of the month that are alike may look as if they differed


def week_of_month(day: date) -> int:
    """0 to 3 of a date.

    >>> import datetime
    >>> [week_of_month(datetime.date(2026, 1, day)) for day in (1, 7, 8, 21, 22, 31)]
    [0, 0, 1, 2, 3, 3]
    """
    return min((day.day - 1) // 7, WEEKS - 1)


@dataclass(frozen=True)
class MonthlyReference:
    """Reference counts by week of the month.

    ``profiles`` and ``months`` have one entry per week of the month: its counts, and the number of
    calendar months that it was seen in. ``noise`` is that of windows that are compared with their
    like (see ``ordinary.noise_of``).
    """

    profiles: tuple
    months: tuple
    noise: Noise

    @classmethod
    def of(cls, windows: Any, bins: Any) -> Any:
        """Sum up ``windows``: the windows of the reference in order, each as {date: Profile}."""
        profiles, seen = [Profile()] * WEEKS, [set() for _week in range(WEEKS)]
        for window in windows:
            for day, profile in window.items():
                if profile.rows:
                    week = week_of_month(day)
                    profiles[week] = profiles[week] + profile
                    seen[week].add((day.year, day.month))
        whole = cls(tuple(profiles), tuple(map(len, seen)), Noise())
        parts, references = [], []
        for window in windows:
            own = by_week(window)
            rows = [part.rows for part in own]
            reference = whole._without(own, rows)
            if sum(rows) >= MIN_PART_ROWS and reference.rows >= MIN_ROWS and whole._is_seen(rows):
                parts.append(sum(own, Profile()))
                references.append(reference)
        noise = noise_of(parts, bins, references) if len(parts) >= MIN_PARTS else Noise()
        return cls(whole.profiles, whole.months, noise)

    def like(self, rows: Any) -> Any:
        """The profile to compare a window with that has ``rows[k]`` rows in week k of the month, None where too few.

        It takes three months of each of these weeks, and eight windows that say how much such weeks differ.
        """
        if not sum(rows) or not self.noise.is_known or not self._is_seen(rows):
            return None
        mix = _mixed(self.profiles, rows)
        if mix.rows < MIN_ROWS:
            return None
        said = _alike(self.profiles)
        if said is not None:
            mix.counts[PREDICTION] = said
        return mix

    def _is_seen(self, rows: Any) -> Any:
        return all(months >= MIN_MONTHS for months, count in zip(self.months, rows, strict=True) if count)

    def _without(self, own: Any, rows: Any) -> Any:
        """Return the reference of a window of the reference: its like, without the window itself."""
        return _mixed([_minus(profile, part) for profile, part in zip(self.profiles, own, strict=True)], rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "profiles": [profile.to_dict() for profile in self.profiles],
            "months": list(self.months),
            "noise": self.noise.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Any) -> Any:
        """The reverse of ``to_dict``."""
        return cls(
            tuple(map(Profile.from_dict, data["profiles"])), tuple(data["months"]), Noise.from_dict(data.get("noise"))
        )


def by_week(days: Any) -> Any:
    """A profile per week of the month, of {date: Profile}."""
    profiles = [Profile()] * WEEKS
    for day, profile in days.items():
        profiles[week_of_month(day)] = profiles[week_of_month(day)] + profile
    return profiles


def _alike(profiles: Any) -> np.ndarray | None:
    """Return what was said in all weeks of the month together; None where these differ, or nothing is known of one."""
    from scipy.stats import chi2

    known = [profile.counts[PREDICTION] for profile in profiles if PREDICTION in profile.counts]
    if len(known) < WEEKS:
        return None
    rows, hits = np.array([[own.sum(), own[-1]] for own in known], dtype=float).T
    share = hits.sum() / rows.sum() if rows.sum() else 0.0
    if 0 < share < 1:
        found = float(np.sum((hits - rows * share) ** 2 / np.maximum(rows, 1))) / (share * (1 - share))
        if found > chi2.isf(BY_CHANCE, WEEKS - 1):
            return None
    return sum(known[1:], known[0])


def _minus(profile: Any, part: Any) -> Any:
    if not part.rows:
        return profile
    counts = {name: profile.counts[name] - own for name, own in part.counts.items() if name in profile.counts}
    return Profile(profile.rows - part.rows, counts)


def _mixed(profiles: Any, rows: Any) -> Any:
    """One profile in which each of ``profiles`` has the weight of its ``rows``.

    It counts as many rows as a sample of such shares would be as exact as: 1 / sum(weight² / rows of the profile).
    """
    weights = np.asarray(rows, dtype=float) / max(sum(rows), 1)
    used = [(profile, weight) for profile, weight in zip(profiles, weights, strict=True) if weight]
    if not used or not all(profile.rows for profile, _weight in used):
        return Profile()
    worth = 1 / sum(weight**2 / profile.rows for profile, weight in used)
    counts = {}
    for name in set.intersection(*(set(profile.counts) for profile, _weight in used)):
        shares = sum(weight * profile.counts[name] / profile.rows for profile, weight in used)
        # Rounded as running totals, so that many rare levels together keep their share.
        counts[name] = np.diff(np.round(np.cumsum(shares) * worth), prepend=0).astype(np.int64)
    return Profile(round(worth), counts)
