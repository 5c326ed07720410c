"""What came true against what was said: known figures, and alarms at the rates they promise."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from odoo.addons.ai_deployment.ml import counts, intervals, outcomes, performance


def cohort(rows, seed=0, *, scale=1.0, base=-1.0):
    """(labels, values) of calibrated scores: labels drawn with just the chance that was said."""
    rng = np.random.default_rng(seed)
    values = 1 / (1 + np.exp(-rng.normal(base, scale, rows)))
    return rng.random(rows) < values, values


def judged(labels, values, **options):
    predictions = options.pop("predictions", np.asarray(values) > 0.5)
    automatic = options.pop("automatic", np.ones(len(labels), bool))
    results = outcomes.judge_outcomes(labels, values, predictions, automatic, **options)
    return {result.name: result for result in results}


def test_figures_of_four_kinds_of_rows_by_hand():
    # 60 rows said .2 of which 12 came true, 40 said .8 of which 32 did: calibrated exactly
    values = np.array([0.2] * 60 + [0.8] * 40)
    labels = np.array([1] * 12 + [0] * 48 + [1] * 32 + [0] * 8)
    found = judged(labels, values)
    assert found["win_rate"].statistic == pytest.approx(0.44)
    assert found["brier"].statistic == pytest.approx(0.16)
    # the share that a row is held against is that of the 99 others
    assert found["brier_skill"].statistic == pytest.approx(1 - 0.16 / (0.44 * 0.56 * (100 / 99) ** 2))
    # concordant: 32 * 48; ties: 12 * 48 + 32 * 8; of 44 * 56 pairs
    assert found["auc"].statistic == pytest.approx((32 * 48 + (12 * 48 + 32 * 8) / 2) / (44 * 56))
    assert found["in_the_large"].statistic == pytest.approx(0.0)
    assert found["slope"].statistic == pytest.approx(1.0, abs=1e-6)
    assert found["error_automatic"].statistic == pytest.approx(0.2)
    assert not any(result.exceeded for result in found.values())


def test_precision_of_what_can_be_looked_at():
    labels, values = np.array([1] * 40 + [0] * 60), np.linspace(1, 0, 100)
    found = judged(labels, values, capacity=50)["precision_at_capacity"]
    assert found.statistic == 0.8
    assert found.low < 0.8 < found.high
    assert "precision_at_capacity" not in judged(labels, values, capacity=100)


@pytest.mark.parametrize(("rows", "said"), [(49, 0.5), (60, 0.16), (400, 0.02), (200, 0.96)])
def test_where_too_little_was_said_nothing_is_judged(rows, said):
    found = judged(np.arange(rows) < rows * said, np.full(rows, said), floor_auc=0.9)
    assert list(found) == ["win_rate"]
    assert found["win_rate"].verdict == "cannot_judge"
    assert not found["win_rate"].exceeded


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("rows", "said", "came", "expected"),
    [
        (20, 0.05, 5, False),  # two-sided .0051
        (20, 0.05, 6, True),  # .00066
        (4, 0.01, 4, False),  # four rows are no cohort, however unlikely
        (100, 0.05, 5, False),
        (100, 0.09, 0, True),  # none of nine: .00016
        (100, 0.07, 0, False),  # none of seven: .0014
    ],
)
def test_few_rows_are_judged_where_what_came_cannot_be_chance(rows, said, came, expected, mirrored):
    labels, values = np.arange(rows) < came, np.full(rows, said)
    if mirrored:
        labels, values = ~labels, 1 - values
    exact = 2 * min(stats.binom.cdf(came, rows, said), stats.binom.sf(came - 1, rows, said))
    assert outcomes.surprising(labels, values) is expected
    if expected:
        assert exact <= 0.001
        assert judged(labels, values)["in_the_large"].exceeded
    assert not outcomes.surprising(labels, values, between=3.0), "where weeks differ as much it may be one of them"


def test_wins_of_one_day_are_an_import_from_five_and_from_half_of_the_late_ones_on():
    def entered(together, others):
        days = [datetime(2026, 5, 2)] * together + [datetime(2026, 5, 3) + timedelta(day) for day in range(others)]
        found = outcomes.entered_together({n: (day, True, datetime(2026, 4, 1)) for n, day in enumerate(days)})
        return found and (found.day, found.wins)

    assert entered(4, 0) is None
    assert entered(5, 0) == entered(5, 5) == (date(2026, 5, 2), 5)
    assert entered(5, 6) is None


def test_the_day_on_which_no_wins_come_any_more_is_judged():
    found = judged(np.zeros(60), np.full(60, 0.2), reference=(2000, 10_000))
    assert found["in_the_large"].exceeded and found["in_the_large"].p_value < 1e-4
    assert found["win_rate"].exceeded
    for name in ("auc", "slope", "brier_skill"):  # need both outcomes
        assert found[name].verdict == "cannot_judge"
    assert found["brier"].statistic == pytest.approx(0.04)


def test_rare_wins_that_stop_are_seen_by_the_share_as_well():
    found = judged(np.zeros(400), np.full(400, 0.045), reference=(450, 10_000))
    assert found["win_rate"].exceeded and found["in_the_large"].exceeded


def test_order_and_slope_are_judged_of_all_rows_that_no_order_was_judged_of():
    labels, values = cohort(600, 8, base=-2.5)
    labels[400:] &= np.arange(200) % 3 == 0
    latest = slice(400, None)
    found = judged(labels[latest], values[latest], order=(labels, values))
    assert labels[latest].sum() < outcomes.MIN_CLASS <= labels.sum()
    assert found["auc"].verdict == "quiet" and found["slope"].verdict != "cannot_judge"
    assert judged(labels[latest], values[latest])["auc"].verdict == "cannot_judge"


def test_weeks_that_differ_as_ever_are_no_alarm():
    raised = {0.0: 0, 0.4: 0}
    rng = np.random.default_rng(11)
    for _week in range(100):
        values = rng.beta(1.5, 4, 1500).round(2).clip(0.01, 0.99)
        odds = np.log(values / (1 - values)) + rng.normal(0, 0.4)
        labels = rng.random(1500) < 1 / (1 + np.exp(-odds))
        for between in raised:
            found = judged(labels, values, between=between, reference=(5450, 20_000))
            raised[between] += any(found[name].exceeded for name in ("in_the_large", "win_rate"))
    assert raised[0.0] > 35 and raised[0.4] <= 4


def test_a_small_difference_in_very_many_rows_is_tolerated():
    labels, values = cohort(20_000, 12)
    lower = 1 / (1 + np.exp(-np.log(values / (1 - values)) + 0.1))
    found = judged(labels, lower)["in_the_large"]
    assert found.adjusted_p < 0.001 and not found.exceeded


def test_without_a_floor_one_is_proposed_from_the_test():
    rng = np.random.default_rng(13)
    labels, values = cohort(1500, 13, scale=1.5)
    poor = rng.permutation(values)
    found = judged(labels, poor, tested_auc=0.8)["auc"]
    assert (found.test, found.threshold, found.exceeded) == ("proposed", 0.7, True)
    assert not judged(labels, values, tested_auc=0.8)["auc"].exceeded
    assert judged(labels, poor)["auc"].test == "figure"
    assert judged(labels, poor, tested_auc=0.8, floor_auc=0.6)["auc"].test == "floor"
    assert judged(labels, poor, tested_auc=0.5)["auc"].threshold is None


def test_an_order_that_falls_to_65_percent_is_below_what_is_proposed():
    seen = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels = rng.random(600) < 0.3
        values = 1 / (1 + np.exp(-rng.normal(-1 + 0.545 * labels, 1)))  # AUC .65
        seen += judged(labels, values, tested_auc=0.8)["auc"].exceeded
    assert seen >= 15  # of a single cohort; and three cohorts a month


def test_worse_than_the_base_rate_is_an_alarm_and_better_is_none():
    false = seen = 0
    for seed in range(200):
        labels, values = cohort(300, seed, scale=0.6)
        false += judged(labels, values)["brier_skill"].exceeded
        rng = np.random.default_rng(seed)
        worse = rng.permutation(1 / (1 + np.exp(-1.6 * (np.log(values / (1 - values)) + 1) + 1)))
        found = judged(labels, worse)["brier_skill"]
        seen += found.exceeded
        assert found.low <= found.statistic <= found.high
    assert false <= 2 and seen >= 100


def test_a_level_that_ordinary_weeks_have_is_not_worse_than_the_base_rate():
    """The plain share knows how a week ended; chances of another level that still tell records apart do not lose."""
    rng = np.random.default_rng(4)
    odds = rng.normal(-0.4, 0.5, 4000)
    labels, values = rng.random(4000) < 1 / (1 + np.exp(-odds - 0.8)), 1 / (1 + np.exp(-odds))
    assert judged(labels, values)["brier_skill"].exceeded
    allowed = judged(labels, values, between=0.45)["brier_skill"]
    assert not allowed.exceeded and allowed.statistic < 0  # shown as it is
    assert judged(labels, rng.permutation(values), between=0.45)["brier_skill"].exceeded


def test_calibrated_scores_raise_no_alarm_more_often_than_promised():
    raised = 0
    for seed in range(400):
        labels, values = cohort(300, seed)
        found = judged(labels, values, reference=(2900, 10_000))
        raised += any(result.exceeded for result in found.values())
    assert raised <= 12  # 1 % of 400 is 4; 12 or more has a chance of .001


def test_values_that_are_ten_points_too_low_are_seen():
    seen = 0
    for seed in range(100):
        labels, values = cohort(300, seed, scale=0.3, base=0.0)  # near one half, where Spiegelhalter's Z is blind
        seen += judged(labels, values - 0.1)["in_the_large"].exceeded
    assert seen >= 70


def test_values_too_extreme_or_too_timid_are_seen_by_the_slope():
    labels, values = cohort(2000, 1)
    logit = np.log(values / (1 - values))
    extreme, timid = (1 / (1 + np.exp(-by * (logit + 1) + 1)) for by in (3, 1 / 3))
    assert judged(labels, extreme)["slope"].exceeded
    assert judged(labels, extreme)["slope"].statistic < 1
    assert judged(labels, timid)["slope"].exceeded
    assert judged(labels, timid)["slope"].statistic > 1


def test_a_win_rate_that_moves_is_seen_and_a_small_change_is_tolerated():
    values = np.full(400, 0.2)
    moved = np.arange(400) < 160
    close = np.arange(400) < 100
    assert judged(moved, values, reference=(900, 10_000))["win_rate"].exceeded
    assert not judged(close, values, reference=(2000, 10_000))["win_rate"].exceeded
    assert judged(moved, values)["win_rate"].p_value is None  # nothing to compare with


def test_the_floor_is_missed_only_where_the_whole_interval_lies_below_it():
    rng = np.random.default_rng(3)
    labels = np.arange(600) % 3 == 0
    noise = rng.random(600)
    assert judged(labels, noise, floor_auc=0.7)["auc"].exceeded
    assert not judged(labels, noise, floor_auc=0.51)["auc"].exceeded
    assert judged(labels, noise)["auc"].threshold is None


def test_only_what_nobody_looked_at_counts_for_the_promise():
    labels = np.arange(200) % 2 == 0
    wrong = ~labels
    automatic = np.arange(200) >= 100
    predictions = np.where(automatic, labels, wrong)  # those with a person were all wrong, the others right
    found = judged(labels, np.full(200, 0.5), predictions=predictions, automatic=automatic, target_error=0.05)
    assert found["error_automatic"].statistic == 0
    assert not found["error_automatic"].exceeded
    found = judged(labels, np.full(200, 0.5), predictions=wrong, automatic=automatic, target_error=0.3)
    assert found["error_automatic"].exceeded
    assert "error_automatic" not in judged(labels, np.full(200, 0.5), automatic=np.zeros(200, bool))


def test_rows_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="same length"):
        outcomes.judge_outcomes([True, False], [0.5], [True], [True])


@pytest.mark.parametrize(("said", "true", "rows"), [(0.03, 0.1, 600), (0.2, 0.2, 200)])
def test_the_interval_of_calibration_holds_what_is_true_of_values_that_are_not(said, true, rows):
    """With the standard error of true values, .78 of 400 intervals at 3 % said and 10 % true."""
    random, held = np.random.default_rng(5), []
    for _round in range(200):
        odds = random.normal(0, 0.7, rows)
        values, chances = (1 / (1 + np.exp(-odds - np.log(p / (1 - p)))) for p in (said, true))
        low, high = performance.in_the_large_interval(random.random(rows) < chances, values)
        held.append(low <= chances.mean() - values.mean() <= high)
    assert 0.93 <= np.mean(held) <= 1.0
    labels = random.random(rows) < chances
    found = judged(labels, values)["in_the_large"]
    assert (found.low, found.high) == performance.in_the_large_interval(labels, values)


def test_each_line_holds_the_figures_that_it_comes_from():
    """One cohort of 200 rows, and the functions that each line is computed by."""
    values = np.tile([0.1, 0.3, 0.5, 0.8], 50)
    labels = (np.arange(200) * 7) % 20 < np.repeat([3, 4, 9, 14, 12], 40)
    predictions, automatic = values > 0.4, np.arange(200) % 3 > 0
    found = judged(
        labels,
        values,
        predictions=predictions,
        automatic=automatic,
        reference=(900, 3000),
        floor_auc=0.6,
        target_error=0.2,
        capacity=30,
        between=0.1,
    )
    wins = int(labels.sum())
    share = found["win_rate"]
    p_value = counts.share_p_value(wins, 200, (900, 3000), 0.1)
    assert (share.test, share.statistic, share.threshold) == ("figure", wins / 200, 0.3)
    assert (share.low, share.high) == intervals.clopper_pearson(wins, 200)
    assert share.p_value == share.adjusted_p == p_value
    large, slope = found["in_the_large"], found["slope"]
    test = performance.slope_test(labels, values)
    assert large.test == slope.test == "calibration"
    assert (large.statistic, large.threshold) == (performance.in_the_large_test(labels, values).estimate, 0.0)
    assert (large.low, large.high) == performance.in_the_large_interval(labels, values)
    assert large.p_value == counts.sum_p_value(values, wins, 0.1)
    assert (slope.statistic, slope.p_value, slope.threshold) == (test.estimate, test.p_value, 1.0)
    assert (slope.low, slope.high) == pytest.approx((test.estimate - 1.96 * test.se, test.estimate + 1.96 * test.se))
    assert sorted([large.adjusted_p, slope.adjusted_p]) == pytest.approx(
        [min(1, 2 * min(large.p_value, slope.p_value)), max(large.p_value, 2 * min(large.p_value, slope.p_value))]
    )
    order = found["auc"]
    assert (order.test, order.threshold, order.statistic) == ("floor", 0.6, performance.auc(labels, values))
    assert (order.low, order.high) == performance.auc_interval(labels, values)
    assert found["average_precision"].statistic == performance.average_precision(labels, values)
    assert (found["brier"].test, found["brier"].statistic) == ("figure", performance.brier(labels, values))
    top = labels[np.argsort(-values, kind="stable")[:30]]
    precise = found["precision_at_capacity"]
    assert precise.statistic == top.mean()
    assert (precise.low, precise.high) == intervals.clopper_pearson(int(top.sum()), 30)
    cases = int(automatic.sum())
    wrong = int((predictions != labels)[automatic].sum())
    error = found["error_automatic"]
    assert (error.test, error.statistic, error.threshold) == ("floor", wrong / cases, 0.2)
    assert (error.low, error.high) == intervals.clopper_pearson(wrong, cases)
    assert error.exceeded == (error.low > 0.2)


def test_the_skill_by_hand():
    """Losses of each row against the share of the others; the interval is 1.96 standard errors over the base."""
    values, labels = np.repeat([0.2, 0.7], [40, 30]), np.repeat([0, 1, 0, 1], [30, 10, 12, 18])
    share = (28 - labels) / 69
    base = np.mean((share - labels) ** 2)
    gained = (share - labels) ** 2 - (values - labels) ** 2
    se = np.std(gained, ddof=1) / np.sqrt(70)
    found = judged(labels, values)["brier_skill"]
    assert (found.test, found.threshold) == ("proposed", 0.0)
    assert found.statistic == pytest.approx(gained.mean() / base)
    assert found.low == pytest.approx((gained.mean() - 1.96 * se) / base)
    assert found.high == pytest.approx((gained.mean() + 1.96 * se) / base)
    assert found.p_value == found.adjusted_p == pytest.approx(stats.norm.sf(-gained.mean() / se))


def test_the_level_is_moved_as_far_as_two_deviations_of_ordinary_weeks_allow():
    values, labels = np.full(100, 0.2), np.arange(100) < 30
    assert outcomes._levelled(labels, values, 3.0) == pytest.approx(0.3, abs=1e-6)
    most = 1 / (1 + 4 * np.exp(-0.2))
    assert outcomes._levelled(labels, values, 0.2) == pytest.approx(most, abs=1e-6)
    assert outcomes._levelled(labels, 1 - values, 0.2) == pytest.approx(1 / (1 + np.exp(0.2) / 4), abs=1e-6)


def test_losses_that_do_not_vary_are_above_nothing_or_not():
    assert outcomes._above_zero_p_value(np.full(9, 0.25)) == 0.0
    assert outcomes._above_zero_p_value(np.zeros(9)) == 1.0 == outcomes._above_zero_p_value(np.full(9, -0.25))
    # ± 1 about .5: a standard error of √(9 / 8) / 3
    losses = 0.5 + np.array([1, -1] * 4 + [0])
    assert outcomes._above_zero_p_value(losses) == pytest.approx(stats.norm.sf(0.5 / (np.std(losses, ddof=1) / 3)))


@pytest.mark.parametrize(("late", "in_time"), [(6, 5), (6, 6), (6, 7)])
def test_what_was_entered_together_hides_what_was_won_in_time_where_it_is_more(late, in_time):
    end, horizon = datetime(2026, 5, 2), datetime(2026, 4, 1)
    ends = {n: (end, True, horizon) for n in range(late)}
    ends |= {20 + n: (datetime(2026, 3, 3), True, horizon) for n in range(in_time)}
    ends |= {40: (None, False, horizon), 41: (datetime(2026, 3, 3), False, horizon)}
    ends |= {42: (None, False, datetime(2026, 5, 2)), 43: (datetime(2026, 5, 3), False, horizon)}
    found = outcomes.entered_together(ends)
    assert found.wins == late
    assert found.unknown == (set(range(late)) | {40, 43} if late > in_time else set())


def test_both_outcomes_have_to_come_in_enough_rows():
    assert outcomes.both_came(np.arange(50) < 10) and outcomes.both_came(np.arange(50) < 40)
    assert not outcomes.both_came(np.arange(50) < 9) and not outcomes.both_came(np.arange(50) < 41)
    assert not outcomes.both_came(np.arange(49) < 20)


def test_a_floor_is_proposed_above_chance_only():
    assert outcomes.proposed_floor(0.95) == 0.8
    assert outcomes.proposed_floor(0.5) is outcomes.proposed_floor(float("nan")) is None


def test_where_nothing_can_be_judged_the_threshold_is_told():
    found = judged(np.zeros(60), np.full(60, 0.2), floor_auc=0.7)
    assert (found["auc"].verdict, found["auc"].threshold, found["auc"].test) == ("cannot_judge", 0.7, "floor")
    assert found["brier_skill"].threshold == 0.0 and "average_precision" not in found
    assert found["slope"].test == "calibration" and found["slope"].statistic is None
    assert judged(np.ones(60), np.full(60, 0.5), reference=(60, 60))["win_rate"].p_value is None
    assert judged(np.ones(60), np.full(60, 0.5), reference=(0, 60))["win_rate"].threshold is None
