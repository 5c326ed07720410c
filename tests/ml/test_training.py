import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pinning import OF_BOOSTERS, assert_same, checksum, golden

from odoo.addons.ai_deployment.ml import artifact, boosting, promotion
from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    CategoryBins,
    NumericBins,
)
from odoo.addons.ai_deployment.ml.boosting import (
    Boosted,
    Settings,
    boost,
    choose_share,
    clearly_better,
    settings_for,
)
from odoo.addons.ai_deployment.ml.calibration import sigmoid
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, TAGS, make_column
from odoo.addons.ai_deployment.ml.drift import judge
from odoo.addons.ai_deployment.ml.errors import (
    BadTrainingInput,
    DuplicateFeature,
    EmptyTable,
    NoUsableFeature,
    OneClass,
    ReservedFeature,
    TooFewCases,
)
from odoo.addons.ai_deployment.ml.pairs import boost_pairs, coarse_groups, rank_pairs
from odoo.addons.ai_deployment.ml.performance import auc
from odoo.addons.ai_deployment.ml.points import Additive, centre, complete, purify
from odoo.addons.ai_deployment.ml.profile import SCORE, Profile, bins_of
from odoo.addons.ai_deployment.ml.recency import choose_half_life, effective_cases, recency_weights
from odoo.addons.ai_deployment.ml.shrinkage import Shrunk
from odoo.addons.ai_deployment.ml.table import make_table, unique_columns
from odoo.addons.ai_deployment.ml.training import SHRUNK_SHARE, blend, strength, train_scorecard


def world(n=3000, seed=0, crossed=0.0, flip=False):
    """Columns, labels and the true log odds; ``flip``: the second half works the other way round."""
    random = np.random.default_rng(seed)
    age, size = random.normal(40, 10, n), random.lognormal(2, 1, n)
    city = random.choice(["Bern", "Wien", "Graz", "Linz"], n, p=[0.4, 0.3, 0.25, 0.05])
    z = (age - 40) / 10
    odds = -0.7 + 0.8 * z - 0.6 * (np.log(size) - 2) + np.where(city == "Wien", 1.0, 0.0)
    odds = odds + crossed * z * np.sign(np.log(size) - 2)
    if flip:
        odds = np.where(np.arange(n) < n * 0.55, odds, -odds)
    age[random.random(n) < 0.1] = np.nan
    columns = {
        "age": make_column("age", NUMBER, age),
        "size": make_column("size", NUMBER, size),
        "city": make_column("city", CATEGORY, city.tolist()),
        "noise": make_column("noise", CATEGORY, random.choice(list("abc"), n).tolist()),
    }
    return columns, random.random(n) < sigmoid(odds), odds


COLUMNS, LABELS, ODDS = world()
TRAINED = train_scorecard(COLUMNS, LABELS, np.arange(3000.0), required=["size"], monotone={"age": 1})


# Sums of tables
def coded(bins, columns):
    return np.stack([bins[name].codes(columns[name].values) for name in bins], axis=1)


BINS = {
    name: (NumericBins if column.kind == NUMBER else CategoryBins).fit(column.values, 30)
    for name, column in COLUMNS.items()
}


def test_a_pair_must_pay_and_must_not_break_an_order():
    columns, labels, _odds = world(6000, crossed=1.5)
    bins = list(BINS.values())
    codes = coded(BINS, columns)
    assert boost(bins, codes, labels, [1, 0, 0, 0], Settings(pairs=3), 0).pairs == []
    never = boost(bins, codes, labels, [0] * 4, Settings(pairs=0), 0).out_of_fold
    assert clearly_better(labels, never + 0.5 * (labels - 0.5), never)
    assert not clearly_better(labels, never, never)
    assert not clearly_better(labels, never - 0.5 * (labels - 0.5), never)
    assert not clearly_better(labels, never + np.random.default_rng(0).normal(0, 0.3, 6000), never)


def test_a_pair_that_does_not_pay_is_dropped(monkeypatch):
    monkeypatch.setattr(boosting, "rank_pairs", lambda *given: [(0, 3)])
    found = boost(list(BINS.values()), coded(BINS, COLUMNS), LABELS, [0] * 4, Settings(pairs=3), 0)
    assert found.pairs == [] and found.pair_tables == []


def test_pair_tables_are_laid_out_as_first_by_second():
    random = np.random.default_rng(2)
    first, second = random.integers(0, 4, 8000), random.integers(0, 3, 8000)
    odds = np.where((first == 3) & (second == 0), 2.0, -1.0)
    labels = random.random(8000) < sigmoid(odds)
    bins = [CategoryBins(list("abcd"), dict.fromkeys("abcd", 9)), CategoryBins(list("xyz"), dict.fromkeys("xyz", 9))]
    codes = np.stack([first + FIRST, second + FIRST], axis=1).astype(np.uint8)
    fold = np.arange(8000) % 2
    start = np.full(8000, -1.0)
    (table,), _raw = boost_pairs(bins, codes, labels, np.ones(8000), fold, [start, start], [(0, 1)])
    assert table.shape == (7, 6) and np.unravel_index(table.argmax(), table.shape) == (6, 3)
    assert table[6, 3] > 2.5 and abs(table[FIRST:6, FIRST:]).max() < 0.3


