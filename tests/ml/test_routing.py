import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from odoo.addons.ai_deployment.ml import intervals, routing
from odoo.addons.ai_deployment.ml.routing import (
    audit_chance,
    audit_selected,
    by_gain,
    capacity_line,
    choose,
    disagreeing,
    fewest_cases,
    held_out_curve,
    risk_coverage,
    unsure,
)


def less_sure(lines, confidences=(0.9, 0.8), values=(0.9, 0.2)):
    return unsure(values, [True, False], confidences, lines).tolist()


def test_what_is_as_sure_as_the_line_is_sure():
    assert less_sure({True: 0.85, False: 0.85}) == [False, True]
    assert less_sure({True: 0.8, False: 0.8}) == [False, False]
    assert less_sure({True: 0.0, False: 0.0}) == [False, False]


def test_each_side_has_its_own_line_and_may_be_off():
    assert less_sure({True: 0.95, False: 0.7}) == [True, False]
    assert less_sure({True: None, False: None}) == [True, True]


def test_what_is_not_a_number_is_never_sure():
    assert less_sure({True: 0.85, False: 0.85}, confidences=(math.nan, 0.9)) == [True, False]
    assert less_sure({True: 0.0, False: 0.0}, values=(math.nan, 0.2)) == [True, False]


def test_the_incumbent_differs_on_the_other_side_of_the_cut_only():
    assert disagreeing([True, True, False, False], [0.9, 0.1, 0.9, 0.1]).tolist() == [False, True, True, False]
    assert disagreeing([True, False], [0.5, 0.5]).tolist() == [False, True]  # on the cut is above, as for a prediction
    assert disagreeing([True, False], [0.3, 0.3], cut=0.2).tolist() == [False, True]
    assert disagreeing([True, False], [math.nan, math.nan]).tolist() == [False, False]
    assert disagreeing([True, False], [None, 1.0]).tolist() == [False, True]


def test_the_first_reason_that_holds_is_told():
    assert choose({"flagged": [True, False], "amount": [True, True]}).tolist() == ["flagged", "amount"]
    assert choose({"amount": [True, True], "flagged": [True, False]}).tolist() == ["amount", "amount"]
    assert choose({"amount": [False, True]}).tolist() == ["", "amount"]
    assert choose({}).tolist() == []


def test_reasons_that_share_a_room_take_of_it_those_in_most_need():
    holds = {"flagged": [False, False, False, True], "low_confidence": [True, False, True, False]}
    needs = {"low_confidence": [0.5, 0.1, 0.4, 0.9], "flagged": [0.5, 0.1, 0.4, math.nan]}
    shared = ("flagged", "low_confidence")
    assert choose(holds, needs, rooms=[(shared, 2)]).tolist() == ["", "", "low_confidence", "flagged"]
    assert choose(holds, needs, rooms=[(shared, 0)]).tolist() == ["", "", "", ""]
    assert choose(holds, needs, rooms=[(shared, 9)]).tolist() == ["low_confidence", "", "low_confidence", "flagged"]
    assert choose(holds, needs, rooms=[(shared, -3)]).tolist() == ["", "", "", ""]
    both = [(shared, 3), (("low_confidence",), 1)]
    assert choose(holds, needs, rooms=both).tolist() == ["", "", "low_confidence", "flagged"]


def test_what_is_beyond_a_cap_falls_to_its_next_reason():
    holds = {"amount": [True, True, True], "flagged": [False, True, False]}
    needs = {"amount": [-900.0, -20.0, -50.0]}
    assert choose(holds, needs, rooms=[(("amount",), 1)]).tolist() == ["amount", "flagged", ""]


def test_who_waits_already_takes_no_room():
    holds = {"amount": [True, True, True]}
    found = choose(holds, {"amount": [1.0, 2.0, 3.0]}, rooms=[(("amount",), 1)], free=[True, False, False])
    assert found.tolist() == ["amount", "amount", ""]


NAMES = ("failed", "flagged", "amount", "low_confidence")


