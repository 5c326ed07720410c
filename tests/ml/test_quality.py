"""Data quality: each fault is named, ordinary weeks are not, and the limits are exact."""

import numpy as np
import pytest
from scipy.stats import binom, nbinom, poisson

from odoo.addons.ai_deployment.ml import drift, quality, rates
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.noise import Noise
from odoo.addons.ai_deployment.ml.profile import Profile
from odoo.addons.ai_deployment.ml.quality import ROWS, broken, judge_quality

AMOUNT = NumericBins.fit(np.arange(1000.0), max_bins=10)
SOURCE = CategoryBins.fit(np.array(["web"] * 600 + ["fair"] * 400, dtype=object))
BINS = {"amount": AMOUNT, "source": SOURCE}


def profile(amounts, sources, failed=0, late=0):
    return Profile(
        len(amounts),
        {
            "amount": np.bincount(AMOUNT.codes(np.asarray(amounts, dtype=float)), minlength=AMOUNT.size),
            "source": np.bincount(SOURCE.codes(np.array(sources, dtype=object)), minlength=SOURCE.size),
        },
        failed,
        late,
    )


REFERENCE = profile(np.arange(1000.0), ["web"] * 600 + ["fair"] * 400)


def usual(rows=200):
    rng = np.random.default_rng(rows)
    return profile(rng.uniform(0, 999, rows), rng.choice(["web", "fair"], rows, p=[0.6, 0.4]))


def found(window, weeks=()):
    return {(r.name, r.test): r for r in judge_quality(BINS, REFERENCE, window, weeks=weeks) if r.exceeded}


def test_an_ordinary_week_is_silent():
    assert not found(usual(), weeks=[190, 210, 205, 195, 200])


def test_numbers_beyond_all_before():
    amounts = np.concatenate([np.linspace(0, 999, 160), np.full(40, 99_999.0)])
    results = found(profile(amounts, ["web"] * 120 + ["fair"] * 80))
    assert list(results) == [("amount", "range")]
    result = results["amount", "range"]
    assert result.window_share == 0.2
    chance = 2 / 1001
    tolerated = chance + 2.33 * np.sqrt(chance * (1 - chance) / 1000) + 0.01
    assert 0.025 < result.threshold < 0.1, "the share at which the verdict turns, above the tolerated one"
    assert result.p_value == pytest.approx(binom.sf(39, 200, tolerated))
    assert result.codes == (1, 2)


def test_one_value_everywhere():
    results = found(profile(np.linspace(0, 999, 200), ["fair"] * 200))
    assert list(results) == [("source", "constant")]
    assert results["source", "constant"].labels == ("fair",)
    assert results["source", "constant"].reference_share == 0.4


def test_new_values_of_many_kinds_are_not_one_value():
    assert not found(profile(np.linspace(0, 999, 200), [f"new {n}" for n in range(200)]))


def test_a_broken_column_has_no_shape():
    window = profile(np.linspace(0, 999, 200), ["fair"] * 200)
    failing = broken(judge_quality(BINS, REFERENCE, window))
    plain = {r.name: r for r in drift.judge(BINS, REFERENCE, window) if r.test == "shape"}
    inhibited = {r.name: r for r in drift.judge(BINS, REFERENCE, window, broken=failing) if r.test == "shape"}
    assert plain["source"].exceeded
    assert not inhibited["source"].exceeded
    assert inhibited["source"].verdict == "cannot_judge"


def test_rows_that_fail_or_come_late():
    window = usual()
    window.failed, window.late = 30, 90
    assert set(found(window)) == {(ROWS, "failed"), (ROWS, "late")}


def test_a_week_without_rows_is_seen_without_any_row():
    results = found(Profile(0), weeks=[50, 55, 45, 52, 48, 0])
    assert list(results) == [(ROWS, "volume")]
    assert results[ROWS, "volume"].reference_share == 50
    assert results[ROWS, "volume"].p_value < drift.AT_ONCE


def test_more_rows_than_usual_are_no_fault():
    assert not found(usual(400), weeks=[50, 55, 45, 52, 48, 400])


