"""Exact tests of counts: laws known beforehand, a tolerance that more rows do not change, and weeks that differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from odoo.addons.ai_deployment.ml import counts
from odoo.addons.ai_deployment.ml.counts import poisson_binomial, sum_p_value


# The law of a sum
@pytest.mark.parametrize(("n", "p"), [(1, 0.3), (63, 0.2), (64, 0.9), (65, 0.01), (1000, 0.05)])
def test_with_equal_chances_it_is_the_binomial_law(n, p):
    known = stats.binom.pmf(np.arange(n + 1), n, p)
    np.testing.assert_allclose(poisson_binomial(np.full(n, p)), known, rtol=1e-9, atol=1e-300)


def test_three_different_chances_by_hand():
    # none .9*.5*.2, one .1*.5*.2 + .9*.5*.2 + .9*.5*.8, two .1*.5*.2 + .1*.5*.8 + .9*.5*.8, three .1*.5*.8
    assert poisson_binomial([0.1, 0.5, 0.8]) == pytest.approx([0.09, 0.46, 0.41, 0.04])
    assert poisson_binomial([]).tolist() == [1.0]
    assert sum_p_value([0.1, 0.5, 0.8], 3) == pytest.approx(0.08)
    assert sum_p_value([0.1, 0.5, 0.8], 1) == 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1), max_size=200))
def test_it_is_a_law_with_the_right_mean_and_variance(chances):
    law, hits, p = poisson_binomial(chances), np.arange(len(chances) + 1), np.array(chances)
    assert law.sum() == pytest.approx(1) and (law >= 0).all()
    mean = np.sum(law * hits)
    assert mean == pytest.approx(p.sum(), abs=1e-9)
    assert np.sum(law * (hits - mean) ** 2) == pytest.approx(np.sum(p * (1 - p)), abs=1e-7)


# A share from before
@pytest.mark.parametrize("before", [0.01, 0.05, 0.2, 0.5, 0.95])
@pytest.mark.parametrize("rows", [100, 500, 2000])
def test_a_share_as_before_is_no_change_and_neither_is_one_that_is_tolerated(before, rows):
    random = np.random.default_rng(int(1000 * before) + rows)
    low, high = counts.tolerated(before)
    for share, most in ((before, 0.01), (low, 0.03), (high, 0.03)):
        found = [
            counts.share_p_value(random.binomial(rows, share), rows, (random.binomial(5000, before), 5000)) <= 0.01
            for _week in range(400)
        ]
        assert np.mean(found) <= most


def test_a_rare_share_that_falls_to_nothing_is_seen():
    # By the squared effect .05 alone, a share of up to 4.8 % could fall to 0 unseen, however many rows there are.
    for before, rows in ((0.048, 300), (0.02, 800), (0.01, 1600)):
        assert counts.share_p_value(0, rows, (round(before * 10_000), 10_000)) < 0.005


def test_the_more_rows_the_surer():
    p_values = [counts.share_p_value(round(0.04 * rows), rows, (100, 10_000)) for rows in (300, 800, 3000)]
    assert p_values == sorted(p_values, reverse=True) and p_values[-1] < 1e-9


def test_the_interval_of_what_was_before_counts():
    assert counts.share_p_value(0, 300, (5, 100)) > 0.05 > counts.share_p_value(0, 300, (500, 10_000))


# Weeks that differ
def weeks(random, count, rows, noise, base=0.2):
    for _week in range(count):
        values = random.beta(2, 2 / base - 2, rows)
        odds = np.log(values / (1 - values)) + random.normal(0, noise)
        yield (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(float), values


@pytest.mark.parametrize(("noise", "rows"), [(0.15, 3000), (0.3, 300), (0.5, 1000)])
def test_the_spread_between_weeks_is_found_and_rarely_too_small(noise, rows):
    random, found = np.random.default_rng(3), []
    for _version in range(60):
        found.append(counts.weekly_spread([counts.offset(*week) for week in weeks(random, 16, rows, noise)]))
    assert noise < np.median(found) < 1.6 * noise + 0.05
    assert np.mean(np.array(found) < noise) <= 0.5  # a third, of 60


def test_where_weeks_do_not_differ_little_spread_is_found():
    random = np.random.default_rng(4)
    found = [counts.weekly_spread([counts.offset(*w) for w in weeks(random, 16, 1000, 0.0)]) for _version in range(60)]
    assert np.median(found) < 0.1


def test_of_weeks_that_differ_each_for_itself_four_together_differ_half_as_much():
    random, found = np.random.default_rng(31), []
    for _version in range(60):
        offsets = [counts.offset(*week) for week in weeks(random, 16, 1000, 0.4)]
        found.append(counts.spread_of(offsets, 4) / counts.spread_of(offsets))
    assert min(found) >= 0.5 - 1e-9 and np.median(found) < 0.65 and max(found) <= 1


def test_a_season_differs_as_much_over_several_weeks():
    season = [(0.5 * np.sin(2 * np.pi * week / 52), 1e4) for week in range(52)]
    assert counts.spread_of(season, 4) > 0.9 * counts.spread_of(season)
    assert counts.spread_of(season[:12], 4) == counts.spread_of(season[:12]), "three blocks say nothing"
    assert counts.spread_of([(0.3, 0.0)] * 20, 4) is None and counts.spread_of([(0.0, 50.0)] * 20, 4) == 0


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.5])
def test_four_small_weeks_together_that_differ_as_ever_are_no_change(noise):
    random, beyond, stopped = np.random.default_rng(32), [], []
    for _version in range(60):
        offsets = [counts.offset(*week) for week in weeks(random, 16, 60, noise, base=0.05)]
        labels, values = (np.concatenate(side) for side in zip(*weeks(random, 4, 60, noise, base=0.05), strict=True))
        between = counts.spread_of(offsets, 4)
        beyond.append(sum_p_value(values, int(labels.sum()), between) <= 0.01)
        stopped.append([sum_p_value(values, 0, own) <= 0.01 for own in (between, counts.spread_of(offsets))])
    assert np.mean(beyond) <= 0.03
    four, as_one = np.mean(stopped, axis=0)
    assert four > as_one


def test_weeks_that_differ_as_ever_are_no_change():
    random, noise = np.random.default_rng(5), 0.4
    plain, averaged = [], []
    for labels, values in weeks(random, 150, 400, noise):
        plain.append(sum_p_value(values, int(labels.sum())) <= 0.01)
        averaged.append(sum_p_value(values, int(labels.sum()), noise) <= 0.01)
    assert np.mean(plain) > 0.1 and np.mean(averaged) <= 0.03


def test_large_and_small_cohorts_are_averaged_alike(monkeypatch):
    values = np.random.default_rng(6).beta(2, 8, 700)
    near = [sum_p_value(values, hits, 0.2) for hits in (100, 180)]
    near += [counts._tails(values, hits, counts.NEARLY_NORMAL)[side] for hits, side in ((105, 0), (175, 1))]
    monkeypatch.setattr(counts, "NEARLY_NORMAL", np.inf)
    exact = [sum_p_value(values, hits, 0.2) for hits in (100, 180)]
    exact += [counts._tails(values, hits, np.inf)[side] for hits, side in ((105, 0), (175, 1))]
    assert near == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize("deviations", [1.0, 2.5, 4.0, 8.0])
def test_where_chance_is_small_the_tail_is_that_of_the_weeks(deviations):
    """Of so many rows that only the weeks differ: what is left is Student's t, known from a library."""
    noise, scale = 0.3, np.sqrt((counts.DEGREES - 2) / counts.DEGREES)
    values = np.full(60_000, 0.4)
    hits = round(len(values) / (1 + np.exp(-(np.log(0.4 / 0.6) + deviations * noise))))
    known = 2 * stats.t.sf(deviations / scale, counts.DEGREES)
    assert sum_p_value(values, hits, noise) == pytest.approx(known, rel=0.35)


