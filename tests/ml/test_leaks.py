import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import leaks
from odoo.addons.ai_deployment.ml.binning import FIRST, MISSING
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.leaks import Past, auc_alone, examine, too_good
from odoo.addons.ai_deployment.ml.survivorship import Speed

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


# By hand
def test_too_good_is_asked_about_a_whole_card_and_about_the_input_that_carries_it():
    won = np.arange(400) % 4 == 0
    order = np.where(won, 2.0, 0.0)
    assert too_good(won, order, {}) == (1.0, None, None)
    assert too_good(won, order, {"x": order}) == (1.0, None, None)
    assert too_good(won, order, {"x": order, "y": -order}) == (1.0, "x", 1.0)
    assert too_good(won, np.zeros(400), {"x": order, "y": order}) is None
    # of 6 wins and 6 losses an AUC of 35 / 36 may be one of .9 as well
    few, values = np.arange(12) > 5, np.array([0, 1, 2, 3, 4, 6, 5, 7, 8, 9, 10, 11.0])
    assert too_good(few, values, {"x": np.zeros(12), "y": np.zeros(12)}) is None
    # surely above .9, but below .95
    many, values = np.arange(20_000) % 2 == 0, np.random.default_rng(5).normal(size=20_000)
    values[many] += 2.1
    assert too_good(many, values, {"x": np.zeros(20_000)}) is None
    values[many] += 0.6
    assert too_good(many, values, {"x": np.zeros(20_000)}).auc > 0.95
    # half of what the card adds is not nearly all: .9 of it is
    half, part = np.arange(400), np.where(won, 2.0, 0.0)
    part[half % 4 == 1] = 1.0
    found = too_good(won, part, {"x": np.where(half % 8 == 0, 1.0, 0.0), "y": np.zeros(400)})
    assert found == (1.0, None, None)
    for rows, known in ((17, (1.0, "x", 1.0)), (16, None)):  # five wins, and four
        assert too_good(won[:rows], order[:rows], {"x": order[:rows], "y": np.zeros(rows)}) == known


def test_an_input_on_one_side_of_the_outcome_is_asked_about_where_the_odds_are_surely_eightfold():
    """Filled on 40 of 50 wins and on f of 150 losses, with half a record more in each cell of the table."""
    won = np.arange(200) < 50

    def finding(filled_losses, closed=200):
        filled = np.r_[np.arange(50) < 40, np.arange(150) < filled_losses]
        log = np.log(40.5 * (150.5 - filled_losses) / (10.5 * (filled_losses + 0.5)))
        error = np.sqrt(1 / 40.5 + 1 / 10.5 + 1 / (filled_losses + 0.5) + 1 / (150.5 - filled_losses))
        column = number([1.0 if one else None for one in filled])
        found = examine(column, np.arange(200) < closed, np.ones(200), won)
        return found, bool(np.exp(log - 3 * error) > 8)

    for filled_losses in range(1, 40):
        found, is_one_sided = finding(filled_losses)
        if found.auc >= 0.9:
            continue
        known = ("ask", "one_side") if is_one_sided else ("cannot_judge", "all_closed")
        assert (found.verdict, found.reason) == known and found.fill_gap is None
    assert finding(14)[1] != finding(12)[1] or finding(9)[1] != finding(20)[1]
    found, _sure = finding(60, closed=190)
    assert (found.verdict, found.reason) == ("cannot_judge", "too_few")
    assert examine(number(np.ones(200)), np.arange(200) < 0, np.ones(200), won).verdict == "cannot_judge"


@pytest.mark.parametrize(("changed", "verdict"), [(0, None), (3, None), (60, ("refused", "changed"))])
def test_a_category_s_own_past_is_compared_value_by_value(changed, verdict):
    """200 closed records, a third of them won; some of the wins hold another value now than they did."""
    won = np.arange(200) % 3 == 0
    then = np.where(np.arange(200) % 2, "a", "b").astype(object)
    now = then.copy()
    now[np.flatnonzero(won)[:changed]] = "signed"
    past = Past(make_column("x", CATEGORY, then.tolist()), np.ones(200, dtype=bool))
    found = examine(make_column("x", CATEGORY, now.tolist()), np.ones(200), np.ones(200), won, past=past)
    assert (found.verdict, found.reason) == (verdict or ("fine", ""))
    few = Past(past.column, np.arange(200) < 80)  # 27 wins
    found = examine(make_column("x", CATEGORY, now.tolist()), np.ones(200), np.ones(200), won, past=few)
    assert found.reason != "changed"