def test_the_card_keeps_the_sums_of_the_booster():
    columns, labels, _odds = world(6000, crossed=1.5)
    trained = train_scorecard(columns, labels, np.arange(6000.0))
    assert [(p.first, p.second) for p in trained.card.pairs] == [("age", "size")]
    # Purifying and centring move points about, sums stay: compare by an independent booster run.
    table = make_table(columns, np.arange(6000.0), labels)
    bins = trained.card.bins_by_name
    codes = coded(bins, table.columns)
    found = boost(list(bins.values()), codes[table.learn], labels[table.learn], [0] * 4, settings_for(2000))
    raw = trained.card.raw(codes)[table.learn]
    assert raw == pytest.approx(found.raw(codes[table.learn]), abs=1e-9)
    additive = train_scorecard(columns, labels, np.arange(6000.0), pairs=0)
    assert trained.metrics["auc"] > additive.metrics["auc"] + 0.02


def test_the_mean_of_both_kinds_of_model_beats_each_and_one_alone_must_clearly_be_better():
    straight = world(6000, seed=11)[1:]
    codes = coded(BINS, world(6000, seed=11)[0])
    found = boost(list(BINS.values()), codes, straight[0], [0] * 4, Settings(pairs=0))
    assert found.share == 0.5
    assert choose_share(LABELS, ODDS, -ODDS) == 0.0 and choose_share(LABELS, -ODDS, ODDS) == 1.0
    assert choose_share(LABELS, ODDS, None) == 0.0


def test_a_second_training_takes_the_recipe_of_the_first(monkeypatch):
    columns, labels, _odds = world(6000, crossed=1.5)
    first = train_scorecard(columns, labels, np.arange(6000.0))
    assert first.recipe.pairs == [("age", "size")] and first.recipe.trees == first.metrics["trees"]
    monkeypatch.setattr(boosting, "rank_pairs", lambda *given: pytest.fail("pairs were looked for again"))
    monkeypatch.setattr(boosting, "choose_share", lambda *given: pytest.fail("the share was chosen again"))
    again = train_scorecard(
        columns, labels, np.arange(6000.0), shares=(0.85, 0.15, 0.0), recipe=replace(first.recipe, trees=7)
    )
    assert [(pair.first, pair.second) for pair in again.card.pairs] == [("age", "size")]
    assert again.metrics["trees"] == 7 and again.metrics["train_rows"] == 6000
    without = {name: column for name, column in columns.items() if name != "age"}
    assert train_scorecard(without, labels, np.arange(6000.0), recipe=first.recipe).card.pairs == ()


@pytest.mark.parametrize(
    "options", [{}, {"monotone": {"age": 1}}, {"positive_weight": 3.0}, {"shares": (0.85, 0.15, 0.0)}]
)
def test_retraining_on_unchanged_records_is_the_same_card_and_never_worse(options):
    columns, labels, _odds = world(700, seed=len(options) + 7)
    moments = np.arange(700.0)
    one, other = (train_scorecard(columns, labels, moments, **options) for _run in range(2))
    assert artifact.dump(one.card) == artifact.dump(other.card)
    values = one.card.score(columns).values
    assert promotion.judge(labels, other.card.score(columns).values, values).verdict == "same"
    # and by its recipe, as the card that serves is made
    again = [train_scorecard(columns, labels, moments, recipe=one.recipe, **options) for _run in range(2)]
    assert artifact.dump(again[0].card) == artifact.dump(again[1].card)


def test_out_of_fold_sums_come_from_boosters_that_did_not_see_the_row():
    # Labels are pure noise: whoever peeked would find them.
    random = np.random.default_rng(5)
    labels = random.random(3000) < 0.3
    found = boost(list(BINS.values()), coded(BINS, COLUMNS), labels, [0] * 4, Settings(pairs=0))
    assert abs(auc(labels, found.out_of_fold) - 0.5) < 0.035
    assert auc(labels, found.raw(coded(BINS, COLUMNS))) > 0.5


# The card
def test_the_card_finds_what_the_world_is_made_of():
    metrics = TRAINED.metrics
    assert metrics["auc"] > auc(LABELS[-450:], ODDS[-450:]) - 0.03
    assert metrics["brier"] < metrics["brier_base_rate"] - 0.02
    assert abs(metrics["calibration_in_the_large"]) < 0.06 and 0.7 < metrics["calibration_slope"] < 1.4
    assert (metrics["rows"], metrics["train_rows"], metrics["test_rows"]) == (3000, 2550, 450)
    assert metrics["positives"] == LABELS.sum() and metrics["test_positives"] == LABELS[-450:].sum()


def test_contributions_average_zero_over_the_reference():
    contributions = TRAINED.card.score(COLUMNS).contributions
    assert contributions.mean(axis=0) == pytest.approx([0] * contributions.shape[1], abs=1e-9)
    columns, labels, _odds = world(6000, crossed=1.5)
    paired = train_scorecard(columns, labels, np.arange(6000.0)).card
    assert paired.pairs and paired.score(columns).contributions.mean(axis=0) == pytest.approx([0] * 4, abs=1e-6)


def test_monotone_points_only_rise():
    age = TRAINED.card.features[0]
    assert age.name == "age"
    order = [BELOW, *range(FIRST, age.bins.size), ABOVE]
    assert (np.diff(age.points[order]) >= -1e-12).all() and np.ptp(age.points) > 0.5
    falling = train_scorecard(COLUMNS, LABELS, np.arange(3000.0), monotone={"age": -1}).card
    assert all(f.name != "age" or np.ptp(f.points[FIRST:]) < 0.2 for f in falling.features)


