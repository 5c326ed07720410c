"""Unlabelled rows in, an anomaly card out.

All rows are the reference; what is learned is how unusual each bin is among them (``anomaly``).
"""

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
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
from .cards import CardFeature, CardPair, ScoredRows, score_bins_of
from .columns import CATEGORY, NUMBER, Column
from .errors import BadTrainingInput, NoUsableFeature
from .points import centre
from .profile import RESERVED, Profile
from .table import make_table
from .tags import (
    RestColumn,
    members_of,
    spread_table,
    with_tags,
)
from .tails import extended
from .training import Training

MAX_BINS = 150  # half of them narrowing towards both ends: a step in the tails is a factor of about 1.3
MIN_LEVEL = 5  # rows of a level that gets a bin
MAX_PAIRS = 50  # that an artifact may hold
ON_LINE = 10  # rows of the later half to be flagged, from which on it alone says the line
AHEAD, FOLDS = 4, 8  # blocks of the later half, or of all rows, whose totals are those of cards without them
ALONE = 0.1  # of the flags, which far-out inputs may add
FEWEST = 40  # rows, under which a block has next to none


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
    has them. All rows are the reference; ``flag_rate`` is the share flagged of rows that a
    card has not learned from (``_totals_ahead``). Nothing here is random; ``seed`` is
    accepted so that both trainers are called alike.
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
    usable = {name: column.take(table.usable) for name, column in table.columns.items() if name in needed}
    make = _Maker(tails or {}, weight, silent, pairs, required, flag_rate)
    plain = make.plain(usable)
    totals, known = _totals_ahead(make, usable, plain)
    ahead = totals[known]
    ranks = Percentile.fit(ahead)
    card = AnomalyCard(
        plain.features,
        0.0,
        ranks,
        score_bins_of(ranks.apply(ahead)),
        plain.pairs,
        threshold=_line(ahead, flag_rate, len(plain.features) + len(plain.pairs)),
        block_thresholds=block_thresholds(ahead, flag_rate),
        flag_rate=flag_rate,
    )
    scored = card.score(table.columns)
    metrics = {
        "rows": len(table),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "inputs": len(card.features),
        "pairs": len(card.pairs),
        "flagged": int(scored.predictions.sum()),
        "flag_rate": float(flag_rate),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, _reference(card, scored, totals, known, np.flatnonzero(table.usable)))


@dataclass(frozen=True)
class _Maker:
    """Makes cards without a threshold from columns of usable rows, all by the same choices."""

    tails: dict[str, str]
    weight: dict[str, float]
    silent: set[str]
    pairs: list[tuple[str, str]]
    required: Collection[str]
    flag_rate: float

    def plain(self, columns: dict[str, Column]) -> AnomalyCard:
        """The card of these rows, in order of time; NoUsableFeature where all inputs are empty."""
        features, coded, shares = [], {}, {}
        for name, column in columns.items():
            beyond, unseen = NOWHERE, 0.0
            if column.kind == NUMBER:
                bins = extended(NumericBins.fit(column.values, MAX_BINS, spacing="tails"), column.values)
                beyond = beyond_earlier_range(column.values)
            else:
                bins = with_tags(CategoryBins.fit(column.values, min_count=MIN_LEVEL), column)
                unseen = unseen_earlier(column.values)
            codes = bins.codes(column.values)
            counts = np.bincount(codes, minlength=bins.size)
            if counts[MISSING] == counts.sum():
                continue  # always empty; always the same stays: what differs for the first time surprises most
            shares[name] = surprise_shares(bins, counts, self.tails.get(name, TWO_SIDED), beyond, unseen)
            alone = 0.0 if name in self.silent else self.weight.get(name, 1.0)
            points = alone * centre(surprise(shares[name]), counts)[0]
            features.append(CardFeature(name, bins.kind, bins, points, name in self.required, counts))
            coded[name] = codes
        if not features:
            raise NoUsableFeature()
        pairs = [
            CardPair(one, two, self._factor(one, two) * _pair_points(columns, coded, shares, one, two))
            for one, two in self.pairs
            if one in coded and two in coded
        ]
        blank: dict[str, Any] = {"threshold": 0.0, "block_thresholds": [0.0], "flag_rate": self.flag_rate}
        return AnomalyCard(features, 0.0, Identity(), score_bins_of([]), pairs, **blank)

    def _factor(self, one: str, two: str) -> float:
        return self.weight.get(one, 1.0) * self.weight.get(two, 1.0)


