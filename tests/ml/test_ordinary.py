from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.binning import FIRST, MISSING, UNSEEN, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.drift import MISSING_TEST, POOLED, SHAPE, UNSEEN_TEST, effect_of
from odoo.addons.ai_deployment.ml.noise import Noise
from odoo.addons.ai_deployment.ml.ordinary import (
    FLOOR_FACTOR,
    MIN_BLOCKS,
    MIN_PARTS,
    merged,
    noise_floor,
    noise_of,
    windows_on_any_day,
)
from odoo.addons.ai_deployment.ml.profile import PREDICTION, Profile
from odoo.addons.ai_deployment.ml.rates import spread

BINS = {"amount": NumericBins(0, 4, [1, 2, 3]), "team": CategoryBins(["a", "b"], {"a": 50, "b": 50})}
MONDAY = date(2026, 1, 5)


def profile(amounts, teams=(50, 50), missing=0, unseen=0, flagged=0):
    """The rows of a week by interval of the amount and by team."""
    rows = sum(amounts) + missing
    team = [0, unseen, 0, *teams]
    return Profile(
        rows,
        {"amount": [missing, 0, 0, *amounts], "team": team, PREDICTION: [0, 0, 0, rows - flagged, flagged]},
    )


def drawn(seed, count, rows=200, wanders=0.0):
    """Weeks whose share of small amounts wanders by a deviation of ``wanders`` around the half."""
    random = np.random.default_rng(seed)
    found = []
    for low in np.clip(0.5 + wanders * random.normal(size=count), 0.05, 0.95):
        amounts = random.multinomial(rows, [low / 2, low / 2, (1 - low) / 2, (1 - low) / 2])
        teams = random.multinomial(rows, [0.5, 0.5])
        found.append(profile(amounts.tolist(), teams.tolist(), flagged=int(random.binomial(rows, 0.1))))
    return found


# Windows


@given(st.lists(st.integers(0, 120), max_size=30), st.integers(1, 200))
def test_what_is_merged_keeps_all_rows_and_each_part_is_large_enough(rows, least):
    parts = merged([Profile(count) for count in rows], least)
    assert all(part.rows >= least for part in parts)
    assert sum(part.rows for part in parts) == (sum(rows) if sum(rows) >= least else 0)


def test_what_is_left_over_joins_the_last():
    assert [part.rows for part in merged([Profile(60), Profile(20), Profile(55), Profile(49)])] == [60, 124]
    assert merged([]) == [] and merged([Profile(49)]) == []


def test_windows_begin_on_any_day_and_are_a_week_long():
    days = {MONDAY + timedelta(days=place): Profile(10 + place) for place in range(10)}
    windows = windows_on_any_day(days)
    assert [window.rows for window in windows] == [sum(range(10 + first, 17 + first)) for first in range(4)]


def test_windows_of_few_rows_are_as_many_weeks_as_it_takes():
    days = {MONDAY + timedelta(days=2 * place): Profile(3) for place in range(40)}  # about ten rows a week
    windows = windows_on_any_day(days, min_rows=40)
    assert windows and all(window.rows >= 40 for window in windows)
    assert max(window.rows for window in windows) <= 3 * 18  # five weeks of every other day


def test_a_day_without_rows_counts_as_a_day_and_no_day_is_no_window():
    days = {MONDAY: Profile(60), MONDAY + timedelta(days=13): Profile(60)}
    assert [window.rows for window in windows_on_any_day(days)] == [60, 60]
    assert [window.rows for window in windows_on_any_day(days, min_rows=70)] == [120]  # two weeks long
    assert windows_on_any_day({}) == []


# Floors


def test_weeks_that_are_all_alike_have_no_noise():
    parts = [profile([25, 25, 25, 25])] * 10
    assert noise_floor(parts, BINS) == {"amount": 0.0, "team": 0.0, PREDICTION: 0.0}
    noise = noise_of(parts, BINS)
    assert not any(noise.spreads.values()) and noise.is_known and noise.floor("amount") == 0.0


def test_the_floor_is_the_next_higher_effect_to_nine_in_ten_and_a_fifth():
    reference = profile([250, 250, 250, 250], (500, 500))
    parts = [profile([25 + more, 25 - more, 25, 25]) for more in range(12)]
    effects = [effect_of(BINS["amount"], reference.counts["amount"], part.counts["amount"]) for part in parts]
    assert effects == sorted(effects)
    found = noise_floor(parts, BINS, references=[reference] * 12)
    assert found["amount"] == pytest.approx(FLOOR_FACTOR * effects[10])  # .9 of the way from 0 to 11 is 9.9
    assert found["team"] == 0.0