def test_codes_that_training_never_saw_have_defined_points():
    for feature in TRAINED.card.features:
        if feature.kind == NUMBER:
            assert feature.points[BELOW] == feature.points[FIRST]
            assert feature.points[ABOVE] == feature.points[-1]
        elif feature.counts[OTHER] == 0:
            assert feature.points[UNSEEN] == 0
        if feature.counts[MISSING] == 0:
            assert feature.points[MISSING] == 0


def test_rare_known_levels_speak_for_levels_never_seen():
    bins = CategoryBins(["a"], {"a": 50, "b": 12})
    points, silent = complete(bins, np.array([1.0, 2.0, 3.0, 4.0]), np.array([5, 0, 12, 50]))
    assert points.tolist() == [1, 3, 3, 4] and not silent.any()
    points, silent = complete(bins, np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 9, 50]))
    assert points.tolist() == [0, 0, 3, 4] and silent.tolist() == [True, True, False, False]
    assert complete(bins, np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 10, 50]))[0][UNSEEN] == 3
    seen = complete(bins, np.array([1.0, 2.0, 3.0, 4.0]), np.array([5, 1, 12, 50]))[0]
    assert seen.tolist() == [1, 2, 3, 4]


def test_required_inputs_are_required_and_kept():
    by_name = {feature.name: feature for feature in TRAINED.card.features}
    assert by_name["size"].required and not by_name["age"].required
    broken = {**COLUMNS, "size": make_column("size", NUMBER, [None, "x", *COLUMNS["size"].values[2:].tolist()])}
    trained = train_scorecard(broken, LABELS, np.arange(3000.0), required=["size"])
    assert trained.metrics["unusable_rows"] == 2 and trained.reference.failed == 2
    assert trained.metrics["auc"] > 0.7
    assert trained.reference.rows == 2998 == trained.reference.counts[SCORE].sum()


def test_rows_that_scoring_would_refuse_teach_nothing():
    ages = COLUMNS["age"].values.tolist()
    lies = LABELS.copy()
    for row in range(1000):
        ages[row], lies[row] = "unknown", not LABELS[row]
    trained = train_scorecard({**COLUMNS, "age": make_column("age", NUMBER, ages)}, lies, np.arange(3000.0))
    assert trained.metrics["unusable_rows"] == 1000 and trained.metrics["train_rows"] == 1550
    assert trained.metrics["auc"] > 0.7


def test_the_reference_is_counted_on_all_rows():
    for feature in TRAINED.card.features:
        assert (TRAINED.reference.counts[feature.name] == feature.counts).all()
        assert feature.counts.sum() == 3000


def test_an_input_that_was_always_the_same_is_worth_nothing_but_watched():
    same = {
        "channel": make_column("channel", CATEGORY, ["telephone"] * 3000),
        "calls": make_column("calls", NUMBER, [0] * 3000),
        "campaign": make_column("campaign", CATEGORY, [None] * 3000),
        "phone": make_column("phone", CATEGORY, [str(row) for row in range(3000)]),
    }
    trained = train_scorecard({**COLUMNS, **same}, LABELS, np.arange(3000.0), required=["size"], monotone={"age": 1})
    assert set(trained.card.names) == {*TRAINED.card.names, "channel", "calls"}  # nothing to compare the others with
    assert trained.metrics["inputs"] == len(TRAINED.card.names)
    before, now = TRAINED.card.score(COLUMNS), trained.card.score({**COLUMNS, **same})
    assert (before.values == now.values).all()
    moved = {**COLUMNS, **same, "channel": make_column("channel", CATEGORY, ["mobile", *["telephone"] * 2] * 1000)}
    moved["calls"] = make_column("calls", NUMBER, [0, 1, 2] * 1000)
    window = Profile.of(trained.card, trained.card.score(moved), np.arange(3000) >= 2700)
    found = {(r.name, r.test): r.verdict for r in judge(bins_of(trained.card), trained.reference, window)}
    assert (found["channel", "unseen"], found["calls", "shape"]) == ("drifted", "drifted")
    assert json.loads(json.dumps(artifact.dump(trained.card))) == artifact.dump(trained.card)


def test_the_future_does_not_reach_the_card():
    """Labels of the test rows may change as they like: the card stays the same."""
    turned = LABELS.copy()
    turned[-450:] = ~turned[-450:]
    again = train_scorecard(COLUMNS, turned, np.arange(3000.0), required=["size"], monotone={"age": 1})
    assert [f.points.tolist() for f in again.card.features] == [f.points.tolist() for f in TRAINED.card.features]
    assert again.card.calibration.to_dict() == TRAINED.card.calibration.to_dict()
    assert again.metrics["auc"] == pytest.approx(1 - TRAINED.metrics["auc"])


def test_rows_are_sorted_by_moment_and_their_order_in_the_table_changes_nothing():
    shuffled = np.random.default_rng(1).permutation(3000)
    again = train_scorecard(
        {name: column.take(shuffled) for name, column in COLUMNS.items()},
        LABELS[shuffled],
        shuffled.astype(float),
        required=["size"],
        monotone={"age": 1},
    )
    assert artifact.dump(again.card) == artifact.dump(TRAINED.card)


def test_the_same_seed_gives_the_same_card_and_another_seed_another():
    again = train_scorecard(COLUMNS, LABELS, np.arange(3000.0), required=["size"], monotone={"age": 1})
    assert artifact.digest(artifact.dump(again.card)) == artifact.digest(artifact.dump(TRAINED.card))
    columns, labels, _odds = world(3000, crossed=1.5)
    one, other = (train_scorecard(columns, labels, np.arange(3000.0), seed=seed).card for seed in (0, 1))
    assert artifact.digest(artifact.dump(one)) != artifact.digest(artifact.dump(other))


