import math

import numpy as np
import pytest
from scipy import stats

from odoo.addons.ai_deployment.ml import routing
from odoo.addons.ai_deployment.ml.routing import (
    audit_chance,
    audit_selected,
    audited_error,
    capacity_line,
    fewest_cases,
    held_out_curve,
    risk_coverage,
    route,
    within_capacity,
)


def reasons(**given):
    rows = {"values": [0.9, 0.2], "predictions": [True, False], "confidences": [0.9, 0.8], "min_confidence": 0.85}
    return route(**{**rows, **given}).tolist()


def test_what_is_sure_is_automatic_and_the_line_itself_is_sure():
    assert reasons() == ["", "low_confidence"]
    assert reasons(min_confidence=0.8) == ["", ""]
    assert reasons(min_confidence=0.0) == ["", ""]


def test_each_side_has_its_own_line_and_may_be_off():
    assert reasons(min_confidence={True: 0.95, False: 0.7}) == ["low_confidence", ""]
    assert reasons(min_confidence={True: None, False: None}) == ["low_confidence"] * 2


def test_a_flag_goes_to_a_person_whatever_the_confidence():
    assert reasons(flagged=[True, False], min_confidence=0) == ["flagged", ""]
    assert reasons(flagged=[True, False], min_confidence=2) == ["flagged", "low_confidence"]


def test_capacity_takes_those_in_most_need_and_leaves_the_rest_to_the_machine():
    given = ["low_confidence", "", "low_confidence", "out_of_support", "flagged"]
    sureness = [0.5, 0.1, 0.4, 0.9, math.nan]
    assert within_capacity(given, sureness, 2).tolist() == ["", "", "low_confidence", "out_of_support", "flagged"]
    assert within_capacity(given, sureness, 0).tolist() == ["", "", "", "out_of_support", ""]
    assert within_capacity(given, sureness, 9).tolist() == given
    assert within_capacity(given, sureness, -3).tolist() == within_capacity(given, sureness, 0).tolist()


def test_what_is_not_a_number_is_never_automatic():
    assert reasons(confidences=[math.nan, 0.9]) == ["low_confidence", ""]
    assert reasons(values=[math.nan, 0.2], min_confidence=0) == ["low_confidence", ""]


def test_a_record_unlike_all_others_is_not_automatic():
    assert reasons(support=[0, 1], min_confidence=0) == ["out_of_support", ""]
    assert reasons(support=[5, 6], min_support=6, min_confidence=0) == ["out_of_support", ""]


def test_all_reasons_are_in_the_vocabulary():
    assert set(routing.REASONS) == {"low_confidence", "flagged", "out_of_support"}


def test_fifty_nine_cases_without_an_error_promise_five_percent():
    assert stats.beta.ppf(0.95, 1, 59) <= 0.05 < stats.beta.ppf(0.95, 1, 58)
    assert fewest_cases(0.05) == 59


def history(n, errors, side=True):
    """n cases of one side, the least sure ones wrong."""
    confidences = np.linspace(0.99, 0.5, n)
    labels = np.full(n, side)
    labels[n - errors :] = not side
    return labels, np.full(n, side), confidences


def guaranteed_lines(labels, predictions, confidences, points=None, **target):
    return routing.guaranteed_lines(held_out_curve(labels, predictions, confidences, points), **target)


def test_a_short_curve_promises_what_the_whole_one_does():
    random = np.random.default_rng(3)
    confidences = random.uniform(0.5, 1, 5000)
    labels = random.random(5000) < confidences
    whole, short = (
        guaranteed_lines(labels, np.ones(5000, bool), confidences, points, target_error=0.1)[True]
        for points in (None, 400)
    )
    assert short.line == pytest.approx(whole.line, abs=0.01) and short.bound <= 0.1
    assert len(held_out_curve(labels, np.ones(5000, bool), confidences)[True]) <= 400


def test_a_curve_counts_every_row_and_keeps_ties_together():
    curve = held_out_curve([1, 0, 1, 0], [True, True, True, False], [0.9, 0.7, 0.7, 0.8])
    assert curve == {True: [(0.9, 1, 0), (0.7, 3, 1)], False: [(0.8, 1, 0)]}
    assert held_out_curve([], [], []) == {True: [], False: []}


def test_a_side_with_under_59_cases_stays_off():
    assert guaranteed_lines(*history(58, 0), target_error=0.05)[True].line is None
    sides = guaranteed_lines(*history(59, 0), target_error=0.05)
    assert sides[True].line == 0.5 and sides[True].cases == 59 and sides[False].line is None


