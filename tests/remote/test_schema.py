import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.errors import AnswerError, AnswerOutOfRange, AnswerSchema
from odoo.addons.ai_deployment.remote.schema import check, check_schema

SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["a", "b"], "maxLength": 5},
        "count": {"type": "integer", "minimum": 0, "maximum": 9},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "sure": {"type": "boolean"},
    },
    "required": ["label"],
    "additionalProperties": False,
}
GOOD = {"label": "a", "count": 3, "share": 0.5, "sure": True}
BAD = [
    ([], AnswerSchema),
    ({}, AnswerSchema),
    ({**GOOD, "more": 1}, AnswerSchema),
    ({**GOOD, "label": "c"}, AnswerSchema),
    ({**GOOD, "label": None}, AnswerSchema),
    ({**GOOD, "count": True}, AnswerSchema),
    ({**GOOD, "count": 1.5}, AnswerSchema),
    ({**GOOD, "count": 10}, AnswerOutOfRange),
    ({**GOOD, "share": "0.5"}, AnswerSchema),
    ({**GOOD, "share": 1.01}, AnswerOutOfRange),
    ({**GOOD, "share": float("inf")}, AnswerOutOfRange),
    ({**GOOD, "sure": 1}, AnswerSchema),
    ({**GOOD, "count": 10**400}, AnswerOutOfRange),
]


def test_a_good_answer_passes():
    check_schema(SCHEMA)
    check(GOOD, SCHEMA)
    check({"label": "b", "count": 2.0}, SCHEMA)


@pytest.mark.parametrize("value, kind", BAD, ids=range(len(BAD)))
def test_a_bad_answer_does_not(value, kind):
    with pytest.raises(kind):
        check(value, SCHEMA)


values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.floats(allow_nan=False), st.sampled_from(["a", "b", "c"])
)


@given(st.dictionaries(st.sampled_from([*GOOD, "more"]), values))
def test_it_agrees_with_jsonschema(answer):
    jsonschema = pytest.importorskip("jsonschema")
    try:
        check(answer, SCHEMA)
        accepted = True
    except AnswerError:
        accepted = False
    assert accepted == jsonschema.Draft202012Validator(SCHEMA).is_valid(answer)


def test_an_integer_that_no_float_can_hold_is_out_of_every_range():
    free = {"type": "object", "properties": {"count": {"type": "integer"}, "share": {"type": "number"}}}
    for answer in ({"count": 10**400}, {"share": 10**400}, {"share": float("-inf")}):
        with pytest.raises(AnswerOutOfRange):
            check(answer, free)