def test_weighing_positives_does_not_inflate_the_values():
    weighed = train_scorecard(COLUMNS, LABELS, np.arange(3000.0), positive_weight=10.0)
    assert weighed.card.score(COLUMNS).values.mean() == pytest.approx(LABELS.mean(), abs=0.03)
    raw = weighed.card.score(COLUMNS).raw  # before calibration, too
    assert sigmoid(raw).mean() == pytest.approx(LABELS.mean(), abs=0.05)
    assert weighed.card.score(COLUMNS).values != pytest.approx(TRAINED.card.score(COLUMNS).values, abs=1e-6)


def test_a_world_that_turned_around_makes_old_rows_count_less():
    columns, labels, _odds = world(4000, flip=True)
    turned = train_scorecard(columns, labels, np.arange(4000.0))
    assert turned.metrics["half_life"] is not None and turned.metrics["half_life"] < 1000
    assert turned.metrics["auc"] > 0.65
    assert TRAINED.metrics["half_life"] is None


def test_recency():
    assert recency_weights([0, 5, 10], None).tolist() == [1, 1, 1]
    weights = recency_weights([0.0, 5.0, 10.0], 5.0)
    assert weights[1] / weights[0] == pytest.approx(2) == weights[2] / weights[1] and weights.mean() == pytest.approx(1)


def test_a_level_that_moved_is_followed():
    columns, _labels, odds = world(8000, seed=4)
    later = np.arange(8000) > 5000
    labels = np.random.default_rng(4).random(8000) < sigmoid(odds - 1.0 + 2.0 * later)
    trained = train_scorecard(columns, labels, np.arange(8000.0))
    assert trained.metrics["half_life"] is not None
    assert abs(trained.metrics["calibration_in_the_large"]) < 0.08
    # An average over all time would miss by more.
    assert labels[-1200:].mean() - labels[:6800].mean() > 0.2


def each(learn):
    """As `choose_half_life` asks: one answer per weights."""
    return lambda tried: [learn(weights) for weights in tried]


def test_the_half_life_is_chosen_by_looking_forward():
    n = 5000
    late = np.arange(n) >= 4000
    labels = np.arange(n) % 2 == 0

    def learn(weights):  # the shorter the memory, the better the answer
        return np.where(labels[late], 1.0, -1.0) * np.log(weights.max() / weights.min())

    span = 3999 / 16
    assert choose_half_life(np.arange(float(n)), labels, late, each(learn)) == pytest.approx(span)
    assert choose_half_life(np.arange(float(n)), labels, late, each(lambda weights: np.zeros(1000))) is None
    assert choose_half_life(np.zeros(n), labels, late, each(learn)) is None
    lucky = np.random.default_rng(0)
    assert choose_half_life(np.arange(float(n)), labels, late, each(lambda weights: lucky.normal(0, 0.1, 1000))) is None


def test_the_longest_memory_wins_that_is_not_clearly_worse_and_none_is_far_too_short():
    labels = np.arange(6000) % 2 == 0
    late = np.arange(6000) >= 4000
    gains = {1: 0.0, 2: 1.0, 3: 1.01, 4: 1.02}  # by how often the memory was halved

    def learn(weights):
        halvings = 0 if weights.max() == weights.min() else round(np.log2(np.log2(weights.max() / weights.min())))
        noise = np.random.default_rng(halvings).normal(0, 2, 2000)
        return np.where(labels[late], 1.0, -1.0) * gains.get(halvings, 0.0) + noise

    moments = np.arange(6000.0)
    assert choose_half_life(moments, labels, late, each(learn)) == pytest.approx(3999 / 4)
    # The late rows now span four times the early ones: every half life is under an eighth of that.
    moments[4000:] = 4000 + 8 * np.arange(2000)
    assert choose_half_life(moments, labels, late, each(learn)) is None


def test_a_gain_in_one_stretch_of_the_later_time_does_not_limit_the_memory():
    labels = np.arange(6000) % 2 == 0
    late = np.arange(6000) >= 4000
    side = np.where(labels[late], 1.0, -1.0)

    def learn(weights, where):
        forgets = weights.max() > weights.min()
        return side * np.where(where, 2.0, -0.3) * forgets

    moments = np.arange(6000.0)
    once, often = np.arange(2000) < 250, np.arange(2000) % 4 == 0
    assert choose_half_life(moments, labels, late, each(lambda weights: learn(weights, once | often))) is not None
    assert choose_half_life(moments, labels, late, each(lambda weights: learn(weights, np.arange(2000) < 500))) is None


def test_no_half_life_leaves_too_few_cases():
    n = 5000
    late = np.arange(n) >= 4000
    labels = np.arange(n) % 10 == 0  # 400 early cases
    tried = []

    def learn(weights):
        tried.append(effective_cases(labels[~late], weights))
        return np.zeros(1000)

    choose_half_life(np.arange(float(n)), labels, late, each(learn))
    assert len(tried) == 3 and min(tried) >= 200 and tried[0] == pytest.approx(400)


def test_metrics_are_plain_json():
    text = json.dumps(TRAINED.metrics)
    assert json.loads(text) == TRAINED.metrics
    assert all(type(value) in (int, float, type(None)) for value in TRAINED.metrics.values())