@st.composite
def chunks(draw):
    """(holds, needs, rooms, free) of a chunk of rows."""
    n = draw(st.integers(0, 12))
    names = draw(st.permutations(NAMES))

    def rows(element):
        return draw(st.lists(element, min_size=n, max_size=n))

    need = st.one_of(st.just(math.nan), st.floats(-100, 100), st.sampled_from([0.0, 1.0]))
    holds = {name: rows(st.booleans()) for name in names}
    needs = {name: rows(need) for name in draw(st.sets(st.sampled_from(NAMES)))}
    limited = st.sets(st.sampled_from(NAMES), min_size=1).map(tuple)
    rooms = draw(st.lists(st.tuples(limited, st.integers(-2, 6)), max_size=4))
    return holds, needs, rooms, rows(st.booleans())


@settings(max_examples=400, deadline=None)
@given(chunks())
def test_no_room_is_exceeded_and_none_is_left_while_somebody_could_have_it(chunk):
    holds, needs, rooms, free = chunk
    found = choose(holds, needs, rooms=rooms, free=free).tolist()
    assert len(found) == len(free)

    def used(reasons):
        return sum(1 for reason, waits in zip(found, free, strict=True) if reason in reasons and not waits)

    left = [max(room, 0) - used(reasons) for reasons, room in rooms]
    assert all(number >= 0 for number in left)
    order = list(holds)
    for row, reason in enumerate(found):
        assert not reason or holds[reason][row]
        better = order if not reason else order[: order.index(reason)]
        for name in (name for name in better if holds[name][row]):  # it did not get this one: there was no room
            own = [number for number, (reasons, _room) in zip(left, rooms, strict=True) if name in reasons]
            assert own and not free[row] and min(own) == 0


@settings(max_examples=400, deadline=None)
@given(chunks())
def test_who_is_left_out_needs_it_no_more_than_who_is_kept(chunk):
    holds, needs, rooms, free = chunk
    found = choose(holds, needs, rooms=rooms, free=free).tolist()
    order = list(holds)
    for name in needs:
        need = [-math.inf if math.isnan(value) else value for value in needs[name]]
        kept = [need[row] for row, reason in enumerate(found) if reason == name and not free[row]]
        later = ["", *order[order.index(name) + 1 :]]
        left_out = [need[row] for row, reason in enumerate(found) if holds[name][row] and reason in later]
        assert not kept or not left_out or max(kept) <= min(left_out)


@settings(max_examples=200, deadline=None)
@given(chunks())
def test_without_limits_each_row_goes_by_the_first_of_its_reasons(chunk):
    holds, needs, _rooms, free = chunk
    found = choose(holds, needs).tolist()
    assert found == [next((name for name in holds if holds[name][row]), "") for row in range(len(free))]


def test_all_reasons_are_in_the_vocabulary():
    assert len(set(routing.REASONS)) == len(routing.REASONS) == 8


def test_of_those_drawn_the_lot_by_chance_says_nothing_of_the_line():
    """A cap on random checks that is filled in this order leaves both strata their share."""
    chances = np.where(np.arange(20_000) < 10_000, 0.4, 0.1)
    lots = routing.audit_draws(KEYS)
    drawn = np.flatnonzero(lots < chances)
    kept = drawn[np.argsort(lots[drawn] / chances[drawn])][:1000]
    assert (drawn < 10_000).mean() == pytest.approx(0.8, abs=0.02)
    assert (kept < 10_000).mean() == pytest.approx(0.8, abs=0.04)


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


@pytest.mark.parametrize(
    ("confidences", "days", "per_day", "asked"),
    [
        ([0.6] * 100 + [0.9] * 900, 10, 5, 100),  # all of the least sure are alike
        ([0.6] * 1000, 10, 5, 1000),
        ([0.5] + [0.9] * 999, 10, 5, 1000),  # the next higher value is that of all others
        ([0.2] * 30 + [0.7] * 70 + [0.8] * 900, 10, 5, 100),
        (np.linspace(0.5, 1, 1001), 0.02, 20, 1),  # 50,000 a day, known by 1,001 of them
    ],
)
def test_a_capacity_asks_somebody_however_many_are_equally_sure(confidences, days, per_day, asked):
    line = capacity_line(confidences, days, per_day)
    assert (np.asarray(confidences) < line).sum() == asked


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


# A cap on random checks
def spread_of_a_day(cap, usual, batches, base, day):
    """(which rows of each batch are checked, their chances), of a day on which at most `cap` are."""
    spread, found, place = routing.Spread(cap, usual), [], 0
    lot = float(routing.audit_draws([f"7,{day}"], "audit")[0])
    for rows in batches:
        lots = routing.audit_draws([f"{day},{place + row}" for row in range(rows)])
        chances, after = spread.plan(np.full(rows, base))
        found.append((routing.spread_selected(lots, chances, spread.planned, after.planned, lot), chances))
        spread, place = after, place + rows
    return found


