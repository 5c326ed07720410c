"""Imported models: what a good pipeline says, and what a file cannot do. Every hostile file is made for real."""

import bz2
import copy
import gzip
import hashlib
import io
import json
import lzma
import pickle
import sys
import tracemalloc
import zipfile
import zlib

import joblib
import numpy as np
import pytest
import sklearn
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from odoo.addons.ai_deployment.ml import artifact, imported, imported_files
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import (
    ArtifactRejected,
    OneClass,
    PredictionInvalid,
    TooFewCases,
)
from odoo.addons.ai_deployment.ml.import_evaluation import evaluate_pipeline
from odoo.addons.ai_deployment.ml.profile import SCORE

N = 1200


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


def world(seed=0):
    random = np.random.default_rng(seed)
    size, age = random.normal(size=N), random.normal(size=N)
    city = random.choice(["Bern", "Wien", "Graz"], N).astype(object)
    labels = random.random(N) < 1 / (1 + np.exp(-size - 1.5 * (city == "Wien") + 0.7))
    size[random.random(N) < 0.1] = np.nan
    city[random.random(N) < 0.05] = None
    columns = {
        "size": make_column("size", NUMBER, size),
        "age": make_column("age", NUMBER, age),
        "city": make_column("city", CATEGORY, city.tolist()),
    }
    return columns, labels


COLUMNS, LABELS = world()
NUMBERS = {name: COLUMNS[name] for name in ("size", "age")}


def table(columns):
    dtype = object if any(column.kind == CATEGORY for column in columns.values()) else float
    return np.stack([column.values.astype(dtype) for column in columns.values()], axis=1)


def mixed(**options):
    encoder = OneHotEncoder(handle_unknown="ignore", **options)
    steps = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), [0, 1]), ("c", encoder, [2])])
    return make_pipeline(steps, LogisticRegression()).fit(table(COLUMNS), LABELS)


GOOD = mixed()
FILE = skops.io.dumps(GOOD)


def adopt(content=FILE, columns=COLUMNS, **options):
    return evaluate_pipeline(content, columns, LABELS, np.arange(float(N)), **options)


ADOPTED = adopt()
CARD = ADOPTED.card


# Welcome


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(SimpleImputer(), LogisticRegression()),
        make_pipeline(SimpleImputer(add_indicator=True), MinMaxScaler(), GaussianNB()),
        make_pipeline(SimpleImputer(), RobustScaler(), PowerTransformer(), LinearDiscriminantAnalysis()),
        make_pipeline(SimpleImputer(), QuantileTransformer(n_quantiles=20), QuadraticDiscriminantAnalysis()),
        make_pipeline(SimpleImputer(), BernoulliNB()),
        make_pipeline(SimpleImputer(), CalibratedClassifierCV(LogisticRegression())),
        make_pipeline(SimpleImputer(), DecisionTreeClassifier(max_depth=4)),
        make_pipeline(RandomForestClassifier(5, max_depth=6, n_jobs=2)),
        make_pipeline(SimpleImputer(), ExtraTreesClassifier(5, max_depth=6)),
        make_pipeline(
            SimpleImputer(),
            VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft", n_jobs=2),
        ),
    ],
    ids=lambda pipeline: type(pipeline[-1]).__name__,
)
def test_an_imported_model_says_what_the_pipeline_says(pipeline):
    pipeline.fit(table(NUMBERS), LABELS)
    card = adopt(skops.io.dumps(pipeline), NUMBERS).card
    scored = card.score(NUMBERS)
    # Threads of a forest add up its trees in any order; an imported model has one thread.
    assert scored.values == pytest.approx(pipeline.predict_proba(table(NUMBERS))[:, 1], abs=1e-15)
    assert scored.predictions.tolist() == (scored.values >= 0.5).tolist()
    assert scored.confidences == pytest.approx(np.maximum(scored.values, 1 - scored.values))
    assert not scored.errors and scored.codes.shape == (N, 2) and scored.support.min() >= 0