# Few cases
def test_few_cases_make_a_small_card():
    columns, labels, _odds = world(400, seed=2)
    small = train_scorecard(columns, labels, np.arange(400.0))
    assert all(feature.bins.size <= FIRST + 32 for feature in small.card.features)
    assert settings_for(60).shrinkage > settings_for(1000).shrinkage
    assert settings_for(199).pairs == 0 and settings_for(200).pairs == 6 and settings_for(199).max_bins == 32


def test_noise_is_ranked_behind_signal_and_a_column_of_one_value_last():
    """By the distance of a leave-one-out AUC from .5, a column that is constant but for one row came first."""
    random = np.random.default_rng(0)
    signal = random.integers(0, 4, 400)
    labels = random.random(400) < sigmoid(signal - 1.5)
    nearly_constant = (np.arange(400) == 7).astype(int)
    noise = [strength(random.integers(0, 5, 400), labels) for _column in range(200)]
    assert strength(signal, labels) > 10 > max(noise)
    assert abs(np.mean(noise)) < 0.25 and np.std(noise) == pytest.approx(1, abs=0.25)
    assert strength(nearly_constant, labels) < 2 and strength(np.zeros(400, dtype=int), labels) == -np.inf


def both_learners(n, of_shrunk, of_boosted):
    """(labels, boosters, shrunk sum) whose log odds out of fold are given shares of the true ones, the rest noise."""
    random = np.random.default_rng(4)
    odds, *noise = random.normal(0, 1.5, (3, n))
    labels = random.random(n) < sigmoid(odds)
    shrunk, boosted = (
        share * odds + (1 - share) * own for share, own in zip((of_shrunk, of_boosted), noise, strict=True)
    )
    tables = [np.array([0.0, 4.0])]
    return (
        labels,
        Boosted(0.0, [np.zeros(2)], [(0, 0)], [np.ones((2, 2))], 0.5, boosted, 30),
        Shrunk(Additive(2.0, tables), shrunk, None),
    )


@pytest.mark.parametrize(
    ("n", "of_shrunk", "of_boosted", "least", "most"),
    [
        (40, 0.5, 0.5, SHRUNK_SHARE - 0.2, SHRUNK_SHARE + 0.2),  # few rows: what is expected
        (3000, 0.5, 0.5, 0.3, 0.6),  # as good as each other: both, though neither gains a standard error by itself
        (3000, 1.0, 0.0, 0.85, 1.0),
        (3000, 0.0, 1.0, 0.0, 0.15),
    ],
)
def test_the_shrunk_sum_counts_as_much_as_rows_out_of_fold_say(n, of_shrunk, of_boosted, least, most):
    labels, boosted, shrunk = both_learners(n, of_shrunk, of_boosted)
    both, weight = blend(labels, boosted, shrunk, np.ones(n))
    assert least <= weight <= most
    assert both.intercept == pytest.approx(2 * weight) and both.tables[0] == pytest.approx([0, 4 * weight])
    assert not both.pair_tables or both.pair_tables[0] == pytest.approx(1 - weight)
    again, kept = blend(labels, boosted, shrunk, np.ones(n), 0.25)
    assert kept == 0.25 and again.intercept == 0.5


def test_with_few_cases_all_inputs_are_kept_and_noise_is_worth_little():
    columns, labels, _odds = world(150, seed=3)
    for i in range(20):
        noise = np.random.default_rng(i).random(150)
        columns[f"noise{i}"] = make_column(f"noise{i}", NUMBER, noise)
    trained = train_scorecard(columns, labels, np.arange(150.0), required=["noise7"])
    spread = {f.name: np.sqrt(np.average(f.points**2, weights=f.counts)) for f in trained.card.features}
    assert set(spread) == set(columns)
    assert spread["age"] > 3 * np.median([spread[f"noise{i}"] for i in range(20)])


def test_where_the_latest_rows_are_too_few_all_rows_test_out_of_fold():
    columns, labels, _odds = world(200, seed=5)
    trained = train_scorecard(columns, labels, np.arange(200.0))
    assert trained.metrics["test_folds"] == 5 and trained.metrics["test_rows"] == 200
    assert np.isfinite(trained.out_of_fold).all() and trained.metrics["auc"] == auc(labels, trained.out_of_fold)
    latest = trained.card.score(columns).values[170:]
    assert trained.out_of_fold[170:] == pytest.approx(latest)
    assert abs(trained.out_of_fold[:170] - trained.card.score(columns).values[:170]).max() > 0.01
    assert TRAINED.metrics["test_folds"] == 0 and TRAINED.out_of_fold is None
    noise = np.random.default_rng(1).random(200) < 0.4
    assert train_scorecard(columns, noise, np.arange(200.0)).metrics["auc"] < 0.65  # nobody peeks


