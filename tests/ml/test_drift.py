import math

import numpy as np
import pytest
from pinning import assert_same, checksum, golden
from scipy import stats

from odoo.addons.ai_deployment.ml import drift
from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    CategoryBins,
    NumericBins,
)
from odoo.addons.ai_deployment.ml.drift import (
    alarm_state,
    holm,
    judge,
    spans,
    stability_index,
    unseen_rate,
)
from odoo.addons.ai_deployment.ml.noise import Noise
from odoo.addons.ai_deployment.ml.ordinary import noise_floor, noise_of
from odoo.addons.ai_deployment.ml.profile import (
    CONFIDENCE,
    CONFIDENCE_BINS,
    PREDICTION,
    SCORE,
    Profile,
)
from odoo.addons.ai_deployment.ml.tags import TagBins


def profile(bins, **values):
    rows = {len(v) for v in values.values()}
    assert len(rows) == 1
    counts = {name: np.bincount(bins[name].codes(v), minlength=bins[name].size) for name, v in values.items()}
    return Profile(rows.pop(), counts)


def numbers(seed, n, shift=0.0, missing=0.0):
    random = np.random.default_rng(seed)
    values = random.normal(shift, 1, n)
    values[random.random(n) < missing] = np.nan
    return values


def words(seed, n, shares):
    random = np.random.default_rng(seed)
    names = np.array([None if k == "-" else k for k in shares], dtype=object)
    return random.choice(names, size=n, p=np.array(list(shares.values())) / sum(shares.values()))


NUMBER_BINS = {"x": NumericBins.fit(numbers(0, 5000), 64)}
LEVELS = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}
WORD_BINS = {"x": CategoryBins.fit(words(0, 5000, LEVELS))}


def only(results, test, name="x"):
    found = [r for r in results if r.test == test and r.name == name]
    assert len(found) == 1
    return found[0]


# Known values
def test_a_window_that_has_not_counted_confidences_is_judged_without():
    reference = Profile(1000, {CONFIDENCE: [0, 0, 0] + [50] * 20, PREDICTION: [0, 0, 0, 700, 300]})
    window = Profile(100, {PREDICTION: [0, 0, 0, 70, 30]})
    assert {result.name for result in judge({CONFIDENCE: CONFIDENCE_BINS}, reference, window)} == {PREDICTION}
    moved = Profile(300, {CONFIDENCE: [0, 0, 0] + [30] * 10 + [0] * 10, PREDICTION: [0, 0, 0, 210, 90]})
    found = only(judge({CONFIDENCE: CONFIDENCE_BINS}, reference, moved), "shape", CONFIDENCE)
    assert found.exceeded


def test_the_shape_statistic_is_two_sample_chi_square_against_a_tolerated_effect():
    bins = {"x": CategoryBins(["a", "b"], {"a": 600, "b": 400})}
    reference = Profile(1000, {"x": [0, 0, 0, 600, 400]})
    window = Profile(200, {"x": [0, 0, 0, 80, 120]})
    found = only(judge(bins, reference, window), "shape")
    # By hand: N = 1000*200/1200, pooled shares 680/1200 and 520/1200, gap 0.2.
    total = 1000 * 200 / 1200
    statistic = total * (0.04 / (680 / 1200) + 0.04 / (520 / 1200))
    assert found.statistic == pytest.approx(statistic)
    # It is Pearson's statistic of the 2 x 2 table.
    assert found.statistic == pytest.approx(stats.chi2_contingency([[600, 400], [80, 120]], correction=False).statistic)
    # Tolerated is an effect relative to the reference: 0.2² / 0.6 + 0.2² / 0.4 would be one of 1 / 6.
    tolerated = total * 0.05 * (statistic / total) / (0.04 / 0.6 + 0.04 / 0.4)
    assert found.p_value == pytest.approx(stats.ncx2.sf(statistic, 1, tolerated), rel=1e-2)  # half a row in each cell
    assert found.effect == pytest.approx(stability_index([600, 400], [80, 120]))


def test_numbers_are_compared_in_ten_groups_of_the_reference():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    window = profile(NUMBER_BINS, x=numbers(2, 500, shift=0.4))
    found = only(judge(NUMBER_BINS, reference, window), "shape")
    edges = np.quantile(numbers(1, 5000), np.linspace(0.1, 0.9, 9))
    ref = np.bincount(np.searchsorted(edges, numbers(1, 5000)), minlength=10)
    win = np.bincount(np.searchsorted(edges, numbers(2, 500, shift=0.4)), minlength=10)
    by_hand = stats.chi2_contingency([ref, win]).statistic
    assert found.statistic == pytest.approx(by_hand, rel=0.15)  # 64 bins cannot hit the deciles exactly
    assert found.p_value == pytest.approx(stats.ncx2.sf(found.statistic, 9, 5000 * 500 / 5500 * 0.05), rel=0.2)
    assert found.shift == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(("m", "groups"), [(50, 5), (79, 7), (99, 9), (200, 10), (2000, 10)])
def test_small_windows_get_fewer_groups(m, groups):
    reference = profile(NUMBER_BINS, x=numbers(1, 5000)).counts["x"]
    assert len(drift._groups(NUMBER_BINS["x"], reference, 5000, m)) == groups


def test_every_code_of_a_number_but_missing_is_in_one_group():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000)).counts["x"]
    groups = drift._groups(NUMBER_BINS["x"], reference, 5000, 300)
    assert sorted(code for group in groups for code in group) == list(range(1, NUMBER_BINS["x"].size))
    assert drift.BELOW in groups[0] and drift.ABOVE in groups[-1]


def test_groups_that_expect_few_rows_join_the_smaller_of_their_neighbours_down_to_one():
    bins = NumericBins(0, 3, [1, 2])
    for counts, m, groups in (
        ([50, 30, 20], 40, [(3, drift.BELOW), (4,), (5, drift.ABOVE)]),
        ([70, 20, 10], 40, [(3, drift.BELOW), (4, 5, drift.ABOVE)]),
        ([97, 2, 1], 40, [(3, 4, 5, drift.BELOW, drift.ABOVE)]),
    ):
        found = drift._groups(bins, np.array([0, 0, 0, *counts]), 100, m)
        assert [sorted(group) for group in found] == [sorted(group) for group in groups]