def test_one_odd_week_in_a_hundred_is_no_alarm_on_its_own():
    random, noise = np.random.default_rng(8), 0.4
    own = random.laplace(0, noise / np.sqrt(2), 1000)  # heavier tails than a normal law has
    values = np.full(1000, 0.4)
    hits = random.binomial(1000, 1 / (1 + np.exp(-(np.log(0.4 / 0.6) + own))))
    known = {count: sum_p_value(values, count, noise) for count in np.unique(hits)}
    found = np.array([known[count] for count in hits])
    assert np.mean(found <= 1e-6) == 0 and np.mean(found <= 0.01) <= 0.015


def test_few_weeks_tell_nothing_and_no_rows_are_no_evidence():
    assert counts.weekly_spread([(0.1, 0.0)] * 20) is None
    assert counts.offset([], []) == (0.0, 0.0)
    assert sum_p_value([], 0) == 1


# Tails by hand
def test_tails_of_rows_that_share_a_chance_are_binomial_at_both_ends():
    chances = np.full(10, 0.3)
    for hits in (0, 1, 7, 10):
        known = stats.binom.cdf(hits, 10, 0.3), stats.binom.sf(hits - 1, 10, 0.3)
        assert counts._tails(chances, hits, np.inf) == pytest.approx(known)
    mixed = np.array([0.3] * 9 + [0.30001])
    for hits in (0, 1, 7, 10):
        assert counts._tails(mixed, hits, np.inf) == pytest.approx(counts._tails(chances, hits, np.inf), rel=1e-3)


