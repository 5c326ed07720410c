import json
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from odoo.addons.ai_deployment.ml import artifact, trees_training
from odoo.addons.ai_deployment.ml.binning import FIRST, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.boosting import Settings, as_inputs
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import (
    BadTrainingInput,
    NoUsableFeature,
    OneClass,
    TooFewCases,
)
from odoo.addons.ai_deployment.ml.profile import SCORE
from odoo.addons.ai_deployment.ml.training import train_scorecard
from odoo.addons.ai_deployment.ml.trees import (
    Forest,
    TreesCard,
    pack,
    unpack,
    with_means,
)
from odoo.addons.ai_deployment.ml.trees_training import read_trees, train_trees, tree_settings


def world(n=3000, seed=0):
    """Two numbers that act together, a category, and noise."""
    random = np.random.default_rng(seed)
    age, size = random.normal(40, 10, n), random.lognormal(2, 1, n)
    city = random.choice(["Bern", "Wien", "Graz", "Linz"], n, p=[0.4, 0.3, 0.25, 0.05])
    odds = 1.2 * np.sign(age - 40) * np.sign(np.log(size) - 2) + np.where((city == "Wien") & (age > 40), 1.5, -0.5)
    labels = random.random(n) < 1 / (1 + np.exp(-odds))
    age[random.random(n) < 0.1] = np.nan
    columns = {
        "age": make_column("age", NUMBER, age),
        "size": make_column("size", NUMBER, size),
        "city": make_column("city", CATEGORY, city.tolist()),
        "noise": make_column("noise", CATEGORY, random.choice(list("abc"), n).tolist()),
    }
    return columns, labels


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):  # as in production; with more, threads of small tables wait for each other
        yield


COLUMNS, LABELS = world()
with threadpool_limits(1):
    TRAINED = train_trees(COLUMNS, LABELS, np.arange(3000.0), required=["size"])
CARD = TRAINED.card


def codes_of(card, columns):
    return np.stack([card.bins_by_name[name].codes(columns[name].values) for name in card.names], axis=1)


CODES = codes_of(CARD, COLUMNS)


