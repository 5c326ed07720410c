"""Columns and labels in, a tested scorecard out.

Rows are used in time order: the latest test, all before them are learned from, and
the later part of these decides how far back to learn (``recency``). Sums from
boosters that did not learn from the row calibrate, recent rows counting more here
too. Calibrating on rows kept out of learning would be simpler, but where the world
moves the latest rows teach the most.

The card that is returned *is* the one that was tested. Refitting it on everything
would use the test rows too, but would put a card into service that nobody has tested,
and leave no later rows on which it can be compared with the champion.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import performance
from .binning import FIRST, Bins, CategoryBins, NumericBins
from .boosting import (
    Boosted,
    Chosen,
    Settings,
    as_inputs,
    boost,
    make_booster,
    rate_for,
    settings_for,
)
from .calibration import Identity, choose
from .cards import (
    Card,
    CardFeature,
    CardPair,
    ScoredRows,
    score_bins_of,
)
from .columns import NUMBER, Column
from .errors import BadTrainingInput, NoUsableFeature
from .performance import auc
from .points import centre, complete, purify
from .profile import Profile
from .recency import choose_half_life, effective_cases, recency_weights
from .scorecard import Scorecard
from .table import SHARES, Table, check_cases, make_table
from .tags import TagBins, spread_table, with_tags

MIN_LATE = 30  # cases of either class among the late rows, to judge a half life by
PROBED = 20_000  # rows that a half life is tried on, about; more change nothing


@dataclass(frozen=True)
class Training:
    """Result of a training run.

    ``card`` is the tested card, ``metrics`` plain numbers by name (None where there is
    no answer), ``reference`` the profile of all rows of the table: the provisional
    reference of the monitors. ``recipe`` is what was chosen on the way.
    """

    card: Card
    metrics: dict
    reference: Profile
    recipe: "Recipe | None" = None


@dataclass(frozen=True)
class Recipe:
    """Choices of a training, to be reused for another one on more rows.

    ``pairs`` by the names of their inputs, ``share`` of the regressions beside the
    boosters, ``trees`` of each booster. How far back to learn is asked of the latest
    rows again; ``forgets`` says whether it was limited.
    """

    pairs: list
    share: float
    trees: int
    forgets: bool


def train_scorecard(
    columns: dict[str, Column],
    labels: np.ndarray,
    moments: np.ndarray,
    *,
    required: Collection[str] = (),
    monotone: dict[str, int] | None = None,
    max_bins: int = 64,
    pairs: int = 6,
    positive_weight: float = 1.0,
    min_cases: int = 50,
    shares: tuple[float, float, float] = SHARES,
    seed: int = 0,
    recipe: Recipe | None = None,
) -> Training:
    """Train, calibrate and test a ``Scorecard``; a ``Training``.

    ``columns`` maps names to ``Column``s of n rows, ``labels`` is (n,) bool,
    ``moments`` (n,) in days, for the order in time and the age of a row. ``monotone`` maps the name of a
    number to +1 (points may only rise with it) or -1; up to ``pairs`` pairs of inputs
    are looked for; positives weigh ``positive_weight`` while learning, which changes
    the order of the records but not the level of the values. A ``recipe`` of an
    earlier training of the same inputs spares the search for what it holds. Fewer than
    ``min_cases`` of either class raise TooFewCases, whatever else cannot be learned
    from another TrainingError.
    """
    started = time.perf_counter()
    table = make_table(columns, moments, labels, required=required, shares=shares)
    table = spread_table(table, table.learn)
    check_cases(table.labels, min_cases)
    learned = table.labels[table.learn]
    check_cases(learned, max(min_cases // 2, 2))
    settings = settings_for(int(min(learned.sum(), (~learned).sum())), max_bins, pairs)
    bins = choose_inputs(table, settings, required)
    names = list(bins)
    own = list(bins.values())
    codes = np.stack([bins[name].codes(table.columns[name].values) for name in names], axis=1)
    directions = _directions(bins, monotone)
    half_life = half_life_of(table, own, codes, directions, settings, seed)
    recency = recency_weights(table.moments[table.learn], half_life)
    settings = replace(settings, rate=rate_for(effective_cases(learned, recency))) if half_life else settings
    weights = recency * np.where(learned, float(positive_weight), 1.0)
    like = _chosen_before(recipe, names, half_life)
    boosted = boost(own, codes[table.learn], learned, directions, settings, seed, weights, like)
    shift = -np.log(positive_weight)  # weighted odds are that many times too high
    features, card_pairs, intercept = _terms(boosted, bins, codes, table, required)
    card = Scorecard(features, intercept + shift, Identity(), score_bins_of([]), card_pairs)
    calibration = choose(boosted.out_of_fold + shift, learned, recency, seed=seed)
    values = calibration.apply(card.raw(codes[table.usable]))
    features += only_watched(table, settings, required)
    card = Scorecard(features, intercept + shift, calibration, score_bins_of(values), card_pairs)
    scored = card.score(table.columns)
    metrics = {
        "rows": len(table),
        "positives": int(table.labels.sum()),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "train_rows": len(table.learn),
        "train_positives": int(learned.sum()),
        "inputs": len(names),
        "pairs": len(card_pairs),
        "trees": boosted.trees,
        "linear_share": boosted.share,
        "half_life": half_life,
        **tested_figures(scored, table),
        "seconds": time.perf_counter() - started,
    }
    recipe = Recipe(
        [(pair.first, pair.second) for pair in card_pairs], boosted.share, boosted.trees, half_life is not None
    )
    return Training(card, metrics, Profile.of(card, scored), recipe)


def learn_briefly(
    columns: dict[str, Column], labels: np.ndarray, moments: np.ndarray, recipe: Recipe, **options: Any
) -> Card:
    """The card that ``recipe`` makes of other rows, all of them learned from alike.

    For trials on many subsets of rows: nothing is searched for again, and how far back to
    learn, the dearest question, is not asked.
    """
    recipe = replace(recipe, forgets=False)
    return train_scorecard(columns, labels, moments, shares=(1.0, 0.0, 0.0), recipe=recipe, **options).card


def _chosen_before(recipe: Recipe | None, names: list[str], half_life: float | None) -> Chosen | None:
    """A recipe as ``boost`` takes it, or None where it does not fit; an input that varies no more forms no pair."""
    if recipe is None or recipe.forgets != (half_life is not None):
        return None
    place = {name: j for j, name in enumerate(names)}
    pairs = [(place[one], place[two]) for one, two in recipe.pairs if {one, two} <= set(place)]
    return Chosen(pairs, recipe.share, recipe.trees)


def choose_inputs(table: Table, settings: Settings, required: Collection[str]) -> dict[str, Bins]:
    """name -> bins of the inputs that vary; with few cases only the strongest."""
    bins, strength = {}, {}
    labels = table.labels[table.learn]
    for name, own, codes in _binned(table, settings):
        if len(np.unique(codes)) > 1:
            bins[name] = own
            needed = name in required or isinstance(own, TagBins)  # without it, nobody knows which tags are new
            strength[name] = np.inf if needed else _strength(codes, labels)
    if not bins:
        raise NoUsableFeature()
    kept = sorted(bins, key=lambda name: -strength[name])[: settings.most_inputs]
    return {name: own for name, own in bins.items() if name in kept}


def only_watched(table: Table, settings: Settings, required: Collection[str]) -> list[CardFeature]:
    """Features worth nothing, of the inputs that always had the same value.

    Nothing can be learned from them, but that one of them starts to vary is the news that
    a monitor is for. What was always empty has nothing to be compared with.
    """
    features = []
    for name, own, codes in _binned(table, settings):
        if len(np.unique(codes)) == 1 and codes[0] >= FIRST:
            everywhere = own.codes(table.columns[name].values[table.usable])
            counts = np.bincount(everywhere, minlength=own.size)
            features.append(CardFeature(name, own.kind, own, np.zeros(own.size), name in required, counts))
    return features


def _binned(table: Table, settings: Settings) -> Iterator[Any]:
    """(name, bins, codes) of each input over the rows to learn from."""
    for name, column in table.columns.items():
        values = column.values[table.learn]
        own = (NumericBins if column.kind == NUMBER else CategoryBins).fit(values, settings.max_bins)
        own = with_tags(own, column)
        yield name, own, own.codes(values)


def _strength(codes: np.ndarray, labels: np.ndarray) -> float:
    """Distance from .5 of the AUC of one input alone, each row judged by the others."""
    rate = labels.mean()
    hits = np.bincount(codes, labels)[codes] - labels
    cases = np.bincount(codes)[codes] - 1
    left_out = (hits + 20 * rate) / (cases + 20)
    return abs(auc(labels, left_out) - 0.5)


def _directions(bins: dict[str, Bins], monotone: dict[str, int] | None) -> list[int]:
    monotone = monotone or {}
    for name, direction in monotone.items():
        if direction not in (-1, 0, 1) or (name in bins and bins[name].kind != NUMBER):
            raise BadTrainingInput(f"{name!r} cannot be made monotone: only numbers can, by +1 or -1.")
    return [monotone.get(name, 0) for name in bins]


def half_life_of(
    table: Table, bins: list[Bins], codes: np.ndarray, directions: list[int], settings: Settings, seed: int
) -> float | None:
    """The half life in days that suits the late rows best, or None."""
    late = np.isin(table.learn, table.late)
    labels = table.labels[table.learn]
    if min(labels[late].sum(), (~labels[late]).sum()) < MIN_LATE or len(np.unique(labels[~late])) < 2:
        return None
    inputs = as_inputs(bins, codes[table.learn])
    early = np.flatnonzero(~late)
    early = early[:: 1 + len(early) // PROBED]

    def learn(weights: np.ndarray) -> np.ndarray:
        booster = make_booster(bins, directions, settings, seed, trees=60)
        booster.fit(inputs[early], labels[early], sample_weight=weights[:: 1 + len(weights) // PROBED])
        return booster.decision_function(inputs[late])

    return choose_half_life(table.moments[table.learn], labels, late, learn)


def _terms(
    boosted: Boosted, bins: dict[str, Bins], codes: np.ndarray, table: Table, required: Collection[str]
) -> tuple[list[CardFeature], list[CardPair], float]:
    """(features, pairs, intercept): purified, completed and centred on the reference."""
    names, own = list(bins), list(bins.values())
    reference = codes[table.usable]
    tables = [table_.copy() for table_ in boosted.tables]
    intercept = boosted.intercept
    seen = [np.bincount(codes[table.learn, j], minlength=own[j].size) for j in range(len(own))]
    pairs = []
    for (i, j), points in zip(boosted.pairs, boosted.pair_tables, strict=True):
        joint = np.zeros((own[i].size, own[j].size))
        np.add.at(joint, (reference[:, i], reference[:, j]), 1)
        pure, by_row, by_column = purify(points, joint)
        tables[i] += by_row
        tables[j] += by_column
        pairs.append(CardPair(names[i], names[j], pure))
    features = []
    for j, name in enumerate(names):
        points, silent = complete(own[j], tables[j], seen[j])
        counts = np.bincount(reference[:, j], minlength=own[j].size)
        points, mean = centre(points, counts, silent)
        intercept += mean
        features.append(CardFeature(name, own[j].kind, own[j], points, name in required, counts))
    return features, pairs, intercept


def tested_figures(scored: ScoredRows, table: Table) -> dict[str, float | None]:
    """Metrics on the latest rows, as plain numbers; NaN becomes None."""
    labels, values = table.labels[table.test], scored.values[table.test]
    before = table.late if len(table.late) else table.learn
    rate = float(table.labels[before].mean())
    metrics = {
        "test_rows": len(table.test),
        "test_positives": int(labels.sum()),
        "auc": auc(labels, values),
        "average_precision": performance.average_precision(labels, values),
        "brier": performance.brier(labels, values),
        "brier_base_rate": performance.brier(labels, np.full(len(labels), rate)),
        "calibration_in_the_large": performance.calibration_in_the_large(labels, values),
        "calibration_slope": performance.calibration_slope(labels, values),
    }
    return {name: None if np.isnan(value) else value for name, value in metrics.items()}