@pytest.mark.parametrize("hits", [0, 1, 2, 5])
def test_tails_of_rare_rows_are_poissons_on_the_side_that_is_rare(hits):
    chances = np.linspace(0.001, 0.003, 1000)
    known = stats.poisson.cdf(hits, 2.0), stats.poisson.sf(hits - 1, 2.0)
    assert counts._tails(chances, hits, np.inf, rare=True) == pytest.approx(known)
    above, below = counts._tails(1 - chances, 1000 - hits, np.inf, rare=True)
    assert (below, above) == pytest.approx(known)


def test_tails_of_many_rows_are_normal_with_half_a_hit_and_their_skewness():
    chances = np.repeat([0.1, 0.4], [300, 200])
    mean, deviation = 110.0, np.sqrt(300 * 0.09 + 200 * 0.24)
    skewness = (300 * 0.09 * 0.8 + 200 * 0.24 * 0.2) / deviation**3

    def law(z, skewness):
        return stats.norm.cdf(z) + skewness * (1 - z * z) * stats.norm.pdf(z) / 6

    for hits in (80, 110, 135):
        known = law((hits + 0.5 - mean) / deviation, skewness), law(-(hits - 0.5 - mean) / deviation, -skewness)
        assert counts._tails(chances, hits, 10.0) == pytest.approx(known)
        assert counts._tails(chances, hits, np.inf) == pytest.approx(known, rel=0.02)
    assert counts._tails(chances, 0, 10.0)[0] == 0.0 and counts._tails(chances, 500, 10.0)[1] == 0.0


def test_weeks_of_their_own_are_averaged_as_students_t_is():
    """Of one row: half the weeks are above, so that a chance of one half stays one, and .2 comes nearer to it."""
    assert counts._averaged_tails(np.array([0.5]), 1, 0.7)[1] == pytest.approx(0.5)
    scale = 0.7 * np.sqrt(6 / 8)
    nodes = np.linspace(-60, 60, 400_001)
    density = stats.t.pdf(nodes / scale, 8)
    known = np.sum(density / (1 + 4 * np.exp(-nodes))) / density.sum()
    assert counts._averaged_tails(np.array([0.2]), 1, 0.7) == pytest.approx((1.0, known), rel=1e-3)
    assert counts.spread_of_weeks(1.3, 0.7) / counts.spread_of_weeks(0.0, 0.7) == pytest.approx(
        stats.t.pdf(1.3 / scale, 8) / stats.t.pdf(0.0, 8)
    )


