"""Noise of ordinary weeks: plain values, measured once and stored with a reference.

``floors``    per column the squared effect of its shape (see ``ordinary.noise_floor``)
``usual``     per column the mean and the deviation of these effects
``spreads``   per column and test how much a share differs between weeks (see ``rates.spread``)
``forward``   per column and test the share of rows that is new, and how many days after the
              reference began it was met: new vendors and growing counters come at a steady rate
``pooled``    the same for several weeks together, by their number: these differ less than one

``forward_shares`` measures the last but one on rows in order of time, as a version learns from
them: what part of the later half had a level that the earlier half lacked, or a number beyond
its range. The levels that were seen once or twice (Good and Turing) say the same only where
rows are independent; in a settled ledger they predict nothing, and new vendors come all the same.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .columns import CATEGORY, NUMBER, Column

LARGE_FLOOR = 0.10  # above it only large moves are found
MIN_HALF = 50  # rows of the later half


@dataclass(frozen=True)
class Noise:
    """Of one week, and ``pooled`` of several. Whatever is not known is 0: chance alone."""

    floors: dict = field(default_factory=dict)
    spreads: dict = field(default_factory=dict)  # test: {column: spread}
    forward: dict = field(default_factory=dict)  # test: {column: (share, days)}
    pooled: dict = field(default_factory=dict)  # weeks: Noise
    usual: dict = field(default_factory=dict)  # column: (mean, deviation)

    def floor(self, name: str) -> float:
        return self.floors.get(name, 0.0)

    def spread(self, test: str, name: str) -> float:
        return self.spreads.get(test, {}).get(name, 0.0)

    def usual_effect(self, name: str) -> tuple[float, float]:
        return self.usual.get(name, (0.0, 0.0))

    def new_share(self, test: str, name: str, days: float) -> float:
        """The share of new values to expect ``days`` after the version learned: at a steady rate, growing with time.

        >>> round(Noise(forward={"unseen": {"vendor": (0.02, 100)}}).new_share("unseen", "vendor", 250), 3)
        0.05
        """
        share, after = self.forward.get(test, {}).get(name, (0.0, 1.0))
        return min(share * max(1.0, days / max(after, 1.0)), 1.0)

    def of(self, weeks: int) -> "Noise":
        """The noise of that many weeks together: measured where there were enough, else of the next fewer."""
        known = max((count for count in self.pooled if count <= weeks), default=None)
        return self if known is None else replace(self.pooled[known], forward=self.forward)

    def with_forward(self, forward: dict[str, Any]) -> "Noise":
        return replace(self, forward=forward)

    @property
    def is_known(self) -> bool:
        """Return whether it was measured."""
        return bool(self.floors)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "floors": self.floors,
            "usual": {name: list(found) for name, found in self.usual.items()},
            "spreads": self.spreads,
            "forward": {
                test: {name: list(found) for name, found in several.items()} for test, several in self.forward.items()
            },
            "pooled": {str(weeks): noise.to_dict() for weeks, noise in self.pooled.items()},
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Noise":
        """The reverse of ``to_dict``; of nothing, no noise is known."""
        data = data or {}
        forward = data.get("forward") or {}
        return cls(
            data.get("floors") or {},
            data.get("spreads") or {},
            {test: {name: tuple(found) for name, found in own.items()} for test, own in forward.items()},
            {int(weeks): cls.from_dict(own) for weeks, own in (data.get("pooled") or {}).items()},
            {name: tuple(found) for name, found in (data.get("usual") or {}).items()},
        )


def forward_shares(columns: dict[str, Column], moments: ArrayLike, *, new: str, beyond: str) -> dict[str, Any]:
    """{``new``: {name: (share, days)}, ``beyond``: the same}: what the later half of the rows has beyond the earlier.

    ``columns`` maps names to ``Column``, ``moments`` are days; ``new`` and ``beyond`` name the tests of categories and
    of numbers.
    """
    moments = np.asarray(moments, dtype=float)
    found = {new: {}, beyond: {}}
    if len(moments) < 2 * MIN_HALF or not np.ptp(moments):
        return found
    cut = np.median(moments)
    earlier, later = moments <= cut, moments > cut
    if later.sum() < MIN_HALF:
        return found
    days = max(float(np.mean(moments[later] - cut)), 1.0)
    for name, column in columns.items():
        if column.kind == NUMBER:
            known, now = column.values[earlier], column.values[later]
            known, now = known[~np.isnan(known)], now[~np.isnan(now)]
            if len(known) and len(now):
                share = np.mean((now < known.min()) | (now > known.max()))
                found[beyond][name] = (float(share), days)
        elif column.kind == CATEGORY:
            known = set(column.values[earlier].tolist())
            now = [level for level in column.values[later].tolist() if level is not None]
            if now:
                found[new][name] = (sum(level not in known for level in now) / len(now), days)
    return found