@pytest.mark.parametrize("usual", [0.0, 20.0, 60.0])
@pytest.mark.parametrize("batches", [[100] * 4, [2] * 100, [380, 20], [20, 380]])
def test_a_cap_leaves_every_row_of_the_day_its_chance(batches, usual):
    checked = np.zeros(sum(batches))
    for day in range(200):
        found = spread_of_a_day(10, usual, batches, 0.1, day)
        chosen, chances = (np.concatenate(each) for each in zip(*found, strict=True))
        assert chosen.sum() <= 10 and (chances > 0).all() and (chances <= 0.1).all()
        checked += chosen
    # Rows have been checked as often as their chances say, early and late in the day alike.
    for part in np.array_split(np.arange(len(checked)), 4):
        expected = 200 * chances[part].sum()
        assert abs(checked[part].sum() - expected) < 4 * math.sqrt(expected) + 1


def test_a_cap_that_does_not_bite_changes_no_chance():
    [(chosen, chances)] = spread_of_a_day(50, 0.0, [300], 0.1, 1)
    assert set(chances.tolist()) == {0.1} and chosen.sum() in (30, 31)


def test_of_checks_that_a_cap_spread_the_whole_day_is_estimated():
    """Errors come in the evening alone: a cap that is used up by noon would never see them."""
    random, estimates, plain = np.random.default_rng(3), [], []
    for day in range(300):
        found = spread_of_a_day(8, 40.0, [50] * 8, 0.1, day)
        wrong = [random.random(50) < (0.4 if batch >= 6 else 0.0) for batch in range(8)]
        pairs = [(is_wrong[chosen], own[chosen]) for (chosen, own), is_wrong in zip(found, wrong, strict=True)]
        hits, chances = (np.concatenate(each) for each in zip(*pairs, strict=True))
        estimates.append(intervals.weighted_share(hits, chances)[0])
        plain.append(np.mean(wrong))
    assert np.mean(estimates) == pytest.approx(np.mean(plain), abs=0.015)


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


@given(
    st.lists(st.tuples(st.sampled_from([0.02, 0.08, 0.5]), st.floats(0, 1e6)), min_size=1, max_size=40),
    st.floats(0.1, 1),
)
@example([(0.02, 5e-324)], 0.5)
@example([(0.02, 5e-324), (0.02, 1e6), (0.5, 1e308), (0.5, 1e308)], 0.1)
def test_checks_by_gain_are_as_many_and_none_is_left_out(rows, even):
    chances, gains = np.array(rows).T
    found = by_gain(chances, gains, even)
    for chance in np.unique(chances):
        assert found[chances == chance].sum() == pytest.approx(chance * (chances == chance).sum())
    assert (found >= even * chances - 1e-12).all() and (found <= 1 + 1e-9).all()


def test_what_is_weighed_by_chances_by_gain_stays_unbiased():
    """Errors are where gains are high: drawn more often, they count for less."""
    random = np.random.default_rng(4)
    gains = random.lognormal(0, 1.5, 3000)
    wrong = random.random(3000) < 0.2 * gains / gains.max() + 0.02
    chances = by_gain(np.full(3000, 0.1), gains)
    drawn = random.random((400, 3000)) < chances
    estimates = (drawn * (wrong / chances)).sum(axis=1)
    assert estimates.mean() == pytest.approx(wrong.sum(), abs=4 * estimates.std() / 20)
    assert drawn[:, wrong].mean() > drawn.mean()


def test_where_all_are_to_be_checked_all_are():
    assert by_gain([1.0] * 3, [1.0, 0.0, 0.0]).tolist() == [1.0] * 3
    assert by_gain([0.5] * 4, [1.0, 0, 0, 0]).tolist() == pytest.approx([1.0, 1 / 3, 1 / 3, 1 / 3])


def test_of_values_that_say_nothing_chances_stay():
    assert by_gain([0.2, 0.2], [0.0, np.nan]).tolist() == [0.2, 0.2]
    assert by_gain([], []).tolist() == []


# Conformal risk control
def risk_lines(labels, predictions, confidences, risk):
    return routing.risk_controlled_lines(held_out_curve(labels, predictions, confidences, None), risk=risk)


