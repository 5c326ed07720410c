"""Data quality: each fault is named, ordinary weeks are not, and the limits are exact."""

import numpy as np
import pytest
from scipy.stats import binom, poisson

from odoo.addons.ai_deployment.ml import drift
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
