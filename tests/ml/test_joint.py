"""Inputs that belong together: margins that move are no news, what joins them is; from a generator of its own."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import joint
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins

WEEKS, ROWS = 10, 250


def rows(random, *, count=ROWS, noise=0.3, mixed=False, scaled=None):
    """Hours follow the kind of work, the price follows the hours; the city has nothing to do with either."""
    shares = np.exp(np.array([0.6, 0.2, -0.2, -0.6]) + random.normal(0, noise, 4))
    kind = random.choice(4, count, p=shares / shares.sum())
    hours = random.poisson(np.array([2, 5, 9, 16])[kind] * np.exp(random.normal(0, noise / 3)))
    price = (40 + 10 * random.standard_t(5, count)) * (hours + 1)
    if scaled is not None:
        price = np.where(kind == scaled, 7 * price, price)
    if mixed:
        price = random.permutation(price)
    city = random.choice(7, count)
    return {
        "kind": np.array(list("abcd"), dtype=object)[kind],
        "hours": hours.astype(float),
        "price": price,
        "city": np.array(list("stuvwxy"), dtype=object)[city],
    }


class World:
    def __init__(self, seed, **options):
        self.random, self.options = np.random.default_rng(seed), options
        weeks = [rows(self.random, **options) for _week in range(WEEKS)]
        whole = {name: np.concatenate([week[name] for week in weeks]) for name in weeks[0]}
        self.bins = {
            name: NumericBins.fit(own, 40) if own.dtype == float else CategoryBins.fit(own)
            for name, own in whole.items()
        }
        self.reference, self.weeks = self.codes(whole), np.repeat(np.arange(WEEKS), ROWS)

    def codes(self, values):
        return np.stack([self.bins[name].codes(own) for name, own in values.items()], axis=1)

    def judge(self, **change):
        window = self.codes(rows(self.random, **{**self.options, **change}))
        return joint.judge_pairs(self.bins, self.reference, self.weeks, window)


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.6])
def test_weeks_whose_shares_move_are_quiet(noise):
    found = [world.judge().exceeded for world in (World(seed, noise=noise) for seed in range(4)) for _week in range(25)]
    assert np.mean(found) <= 0.02


def test_rows_that_were_mixed_up_are_found_and_the_pair_is_named():
    found = [World(seed).judge(mixed=True) for seed in range(10)]
    assert all(each.exceeded and each.verdict == "drifted" and "price" in each.names for each in found)
    assert all(each.found > each.expected for each in found)


def test_one_kind_in_another_currency_is_found():
    found = [World(seed).judge(scaled=2) for seed in range(10)]
    assert np.mean([each.exceeded for each in found]) >= 0.9
    assert {"price"} <= set.intersection(*(set(each.names) for each in found if each.exceeded))


def test_a_margin_that_moves_alone_is_no_news_here():
    world = World(3)
    window = world.codes(rows(world.random))
    window[:, 3] = window[0, 3]  # every record in one city
    assert not joint.judge_pairs(world.bins, world.reference, world.weeks, window).exceeded


@pytest.mark.parametrize(("reference", "window", "weeks"), [(300, 250, 10), (2500, 60, 10), (2500, 250, 5), (0, 0, 10)])
def test_too_few_rows_or_weeks_give_no_verdict(reference, window, weeks):
    world = World(4)
    known = world.reference[:reference]
    found = joint.judge_pairs(
        world.bins, known, np.arange(len(known)) % weeks, world.codes(rows(world.random))[:window]
    )
    assert (found.verdict, found.exceeded, found.names) == ("cannot_judge", False, ())
    assert (found.pairs, found.weeks, found.expected, found.found) == (0, 0, 0, 0)


def test_what_the_reference_never_saw_and_what_is_missing_is_left_to_the_other_tests():
    world = World(5)
    window = world.codes(rows(world.random))
    window[:100, 0] = 1  # never seen
    window[:, 2] = 0  # missing
    found = joint.judge_pairs(world.bins, world.reference, world.weeks, window)
    assert not found.exceeded and np.isfinite(found.statistic)


def test_one_value_and_missing_ones_are_no_two_cells():
    world = World(7)
    names, places = ["kind", "city"], [0, 3]
    reference, window = world.reference[:, places].copy(), world.codes(rows(world.random))[:, places].copy()
    for codes in (reference, window):
        codes[:, 0] = np.where(np.arange(len(codes)) % 3, codes[:, 0].max(), 0)
    found = joint.judge_pairs({name: world.bins[name] for name in names}, reference, world.weeks, window)
    assert found.verdict == "cannot_judge"


def test_one_column_has_no_pair():
    world = World(6)
    bins = {"kind": world.bins["kind"]}
    found = joint.judge_pairs(bins, world.reference[:, :1], world.weeks, world.reference[:200, :1])
    assert found.verdict == "cannot_judge"
