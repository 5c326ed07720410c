"""The directions in which rows are least sure: kept as they are where there are few, the widest ones of many."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.uncertainty import DIMENSIONS, reduced


def test_few_directions_are_all_kept():
    random = np.random.default_rng(1)
    root, design = random.normal(size=(5, 5)), random.normal(size=(40, 5))
    kept = reduced(root, design)
    assert kept @ kept.T == pytest.approx(root @ root.T)


def test_of_many_directions_the_widest_are_kept_and_the_mean_variance_stays():
    size = DIMENSIONS + 4
    widths = np.array([10.0] * DIMENSIONS + [0.5] * 4)
    design = np.random.default_rng(2).normal(size=(300, size))
    kept = reduced(np.diag(widths), design)
    assert kept.shape == (size, DIMENSIONS)
    whole, left = (np.sum((design @ root) ** 2, axis=1) for root in (np.diag(widths), kept))
    assert left.mean() == pytest.approx(whole.mean())
    assert left == pytest.approx(whole, rel=0.05)
