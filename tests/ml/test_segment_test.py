"""Parts of the business: figures known beforehand, no verdict on few rows, and a part that was never seen."""

import numpy as np
import pytest
from scipy.stats import beta

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import NoUsableFeature
from odoo.addons.ai_deployment.ml.segment_test import (
    MIN_ROWS,
    flagged_parts,
    judge_left_out,
    judge_part,
    judge_parts,
    parting,
    rows_by_part,
    thinned,
)
from odoo.addons.ai_deployment.ml.threads import one_thread
from odoo.addons.ai_deployment.ml.training import Recipe, learn_briefly


# On later rows
def is_worse(part):
    return part.brier > part.base_brier


def test_the_two_figures_of_a_part_by_hand():
    # 60 of 200 came true; .5 was said of those and .25 of the others
    labels = [1] * 60 + [0] * 140
    part = judge_part("north", labels, [0.5] * 60 + [0.25] * 140)
    assert part.brier == pytest.approx(0.3 * 0.25 + 0.7 * 0.0625)
    assert part.base_brier == pytest.approx(0.3 * 0.7)
    assert part.is_judged and not is_worse(part)
    assert is_worse(judge_part("north", labels, [0.25] * 60 + [0.5] * 140))


def test_the_share_itself_is_as_good_as_the_share():
    assert not is_worse(judge_part("north", [1] * 50 + [0] * 50, [0.5] * 100))


@pytest.mark.parametrize(("positives", "negatives"), [(49, 1000), (1000, 49), (0, 0)])
def test_under_fifty_of_either_outcome_a_part_is_named_and_not_judged(positives, negatives):
    part = judge_part("small", [1] * positives + [0] * negatives, [0.9] * (positives + negatives))
    assert (part.rows, part.positives) == (positives + negatives, positives)
    assert not part.is_judged and part.base_brier is None
    assert part.to_dict() == {
        "part": "small",
        "rows": positives + negatives,
        "positives": positives,
        "brier": None,
        "base_brier": None,
    }


def test_each_part_is_judged_by_its_own_rows_and_no_value_is_a_part():
    labels = np.tile([1, 0], 200)
    values = np.concatenate([np.tile([0.9, 0.1], 100), np.tile([0.1, 0.9], 100)])
    north, nobody = judge_parts(labels, values, ["north"] * 200 + [None] * 200)
    assert (north.part, north.brier, is_worse(north)) == ("north", pytest.approx(0.01), False)
    assert (nobody.part, nobody.brier, is_worse(nobody)) == (None, pytest.approx(0.81), True)


def test_the_commonest_come_first_and_the_rest_has_no_line():
    parts = ["a"] * 5 + ["b"] * 9 + ["c"] * 7
    found = rows_by_part(parts, 2)
    assert [(part, rows.tolist()) for part, rows in found] == [("b", list(range(5, 14))), ("c", list(range(14, 21)))]


# Kept out of learning
def world(rows=1500, upside_down=False, seed=0):
    """(columns, labels, moments, parts): a number that says the same in each of three countries, or not in the last."""
    random = np.random.default_rng(seed)
    number, country = random.normal(size=rows), random.choice(["be", "us", "fr"], rows, p=[0.5, 0.3, 0.2])
    effect = np.where((country == "fr") & upside_down, -2.5, 2.5)
    labels = random.random(rows) < 1 / (1 + np.exp(-effect * number))
    columns = {
        "number": make_column("number", NUMBER, number),
        "country": make_column("country", CATEGORY, country.tolist()),
    }
    return columns, labels, np.arange(rows, dtype=float), country.tolist()


def learn(columns, labels, moments):
    with one_thread():
        return learn_briefly(columns, labels, moments, Recipe([], 0.5, 30, True))


def test_what_holds_everywhere_holds_for_a_part_never_seen():
    columns, labels, moments, parts = world()
    found = judge_left_out(learn, columns, labels, moments, parts, most=3)
    assert [part.part for part in found] == ["be", "us", "fr"]
    assert all(part.is_judged and not is_worse(part) for part in found)


