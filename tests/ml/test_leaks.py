import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.leaks import Past, auc_alone, examine, too_good

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
    will_win = random.random(N) < 0.3  # of the open ones, too: what only those that won have is a leak
    found = examine(number(random.normal(size=N) + will_win), CLOSED, AGES, will_win & CLOSED)
    assert found.verdict == "fine" and 0.6 < found.auc < 0.85
    assert examine(number(random.normal(size=N) + 2 * WON), CLOSED, AGES, WON).verdict != "fine"


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


def test_noise_alone_comes_to_a_half():
    found = []
    for seed in range(60):
        noise = np.random.default_rng(seed)
        found.append(auc_alone(number(noise.normal(size=60)), noise.random(60) < 0.5))
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


def test_a_level_alone_is_told_at_its_true_worth():
    """Wins 9 to 1 on one level, 1 to 9 on the other: the AUC is .9, where each row lowering its own level said .81."""
    level, won = np.repeat(["a", "a", "b", "b"], [180, 20, 20, 180]), np.repeat([1, 0, 1, 0], [180, 20, 20, 180])
    assert auc_alone(make_column("x", CATEGORY, level.tolist()), won) == pytest.approx(0.9, abs=0.005)
    assert auc_alone(number([1, 2, 3]), np.array([1, 0, 1])) is None


def test_quiet_inputs_stay_unrefused_whatever_they_are():
    for seed in range(12):
        noise = np.random.default_rng(seed)
        column = make_column("x", CATEGORY, noise.choice(list("abcdefgh"), N).tolist())
        assert examine(column, CLOSED, AGES, WON).verdict == "fine"


def test_an_input_that_decides_alone_is_asked_about_even_where_nothing_is_open():
    hint = random.normal(size=N)
    found = examine(number(hint), np.ones(N), AGES, hint > 0.5)
    assert (found.verdict, found.reason) == ("ask", "alone")


def stream(seed, faster=1.0, share=0.4):
    """(random, created, ages, closed, won, trait): what has the trait ends ``faster`` times as fast; 180 days."""
    rng = np.random.default_rng(seed)
    created = rng.uniform(0, 180, N)
    trait = rng.random(N) < (share(created) if callable(share) else share)
    ends = rng.exponential(40, N) / np.where(trait, faster, 1)
    closed = ends < 180 - created
    return rng, created, np.minimum(ends, 180 - created), closed, closed & (rng.random(N) < 0.3), trait


def test_what_closes_twice_as_fast_is_no_leak():
    for seed in range(5):
        rng, created, ages, closed, won, trait = stream(seed, faster=2)
        found = examine(where(trait, rng.random(N)), closed, ages, won, created=created)
        assert found.verdict == "fine" and found.fill_gap > 0.05  # fuller among closed ones of every age


def test_what_winning_fills_is_refused_although_some_had_it_before():
    for seed in range(3):
        rng, created, ages, closed, won, trait = stream(seed, share=0.2)
        filled = trait | (won & (rng.random(N) < 0.8))
        found = examine(where(filled, rng.random(N)), closed, ages, won, created=created)
        assert (found.verdict, found.reason) == ("refused", "filled") and found.ratio > 2


def test_a_form_that_changed_lately_is_no_leak_but_what_closing_fills_still_is():
    for seed in range(3):
        rng, created, ages, closed, won, trait = stream(seed, share=lambda day: np.where(day > 120, 0.5, 0.95))
        assert examine(where(trait, rng.random(N)), closed, ages, won, created=created).verdict == "fine"
        leak = where(trait & closed & (rng.random(N) < 0.7), rng.random(N))
        assert examine(leak, closed, ages, won, created=created).verdict == "refused"


def test_where_nothing_is_open_nothing_is_cleared():
    rng, created, ages, _closed, _won, trait = stream(1)
    won = rng.random(N) < 0.3
    found = examine(where(trait, rng.random(N)), np.ones(N), ages, won, created=created)
    assert (found.verdict, found.reason) == ("cannot_judge", "all_closed")
    late = where(rng.random(N) < np.where(won, 0.8, 0.05), rng.random(N))
    found = examine(late, np.ones(N), ages, won, created=created)
    assert (found.verdict, found.reason) == ("ask", "one_side") and found.auc < 0.9


def test_a_record_s_own_past_decides_first():
    rng, created, ages, closed, won, trait = stream(2)
    options = {"created": created}
    then, now = where(trait, np.ones(N)), where(trait | won, np.ones(N))
    past = Past(then, np.ones(N, dtype=bool))
    found = examine(now, closed, ages, won, past=past, **options)
    assert (found.verdict, found.reason) == ("refused", "changed")
    busy = Past(number(np.where(rng.random(N) < 0.5, 3.0, trait)), np.ones(N, dtype=bool))
    assert examine(number(trait.astype(float)), closed, ages, won, past=busy, **options).verdict == "fine"
    # strong, but it was so all the time: there is nothing to ask
    hint = number(won + rng.normal(0, 0.1, N))
    assert examine(hint, np.ones(N), ages, won).verdict == "ask"
    assert examine(hint, closed, ages, won, past=Past(hint, np.ones(N, dtype=bool)), **options).verdict == "fine"
    unknown = Past(then, np.zeros(N, dtype=bool))
    assert examine(now, closed, ages, won, past=unknown, **options).reason == "filled"


def test_a_card_that_is_too_good_is_named():
    rng = np.random.default_rng(3)
    won = rng.random(600) < 0.3
    hint, weak = 4 * won + rng.normal(size=600), won + rng.normal(size=600)
    found = too_good(won, hint + 0.1 * weak, {"hint": hint, "weak": 0.1 * weak})
    assert found.name == "hint" and found.share > 0.95 and found.auc > 0.99
    many = {str(number): won + rng.normal(size=600) for number in range(12)}
    found = too_good(won, np.sum(list(many.values()), axis=0), many)
    assert found.auc > 0.95 and found.name is None
    # honest cards: several inputs of use, one input of modest use, one that is all there is
    fair = 1.2 * won + rng.normal(size=600)
    assert too_good(won, fair + weak, {"fair": fair, "weak": weak}) is None
    assert too_good(won, weak, {"weak": weak, "none": np.zeros(600)}) is None
    assert too_good(won, 1.5 * won + rng.normal(size=600), {"only": won}) is None
    # nine in a row may be luck
    assert too_good(np.arange(9) > 3, np.arange(9), {"x": np.arange(9), "y": np.zeros(9)}) is None
