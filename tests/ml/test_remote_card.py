"""Cards of models that run elsewhere: answers are brought in, everything else is as for any card."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import AnswerRefusal, ArtifactRejected
from odoo.addons.ai_deployment.ml.profile import SCORE, Profile
from odoo.addons.ai_deployment.ml.remote_card import PushedCard, RemoteCard, around

CONTRACT = {"protocol": "mlflow", "inputs": {"amount": "amount"}}


def columns(rows=200):
    return {
        "amount": make_column("amount", NUMBER, list(range(rows))),
        "level": make_column("level", CATEGORY, ["a", "b", None, "a"] * (rows // 4)),
    }


@pytest.fixture
def card():
    return around(RemoteCard, columns(), CONTRACT, required=("amount",))[0]


def test_answers_become_scores_and_rows_without_one_wait(card):
    rows = {name: column.take(np.arange(4)) for name, column in columns().items()}
    scored = card.score(rows, [(0.75, 0.9), (0.25, 0.6), AnswerRefusal(), (1.5, 0.5)])
    assert scored.values.tolist()[:2] == [0.75, 0.25] and scored.predictions.tolist() == [True, False, False, False]
    assert scored.confidences.tolist() == [0.9, 0.6, 0, 0]
    assert {row: error.failure_type for row, error in scored.errors.items()} == {
        2: "answer_refusal",
        3: "prediction_invalid",
    }
    waiting = card.score(rows)
    assert {error.failure_type for error in waiting.errors.values()} == {"endpoint_not_ready"}
    assert all(error.transient for error in waiting.errors.values())


def test_a_missing_required_input_fails_before_the_answer(card):
    rows = {"amount": make_column("amount", NUMBER, [None]), "level": make_column("level", CATEGORY, ["a"])}
    assert card.score(rows, [(0.5, 0.5)]).errors[0].failure_type == "missing_feature"


def test_the_reference_counts_inputs_and_no_scores(card):
    made, reference = around(RemoteCard, columns(), CONTRACT)
    assert reference.rows == 200 and reference.counts["amount"].sum() == 200 and reference.counts[SCORE].sum() == 0
    scored = made.score(columns(), [(0.5, 0.5)] * 200)
    assert (reference + Profile.of(made, scored)).rows == 400  # of the same layout


def test_codes_of_the_log_have_no_reasons_and_nothing_is_unlike_an_empty_reference(card):
    codes = card.score(columns(), [(0.5, 0.5)] * 200).codes
    assert not card.contributions(codes).any() and card.support(codes).min() > 0
    empty = around(RemoteCard, columns(0), CONTRACT)[0]
    assert empty.score(columns(4), [(0.5, 0.5)] * 4).support.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("kind", [RemoteCard, PushedCard])
def test_it_comes_back_from_storage_and_another_prompt_is_another_fingerprint(kind):
    data = artifact.dump(around(kind, columns(), {**CONTRACT, "prompt": "How likely?"})[0])
    again = artifact.load(data, artifact.digest(data))
    assert artifact.dump(again) == data and type(again) is kind
    other = {**data, "contract": {**data["contract"], "prompt": "How sure?"}}
    assert artifact.digest(other) != artifact.digest(data)
    with pytest.raises(ArtifactRejected):
        artifact.load(other, artifact.digest(data))
    for bad in ([], {"x": "y" * 200_000}, {"x": object()}):
        with pytest.raises(ArtifactRejected):
            artifact.load({**data, "contract": bad})