def test_levels_expecting_few_rows_share_one_cell_with_the_unseen():
    reference = np.array([0, 0, 40, 600, 300, 60, 9])
    bins = CategoryBins(list("abcd"), dict(zip("abcd", [600, 300, 60, 9], strict=True)))
    # m/n = 0.1: c expects 6 and keeps its cell; d has under 10 reference rows; together they expect 4.9.
    assert drift._groups(bins, reference, 1000, 100) == [(3,), (4,), (5, UNSEEN, OTHER, 6)]
    reference[OTHER] = 42
    assert drift._groups(bins, reference, 1000, 100) == [(3,), (4,), (5,), (UNSEEN, OTHER, 6)]


def test_missing_is_held_against_the_reference_rate_plus_two_points():
    reference = Profile(1000, {"x": [100, 0, 0, 500, 400]})
    window = Profile(100, {"x": [20, 0, 0, 50, 30]})
    bins = {"x": CategoryBins(["a", "b"], {"a": 500, "b": 400})}
    found = only(judge(bins, reference, window), "missing")
    assert found.p_value == pytest.approx(stats.binom.sf(19, 100, 0.12))
    assert (found.reference_share, found.window_share, found.statistic) == (0.1, 0.2, 0.2)


def test_unseen_is_held_against_good_turing():
    counts = {"a": 900, **{f"s{i}": 1 for i in range(60)}, **{f"d{i}": 2 for i in range(20)}}
    bins = CategoryBins(["a"], counts)
    reference = np.array([0, 0, 100, 900])
    expected, tolerated = unseen_rate(bins, reference)
    assert expected == pytest.approx(60 / 1000)
    assert tolerated == pytest.approx(0.06 + 2.33 * np.sqrt(60 + 40 + 1) / 1000 + 0.01)
    window = Profile(200, {"x": [0, 30, 20, 150]})
    found = only(judge({"x": bins}, Profile(1000, {"x": reference}), window), "unseen")
    assert found.p_value == pytest.approx(stats.binom.sf(29, 200, tolerated))


def test_a_reference_that_shows_new_levels_itself_raises_what_is_expected():
    bins = CategoryBins(["a"], {"a": 1000})
    assert unseen_rate(bins, np.array([0, 100, 0, 900]))[0] == pytest.approx(0.1)
    assert unseen_rate(bins, np.array([0, 0, 0, 1000]))[0] == 0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0] and holm([]) == []


def test_score_and_prediction_share_half_of_the_level_whatever_the_inputs_do():
    bins = {**{f"x{i}": WORD_BINS["x"] for i in range(10)}, SCORE: NumericBins(0, 1, [0.25, 0.5, 0.75])}
    same = {f"x{i}": words(1, 1000, LEVELS) for i in range(10)}
    reference = profile(bins, **same, **{SCORE: np.random.default_rng(0).random(1000)})
    window = profile(bins, **same, **{SCORE: np.random.default_rng(1).random(1000) ** 1.6})
    results = judge(bins, reference, window)
    assert results[0].name == SCORE  # comes first
    score = results[0]
    assert score.adjusted_p == pytest.approx(min(1, 2 * score.p_value))  # alone in its family
    inputs = [r for r in results if r.name != SCORE]
    assert len(inputs) == 30  # missing, unseen, shape
    smallest = min(inputs, key=lambda r: r.p_value)
    assert smallest.adjusted_p == pytest.approx(min(1, 2 * 30 * smallest.p_value))


def test_the_threshold_is_the_statistic_at_which_the_verdict_turns():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    for shift in (0.3, 0.45, 0.5, 0.6, 0.8):
        for found in judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(3, 300, shift))):
            if found.test == "shape":
                assert found.exceeded == (found.statistic >= found.threshold)
                assert found.exceeded == (found.adjusted_p <= 0.01)
                assert found.verdict == ("drifted" if found.exceeded else "quiet")


@pytest.mark.parametrize(("likely", "is_gamma"), [(400.0, True), (1.0, False)])
@pytest.mark.parametrize("level", [0.01, 1e-4])
def test_the_bar_of_a_week_is_where_its_tail_has_that_level(likely, is_gamma, level):
    law = [np.array([value]) for value in (30.0, 200.0, 9.0, likely, 800.0)]
    bar = drift._weeks_bar(np.array([level]), *law)
    assert drift._weeks_tail(bar, *law) == pytest.approx(level)
    assert (bar == pytest.approx(stats.gamma.isf(level, 30.0**2 / 200.0, scale=200.0 / 30.0))) is is_gamma


def test_the_threshold_allows_for_weeks_that_differ_and_says_where_the_verdict_turns():
    reference, noise = profile(NUMBER_BINS, x=numbers(1, 5000)), Noise({"x": 0.2}, usual={"x": (0.2, 0.2)})
    verdicts = set()
    for shift in np.arange(0.3, 2.0, 0.1):
        window = profile(NUMBER_BINS, x=numbers(3, 300, shift))
        found = only(judge(NUMBER_BINS, reference, window, noise=noise), "shape")
        assert found.threshold > only(judge(NUMBER_BINS, reference, window, noise=Noise({"x": 0.2})), "shape").threshold
        assert found.exceeded == (found.statistic >= found.threshold)
        verdicts.add(found.exceeded)
    assert verdicts == {True, False}


def test_last_year_which_is_held_against_other_rows_moves_no_threshold():
    reference, window = profile(NUMBER_BINS, x=numbers(1, 5000)), profile(NUMBER_BINS, x=numbers(2, 400, 1.0))
    year = profile(NUMBER_BINS, x=numbers(3, 50_000, 1.0))
    with_year, alone = (only(judge(NUMBER_BINS, reference, window, year=one), "shape") for one in (year, None))
    assert alone.exceeded and not with_year.exceeded
    assert with_year.threshold == pytest.approx(alone.threshold)


# What must be seen, what must not
@pytest.mark.parametrize(("m", "shift"), [(50, 1.0), (300, 0.6), (50, -1.2)])
def test_a_shift_is_seen(m, shift):
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    seen = [
        only(judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(s, m, shift))), "shape").exceeded
        for s in range(20)
    ]
    assert np.mean(seen) >= (0.5 if m == 50 else 0.9)


def test_a_small_shift_is_tolerated_by_design():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    seen = [
        only(judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(s, 2000, 0.15))), "shape").exceeded
        for s in range(20)
    ]
    assert not any(seen)


def test_values_far_outside_the_training_range_are_a_shift():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    assert only(judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=np.full(60, 99.0))), "shape").verdict == "drifted"