@pytest.mark.parametrize("times", [2, 4])
def test_a_table_that_stands_several_times_is_learned_from_once(times):
    columns, labels, _odds = world(300, seed=6)
    once = train_scorecard(columns, labels, np.arange(300.0))
    several = np.tile(np.arange(300), times)
    columns = {name: column.take(several) for name, column in columns.items()}
    again = train_scorecard(columns, labels[several], np.arange(300.0 * times))
    assert again.metrics["copies"] == 300 * (times - 1) and again.metrics["train_rows"] == once.metrics["train_rows"]
    assert again.metrics["auc"] == pytest.approx(once.metrics["auc"])
    assert [f.points.tolist() for f in again.card.features] == [f.points.tolist() for f in once.card.features]


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_card_of_few_cases_is_not_worse_than_the_base_rate(strength):
    """Median over seeds, 50 wins: without signal it says the base rate."""

    def gain(seed):
        columns, _labels, odds = world(6000, seed=seed)
        labels = np.random.default_rng(seed).random(6000) < sigmoid(strength * (odds + 0.7) - 1.2)
        known = np.flatnonzero(labels.cumsum() <= 50)
        rows = {name: column.take(known) for name, column in columns.items()}
        later = {name: column.take(np.arange(2000, 6000)) for name, column in columns.items()}
        given = (rows, labels[known], np.arange(float(len(known))))
        values = train_scorecard(*given, shares=(0.85, 0.15, 0.0)).card.score(later).values
        base = np.mean((labels[known].mean() - labels[2000:]) ** 2)
        return np.mean((values - labels[2000:]) ** 2) / base - 1

    shrunk = np.median([gain(seed) for seed in range(5)])
    assert shrunk < 0.01 if not strength else shrunk < -0.05


def test_below_the_minimum_there_is_no_card_but_a_number():
    labels = np.zeros(3000, dtype=bool)
    labels[::215] = True  # 14 wins
    with pytest.raises(TooFewCases, match="About 1 more wins are needed: 14 of at least 15"):
        train_scorecard(COLUMNS, labels, np.arange(3000.0))
    with pytest.raises(TooFewCases, match="1 more records without a win"):
        train_scorecard(COLUMNS, ~labels, np.arange(3000.0))


def test_cases_that_all_lie_in_the_test_rows_are_too_few():
    labels = np.arange(3000) >= 2900
    with pytest.raises((TooFewCases, OneClass)):
        train_scorecard(COLUMNS, labels, np.arange(3000.0))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"columns": {}}, EmptyTable),
        ({"columns": {}, "labels": [], "moments": []}, EmptyTable),
        ({"columns": {"a": make_column("a", NUMBER, [1])}, "labels": [1], "moments": [1.0]}, OneClass),
        ({"labels": np.zeros(3000)}, OneClass),
        ({"labels": np.ones(3000)}, OneClass),
        ({"labels": np.full(3000, 0.5)}, BadTrainingInput),
        ({"labels": LABELS[:10]}, BadTrainingInput),
        ({"moments": np.r_[np.nan, np.arange(2999)]}, BadTrainingInput),
        ({"moments": np.r_[np.inf, np.arange(2999)]}, BadTrainingInput),
        ({"columns": {"age": make_column("age", NUMBER, [None] * 3000)}}, NoUsableFeature),
        ({"columns": {"age": make_column("age", NUMBER, [7] * 3000)}}, NoUsableFeature),
        ({"columns": {"age": make_column("age", CATEGORY, [str(i) for i in range(3000)])}}, NoUsableFeature),
        ({"columns": {SCORE: make_column(SCORE, NUMBER, list(range(3000)))}}, ReservedFeature),
        ({"columns": {"a": make_column("b", NUMBER, list(range(3000)))}}, BadTrainingInput),
        ({"required": ["nothing"]}, BadTrainingInput),
        ({"monotone": {"city": 1}}, BadTrainingInput),
        ({"monotone": {"age": 2}}, BadTrainingInput),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_a_sentence(change, error):
    given = {"columns": COLUMNS, "labels": LABELS, "moments": np.arange(3000.0), **change}
    with pytest.raises(error) as caught:
        train_scorecard(**given)
    assert str(caught.value)[0].isupper() or "'" in str(caught.value)
    assert str(caught.value).endswith(".")


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(DuplicateFeature, match="'age'"):
        unique_columns([COLUMNS["age"], COLUMNS["city"], COLUMNS["age"]])


def test_text_that_is_not_utf_8_fails_its_row_only():
    names = [b"K\xf6ln" if row < 5 else "Bern" if row % 2 else "Wien" for row in range(3000)]
    columns = {**COLUMNS, "city": make_column("city", CATEGORY, names)}
    trained = train_scorecard(columns, LABELS, np.arange(3000.0))
    assert trained.metrics["unusable_rows"] == 5 and sorted(trained.card.score(columns).errors) == [0, 1, 2, 3, 4]


def test_ten_thousand_levels_nan_and_infinity_are_no_trouble():
    columns = {
        **COLUMNS,
        "vendor": make_column("vendor", CATEGORY, [f"v{(i * i) % 10_007}" for i in range(3000)]),
        "wild": make_column("wild", NUMBER, [float("inf"), float("-inf"), float("nan")] * 1000),
    }
    trained = train_scorecard(columns, LABELS, np.arange(3000.0))
    scored = trained.card.score(columns)
    assert not scored.errors and np.isfinite(scored.raw).all()


# Terms
@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10_000))
def test_purifying_moves_points_and_keeps_every_sum(a, b, seed):
    random = np.random.default_rng(seed)
    table, counts = random.normal(size=(a, b)), random.integers(0, 4, (a, b))
    pure, rows, columns = purify(table, counts, rounds=2000)
    assert pure + rows[:, None] + columns == pytest.approx(table)
    assert (pure * counts).sum(axis=0) == pytest.approx(np.zeros(b), abs=1e-6)
    assert (pure * counts).sum(axis=1) == pytest.approx(np.zeros(a), abs=1e-6)


