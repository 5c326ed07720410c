"""Objects of a schema are looked at one by one; whole files are tested in test_imported.py."""

import io
import zipfile

import pytest

from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.ml.imported_schema import MAX_DEPTH, Schema


@pytest.fixture
def schema():
    return Schema(zipfile.ZipFile(io.BytesIO(), "w"))


def node(kind, name, **content):
    module, _, class_name = name.rpartition(".")
    return {"__class__": class_name, "__module__": module, "__loader__": kind, "__id__": 1, **content}


@pytest.mark.parametrize(
    ("content", "is_sound"),
    [
        ({"start": 0, "stop": 3, "step": None}, True),
        ({"start": 0, "stop": 3}, False),
        ({"start": 0, "stop": 3, "step": None, "more": 1}, False),
        ({"start": 0, "stop": "3", "step": None}, False),
        ({"start": 0, "stop": True, "step": None}, False),
        ([0, 3, None], False),
    ],
)
def test_a_range_holds_three_whole_numbers_or_nothing(schema, content, is_sound):
    entry = node("SliceNode", "builtins.slice", content=content)
    if is_sound:
        schema.check(entry)
    else:
        with pytest.raises(ArtifactRejected, match="a range cannot be read"):
            schema.check(entry)


@pytest.mark.parametrize(
    ("entry", "cause"),
    [
        (7, "an object is expected"),
        (node("SliceNode", "builtins.exec", content={}), "not on the list"),
        (node("SliceNode", "builtins.slice", content={}, more=1), "not stored as usual"),
        (node(["SliceNode"], "builtins.slice", content={}), "not on the list"),
    ],
)
def test_what_is_not_listed_is_refused(schema, entry, cause):
    with pytest.raises(ArtifactRejected, match=cause):
        schema.check(entry)


def test_objects_lie_only_so_deep_in_each_other(schema):
    entry = node("SliceNode", "builtins.slice", content={"start": 0, "stop": 3, "step": None})
    schema.check(entry, MAX_DEPTH)
    with pytest.raises(ArtifactRejected, match="too deep"):
        schema.check({**entry, "__id__": 2}, MAX_DEPTH + 1)
