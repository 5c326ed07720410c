"""Unlabelled rows in, an anomaly card out.

All rows are the reference; what is learned is how unusual each bin is among them (``anomaly``).
"""

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
from .binning import MISSING, UNSEEN, CategoryBins, NumericBins
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
from .training import Training

MAX_BINS = 150  # half of them narrowing towards both ends: a step in the tails is a factor of about 1.3
MIN_LEVEL = 5  # rows of a level that gets a bin
MAX_PAIRS = 50  # that an artifact may hold
MANY = 2000  # rows, from which on the later half says how many are flagged: in the earlier one every vendor was new
AHEAD, FOLDS = 4, 8  # blocks of the later half, and of few rows, whose totals are those of cards without them
RANKS = 4000  # points of the ranks by which totals of several cards are compared
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
    has them. All rows are the reference; ``flag_rate`` is the share of rows flagged that a
    card has not learned from (``_totals_ahead``): of many rows, of the later half, as in the
    earlier one every history is short. Nothing here is random; ``seed`` is accepted so that
    both trainers are called alike.
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
    totals, as_new, known = _totals_ahead(make, usable, plain)
    ahead = totals[known]
    ranks = Percentile.fit(ahead)
    card = AnomalyCard(
        plain.features,
        0.0,
        ranks,
        score_bins_of(ranks.apply(ahead)),
        plain.pairs,
        threshold=max(threshold_at(ahead, flag_rate), threshold_at(as_new[known], flag_rate)),
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
                bins = NumericBins.fit(column.values, MAX_BINS, spacing="tails")
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


def _totals_ahead(
    make: _Maker, columns: dict[str, Column], plain: AnomalyCard
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """((n,) totals of the rows, (n,) totals as if new, (n,) bool: rows whose totals come from a card without them).

    A card knows its own rows: none lies beyond its range, no level is new. Of a hundred clean records it has seen, five
    reach a line that seven or eight of a hundred later ones reach. So the line is drawn through rows ahead of what was
    learned: blocks of the later half, each by all rows before it; of fewer than ``MANY`` rows all blocks, each by all
    the others, as half of them would be too few. Totals grow with the rows that are learned from, so those of a block
    are told as their rank among rows that both cards know, and that rank as a total of the card of all rows. Where many
    rows have the very same total, such as all of new vendors, a rank says too little: totals as if new are those of the
    card of all rows, with what the card of a block has never seen taken as never seen.
    """
    totals = _totals(plain, columns)
    rows, n = np.arange(len(totals)), len(totals)
    known = np.zeros(n, dtype=bool)
    whole, as_new, is_forward = totals.copy(), totals.copy(), n >= MANY
    if n < FEWEST:
        return totals, as_new, ~known
    for own in np.array_split(rows[n // 2 :] if is_forward else rows, AHEAD if is_forward else FOLDS):
        others = rows[: own[0]] if is_forward else np.setdiff1d(rows, own, assume_unique=True)
        learned = {name: column.take(others) for name, column in columns.items()}
        try:
            card = make.plain(learned)
        except NoUsableFeature:
            continue  # the inputs were filled later
        held = {name: column.take(own) for name, column in columns.items()}
        ahead = _totals(card, held)
        both = others[len(others) // 2 :] if is_forward else others
        ranks = Percentile.fit(_totals(card, learned)[-len(both) :], RANKS)
        totals[own] = Percentile.fit(whole[both], RANKS).totals(ranks.apply(ahead))
        as_new[own] = plain.raw(_codes_as_new(plain, card, held))
        known[own] = True
    return totals, as_new, known if known.any() else ~known


def _codes_as_new(plain: AnomalyCard, card: AnomalyCard, columns: dict[str, Column]) -> np.ndarray:
    """(n, k) codes of ``plain``, with "never seen" as ``card`` has it.

    A number beyond the range counts by its rank alone: all beyond it look the same to a card, so a line through them
    would let everything pass that lies there, however far.
    """
    known, found = card.bins_by_name, []
    for feature in plain.features:
        values = columns[feature.name].values
        codes = feature.bins.codes(values)
        if feature.name in known:
            other = known[feature.name].codes(values)
            if feature.kind != NUMBER:
                codes = np.where(other == UNSEEN, other, codes)
        found.append(codes)
    return np.stack(found, axis=1)


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
