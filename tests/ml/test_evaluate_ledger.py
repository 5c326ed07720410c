"""`dev/evaluate ledger`: the reference answer to what moved."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.profile import PREDICTION

from evaluation._bill_moves import has_moved, share_moved


def test_a_share_that_has_another_value_is_found():
    before, now = np.array([0, 0, 0, 500_000, 500_000]), np.array([0, 0, 0, 900_000, 100_000])
    assert share_moved(before, now, "shape") == pytest.approx(0.4, abs=0.001)


def test_two_samples_alike_have_not_moved():
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.ones(40))
    found = [
        share_moved(random.multinomial(9000, shares), random.multinomial(600, shares), "shape") for _round in range(100)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.01) and max(found) < 0.05


def test_what_is_empty_or_new_is_a_share_of_its_own():
    before, now = np.array([20, 0, 0, 980]), np.array([50, 30, 0, 920])
    assert share_moved(before, now, "missing") == pytest.approx(0.03)
    assert share_moved(before, now, "unseen") == pytest.approx(0.03)
    assert share_moved(before, np.zeros(4), "shape") == 0


def test_of_flags_a_hundredth_of_the_records_is_a_move():
    assert has_moved(PREDICTION, "shape", 0.02) and not has_moved("amount", "shape", 0.02)
    assert has_moved("amount", "missing", 0.02)