def test_a_part_is_compared_with_the_whole_as_if_it_were_not_in_it():
    parts = [profile([50, 0, 25, 25]), *[profile([25, 25, 25, 25])] * 10]
    whole = sum(parts, Profile())
    own = effect_of(BINS["amount"], whole.counts["amount"], parts[0].counts["amount"])
    # Of windows that may overlap the largest counts in any case, here without the factor as ten are quiet.
    found = noise_floor(parts, BINS, whole=whole)["amount"]
    assert found == pytest.approx(own / (10 / 11) ** 2)


def test_nothing_to_compare_is_no_floor():
    assert noise_floor([], BINS) == {} and noise_of([], BINS) == Noise()
    assert noise_floor([profile([25] * 4)], BINS)["amount"] == 0.0  # the only part is the whole


def test_weeks_that_wander_have_a_higher_floor_than_chance():
    quiet, restless = (noise_of(drawn(3, 30, wanders=wanders), BINS) for wanders in (0.0, 0.1))
    assert restless.floor("amount") > 3 * quiet.floor("amount") and restless.floor("amount") > 0.02
    assert abs(restless.floor("team") - quiet.floor("team")) < 0.02


# Shares


def test_the_spread_of_a_share_is_that_between_parts():
    missing, unseen, flagged = [0, 30, 2, 40, 1, 35, 3, 28], [20, 0, 25, 0, 30, 1, 22, 0], [9, 41, 7, 44, 8, 39, 10, 45]
    parts = [
        profile([25, 25, 25, 25], missing=one, unseen=two, flagged=three)
        for one, two, three in zip(missing, unseen, flagged, strict=True)
    ]
    spreads = noise_of(parts, BINS).spreads
    rows = np.array([part.rows for part in parts])
    assert (
        spreads[MISSING_TEST]["amount"] == pytest.approx(spread(np.array(missing), rows))
        and "team" not in spreads[MISSING_TEST]
    )
    assert spreads[UNSEEN_TEST] == {"team": pytest.approx(spread(np.array(unseen), 100 + np.array(unseen)))}
    assert spreads[SHAPE] == {PREDICTION: pytest.approx(spread(np.array(flagged), rows))}


def test_shares_that_chance_explains_have_no_spread():
    assert noise_of([profile([25] * 4, flagged=10)] * 12, BINS).spreads[SHAPE] == {}


def test_a_part_without_rows_says_nothing_of_shares():
    parts = [profile([25] * 4, missing=place % 2 * 40) for place in range(8)]
    empty = profile([0, 0, 0, 0], (0, 0))
    assert noise_of(parts, BINS).spreads == noise_of([*parts, empty], BINS).spreads


# Several weeks together


def test_what_is_usual_needs_enough_parts():
    assert noise_of(drawn(1, MIN_PARTS - 1), BINS).usual == {}
    mean, deviation = noise_of(drawn(1, MIN_PARTS), BINS).usual_effect("amount")
    assert mean >= 0 and deviation > 0


def test_several_weeks_together_are_measured_where_there_are_enough_of_them():
    weeks = drawn(5, POOLED[0] * MIN_BLOCKS)
    assert noise_of(weeks[:-1], BINS).pooled == {}
    assert list(noise_of(weeks, BINS).pooled) == [POOLED[0]]
    assert list(noise_of(drawn(5, POOLED[-1] * MIN_BLOCKS), BINS).pooled) == list(POOLED)


@pytest.mark.parametrize("wanders", [0.0, 0.05, 0.15])
def test_several_weeks_together_move_less_than_one_but_not_less_than_chance(wanders):
    noise = noise_of(drawn(8, POOLED[-1] * MIN_BLOCKS, wanders=wanders), BINS)
    before = noise
    for count in POOLED:
        pooled = noise.of(count)
        for name in ("amount", "team"):
            assert noise.floor(name) / count - 1e-12 <= pooled.floor(name) <= before.floor(name) + 1e-12
            assert pooled.usual_effect(name)[0] >= noise.usual_effect(name)[0] / count - 1e-12
        assert pooled.spreads == noise.spreads
        before = pooled


def test_noise_of_own_references_pools_nothing_unless_weeks_are_told():
    parts = drawn(2, POOLED[0] * MIN_BLOCKS)
    references = [sum(parts, Profile())] * len(parts)
    assert noise_of(parts, BINS, references=references).pooled == {}
    assert list(noise_of(parts, BINS, references=references, weeks=parts).pooled) == [POOLED[0]]


def test_windows_that_overlap_have_the_shares_of_the_weeks():
    days = {MONDAY + timedelta(days=place): part for place, part in enumerate(drawn(4, 70, rows=40))}
    weeks = [sum(list(days.values())[7 * week : 7 * week + 7], Profile()) for week in range(10)]
    whole = sum(weeks, Profile())
    noise = noise_of(windows_on_any_day(days), BINS, whole=whole, weeks=weeks)
    assert noise.spreads == noise_of(weeks, BINS).spreads
    assert Noise.from_dict(noise.to_dict()).to_dict() == noise.to_dict()
    assert FIRST > UNSEEN > MISSING
