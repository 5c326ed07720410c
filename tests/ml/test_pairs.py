"""Pairs of inputs: which are looked for, how inputs are grouped for it, and what they add; by hand."""

import numpy as np
import pytest
from pinning import assert_same, checksum, golden

from odoo.addons.ai_deployment.ml import pairs
from odoo.addons.ai_deployment.ml.binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.logistic import sigmoid
from odoo.addons.ai_deployment.ml.pairs import boost_pairs, coarse_groups, rank_pairs


def test_neighbouring_intervals_share_a_group_and_frequent_levels_have_one():
    number = NumericBins(0, 8, [1, 2, 3, 4, 5, 6, 7])
    codes = np.repeat(np.arange(FIRST, FIRST + 8), [10, 10, 10, 10, 10, 10, 10, 10])
    found = coarse_groups(number, codes, 4)
    assert found[FIRST:].tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
    assert (found[MISSING], found[BELOW], found[ABOVE]) == (0, 2, 5)
    lopsided = np.repeat(np.arange(FIRST, FIRST + 8), [60, 4, 4, 4, 4, 4, 4, 16])
    # middles at 30, 62, 66, 70, 74, 78, 82 and 92 of 100
    assert coarse_groups(number, lopsided, 4)[FIRST:].tolist() == [3, 4, 4, 4, 4, 5, 5, 5]
    words = CategoryBins(list("abcd"), dict.fromkeys("abcd", 9))
    codes = np.repeat([MISSING, UNSEEN, OTHER, 3, 4, 5, 6], [50, 9, 9, 2, 7, 7, 5])
    assert coarse_groups(words, codes, 3).tolist() == [0, 1, 1, 1, 2, 3, 4]
    assert coarse_groups(NumericBins(None, None), np.zeros(5, dtype=int), 4).tolist() == [0, 1, 1]
    assert coarse_groups(number, np.zeros(5, dtype=int), 4).tolist() == [0, *[2] * 10]  # nothing is known of them


def test_a_pair_is_as_clear_as_its_residuals_exceed_those_of_both_inputs():
    """Gains are squared sums over the weights and one; chance leaves over (a - 1) (b - 1) times the noise."""
    one, two = np.array([0, 0, 1, 1, 0, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1, 0, 1])
    gaps = np.array([0.5, -0.4, -0.3, 0.6, 0.2, 0.1, -0.2, -0.1])
    weight = np.array([0.25, 0.24, 0.21, 0.24, 0.16, 0.09, 0.16, 0.09])

    def gain(groups):
        return sum(gaps[groups == g].sum() ** 2 / (weight[groups == g].sum() + 1) for g in np.unique(groups))

    both = gain(2 * one + two) + gain(np.zeros(8)) - gain(one) - gain(two)
    found = pairs._clearness(one, two, gaps, weight, 0.8)
    assert found == pytest.approx((both / 0.8 - 2) / np.sqrt(4))
    empty = np.array([0, 0, 1, 1, 0, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1, 1, 1])  # five of six cells
    both = gain(2 * empty[0] + empty[1]) + gain(np.zeros(8)) - gain(empty[0]) - gain(empty[1])
    assert pairs._clearness(*empty, gaps, weight, 0.8) == pytest.approx((both / 0.8 - 1) / np.sqrt(2))
    assert pairs._clearness(np.zeros(8, dtype=int), two, gaps, weight, 0.8) == 0.0


def crossed(rows=600):
    """(bins, codes, labels) of three numbers, the first two of which count together, and the others a little."""
    values = [golden(rows), golden(rows) * 7 % 1, golden(rows) * 29 % 1]
    odds = 6 * np.sign(values[0] - 0.5) * (values[1] - 0.5) + 3 * np.sign(values[1] - 0.5) * (values[2] - 0.5)
    labels = (sigmoid(odds) > golden(rows) * 53 % 1).astype(float)
    bins = [NumericBins.fit(own, 12) for own in values]
    return bins, np.stack([own.codes(column) for own, column in zip(bins, values, strict=True)], axis=1), labels


def test_the_clearest_pairs_come_first_and_no_more_than_asked_for(monkeypatch):
    bins, codes, labels = crossed(1200)
    start = np.zeros(len(labels))
    assert rank_pairs(bins, codes, labels, start, 9) == [(0, 1), (1, 2)]
    assert rank_pairs(bins, codes, labels, start, 1) == [(0, 1)]
    assert rank_pairs(bins, codes, np.arange(1200) % 2, start, 9) == []
    monkeypatch.setattr(pairs, "WIDEST", 2)
    assert rank_pairs(bins, codes, labels, start, 9) == [(0, 1)]


def test_weights_raise_the_noise_as_they_differ(monkeypatch):
    bins, codes, labels = crossed()
    told = []
    monkeypatch.setattr(pairs, "_clearness", lambda *given: told.append(given) or 0.0)
    weights, raw = 0.5 + golden(600, 0.3), 2 * golden(600, 0.1) - 1
    rank_pairs(bins, codes, labels, raw, 9, weights)
    p = 1 / (1 + np.exp(-raw))
    one, two, gaps, weight, noise = told[0]
    assert gaps == pytest.approx(weights * (labels - p)) and weight == pytest.approx(weights * p * (1 - p))
    assert noise == pytest.approx(np.sum(weights**2 * p * (1 - p)) / np.sum(weights * p * (1 - p)))
    assert len(told) == 3 and one.max() == two.max() == 7  # eight groups each, numbered from 0


@pytest.mark.parametrize(
    ("weights", "chosen", "known"),
    [
        (np.ones(600), [(0, 1), (1, 2)], {"tables": [11.855417, 10.8268342], "raw": 170.282614}),
        (0.5 + golden(600, 0.3), [(0, 2)], {"tables": [57.3935725], "raw": 149.06401}),
    ],
)
def test_tables_of_pairs_come_to_the_same_numbers_as_ever(weights, chosen, known):
    """See `pinning`: of a pair that is there, and of one that is not."""
    bins, codes, labels = crossed()
    starts = [np.full(600, level) for level in (0.1, -0.1)]
    tables, raw = boost_pairs(bins, codes, labels, weights, np.arange(600) % 2, starts, chosen)
    assert_same({"tables": [checksum(table) for table in tables], "raw": checksum(raw)}, known)