def test_the_line_is_drawn_where_errors_begin_and_only_for_the_side_that_makes_them():
    labels, predictions, confidences = (
        np.r_[a, b] for a, b in zip(history(400, 120), history(400, 0, False), strict=True)
    )
    sides = guaranteed_lines(labels, predictions, confidences, target_error=0.05)
    assert sides[False].line == 0.5 and sides[False].errors == 0
    for side in sides.values():
        # one-sided 95 %, the doubt shared between the four places where the search may begin
        exact = stats.binomtest(side.errors, side.cases).proportion_ci(1 - 2 * 0.05 / routing.STARTS, "exact").high
        assert side.bound == pytest.approx(exact) and exact <= 0.05
    wrong = (labels != predictions) & predictions & (confidences >= sides[True].line)
    automatic = predictions & (confidences >= sides[True].line)
    assert 200 < automatic.sum() < 300
    assert sides[True].cases == automatic.sum() and sides[True].errors == wrong.sum()
    assert stats.beta.ppf(0.95, wrong.sum() + 1, automatic.sum() - wrong.sum()) <= 0.05


def test_the_search_ends_at_the_first_line_that_fails():
    labels, predictions, confidences = history(600, 0)
    labels[40:59] = False  # many errors among the surest, none later
    assert guaranteed_lines(labels, predictions, confidences, target_error=0.05)[True].line is None


def test_the_promise_is_kept_as_often_as_stated():
    random = np.random.default_rng(0)
    broken = drawn = 0
    for _again in range(400):
        confidences = random.uniform(0.8, 1, 400)
        wrong = random.random(400) > confidences
        line = guaranteed_lines(~wrong, np.ones(400, bool), confidences, target_error=0.08)[True].line
        if line is not None:
            drawn += 1
            broken += (1 - line) / 2 > 0.08  # true error above the line: mean of 1 - confidence
    assert drawn > 100 and broken / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_capacity():
    confidences = np.linspace(0.5, 1, 1000)
    line = capacity_line(confidences, days=10, per_day=20)
    assert (confidences < line).sum() == 200
    assert capacity_line(confidences, 10, 0) == 0 and capacity_line(confidences, 10, 1000) == math.inf
    assert capacity_line([], 10, 5) == math.inf


def test_risk_and_coverage():
    curve = risk_coverage([1, 1, 0, 0], [True, False, False, True], [0.9, 0.7, 0.7, 0.6])
    assert curve == [(0.25, 0, 0.9), (0.75, 1 / 3, 0.7), (1.0, 0.5, 0.6)]
    long = risk_coverage(np.ones(1000), np.ones(1000, bool), np.linspace(0, 1, 1000), points=20)
    assert len(long) <= 20 and long[-1][0] == 1 and all(type(x) is float for point in long for x in point)
    assert risk_coverage([], [], []) == []


KEYS = [f"crm.lead,{i}" for i in range(20_000)]


def test_the_audit_takes_its_share_and_the_same_records_every_time():
    chosen = audit_selected(KEYS, 0.05, "v1")
    assert 0.045 < chosen.mean() < 0.055
    assert (chosen == audit_selected(KEYS, 0.05, "v1")).all()
    assert (chosen == audit_selected(KEYS[::-1], 0.05, "v1")[::-1]).all()
    assert (chosen <= audit_selected(KEYS, 0.10, "v1")).all()
    other = audit_selected(KEYS, 0.05, "v2")
    assert 0.001 < (chosen & other).mean() < 0.005  # independent of another salt
    assert not audit_selected(KEYS[:100], 0.0).any() and audit_selected(KEYS[:100], 1.0).all()


def test_the_audit_is_stable_across_processes_and_releases():
    assert audit_selected(["crm.lead,1", "crm.lead,2", "crm.lead,3", "crm.lead,4"], 0.5, "s").tolist() == [
        int.from_bytes(__import__("hashlib").sha256(f"s\0crm.lead,{i}".encode()).digest()[:6], "big") < 2**47
        for i in (1, 2, 3, 4)
    ]


def test_the_audit_is_denser_near_the_line_and_every_row_has_a_chance():
    chances = audit_chance([0.0, 0.049, 0.05, 0.4], 0.3)
    assert chances.tolist() == [1.0, 1.0, 0.3, 0.3]
    picked = audit_selected(KEYS, np.where(np.arange(20_000) < 10_000, 0.02, 0.08))
    assert picked[:10_000].mean() == pytest.approx(0.02, abs=0.006) and picked[10_000:].mean() == pytest.approx(
        0.08, abs=0.01
    )


def test_weighing_back_finds_the_error_of_all_automatic_decisions():
    random = np.random.default_rng(1)
    chances = np.where(np.arange(20_000) < 4000, 0.2, 0.05)
    wrong = random.random(20_000) < np.where(np.arange(20_000) < 4000, 0.30, 0.02)
    audited = audit_selected(KEYS, chances)
    share, error = audited_error(wrong[audited], chances[audited])
    assert abs(share - wrong.mean()) < 3 * error and error < 0.01
    assert abs(wrong[audited].mean() - wrong.mean()) > 0.05  # unweighted it would be far off
    assert math.isnan(audited_error([], [])[0])
    with pytest.raises(ValueError, match="chance"):
        audited_error([True], [0.0])


def test_one_early_error_does_not_switch_a_side_off():
    off = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        wrong = random.random(1000) < 0.05  # the same everywhere, half of what is tolerated
        off += (
            guaranteed_lines(~wrong, np.ones(1000, bool), np.linspace(1, 0.5, 1000), target_error=0.1)[True].line
            is None
        )
    assert off <= 6
