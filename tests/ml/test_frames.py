"""Frames: every value that may pass comes back the same, and nothing else passes."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import artifact, frames
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature, score_bins_of
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, TAGS, make_column
from odoo.addons.ai_deployment.ml.profile import Profile
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.ml.training import Recipe, Training

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def card():
    bins = NumericBins(0.0, 10.0, [5.0])
    feature = CardFeature("age", NUMBER, bins, np.array([0.0, 0.0, 0.0, -1.0, 1.0]), False, np.array([0, 0, 0, 3, 4]))
    return Scorecard([feature], -0.5, Identity(), score_bins_of(np.array([0.1, 0.9])))


@given(PLAIN)
@settings(max_examples=60, deadline=None)
def test_plain_values_come_back(value):
    assert frames.decode(frames.encode(value)) == value


@given(st.lists(st.text(max_size=5) | st.none(), max_size=20), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_columns_come_back_with_their_errors(texts, bad):
    column = make_column("a", CATEGORY, texts)
    column.errors.update(make_column("a", NUMBER, [*[1] * bad, object()]).errors)
    back = frames.decode(frames.encode({"a": column}))["a"]
    assert (back.name, back.kind, back.values.tolist()) == ("a", CATEGORY, column.values.tolist())
    assert {row: str(error) for row, error in back.errors.items()} == {
        row: str(error) for row, error in column.errors.items()
    }


def test_numbers_and_tags_come_back():
    numbers, tags = make_column("n", NUMBER, [1.5, None, 3]), make_column("t", TAGS, [("b", "a"), None, ("b", "a")])
    back = frames.decode(frames.encode([numbers, tags, np.array([True, False])]))
    np.testing.assert_array_equal(back[0].values, numbers.values)
    assert back[1].values.tolist() == [("a", "b"), None, ("a", "b")]
    assert back[2].dtype == bool
    back[2][0] = False  # may be written to


def test_a_training_comes_back():
    made = card()
    scored = made.score({"age": make_column("age", NUMBER, [1.0, 7.0])})
    training = Training(made, {"auc": None, "rows": 7}, Profile.of(made, scored), Recipe([("a", "b")], 0.25, 60, True))
    back = frames.decode(frames.encode(training))
    assert artifact.digest(artifact.dump(back.card)) == artifact.digest(artifact.dump(made))
    assert (back.metrics, back.recipe) == (training.metrics, training.recipe)
    assert back.reference.to_dict() == training.reference.to_dict()


@pytest.mark.parametrize(
    "value", [card(), Profile.of(card(), card().score({"age": make_column("age", NUMBER, [7.0])}))]
)
def test_a_card_and_a_profile_come_back_alone(value):
    back = frames.decode(frames.encode(value))
    assert type(back) is type(value)
    assert frames.encode(back) == frames.encode(value)


def test_equal_values_give_equal_bytes():
    one = frames.encode({"a": make_column("a", CATEGORY, ["x", "y", "x"])})
    assert one == frames.encode({"a": make_column("a", CATEGORY, ["x", "y", "x"])})
    assert one != frames.encode({"a": make_column("a", CATEGORY, ["x", "y", "y"])})


@pytest.mark.parametrize("value", [object(), {1, 2}, len, {"a": b"bytes"}, 1j])
def test_what_is_not_listed_does_not_pass(value):
    with pytest.raises(frames.BadFrame, match="cannot be sent"):
        frames.encode(value)


@pytest.mark.parametrize(
    "tree, arrays",
    [
        (["result", "os.system", []], []),
        (["unknown"], []),
        (["array", 3], []),
        (["array", 0], [["|O8", [1]]]),
        (["card", {"format": 1}], []),
        (["card"], []),
        (["profile", {}, {}], []),
        (["result", "Recipe"], []),
        (["other", "Recipe", []], []),
    ],
)
def test_a_forged_frame_builds_nothing(tree, arrays):
    head = json.dumps({"tree": tree, "arrays": arrays}).encode()
    with pytest.raises((frames.BadFrame, Exception), match=r".") as found:
        frames.decode(frames.LENGTH.pack(len(head)) + head + b"\0" * 64)
    assert type(found.value).__name__ in ("BadFrame", "ArtifactRejected")


def test_a_stream_of_frames_ends():
    stream = io.BytesIO()
    frames.write_frame(stream, b"one")
    frames.write_frame(stream, b"")
    stream.seek(0)
    assert [frames.read_frame(stream) for _time in range(3)] == [b"one", b"", None]
    assert frames.read_frame(io.BytesIO(frames.LENGTH.pack(5) + b"abc")) is None, "cut off"
    with pytest.raises(frames.BadFrame):
        frames.read_frame(io.BytesIO(frames.LENGTH.pack(2**40)))
