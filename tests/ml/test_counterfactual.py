"""What would change a chance: exact on the card, within what it knows."""

import numpy as np

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature, CardPair
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.counterfactual import LEAST_GAIN, changes
from odoo.addons.ai_deployment.ml.scorecard import Scorecard

MEETINGS = NumericBins(0, 10, [1, 2])
PHONE = CategoryBins(("correct", "incorrect"), {"correct": 500, "incorrect": 400})


def card(pairs=(), counts=(0, 0, 0, 500, 300, 200), points=(0, 0, 0, -1.0, 0.5, 1.0)):
    features = [
        CardFeature("meetings", NUMBER, MEETINGS, np.array(points), False, np.array(counts)),
        CardFeature("phone", CATEGORY, PHONE, np.array([0, 0, 0, 0.3, -0.3]), False, np.array([100, 0, 0, 500, 400])),
    ]
    return Scorecard(features, 0.0, Identity(), NumericBins(0, 1, [0.5]), pairs)


def codes(one, meetings, phone):
    columns = {
        "meetings": make_column("meetings", NUMBER, [meetings]),
        "phone": make_column("phone", CATEGORY, [phone]),
    }
    return one.score(columns).codes[0], one.score(columns).values[0]


def test_the_chance_then_is_that_of_the_card():
    pair = CardPair("meetings", "phone", np.arange(30.0).reshape(6, 5) / 30)
    for one in (card(), card([pair])):
        told = changes(one, codes(one, 0, "incorrect")[0], {"meetings": [1], "phone": ["correct"]})
        found = {change.name: change for change in told}
        assert found["meetings"].chance == codes(one, 1, "incorrect")[1]
        assert found["phone"].chance == codes(one, 0, "correct")[1]


def test_the_largest_gain_comes_first_and_none_is_a_loss():
    one = card()
    found = changes(one, codes(one, 0, None)[0], {"phone": ["correct", "incorrect"], "meetings": [1]})
    assert [(change.name, change.value) for change in found] == [("meetings", 1), ("phone", "correct")]
    assert not changes(one, codes(one, 2, "correct")[0], {"phone": ["incorrect"], "meetings": [0, 3]})


def test_the_smallest_change_that_is_worth_a_sentence():
    one = card(points=(0, 0, 0, 0.0, LEAST_GAIN, 1.0))
    (change,) = changes(one, codes(one, 0, "correct")[0], {"meetings": [1, 2]})
    assert (change.value, change.rows) == (2, 200)


def test_nothing_beyond_what_the_card_knows():
    few = card(counts=(0, 0, 0, 500, 29, 200))
    assert not changes(few, codes(few, 0, "correct")[0], {"meetings": [1], "phone": ["never seen"], "other": [1]})
    assert not changes(few, codes(few, 0, "correct")[0], {"meetings": [11]}), "above all that was learned from"
