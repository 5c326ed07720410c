"""Answers that are values: the schema asked for, and what is read of an answer."""

import pytest

from odoo.addons.ai_deployment.ml.errors import AnswerOutOfRange, AnswerSchema
from odoo.addons.ai_deployment.remote import answer_fields
from odoo.addons.ai_deployment.remote import schema as schemas
from odoo.addons.ai_deployment.remote.answer_fields import AnswerField, AnswerFieldError, Told

TEAM = AnswerField("team", "Sales Team", "choice", True, {"Direct": "1", "Web": "2"})
TOTAL = AnswerField("total", "Total", "number", False)
GOOD = {"team": "Web", "team_confidence": 0.9, "total": "12.50", "total_confidence": 0.4, "unfamiliar": ""}


def test_each_value_has_a_confidence_and_the_answer_that_of_its_least_certain_value():
    told = answer_fields.read([TEAM, TOTAL], GOOD)
    assert told.values == {"team": ("Web", 0.9), "total": ("12.50", 0.4)}
    assert told.confidence == 0.4
    assert Told.from_dict(told.to_dict()) == told


def test_the_schema_is_one_that_is_checked_as_a_whole():
    asked = answer_fields.schema_of([TEAM, TOTAL])
    schemas.check_schema(asked)
    schemas.check(GOOD, asked)
    assert asked["properties"]["team"]["enum"] == ["Direct", "Web"]
    assert asked["required"] == list(GOOD)
    by_tokens = answer_fields.schema_of([TEAM], own_confidence=False)
    assert "team_confidence" not in by_tokens["properties"]


def test_a_value_that_is_not_allowed_has_the_right_form():
    asked = answer_fields.schema_of([TEAM, TOTAL])
    other = {**GOOD, "team": "Retail"}
    with pytest.raises(AnswerSchema):
        schemas.check(other, asked)
    schemas.check(other, answer_fields.form_of(asked))
    assert answer_fields.read([TEAM, TOTAL], other).values["team"] == ("Retail", 0.9)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"team": ["Web"]}, AnswerSchema),
        ({"team": "x" * 501}, AnswerSchema),
        ({"team_confidence": 1.7}, AnswerOutOfRange),
        ({"team_confidence": True}, AnswerSchema),
        ({"more": 1}, AnswerSchema),
        ({"unfamiliar": "tired"}, AnswerSchema),
        ({"team_confidence": ...}, AnswerSchema),
        ({"team": ...}, AnswerSchema),
    ],
)
def test_another_form_is_no_answer(changes, error):
    said = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    with pytest.raises(error):
        answer_fields.read([TEAM, TOTAL], said)


@pytest.mark.parametrize(
    "declared",
    [
        "team",
        [{"key": "team"}],
        [{"key": "Team", "label": "Team", "kind": "text"}],
        [{"key": "team_confidence", "label": "Team", "kind": "text"}],
        [{"key": "unfamiliar", "label": "Team", "kind": "text"}],
        [{"key": "team", "label": "", "kind": "text"}],
        [{"key": "team", "label": "Team", "kind": "list"}],
        [{"key": "team", "label": "Team", "kind": "choice"}],
        [{"key": "team", "label": "Team", "kind": "choice", "choices": {"a": 1}}],
        [{"key": "team", "label": "Team", "kind": "text"}] * 2,
        [{"key": f"field_{n}", "label": "Team", "kind": "text"} for n in range(16)],
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_sentence(declared):
    with pytest.raises(AnswerFieldError, match=r"\.$"):
        answer_fields.fields_of(declared)
