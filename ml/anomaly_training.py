"""Unlabelled rows in, an anomaly card out.

All rows are the reference; what is learned is how unusual each bin is among them (``anomaly``).
"""

import time
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from .anomaly import (
    NOWHERE,
    TWO_SIDED,
    AnomalyCard,
    beyond_earlier_range,
    block_thresholds,
    joint_shares,
    level_pair_shares,
    surprise,
    surprise_shares,
    threshold_at,
    unseen_earlier,
    unseen_pairs,
)
from .binning import MISSING, CategoryBins, NumericBins
from .calibration import Identity, Percentile
from .cards import CardFeature, CardPair, score_bins_of
from .columns import CATEGORY, NUMBER, Column
from .errors import BadTrainingInput, NoUsableFeature
from .points import centre
from .profile import Profile
from .table import Table, make_table
from .tags import (
    RestColumn,
    members_of,
    spread_table,
    with_tags,
)
from .training import Training

MAX_BINS = 150  # half of them narrowing towards both ends: a step in the tails is a factor of about 1.3
MIN_LEVEL = 5  # rows of a level that gets a bin
MAX_PAIRS = 50  # that an artifact may hold
MANY = 2000  # rows, from which on the later half says how many are flagged: in the earlier one every vendor was new


def train_anomaly(
    columns: dict[str, Column],
    moments: Any,
    *,
    flag_rate: float = 0.01,
    tails: dict[str, str] | None = None,
    weights: dict[str, float] | None = None,
    pairs: Sequence[Any] = (),
    context: Sequence[Any] = (),
    required: Collection[str] = (),
    seed: int = 0,
) -> Training:
    """Learn an ``AnomalyCard`` from unlabelled rows; a ``Training``.

    ``columns`` and ``moments`` as for ``train_scorecard``; ``tails`` maps a number's
    name to the end that is suspicious, "two" (default), "high" or "low"; ``weights``
    maps an input to the factor of its points, default 1, and a pair has the product of
    both; ``pairs`` names pairs that are suspicious together: two numbers where both stand
    out, two categories such as vendor and account where the combination is rare. The
    inputs named in ``context`` are no warning by themselves, and left out unless a pair
    has them. All rows are the reference, and at most ``flag_rate`` of them is flagged; of
    many rows, of the later half, as in the earlier one every history is short. Nothing
    here is random; ``seed`` is accepted so that both trainers are called alike.
    """
    started = time.perf_counter()
    table = make_table(columns, moments, required=required)
    table = spread_table(table, np.flatnonzero(table.usable), min_count=MIN_LEVEL)
    if not 0 < flag_rate < 1:
        raise BadTrainingInput("The expected share of alarms must be between 0 and 1.")
    pairs = list(dict.fromkeys(tuple(pair) for pair in pairs if set(pair) <= set(table.columns)))
    if len(pairs) > MAX_PAIRS:
        raise BadTrainingInput(f"At most {MAX_PAIRS} pairs of inputs can go together, not {len(pairs)}.")
    tags = {name: members_of(column) for name, column in table.columns.items() if isinstance(column, RestColumn)}
    # Tags go together with something one by one.
    pairs = [(a, b) for one, two in pairs for a in tags.get(one, [one]) for b in tags.get(two, [two])][:MAX_PAIRS]
    silent = {column for name in context for column in (name, *tags.get(name, ()))}
    needed = {name for name in table.columns if name not in silent}.union(*pairs)
    weight = {column: own for name, own in (weights or {}).items() for column in (name, *tags.get(name, ()))}
    features, coded, shares = [], {}, {}
    for name, column in table.columns.items():
        if name not in needed:
            continue
        column = column.take(table.usable)
        beyond, unseen = NOWHERE, 0.0
        if column.kind == NUMBER:
            bins = NumericBins.fit(column.values, MAX_BINS, spacing="tails")
            beyond = beyond_earlier_range(column.values)
        else:
            bins = with_tags(CategoryBins.fit(column.values, min_count=MIN_LEVEL), column)
            unseen = unseen_earlier(column.values)
        codes = bins.codes(column.values)
        counts = np.bincount(codes, minlength=bins.size)
        if counts[MISSING] == counts.sum():
            continue  # always empty; always the same stays: what differs for the first time surprises most
        shares[name] = surprise_shares(bins, counts, (tails or {}).get(name, TWO_SIDED), beyond, unseen)
        alone = 0.0 if name in silent else weight.get(name, 1.0)
        points = alone * centre(surprise(shares[name]), counts)[0]
        features.append(CardFeature(name, bins.kind, bins, points, name in required, counts))
        coded[name] = codes
    if not features:
        raise NoUsableFeature()
    card_pairs = [
        CardPair(
            first,
            second,
            weight.get(first, 1.0) * weight.get(second, 1.0) * _pair_points(table, coded, shares, first, second),
        )
        for first, second in pairs
        if first in coded and second in coded
    ]
    blank: dict[str, Any] = {"threshold": 0.0, "block_thresholds": [0.0], "flag_rate": flag_rate}
    plain = AnomalyCard(features, 0.0, Identity(), score_bins_of([]), card_pairs, **blank)
    totals = plain.raw(np.stack(list(coded.values()), axis=1))
    recent = totals[len(totals) // 2 :] if len(totals) >= MANY else totals
    ranks = Percentile.fit(recent)
    card = AnomalyCard(
        features,
        0.0,
        ranks,
        score_bins_of(ranks.apply(totals)),
        card_pairs,
        threshold=threshold_at(recent, flag_rate),
        block_thresholds=block_thresholds(totals, flag_rate),
        flag_rate=flag_rate,
    )
    scored = card.score(table.columns)
    metrics = {
        "rows": len(table),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "inputs": len(features),
        "pairs": len(card_pairs),
        "flagged": int(scored.predictions.sum()),
        "flag_rate": float(flag_rate),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))


def _pair_points(
    table: Table, coded: dict[str, np.ndarray], shares: dict[str, np.ndarray], first: str, second: str
) -> np.ndarray:
    """(size of first, size of second) points of two inputs together, averaging 0 over the reference."""
    joint = np.zeros((len(shares[first]), len(shares[second])))
    np.add.at(joint, (coded[first], coded[second]), 1)
    one, two = table.columns[first], table.columns[second]
    if one.kind == two.kind == CATEGORY:
        levels, others = (column.take(table.usable).values for column in (one, two))
        found = level_pair_shares(joint, unseen_pairs(levels, others, MIN_LEVEL))
    else:
        found = joint_shares(shares[first], shares[second], joint)
    points = surprise(found)
    return points - np.average(points, weights=joint)
