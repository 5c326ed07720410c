import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.errors import AnswerError, AnswerNotJson, AnswerTruncated
from odoo.addons.ai_deployment.remote import strict_json

BAD = [
    (b"", "answer_empty"),
    (b" \n", "answer_empty"),
    (b"<!doctype html>", "answer_not_json"),
    (b"\xff\xfe", "answer_not_json"),
    (b"Sure! It is likely.", "answer_not_json"),
    (b'{"a": 1', "answer_truncated"),
    (b'{"a": "x', "answer_truncated"),
    (b'{"a": tr', "answer_truncated"),
    (b"[1, 2,", "answer_truncated"),
    (b'{"a": 1, "a": 2}', "answer_ambiguous"),
    (b'{"a": {"b": 1, "b": 1}}', "answer_ambiguous"),
    (b'{"a": NaN}', "answer_out_of_range"),
    (b'{"a": Infinity}', "answer_out_of_range"),
    (b'Answer: {"a": 1}', "answer_wrapped"),
    (b'{"a": 1} and more', "answer_wrapped"),
    (b'```json\n{"a": 1}\n```', "answer_wrapped"),
    (b'{"a": 1}{"a": 2}', "answer_wrapped"),
    (b"{'a': 1}", "answer_not_json"),
    (b'{"a": 1,}', "answer_not_json"),
    (b'{"a": ' + b"9" * 5000 + b"}", "answer_not_json"),
    (b"[" * 200_000, "answer_not_json"),
]


@pytest.mark.parametrize("body, kind", BAD, ids=range(len(BAD)))
def test_each_damage_has_its_word(body, kind):
    with pytest.raises(AnswerError) as caught:
        strict_json.read(body)
    assert caught.value.failure_type == kind


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=4))
def test_what_is_json_is_read_as_python_reads_it(value):
    text = json.dumps(value)
    if "\\u0000" in text or "\\ud" in text:
        return
    assert strict_json.read(text.encode()) == value


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=4), st.data())
def test_an_object_that_is_cut_is_never_taken_for_a_whole_one(value, data):
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    with pytest.raises((AnswerTruncated, AnswerNotJson)):
        strict_json.read_text(cut)


def test_paths():
    assert strict_json.pick({"a": [{"b": 1}]}, "a.0.b") == 1
    for path in ("a.1.b", "a.b", "c", "a.0.b.c", "a.-1"):
        with pytest.raises(AnswerError):
            strict_json.pick({"a": [{"b": 1}]}, path)
