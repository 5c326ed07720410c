import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import FIRST, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import sigmoid
from odoo.addons.ai_deployment.ml.linear import (
    WIDEST,
    _Design,
    fit_linear,
)
from odoo.addons.ai_deployment.ml.performance import auc

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(4000, 3))
CITY = RANDOM.choice(list("abcd"), 4000)
LABELS = RANDOM.random(4000) < sigmoid(X[:, 0] - 0.5 * X[:, 1] ** 2 + (CITY == "a"))
BINS = [*(NumericBins.fit(X[:, j], 40) for j in range(3)), CategoryBins.fit(CITY.tolist())]
CODES = np.stack([own.codes(X[:, j] if j < 3 else CITY) for j, own in enumerate(BINS)], axis=1)
FOLD = np.arange(4000) % 5


def fitted(labels=LABELS, weights=None, directions=(0, 0, 0, 0)):
    weights = np.ones(4000) if weights is None else weights
    return fit_linear(BINS, CODES, labels, weights, [FOLD], directions)[0]


def test_it_finds_straight_and_bent_effects_and_leaves_noise_alone():
    fits, out_of_fold = fitted()
    assert auc(LABELS, out_of_fold) > auc(LABELS, X[:, 0] - 0.5 * X[:, 1] ** 2 + (CITY == "a")) - 0.01
    spread = [np.ptp(table[FIRST:]) for table in fits[0].tables]
    assert spread[0] > 2 and spread[1] > 1 and spread[2] < 0.3 and spread[3] > 0.7


def test_a_held_row_does_not_teach_its_own_sum():
    turned = LABELS.copy()
    turned[0] = not turned[0]  # the penalties, a few numbers for all rows, may move a little
    assert fitted(turned)[1][0] == pytest.approx(fitted()[1][0], abs=0.01)
    noise = np.random.default_rng(1).random(4000) < 0.3
    assert abs(auc(noise, fitted(noise)[1]) - 0.5) < 0.03


def test_an_order_is_kept():
    for table in (one.tables[1] for one in fitted(directions=(0, 1, 0, 0))[0]):
        assert (np.diff(table[FIRST:]) >= -1e-12).all()
    assert (np.diff(fitted()[0][0].tables[1][FIRST:]) < -0.1).any()


def test_weights_stand_for_as_many_cases_as_they_speak_for():
    weights = np.where(np.arange(4000) < 200, 20.0, 1e-9)
    few = fitted(weights=weights)[0][0]
    assert np.ptp(few.tables[2][FIRST:]) < 0.5 and np.ptp(few.tables[0]) < np.ptp(fitted()[0][0].tables[0])


def test_the_information_is_that_of_zeros_and_ones():
    design = _Design(BINS, CODES)
    written = np.concatenate(
        [np.eye(size)[own] for size, own in zip(design.sizes, design.columns, strict=True)], axis=1
    )
    written = np.column_stack([np.ones(4000), written])
    weights = RANDOM.random(4000)
    assert design.information(weights) == pytest.approx((written * weights[:, None]).T @ written)
    beta = RANDOM.normal(size=written.shape[1])
    assert design.times(beta) == pytest.approx(written @ beta)
    assert design.transposed_times(weights) == pytest.approx(written.T @ weights)


def test_too_many_inputs_are_left_to_boosting():
    wide = fit_linear(BINS[:1] * (WIDEST + 1), CODES[:, [0] * (WIDEST + 1)], LABELS, np.ones(4000), [FOLD], [0] * 61)
    assert wide == [([], None)]