def test_centring_keeps_silent_codes_at_zero():
    points, mean = centre(np.array([0.0, 2.0, 4.0]), np.array([7, 1, 1]), np.array([True, False, False]))
    assert points.tolist() == [0, -1, 1] and mean == 3


def test_a_pair_that_says_nothing_alone_is_ranked_first_and_noise_is_not_ranked():
    columns, labels, _odds = world(6000, crossed=1.5, seed=9)
    raw = np.full(6000, np.log(labels.mean() / (1 - labels.mean())))
    codes = coded(BINS, columns)
    assert rank_pairs(list(BINS.values()), codes, labels, raw, 3)[0] == (0, 1)
    noise = np.random.default_rng(0).random(6000) < 0.3
    assert rank_pairs(list(BINS.values()), codes, noise, np.full(6000, np.log(3 / 7)), 6) == []
    heavy = np.random.default_rng(1).exponential(size=6000) ** 2
    assert rank_pairs(list(BINS.values()), codes, noise, np.full(6000, np.log(3 / 7)), 6, heavy) == []


def test_groups_keep_neighbours_together():
    bins = NumericBins.fit(np.arange(1000.0), 40)
    group = coarse_groups(bins, bins.codes(np.arange(1000.0)), 8)
    assert group[MISSING] == 0 and group[BELOW] == group[FIRST] == 2 and group[ABOVE] == group[-1] == 9
    assert (np.diff(group[FIRST:]) >= 0).all() and len(set(group[FIRST:])) == 8
    city = BINS["city"]
    codes = city.codes(COLUMNS["city"].values)
    group = coarse_groups(city, codes, 2)
    assert group.tolist() == [0, 1, 1, 2, 3, 1, 1]


@pytest.mark.nightly
def test_forty_thousand_rows_train_in_time():
    random = np.random.default_rng(0)
    columns = {f"n{i}": make_column(f"n{i}", NUMBER, random.normal(size=40_000)) for i in range(7)}
    for i in range(7):
        columns[f"c{i}"] = make_column(f"c{i}", CATEGORY, random.zipf(1.7, 40_000).tolist())
    labels = random.random(40_000) < sigmoid(columns["n0"].values - 2)
    started = time.process_time()
    train_scorecard(columns, labels, np.arange(40_000.0))
    assert time.process_time() - started < 20


def test_numbers_near_the_largest_there_is_teach_as_others_do():
    random = np.random.default_rng(12)
    labels = random.random(160) < 0.4
    signal = random.normal(size=160) + 1.5 * labels
    areas = []
    for scale in (1.0, 1e307):
        values = {"a": scale * signal, "b": random.normal(size=160) * 1e300}
        columns = {name: make_column(name, NUMBER, own) for name, own in values.items()}
        areas.append(train_scorecard(columns, labels, np.arange(160.0)).metrics["auc"])
    assert areas[1] > 0.7 and areas[1] == pytest.approx(areas[0], abs=0.06)


# Known values
def small_world(rows):
    """(columns, labels, moments): a number that rises, one that crosses it, two categories, tags and a constant."""
    age, size = golden(rows), golden(rows, 0.25) * 7 % 1
    city = np.array(["Bern", "Bern", "Wien", "Wien", "Graz", "Linz"])[(golden(rows) * 29 % 1 * 6).astype(int)]
    odds = 4 * age - 2 + 3 * np.sign(age - 0.5) * (size - 0.5) + (city == "Wien") - 0.6
    labels = sigmoid(odds) > golden(rows) * 53 % 1
    tags = [("hot", "big")[: 1 + row % 2] if label == (row % 3 > 0) else None for row, label in enumerate(labels)]
    age = np.where(np.arange(rows) % 19 == 18, np.nan, age)
    columns = {
        "age": make_column("age", NUMBER, age),
        "size": make_column("size", NUMBER, np.exp(3 * size)),
        "city": make_column("city", CATEGORY, city.tolist()),
        "noise": make_column("noise", CATEGORY, [f"n{k * k % 7}" for k in range(rows)]),
        "tags": make_column("tags", TAGS, tags),
        "same": make_column("same", CATEGORY, ["always"] * rows),
    }
    return columns, labels, np.arange(rows, dtype=float)


def figures(trained, columns):
    """Checksums of a card, of its scores and of its reference, and the plain figures of a training."""
    card, scored = trained.card, trained.card.score(columns)
    known = trained.out_of_fold
    return {
        **{name: value for name, value in trained.metrics.items() if name != "seconds"},
        "intercept": card.intercept,
        "points": [checksum(feature.points) for feature in card.features],
        "pair_points": [checksum(pair.points) for pair in card.pairs],
        "raw": checksum(scored.raw),
        "values": checksum(scored.values),
        "sure": 0.0 if card.uncertainty is None else checksum(card.uncertainty.deviations(scored.codes)),
        "known": 0.0 if known is None else checksum(np.nan_to_num(known)),
        "reference": [checksum(counts) for counts in trained.reference.counts.values()],
    }