def speeds(monkeypatch, found):
    """Return what `_survived` decides of a value with this speed."""
    monkeypatch.setattr(leaks, "speed", lambda *_given: found)
    values = [("other_values", np.arange(100) < 50)]
    return lambda reason="other_values": leaks._survived(
        [(reason, values[0][1])], np.arange(100) % 2 == 0, np.arange(100.0), np.arange(100) % 4 == 0, None
    )


@pytest.mark.parametrize(
    ("from_had", "from_given", "rises", "ratios", "verdict"),
    [
        # surely given by ending: far from what records have, near to what ending gives, not rising with age
        (3.1, 1.0, 0.0, {"any": (1.5, 0.2)}, "refused"),
        (2.9, 1.0, 0.0, {"any": (1.5, 0.2)}, None),
        (3.1, 3.2, 0.0, {"any": (1.5, 0.2)}, None),
        (3.1, 1.0, 2.1, {"any": (1.5, 0.2)}, None),
        (3.1, 1.0, 0.0, {"any": (1.5, 0.3)}, None),  # not surely twice as fast
        (3.1, 1.0, 0.0, {"any": (0.0, 1.0), "won": (1.5, 0.2)}, "refused"),
        # six times as fast, where age cannot tell: refused of any end, asked of one kind of it
        (1.0, 1.0, 9.0, {"any": (2.5, 0.2)}, "refused"),
        (1.0, 1.0, 9.0, {"any": (2.3, 0.2)}, None),
        (1.0, 1.0, 9.0, {"any": (0.0, 0.2), "lost": (2.5, 0.2)}, "ask"),
        # but not of what records surely have
        (1.0, 2.1, 9.0, {"any": (2.5, 0.2)}, None),
        (1.0, 1.9, 9.0, {"any": (2.5, 0.2)}, "refused"),
        (2.5, 2.1, 9.0, {"any": (2.5, 0.2)}, "refused"),
    ],
)
def test_what_age_says_of_a_value_decides(monkeypatch, from_had, from_given, rises, ratios, verdict):
    decide = speeds(monkeypatch, Speed(ratios, from_had, from_given, rises))
    ratio = list(ratios.values())[-1][0]
    assert decide() == (verdict and (verdict, "other_values", pytest.approx(np.exp(ratio))))
    # what is empty on closed records is never refused
    assert decide("emptied") == (verdict and ("ask", "emptied", pytest.approx(np.exp(ratio))))
    assert speeds(monkeypatch, None)() is None


def test_the_values_of_an_input_are_what_it_holds_or_lacks():
    codes = np.array([MISSING, FIRST, FIRST + 1, FIRST + 1, FIRST + 2])
    of_number = leaks._values(codes, NUMBER)
    assert [reason for reason, _has in of_number] == ["filled", "emptied", *["other_values"] * 4]
    assert [has.astype(int).tolist() for _reason, has in of_number] == [
        [0, 1, 1, 1, 1],
        [1, 0, 0, 0, 0],
        [0, 0, 1, 1, 1],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 1, 1, 1, 0],
    ]
    assert [has.astype(int).tolist() for _reason, has in leaks._values(codes, CATEGORY)[2:]] == [
        [0, 1, 0, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_closed_and_open_records_of_an_age_weigh_the_same():
    closed = np.array([True, True, True, False, True, False, False, True])
    band = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    assert leaks._same_ages(closed, band).tolist() == pytest.approx([1 / 3] * 3 + [1.0, 1.0, 0.5, 0.5, 0.0])
    weights = np.array([1.0, 3.0, 1.0, 1.0])
    assert leaks._share(np.array([True, False, True, True]), np.array([True, True, False, False]), weights) == 0.25


def test_an_input_that_decides_alone_is_asked_about_beside_open_records(monkeypatch):
    """It knows the outcome, and open and closed records hold it alike."""
    monkeypatch.setattr(leaks, "_survived", lambda *_given: None)
    order = np.arange(N)
    closed, won = order % 2 == 0, (order % 10 < 2) & (order % 2 == 0)
    hint = (order % 10 < 2).astype(float)
    found = examine(number(hint), closed, np.ones(N), won)
    assert (found.verdict, found.reason, found.auc) == ("ask", "alone", pytest.approx(1.0))
    assert found.fill_gap == 0.0 and found.ratio is None
