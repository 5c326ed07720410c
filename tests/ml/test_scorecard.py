import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.binning import FIRST, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity, IsotonicCalibration, PlattCalibration
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import InvalidFeature, MissingFeature, PredictionInvalid
from odoo.addons.ai_deployment.ml.scorecard import CardFeature, CardPair, Scorecard

AGE = NumericBins(0, 10, [5], whole=True)
CITY = CategoryBins(["Bern", "Wien"], {"Bern": 60, "Wien": 30, "Graz": 10})


def card(required=(), pairs=(), calibration=None, **extra):
    features = [
        CardFeature(
            "age", NUMBER, AGE, np.array([0.5, -1, 1, -1, 1.0]), "age" in required, np.array([0, 0, 0, 50, 50])
        ),
        CardFeature(
            "city",
            CATEGORY,
            CITY,
            np.array([0, 0.25, 0.25, 0.5, -0.5]),
            "city" in required,
            np.array([2, 0, 10, 58, 30]),
        ),
    ]
    return Scorecard(features, -0.25, calibration or Identity(), NumericBins(0, 1, [0.5]), pairs, **extra)


def columns(ages, cities):
    return {"age": make_column("age", NUMBER, ages), "city": make_column("city", CATEGORY, cities)}


def test_a_score_is_the_sum_of_its_points():
    scored = card().score(columns([3, 7, None, 99], ["Bern", "Wien", "Graz", "Rome"]))
    assert scored.codes.tolist() == [[3, 3], [4, 4], [0, 2], [2, 1]]
    assert scored.contributions.tolist() == [[-1, 0.5], [1, -0.5], [0.5, 0.25], [1, 0.25]]
    assert scored.raw.tolist() == [-0.75, 0.25, 0.5, 1.0]
    assert scored.values == pytest.approx([1 / (1 + math.exp(-raw)) for raw in (-0.75, 0.25, 0.5, 1.0)])
    assert scored.predictions.tolist() == [False, True, True, True]
    assert scored.confidences == pytest.approx(np.maximum(scored.values, 1 - scored.values))
    assert scored.support.tolist() == [50, 30, 0, 0]
    assert not scored.errors and scored.codes.dtype == np.uint8


def test_the_threshold_itself_is_positive():
    flat = card(calibration=IsotonicCalibration([-9, 9], [0.5, 0.5]))
    assert flat.score(columns([3], ["Bern"])).predictions.tolist() == [True]
    high = card(calibration=PlattCalibration(1, 0), threshold=0.9)
    assert high.score(columns([7], ["Bern"])).predictions.tolist() == [False]


def test_one_bad_record_does_not_fail_the_others():
    scored = card(required=["city"]).score(columns([3, "old", 7, 3], ["Bern", "Bern", None, "Wien"]))
    assert sorted(scored.errors) == [1, 2]
    assert isinstance(scored.errors[1], InvalidFeature) and scored.errors[1].feature == "age"
    assert isinstance(scored.errors[2], MissingFeature) and scored.errors[2].feature == "city"
    assert np.isnan(scored.values[[1, 2]]).all() and np.isnan(scored.raw[[1, 2]]).all()
    assert scored.confidences[[1, 2]].tolist() == [0, 0] and not scored.predictions[[1, 2]].any()
    assert not np.isnan(scored.values[[0, 3]]).any() and len(scored) == 4


def test_of_several_errors_the_first_inputs_is_told():
    scored = card(required=["city"]).score(columns(["old", None], [b"\xff", None]))
    assert scored.errors[0].feature == "age" and scored.errors[1].feature == "city"


def test_a_missing_input_that_is_not_required_is_a_bin_like_others():
    assert not card().score(columns([None], [None])).errors


def test_a_missing_column_or_a_column_of_the_wrong_kind_fails_the_call():
    with pytest.raises(MissingFeature, match="city"):
        card().score({"age": make_column("age", NUMBER, [1])})
    wrong = {**columns([1], ["Bern"]), "age": make_column("age", CATEGORY, ["1"])}
    with pytest.raises(InvalidFeature, match="age"):
        card().score(wrong)
    with pytest.raises(ValueError, match="rows"):
        card().score({**columns([1], ["Bern"]), "age": make_column("age", NUMBER, [1, 2])})