@pytest.mark.parametrize(
    ("rows", "options", "known"),
    [
        (
            90,
            {},
            {
                "rows": 90,
                "positives": 38,
                "copies": 0,
                "unusable_rows": 0,
                "train_rows": 76,
                "train_positives": 34,
                "inputs": 7,
                "pairs": 0,
                "trees": 0,
                "linear_share": 0.0,
                "shrunk_share": 1.0,
                "half_life": None,
                "test_rows": 90,
                "test_positives": 38,
                "auc": 0.763663968,
                "average_precision": 0.723170337,
                "brier": 0.192387431,
                "brier_base_rate": 0.243950617,
                "calibration_in_the_large": -0.0285481823,
                "calibration_slope": 1.01662615,
                "test_folds": 5,
                "intercept": -0.249675045,
                "points": [
                    1.72876413,
                    -0.694663427,
                    -0.243428996,
                    0.0619484146,
                    0.0602238966,
                    0.229410452,
                    0.216366159,
                    0.0,
                ],
                "pair_points": [],
                "raw": -47.7064467,
                "values": 57.5882643,
                "sure": 109.287498,
                "known": 57.9629111,
                "reference": [
                    133.437974,
                    136.026591,
                    141.852916,
                    141.943086,
                    129.455875,
                    145.354469,
                    134.229857,
                    121.869177,
                    133.906271,
                    145.354469,
                    130.454235,
                ],
            },
        ),
        (
            400,
            {"monotone": {"age": 1}, "positive_weight": 2.0, "required": ["size"]},
            {
                "rows": 400,
                "positives": 175,
                "copies": 0,
                "unusable_rows": 0,
                "train_rows": 340,
                "train_positives": 147,
                "inputs": 7,
                "pairs": 0,
                "trees": 82,
                "linear_share": 0.5,
                "shrunk_share": 0.672399673,
                "half_life": None,
                "test_rows": 400,
                "test_positives": 175,
                "auc": 0.803936508,
                "average_precision": 0.737702292,
                "brier": 0.178199064,
                "brier_base_rate": 0.24609375,
                "calibration_in_the_large": 0.00343210077,
                "calibration_slope": 0.894281105,
                "test_folds": 5,
                "intercept": -0.403124554,
                "points": [
                    1.26062273,
                    0.0921865115,
                    -0.532131208,
                    0.0905888169,
                    0.0713800815,
                    0.283093015,
                    0.150385425,
                    0.0,
                ],
                "pair_points": [],
                "raw": -303.299147,
                "values": 247.027251,
                "sure": 328.267824,
                "known": 247.188284,
                "reference": [
                    600.203479,
                    596.443386,
                    623.387271,
                    630.546325,
                    574.176048,
                    651.032803,
                    597.881879,
                    541.640786,
                    590.169944,
                    639.908191,
                    574.336222,
                ],
            },
        ),
        (
            400,
            {"groups": np.arange(400) // 2, "seed": 3},
            {
                "rows": 400,
                "positives": 175,
                "copies": 0,
                "unusable_rows": 0,
                "train_rows": 340,
                "train_positives": 147,
                "inputs": 7,
                "pairs": 0,
                "trees": 95,
                "linear_share": 0.5,
                "shrunk_share": 0.675965438,
                "half_life": None,
                "test_rows": 400,
                "test_positives": 175,
                "auc": 0.806298413,
                "average_precision": 0.761721125,
                "brier": 0.176870893,
                "brier_base_rate": 0.24609375,
                "calibration_in_the_large": 0.00129728441,
                "calibration_slope": 0.944467557,
                "test_folds": 5,
                "intercept": -0.353133487,
                "points": [
                    1.41290935,
                    0.130361748,
                    -0.443171784,
                    0.0653994561,
                    0.0663505876,
                    0.25929409,
                    0.160581227,
                    0.0,
                ],
                "pair_points": [],
                "raw": -272.247162,
                "values": 247.616563,
                "sure": 386.414335,
                "known": 248.044657,
                "reference": [
                    600.203479,
                    596.443386,
                    623.387271,
                    630.546325,
                    574.176048,
                    651.032803,
                    597.881879,
                    541.640786,
                    590.169944,
                    640.526225,
                    582.460834,
                ],
            },
        ),
        (
            1500,
            {"max_bins": 12},
            {
                "rows": 1500,
                "positives": 657,
                "copies": 0,
                "unusable_rows": 0,
                "train_rows": 1275,
                "train_positives": 556,
                "inputs": 7,
                "pairs": 2,
                "trees": 56,
                "linear_share": 0.5,
                "shrunk_share": 0.259397109,
                "half_life": None,
                "test_rows": 225,
                "test_positives": 101,
                "auc": 0.882146279,
                "average_precision": 0.84323704,
                "brier": 0.141008105,
                "brier_base_rate": 0.248098765,
                "calibration_in_the_large": 0.00699161914,
                "calibration_slope": 1.11377454,
                "test_folds": 0,
                "intercept": -0.371010355,
                "points": [
                    0.327252703,
                    0.263692737,
                    -0.790462895,
                    0.0540273257,
                    0.0118139908,
                    0.180192284,
                    0.0276408904,
                    0.0,
                ],
                "pair_points": [-4.56092997, 2.31569771],
                "raw": -1098.72842,
                "values": 935.569849,
                "sure": 667.638724,
                "known": 0.0,
                "reference": [
                    2251.64896,
                    2254.1137,
                    2356.03867,
                    2365.34051,
                    2147.14189,
                    2466.86691,
                    2246.84681,
                    2031.15295,
                    2212.46353,
                    2408.15368,
                    2171.91651,
                ],
            },
        ),
    ],
)
def test_small_worlds_come_to_the_same_card_as_ever(rows, options, known):
    """See `pinning`: of shrunk sums alone, with an order and weights, of records, and with boosters."""
    columns, labels, moments = small_world(rows)
    rel = OF_BOOSTERS if rows == 1500 else 1e-6
    assert_same(figures(train_scorecard(columns, labels, moments, **options), columns), known, rel)
