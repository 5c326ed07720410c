"""Windows compared with the same weeks of the month: exact mixes, a monthly rhythm stays quiet, shifts in it do not."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import drift, ordinary
from odoo.addons.ai_deployment.ml.binning import CategoryBins
from odoo.addons.ai_deployment.ml.noise import LARGE_FLOOR, Noise
from odoo.addons.ai_deployment.ml.profile import PREDICTION, Profile
from odoo.addons.ai_deployment.ml.week_of_month import (
    WEEKS,
    MonthlyReference,
    by_week,
    week_of_month,
)

BINS = {"x": CategoryBins(["a", "b", "salary"], {"a": 600, "b": 300, "salary": 100})}
USUAL, LAST_DAYS = (0.6, 0.4, 0.0), (0.2, 0.1, 0.7)
START = date(2025, 1, 6)


def profile(random, rows, shares):
    return Profile(rows, {"x": [0, 0, 0, *random.multinomial(rows, shares)]})


def weeks(random, count, start=START, rows=40, shares=None, since=22):
    """Five working days a week; from the 22nd of a month on most bills are salaries."""
    windows = []
    for week in range(count):
        days = [start + timedelta(days=7 * week + place) for place in range(5)]
        own = {day: shares or (LAST_DAYS if day.day >= since else USUAL) for day in days}
        windows.append({day: profile(random, rows, own[day]) for day in days})
    return windows


def alarms(windows, reference, floors, monthly=None):
    history = []
    for window in windows:
        like = monthly and monthly.like([part.rows for part in by_week(window)])
        against, own = (like, monthly.noise) if like else (reference, floors)
        for found in drift.judge(BINS, against, sum(window.values(), Profile()), noise=own):
            if found.test == drift.SHAPE and found.p_value is not None:
                history.append((found.exceeded, found.adjusted_p))
    return [week for week in range(len(history)) if drift.alarm_state(history[: week + 1]) == "firing"]


def adopted(windows):
    days = {day: profile for window in windows for day, profile in window.items()}
    whole = sum(days.values(), Profile())
    noise = ordinary.noise_of(ordinary.windows_on_any_day(days), BINS, whole=whole)
    return whole, noise, MonthlyReference.of(windows, BINS)


@pytest.mark.parametrize(
    ("day", "week"), [(1, 0), (7, 0), (8, 1), (14, 1), (15, 2), (21, 2), (22, 3), (28, 3), (31, 3)]
)
def test_days_belong_to_four_weeks_of_a_month(day, week):
    assert week_of_month(date(2026, 1, day)) == week


def test_a_window_is_compared_with_a_mix_in_the_proportion_of_its_own_rows():
    rhythm = {3: (10, 10, 80), 10: (60, 40, 0), 17: (60, 40, 0), 24: (60, 40, 0)}
    days = {
        date(2025, month, day): Profile(100, {"x": [0, 0, 0, *counts]})
        for month in range(1, 5)
        for day, counts in rhythm.items()
    }
    monthly = MonthlyReference.of([{day: profile} for day, profile in days.items()], BINS)
    assert monthly.months == (4, 4, 4, 4)
    first = monthly.like([50, 0, 0, 0])
    assert (first.rows, first.counts["x"].tolist()) == (400, [0, 0, 0, 40, 40, 320])
    half = monthly.like([30, 30, 0, 0])
    # worth 1 / (0.25 / 400 + 0.25 / 400) = 800 rows; shares half of each
    assert (half.rows, half.counts["x"].tolist()) == (800, [0, 0, 0, 280, 200, 320])
    assert monthly.like([0, 0, 0, 0]) is None


def test_two_months_are_not_enough_and_three_are():
    random = np.random.default_rng(1)
    short, long = (MonthlyReference.of(weeks(random, count), BINS) for count in (8, 14))
    assert max(short.months) <= 3 and short.like([200, 0, 0, 0]) is None
    assert min(long.months) >= 3 and long.like([200, 0, 0, 0]).rows >= 200


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=WEEKS, max_size=WEEKS), st.integers(0, 2**32 - 1))
def test_no_mix_has_other_shares_or_more_rows_than_there_are(rows, seed):
    monthly = MonthlyReference.of(weeks(np.random.default_rng(seed), 26), BINS)
    like = monthly.like(rows)
    if not sum(rows):
        assert like is None
        return
    total = sum(part.rows for part in monthly.profiles)
    assert like.rows <= total + 1 and like.counts["x"].sum() == pytest.approx(like.rows, abs=1)
    shares = sum(
        count / sum(rows) * part.counts["x"] / part.rows for count, part in zip(rows, monthly.profiles, strict=True)
    )
    assert like.counts["x"] / like.rows == pytest.approx(shares, abs=3 / like.rows)


def test_windows_begin_on_any_day_and_are_as_long_as_it_takes():
    days = {START + timedelta(days=place): Profile(10, {"x": [0, 0, 0, 6, 4, 0]}) for place in range(28)}
    windows = ordinary.windows_on_any_day(days)
    assert len(windows) == 22 and {window.rows for window in windows} == {70}
    few = {day: Profile(3, {"x": [0, 0, 0, 2, 1, 0]}) for day in days}
    assert {window.rows for window in ordinary.windows_on_any_day(few)} == {63}
    assert ordinary.windows_on_any_day({}) == []


def test_a_first_week_that_was_always_split_is_allowed_for_when_it_lies_in_one_window():
    random = np.random.default_rng(6)
    own = [START + timedelta(days=place) for place in (17, 18, 21, 22, 23, 45, 46, 49, 50, 51)]  # Thursday to Wednesday
    windows = weeks(random, 9, shares=USUAL)
    for window in windows:
        window.update({day: profile(random, 40, LAST_DAYS) for day in own if day in window})
    reference, floors, monthly = adopted(windows)
    together = [{day: profile(random, 40, LAST_DAYS) for day in weeks(random, 1)[0]}]
    assert not alarms(together, reference, floors, monthly)
    parts = [sum(window.values(), Profile()) for window in windows]
    assert alarms(together, reference, Noise(ordinary.noise_floor(parts, BINS)))


def test_plain_json_and_back():
    monthly = MonthlyReference.of(weeks(np.random.default_rng(2), 26), BINS)
    again = MonthlyReference.from_dict(monthly.to_dict())
    assert again.to_dict() == monthly.to_dict() and again.like([10, 5, 0, 0]) == monthly.like([10, 5, 0, 0])


@pytest.mark.parametrize("seed", range(3))
def test_a_monthly_rhythm_is_quiet_for_a_year_and_a_shift_in_it_is_found(seed):
    random = np.random.default_rng(seed)
    reference, floors, monthly = adopted(weeks(random, 26))
    start = START + timedelta(weeks=26)
    quiet = weeks(random, 52, start)
    assert not alarms(quiet, reference, floors, monthly)
    assert len(alarms(quiet, reference, Noise())) > 20  # against all weeks, and no floor: every month again
    assert max(monthly.noise.floors.values()) < LARGE_FLOOR < max(floors.floors.values())
    moved = weeks(random, 8, start + timedelta(days=28), shares=(0.3, 0.7, 0.0))
    assert min(alarms(moved, reference, floors, monthly), default=99) <= 1
    silent = [window for window in weeks(random, 52, start, shares=USUAL) if any(day.day >= 22 for day in window)]
    assert alarms(silent, reference, floors, monthly)  # no salaries at the end of the month


def test_a_rhythm_within_a_week_of_the_month_is_allowed_for():
    random = np.random.default_rng(4)
    reference, floors, monthly = adopted(weeks(random, 26, since=26))
    assert max(monthly.noise.floors.values()) > LARGE_FLOOR
    assert not alarms(weeks(random, 52, START + timedelta(weeks=26), since=26), reference, floors, monthly)


@pytest.mark.parametrize("seed", range(3))
def test_a_short_reference_allows_for_the_rhythm_and_keeps_watching(seed):
    random = np.random.default_rng(seed)
    reference, floors, monthly = adopted(weeks(random, 9))
    start = START + timedelta(weeks=9)
    assert not alarms(weeks(random, 40, start), reference, floors, monthly)
    assert alarms(weeks(random, 4, start, shares=(0.0, 0.0, 1.0)), reference, floors, monthly)


# Shares of one verdict
def with_flags(windows, random, share_of):
    for window in windows:
        for day, own in window.items():
            flagged = random.binomial(own.rows, share_of(day))
            own.counts[PREDICTION] = np.array([0, 0, 0, own.rows - flagged, flagged])
    return windows


def test_flags_are_compared_with_all_weeks_where_those_of_a_month_are_alike():
    random = np.random.default_rng(21)
    windows = with_flags(weeks(random, 26), random, lambda _day: 0.2)
    like = MonthlyReference.of(windows, BINS).like([200, 0, 0, 0])
    assert like.counts[PREDICTION].sum() == 26 * 200 > 2 * like.rows
    assert like.counts["x"].sum() == like.rows


def test_flags_of_the_first_week_of_a_month_are_compared_with_their_like():
    random = np.random.default_rng(22)
    windows = with_flags(weeks(random, 26), random, lambda day: 0.5 if day.day <= 7 else 0.1)
    like = MonthlyReference.of(windows, BINS).like([200, 0, 0, 0])
    assert like.counts[PREDICTION].sum() == like.rows
    assert like.counts[PREDICTION][-1] / like.rows == pytest.approx(0.5, abs=0.05)


def test_flags_with_a_rhythm_too_small_to_be_shown_ring_nothing():
    random, rang = np.random.default_rng(23), 0
    for _firm in range(12):
        share = random.choice([0.01, 0.05, 0.2])
        windows = with_flags(
            weeks(random, 26 + 52, rows=20), random, lambda day, share=share: share * (1.4 if day.day <= 7 else 0.9)
        )
        monthly, history = MonthlyReference.of(windows[:26], BINS), []
        for window in windows[26:]:
            like = monthly.like([part.rows for part in by_week(window)])
            found = drift.judge(BINS, like, sum(window.values(), Profile()), noise=monthly.noise)
            history += [(line.exceeded, line.adjusted_p) for line in found if line.name == PREDICTION]
        rang += any(drift.alarm_state(history[: week + 1]) == "firing" for week in range(52))
    assert rang == 0