def test_an_input_that_runs_empty_is_seen_at_once_and_inhibits_the_shape_of_its_column():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000, missing=0.02))
    window = profile(NUMBER_BINS, x=numbers(2, 100, shift=2, missing=0.4))
    results = judge(NUMBER_BINS, reference, window)
    missing, shape = only(results, "missing"), only(results, "shape")
    assert missing.exceeded and missing.adjusted_p < 1e-6 and missing.verdict == "drifted"
    assert shape.p_value < 1e-6 and not shape.exceeded and shape.verdict == "cannot_judge"


def test_missing_elsewhere_does_not_inhibit():
    bins = {"x": NUMBER_BINS["x"], "y": NUMBER_BINS["x"]}
    reference = profile(bins, x=numbers(1, 5000), y=numbers(2, 5000))
    window = profile(bins, x=numbers(3, 200, shift=2), y=numbers(4, 200, missing=0.5))
    assert only(judge(bins, reference, window), "shape", "x").verdict == "drifted"


def test_fewer_missing_values_are_asked_about_too():
    reference = Profile(1000, {"x": [800, 0, 0, 120, 80]})
    bins = {"x": CategoryBins(["a", "b"], {"a": 120, "b": 80})}
    found = only(judge(bins, reference, Profile(100, {"x": [75, 0, 0, 15, 10]})), "missing")
    assert found.p_value == pytest.approx(stats.binom.cdf(75, 100, 0.78)) and not found.exceeded
    filled = only(judge(bins, reference, Profile(100, {"x": [5, 0, 0, 57, 38]})), "missing")
    assert filled.exceeded and filled.adjusted_p < 1e-6
    assert filled.codes == (1, 2, 3, 4)  # the records in question are those that are filled now


def test_the_threshold_of_a_filled_input_is_where_the_verdict_turns():
    reference = Profile(1000, {"x": [800, 0, 0, 200]})
    bins = {"x": CategoryBins(["a"], {"a": 200})}
    exceeded = {}
    for empty in range(60, 80):
        found = only(judge(bins, reference, Profile(100, {"x": [empty, 0, 0, 100 - empty]})), "missing")
        exceeded[empty] = found.exceeded
        assert found.exceeded == (found.statistic <= found.threshold + 1e-9)
    assert exceeded[60] and not exceeded[79]


def test_an_input_that_hardly_misses_a_value_cannot_fill():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000, missing=0.02))
    found = only(judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(2, 500))), "missing")
    assert found.p_value > 0.99 and found.codes == (0,)


def test_what_fills_with_other_values_than_before_is_told_as_well():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000, missing=0.8))
    results = judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(2, 300, 1.5)))
    assert only(results, "missing").exceeded and only(results, "shape").exceeded


def test_many_new_levels_are_seen():
    reference = profile(WORD_BINS, x=words(1, 5000, LEVELS))
    window = profile(WORD_BINS, x=words(2, 100, {**LEVELS, "new": 0.25}))
    results = judge(WORD_BINS, reference, window)
    assert only(results, "unseen").exceeded and only(results, "shape").verdict == "cannot_judge"


def test_trap_one_odd_row_in_a_hundred_is_no_alarm():
    reference = profile(WORD_BINS, x=words(1, 5000, LEVELS))
    values = words(2, 100, LEVELS)
    values[0] = "odd"
    results = judge(WORD_BINS, reference, profile(WORD_BINS, x=values))
    assert min(r.p_value for r in results) > 1e-3 and not any(r.exceeded for r in results)


def test_trap_long_tails_do_not_vanish_and_make_no_alarm():
    random = np.random.default_rng(5)
    names = np.array([f"v{i}" for i in range(2000)], dtype=object)
    shares = 1 / np.arange(1, 2001)
    shares /= shares.sum()
    training = random.choice(names, 5000, p=shares)
    bins = {"x": CategoryBins.fit(training)}
    reference = profile(bins, x=training)
    alarms = 0
    for _week in range(60):
        window = profile(bins, x=random.choice(names, 300, p=shares))
        alarms += any(r.exceeded for r in judge(bins, reference, window))
    assert alarms == 0


def test_a_flag_that_was_never_set_and_suddenly_is():
    bins = {"x": CategoryBins.fit(np.array(["no"] * 4990 + ["yes"] * 10, dtype=object))}
    reference = Profile(5000, {"x": [0, 0, 0, 4990, 10]})
    quiet = only(judge(bins, reference, Profile(100, {"x": [0, 0, 0, 99, 1]})), "shape")
    loud = only(judge(bins, reference, Profile(100, {"x": [0, 0, 0, 60, 40]})), "shape")
    assert quiet.verdict == "quiet" and loud.verdict == "drifted"
    assert loud.window_share == 0.4 and loud.reference_share == pytest.approx(0.002)


def test_a_constant_column_is_constant_and_never_nan():
    bins = {"x": NumericBins.fit([5.0] * 100)}
    reference = profile(bins, x=np.full(1000, 5.0))
    assert only(judge(bins, reference, profile(bins, x=np.full(100, 5.0))), "shape").verdict == "constant"
    moved = only(judge(bins, reference, profile(bins, x=np.full(100, 7.0))), "shape")
    assert moved.verdict == "drifted" and moved.p_value < 1e-9


def test_a_column_that_was_always_empty_cannot_be_judged():
    bins = {"x": NumericBins.fit([np.nan])}
    reference, window = profile(bins, x=np.full(1000, np.nan)), profile(bins, x=np.full(100, np.nan))
    assert only(judge(bins, reference, window), "shape").verdict == "cannot_judge"
    assert only(judge(bins, reference, profile(bins, x=numbers(1, 100))), "shape").verdict == "cannot_judge"


def test_a_score_that_flips_is_seen_through_the_prediction_too():
    reference = Profile(1000, {PREDICTION: [0, 0, 0, 700, 300]})
    window = Profile(100, {PREDICTION: [0, 0, 0, 30, 70]})
    assert only(judge({}, reference, window), "shape", PREDICTION).verdict == "drifted"
    rare = Profile(1000, {PREDICTION: [0, 0, 0, 990, 10]})
    assert only(judge({}, rare, window), "shape", PREDICTION).verdict == "drifted"


@pytest.mark.parametrize("rows", [0, 1, 49])
def test_under_fifty_rows_there_is_no_verdict(rows):
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    results = judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=np.full(rows, 99.0)))
    assert {r.verdict for r in results} == {"cannot_judge"} and not any(r.exceeded for r in results)
    assert judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=np.full(50, 99.0)))[-1].verdict == "drifted"


