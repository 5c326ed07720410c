import numpy as np
import pytest
from pinning import assert_same, checksum, golden

from odoo.addons.ai_deployment.ml.binning import ABOVE, BELOW, FIRST, MISSING, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.logistic import log_loss, sigmoid
from odoo.addons.ai_deployment.ml.trees import PATIENCE, BinTable, Growth, grow

ROWS = 3000
GROWTH = Growth(rate=0.2, leaves=4, min_leaf=20, penalty=1.0)


def _world(seed=0):
    """(bins, codes, labels): a straight and a bent number with holes, few and many levels, one of them rare."""
    random = np.random.default_rng(seed)
    straight, bent = random.normal(size=(2, ROWS))
    few, many = random.choice(4, ROWS, p=[0.6, 0.25, 0.145, 0.005]), random.integers(40, size=ROWS)
    odds = -0.8 + 0.7 * straight - 0.4 * bent**2 + np.array([0.0, 0.8, -0.8, 2.0])[few] + (many % 5 == 0)
    straight[random.random(ROWS) < 0.1] = np.nan
    bins = [NumericBins.fit(straight, 32), NumericBins.fit(bent, 32)]
    codes = [bins[0].codes(straight), bins[1].codes(bent)]
    for levels in (few, many):
        texts = np.array([f"level {level}" for level in levels], dtype=object)
        bins.append(CategoryBins.fit(texts, 64, 3))
        codes.append(bins[-1].codes(texts))
    return bins, np.stack(codes, axis=1), random.random(ROWS) < sigmoid(odds)


BINS, CODES, LABELS = _world()
FOLD = np.arange(ROWS) % 3
WEIGHTS = np.linspace(0.3, 2.0, ROWS)


def _shown(codes):
    """As scikit-learn takes it: numbers in their order, NaN where missing, levels as numbers."""
    shown = codes.astype(np.float64)
    for j, own in enumerate(BINS[:2]):
        shown[codes[:, j] == BELOW, j] = FIRST - 1
        shown[codes[:, j] == ABOVE, j] = own.size
        shown[codes[:, j] == MISSING, j] = np.nan
    return shown


@pytest.mark.parametrize("directions", [[0, 0, 0, 0], [1, -1, 0, 0]])
def test_the_trees_are_those_of_scikit_learn(directions):
    from sklearn.ensemble import HistGradientBoostingClassifier

    found = grow(BinTable(BINS, CODES), LABELS, WEIGHTS * (FOLD != np.arange(2)[:, None]), directions, GROWTH, 15)
    for k in range(2):
        learn = FOLD != k
        peer = HistGradientBoostingClassifier(
            interaction_cst="no_interactions",
            categorical_features=[False, False, True, True],
            monotonic_cst=directions,
            learning_rate=GROWTH.rate,
            max_iter=15,
            max_leaf_nodes=GROWTH.leaves,
            min_samples_leaf=GROWTH.min_leaf,
            l2_regularization=GROWTH.penalty,
            early_stopping=False,
        ).fit(_shown(CODES)[learn], LABELS[learn], sample_weight=WEIGHTS[learn])
        assert found.raw[k] == pytest.approx(peer.decision_function(_shown(CODES)), abs=1e-4)
    assert np.ptp(found.raw[0]) > 2  # it learned something


def test_models_grown_together_are_those_grown_alone_and_sums_of_their_tables():
    table = BinTable(BINS, CODES)
    weights = WEIGHTS * (FOLD != np.arange(3)[:, None])
    held = [np.flatnonzero(FOLD == k) for k in range(3)]
    together = grow(table, LABELS, weights, [0] * 4, GROWTH, 300, held, WEIGHTS)
    assert len(set(together.trees)) > 1  # each stops for itself
    for k in range(3):
        alone = grow(table, LABELS, weights[k : k + 1], [0] * 4, GROWTH, 300, held[k : k + 1], WEIGHTS)
        assert alone.trees == [together.trees[k]]
        assert alone.raw[0] == pytest.approx(together.raw[k], abs=1e-6)
        assert together.sums[k].raw(CODES) == pytest.approx(together.raw[k], abs=1e-9)