def test_weeks_that_always_differ_allow_for_more():
    steady, wild = [100] * 8, [20, 180, 60, 140, 100, 30, 170, 100]
    judged = [judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 55])[0] for weeks in (steady, wild)]
    assert judged[0].exceeded
    assert not judged[1].exceeded
    assert judged[0].p_value > poisson(100).cdf(55), "the mean of eight weeks is not known exactly"


def test_another_share_that_goes_to_a_person_either_way():
    before, usual_week, flood, silence = [usual(250) for _week in range(4)], usual(), usual(), usual()
    for week, reviewed in zip(before, (70, 80, 75, 75), strict=True):
        week.reviewed = reviewed
    usual_week.reviewed, flood.reviewed, silence.reviewed = 66, 140, 10
    exceeded = [
        [r.test for r in judge_quality(BINS, REFERENCE, window, before=before) if r.exceeded]
        for window in (usual_week, flood, silence)
    ]
    assert exceeded == [[], ["review"], ["review"]]
    assert not any(r.test == "review" for r in judge_quality(BINS, REFERENCE, flood)), "nothing to compare with"
    longer = [usual(250) for _week in range(9)] + before * 3
    for week in longer[:9]:
        week.reviewed = 250
    review = [r for r in judge_quality(BINS, REFERENCE, usual_week, before=longer) if r.test == "review"]
    assert review[0].reference_share == 0.3, "of the latest twelve weeks"


def test_too_few_weeks_or_rows_are_not_judged():
    assert judge_quality(BINS, REFERENCE, usual(49), weeks=[50, 50, 50, 0]) == []


def test_quiet_weeks_stay_quiet():
    """Drawn from the reference itself: an alarm needs two of three weeks, so single ones must be rare."""
    rng, exceeded = np.random.default_rng(7), 0
    for _week in range(400):
        rows = int(rng.integers(50, 300))
        window = profile(rng.uniform(0, 999, rows), rng.choice(["web", "fair"], rows, p=[0.6, 0.4]))
        exceeded += bool(found(window, weeks=rng.poisson(100, 9).tolist()))
    assert exceeded <= 8  # 1 % of 400, and two standard errors


def volume(weeks, **known):
    found = judge_quality({}, REFERENCE, Profile(0), weeks=weeks, **known)
    return found[0].exceeded if found else None


def test_a_week_of_holidays_is_no_loss_of_records():
    weeks = [200, 210, 190, 205, 195, 200, 208, 194]
    assert volume([*weeks, 80])
    assert not volume([*weeks, 80], opened=[40.0] * 8 + [16.0])
    assert volume([*weeks, 5], opened=[40.0] * 8 + [16.0]), "fewer than even two days bring"
    assert volume([*weeks, 0], opened=[40.0] * 8 + [0.0]) is None, "nobody was there"


def test_an_earlier_week_of_holidays_does_not_make_a_loss_look_usual():
    weeks = [200, 210, 190, 205, 60, 70, 208, 194, 201]
    assert not volume([*weeks, 100])
    assert volume([*weeks, 100], opened=[40.0] * 4 + [8.0, 8.0] + [40.0] * 4)


def test_an_august_as_every_year_is_no_loss():
    weeks, august = [200, 210, 190, 205, 195, 200], 90
    assert volume([*weeks, august])
    assert not volume([*weeks, august], last_year=[180, 170, 175, 185, 180, 170, 85])
    assert volume([*weeks, 20], last_year=[180, 170, 175, 185, 180, 170, 85])


