"""The schema of a skops file: every object in it is of a listed class, stored as usual, before any exists.

The schema is a tree of entries. Each says of what class an object is, by which way
it was stored, and holds the entries of what is in it; an array names its file. What
is not listed here does not get in, and that is everything that could be called:
functions, methods, partials, random generators, and classes nobody thought of.
"""

import hashlib
import json
import math
from typing import Any

import numpy as np

from .errors import ArtifactRejected
from .imported_trees import check_tree

MAX_ARRAYS = 50_000_000  # bytes, an array counted as often as it is asked for
MAX_OBJECTS = 200_000  # of a pipeline
MAX_DEPTH = 40  # of objects within objects

# What may be built. Preprocessing:
_CLASSES = {
    "sklearn.pipeline.Pipeline",
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.impute._base.MissingIndicator",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.MaxAbsScaler",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.Normalizer",
    "sklearn.preprocessing._data.Binarizer",
    "sklearn.preprocessing._data.PowerTransformer",
    "sklearn.preprocessing._data.QuantileTransformer",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    # ... models:
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.naive_bayes.BernoulliNB",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.ExtraTreeClassifier",
    # ... and ensembles of these:
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._forest.ExtraTreesClassifier",
    "sklearn.ensemble._voting.VotingClassifier",
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.preprocessing._label.LabelEncoder",
}
_SCALARS = {f"numpy.{name}" for name in ("bool", "bool_", "int32", "int64", "uint8", "float32", "float64")}
_PLAIN_TYPES = {f"builtins.{name}" for name in ("bool", "int", "float", "str")}

# How each kind of object is stored: the classes that may be stored so, and the keys of its entry.
_STORED = {
    "ObjectNode": (_CLASSES, {"content"}),
    "DictNode": ({"builtins.dict", "sklearn.utils._bunch.Bunch"}, {"content", "key_types"}),
    "ListNode": ({"builtins.list"}, {"content"}),
    "TupleNode": ({"builtins.tuple"}, {"content"}),
    "JsonNode": ({"builtins.str"}, {"content", "is_json"}),
    "SliceNode": ({"builtins.slice"}, {"content"}),
    "TypeNode": (_PLAIN_TYPES | _SCALARS, set()),
    "NdArrayNode": ({"numpy.ndarray"} | _SCALARS, {"type", "file", "content", "shape"}),
    "DTypeNode": ({"numpy.dtype"}, {"content"}),
    "TreeNode": ({"sklearn.tree._tree.Tree"}, {"content", "__reduce__"}),
}
_ABOUT = {"__class__", "__module__", "__loader__", "__id__"}


