"""Weights by age: what is tried, what is clearly better, and what lasts; by hand."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import recency
from odoo.addons.ai_deployment.ml.recency import choose_half_life, effective_cases, recency_weights


@pytest.mark.parametrize(("swing", "is_shown"), [(0.88, True), (0.89, False)])
def test_a_gap_is_clear_beyond_its_standard_errors(swing, is_shown):
    """Of 1 ± a, four times: the standard error of the mean is a / √3, so that a may be √3 / 1.96 = .884."""
    assert recency._clearly_above_0(np.array([1 + swing, 1 - swing] * 2)) is is_shown


@pytest.mark.parametrize(("swing", "lasts"), [(2.6, True), (2.7, False)])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_gain_lasts_where_it_exceeds_its_standard_error_over_eight_slices(swing, lasts, rows):
    """Of 1 ± a in eight slices: the standard error is a / √7, so that a may be √7 = 2.646."""
    gains = np.repeat([1 + swing, 1 - swing] * 4, rows)
    assert recency._lasts(gains) is lasts


def test_cases_that_weights_leave_are_those_of_the_rarer_label():
    labels = np.array([True, True, False, False, False])
    # wins (1 + 3)² / (1 + 9) = 1.6, others 3
    assert effective_cases(labels, np.array([1.0, 3.0, 1.0, 1.0, 1.0])) == pytest.approx(1.6)
    assert effective_cases(labels, np.array([1.0, 1.0, 4.0, 0.0, 0.0])) == pytest.approx(1.0)
    assert effective_cases(labels, np.array([0.0, 0.0, 1.0, 1.0, 1.0])) == 0.0


def test_half_lives_are_tried_down_to_an_eighth_of_what_the_later_rows_span():
    """800 early rows over 80 days; half, a quarter, an eighth and a sixteenth of them are 40, 20, 10 and 5 days."""

    def tried(late_days, share=0.5):
        moments = np.concatenate([np.linspace(0, 80, 4000), np.linspace(100, 100 + late_days, 1000)])
        labels, late = np.arange(5000) * share % 1 < share, np.arange(5000) >= 4000
        seen = []

        def learn(weights):
            seen.extend(weights)
            return [np.zeros(1000) for _one in weights]

        assert choose_half_life(moments, labels, late, learn) is None
        early = moments[~late]
        return [
            next(days for days in (None, 40, 20, 10, 5) if np.array_equal(weights, recency_weights(early, days)))
            for weights in seen
        ]

    assert tried(39.0) == [None, 40, 20, 10, 5]
    assert tried(40.0) == [None, 40, 20, 10]
    assert tried(80.0) == [None, 40, 20]
    assert tried(321.0) == [None]
    assert tried(39.0, share=0.06) == [None, 40]  # of 240 wins, 40 days leave 208 and 20 days 153


def test_the_best_half_life_is_returned_where_it_is_clearly_better_everywhere():
    labels, late = np.arange(5000) % 2 == 0, np.arange(5000) >= 4000
    moments = np.concatenate([np.linspace(0, 80, 4000), np.linspace(100, 110, 1000)])
    side = np.where(labels[late], 1.0, -1.0)

    def learn(weights, own=(0.0, 0.1, 2.0, 1.0, 0.5)):
        return [level * side + 0.001 * np.sin(np.arange(1000)) for level in own]

    assert choose_half_life(moments, labels, late, learn) == pytest.approx(20.0)
    assert choose_half_life(moments, labels, late, lambda weights: learn(weights, (2.0, 0.1, 1, 1, 0.5))) is None
    assert choose_half_life(np.zeros(5000), labels, late, learn) is None
