"""Bands of a score: the limits of the words that stand for it, and whether outcomes tell the bands apart."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from .intervals import LEVEL, share_difference, wilson

TIMES = 2.0  # by which the odds of a band differ from those of an average row
RARE = 5.0  # the highest band of unusual rows is that many times rarer than what is flagged


def odds_limits(positives: int, rows: int) -> tuple[float, float]:
    """Return the lower and upper limit of the middle band of a chance.

    The middle band holds the chances whose odds are at most ``TIMES`` away from those of an average row. So both limits
    are chances for any base rate; they are rounded to whole percent, near 0 and 1 to tenths.

    >>> odds_limits(30, 100)
    (0.18, 0.46)
    >>> odds_limits(60, 100)
    (0.43, 0.75)
    """
    base = (positives + 0.5) / (rows + 1)
    odds = base / (1 - base)
    low, high = (limit / (1 + limit) for limit in (odds / TIMES, odds * TIMES))
    return _rounded(low), _rounded(high)


def tail_limits(flag_rate: float, is_chance: bool = False) -> tuple[float, float]:
    """Return the limits of unusual and very unusual, as ranks among the reference; as chances where ``is_chance``.

    >>> tail_limits(0.01)
    (0.99, 0.998)
    """
    if is_chance:
        return 0.0, 0.5
    return round(1 - flag_rate, 4), round(1 - flag_rate / RARE, 4)


def _rounded(chance: float) -> float:
    return min(max(round(chance, 2 if 0.1 <= chance <= 0.9 else 3), 0.001), 0.999)


class Band(NamedTuple):
    """Outcomes of the rows of one band."""

    code: str
    rows: int
    positives: int
    low: float  # of the interval of the share of positives
    high: float

    @property
    def share(self) -> float:
        return self.positives / self.rows


class BandTest(NamedTuple):
    """Outcomes of the bands, the highest first; bands without rows are left out."""

    bands: list[Band]
    overlapping: list[tuple[str, str]]  # neighbours whose outcomes do not tell them apart, the higher one first
    reversed: list[tuple[str, str]]  # neighbours of which the lower one has surely more positives


def band_test(counts: Mapping[str, tuple[int, int]], level: float = LEVEL) -> BandTest:
    """Test whether each band has more positives than the next lower one.

    Two neighbours are told apart where the interval of the difference of their shares (Newcombe's method 10) lies
    above 0; the level is shared among the pairs (Bonferroni), so that the claim about all bands keeps it.

    :param counts: {band: (rows, positives)}, the highest band first
    :raise ValueError: where a band has more positives than rows

    >>> test = band_test({"hot": (40, 30), "warm": (100, 30), "cold": (60, 16)})
    >>> [round(band.share, 2) for band in test.bands], test.overlapping
    ([0.75, 0.3, 0.27], [('warm', 'cold')])
    """
    bands = []
    for code, (rows, positives) in counts.items():
        if not 0 <= positives <= rows:
            raise ValueError(f"{positives} positives of {rows} rows")
        if rows:
            bands.append(Band(code, rows, positives, *wilson(positives / rows, rows, level)))
    pairs = list(pairwise(bands))
    each = 1 - (1 - level) / max(len(pairs), 1)
    overlapping, turned = [], []
    for above, below in pairs:
        _difference, low, high = share_difference(above.share, above.rows, below.share, below.rows, each)
        if high < 0:
            turned.append((above.code, below.code))
        elif low <= 0:
            overlapping.append((above.code, below.code))
    return BandTest(bands, overlapping, turned)
