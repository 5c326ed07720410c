"""Do reviewers judge alike, by themselves, and with a look at the record?

``agreement`` compares two answers to the same question: the share that agrees and
Cohen's kappa, what is left of it beyond chance. ``share_difference`` compares two
shares, such as overrides with the score hidden and in sight. ``fewer_than_others``
asks whether somebody overrides more seldom than colleagues do on the same mix of
questions, exactly: who confirms whatever the score says.
"""

import math
from typing import NamedTuple

import numpy as np

Z = 1.959963984540054  # of 95 %


class Agreement(NamedTuple):
    """What two answers to each of ``pairs`` questions have in common; NaN where that cannot be said."""

    pairs: int
    share: float
    kappa: float
    low: float
    high: float


def agreement(first, second):
    """``Agreement`` of two lists of answers of any kind, in the same order.

    The interval is the large-sample one of Fleiss, Cohen and Everitt (1969) at 95 %,
    cut at -1 and 1. Where both gave one and the same answer throughout, chance alone
    agrees as well and kappa says nothing.

    >>> yes, no = [True] * 3, [False] * 3
    >>> agreement(yes + no, yes + no)[:3]
    (6, 1.0, 1.0)
    >>> agreement(yes, yes)[:3]
    (3, 1.0, nan)
    """
    first, second = list(first), list(second)
    if len(first) != len(second):
        raise ValueError("two answers belong to every question")
    pairs = len(first)
    if not pairs:
        return Agreement(0, math.nan, math.nan, math.nan, math.nan)
    place = {level: number for number, level in enumerate(dict.fromkeys(first + second))}
    table = np.zeros((len(place), len(place)))
    np.add.at(table, ([place[level] for level in first], [place[level] for level in second]), 1 / pairs)
    share = sum(one == two for one, two in zip(first, second, strict=True)) / pairs
    rows, columns = table.sum(1), table.sum(0)
    chance = float(rows @ columns)
    if len(place) == 1:
        return Agreement(pairs, 1.0, math.nan, math.nan, math.nan)
    kappa = min((share - chance) / (1 - chance), 1.0)
    error = _kappa_error(table, rows, columns, chance, kappa, pairs)
    return Agreement(pairs, share, kappa, max(kappa - Z * error, -1.0), min(kappa + Z * error, 1.0))


def _kappa_error(table, rows, columns, chance, kappa, pairs):
    same = np.sum(np.diag(table) * (1 - (rows + columns) * (1 - kappa)) ** 2)
    other = table * (columns[:, None] + rows[None, :]) ** 2
    apart = (1 - kappa) ** 2 * (other.sum() - np.trace(other))
    spread = same + apart - (kappa - chance * (1 - kappa)) ** 2
    return math.sqrt(max(spread, 0.0) / pairs) / (1 - chance)


def wilson(hits, cases):
    """(low, high) of a share at 95 %.

    >>> low, high = wilson(0, 10)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.278)
    """
    share, z2 = hits / cases, Z * Z
    middle = (share + z2 / (2 * cases)) / (1 + z2 / cases)
    half = Z / (1 + z2 / cases) * math.sqrt(share * (1 - share) / cases + z2 / (4 * cases * cases))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def share_difference(hits, cases, other_hits, other_cases):
    """(difference of two shares, low, high) at 95 %, by Newcombe's method: good for small and rare numbers too.

    >>> tuple(round(figure, 4) for figure in share_difference(56, 70, 48, 80))
    (0.2, 0.0524, 0.3339)
    """
    if not cases or not other_cases:
        return math.nan, math.nan, math.nan
    one, two = hits / cases, other_hits / other_cases
    (low_one, high_one), (low_two, high_two) = wilson(hits, cases), wilson(other_hits, other_cases)
    difference = one - two
    return (
        difference,
        max(difference - math.hypot(one - low_one, high_two - two), -1.0),
        min(difference + math.hypot(high_one - one, two - low_two), 1.0),
    )


def fewer_than_others(strata):
    """Chance that somebody overrides so seldom, or less often, if they judge as the others do.

    ``strata`` are (overrides, answers, overrides of all others, answers of all others)
    for each kind of question: the mix of questions differs between people. Within a
    kind, all answers are dealt out by chance (Fisher's exact test, one-sided); the sums
    over kinds are exact as well.

    >>> round(fewer_than_others([(0, 3, 3, 3)]), 4)  # one deal in twenty
    0.05
    >>> fewer_than_others([])
    1.0
    """
    total, seen = np.ones(1), 0
    for hits, cases, other_hits, other_cases in strata:
        lowest, chances = _dealt(hits + other_hits, cases, cases + other_cases)
        total, seen = np.convolve(total, chances), seen + hits - lowest
    return float(min(total[: seen + 1].sum(), 1.0))


def _dealt(marked, drawn, cards):
    """(fewest, chances of so many, one more, …): marked ones among ``drawn`` of ``cards``."""
    fewest, most = max(0, drawn + marked - cards), min(drawn, marked)
    logs = np.array(
        [
            _log_ways(marked, many) + _log_ways(cards - marked, drawn - many) - _log_ways(cards, drawn)
            for many in range(fewest, most + 1)
        ]
    )
    return fewest, np.exp(logs)


def _log_ways(things, taken):
    return math.lgamma(things + 1) - math.lgamma(taken + 1) - math.lgamma(things - taken + 1)
