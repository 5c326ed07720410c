"""Columns and labels in, a tested scorecard out.

Rows are used in time order: the latest test, all before them are learned from, and
the later part of these decides how far back to learn (``recency``). Sums from
models that did not learn from the row calibrate, recent rows counting more here
too. Calibrating on rows kept out of learning would be simpler, but where the world
moves the latest rows teach the most.

Two learners share the bins: a sum of shrunk effects, which is useful from 15 wins on
(``shrinkage``), and boosters, which find more as rows grow (``boosting``). Rows out of
fold say how much each of them counts. Rows that repeat others are counted once
(``copies``). Where the latest rows hold fewer than ``MIN_LATE`` cases of either class,
they test together with the values out of fold of the rows before.

The card that is returned *is* the one that was tested. Refitting it on everything
would use the test rows too, but would put a card into service that nobody has tested,
and leave no later rows on which it can be compared with the champion.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import performance
from .binning import FIRST, Bins, CategoryBins, NumericBins
from .boosting import (
    Boosted,
    Chosen,
    Settings,
    boost,
    mixed,
    rate_for,
    settings_for,
)
from .calibration import choose
from .cards import (
    Card,
    CardFeature,
    CardPair,
    ScoredRows,
    score_bins_of,
)
from .columns import NUMBER, Column
from .errors import BadTrainingInput, NoUsableFeature
from .groups import cases, effective, together
from .performance import auc
from .points import centre, complete, purify_blocks
from .profile import Profile
from .recency import choose_half_life, effective_cases, recency_weights
from .scorecard import Scorecard
from .shrinkage import MOST_ROWS, Shrunk, folds_by_label, shrink
from .stacking import shares as stacked_shares
from .table import SHARES, Table, check_cases, make_table
from .tags import TagBins, spread_table, with_tags
from .trees import BinTable, grow

MIN_LATE = 30  # cases of either class among the late rows, to judge a half life by, or among the latest to test alone
TESTS = 5  # folds of a test out of fold
MIN_BOOSTED = 100  # cases of the rarer label, under which boosters gain little for their time; by hand, ADR 0047
EXPECTED_SLOPE = ((1.0, 0.3), (0.5, 0.5))  # and its standard deviation, of the sums of few cases: shrunk, boosted
SHRUNK_SHARE = 0.75  # expected of the shrunk sums, beside the boosters
Binned = tuple[str, Bins, np.ndarray]  # name, bins, codes of the rows to learn from
PROBING_TREES = 60  # trees that find out which inputs act together
PROBED = 20_000  # rows that a half life is tried on, about; more change nothing


@dataclass(frozen=True)
class Training:
    """Result of a training run.

    ``card`` is the tested card, ``metrics`` plain numbers by name (None where there is
    no answer), ``reference`` the profile of all rows of the table: the provisional
    reference of the monitors. ``recipe`` is what was chosen on the way. ``out_of_fold``
    (n,) holds, in order of time, the values that tested the card where the latest rows
    were too few: each from a model that has not seen the row, NaN where there is none.
    """

    card: Card
    metrics: dict
    reference: Profile
    recipe: "Recipe | None" = None
    out_of_fold: np.ndarray | None = None


@dataclass(frozen=True)
class Recipe:
    """Choices of a training, to be reused for another one on more rows.

    ``pairs`` by the names of their inputs, ``share`` of the regressions beside the
    boosters, ``trees`` of each booster, ``weight`` of the shrunk sums beside both. How
    far back to learn is asked of the latest rows again; ``forgets`` says whether it was
    limited.
    """

    pairs: list
    share: float
    trees: int
    forgets: bool
    weight: float | None = None


def train_scorecard(
    columns: dict[str, Column],
    labels: np.ndarray,
    moments: np.ndarray,
    *,
    required: Collection[str] = (),
    monotone: dict[str, int] | None = None,
    max_bins: int | None = None,
    pairs: int = 6,
    positive_weight: float = 1.0,
    min_cases: int = 15,
    shares: tuple[float, float, float] = SHARES,
    seed: int = 0,
    recipe: Recipe | None = None,
    groups: np.ndarray | None = None,
) -> Training:
    """Train, calibrate and test a ``Scorecard``; a ``Training``.

    ``columns`` maps names to ``Column``s of n rows, ``labels`` is (n,) bool,
    ``moments`` (n,) in days, for the order in time and the age of a row. ``monotone`` maps the name of a
    number to +1 (points may only rise with it) or -1; a number is cut into at most
    ``max_bins`` (None: as many as the cases carry); up to ``pairs`` pairs of inputs
    are looked for; positives weigh ``positive_weight`` while learning, which changes
    the order of the records but not the level of the values. A ``recipe`` of an
    earlier training of the same inputs spares the search for what it holds. ``groups``
    (n,) are numbers of the records whose moments the rows are: see ``groups``. Fewer than
    ``min_cases`` of either class raise TooFewCases, whatever else cannot be learned
    from another TrainingError.
    """
    started = time.perf_counter()
    table = make_table(columns, moments, labels, required=required, shares=shares, without_copies=True, groups=groups)
    table = spread_table(table, table.learn)
    every = np.sort(np.concatenate([table.learn, table.test]))
    check_cases(table.labels[every], min_cases, table.groups_of(every))
    learned, of_record = table.labels[table.learn], table.groups_of(table.learn)
    check_cases(learned, max(min_cases // 2, 2), of_record)
    rarer = min(cases(learned, of_record))
    settings = settings_for(rarer, max_bins, pairs)
    binned = list(_binned(table, settings))
    bins = choose_inputs(table, binned, settings.most_inputs, required)
    names = list(bins)
    own = list(bins.values())
    codes = np.stack([bins[name].codes(table.columns[name].values) for name in names], axis=1)
    directions = _directions(bins, monotone)
    half_life = half_life_of(table, own, codes, directions, settings, seed)
    recency = recency_weights(table.moments[table.learn], half_life)
    settings = replace(settings, rate=rate_for(effective_cases(learned, recency))) if half_life else settings
    weights = recency * np.where(learned, float(positive_weight), 1.0)
    like = _chosen_before(recipe, names, half_life)
    kept = recipe.weight if recipe and like else None
    # what would weigh nothing is not learned
    shrunk = None if kept == 0.0 else _shrunk(table, bins, codes, weights, directions, seed)
    boosted = None
    if shrunk is None or (rarer >= MIN_BOOSTED and kept != 1.0):
        boosted = boost(own, codes[table.learn], learned, directions, settings, seed, weights, like, of_record)
    model, weight = blend(learned, boosted, shrunk, weights * effective(weights, of_record) / weights.sum(), kept)
    shift = -np.log(positive_weight)  # weighted odds are that many times too high
    features, card_pairs, intercept = _terms(model, bins, codes, table, required)
    slope = np.dot((weight, 1 - weight), EXPECTED_SLOPE).tolist()
    calibration = choose(model.out_of_fold + shift, learned, recency, seed=seed, expected=slope)
    watched = only_watched(table, binned, required)
    unsure = None
    if shrunk is not None and weight:
        unsure = shrunk.uncertainty.centred([feature.counts for feature in features])
        unsure = unsure.with_inputs([feature.bins.size for feature in watched])
    card = Scorecard(features, intercept + shift, calibration, score_bins_of([]), card_pairs)
    values = calibration.apply(card.raw(codes[table.usable]))
    features += watched
    card = Scorecard(features, intercept + shift, calibration, score_bins_of(values), card_pairs, uncertainty=unsure)
    scored = card.score(table.columns)
    known = None
    if len(table.test) or recipe is None:  # where all rows are learned from by a recipe, its own training is the test
        known = _out_of_fold(table, scored, model.out_of_fold + shift, learned, recency, slope, seed)
    metrics = {
        "rows": len(table),
        "positives": int(table.labels.sum()),
        "copies": table.copies,
        "unusable_rows": int(len(table) - table.usable.sum()),
        "train_rows": len(table.learn),
        "train_positives": int(learned.sum()),
        "inputs": len(names),
        "pairs": len(card_pairs),
        "trees": model.trees,
        "linear_share": model.share,
        "shrunk_share": weight,
        "half_life": half_life,
        **_figures(scored, table, known),
        "seconds": time.perf_counter() - started,
    }
    kept_pairs = [(pair.first, pair.second) for pair in card_pairs]
    recipe = Recipe(kept_pairs, model.share, model.trees, half_life is not None, weight)
    return Training(card, metrics, Profile.of(card, scored), recipe, known)


def _shrunk(
    table: Table, bins: dict[str, Bins], codes: np.ndarray, weights: np.ndarray, directions: list[int], seed: int
) -> Shrunk | None:
    """The sum of shrunk effects, None for many rows."""
    if len(table.learn) > MOST_ROWS:
        return None
    known = codes[table.learn]
    centres = []
    for j, (name, own) in enumerate(bins.items()):
        if own.kind != NUMBER:
            centres.append(None)
            continue
        values = table.columns[name].values[table.learn]
        finite = np.where(np.isfinite(values), values, 0.0)
        finite = finite / (abs(finite).max() or 1.0)  # the unit says nothing, and sums of huge numbers have none
        rows = np.bincount(known[:, j], minlength=own.size)
        centres.append(np.bincount(known[:, j], finite, own.size) / np.maximum(rows, 1))
    of_record = table.groups_of(table.learn)
    return shrink(list(bins.values()), known, table.labels[table.learn], weights, centres, directions, seed, of_record)


def blend(
    labels: np.ndarray, boosted: Boosted | None, shrunk: Shrunk | None, weights: np.ndarray, weight: float | None = None
) -> tuple[Boosted, float]:
    """(both learners as one sum, the weight of the shrunk one).

    Rows out of fold say how much each counts (``stacking``): ``weights`` (n,) are how many cases each of them is. A
    ``weight`` that was chosen before is taken as it is.
    """
    if shrunk is None:
        assert boosted is not None
        return boosted, 0.0
    alone = Boosted(shrunk.additive.intercept, shrunk.additive.tables, [], [], 0.0, shrunk.out_of_fold, 0)
    if boosted is None:
        return alone, 1.0
    if weight is None:
        sums = [shrunk.out_of_fold, boosted.out_of_fold]
        weight = float(stacked_shares(sums, labels.astype(np.float64), weights, (SHRUNK_SHARE, 1 - SHRUNK_SHARE))[0])
    if weight == 1.0:
        return alone, 1.0
    both = replace(
        boosted,
        intercept=mixed(boosted.intercept, shrunk.additive.intercept, weight),
        tables=[mixed(one, other, weight) for one, other in zip(boosted.tables, shrunk.additive.tables, strict=True)],
        pair_tables=[(1 - weight) * points for points in boosted.pair_tables],
        out_of_fold=mixed(boosted.out_of_fold, shrunk.out_of_fold, weight),
    )
    return both, weight


def _out_of_fold(
    table: Table,
    scored: ScoredRows,
    raw: np.ndarray,
    labels: np.ndarray,
    recency: np.ndarray,
    slope: Sequence[float],
    seed: int,
) -> np.ndarray | None:
    """(n,) values of models that have not seen the row, None where the latest rows can test alone.

    The rows to learn from are calibrated by folds, too.
    """
    tested = table.labels[table.test]
    if min(cases(tested, table.groups_of(table.test))) >= MIN_LATE:
        return None
    values = np.full(len(table), np.nan)
    values[table.test] = scored.values[table.test]
    known = np.empty(len(raw))
    fold = together(folds_by_label(labels, TESTS, seed + 1), table.groups_of(table.learn))
    for k in range(TESTS):
        held = fold == k
        calibration = choose(raw[~held], labels[~held], recency[~held], seed=seed, expected=slope)
        known[held] = calibration.apply(raw[held])
    values[table.learn] = known
    return values


def _figures(scored: ScoredRows, table: Table, known: np.ndarray | None) -> dict[str, float | None]:
    """Metrics of the latest rows, or of all with values out of fold; ``test_folds`` says which (0: the latest)."""
    if known is None:
        return {**tested_figures(scored, table), "test_folds": 0}
    rows = np.flatnonzero(np.isfinite(known))
    every = replace(scored, values=known)
    return {**tested_figures(every, replace(table, test=rows, late=rows)), "test_folds": TESTS}


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


def choose_inputs(table: Table, binned: list[Binned], most: int, required: Collection[str]) -> dict[str, Bins]:
    """name -> bins of the inputs that vary; the strongest, where there are more than a card may have."""
    bins, ranks = {}, {}
    labels = table.labels[table.learn]
    for name, own, codes in binned:
        if codes.min() != codes.max():
            bins[name] = own
            needed = name in required or isinstance(own, TagBins)  # without it, nobody knows which tags are new
            ranks[name] = np.inf if needed else strength(codes, labels)
    if not bins:
        raise NoUsableFeature()
    kept = sorted(bins, key=lambda name: -ranks[name])[:most]
    return {name: own for name, own in bins.items() if name in kept}


def only_watched(table: Table, binned: list[Binned], required: Collection[str]) -> list[CardFeature]:
    """Features worth nothing, of the inputs that always had the same value.

    Nothing can be learned from them, but that one of them starts to vary is the news that
    a monitor is for. What was always empty has nothing to be compared with.
    """
    features = []
    for name, own, codes in binned:
        if codes.min() == codes.max() and codes[0] >= FIRST:
            everywhere = own.codes(table.columns[name].values[table.usable])
            counts = np.bincount(everywhere, minlength=own.size)
            features.append(CardFeature(name, own.kind, own, np.zeros(own.size), name in required, counts))
    return features


def _binned(table: Table, settings: Settings) -> Iterator[Binned]:
    """(name, bins, codes) of each input over the rows to learn from."""
    for name, column in table.columns.items():
        values = column.values[table.learn]
        if column.kind == NUMBER:
            own = NumericBins.fit(values, settings.max_bins, even=settings.even_bins)
        else:
            own = with_tags(CategoryBins.fit(values, settings.max_levels, settings.min_level), column)
        yield name, own, own.codes(values)


def strength(codes: np.ndarray, labels: np.ndarray) -> float:
    """How far one input alone tells the labels apart beyond chance: (G² - df) / sqrt(2 df), around 0 for noise.

    G² is the likelihood ratio of the table of (n,) ``codes`` by ``labels``; df its degrees of freedom.

    >>> labels = np.arange(40) % 2 == 0
    >>> round(strength(labels.astype(int), labels), 1), round(strength(np.arange(40) // 20, labels), 1)
    (38.5, -0.7)
    """
    cases = np.bincount(codes)
    wins = np.bincount(codes, labels)
    free = np.count_nonzero(cases) - 1
    if free < 1:
        return -np.inf
    observed = np.stack([wins, cases - wins])
    expected = np.outer(observed.sum(axis=1), cases) / len(codes)
    filled = observed > 0
    ratio = 2 * np.sum(observed[filled] * np.log(observed[filled] / expected[filled]))
    return float((ratio - free) / np.sqrt(2 * free))


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
    if min(cases(labels[late], table.groups_of(table.learn[late]))) < MIN_LATE or len(np.unique(labels[~late])) < 2:
        return None
    known = codes[table.learn]
    early = np.flatnonzero(~late)
    early = early[:: 1 + len(early) // PROBED]
    probed = BinTable(bins, known[early])

    def learn(tried: list[np.ndarray]) -> list[np.ndarray]:
        weights = np.stack([own[:: 1 + len(own) // PROBED] for own in tried])
        grown = grow(probed, labels[early], weights, directions, settings.growth, PROBING_TREES)
        return [own.raw(known[late]) for own in grown.sums]

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
        pure, by_row, by_column = purify_blocks(points, joint)
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