def test_categories_come_as_text():
    for encoder in (
        OneHotEncoder(handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ):
        steps = ColumnTransformer([("n", SimpleImputer(), [0, 1]), ("c", encoder, [2])])
        pipeline = make_pipeline(steps, SimpleImputer(), LogisticRegression()).fit(table(COLUMNS), LABELS)
        scored = adopt(skops.io.dumps(pipeline)).card.score(COLUMNS)
        assert scored.values.tolist() == pipeline.predict_proba(table(COLUMNS))[:, 1].tolist()


def test_it_survives_storing():
    data = json.loads(json.dumps(artifact.dump(CARD)))
    twin = artifact.load(data, artifact.digest(data), content=FILE)
    assert type(twin) is imported.ImportedCard and artifact.dump(twin) == artifact.dump(CARD)
    assert twin.score(COLUMNS).values.tolist() == CARD.score(COLUMNS).values.tolist()
    assert (
        twin.contributions(CARD.score(COLUMNS).codes[:9]).tolist()
        == CARD.contributions(CARD.score(COLUMNS).codes[:9]).tolist()
    )


def test_it_is_tested_on_the_latest_rows_and_counted():
    assert ADOPTED.metrics["test_rows"] == 180 and ADOPTED.metrics["auc"] > 0.65
    assert ADOPTED.reference.rows == N and ADOPTED.reference.counts[SCORE].sum() == N
    assert json.loads(json.dumps(ADOPTED.metrics)) == ADOPTED.metrics


def test_inputs_are_found_by_name_where_the_pipeline_knows_names():
    pipeline = make_pipeline(SimpleImputer(), LogisticRegression()).fit(table(NUMBERS)[:, ::-1], LABELS)
    pipeline[0].feature_names_in_ = np.array(["age", "size"], dtype=object)
    card = adopt(skops.io.dumps(pipeline), NUMBERS).card
    assert card.names == ("age", "size")
    plain = LogisticRegression()
    assert not hasattr(card.pipeline[0], "feature_names_in_") and plain.get_params() == card.pipeline[1].get_params()
    assert (
        card.score(NUMBERS).values.tolist()
        == pipeline[1].predict_proba(SimpleImputer().fit_transform(table(NUMBERS)[:, ::-1]))[:, 1].tolist()
    )
    pipeline[0].feature_names_in_ = np.array(["age", "colour"], dtype=object)
    with pytest.raises(ArtifactRejected, match="reads 'colour', which is not declared; it reads: age, colour"):
        adopt(skops.io.dumps(pipeline), NUMBERS)


def test_an_interval_that_no_row_lies_in_is_stood_for_by_its_lower_end():
    bins, ages = NumericBins(0.0, 30.0, [10.0, 20.0]), np.array([1.0, 25.0, 27.0])
    assert imported.typical_values(bins, ages, bins.codes(ages)) == [None, 0.0, 30.0, 1.0, 10.0, 26.0]


def test_reasons_are_the_change_from_the_usual_value():
    assert not CARD.exact_reasons
    codes = CARD.score(COLUMNS).codes[:50]
    shares = CARD.contributions(codes)
    assert shares.shape == (50, 3) and np.isfinite(shares).all()
    usual = [imported.usual_code(feature) for feature in CARD.features]
    assert (CARD.contributions(np.array([usual])) == 0).all()
    big = codes.copy()
    big[:, 0] = CARD.features[0].bins.size - 1  # the largest sizes win
    assert (CARD.contributions(big)[:, 0] > 1).all()
    assert CARD.explain(codes[0])[0].feature in CARD.names
    assert CARD.ranked()[-1][0] == "age" and "approximate" in CARD.as_text()


def test_a_row_that_the_pipeline_refuses_fails_alone():
    columns = {**COLUMNS, "size": make_column("size", NUMBER, np.where(np.arange(N) % 400 == 7, np.inf, 1.0))}
    scored = CARD.score(columns)
    assert sorted(scored.errors) == [7, 407, 807]
    assert all(isinstance(error, PredictionInvalid) for error in scored.errors.values())
    assert np.isnan(scored.values[[7, 407, 807]]).all() and np.isfinite(np.delete(scored.values, [7, 407, 807])).all()
    assert not scored.predictions[7] and scored.confidences[7] == 0


def test_a_pipeline_that_refuses_everything_is_asked_few_times(monkeypatch):
    asked = []
    monkeypatch.setattr(type(CARD.pipeline), "predict_proba", lambda self, rows: asked.append(1) or 1 / 0)
    scored = CARD.score(COLUMNS)
    assert len(scored.errors) == N and len(asked) < 200
    assert (CARD.contributions(scored.codes[:5]) == 0).all()


@pytest.mark.parametrize(
    "answer", [np.full((N, 2), np.nan), np.full((N, 2), 1.5), np.zeros((N, 3)), np.zeros(N), "x", None]
)
def test_an_answer_that_is_no_probability_is_an_error_of_the_row(monkeypatch, answer):
    monkeypatch.setattr(type(CARD.pipeline), "predict_proba", lambda self, rows: answer)
    with pytest.raises(PredictionInvalid):
        imported.probabilities(CARD.pipeline, table(COLUMNS))
    assert len(CARD.score(COLUMNS).errors) == N


def test_what_is_of_no_use_for_scoring_is_taken_out():
    pipeline = make_pipeline(SimpleImputer(), LogisticRegression(n_jobs=7, verbose=3), memory="/tmp/of_a_pipeline")
    pipeline = pipeline.fit(table(NUMBERS), LABELS)
    loaded = adopt(skops.io.dumps(pipeline), NUMBERS).card.pipeline
    assert (loaded.memory, loaded[1].n_jobs, loaded[1].verbose) == (None, None, 0)


# Not welcome


def refused(content, match, columns=NUMBERS, **options):
    with pytest.raises(ArtifactRejected, match=match) as caught:
        adopt(content, columns, **options)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


class Bomb:
    """What a pickle would do, would anybody open it."""

    def __reduce__(self):
        return exec, ("raise SystemError('a pickle was opened')",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_by_name(protocol):
    refused(pickle.dumps(Bomb(), protocol), "pickle is a program")


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)], ids=str)
def test_a_joblib_file_is_refused_by_name(compress):
    content = io.BytesIO()
    joblib.dump({"array": np.arange(100.0), "bomb": Bomb()}, content, compress=compress)
    refused(content.getvalue(), "joblib")