def test_without_a_row_there_is_no_verdict_on_the_score_either():
    reference = Profile(1000, {SCORE: [500, 500], PREDICTION: [0, 0, 0, 990, 10]})
    assert [result.name for result in judge({}, reference, Profile(0, {}))] == [SCORE, PREDICTION]
    known = Profile(20, {SCORE: [10, 10]})  # profiles of before predictions were counted
    assert [result.name for result in judge({}, reference, known)] == [SCORE]


def test_without_a_reference_there_is_no_verdict():
    empty = Profile(0, {"x": np.zeros(NUMBER_BINS["x"].size)})
    assert judge(NUMBER_BINS, empty, profile(NUMBER_BINS, x=numbers(1, 100)))[0].verdict == "cannot_judge"


def test_what_moved_is_named():
    bins = {"x": CategoryBins(["a", "b", "c"], {"a": 500, "b": 300, "c": 200})}
    reference = Profile(1000, {"x": [0, 0, 0, 500, 300, 200]})
    found = only(judge(bins, reference, Profile(200, {"x": [0, 0, 0, 20, 60, 120]})), "shape")
    assert [(code, round(p, 3), round(q, 3)) for code, p, q in found.moved] == [
        (3, 0.5, 0.1),
        (5, 0.2, 0.6),
        (4, 0.3, 0.3),
    ]
    assert found.labels == ("a", "c", "b")
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    top = only(judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(2, 300, 2.0))), "shape")
    assert " to " in top.labels[0] and float(top.labels[0].split(" to ")[0]) > 1  # the highest tenth grew most


def test_plain_types_only():
    reference = profile(WORD_BINS, x=words(1, 5000, LEVELS))
    for found in judge(WORD_BINS, reference, profile(WORD_BINS, x=words(2, 300, LEVELS))):
        for value in (found.statistic, found.threshold, found.p_value, found.adjusted_p):
            assert type(value) is float
        assert type(found.exceeded) is bool
        assert all(type(code) is int and type(p) is float and type(q) is float for code, p, q in found.moved)


# The noise of ordinary weeks
def weekly(jitter, weeks=8, rows=400):
    random = np.random.default_rng(11)
    return [profile(NUMBER_BINS, x=numbers(100 + w, rows, random.normal(0, jitter))) for w in range(weeks)]


def test_the_noise_floor_is_what_the_reference_weeks_show():
    assert noise_floor(weekly(0), NUMBER_BINS)["x"] < 0.03
    noisy = noise_floor(weekly(0.25), NUMBER_BINS)["x"]
    assert 0.03 < noisy < 1
    parts = weekly(0.25, weeks=26)
    k, ref = len(parts), sum(parts).counts["x"]
    effects = []
    for part in parts:
        groups = drift._groups(NUMBER_BINS["x"], ref, ref.sum(), part.counts["x"].sum())
        table = np.array([[c[list(g)].sum() for g in groups] for c in (ref, part.counts["x"])])
        n, m = table.sum(axis=1)
        statistic = stats.chi2_contingency(table, correction=False).statistic
        effects.append((statistic - len(groups) + 1) / (n * m / (n + m)) / (1 - 1 / k) ** 2)
    # the 90 % quantile, as the next higher effect that there is, times 1.2
    assert noise_floor(parts, NUMBER_BINS)["x"] == pytest.approx(1.2 * sorted(effects)[23], rel=0.05)


def test_the_one_week_of_eight_that_stands_out_is_what_the_floor_allows_for():
    parts = weekly(0, weeks=7) + [profile(NUMBER_BINS, x=numbers(300, 400, 1.0))]
    floor = noise_floor(parts, NUMBER_BINS)["x"]
    window = profile(NUMBER_BINS, x=numbers(301, 400, 1.0))
    assert only(judge(NUMBER_BINS, sum(parts), window), "shape").exceeded
    assert not only(judge(NUMBER_BINS, sum(parts), window, noise=Noise({"x": floor})), "shape").exceeded


def test_a_noise_floor_raises_the_bar_and_never_ends_the_watch():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    window = profile(NUMBER_BINS, x=numbers(2, 300, 0.55))
    plain = only(judge(NUMBER_BINS, reference, window), "shape")
    raised = only(judge(NUMBER_BINS, reference, window, noise=Noise({"x": 0.09})), "shape")
    assert raised.p_value > plain.p_value and raised.statistic == plain.statistic
    lower = only(judge(NUMBER_BINS, reference, window, noise=Noise({"x": 0.01})), "shape")
    assert lower.p_value == plain.p_value
    large = profile(NUMBER_BINS, x=numbers(2, 300, 3.0))
    for floor in (0.2, 0.5, 1.0):
        found = only(judge(NUMBER_BINS, reference, large, noise=Noise({"x": floor})), "shape")
        assert found.verdict == "drifted" and found.floor == floor
        assert not only(judge(NUMBER_BINS, reference, window, noise=Noise({"x": floor})), "shape").exceeded


# Rates, several weeks together, last year
def said(positive, rows):
    return Profile(rows, {PREDICTION: [0, 0, 0, rows - positive, positive]})


def test_another_share_flagged_is_held_against_a_ratio_of_what_the_reference_may_be():
    found = judge({}, said(50, 5000), said(12, 300))[0]
    # Negative binomial: Poisson counts whose rate follows the gamma of the 51st hit.
    assert found.p_value == pytest.approx(stats.nbinom.sf(11, 51, 5000 / (5000 + 1.5 * 300)), rel=0.1)
    assert (found.reference_share, found.window_share, found.codes) == (0.01, 0.04, (4,))
    gone = judge({}, said(250, 5000), said(0, 300))[0]
    assert gone.exceeded and gone.p_value == pytest.approx((5000 / (5000 + 300 / 1.5)) ** 250, rel=0.2)


@pytest.mark.parametrize(
    ("before", "after", "rows", "weeks", "least"), [(0.01, 0.04, 1500, 1, 0.95), (0.04, 0.0, 60, 13, 0.99)]
)
def test_another_rate_of_flags_is_seen_in_time(before, after, rows, weeks, least):
    random, seen = np.random.default_rng(31), []
    for _firm in range(60):
        whole, windows, history = said(int(random.poisson(before * 5000)), 5000), [], []
        for _week in range(weeks):
            window = said(int(random.poisson(after * rows)), rows)
            found = judge({}, whole, window, longer=drift.spans(windows, window, whole, Noise()))[0]
            windows.append(window)
            history.append((found.exceeded, found.adjusted_p))
        seen.append(history[0][0] if weeks == 1 else alarm_state(history) == "firing")
    assert np.mean(seen) >= least


