"""Time to outcome: the share of a deployment's records decided by day t.

Most of the latest records are still open, and leaving them out would make everything look quick: of what is decided
*already*, the quick ones are too many. So open records count as what they are, "not decided for at least so long"
(right-censored), by the product-limit estimate of Kaplan and Meier (1958)::

    still open after day t = product over decision days d <= t of (1 - decided on d / open and watched just before d)

A record that was decided and last seen on the same day as others are lost from sight counts as decided first. Where
fewer than ``MIN_WATCHED`` records are still open and watched, one of them moves the curve by a tenth of what is left:
it ends there, and an answer beyond it is None. Assumed is that recent records take as long as earlier ones
did, as they are watched for less long.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

MIN_WATCHED = 10  # records that a day of the curve rests on
MIN_DECIDED = 20  # decisions that a curve rests on; below, one more of them would move it by points


@dataclass(frozen=True)
class Maturity:
    """The curve: by ``days[i]`` the share ``shares[i]`` is decided; ``last_day`` is where knowledge ends."""

    rows: int
    decided: int
    last_day: float
    days: tuple = ()
    shares: tuple = ()
    errors: tuple = ()  # standard errors of the shares, after Greenwood

    @property
    def enough(self) -> bool:
        """Return whether the curve rests on enough decisions."""
        return self.decided >= MIN_DECIDED

    def share_by(self, day: int) -> float | None:
        """The share decided by ``day``, None where nobody was watched for that long.

        >>> curve([1, 2, None, None], [1, 2, 4, 4], least=1).share_by(2)
        0.5
        """
        if not self.rows or not 0 <= day <= self.last_day:
            return None
        place = int(np.searchsorted(self.days, day, "right"))
        return self.shares[place - 1] if place else 0.0

    def day_by_which(self, share: float = 0.8) -> float | None:
        """The first day by which at least ``share`` is decided, None where that is not known yet.

        >>> curve([1, 2, 3, 4, 40], [1, 2, 3, 4, 40], least=1).day_by_which(0.8)
        4.0
        """
        place = int(np.searchsorted(np.array(self.shares), share - 1e-9))
        return self.days[place] if place < len(self.days) else None

    def interval(self, day: int, reach: float = 1.96) -> tuple[float, float] | None:
        """``(low, high)`` of the share decided by ``day``: 95 %, on a scale that keeps it inside 0 to 1."""
        share = self.share_by(day)
        place = int(np.searchsorted(self.days, day, "right"))
        if share is None or not 0 < share < 1:
            return None if share is None else (share, share)
        # On log(-log(open)), as usual for these curves.
        still = 1 - share
        spread = math.exp(reach * self.errors[place - 1] / (still * abs(math.log(still))))
        return 1 - still ** (1 / spread), 1 - still**spread

    def immature_share(self, ages: ArrayLike) -> float | None:
        """The share of records with these ``ages`` (n,) in days that is expected to be undecided still.

        What is older than the curve reaches counts by its end. None where nothing is known.

        >>> curve([1, 2, None, None], [1, 2, 4, 4], least=1).immature_share([0, 1, 9])
        0.75
        """
        ages = np.asarray(ages, dtype=np.float64)
        if not self.rows or not len(ages):
            return None
        upto = np.concatenate([[0.0], self.shares])
        return float(np.mean(1 - upto[np.searchsorted(self.days, ages, "right")]))


def curve(decided_after: Iterable[float | None], watched: ArrayLike, least: int = MIN_WATCHED) -> Maturity:
    """The ``Maturity`` of records, from each one's days until it was decided (None or NaN: not yet) and days watched.

    ``watched`` (n,) is the age that a record had when it was last looked at; for a decided one it is only read where
    it is less than the days until the decision, which then is not counted: it lies in the future of the look. The
    curve ends where fewer than ``least`` records are open and watched.

    >>> curve([1, 3, None, None], [9, 9, 2, 9], least=1).shares
    (0.25, 0.625)
    """
    after = np.array([np.nan if day is None else day for day in decided_after], dtype=np.float64)
    watched = np.asarray(watched, dtype=np.float64)
    if after.shape != watched.shape:
        raise ValueError("decided_after and watched must have the same length")
    if np.isnan(watched).any() or (watched < 0).any() or (after < 0).any():
        raise ValueError("days must be known and not negative")
    known = after <= watched  # false for NaN
    until = np.where(known, after, watched)
    if not len(until):
        return Maturity(0, 0, 0.0)
    ascending = np.sort(until)
    # The last day on which so many were open and watched; of few records, the first.
    last_day = float(ascending[max(len(until) - least, 0)])
    days, counts = np.unique(until[known & (until <= last_day)], return_counts=True)
    open_before = len(until) - ascending.searchsorted(days, "left")
    still = np.cumprod(1 - counts / open_before)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(counts / (open_before * (open_before - counts))))
        errors = np.where(still > 0, still * spread, 0.0)  # all decided: nothing is left to be unsure of
    return Maturity(
        rows=len(until),
        decided=int(known.sum()),
        last_day=last_day,
        days=tuple(days.tolist()),
        shares=tuple((1 - still).tolist()),
        errors=tuple(errors.tolist()),
    )
