import numpy as np

from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import PlattCalibration
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.flagged import strongest_reasons
from odoo.addons.ai_deployment.ml.reviewed import SURPRISE, ReviewedCard

random = np.random.default_rng(12)
COLUMNS = {name: make_column(name, NUMBER, random.exponential(size=1000)) for name in ("one", "two")}
CARD = train_anomaly(COLUMNS, np.arange(1000), tails=dict.fromkeys(COLUMNS, "high")).card
ROWS = {"one": make_column("one", NUMBER, [50.0, 0.5]), "two": make_column("two", NUMBER, [0.5, 50.0])}


def reviewed(bins):
    """A card in which nothing but how unusual a row is overall counts."""
    features = [
        CardFeature(
            own.name, NUMBER, own.bins if bins is None else bins, np.zeros((bins or own.bins).size), False, own.counts
        )
        for own in CARD.features
    ]
    overall = NumericBins(0, 1, [0.9])
    features.append(CardFeature(SURPRISE, NUMBER, overall, np.array([0, 0, 3.0, 0, 3.0]), False, np.ones(5, dtype=int)))
    options = {"threshold": 0.3, "surprise": CARD.to_dict()}
    return ReviewedCard(features, -2.0, PlattCalibration(1, 0), NumericBins(0, 1), **options)


def test_the_input_that_stands_out_is_the_reason():
    assert strongest_reasons(CARD, CARD.score(ROWS).codes) == ["one", "two"]


def test_overall_unusualness_is_told_by_the_anomaly_card_inside():
    card = reviewed(None)
    assert strongest_reasons(card, card.score(ROWS).codes) == ["one", "two"]


def test_with_other_bins_overall_unusualness_is_the_reason():
    card = reviewed(NumericBins(0.0, 9.0, [1.0]))
    assert strongest_reasons(card, card.score(ROWS).codes) == [SURPRISE, SURPRISE]