def test_a_number_that_grows_with_the_calendar_is_not_out_of_range_every_week():
    window = profile(np.concatenate([np.linspace(0, 999, 170), np.full(30, 1010.0)]), ["web"] * 120 + ["fair"] * 80)
    assert ("amount", "range") in found(window)
    noise = Noise(forward={"range": {"amount": (0.08, 60.0)}})
    for age, expected in ((10, False), (120, False)):
        judged = judge_quality(BINS, REFERENCE, window, noise=noise, age=age)
        result = next(each for each in judged if (each.name, each.test) == ("amount", "range"))
        assert result.exceeded is expected and result.reference_share >= 0.08
    many = profile(np.concatenate([np.linspace(0, 999, 100), np.full(100, 1010.0)]), ["web"] * 120 + ["fair"] * 80)
    judged = judge_quality(BINS, REFERENCE, many, noise=noise, age=10)
    assert next(each for each in judged if (each.name, each.test) == ("amount", "range")).exceeded


# Limits and figures by hand
def test_shares_are_held_against_a_binomial_of_what_is_tolerated():
    """2.33 standard errors of the reference's share and a tolerance above it; the threshold is the first share beyond.

    Failed are 20 of 1,020 before and 12 of 212 now, late 50 of 1,000 before and 40 of 200 now.
    """
    reference = profile(np.arange(1000.0), ["web"] * 600 + ["fair"] * 400, failed=20, late=50)
    window = usual()
    window.failed, window.late = 12, 40
    tests = {(r.name, r.test): r for r in judge_quality(BINS, reference, window)}
    order = sorted(tests.values(), key=lambda r: r.p_value)
    for test, hits, cases, before, of, tolerance in (
        ("failed", 12, 212, 20 / 1020, 1020, quality.FAILED_TOLERANCE),
        ("late", 40, 200, 50 / 1000, 1000, quality.LATE_TOLERANCE),
    ):
        found = tests[ROWS, test]
        tolerated = before + quality.ERRORS * np.sqrt(before * (1 - before) / of) + tolerance
        assert found.statistic == found.window_share == hits / cases
        assert found.reference_share == pytest.approx(before)
        assert found.p_value == pytest.approx(binom.sf(hits - 1, cases, tolerated))
        level = 0.01 / (len(order) - order.index(found))
        assert found.threshold == pytest.approx((binom.isf(level, cases, tolerated) + 1) / cases)
        assert found.exceeded == (found.adjusted_p <= 0.01) == (found.verdict == "drifted")


def test_a_column_of_one_value_is_told_beside_what_it_was():
    tests = {(r.name, r.test): r for r in judge_quality(BINS, REFERENCE, usual()) if r.test == "constant"}
    counted = usual().counts["source"]
    found = tests["source", "constant"]
    assert found.statistic == found.window_share == counted.max() / 200
    assert (found.p_value, found.threshold, found.exceeded) == (1.0, 1.0, False)
    assert found.reference_share == 0.6 and SOURCE.label(int(counted.argmax())) == "web"
    one = {
        (r.name, r.test): r for r in judge_quality(BINS, REFERENCE, profile(np.linspace(0, 999, 200), ["web"] * 200))
    }
    found = one["source", "constant"]
    code = int(counted.argmax())
    assert (found.codes, found.moved, found.labels) == ((code,), ((code, 0.6, 1.0),), ("web",))
    tolerated = 0.6 + quality.ERRORS * np.sqrt(0.24 / 1000) + quality.CONSTANT_TOLERANCE
    assert found.p_value == pytest.approx(binom.sf(199, 200, tolerated))
    steady = profile(np.arange(1000.0), ["web"] * 1000)
    again = judge_quality(BINS, steady, profile(np.linspace(0, 999, 200), ["web"] * 200))
    assert ("source", "constant") not in {(r.name, r.test) for r in again}, "what never varied is not broken"


def test_what_is_missing_is_no_value_and_a_column_without_values_is_not_judged():
    empty = profile(np.full(200, np.nan), [None] * 200)
    assert {(r.name, r.test) for r in judge_quality(BINS, REFERENCE, empty)} == {(ROWS, "failed"), (ROWS, "late")}
    half = profile(np.r_[np.full(100, np.nan), np.full(60, 9999.0), np.full(40, 5.0)], ["web", None] * 100)
    tests = {(r.name, r.test): r for r in judge_quality(BINS, REFERENCE, half)}
    assert tests["amount", "range"].window_share == 0.6 and tests["source", "constant"].window_share == 1.0