@pytest.mark.parametrize(("before", "kind"), [(4089, "joblib file"), (4090, "pickle")])
def test_a_joblib_file_is_known_by_its_first_four_kilobytes(before, kind):
    refused(b"\x80" + b"x" * before + b"joblib", f"a {kind} is a program")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"\x00" * 100, "skops format"),
        (b"{}", "skops format"),
        (b"import os\n", "skops format"),
        (gzip.compress(b"x"), "compressed"),
        (bz2.compress(b"x"), "compressed"),
        (lzma.compress(b"x"), "compressed"),
        (zlib.compress(b"x"), "compressed"),
        (b"PK\x03\x04" + b"\x00" * 50, "damaged"),
        (b"PK\x03\x04" + b"x" * (imported_files.MAX_FILE + 1), "larger than"),
    ],
    ids=lambda item: repr(item)[:20],
)
def test_what_is_no_skops_file_is_refused(content, match):
    refused(content, match)


def archive(change, content=FILE, compress=zipfile.ZIP_STORED):
    """The good file with its entries, {name: bytes}, changed by ``change``."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    changed = change(entries) or entries
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as new:
        for name, data in changed.items():
            new.writestr(name, data)
    return out.getvalue()


def schema(change, content=FILE):
    def edit(entries):
        data = json.loads(entries["schema.json"])
        entries["schema.json"] = json.dumps(change(data) or data)

    return archive(edit, content)


def test_the_archive_that_was_only_packed_again_is_welcome():
    assert adopt(archive(lambda entries: None, compress=zipfile.ZIP_DEFLATED)).card.names == CARD.names


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda entries: {"readme.txt": b"hello"}, "no schema"),
        (lambda entries: entries.update({"../../etc/passwd": b"x"}), "does not belong"),
        (lambda entries: entries.update({"evil.py": b"x"}), "does not belong"),
        (lambda entries: entries.update({f"{i}.npy": b"" for i in range(11_000)}), "too many"),
        (lambda entries: entries.update({"1.npy": b"\0" * (imported_files.MAX_UNPACKED + 1)}), "unpacks to more"),
        (lambda entries: entries.update({"schema.json": b" " * (imported_files.MAX_SCHEMA + 1)}), "too large"),
        (lambda entries: entries.update({"schema.json": b"{"}), "cannot be read"),
        (lambda entries: entries.update({"schema.json": b"[]"}), "not an object"),
        (lambda entries: entries.update({"schema.json": b'{"a":' * 100_000}), "cannot be read"),
        (lambda entries: {k: v for k, v in entries.items() if not k.endswith("npy")}, "array is missing"),
        (lambda entries: {k: v[:-1] if k.endswith("npy") else v for k, v in entries.items()}, "not as long|head"),
        (lambda entries: {k: v + b"x" if k.endswith("npy") else v for k, v in entries.items()}, "not as long"),
    ],
)
def test_an_archive_with_anything_else_in_it_is_refused(change, match):
    refused(archive(change, compress=zipfile.ZIP_DEFLATED), match)


def test_one_large_array_cannot_be_asked_for_again_and_again():
    large = io.BytesIO()
    np.save(large, np.zeros(1_000_000))

    def change(entries):
        data = json.loads(entries["schema.json"])
        array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy"}
        many = [{**array, "file": "1.npy"} for _time in range(500)]  # 4 GB, were they all read
        step(data)["content"]["content"]["verbose"] = {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "content": many,
        }
        entries.update({"schema.json": json.dumps(data).encode(), "1.npy": large.getvalue()})

    refused(archive(change, compress=zipfile.ZIP_DEFLATED), "arrays unpack to more", COLUMNS)


def test_a_small_file_that_unpacks_to_much_costs_little():
    content = archive(
        lambda e: e.update({"1.npy": b"\0" * (imported_files.MAX_UNPACKED + 1)}), compress=zipfile.ZIP_DEFLATED
    )
    assert len(content) < 1_000_000
    tracemalloc.start()
    refused(content, "unpacks to more")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def header(shape, dtype, body=b""):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"shape": shape, "fortran_order": False, "descr": dtype})
    return out.getvalue() + body


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (header((10**12,), "<f8"), "not as long"),
        (header((-1,), "<f8"), "not as long|damaged"),
        (header((1,), "|O", pickle.dumps(Bomb())), "other than numbers"),
        (header((1,), [("a", "<i8")], b"\0" * 8), "other than numbers"),
        (header((1,), "<M8[s]", b"\0" * 8), "other than numbers"),
        (b"\x93NUMPY\x03\x00" + b"\0" * 100, "unusual"),
        (pickle.dumps(Bomb()), "damaged"),
    ],
    ids=lambda item: repr(item)[-20:],
)
def test_an_array_that_is_no_plain_array_is_refused(data, match):
    refused(archive(lambda entries: {k: data if k.endswith("npy") else v for k, v in entries.items()}), match)


def step(data):
    return data["content"]["content"]["steps"]["content"][0]["content"][1]


CODE = [
    ("os", "system", "FunctionNode"),
    ("builtins", "eval", "FunctionNode"),
    ("builtins", "exec", "TypeNode"),
    ("subprocess", "Popen", "ObjectNode"),
    ("functools", "partial", "PartialNode"),
    ("operator", "methodcaller", "OperatorFuncNode"),
    ("sklearn.pipeline", "Pipeline", "MethodNode"),
    ("sklearn.pipeline", "Pipeline", "ConstructorFromReduceNode"),
    ("builtins", "dict", "ReduceNode"),
    ("numpy.random._generator", "Generator", "RandomGeneratorNode"),
    ("numpy.random.mtrand", "RandomState", "RandomStateNode"),
    ("scipy.sparse._csr", "csr_matrix", "SparseMatrixNode"),
    ("sklearn.tree._tree", "Tree", "TreeNode"),
    ("_loss", "CyHalfBinomialLoss", "LossNode"),
    ("numpy", "add", "FunctionNode"),
    ("numpy", "ndarray", "ObjectNode"),
    ("sklearn.pipeline", "make_pipeline", "ObjectNode"),
    ("sklearn", "pipeline.Pipeline", "ObjectNode"),
    ("sklearn.datasets._base", "load_files", "ObjectNode"),
    ("builtins", "str", "CachedNode"),
    ("builtins", "bytes", "BytesNode"),
    (None, None, None),
    (["os"], {"a": 1}, 7),
]


@pytest.mark.parametrize(("module", "name", "loader"), CODE)
def test_what_could_run_is_not_on_the_list(module, name, loader):
    def everywhere(data):
        step(data).update(__module__=module, __class__=name, __loader__=loader)

    def deep(data):  # as the value of an attribute of a step
        attributes = step(data)["content"]["content"]
        attributes["verbose"] = {"__module__": module, "__class__": name, "__loader__": loader, "content": {}}

    for change in (everywhere, deep):
        refused(schema(change), "not on the list|not stored as usual|damaged", COLUMNS)


def numbers_of(data):
    """The first array of numbers below a node of the schema."""
    if isinstance(data, dict) and (data.get("__loader__"), data.get("type")) == ("NdArrayNode", "numpy"):
        return data
    below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return next(filter(None, map(numbers_of, below)), None)


@pytest.mark.parametrize("values", [{"type": "other"}, {"file": 3}, {"file": None}, {"content": []}])
def test_an_array_is_a_file_of_numbers_and_nothing_else(values):
    refused(schema(lambda data: numbers_of(data).update(values)), "an array cannot be read")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(protocol=None),
        lambda data: data.update(protocol=True),
        lambda data: data.update(protocol=10**6),
        lambda data: data.update(protocol=-1),
        lambda data: data.pop("content"),
        lambda data: data.update(content=[]),
        lambda data: data.update(surplus=1),
        lambda data: step(data).update(__reduce__={"args": []}),
        lambda data: step(data).update(__id__="1"),
        lambda data: step(data).update(__id__=data["__id__"]),
        lambda data: step(data)["content"].update(key_types=copy.deepcopy(step(data))),
        lambda data: step(data)["content"]["content"].update({"__class__": {"__loader__": "JsonNode"}}),
        lambda data: step(data)["content"]["content"].update({"a.b": step(data)["content"]["content"]["verbose"]}),
        lambda data: step(data)["content"]["content"]["verbose"].update(content="{"),
        lambda data: step(data)["content"]["content"]["verbose"].update(content=7),
    ],
)
def test_a_schema_that_no_pipeline_has_is_refused(change):
    refused(schema(lambda data: change(data) and None), "the|an|two|not", COLUMNS)


def test_a_number_cannot_stand_for_two_things():
    def twice(data):
        # The second step claims the number of the first and brings something else.
        first, second = (pair["content"][1] for pair in data["content"]["content"]["steps"]["content"])
        second["__id__"] = first["__id__"]

    refused(schema(twice), "one number", COLUMNS)


def test_it_must_be_made_with_the_release_that_runs_it():
    def older(data):
        return json.loads(json.dumps(data).replace(json.dumps(json.dumps(sklearn.__version__)), json.dumps('"0.24.1"')))

    refused(schema(older), "made with scikit-learn '0.24.1', here is", COLUMNS)


@pytest.mark.parametrize(
    ("pipeline", "match"),
    [
        (make_pipeline(FunctionTransformer(np.nan_to_num), LogisticRegression()), "FunctionTransformer"),
        (make_pipeline(SimpleImputer(), RandomForestRegressor(2)), "RandomForest"),
        (make_pipeline(SimpleImputer(), GradientBoostingClassifier(n_estimators=2)), "GradientBoosting"),
        (HistGradientBoostingClassifier(max_iter=2), "HistGradientBoosting"),
        (make_pipeline(SimpleImputer(), KNeighborsClassifier()), "not on the list"),
        (make_pipeline(SimpleImputer(), RidgeClassifier()), "not on the list"),
        (make_pipeline(SimpleImputer(), LinearRegression()), "not on the list"),
        (make_pipeline(SimpleImputer(), StandardScaler()), "no predict_proba"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_a_pipeline_of_other_parts_is_refused(pipeline, match):
    refused(skops.io.dumps(pipeline.fit(table(NUMBERS), LABELS)), match)


def test_it_must_fit_the_inputs_and_the_question():
    refused(FILE, "reads 3 inputs, and 2 are declared")
    labels = np.array(["lost", "won"])[LABELS.astype(int)]
    words = make_pipeline(SimpleImputer(), LogisticRegression()).fit(table(NUMBERS), labels)
    refused(skops.io.dumps(words), "two classes")
    three = make_pipeline(SimpleImputer(), LogisticRegression()).fit(table(NUMBERS), np.arange(N) % 3)
    refused(skops.io.dumps(three), "two classes")
    strict = LogisticRegression().fit(np.nan_to_num(table(NUMBERS)), LABELS)  # cannot cope with missing numbers
    refused(skops.io.dumps(strict), "of 1200 labelled records it cannot score")


def test_labels_are_needed_for_the_test():
    with pytest.raises(OneClass):
        evaluate_pipeline(FILE, COLUMNS, np.ones(N), np.arange(float(N)))
    with pytest.raises(TooFewCases):
        adopt(min_cases=10_000)


def test_another_file_than_announced_is_refused():
    assert adopt(expected_digest=f" {hashlib.sha256(FILE).hexdigest().upper()}\n").card
    refused(FILE, "SHA-256 is another", COLUMNS, expected_digest="0" * 64)


def test_a_stored_file_that_was_changed_is_refused():
    data = artifact.dump(CARD)
    for content in (None, b"", FILE[:-1], FILE + b"x", skops.io.dumps(mixed(min_frequency=2))):
        with pytest.raises(ArtifactRejected, match="missing|digest"):
            artifact.load(data, content=content)
    for key, value in (("size", 1), ("size", -1), ("size", True), ("sha256", "x"), ("sha256", "0" * 64), ("more", 1)):
        with pytest.raises(ArtifactRejected):
            artifact.load({**data, "file": {**data["file"], key: value}}, content=FILE)
    for typical in ([], data["typical"][:2], [[0] * 3] * 3, [*data["typical"][:2], [7] * len(data["typical"][2])]):
        with pytest.raises(ArtifactRejected):
            artifact.load({**data, "typical": typical}, content=FILE)


def test_without_skops_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    refused(FILE, "install skops", COLUMNS)
    refused(pickle.dumps(1), "pickle")


# Trees: compiled code follows their numbers without looking

FOREST = skops.io.dumps(
    make_pipeline(RandomForestClassifier(2, max_depth=3, random_state=0)).fit(table(NUMBERS), LABELS)
)


def trees_in(node):
    if isinstance(node, dict):
        if node.get("__loader__") == "TreeNode":
            yield node
        node = list(node.values())
    for value in node if isinstance(node, list) else ():
        yield from trees_in(value)


def edited(array, value=None, place=0, data=None):
    """The forest with one number of an array of its second tree replaced, or with the whole array."""

    def change(entries):
        schema = json.loads(entries["schema.json"])
        tree = list(trees_in(schema))[-1]
        holder = tree["content"]["content"].get(array) or tree["__reduce__"]["args"]["content"][1]
        changed = np.load(io.BytesIO(entries[holder["file"]]))
        if data is not None:
            changed = data(changed)
        elif isinstance(value, tuple):
            changed[value[0]][place] = value[1]
        else:
            changed[place] = value
        out = io.BytesIO()
        np.save(out, changed)
        entries[holder["file"]] = out.getvalue()

    return archive(change, FOREST)


@pytest.mark.parametrize(
    "content",
    [
        edited("nodes", ("left_child", 10**9)),
        edited("nodes", ("left_child", -7)),
        edited("nodes", ("left_child", 0)),
        edited("nodes", ("right_child", -1)),
        edited("nodes", ("right_child", 1), 1),
        edited("nodes", ("feature", 2)),
        edited("nodes", ("feature", -2)),
        edited("nodes", data=lambda nodes: nodes[:0]),
        edited("nodes", data=lambda nodes: nodes[:-1]),
        edited("nodes", data=lambda nodes: nodes[None]),
        edited("nodes", data=lambda nodes: nodes[["left_child", "right_child", "feature"]]),
        edited("nodes", data=lambda nodes: nodes["left_child"]),
        edited("values", np.nan),
        edited("values", data=lambda values: values[:-1]),
        edited("values", data=lambda values: values[:, :, :1]),
        edited("values", data=lambda values: values.astype(np.float32)),
        edited("classes", 10**6),
        edited("classes", 3),
        edited("classes", data=lambda classes: np.repeat(classes, 2)),
    ],
)
def test_a_tree_whose_numbers_lead_out_of_it_is_refused(content):
    refused(content, "lead out of it|other than numbers|damaged")


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree["content"]["content"]["node_count"].update(content="1000000"),
        lambda tree: tree["content"]["content"]["node_count"].update(content='"9"'),
        lambda tree: tree["content"]["content"]["max_depth"].update(content="-5"),
        lambda tree: tree["content"]["content"].pop("max_depth"),
        lambda tree: tree["content"]["content"].pop("nodes"),
        lambda tree: tree["__reduce__"]["args"]["content"][0].update(content="1"),
        lambda tree: tree["__reduce__"]["args"]["content"][2].update(content="1000000"),
        lambda tree: tree["__reduce__"]["args"]["content"].pop(),
        lambda tree: tree["__reduce__"].update(constructor="os.system"),
        lambda tree: tree.pop("__reduce__"),
        lambda tree: tree["content"].update(__class__="OrderedDict", __module__="collections"),
        lambda tree: tree["content"]["content"]["nodes"].update(__class__="int64"),
        lambda tree: tree["content"]["content"]["nodes"].update(type="json", content=[]),
    ],
)
def test_a_tree_that_says_something_else_of_itself_is_refused(change):
    def both(data):
        for tree in trees_in(data):
            for entry in (tree["content"]["content"].values(), tree["__reduce__"]["args"]["content"]):
                for value in entry:
                    value.pop("__id__", None)  # so that nothing but the change itself is refused
            change(tree)

    refused(schema(both, FOREST), "tree|not stored as usual|not on the list|damaged")


def test_a_tree_of_another_model_is_refused():
    three = make_pipeline(RandomForestClassifier(2, max_depth=3)).fit(
        np.random.default_rng(0).normal(size=(N, 3)), LABELS
    )
    for tree in three[0].estimators_:
        tree.n_features_in_ = 2
    three[0].n_features_in_ = 2
    refused(skops.io.dumps(three), "reads other inputs than its model")


# Whatever is done to a file: a card or a refusal, never anything else


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_file_is_refused_or_still_the_same(data):
    content = bytearray(FILE)
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] = data.draw(st.integers(0, 255))
        else:
            del content[place : place + data.draw(st.integers(1, 200))]
    try:
        imported_files.load_pipeline(bytes(content))
    except ArtifactRejected:
        pass


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_edited_schema_is_refused_or_builds_only_listed_things(data):
    def edit(whole):
        nodes = []

        def walk(node):
            if isinstance(node, dict):
                nodes.extend((node, key) for key in node)
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(whole)
        node, key = data.draw(st.sampled_from(nodes))
        other, own = data.draw(st.sampled_from(nodes))
        node[key] = data.draw(
            st.sampled_from(
                [copy.deepcopy(other[own]), None, 7, -1, True, "x", [], {}, "os", "eval", "numpy", "ObjectNode"]
            )
        )

    content, columns = data.draw(st.sampled_from([(FILE, COLUMNS), (FOREST, NUMBERS)]))
    try:
        pipeline = imported_files.load_pipeline(schema(edit, content))
        imported.usable_pipeline(pipeline, list(columns))
    except ArtifactRejected:
        pass
    else:
        try:
            imported.probabilities(pipeline, table(columns)[:20])
        except PredictionInvalid:
            pass