@pytest.mark.parametrize(("rate", "tripled"), [(0.01, 0.04), (0.2, 0.45), (0.99, 0.96)])
def test_more_records_never_make_another_rate_harder_to_see(rate, tripled):
    p_values = [
        judge({}, said(round(5000 * rate), 5000), said(round(m * tripled), m))[0].p_value
        for m in (300, 1000, 3000, 30_000, 300_000)
    ]
    assert p_values == sorted(p_values, reverse=True) and p_values[-1] < 1e-12


def test_more_records_never_make_a_rare_level_that_becomes_common_harder_to_see():
    bins = {"x": CategoryBins(["a", "b"], {"a": 4800, "b": 200})}
    reference = Profile(5000, {"x": [0, 0, 0, 4800, 200]})
    p_values = [
        only(judge(bins, reference, Profile(m, {"x": [0, 0, 0, round(0.9 * m), round(0.1 * m)]})), "shape").p_value
        for m in (500, 2000, 10_000, 100_000, 1_000_000)
    ]
    assert p_values == sorted(p_values, reverse=True) and p_values[-1] < 1e-3


def test_empty_values_that_differ_by_week_are_allowed_for():
    random = np.random.default_rng(8)

    def week():
        return profile(NUMBER_BINS, x=numbers(random.integers(2**31), 400, missing=0.12 + random.normal(0, 0.06)))

    known = [week() for _week in range(26)]
    noise, reference = noise_of(known, NUMBER_BINS), sum(known, Profile())
    assert noise.spread("missing", "x") > 0
    exceeded = {True: 0, False: 0}
    for _week in range(60):
        window = week()
        for which in exceeded:
            found = judge(NUMBER_BINS, reference, window, noise=noise if which else None)
            exceeded[which] += only(found, "missing").exceeded
    assert exceeded[True] <= 1 and exceeded[False] >= 6
    gone = profile(NUMBER_BINS, x=numbers(1, 400, missing=0.6))
    assert only(judge(NUMBER_BINS, reference, gone, noise=noise), "missing").exceeded


def test_a_slow_drift_is_seen_in_several_weeks_together():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    weeks = [profile(NUMBER_BINS, x=numbers(200 + week, 60, 0.4)) for week in range(13)]
    alone = [only(judge(NUMBER_BINS, reference, week), "shape").exceeded for week in weeks]
    longer = spans(weeks[:-1], weeks[-1], reference, Noise())
    assert [span.weeks for span in longer] == [4, 13]
    found = only(judge(NUMBER_BINS, reference, weeks[-1], longer=longer), "shape")
    assert sum(alone) <= 1 and not alone[-1] and found.exceeded and found.weeks == 13


def test_a_week_that_was_told_is_not_told_again_by_those_after_it():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    weeks = [profile(NUMBER_BINS, x=numbers(300 + week, 200, 3.0 * (week == 11))) for week in range(13)]
    longer = spans(weeks[:-1], weeks[-1], reference, Noise())
    again = only(judge(NUMBER_BINS, reference, weeks[-1], longer=longer), "shape")
    assert again.exceeded and again.weeks > 1
    told = {("x", "shape"): {1}}
    assert not only(judge(NUMBER_BINS, reference, weeks[-1], longer=longer, told=told), "shape").exceeded


def test_a_season_is_no_news_once_there_is_last_year():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    summer, last_summer = (profile(NUMBER_BINS, x=numbers(seed, 400, 1.0)) for seed in (2, 3))
    assert only(judge(NUMBER_BINS, reference, summer), "shape").exceeded
    assert not only(judge(NUMBER_BINS, reference, summer, year=last_summer), "shape").exceeded
    other = profile(NUMBER_BINS, x=numbers(4, 400, -1.0))
    assert only(judge(NUMBER_BINS, reference, other, year=last_summer), "shape").exceeded
    few = profile(NUMBER_BINS, x=numbers(3, 150, 1.0))
    assert only(judge(NUMBER_BINS, reference, summer, year=few), "shape").exceeded, "too few to say what is usual"


def test_a_column_that_nothing_could_move_beyond_its_noise_is_blind_and_says_so():
    reference = profile(NUMBER_BINS, x=numbers(1, 5000))
    found = only(
        judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(2, 300)), noise=Noise({"x": 50.0})), "shape"
    )
    assert found.cannot_ring and found.verdict == "cannot_judge"
    large = only(
        judge(NUMBER_BINS, reference, profile(NUMBER_BINS, x=numbers(2, 300)), noise=Noise({"x": 2.0})), "shape"
    )
    assert not large.cannot_ring and large.verdict == "quiet"


# Weeks
E, Q, NOW = (True, 0.001), (False, 1.0), (True, 1e-9)


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], "quiet"),
        ([Q, Q], "quiet"),
        ([E], "pending"),
        ([E, Q], "pending"),
        ([E, Q, Q], "pending"),
        ([E, Q, Q, Q], "quiet"),
        ([E, E], "firing"),
        ([E, Q, E], "firing"),
        ([E, Q, Q, E], "pending"),
        ([NOW], "firing"),
        ([E, E, Q, Q, Q], "firing"),
        ([E, E, Q, Q, Q, Q], "resolved"),
        ([E, E, Q, Q, E, Q, Q, Q], "firing"),
        ([E, E, Q, Q, Q, Q, Q], "resolved"),
        ([E, E, Q, Q, Q, Q, E], "pending"),
        ([E, E, Q, Q, Q, Q, NOW], "firing"),
        ([None, E, None, E], "firing"),
        ([(True, 1e-6)], "pending"),
        ([(False, 1e-9)], "quiet"),
        ([(True, None)], "pending"),
    ],
)
def test_alarms_have_patience_in_both_directions(history, state):
    assert alarm_state(history) == state


# The whole policy
def twenty_columns(random, n):
    columns = {}
    for i in range(12):
        values = random.lognormal(size=n) if i % 3 == 0 else random.normal(size=n)
        values = np.round(values) if i % 3 == 1 else values
        values[random.random(n) < 0.02] = np.nan
        columns[f"n{i}"] = values
    for i in range(8):
        levels = 2000 if i == 0 else 2 + i * 2
        shares = 1 / np.arange(1, levels + 1)
        names = np.array([f"v{k}" for k in range(levels)], dtype=object)
        columns[f"c{i}"] = random.choice(names, n, p=shares / shares.sum())
    return columns