def test_a_part_in_which_all_is_different_is_found_out():
    columns, labels, moments, parts = world(upside_down=True)
    found = {part.part: part for part in judge_left_out(learn, columns, labels, moments, parts, most=3)}
    assert is_worse(found["fr"]) and found["fr"].brier > 0.4
    assert not is_worse(found["be"])


def test_no_row_of_the_part_is_learned_from():
    columns, labels, moments, parts = world(600)
    seen = []

    def spy(columns, labels, moments):
        seen.append(set(columns["country"].values.tolist()))
        return learn(columns, labels, moments)

    judge_left_out(spy, columns, labels, moments, parts, most=2, min_positives=10)
    assert seen == [{"us", "fr"}, {"be", "fr"}]


def test_a_part_that_is_all_or_without_which_nothing_is_learned_is_left_away():
    columns, labels, moments, _parts = world(600)
    assert judge_left_out(learn, columns, labels, moments, ["all"] * 600) == []

    def nothing(*_rows):
        raise NoUsableFeature()

    assert judge_left_out(nothing, columns, labels, moments, ["a"] * 300 + ["b"] * 300) == []


def test_of_very_many_rows_some_are_enough():
    assert len(thinned(np.arange(100_000), 8000)) == 8000
    assert thinned(np.arange(3), 8000).tolist() == [0, 1, 2]
    assert len(set(thinned(np.arange(8001), 8000).tolist())) == 8000


# Without outcomes
def test_a_part_with_far_more_flags_than_expected_is_found():
    flagged = [1] * 30 + [0] * 270 + [1] * 5 + [0] * 295
    often, usual = flagged_parts(flagged, ["often"] * 300 + ["usual"] * 300, 0.01)
    assert (often.flagged, often.exceeded) == (30, True)
    assert (usual.flagged, usual.exceeded) == (5, False)
    assert 0.05 < often.low < 0.1


def test_all_judged_parts_share_one_error_level():
    """The lower bound of each of k parts is that of Clopper and Pearson at 5 % / k, one-sided."""
    flagged, parts = [1] * 12 + [0] * 288 + [1] * 3 + [0] * 297, ["a"] * 300 + ["b"] * 300
    for judged, small in ((1, []), (1, ["c"] * (MIN_ROWS - 1))):  # what is not judged takes no part of the level
        [found, *_others] = flagged_parts(flagged[:300] + [0] * len(small), parts[:300] + small, 0.01)
        assert found.low == pytest.approx(beta.ppf(0.05 / judged, 12, 289), abs=1e-6)
    one, two = flagged_parts(flagged, parts, 0.01)
    assert one.low == pytest.approx(beta.ppf(0.05 / 2, 12, 289), abs=1e-6)
    assert two.low == pytest.approx(beta.ppf(0.05 / 2, 3, 298), abs=1e-6)


def test_few_rows_say_nothing_about_one_in_a_hundred():
    [part] = flagged_parts([1] * (MIN_ROWS - 1), ["small"] * (MIN_ROWS - 1), 0.01)
    assert part.low is None and not part.exceeded


def test_quiet_parts_stay_quiet_in_nineteen_of_twenty_years():
    random, alarms = np.random.default_rng(4), 0
    for _year in range(200):
        found = flagged_parts(random.random(4000) < 0.01, np.repeat(list("abcdefghij"), 400).tolist(), 0.01)
        alarms += any(part.exceeded for part in found)
    assert alarms <= 10


# What makes the parts
def test_the_category_with_the_most_rows_per_level_parts():
    rows = 1000
    columns = {
        "city": make_column("city", CATEGORY, [f"city {n % 50}" for n in range(rows)]),
        "country": make_column("country", CATEGORY, [f"country {n % 4}" for n in range(rows)]),
        "number": make_column("number", NUMBER, list(range(rows))),
        "constant": make_column("constant", CATEGORY, ["same"] * rows),
        "nearly": make_column("nearly", CATEGORY, ["same"] * (rows - 5) + ["other"] * 5),
    }
    assert parting(columns, list(columns)) == "country"
    assert parting(columns, ["number", "constant", "nearly"]) is None
    assert parting(columns, []) is None