# The copy is the booster


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 24), st.booleans())
def test_trees_are_the_booster_exactly(seed, k, leaves, weighted):
    random = np.random.default_rng(seed)
    n = 300
    bins, codes = [], []
    for _j in range(k):
        missing = random.random(n) < random.choice([0, 0.2])
        if random.random() < 0.5:
            values = np.where(missing, np.nan, np.round(random.normal(size=n), int(random.integers(0, 3))))
            own = NumericBins.fit(values[: n // 2], int(random.integers(2, 60)))  # the rest lies beyond, now and then
        else:
            values = random.choice(list("abcdefghijklmnop"), n).astype(object)
            values[missing] = None
            own = CategoryBins.fit(values[: n // 2].tolist(), int(random.integers(1, 20)), min_count=3)
        bins.append(own)
        codes.append(own.codes(values))
    codes = np.stack(codes, axis=1)
    labels = random.random(n) < 0.3 + 0.4 * (codes[:, 0] % 2)
    labels[:2] = [True, False]
    booster = trees_training._make_booster(bins, Settings(rate=0.3, leaves=leaves, min_leaf=3), 15, 0)
    booster.set_params(early_stopping=False)
    booster.fit(as_inputs(bins, codes), labels, sample_weight=random.random(n) + 0.1 if weighted else None)
    base, trees = read_trees(booster, bins)
    every = np.stack([random.integers(0, own.size, 500) for own in bins], axis=1)  # codes it never learned from too
    trees, average = with_means(trees, codes, [own.size for own in bins])
    forest = Forest(trees, [own.size for own in bins])
    for rows in (codes, every):
        raw = base + average + forest.contributions(rows).sum(axis=1)
        assert raw == pytest.approx(booster.decision_function(as_inputs(bins, rows)), abs=1e-9)


def test_a_copy_that_differs_is_no_version(monkeypatch):
    real = trees_training.read_trees
    monkeypatch.setattr(trees_training, "read_trees", lambda *given: (real(*given)[0] + 1e-6, real(*given)[1]))
    with pytest.raises(BadTrainingInput, match="not known here"):
        train_trees(COLUMNS, LABELS, np.arange(3000.0))


def test_bits_go_there_and_back():
    for size in (1, 7, 8, 9, 250):
        goes_left = np.random.default_rng(size).random(size) < 0.5
        assert unpack(pack(goes_left), size).tolist() == goes_left.tolist()


# By hand


def stump(j, size, left_codes, left, right):
    goes_left = np.isin(np.arange(size), left_codes)
    return {
        "inputs": [j, -1, -1],
        "codes": [pack(goes_left), "", ""],
        "left": [1, 0, 0],
        "right": [2, 0, 0],
        "values": [0.0, left, right],
    }


def test_a_tree_by_hand():
    # If the first input has code 3: +2, else by the second: code 4 gives -1, the others +1.
    low = pack(np.array([False, False, False, True, False]))
    high = pack(np.array([False, False, False, False, True]))
    tree = {
        "inputs": [0, -1, 1, -1, -1],
        "codes": [low, "", high, "", ""],
        "left": [1, 0, 3, 0, 0],
        "right": [2, 0, 4, 0, 0],
        "values": [0, 2.0, 0, -1.0, 1.0],
    }
    codes = np.array([[3, 3], [3, 4], [4, 4], [0, 4], [4, 3], [1, 0]], dtype=np.uint8)
    placed, average = with_means([tree], codes, [5, 5])
    assert average == pytest.approx((2 + 2 - 1 - 1 + 1 + 1) / 6)
    assert placed[0]["values"] == pytest.approx([0, 2 - average, 0 - average, -1 - average, 1 - average])
    forest = Forest(placed, [5, 5])
    assert forest.leaves(codes)[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    shares = forest.contributions(codes)
    assert shares.sum(axis=1) + average == pytest.approx([2, 2, -1, -1, 1, 1])
    assert shares[0] == pytest.approx([2 - average, 0]) and shares[2] == pytest.approx([-average, -1])
    assert shares.mean(axis=0) == pytest.approx([0, 0])


def test_a_tree_that_asks_nothing_and_one_of_64_leaves():
    nothing = {"inputs": [-1], "codes": [""], "left": [0], "right": [0], "values": [0.25]}
    size, tree = 67, {"inputs": [], "codes": [], "left": [], "right": [], "values": []}
    for place in range(63):  # a chain: code 3 + place leaves it to the left
        node = 2 * place
        tree["inputs"] += [0, -1]
        tree["codes"] += [pack(np.arange(size) == 3 + place), ""]
        tree["left"] += [node + 1, 0]
        tree["right"] += [node + 2, 0]
        tree["values"] += [0.0, float(place)]
    for key, value in (("inputs", -1), ("codes", ""), ("left", 0), ("right", 0), ("values", 63.0)):
        tree[key].append(value)
    forest = Forest([nothing, tree], [size])
    codes = np.arange(size, dtype=np.uint8)[:, None]
    assert forest.leaves(codes)[:, 1].tolist() == [63, 63, 63, *range(63), 63]
    assert forest.contributions(codes)[:, 0].tolist() == [63.0, 63.0, 63.0, *map(float, range(63)), 63.0]
    assert Forest([nothing], [size]).contributions(codes).tolist() == [[0.0]] * size


def test_where_no_reference_row_comes_by_the_mean_is_in_the_middle():
    placed, average = with_means([stump(0, 5, [3], -1.0, 3.0)], np.zeros((0, 1), dtype=np.uint8), [5])
    assert average == 1.0 and placed[0]["values"] == [0.0, -2.0, 2.0]


# Like any other card


def test_contributions_add_up_and_average_to_nothing():
    shares = CARD.contributions(CODES)
    assert CARD.raw(CODES) == pytest.approx(CARD.intercept + shares.sum(axis=1), abs=1e-12)
    reference = CODES[~np.isnan(COLUMNS["size"].values)]
    assert abs(CARD.contributions(reference).mean(axis=0)).max() < 1e-9
    assert abs(shares).mean(axis=0) == pytest.approx(CARD.importances)
    assert CARD.names[-1] == "noise" and CARD.importances[-1] < min(CARD.importances[:-1])


def test_a_row_has_the_same_bits_in_any_chunk():
    raw = CARD.raw(CODES)
    for row in range(0, 3000, 271):
        assert CARD.raw(CODES[row : row + 1])[0] == raw[row]
    narrow = Forest([stump(0, 5, [3], 0.1 * i, -0.3) for i in range(40)], [5])
    codes = np.random.default_rng(0).integers(0, 5, (7000, 1))
    assert all(narrow.contributions(codes[i : i + 1])[0] == narrow.contributions(codes)[i] for i in (0, 6999))


def test_reasons_are_marked_as_approximate():
    assert not CARD.exact_reasons
    linear = train_scorecard({name: COLUMNS[name] for name in ("age", "city")}, LABELS, np.arange(3000.0))
    assert linear.card.exact_reasons
    reasons = CARD.explain(CODES[0], top=4)
    assert sum(reason.contribution for reason in reasons) + CARD.intercept == pytest.approx(CARD.raw(CODES[:1])[0])


def test_it_prints_importance_and_says_that_reasons_are_approximate():
    text, html = CARD.as_text(), CARD.as_html({"city": {"Wien": "<b>Wien</b>"}})
    assert text.startswith("Reasons are approximate") and "moves the sum by" in text
    assert [name for name, _size in CARD.ranked()][-1] == "noise"
    assert "Reasons are approximate" in html and "<b>" not in html and "&lt;b&gt;" in html


def test_missing_required_and_foreign_codes_are_refused():
    scored = CARD.score({**COLUMNS, "size": make_column("size", NUMBER, [None] * 3000)})
    assert len(scored.errors) == 3000 and np.isnan(scored.values).all()
    with pytest.raises(ValueError, match="another version"):
        CARD.contributions(np.full((1, 4), 250))


# Trained


def test_it_finds_what_a_scorecard_without_pairs_cannot():
    additive = train_scorecard(COLUMNS, LABELS, np.arange(3000.0), pairs=0)
    assert TRAINED.metrics["auc"] > additive.metrics["auc"] + 0.05
    assert TRAINED.metrics["brier"] < additive.metrics["brier"]
    assert abs(TRAINED.metrics["calibration_in_the_large"]) < 0.4
    assert TRAINED.reference.rows == 3000 and SCORE in TRAINED.reference.counts
    assert json.loads(json.dumps(TRAINED.metrics)) == TRAINED.metrics
    assert json.loads(json.dumps(artifact.dump(CARD))) == artifact.dump(CARD)


def test_an_input_that_was_always_the_same_is_watched_by_a_version_of_trees_too():
    columns = {**COLUMNS, "channel": make_column("channel", CATEGORY, ["telephone"] * 3000)}
    trained = train_trees(columns, LABELS, np.arange(3000.0), required=["size"])
    assert trained.card.names == (*CARD.names, "channel") and trained.card.importances[-1] == 0.0
    assert (trained.card.score(columns).values == CARD.score(COLUMNS).values).all()
    assert trained.reference.counts["channel"].tolist() == [0, 0, 0, 3000]
    assert artifact.load(artifact.dump(trained.card)).names == trained.card.names


def test_the_same_seed_gives_the_same_version():
    columns, labels = world(600)
    one, two = (train_trees(columns, labels, np.arange(600.0), seed=4).card for _again in range(2))
    assert artifact.dump(one) == artifact.dump(two)


def test_weights_count():
    columns, labels = world(2000, 5)
    city = columns["city"].values
    weights = np.where((city == "Wien") == labels, 1.0, 0.01)  # as if Wien had always won, and nobody else
    card = train_trees(columns, labels, np.arange(2000.0), weights=weights).card
    assert dict(card.ranked())["city"] == max(card.importances)
    again = train_trees(columns, labels, np.arange(2000.0), weights=np.full(2000, 7.0)).card
    plain = train_trees(columns, labels, np.arange(2000.0)).card
    assert again.raw(codes_of(again, columns)) == pytest.approx(plain.raw(codes_of(plain, columns)))


@pytest.mark.parametrize("weights", [np.ones(5), np.full(3000, np.nan), np.zeros(3000), np.full(3000, -1.0)])
def test_weights_that_are_no_weights_are_refused(weights):
    with pytest.raises(BadTrainingInput, match="weights"):
        train_trees(COLUMNS, LABELS, np.arange(3000.0), weights=weights)


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(OneClass):
        train_trees(COLUMNS, np.ones(3000), np.arange(3000.0))
    with pytest.raises(TooFewCases):
        train_trees(COLUMNS, np.arange(3000) < 20, np.arange(3000.0))
    with pytest.raises(NoUsableFeature):
        train_trees({"a": make_column("a", NUMBER, [1.0] * 3000)}, LABELS, np.arange(3000.0))


def test_with_few_cases_there_is_little_freedom():
    few, many = tree_settings(60), tree_settings(5000)
    assert few.leaves < many.leaves and few.shrinkage > many.shrinkage and few.most_inputs < many.most_inputs


def test_noise_with_few_cases_stays_near_the_base_rate():
    random = np.random.default_rng(1)
    columns = {f"n{i}": make_column(f"n{i}", NUMBER, random.normal(size=400)) for i in range(8)}
    card = train_trees(columns, random.random(400) < 0.25, np.arange(400.0)).card
    assert card.score(columns).values.std() < 0.06


def test_scoring_is_fast():
    sizes = [67] * 12
    random = np.random.default_rng(0)
    trees = [stump(j % 12, 67, random.integers(0, 67, 30), 0.1, -0.1) for j in range(200)]
    forest = Forest(trees, sizes)
    codes = random.integers(0, 67, (5000, 12)).astype(np.uint8)
    started = time.perf_counter()
    forest.contributions(codes)
    assert time.perf_counter() - started < 2  # about 0.05 s on an idle machine


def test_a_forest_of_one_input_is_that_input():
    bins = NumericBins(0, 10, [5])
    feature = CardFeature("age", NUMBER, bins, np.zeros(5), False, np.array([0, 0, 0, 5, 5]))
    card = TreesCard([feature], 0.0, Identity(), bins, trees=[stump(0, 5, [FIRST], -1.0, 1.0)])
    assert card.raw(np.array([[FIRST], [FIRST + 1]])).tolist() == [-1.0, 1.0]
    assert card.support(np.array([[FIRST], [1]])).tolist() == [5, 0]