class Schema:
    """Walks through all objects of a schema before any of them exists."""

    def __init__(self, archive: Any) -> None:
        self.archive = archive
        self.sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        self.prints = {}
        self.objects = self.bytes = 0
        self.by_id = {}
        self.read = set()

    def check(self, entry: Any, depth: int = 0) -> None:
        """ArtifactRejected unless this entry and all below it are of the listed kinds."""
        self.objects += 1
        if self.objects > MAX_OBJECTS or depth > MAX_DEPTH:
            raise ArtifactRejected("the schema has too many objects, or they lie too deep in each other")
        if not isinstance(entry, dict):
            raise ArtifactRejected("the schema is damaged: an object is expected")
        stored: Any = entry.get("__loader__")
        module, class_name = entry.get("__module__"), entry.get("__class__")
        name = f"{module}.{class_name}"
        classes, keys = _STORED.get(stored if isinstance(stored, str) else "", (set(), set()))
        if name not in classes or not isinstance(class_name, str) or "." in class_name:
            raise ArtifactRejected(f"{shown(name)} is not on the list of what a pipeline may hold")
        if not set(entry) - _ABOUT <= set(keys):
            raise ArtifactRejected(f"{shown(name)} is not stored as usual")
        self._check_id(entry)
        getattr(self, f"_{stored.lower()}")(entry, depth + 1)

    def _check_id(self, entry: Any) -> None:
        # skops builds an object once per number: two entries of one number must be one thing, or
        # what is built is not what was looked at.
        number = entry.get("__id__")
        if isinstance(number, bool) or not isinstance(number, int | None):
            raise ArtifactRejected("the schema is damaged: an object has no proper number")
        first = entry if number is None else self.by_id.setdefault(number, entry)
        if first is not entry and self._without_numbers(first) != self._without_numbers(entry):
            raise ArtifactRejected("two different objects of the schema have one number")

    def _without_numbers(self, entry: Any) -> Any:
        """An entry and all below it by content: what stands twice in a file has other numbers and files inside."""
        if isinstance(entry, dict):
            kept = {key: value for key, value in entry.items() if key not in ("__id__", "file")}
            content = {key: self._without_numbers(value) for key, value in kept.items()}
            return {**content, "file": self._print(entry["file"])} if "file" in entry else content
        return [self._without_numbers(value) for value in entry] if isinstance(entry, list) else entry

    def _print(self, name: str) -> Any:
        """The digest of an array's file."""
        if name not in self.sizes:
            raise ArtifactRejected("the file is damaged: an array is missing")
        if name not in self.prints:
            self.prints[name] = hashlib.sha256(self.archive.read(name)).hexdigest()
        return self.prints[name]

    def _objectnode(self, entry: Any, depth: int) -> None:
        content = entry.get("content")
        if not isinstance(content, dict) or content.get("__loader__") != "DictNode":
            raise ArtifactRejected("the schema is damaged: an object without attributes")
        self.check(content, depth)
        if any(name.startswith("__") or not name.isidentifier() for name in content["content"]):
            raise ArtifactRejected("an attribute has a name that no pipeline has")
        version = content["content"].get("_sklearn_version")
        if version is not None:
            _check_release(version)

    def _dictnode(self, entry: Any, depth: int) -> None:
        content, kinds = entry.get("content"), entry.get("key_types")
        if not isinstance(content, dict) or not isinstance(kinds, dict) or kinds.get("__loader__") != "ListNode":
            raise ArtifactRejected("the schema is damaged: a mapping cannot be read")
        self.check(kinds, depth)
        if any(kind.get("__loader__") != "TypeNode" for kind in kinds["content"]):
            raise ArtifactRejected("the schema is damaged: a mapping cannot be read")
        for value in content.values():
            self.check(value, depth)

    def _listnode(self, entry: Any, depth: int) -> None:
        if not isinstance(entry.get("content"), list):
            raise ArtifactRejected("the schema is damaged: a list is expected")
        for value in entry["content"]:
            self.check(value, depth)

    _tuplenode = _listnode

    def _jsonnode(self, entry: Any, depth: int) -> None:
        if not isinstance(entry.get("content"), str):
            raise ArtifactRejected("the schema is damaged: a plain value is expected")
        try:
            json.loads(entry["content"])
        except (ValueError, RecursionError) as error:
            raise ArtifactRejected("the schema is damaged: a plain value cannot be read") from error

    def _slicenode(self, entry: Any, depth: int) -> None:
        content = entry.get("content")
        if not isinstance(content, dict) or set(content) != {"start", "stop", "step"}:
            raise ArtifactRejected("the schema is damaged: a range cannot be read")
        if not all(value is None or type(value) is int for value in content.values()):
            raise ArtifactRejected("the schema is damaged: a range cannot be read")

    def _typenode(self, entry: Any, depth: int) -> None:
        """Nothing more to check: the name of the type was held against the list already."""

    def _dtypenode(self, entry: Any, depth: int) -> None:
        self.check(entry.get("content"), depth)
        if entry["content"]["__loader__"] != "NdArrayNode":
            raise ArtifactRejected("the schema is damaged: a kind of number cannot be read")

    def _ndarraynode(self, entry: Any, depth: int) -> None:
        if entry.get("type") == "json":  # an array of objects: of plain values only
            values, shape = entry.get("content"), entry.get("shape")
            if not isinstance(values, list) or not isinstance(shape, dict) or "file" in entry:
                raise ArtifactRejected("the schema is damaged: an array cannot be read")
            for value in (*values, *([shape] if shape.get("__loader__") == "TupleNode" else [None])):
                self.check(value, depth)
            if any(value["__loader__"] not in ("JsonNode", "ListNode") for value in values):
                raise ArtifactRejected("an array holds objects that are no plain values")
        elif entry.get("type") == "numpy" and isinstance(entry.get("file"), str) and "content" not in entry:
            self._check_array(entry["file"], "biufUS")
        else:
            raise ArtifactRejected("the schema is damaged: an array cannot be read")

    def _treenode(self, entry: Any, depth: Any) -> None:
        made_of, content = entry.get("__reduce__"), entry.get("content")
        args = made_of.get("args") if isinstance(made_of, dict) and set(made_of) == {"args"} else None
        self.check(args, depth)
        values: Any = content.get("content") if isinstance(content, dict) else None
        nodes: Any = values.get("nodes") if isinstance(values, dict) else None
        if not isinstance(nodes, dict) or (nodes.get("__loader__"), nodes.get("type")) != ("NdArrayNode", "numpy"):
            raise ArtifactRejected("the schema is damaged: a tree cannot be read")
        # The nodes are the one array of records that there is; all else is looked at like any mapping.
        rest = {name: value for name, value in values.items() if name != "nodes"}
        self.check({**content, "__id__": None, "content": rest}, depth)
        if content.get("__loader__") != "DictNode" or not set(nodes) - _ABOUT <= {"type", "file"}:
            raise ArtifactRejected("the schema is damaged: a tree cannot be read")
        if (nodes.get("__module__"), nodes.get("__class__")) != ("numpy", "ndarray"):
            raise ArtifactRejected("the schema is damaged: a tree cannot be read")
        self._check_id(content)
        self._check_id(nodes)
        self._check_array(nodes.get("file"), "V")
        check_tree(args, values, self._load)

    def _load(self, entry: Any) -> Any:
        """The array of an entry that was looked at."""
        if entry.get("__loader__") != "NdArrayNode" or entry.get("type") != "numpy":
            raise ArtifactRejected("the schema is damaged: a tree cannot be read")
        with self.archive.open(entry["file"]) as data:
            return np.lib.format.read_array(data, allow_pickle=False)

    def _check_array(self, name: Any, kinds: str) -> None:
        """The file holds one array of such kinds, exactly as long as its head says."""
        if not isinstance(name, str) or name not in self.sizes:
            raise ArtifactRejected("the file is damaged: an array is missing")
        self.bytes += self.sizes[name]
        if self.bytes > MAX_ARRAYS:
            raise ArtifactRejected(f"the arrays unpack to more than {MAX_ARRAYS // 1_000_000} MB")
        if (name, kinds) in self.read:
            return
        self.read.add((name, kinds))
        with self.archive.open(name) as data:
            version = np.lib.format.read_magic(data)
            if version != (1, 0):
                raise ArtifactRejected("an array is stored in an unusual way")
            try:
                shape, _fortran, dtype = np.lib.format.read_array_header_1_0(data)
            except ValueError as error:
                raise ArtifactRejected("the file is damaged: an array has no proper head") from error
            head = data.tell()
        if dtype.hasobject or dtype.kind not in kinds:
            raise ArtifactRejected("an array holds something other than numbers and text")
        if head + math.prod(shape) * dtype.itemsize != self.sizes[name] or min(shape, default=0) < 0:
            raise ArtifactRejected("the file is damaged: an array is not as long as it says")


def _check_release(entry: Any) -> None:
    """Made with the release of scikit-learn that would run it: others keep other things in the same names."""
    import sklearn

    made = json.loads(entry["content"]) if entry.get("__loader__") == "JsonNode" else ""
    here = sklearn.__version__
    if not isinstance(made, str) or made.split(".")[:2] != here.split(".")[:2]:
        raise ArtifactRejected(f"the pipeline was made with scikit-learn {shown(str(made))}, here is {here}")


def shown(text: Any) -> Any:
    """Foreign text, short and harmless."""
    return repr(text[:80]) if text.isprintable() else "something unreadable"
