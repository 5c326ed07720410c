import numpy as np
import pytest
from pinning import assert_same, checksum, golden

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


# Known values
@pytest.mark.parametrize(
    ("changing", "is_told", "line", "known"),
    [
        (
            False,
            True,
            0.0,
            {
                "any": [0.971829202, 0.263341437],
                "won": [1.03382538, 0.299069292],
                "lost": [0.935478959, 0.269461118],
                "stories": [0.944827988, 5.35714889, -0.556654446],
                "cells": [447.499496, 1299.83722, 972.433713, 234.797719, 90733.3581],
            },
        ),
        (
            True,
            True,
            0.0,
            {
                "any": [0.349097005, 0.330087013],
                "won": [0.33716295, 0.371887215],
                "lost": [0.348461599, 0.33500303],
                "stories": [0.893101138, 3.65148677, -0.753137667],
                "cells": [451.743242, 1311.7307, 1024.69939, 243.429682, 94408.9279],
            },
        ),
        (
            True,
            False,
            0.2,
            {
                "any": [0.349097005, 0.330087013],
                "stories": [0.87050217, 3.64755728, -0.75532187],
                "cells": [451.743242, 1311.7307, 1024.69939, 243.429682, 94408.9279],
            },
        ),
        (
            None,
            False,
            0.0,
            {
                "any": [0.971829202, 0.263341437],
                "stories": [0.990235141, 5.36604089, -0.546214934],
                "cells": [92.2390005, 362.273463, 0.0, 66.6986272, 31723.3555],
            },
        ),
    ],
)
def test_a_small_firm_comes_to_the_same_speed_as_ever(changing, is_told, line, known):
    """See `pinning`: with a form that changes with the date or not, with causes told or not, and without dates."""
    rows = 600
    created, chance = golden(rows) * 180, golden(rows) * 7 % 1
    trait = golden(rows) * 29 % 1 < (0.2 + 0.5 * (created > 120) if changing else 0.4)
    ends = -40 * np.log1p(-chance) / np.where(trait, 2.5, 1.0)
    closed, won = ends < 180 - created, golden(rows) * 53 % 1 < 0.3
    status = np.where(closed, np.where(won, WON, LOST), OPEN)
    cells = count_cells(status, np.minimum(ends, 180 - created), None if changing is None else created)
    found = speed(cells, trait, is_told, line)
    figures = {name: list(ratio) for name, ratio in found.ratios.items()}
    assert_same(
        {
            **figures,
            "stories": [found.from_had, found.from_given, found.rises],
            "cells": [checksum(getattr(cells, name)) for name in ("status", "band", "cohort", "hazard", "place")],
        },
        known,
    )


def test_the_cumulative_hazard_of_few_records_by_hand():
    """Four records end at 1, 3 and 4 days, and one is open at 2: a quarter, a half of the two left, and the last."""
    cells = count_cells(np.array([WON, OPEN, LOST, WON]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert cells.hazard[cells.place] == pytest.approx([0.25, 0.25, 0.75, 1.75])
    assert cells.status[cells.place].tolist() == [WON, OPEN, LOST, WON] and set(cells.cohort) == {0}
