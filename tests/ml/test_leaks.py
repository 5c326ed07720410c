import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.leaks import examine

N = 2000
random = np.random.default_rng(8)
AGES = random.exponential(60, N)
CLOSED = random.random(N) < 1 - np.exp(-AGES / 60)  # old records are closed more often
WON = CLOSED & (random.random(N) < 0.3)


def number(values):
    return make_column("x", NUMBER, values)


def where(condition, value):
    return number([v if c else None for c, v in zip(condition, value, strict=True)])


def test_a_field_that_is_filled_on_closing_is_refused():
    found = examine(where(CLOSED, random.random(N)), CLOSED, AGES)
    assert found.verdict == "refused" and found.fill_gap == pytest.approx(1) and found.reason == "filled"


def test_a_field_that_is_emptied_on_closing_is_refused():
    found = examine(where(~CLOSED, random.random(N)), CLOSED, AGES)
    assert found.verdict == "ask" and found.reason == "emptied"  # rarely a leak: what lacks it is closed sooner


def test_a_field_that_fills_with_age_is_fine_although_closed_records_have_it_more_often():
    filled = random.random(N) < 1 - np.exp(-AGES / 40)
    assert filled[CLOSED].mean() - filled[~CLOSED].mean() > 0.2
    found = examine(where(filled, random.random(N)), CLOSED, AGES)
    assert found.verdict == "fine" and abs(found.fill_gap) < 0.1


def test_a_value_that_changes_on_closing_is_refused():
    stage = ["done" if closed else f"step {i % 3}" for i, closed in enumerate(CLOSED)]
    found = examine(make_column("stage", CATEGORY, stage), CLOSED, AGES)
    assert found.verdict == "refused" and found.reason == "other_values" and found.name == "stage"


def test_a_value_that_only_fits_won_records_a_little_better_is_fine():
    found = examine(number(random.normal(size=N) + WON), CLOSED, AGES, WON)
    assert found.verdict == "fine" and 0.6 < found.auc < 0.85


def test_an_input_that_decides_alone_asks_the_owner():
    hint = random.normal(size=N)
    won = CLOSED & (hint > 0.5)
    found = examine(number(hint), CLOSED, AGES, won)
    assert found.verdict == "ask" and found.auc >= 0.9


def test_strength_alone_never_refuses_and_noise_does_not_look_strong():
    assert examine(number(random.normal(size=N)), CLOSED, AGES, WON).auc == pytest.approx(0.5, abs=0.08)


def test_fields_edited_after_closing_are_refused_by_their_tracking():
    assert examine(number(random.random(N)), CLOSED, AGES, edited_after=0.2).verdict == "refused"
    assert examine(number(random.random(N)), CLOSED, AGES, edited_after=0.01).verdict == "fine"


def test_without_open_records_of_the_same_age_there_is_no_verdict():
    old = np.median(AGES) < AGES
    assert examine(number(AGES), old, AGES).verdict == "cannot_judge"
    assert examine(number([]), [], []).verdict == "cannot_judge"


def test_a_small_or_unsure_gap_is_fine():
    filled = random.random(N) < np.where(CLOSED, 0.55, 0.50)
    assert examine(where(filled, random.random(N)), CLOSED, AGES).verdict == "fine"
    few = np.arange(N) < 80
    assert examine(where(filled, random.random(N)).take(few), CLOSED[few], AGES[few]).verdict in (
        "fine",
        "cannot_judge",
    )


def test_a_gap_that_chance_explains_is_no_leak():
    few = np.flatnonzero(CLOSED)[:40].tolist() + np.flatnonzero(~CLOSED)[:40].tolist()
    closed = CLOSED[few]
    half = np.r_[np.ones(20), np.zeros(20), np.ones(14), np.zeros(26)] > 0  # 50 % against 35 %
    found = examine(where(half, random.random(80)), closed, np.ones(80))
    assert found.fill_gap == pytest.approx(0.15) and found.verdict == "fine"


def test_the_effect_is_measured_without_what_chance_adds():
    gaps = []
    for seed in range(40):
        noise = np.random.default_rng(seed)
        gaps.append(examine(number(noise.normal(size=400)), np.arange(400) % 2 == 0, np.ones(400)).shape_gap)
    assert np.median(gaps) < 0.02  # nine degrees of freedom on 200 against 200 would add 0.09


def test_a_row_does_not_vouch_for_itself():
    found = []
    for seed in range(40):  # pure noise in bins of six rows
        noise = np.random.default_rng(seed)
        won = noise.random(60) < 0.5
        found.append(examine(number(noise.normal(size=60)), np.ones(60), np.ones(60), won).auc)
    assert np.mean(found) < 0.5


def test_quiet_inputs_stay_unrefused_whatever_they_are():
    for seed in range(30):
        noise = np.random.default_rng(seed)
        column = make_column("x", CATEGORY, noise.choice(list("abcdefgh"), N).tolist())
        assert examine(column, CLOSED, AGES, WON).verdict == "fine"


def test_an_input_that_decides_alone_is_asked_about_even_where_nothing_is_open():
    hint = random.normal(size=N)
    found = examine(number(hint), np.ones(N), AGES, hint > 0.5)
    assert (found.verdict, found.reason) == ("ask", "alone")


def test_a_form_that_changed_lately_is_no_leak_but_what_closing_fills_still_is():
    created = random.uniform(0, 90, N)
    closed = random.random(N) < 0.9 - created / 120  # the recent ones are still open
    ages = random.exponential(20, N)
    lost_lately = random.random(N) < np.where(created > 60, 0.5, 0.98)
    drifted = where(lost_lately, random.random(N))
    assert examine(drifted, closed, ages).verdict == "refused"  # ages alone take it for a leak
    assert examine(drifted, closed, ages, created=created).verdict == "fine"
    leak = where(closed & (random.random(N) < 0.7), random.random(N))
    assert examine(leak, closed, ages, created=created).verdict == "refused"
