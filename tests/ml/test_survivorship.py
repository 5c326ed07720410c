import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.survivorship import LOST, OPEN, WON, bands, count_cells, is_sure, speed

N = 4000


def firm(seed, faster=1.0, wins=1.0):
    """(random, status, ages, created, trait): ends come ``faster``, wins ``wins`` times as likely with the trait."""
    rng = np.random.default_rng(seed)
    created = rng.uniform(0, 180, N)
    trait = rng.random(N) < 0.4
    ends = rng.exponential(40, N) / np.where(trait, faster, 1)
    closed = ends < 180 - created
    won = rng.random(N) < np.where(trait, 0.2 * wins, 0.2)
    return rng, np.where(closed, np.where(won, WON, LOST), OPEN), np.minimum(ends, 180 - created), created, trait


def test_bands_hold_equal_numbers_and_what_is_equal_is_in_one_band():
    assert np.bincount(bands(np.arange(100.0), 4)).tolist() == [25] * 4
    assert bands(np.arange(100.0), 4).tolist() == sorted(bands(np.arange(100.0), 4).tolist())
    assert bands(np.array([7.0] * 9), 4).tolist() == [1] * 9
    assert bands(np.array([]), 4).tolist() == []


@pytest.mark.parametrize("faster", [0.5, 2.0, 3.0])
def test_the_ratio_of_the_hazards_is_found(faster):
    _rng, status, ages, created, trait = firm(1, faster)
    found = speed(count_cells(status, ages, created), trait, True)
    log, error = found.ratios["any"]
    assert np.exp(log) == pytest.approx(faster, rel=0.2) and error < 0.15
    assert found.from_had < 3 < found.from_given  # used up with age, as where records have the trait


def test_causes_have_ratios_of_their_own():
    _rng, status, ages, created, trait = firm(2, faster=1, wins=3)
    ratios = speed(count_cells(status, ages, created), trait, True).ratios
    assert np.exp(ratios["won"][0]) == pytest.approx(3, rel=0.25)
    assert np.exp(ratios["lost"][0]) == pytest.approx(0.5, rel=0.25)


def test_what_ending_gives_is_not_used_up_with_age():
    rng, status, ages, created, trait = firm(3)
    given = trait | ((status != OPEN) & (rng.random(N) < 0.6))
    found = speed(count_cells(status, ages, created), given, True)
    assert found.from_given < 2 and found.from_had > 4


def test_what_comes_with_age_rises():
    rng, status, ages, created, _trait = firm(4)
    assert speed(count_cells(status, ages, created), rng.exponential(40, N) < ages, True).rises > 3


def test_weak_ratios_cost_nothing_more():
    _rng, status, ages, created, trait = firm(5)
    assert speed(count_cells(status, ages, created), trait, True, line=2.0) is None
    assert is_sure(np.log(9), 0.3, 3.0) and not is_sure(np.log(9), 0.5, 3.0)