def quiet_years(seed, years, reference_rows):
    random = np.random.default_rng(seed)
    episodes = 0
    for _year in range(years):
        training = twenty_columns(random, reference_rows)
        bins = {
            name: CategoryBins.fit(v) if v.dtype == object else NumericBins.fit(v, 64) for name, v in training.items()
        }
        reference = profile(bins, **training)
        history = {}
        m = int(random.choice([50, 100, 300, 1000]))
        for _week in range(52):
            for found in judge(bins, reference, profile(bins, **twenty_columns(random, m))):
                if found.p_value is not None:
                    history.setdefault((found.name, found.test), []).append((found.exceeded, found.adjusted_p))
        episodes += sum(
            alarm_state(weeks[: i + 1]) == "firing" for weeks in history.values() for i in range(len(weeks))
        )
    return episodes


def test_without_drift_a_year_is_silent():
    assert quiet_years(seed=1, years=2, reference_rows=1000) == 0


@pytest.mark.nightly
@pytest.mark.parametrize("reference_rows", [1000, 5000])
def test_without_drift_many_years_are_silent(reference_rows):
    assert quiet_years(seed=2, years=100, reference_rows=reference_rows) == 0


@pytest.mark.parametrize(("times", "at_once"), [(3.0, False), (8.0, True)])
def test_what_is_rarer_than_a_week_in_a_hundred_is_seen_again_however_many_rows_there_are(times, at_once):
    bins = {"x": NumericBins(0.0, 2.0, [1.0])}
    moved = math.sqrt(times * 0.1 / 4)  # of two halves: an effect of so many floors of .1
    reference = Profile(100_000, {"x": np.array([0, 0, 0, 50_000, 50_000])})
    share = round(20_000 * (0.5 + moved))
    window = Profile(20_000, {"x": np.array([0, 0, 0, share, 20_000 - share])})
    noise = Noise({"x": 0.1}, usual={"x": (0.04, 0.04)})
    found = next(r for r in drift.judge(bins, reference, window, noise=noise) if r.test == drift.SHAPE)
    assert found.exceeded and (found.adjusted_p < drift.AT_ONCE) is at_once
    assert (drift.alarm_state([(True, found.adjusted_p)]) == "firing") is at_once


# Known values
def small_world():
    """(bins, codes of 2,600 rows by name): two numbers, a category, tags, one that never varies, and the scores."""
    amount, days = np.exp(3 * golden(2600)), np.floor(golden(2600) * 7 % 1 * 30)
    days[::13] = np.nan
    city = np.array([f"city {int(x)}" for x in (golden(2600) * 29 % 1) ** 2 * 14], dtype=object)
    city[::31] = None
    has = np.where(golden(2600) * 53 % 1 < 0.3, "yes", "no").astype(object)
    rest = np.array(["0", "1", "new"], dtype=object)[(golden(2600) * 31 % 1 * 2.02).astype(int)]
    score = golden(2600) * 11 % 1
    values = {"amount": amount, "days": days, "city": city, "tags": rest, "tags=a": has, "same": np.zeros(2600)}
    bins = {
        "amount": NumericBins.fit(amount[:900], 40),
        "days": NumericBins.fit(days[:900], 20),
        "city": CategoryBins.fit(city[:900], min_count=8),
        "tags": TagBins(["0", "1"], {"0": 450, "1": 440}, members=["a"], known={"a": 270, "b": 1, "c": 1, "d": 2}),
        "tags=a": CategoryBins(["no", "yes"], {"no": 630, "yes": 270}),
        "same": NumericBins.fit(np.zeros(900), 5),
        SCORE: NumericBins(0, 1, [0.1, 0.2, 0.35, 0.5, 0.7, 0.9]),
        CONFIDENCE: CONFIDENCE_BINS,
    }
    codes = {name: bins[name].codes(own) for name, own in values.items()}
    codes[SCORE], codes[CONFIDENCE] = bins[SCORE].codes(score), CONFIDENCE_BINS.codes(abs(2 * score - 1) / 2 + 0.5)
    codes[PREDICTION] = FIRST + (score > 0.6)
    return bins, codes


def part(bins, codes, rows, swap=None):
    """The profile of these rows; ``swap`` = (name, every, code): every so many rows have this code instead."""
    counts = {}
    for name, own in codes.items():
        own = own[rows].copy()
        for column, every, code in swap or ():
            if column == name:
                own[::every] = code
        size = bins[name].size if name in bins else FIRST + 2
        counts[name] = np.bincount(own, minlength=size)
    return Profile(len(range(*rows.indices(2600))), counts)


MOVED = (
    ("amount", 3, FIRST + 2),
    ("days", 4, MISSING),
    ("city", 5, UNSEEN),
    ("tags", 6, UNSEEN),
    ("tags=a", 2, FIRST + 1),
    ("same", 9, ABOVE),
    (SCORE, 4, FIRST + 5),
    (PREDICTION, 3, FIRST + 1),
)
ORDINARY = Noise(
    floors={"amount": 0.02, "city": 0.03, SCORE: 0.01},
    spreads={"missing": {"days": 0.3, "city": 0.2}, "unseen": {"city": 0.4, "tags": 0.1}, "shape": {PREDICTION: 0.2}},
    forward={"unseen": {"city": (0.03, 60.0)}},
    pooled={4: Noise(floors={"amount": 0.015, "city": 0.01}, usual={"amount": (0.004, 0.003)})},
    usual={"amount": (0.008, 0.006), "city": (0.01, 0.02)},
)


def checks(results):
    """One checksum of the figures of each result, and its texts."""
    found = {}
    for result in results:
        figures = [getattr(result, name) for name in FIGURES]
        figures += [*result.codes, *(number for moved in result.moved for number in moved)]
        found[f"{result.name} {result.test}"] = checksum([-1.0 if own is None else float(own) for own in figures])
        found[f"{result.name} {result.test} text"] = " | ".join([result.verdict, *result.labels])
    return found


FIGURES = ("statistic", "threshold", "p_value", "adjusted_p", "exceeded", "reference_share", "window_share", "effect")
FIGURES += ("shift", "floor", "weeks", "cannot_ring")