def _totals_ahead(make: _Maker, columns: dict[str, Column], plain: AnomalyCard) -> tuple[np.ndarray, np.ndarray]:
    """((n,) totals of the rows, (n,) bool: those whose totals come from a card that has not learned from them).

    A card knows its own rows: none lies beyond its range, no level is new. Of a hundred clean records it has seen, five
    reach a line that seven or eight of a hundred later ones reach. So the line is drawn through rows ahead of what was
    learned: blocks of the later half, each by all rows before it, as in the earlier half every history is short. Where
    this leaves too few rows for a line it is all blocks, each by all the others.
    """
    totals = _totals(plain, columns)
    rows, n = np.arange(len(totals)), len(totals)
    known = np.zeros(n, dtype=bool)
    if n < FEWEST:
        return totals, ~known
    latest = max(math.ceil(ON_LINE / make.flag_rate), n // 4)
    is_forward = latest <= n // 2
    for own in np.array_split(rows[-latest:] if is_forward else rows, AHEAD if is_forward else FOLDS):
        others = rows[: own[0]] if is_forward else np.setdiff1d(rows, own, assume_unique=True)
        try:
            card = make.plain({name: column.take(others) for name, column in columns.items()})
        except NoUsableFeature:
            continue  # the inputs were filled later
        totals[own] = _totals(card, {name: column.take(own) for name, column in columns.items()})
        known[own] = True
    return totals, known if known.any() else ~known


def _line(ahead: np.ndarray, flag_rate: float, terms: int) -> float:
    """The total from which a record is flagged; ``ahead`` (n,) are totals of records that nothing was learned from.

    Of fewer than one in ``flag_rate`` records the line lies beyond all of them, as the chance of a total falls like one
    over it. It never lies so far out that a single one of ``terms`` reasons cannot reach it, be it as rare as ``ALONE``
    of the flags that are asked for: together these add a tenth to the share flagged, however heavy the tails.
    """
    line = threshold_at(ahead, flag_rate)
    expected = flag_rate * (len(ahead) + 1)
    if expected < 1 and line > 0:
        line /= expected
    return min(line, float(np.median(ahead) + surprise(np.array(ALONE * flag_rate / terms))))


def _totals(card: AnomalyCard, columns: dict[str, Column]) -> np.ndarray:
    return card.raw(np.stack([f.bins.codes(columns[f.name].values) for f in card.features], axis=1))


def _reference(
    card: AnomalyCard, scored: ScoredRows, totals: np.ndarray, known: np.ndarray, usable: np.ndarray
) -> Profile:
    """The profile of all rows; scores and flags of those whose total was computed ahead, as later ones will be."""
    values = card.calibration.apply(totals)
    predictions, confidences = card._verdicts(totals, values)
    told = {name: getattr(scored, name).copy() for name in ("raw", "values", "predictions", "confidences")}
    for name, own in zip(told, (totals, values, predictions, confidences), strict=True):
        told[name][usable] = own
    is_ahead = np.zeros(len(scored), dtype=bool)
    is_ahead[usable] = known
    own_counts = Profile.of(card, replace(scored, **told), is_ahead).counts
    found = Profile.of(card, scored)
    found.counts.update({name: own_counts[name] for name in RESERVED})
    return found


def _pair_points(
    columns: dict[str, Column], coded: dict[str, np.ndarray], shares: dict[str, np.ndarray], first: str, second: str
) -> np.ndarray:
    """(size of first, size of second) points of two inputs together, averaging 0 over the reference."""
    joint = np.zeros((len(shares[first]), len(shares[second])))
    np.add.at(joint, (coded[first], coded[second]), 1)
    one, two = columns[first], columns[second]
    if one.kind == two.kind == CATEGORY:
        found = level_pair_shares(joint, unseen_pairs(one.values, two.values, MIN_LEVEL))
    else:
        found = joint_shares(shares[first], shares[second], joint)
    points = surprise(found)
    return points - np.average(points, weights=joint)
