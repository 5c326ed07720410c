"""Unlabelled rows in, an anomaly card out.

All rows are the reference; what is learned is how unusual each bin is among them (``anomaly``).
"""

import time

import numpy as np

from .anomaly import TWO_SIDED, AnomalyCard, block_thresholds, pair_points, surprise_points, threshold_at
from .binning import MISSING, CategoryBins, NumericBins
from .calibration import Identity, Percentile
from .cards import CardFeature, CardPair, score_bins_of
from .columns import NUMBER
from .errors import BadTrainingInput, NoUsableFeature
from .points import centre
from .profile import Profile
from .table import make_table
from .training import Training


def train_anomaly(columns, moments, *, alarm_rate=0.01, tails=None, pairs=(), required=(), seed=0):
    """Learn an ``AnomalyCard`` from unlabelled rows; a ``Training``.

    ``columns`` and ``moments`` as for ``train_scorecard``; ``tails`` maps a number's
    name to the end that is suspicious, "two" (default), "high" or "low"; ``pairs``
    names pairs whose rare combinations are suspicious, such as vendor and account.
    All rows are the reference, and at most ``alarm_rate`` of them is flagged.
    Nothing here is random; ``seed`` is accepted so that both trainers are called
    alike.
    """
    started = time.perf_counter()
    table = make_table(columns, moments, required=required)
    if not 0 < alarm_rate < 1:
        raise BadTrainingInput("The expected share of alarms must be between 0 and 1.")
    features, coded = [], {}
    for name, column in table.columns.items():
        column = column.take(table.usable)
        if column.kind == NUMBER:
            bins = NumericBins.fit(column.values, spacing="tails")
        else:
            bins = CategoryBins.fit(column.values, min_count=5)
        codes = bins.codes(column.values)
        counts = np.bincount(codes, minlength=bins.size)
        if counts[MISSING] == counts.sum():
            continue  # always empty; always the same stays: what differs for the first time surprises most
        points, _mean = centre(surprise_points(bins, counts, (tails or {}).get(name, TWO_SIDED)), counts)
        features.append(CardFeature(name, bins.kind, bins, points, name in required, counts))
        coded[name] = codes
    if not features:
        raise NoUsableFeature()
    card_pairs = [
        CardPair(first, second, pair_points(coded, {f.name: f.bins.size for f in features}, first, second))
        for first, second in pairs
        if first in coded and second in coded
    ]
    blank = {"threshold": 0.0, "block_thresholds": [0.0], "alarm_rate": alarm_rate}
    plain = AnomalyCard(features, 0.0, Identity(), score_bins_of([]), card_pairs, **blank)
    totals = plain.raw(np.stack(list(coded.values()), axis=1))
    ranks = Percentile.fit(totals)
    card = AnomalyCard(
        features,
        0.0,
        ranks,
        score_bins_of(ranks.apply(totals)),
        card_pairs,
        threshold=threshold_at(totals, alarm_rate),
        block_thresholds=block_thresholds(totals, alarm_rate),
        alarm_rate=alarm_rate,
    )
    scored = card.score(table.columns)
    metrics = {
        "rows": len(table),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "inputs": len(features),
        "pairs": len(card_pairs),
        "flagged": int(scored.predictions.sum()),
        "alarm_rate": float(alarm_rate),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))