def test_a_value_that_is_no_probability_is_an_error_of_its_row():
    class Broken(Identity):
        def apply(self, raw):
            return np.where(raw > 0, 1.5, 0.2)

    scored = card(calibration=Broken()).score(columns([3, 7], ["Bern", "Wien"]))
    assert list(scored.errors) == [1] and isinstance(scored.errors[1], PredictionInvalid)
    assert scored.values[0] == 0.2 and np.isnan(scored.values[1])


def test_no_rows_no_outcome():
    assert len(card().score(columns([], []))) == 0


pair = CardPair("age", "city", np.arange(25.0).reshape(5, 5) - 12)
values = st.one_of(st.none(), st.integers(-3, 13), st.floats(allow_nan=False))
cities = st.sampled_from([None, "Bern", "Wien", "Graz", "Rome"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(values, cities), min_size=1, max_size=30), st.booleans())
def test_each_record_scores_alone_as_in_any_chunk_and_from_its_codes(rows, paired):
    scorer = card(pairs=[pair] if paired else [])
    ages, towns = zip(*rows, strict=True)
    together = scorer.score(columns(list(ages), list(towns)))
    assert len(together) == len(rows)
    for i, (age, town) in enumerate(rows):
        alone = scorer.score(columns([age], [town]))
        assert alone.raw[0] == together.raw[i] and alone.values[0] == together.values[i]
    assert (scorer.raw(together.codes) == together.raw).all()
    assert (scorer.contributions(together.codes) == together.contributions).all()
    assert scorer.intercept + together.contributions.sum(axis=1) == pytest.approx(together.raw, abs=1e-9)


def test_a_pair_is_shared_equally_between_its_two_inputs():
    plain, paired = card(), card(pairs=[pair])
    rows = columns([3, 7], ["Bern", "Rome"])
    one, two = plain.score(rows), paired.score(rows)
    expected = [pair.points[3, 3], pair.points[4, 1]]
    assert (two.raw - one.raw).tolist() == expected
    assert ((two.contributions - one.contributions) * 2).T.tolist() == [expected, expected]


def test_reasons_are_the_strongest_contributions_first_in_plain_types():
    reasons = card().explain(np.array([0, 4], dtype=np.uint8), names={"city": {"Wien": "Vienna"}})
    assert [(r.feature, r.code, r.label, r.contribution) for r in reasons] == [
        ("age", 0, "missing", 0.5),
        ("city", 4, "Vienna", -0.5),
    ]
    assert [r.feature for r in card().explain([3, 3])] == ["age", "city"]  # |-1| before |0.5|
    assert type(reasons[0].code) is int and type(reasons[0].contribution) is float
    assert len(card().explain([3, 3], top=1)) == 1


@pytest.mark.parametrize("codes", [[[3]], [[3, 3, 3]], [3, 3], [[5, 3]], [[3, 200]]])
def test_codes_of_another_version_are_refused(codes):
    with pytest.raises(ValueError, match="codes"):
        card().contributions(np.array(codes, dtype=np.uint8))


def test_the_card_prints_as_text_and_as_safe_html():
    bins = CategoryBins(["<script>alert(1)</script>"], {"<script>alert(1)</script>": 9})
    nasty = CardFeature('a"<b>', CATEGORY, bins, np.zeros(FIRST + 1), False, np.array([1, 0, 0, 9]))
    html = Scorecard([nasty], 0, Identity(), NumericBins(0, 1)).as_html()
    assert "<script>" not in html and "<b>" not in html and "&lt;script&gt;" in html
    text = card(pairs=[pair]).as_text(names={"city": {"Wien": "Vienna"}})
    assert "Vienna" in text and "+1.000" in text and "age with city" in text and "50.0%" in text


def test_bins_by_name():
    assert list(card().bins_by_name) == ["age", "city"] and card().bins_by_name["city"] is CITY