def test_rows_of_a_week_follow_the_law_of_the_weeks_before():
    """Weeks of mean 100: Poisson's variance and that of the mean, or what they differ by where that is more."""
    for weeks, variance in (([100] * 8, 100.0), ([60, 140] * 4, 1600 * 8 / 7)):
        spread = variance + 100 / 8
        law = nbinom(100**2 / (spread - 100), 100 / spread)
        [found] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 55])
        assert (found.statistic, found.window_share, found.reference_share) == (55.0, 55.0, 100.0)
        assert found.p_value == pytest.approx(law.cdf(55)) and found.threshold == law.ppf(0.01) - 1


def test_a_week_that_is_worked_in_part_brings_a_part_of_the_rows():
    weeks, opened = [100] * 8, [40.0] * 8
    [found] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], opened=[*opened, 16.0])
    spread = 40 + 40 / 8
    assert found.reference_share == pytest.approx(40.0)
    assert found.p_value == pytest.approx(nbinom(40**2 / (spread - 40), 40 / spread).cdf(30))
    [longer] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], opened=[*opened, 60.0])
    assert longer.reference_share == 100.0
    [unknown] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], opened=[*opened[1:], 16.0])
    assert unknown.reference_share == 100.0
    [last] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], last_year=[200] * 4 + [50])
    spread = 25 + 25 / 8
    assert last.reference_share == 25.0
    assert last.p_value == pytest.approx(nbinom(25**2 / (spread - 25), 25 / spread).cdf(30))
    [short] = judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], last_year=[200] * 3 + [50])
    assert short.reference_share == 100.0
    assert judge_quality({}, REFERENCE, Profile(0), weeks=[*weeks, 30], last_year=[200] * 4 + [0]) == []
    assert (
        judge_quality({}, REFERENCE, Profile(0), weeks=[0] * 8 + [0]) == [] == judge_quality({}, REFERENCE, Profile(0))
    )


def test_only_the_latest_twelve_weeks_count_and_those_with_holidays_where_others_are_few():
    [found] = judge_quality({}, REFERENCE, Profile(0), weeks=[500, 500, *[100] * 12, 100])
    assert found.reference_share == 100.0
    opened = [40.0, 40.0, 40.0, 8.0, 8.0, 40.0]
    [few] = judge_quality({}, REFERENCE, Profile(0), weeks=[100, 100, 100, 20, 20, 90], opened=opened)
    assert few.reference_share == pytest.approx(68.0)  # three ordinary ones are too few
    opened = [40.0, 40.0, 38.0, 40.0, 37.9, 40.0]
    [enough] = judge_quality({}, REFERENCE, Profile(0), weeks=[100, 100, 80, 100, 20, 90], opened=opened)
    assert enough.reference_share == pytest.approx(95.0)  # .95 of the usual time is an ordinary week


def test_the_share_that_goes_to_a_person_is_held_against_the_weeks_before():
    before = [usual(250) for _week in range(4)]
    for week, reviewed in zip(before, (70, 80, 75, 75), strict=True):
        week.reviewed = reviewed
    window = usual()
    for reviewed, tail, end in ((140, rates.tail_more, "fewest"), (10, rates.tail_fewer, "most")):
        window.reviewed = reviewed
        found = next(r for r in judge_quality(BINS, REFERENCE, window, before=before) if r.test == "review")
        assert found.reference_share == 0.3 and found.statistic == found.window_share == reviewed / 200
        wide = rates.spread([70, 80, 75, 75], [250] * 4)
        rate, wide = rates.beyond_ratio(300, 1000, quality.REVIEW_RATIO, wide, more=end == "fewest")
        assert found.p_value == pytest.approx(tail([reviewed], [200], [rate], [wide])[0])
        assert (0.3 < found.threshold <= 0.7) if end == "fewest" else (0.05 <= found.threshold < 0.3)
        assert found.exceeded
    tests = {r.test for r in judge_quality(BINS, REFERENCE, window, before=before[:3])}
    assert "review" not in tests