def test_it_stops_once_the_rows_left_out_gain_nothing():
    random = np.random.default_rng(3)
    noise, held = random.random(ROWS) < 0.3, np.flatnonzero(FOLD == 0)
    weights = (FOLD != 0)[None, :].astype(float)
    assert grow(BinTable(BINS, CODES), noise, weights, [0] * 4, GROWTH, 300, [held]).trees[0] <= PATIENCE + 10
    found = grow(BinTable(BINS, CODES), LABELS, weights, [0] * 4, GROWTH, 300, [held])
    assert PATIENCE < found.trees[0] < 300
    rate = np.full(len(held), np.log(LABELS[FOLD != 0].mean() / (1 - LABELS[FOLD != 0].mean())))
    assert log_loss(LABELS[held], found.raw[0, held]).mean() < log_loss(LABELS[held], rate).mean() - 0.05


def test_held_rows_teach_nothing_and_directions_hold():
    table, weights = BinTable(BINS, CODES), (FOLD != 0)[None, :].astype(float)
    turned = np.where(FOLD == 0, ~LABELS, LABELS)
    one, other = (grow(table, labels, weights, [1, -1, 0, 0], GROWTH, 40) for labels in (LABELS, turned))
    assert np.array_equal(one.raw, other.raw)
    rising, falling = one.sums[0].tables[:2]
    assert (np.diff(rising[FIRST:]) >= -1e-12).all() and (np.diff(falling[FIRST:]) <= 1e-12).all()
    assert rising[BELOW] <= rising[FIRST] and rising[ABOVE] >= rising[-1]


def test_nothing_to_split_is_one_constant():
    bins, codes = [CategoryBins(["a"], {"a": ROWS})], np.full((ROWS, 1), FIRST, dtype=np.uint8)
    found = grow(BinTable(bins, codes), LABELS, np.ones((1, ROWS)), [0], GROWTH, 5)
    assert found.raw[0] == pytest.approx(np.log(LABELS.mean() / (1 - LABELS.mean())), abs=1e-3)


# Known values
@pytest.mark.parametrize(
    ("directions", "growth", "known"),
    [
        (
            [0, 0, 0, 0],
            Growth(0.2, 4, 20, 1.0),
            {
                "trees": [32, 31],
                "intercepts": [-0.222603486, -0.0925715615],
                "tables": [
                    0.729582352,
                    0.0648216011,
                    -0.627498388,
                    -0.219083151,
                    -0.155482285,
                    -0.191409846,
                    -0.329132388,
                    -1.26186598,
                ],
                "raw": [-206.349301, -130.452604],
            },
        ),
        (
            [1, -1, 0, 0],
            Growth(0.3, 6, 5, 20.0),
            {
                "trees": [39, 47],
                "intercepts": [-0.222603486, -0.0925715615],
                "tables": [
                    1.33611453,
                    0.0,
                    -0.835548544,
                    -0.126487647,
                    -0.770980426,
                    1.38753132,
                    -0.503576497,
                    -0.793242545,
                ],
                "raw": [-208.947514, -120.784503],
            },
        ),
    ],
)
def test_a_small_table_comes_to_the_same_trees_as_ever(directions, growth, known):
    """See `pinning`: of two folds at once, which end where the rows held out say so."""
    n = 500
    one, two = golden(n), golden(n) * 7 % 1
    one[::9] = np.nan
    few = np.array(list("aabbc"), dtype=object)[(golden(n) * 29 % 1 * 5).astype(int)]
    many = np.array([f"l{int(x)}" for x in (golden(n) * 31 % 1) ** 2 * 25], dtype=object)
    odds = 3 * np.nan_to_num(one, nan=0.2) - 4 * (two - 0.5) ** 2 + (few == "b") - 1.5
    labels = sigmoid(odds) > golden(n) * 53 % 1
    bins = [NumericBins.fit(one, 12), NumericBins.fit(two, 12), CategoryBins.fit(few), CategoryBins.fit(many, 12, 5)]
    codes = np.stack([own.codes(values) for own, values in zip(bins, (one, two, few, many), strict=True)], axis=1)
    fold, weights = np.arange(n) % 2, 0.5 + golden(n, 0.3)
    learned = weights * (fold != np.arange(2)[:, None])
    held = [np.flatnonzero(fold == k) for k in range(2)]
    grown = grow(BinTable(bins, codes), labels, learned, directions, growth, 60, held, weights)
    assert_same(
        {
            "trees": list(grown.trees),
            "intercepts": [own.intercept for own in grown.sums],
            # codes without rows get the points of whichever of two equal splits comes first
            "tables": [
                checksum(np.where(np.bincount(codes[:, j], minlength=len(table)), table, 0.0))
                for own in grown.sums
                for j, table in enumerate(own.tables)
            ],
            "raw": [checksum(raw) for raw in grown.raw],
        },
        known,
        1e-4,  # processors add in different orders
    )