def test_the_expected_share_of_wrong_decisions_is_what_was_asked():
    """Over test sets of 40 or 150 rows; a share that is exceeded on average, or hardly used, fails."""
    random = np.random.default_rng(8)
    confidences = random.beta(5, 1.5, 100_000)
    wrong = random.random(100_000) > confidences
    for rows, risk in ((40, 0.1), (150, 0.05)):
        lost = []
        for _run in range(400):
            chosen = random.integers(0, 100_000, rows)
            line = risk_lines(~wrong[chosen], np.ones(rows, bool), confidences[chosen], risk)[True].line
            lost.append(0.0 if line is None else np.mean(wrong & (confidences >= line)))
        assert risk - 2 / rows - 0.005 < np.mean(lost) <= risk + 2 * np.std(lost) / 20


def test_a_side_with_too_few_rows_or_too_many_errors_is_reviewed():
    assert routing.fewest_for_risk(0.05) == 19
    assert risk_lines(*history(18, 0), 0.05)[True].line is None
    found = risk_lines(*history(19, 0), 0.05)
    assert found[True] == (0.5, 19, 0, pytest.approx(0.05)) and found[False].line is None
    assert risk_lines(np.zeros(100, bool), np.ones(100, bool), np.linspace(0.5, 1, 100), 0.05)[True].cases == 4


def test_a_loss_may_be_larger_than_one():
    curves = {True: [(0.9, 60, 0.0), (0.8, 80, 100.0), (0.5, 99, 900.0)]}
    assert routing.risk_controlled_lines(curves, risk=2.0, most=100.0)[True].line == 0.8
    assert routing.risk_controlled_lines(curves, risk=1.0, most=100.0)[True].line == 0.9
    assert routing.risk_controlled_lines(curves, risk=0.9, most=100.0)[True].line is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.6, 0.7, 0.8, 0.9])), max_size=80),
    st.floats(0.02, 0.4),
)
def test_a_larger_risk_never_raises_a_line(rows, risk):
    labels, predictions, confidences = (np.array(each) for each in zip(*rows, strict=True)) if rows else ([], [], [])
    small, large = (risk_lines(labels, predictions, confidences, share) for share in (risk, 2 * risk))
    for side in (True, False):
        assert small[side].line is None or (large[side].line is not None and large[side].line <= small[side].line)
        if small[side].line is not None:
            assert (small[side].errors + 1) / (np.sum(np.asarray(predictions, bool) == side) + 1) <= risk


def test_the_end_of_a_curve_says_how_many_cases_a_side_has():
    curve = [(0.9, 3, 0), (0.8, 5, 1), (0.6, 9, 4)]
    assert routing.guaranteed_lines({True: curve, False: []}, target_error=0.05) == {
        True: routing.Side(None, 9, 4, 1.0),
        False: routing.Side(None, 0, 0, 1.0),
    }
    assert routing.settled_by_line([curve], 0.7) == (5, 1) and routing.settled_by_line([curve], 0.6) == (9, 4)
    assert routing.settled_by_line([curve, curve[:1]], 0.9) == (6, 0) and routing.settled_by_line([curve], 0.95) == (
        0,
        0,
    )


def test_a_thinned_curve_keeps_its_ends():
    sure = np.linspace(1, 0.5, 30)
    whole = routing.held_out_curve(np.ones(30), np.ones(30), sure, None)[True]
    thin = routing.held_out_curve(np.ones(30), np.ones(30), sure, 4)[True]
    assert thin == [whole[place] for place in (0, 9, 19, 29)] and len(whole) == 30
    trade = routing.risk_coverage(np.ones(30), np.ones(30), sure, 4)
    assert [round(30 * coverage) for coverage, _risk, _line in trade] == [1, 10, 20, 30]


def test_a_row_without_a_chance_is_never_drawn():
    lots, chances = np.array([0.0, 0.2, 0.9]), np.array([0.0, 0.5, 0.5])
    assert routing.spread_selected(lots, chances, 0.0, 1.0, 0.5).tolist() == [False, True, False]
    assert routing.spread_selected(lots, chances, 0.0, 3.0, 0.5).tolist() == [False, True, True]
    assert routing.by_gain([0.2, 0.2], [0.0, 0.0]).tolist() == [0.2, 0.2]
