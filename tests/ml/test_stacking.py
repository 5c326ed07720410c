import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.logistic import sigmoid
from odoo.addons.ai_deployment.ml.stacking import shares

EXPECTED = (0.75, 0.25)


def sums(n, seed=0):
    """(labels, true log odds, noise as wide)."""
    random = np.random.default_rng(seed)
    odds, noise = random.normal(0, 1.5, (2, n))
    return (random.random(n) < sigmoid(odds)).astype(float), odds, noise


def test_few_rows_leave_what_is_expected():
    labels, odds, noise = sums(12)
    found = shares([noise, odds], labels, np.ones(12), EXPECTED)
    assert abs(found - EXPECTED).max() < 0.25 and found.min() > 0


def test_many_rows_take_the_sum_that_is_right():
    labels, odds, noise = sums(3000)
    assert shares([noise, odds], labels, np.ones(3000), EXPECTED) == pytest.approx([0, 1], abs=0.1)


def test_no_share_is_negative_and_all_add_up_to_one():
    labels, odds, noise = sums(400)
    found = shares([odds, -odds, noise], labels, np.ones(400), (0.4, 0.4, 0.2))
    assert found.min() >= 0 and found.sum() == pytest.approx(1) and found[1] == 0


def test_where_no_sum_is_worth_anything_the_expectation_stays():
    labels, odds, _noise = sums(2000)
    assert shares([-odds, -2 * odds], labels, np.ones(2000), EXPECTED).tolist() == list(EXPECTED)


def test_rows_count_by_their_weights():
    labels, odds, noise = sums(300)
    light, heavy = (shares([noise, odds], labels, np.full(300, weight), EXPECTED)[1] for weight in (0.01, 1.0))
    assert light < 0.4 < 0.7 < heavy