@pytest.mark.parametrize(
    ("case", "known"),
    [
        (
            "quiet",
            {
                "score shape": 97.4666459,
                "score shape text": "quiet | 0.9 to 1 | 0 to 0.1 | 0.5 to 0.7",
                "prediction shape": 26.4562382,
                "prediction shape text": "quiet | no | yes",
                "confidence shape": 178.890408,
                "confidence shape text": "quiet | 0.95 to 1 | 0.9 to 0.95 | 0.65 to 0.7",
                "amount missing": 1.56020183,
                "amount missing text": "quiet",
                "amount shape": 179.611334,
                "amount shape text": "quiet | 1.82 to 2.46 | 1.35 to 1.82 | 2.46 to 3.32",
                "days missing": 259.165624,
                "days missing text": "quiet",
                "days shape": 177.369898,
                "days shape text": "quiet | 22 to 24 | 18 to 21 | 27 to 29",
                "city missing": 202.774384,
                "city missing text": "quiet",
                "city unseen": 3.46521094,
                "city unseen text": "quiet",
                "city shape": 161.779106,
                "city shape text": "quiet | city 7 | city 9 | city 1",
                "tags missing": 1.56020183,
                "tags missing text": "quiet",
                "tags unseen": 3.51196737,
                "tags unseen text": "quiet",
                "tags shape": 72.4836725,
                "tags shape text": "quiet | no other | 1 other",
                "tags=a shape": 59.2903376,
                "tags=a shape text": "quiet | no | yes",
                "same missing": 1.5559017,
                "same missing text": "quiet",
                "same shape": -7.29837388,
                "same shape text": "constant",
            },
        ),
        (
            "moved",
            {
                "score shape": 162.981561,
                "score shape text": "drifted | 0.7 to 0.9 | 0.5 to 0.7 | 0.35 to 0.5",
                "prediction shape": 26.3954645,
                "prediction shape text": "quiet | no | yes",
                "confidence shape": 173.809992,
                "confidence shape text": "quiet | 0.95 to 1 | 0.9 to 0.95 | 0.65 to 0.7",
                "amount missing": 1.56020183,
                "amount missing text": "quiet",
                "amount shape": 327.273416,
                "amount shape text": "drifted | 1 to 1.35 | 1.35 to 1.82 | 3.32 to 4.48",
                "days missing": 1.52814517,
                "days missing text": "drifted",
                "days shape": 134.111115,
                "days shape text": "cannot_judge | 6 to 8 | 22 to 24 | 27 to 29",
                "city missing": 202.736611,
                "city missing text": "quiet",
                "city unseen": 2.90803005,
                "city unseen text": "drifted",
                "city shape": 334.575797,
                "city shape text": "cannot_judge | city 12 | city 1 | city 7",
                "tags missing": 1.56020183,
                "tags missing text": "quiet",
                "tags unseen": 2.8951387,
                "tags unseen text": "drifted",
                "tags shape": 80.1521262,
                "tags shape text": "cannot_judge | no other | 1 other",
                "tags=a shape": 226.81725,
                "tags=a shape text": "drifted | yes | no",
                "same missing": 1.5559017,
                "same missing text": "quiet",
                "same shape": 5.73382844,
                "same shape text": "drifted",
            },
        ),
        (
            "noisy",
            {
                "score shape": 144.978844,
                "score shape text": "drifted | 0.7 to 0.9 | 0.5 to 0.7 | 0.35 to 0.5",
                "prediction shape": 26.5257413,
                "prediction shape text": "quiet | no | yes",
                "confidence shape": 154.817051,
                "confidence shape text": "quiet | 0.95 to 1 | 0.9 to 0.95 | 0.65 to 0.7",
                "amount missing": 1.55160157,
                "amount missing text": "quiet",
                "amount shape": 313.127251,
                "amount shape text": "drifted | 1 to 1.35 | 1.35 to 1.82 | 3.32 to 4.48",
                "days missing": 1.84768395,
                "days missing text": "quiet",
                "days shape": 117.751531,
                "days shape text": "cannot_judge | 6 to 8 | 22 to 24 | 27 to 29",
                "city missing": 202.616571,
                "city missing text": "quiet",
                "city unseen": 3.50597955,
                "city unseen text": "quiet",
                "city shape": 326.602977,
                "city shape text": "drifted | city 12 | city 1 | city 7",
                "tags missing": 1.55160157,
                "tags missing text": "quiet",
                "tags unseen": 2.14006064,
                "tags unseen text": "quiet",
                "tags shape": 58.850565,
                "tags shape text": "quiet | no other | 1 other",
                "tags=a shape": 209.051154,
                "tags=a shape text": "drifted | yes | no",
                "same missing": 1.54730144,
                "same missing text": "quiet",
                "same shape": 5.72952831,
                "same shape text": "drifted",
            },
        ),
        (
            "longer",
            {
                "score shape": 78.2253797,
                "score shape text": "quiet | 0.5 to 0.7 | 0.2 to 0.35 | 0.1 to 0.2",
                "prediction shape": 26.4588348,
                "prediction shape text": "quiet | no | yes",
                "confidence shape": 216.129072,
                "confidence shape text": "quiet | 0.6 to 0.65 | 0 to 0.55 | 0.55 to 0.6",
                "amount missing": 1.5931695,
                "amount missing text": "quiet",
                "amount shape": 199.378435,
                "amount shape text": "quiet | 1.35 to 1.82 | 2.46 to 3.32 | 11 to 14.9",
                "days missing": 6.39939297,
                "days missing text": "drifted",
                "days shape": 144.208932,
                "days shape text": "quiet | 3 to 5 | 27 to 29 | 18 to 21",
                "city missing": 1.4186044,
                "city missing text": "quiet",
                "city unseen": 4.54359406,
                "city unseen text": "quiet",
                "city shape": 348.284906,
                "city shape text": "drifted | city 12 | city 6 | city 0",
                "tags missing": 1.58385255,
                "tags missing text": "quiet",
                "tags unseen": 7.80750944,
                "tags unseen text": "drifted",
                "tags shape": 63.9846957,
                "tags shape text": "quiet | 1 other | no other",
                "tags=a shape": 227.117282,
                "tags=a shape text": "drifted | yes | no",
                "same missing": 1.58385255,
                "same missing text": "quiet",
                "same shape": 10.6988176,
                "same shape text": "drifted",
            },
        ),
        (
            "small",
            {
                "score shape": 93.5196511,
                "score shape text": "quiet | 0.7 to 0.9 | 0.35 to 0.7 | 0.9 to 1",
                "prediction shape": 26.6443595,
                "prediction shape text": "quiet | no | yes",
                "confidence shape": 154.079744,
                "confidence shape text": "quiet | 0.8 to 0.9 | 0.7 to 0.8 | 0.6 to 0.7",
                "amount missing": 1.62196734,
                "amount missing text": "quiet",
                "amount shape": 190.579217,
                "amount shape text": "quiet | 1 to 1.82 | 6.05 to 11 | 3.32 to 6.05",
                "days missing": 1.65173248,
                "days missing text": "drifted",
                "days shape": 176.767415,
                "days shape text": "cannot_judge | 10 to 18 | 19 to 29 | 0 to 9",
                "city missing": 1.50559139,
                "city missing text": "quiet",
                "city unseen": 2.98702383,
                "city unseen text": "drifted",
                "city shape": 61.1989525,
                "city shape text": "cannot_judge | city 1 | city 2 | city 3 and other",
                "tags missing": 1.62196734,
                "tags missing text": "quiet",
                "tags unseen": 3.10191543,
                "tags unseen text": "drifted",
                "tags shape": 49.0347751,
                "tags shape text": "cannot_judge | 1 other | no other",
                "tags=a shape": 71.0543198,
                "tags=a shape text": "quiet | yes | no",
                "same missing": 1.60163945,
                "same missing text": "quiet",
                "same shape": 5.85776331,
                "same shape text": "drifted",
            },
        ),
    ],
)
def test_a_small_world_comes_to_the_same_results_as_ever(case, known):
    """See `pinning`: a quiet week, one that moved, with ordinary weeks known, with several at once, and few rows."""
    bins, codes = small_world()
    reference = part(bins, codes, slice(0, 900))
    weeks = [part(bins, codes, slice(900 + 120 * week, 1020 + 120 * week)) for week in range(12)]
    window = part(bins, codes, slice(2340, 2600), MOVED if case != "quiet" else None)
    if case == "noisy":
        found = judge(bins, reference, window, delta2=0.02, level=0.05, noise=ORDINARY, age=100, broken={"days"})
    elif case == "longer":
        slow = [part(bins, codes, slice(900 + 120 * week, 1020 + 120 * week), MOVED[:6]) for week in range(12)]
        year = part(bins, codes, slice(300, 800))
        several = spans(weeks[:9] + slow[9:], weeks[3], reference, ORDINARY, years={4: year})
        assert [(one.weeks, len(one.parts)) for one in several] == [(4, 4), (13, 13)]
        told = {("amount", "shape"): (1, 2), ("city", "unseen"): (1, 2, 3)}
        found = judge(bins, reference, weeks[3], noise=ORDINARY, longer=several, told=told, year=year)
    elif case == "small":
        found = judge(bins, part(bins, codes, slice(0, 150)), part(bins, codes, slice(2500, 2555), MOVED))
    else:
        found = judge(bins, reference, window)
    assert_same(checks(found), known)


