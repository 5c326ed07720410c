"""Do reviewers judge alike, by themselves, and with a look at the record?

``agreement`` compares two answers to the same question: the share that agrees and
Cohen's kappa, what is left of it beyond chance. ``fewer_than_others`` asks whether
somebody overrides more seldom than colleagues do on the same mix of questions,
exactly: who confirms whatever the score says.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

RARE = 5  # answers that differ from the commonest; with fewer, kappa says nothing
DRAWS = 4000


class Agreement(NamedTuple):
    """Agreement of two answers to each of ``pairs`` questions; NaN where undefined."""

    pairs: int
    share: float
    kappa: float
    low: float
    high: float


def agreement(first: Sequence[Any], second: Sequence[Any]) -> Agreement:
    """``Agreement`` of two lists of answers of any kind, in the same order.

    The interval holds 95 % of what kappa may be after these answers: the shares of all pairs of answers follow a
    Dirichlet law (Jeffreys' prior), which is drawn from ``DRAWS`` times with a fixed seed. The usual one, by the
    standard error of Fleiss, Cohen and Everitt (1969), holds the truth in 20 to 70 % of cases where one answer is
    rare. Where fewer than ``RARE`` answers differ from the commonest one, kappa says nothing.

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
    share = sum(one == two for one, two in zip(first, second, strict=True)) / pairs
    counts = _table(first, second)
    given = counts.sum(0) + counts.sum(1)
    if given.sum() - given.max() < RARE:
        return Agreement(pairs, share, math.nan, math.nan, math.nan)
    kappa = float(_kappas(counts / pairs))
    prior = 2 / counts.size  # of two answers: one half for each pair of them
    drawn = np.random.default_rng(0).dirichlet((counts + prior).ravel(), DRAWS).reshape(-1, *counts.shape)
    low, high = np.quantile(_kappas(drawn), [0.025, 0.975])
    return Agreement(pairs, share, kappa, min(float(low), kappa), max(float(high), kappa))


def _table(first: Sequence[Any], second: Sequence[Any]) -> np.ndarray:
    """Counts of each pair of answers, in an order that does not depend on that of the questions or of the two lists."""
    levels = sorted(set(first) | set(second), key=lambda level: (str(type(level)), str(level)))
    place = {level: number for number, level in enumerate(levels)}
    counts = np.zeros((len(place), len(place)))
    np.add.at(counts, ([place[level] for level in first], [place[level] for level in second]), 1)
    return min(counts, counts.T, key=lambda each: each.ravel().tolist())


def _kappas(shares: np.ndarray) -> float | np.ndarray:
    """Cohen's kappa of each table (…, levels, levels) of shares."""
    same = np.trace(shares, axis1=-2, axis2=-1)
    chance = (shares.sum(-1) * shares.sum(-2)).sum(-1)
    return (same - chance) / (1 - chance)


def fewer_than_others(strata: list[tuple[int, int, int, int]]) -> float:
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


def _dealt(marked: int, drawn: int, cards: int) -> tuple[int, np.ndarray]:
    """(fewest, chances of so many, one more, …): marked ones among ``drawn`` of ``cards``."""
    fewest, most = max(0, drawn + marked - cards), min(drawn, marked)
    logs = np.array(
        [
            _log_ways(marked, many) + _log_ways(cards - marked, drawn - many) - _log_ways(cards, drawn)
            for many in range(fewest, most + 1)
        ]
    )
    return fewest, np.exp(logs)


def _log_ways(things: int, taken: int) -> float:
    return math.lgamma(things + 1) - math.lgamma(taken + 1) - math.lgamma(things - taken + 1)
