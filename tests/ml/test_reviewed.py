import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import MISSING, NumericBins
from odoo.addons.ai_deployment.ml.calibration import PlattCalibration
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import ArtifactRejected, MissingFeature
from odoo.addons.ai_deployment.ml.reviewed import SURPRISE, ReviewedCard

random = np.random.default_rng(8)
N = 2000
AMOUNTS = random.lognormal(3, 1, N)
ANOMALY = train_anomaly({"amount": make_column("amount", NUMBER, AMOUNTS)}, np.arange(N), tails={"amount": "high"}).card


def reviewed_card():
    """Nothing but how unusual a row is overall counts: below .9 nothing, above one point per bin."""
    overall = NumericBins(0, 1, [0.9, 0.99])
    amount = ANOMALY.features[0]
    features = [
        CardFeature("amount", NUMBER, amount.bins, np.zeros(amount.bins.size), False, amount.counts),
        CardFeature(SURPRISE, NUMBER, overall, np.array([-9, 0, 2, 0, 1, 2.0]), False, np.array([0, 0, 0, 90, 9, 1])),
    ]
    options = {"threshold": 0.3, "surprise": ANOMALY.to_dict()}
    return ReviewedCard(features, -2.0, PlattCalibration(1, 0), NumericBins(0, 1), **options)


def rows(*amounts):
    return {"amount": make_column("amount", NUMBER, list(amounts))}


def test_how_unusual_a_row_is_overall_is_worked_out_while_scoring():
    card = reviewed_card()
    scored = card.score(rows(np.median(AMOUNTS), np.quantile(AMOUNTS, 0.95), 1e9))
    assert scored.raw.tolist() == [-2, -1, 0]
    assert scored.values == pytest.approx([0.1192, 0.2689, 0.5], abs=1e-4)
    assert scored.predictions.tolist() == [False, False, True]
    assert scored.confidences == pytest.approx([0.8808, 0.7311, 0.5], abs=1e-4)
    assert card.explain(scored.codes[2])[0][:1] == (SURPRISE,)


def test_what_is_handed_in_as_surprise_is_not_believed():
    forged = {**rows(5.0), SURPRISE: make_column(SURPRISE, NUMBER, [1.0])}
    assert reviewed_card().score(forged).raw.tolist() == reviewed_card().score(rows(5.0)).raw.tolist()


def test_the_codes_alone_explain_a_stored_row():
    card = reviewed_card()
    scored = card.score(rows(*AMOUNTS[:50]))
    assert card.raw(scored.codes).tolist() == scored.raw.tolist()
    assert scored.raw == pytest.approx(card.intercept + scored.contributions.sum(axis=1))


def test_a_row_that_the_anomaly_card_cannot_read_is_an_error_and_no_other():
    scored = reviewed_card().score(rows(5.0, "five", None))
    assert list(scored.errors) == [1] and np.isnan(scored.values).tolist() == [False, True, False]
    assert scored.codes[1, 1] == MISSING
    with pytest.raises(MissingFeature):
        reviewed_card().score({})


def test_a_card_survives_storage():
    card = reviewed_card()
    data = json.loads(json.dumps(artifact.dump(card)))
    again = artifact.load(data, artifact.digest(artifact.dump(card)))
    assert isinstance(again, ReviewedCard)
    assert again.score(rows(*AMOUNTS)).values.tolist() == card.score(rows(*AMOUNTS)).values.tolist()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.pop("surprise"),
        lambda data: data.update(surprise=None),
        lambda data: data.update(surprise={}),
        lambda data: data["surprise"].update(kind="reviewed"),
        lambda data: data["surprise"].update(format=1),
        lambda data: data["surprise"].update(flag_rate=7),
        lambda data: data["surprise"]["features"][0]["points"].pop(),
        lambda data: data["surprise"]["features"][0].update(name="other"),
        lambda data: data["features"][1].update(name="overall"),
        lambda data: data.update(threshold=1.5),
        lambda data: data.update(calibration=ANOMALY.calibration.to_dict()),
    ],
)
def test_a_damaged_card_is_rejected_with_the_cause(damage):
    data = json.loads(json.dumps(artifact.dump(reviewed_card())))
    damage(data)
    with pytest.raises(ArtifactRejected):
        artifact.load(data)