@pytest.mark.parametrize(("rows", "hits"), [(4000, 3), (4000, 3990)])
def test_few_hits_among_very_many_rows_are_averaged_over_fine_weeks(rows, hits):
    """The variance of 25 or more is that of many rare rows; the average is as near as the exact laws come."""
    chances = np.full(rows, 0.008 if hits < 100 else 0.992)
    scale = 0.5 * np.sqrt(6 / 8)
    nodes = np.linspace(-25, 25, 20_001)
    density = stats.t.pdf(nodes / scale, 8)
    moved = 1 / (1 + np.exp(-nodes) * (1 - chances[0]) / chances[0])
    below, above = stats.binom.cdf(hits, rows, moved), stats.binom.sf(hits - 1, rows, moved)
    known = [float(density @ each / density.sum()) for each in (below, above)]
    assert counts._averaged_tails(chances, hits, 0.5) == pytest.approx(known, rel=0.03)


def test_an_offset_is_one_newton_step_from_nothing():
    # two wins where .2 + .3 + .4 were said: 1.1 more, of an information of .16 + .21 + .24
    assert counts.offset([1, 1, 0], [0.2, 0.3, 0.4]) == pytest.approx((1.1 / 0.61, 0.61))
    assert counts.offset([], []) == (0.0, 0.0) and counts.offset([1], [1.0]) == (0.0, 0.0)


def test_the_spread_of_weeks_without_chance_is_known():
    """Weeks of ± .4 that chance does not blur: the sum of squares over the spread follows chi square."""
    offsets = [(0.4, 1e9), (-0.4, 1e9)] * 4
    known = np.sqrt(8 * 0.16 / stats.chi2.ppf(1 / 3, 7))
    assert counts.weekly_spread(offsets) == pytest.approx(known, rel=1e-4)
    assert counts.weekly_spread([(4.0, 1e9), (-4.0, 1e9)] * 4) == pytest.approx(counts.MOST_SPREAD)
    assert counts.weekly_spread(offsets[:3]) is None and counts.weekly_spread(offsets[:4]) > 0.4
    assert counts.weekly_spread([*offsets, (9.0, 0.0)]) == pytest.approx(known, rel=1e-4)  # says nothing


def test_weeks_that_differ_hardly_more_than_chance_have_the_most_likely_spread():
    """Offsets of ± a with a variance of .04 each: 8 a² / (.04 + s²) = 7 is solved by s² = 8 a² / 7 - .04."""
    offsets = [(0.21, 25.0), (-0.21, 25.0)] * 4
    assert 7 < 8 * 0.21**2 / 0.04 < stats.chi2.ppf(0.9, 7)
    assert counts.weekly_spread(offsets) == pytest.approx(np.sqrt(8 * 0.21**2 / 7 - 0.04), rel=1e-4)
    assert counts.weekly_spread([(0.18, 25.0), (-0.18, 25.0)] * 4) == 0.0
    shown = [(0.26, 25.0), (-0.26, 25.0)] * 4
    assert 8 * 0.26**2 / 0.04 > stats.chi2.ppf(0.9, 7)
    assert counts.weekly_spread(shown) == pytest.approx(
        np.sqrt(8 * 0.26**2 / stats.chi2.ppf(1 / 3, 7) - 0.04), rel=1e-4
    )


def test_what_is_tolerated_by_hand():
    # of a rare side a ratio of 1.5 reaches further, of another the effect √(.05 p (1 - p))
    assert counts.tolerated(0.02) == pytest.approx((0.02 / 1.5, 0.03), rel=1e-2)
    assert counts.tolerated(0.98) == pytest.approx((0.97, 1 - 0.02 / 1.5), rel=1e-2)
    reach = np.sqrt(0.05 * 0.4 * 0.6)
    assert counts.tolerated(0.4) == pytest.approx((0.4 - reach, 0.4 + reach))


def test_blocks_of_weeks_begin_with_the_latest():
    offsets = [(0.9, 100.0), *[(0.5, 100.0), (-0.5, 100.0)] * 8]
    assert counts.spread_of(offsets, 2) == pytest.approx(counts.spread_of(offsets) / np.sqrt(2), rel=1e-6)
    longer = [(0.5, 100.0)] * 4 + [(-0.5, 300.0)] * 4
    blocks = [(0.5, 200.0)] * 2 + [(-0.5, 600.0)] * 2
    assert counts.spread_of(longer, 2) == pytest.approx(
        min(counts.weekly_spread(blocks), counts.weekly_spread(longer)), rel=1e-6
    )