def test_columns_of_one_input_are_told_once_by_the_surest():
    bins, _codes = small_world()
    made = drift.DriftResult
    several = [
        made("city", "shape", adjusted_p=0.5),
        made("tags", "shape", adjusted_p=0.03),
        made("tags=a", "shape", adjusted_p=0.001, exceeded=True),
        made("tags", "missing", adjusted_p=None),
        made("tags=a", "missing", adjusted_p=0.9),
    ]
    city, shape, missing = drift.by_input(several, bins)
    assert city is several[0]
    assert (shape.name, shape.adjusted_p, shape.parts) == ("tags", 0.001, (several[2],))
    assert (missing.name, missing.adjusted_p, missing.parts) == ("tags", 0.9, (several[4],))
    [alone] = drift.by_input(several[2:3], bins)
    assert (alone.name, alone.parts) == ("tags", (several[2],))
    many = [
        made(f"tags={tag}", "shape", adjusted_p=p, exceeded=True) for tag, p in zip("abcd", (4, 2, 1, 3), strict=True)
    ]
    bins["tags"] = TagBins([], {}, members=list("abcd"))
    [found] = drift.by_input(many, bins)
    assert [one.adjusted_p for one in found.parts] == [1, 2, 3]


def test_spans_need_as_many_weeks_before():
    weeks = [Profile(number) for number in range(12)]
    window, reference = Profile(99), Profile(500)
    found = spans(weeks, window, reference, Noise())
    assert [(one.weeks, one.parts[0].rows, one.parts[-1].rows, one.year) for one in found] == [
        (4, 9, 99, None),
        (13, 0, 99, None),
    ]
    assert [one.weeks for one in spans(weeks[:11], window, reference, Noise())] == [4]
    assert [one.weeks for one in spans(weeks[:3], window, reference, Noise())] == [4]
    assert spans(weeks[:2], window, reference, Noise()) == []
    assert [one.weeks for one in spans(weeks, window, reference, Noise(), weeks=4)] == [13]
    assert [one.weeks for one in spans(weeks[:1], window, reference, Noise(), weeks=3)] == [4]


def test_a_rate_of_new_levels_that_is_shown_counts():
    bins = CategoryBins(["a"], {"a": 90, "b": 1, "c": 1, "d": 2}, 6)
    expected, tolerated = unseen_rate(bins, np.array([0, 0, 4, 90]))
    assert expected == pytest.approx(8 / 100)
    assert tolerated == pytest.approx(0.08 + 2.33 * math.sqrt(2 + 2 + 1) / 100 + 0.01)
    expected, tolerated = unseen_rate(bins, np.array([20, 30, 20, 50]))
    assert expected == pytest.approx(0.3) and tolerated == pytest.approx(0.3 + 2.33 * math.sqrt(0.21 / 100) + 0.01)


def test_the_dilution_of_an_effect_by_hand():
    ref, win = np.array([90.0, 10.0]), np.array([30.0, 30.0])
    p, pooled = np.array([90.5, 10.5]) / 101, np.array([120, 40]) / 160
    squares = np.array([0.4, 0.4]) ** 2
    assert drift._dilution(ref, win) == pytest.approx(np.sum(squares / pooled) / np.sum(squares / p))
    assert drift._dilution(ref, ref) == 1.0
    q = np.array([30.5, 30.5]) / 61
    assert stability_index(ref, win) == pytest.approx(np.sum((q - p) * np.log(q / p)))
