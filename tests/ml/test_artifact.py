import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.anomaly import AnomalyCard
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import (
    Identity,
    IsotonicCalibration,
    Percentile,
    PlattCalibration,
)
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.ml.scorecard import CardFeature, CardPair, Scorecard
from odoo.addons.ai_deployment.ml.uncertainty import Uncertainty


def features(random):
    numbers = NumericBins.fit(random.lognormal(size=200), 12)
    words = CategoryBins.fit(random.choice(["a", "b", "é", "rare"], 200, p=[0.5, 0.3, 0.18, 0.02]).tolist())
    return [
        CardFeature("amount", NUMBER, numbers, random.normal(size=numbers.size), True, np.arange(numbers.size)),
        CardFeature("level", CATEGORY, words, random.normal(size=words.size), False, np.arange(words.size)),
        CardFeature("empty", NUMBER, NumericBins(None, None), np.zeros(3), False, np.zeros(3, dtype=np.int64)),
    ]


def scorecard(seed=0, calibration=None):
    random = np.random.default_rng(seed)
    own = features(random)
    pair = CardPair("amount", "level", random.normal(size=(own[0].bins.size, own[1].bins.size)))
    calibration = calibration or PlattCalibration(random.random() + 0.1, random.normal())
    return Scorecard(own, random.normal(), calibration, NumericBins(0, 1, [0.1, 1 / 3]), [pair], threshold=1 / 3)


def anomaly_card(seed=0):
    random = np.random.default_rng(seed)
    ranks = Percentile.fit(random.normal(size=300))
    return AnomalyCard(
        features(random),
        0.0,
        ranks,
        NumericBins(0, 1),
        threshold=0.1 + 0.2,
        block_thresholds=[1, 0.5, 0.75],
        flag_rate=0.01,
    )


def unsure_card(seed=0):
    """A scorecard that knows how sure it is."""
    random = np.random.default_rng(seed)
    card = scorecard(seed, Identity())
    sizes = [feature.bins.size for feature in card.features]
    card.uncertainty = Uncertainty(
        random.normal(size=3).round(4),
        [random.normal(size=(size, 3)).round(4) for size in sizes],
        [random.random(size).round(4) for size in sizes],
    )
    return card


CARDS = [
    scorecard(),
    scorecard(1, Identity()),
    scorecard(2, IsotonicCalibration([-1, 1 / 3], [0.1, 0.9])),
    anomaly_card(),
    unsure_card(3),
]


def rows(seed):
    random = np.random.default_rng(seed)
    return {
        "amount": make_column("amount", NUMBER, random.lognormal(size=50) * 2),
        "level": make_column("level", CATEGORY, random.choice(["a", "b", "é", "rare", "new", ""], 50).tolist()),
        "empty": make_column("empty", NUMBER, [None] * 25 + [1.0] * 25),
    }


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([scorecard, anomaly_card]))
def test_a_card_scores_the_same_bit_for_bit_after_a_trip_through_text(seed, make):
    card = make(seed)
    data = artifact.dump(card)
    twin = artifact.load(json.loads(json.dumps(data)), artifact.digest(data))
    one, two = card.score(rows(seed)), twin.score(rows(seed))
    for name in ("codes", "contributions", "raw", "values", "predictions", "confidences", "support"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)
    assert sorted(one.errors) == sorted(two.errors)
    assert artifact.dump(twin) == data and type(twin) is type(card)


def as_jsonb(data):
    """What PostgreSQL makes of it: other key order, 1e16 written out, 1.0 perhaps as 1."""
    if isinstance(data, dict):
        return {key: as_jsonb(data[key]) for key in sorted(data, key=lambda key: (len(key), key))}
    if isinstance(data, list):
        return [as_jsonb(value) for value in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data


@pytest.mark.parametrize("card", CARDS, ids=lambda card: f"{card.kind} {card.calibration.kind}")
def test_the_digest_survives_jsonb_and_notices_every_change(card):
    data = artifact.dump(card)
    digest = artifact.digest(data)
    stored = as_jsonb(data)
    assert artifact.digest(stored) == digest
    twin = artifact.load(stored, digest)
    assert np.array_equal(card.score(rows(3)).raw, twin.score(rows(3)).raw, equal_nan=True)
    changed = copy.deepcopy(data)
    changed["features"][0]["points"][4] = float(np.nextafter(changed["features"][0]["points"][4], 9))
    assert artifact.digest(changed) != digest
    with pytest.raises(ArtifactRejected, match="digest"):
        artifact.load(changed, digest)
    artifact.load(changed)  # without a digest it is a card like any other


def test_the_digest_tells_text_from_numbers_and_null():
    digests = {artifact.digest({"a": value}) for value in (1, "1", "1.0", True, None, "null", [1], [], {}, "'1.0")}
    assert len(digests) == 10


def test_plain_types_only():
    def check(data):
        if isinstance(data, dict):
            assert all(type(key) is str for key in data)
            data = list(data.values())
        if isinstance(data, list):
            for value in data:
                check(value)
        else:
            assert type(data) in (str, int, float, bool, type(None))

    for card in CARDS:
        check(artifact.dump(card))


def changed(path, value, card=None):
    """The artifact with the entry at ``path`` replaced; a callable maps the old entry."""
    data = copy.deepcopy(artifact.dump(card or CARDS[0]))
    place = data
    for key in path[:-1]:
        place = place[key]
    if value is None and path[-1] in place:
        del place[path[-1]]
    else:
        place[path[-1]] = value(place[path[-1]]) if callable(value) else value
    return data


F0, F1 = ("features", 0), ("features", 1)
NAN, INF = float("nan"), float("inf")

UNSURE = [
    (("format",), 1, "format 3"),
    (("uncertainty",), None, "format"),
    (("uncertainty",), [], "uncertainty"),
    (("uncertainty", "more"), 1, "more"),
    (("uncertainty", "constant"), [], "constant"),
    (("uncertainty", "constant"), [0.0] * 17, "constant"),
    (("uncertainty", "constant", 0), NAN, "shared"),
    (("uncertainty", "shared"), lambda own: own[1:], "shared"),
    (("uncertainty", "shared", 0), lambda own: own[1:], "shared"),
    (("uncertainty", "shared", 0, 0), [0.0], "shared"),
    (("uncertainty", "shared", 1, 2, 1), "0", "shared"),
    (("uncertainty", "alone", 0, 1), -1.0, "alone"),
    (("uncertainty", "alone", 0, 1), INF, "alone"),
]

EDITS = [
    (("format",), 2, "format 2"),
    (("format",), True, "format"),
    (("format",), "1", "format"),
    (("format",), None, "format"),
    (("kind",), "pickle", "kind"),
    (("kind",), ["scorecard"], "kind"),
    (("kind",), "anomaly", "missing|not known|calibration"),
    (("threshold",), None, "threshold"),
    (("threshold",), 1.5, "threshold"),
    (("threshold",), "0.5", "threshold"),
    (("extra",), 1, "extra"),
    (("intercept",), NAN, "intercept"),
    (("intercept",), True, "intercept"),
    (("intercept",), 10**400, "intercept"),
    (("intercept",), 1e13, "intercept"),
    (("features",), [], "features"),
    (("features",), {}, "features"),
    (("features",), lambda old: old * 100, "features"),
    (("features",), lambda old: [*old, old[0]], "two features"),
    (("features", 0), 7, "feature 1"),
    ((*F0, "name"), "", "name"),
    ((*F0, "name"), "a\0b", "name"),
    ((*F0, "name"), "x" * 1000, "name"),
    ((*F0, "required"), 1, "required"),
    ((*F0, "points"), lambda old: old[:-1], "points"),
    ((*F0, "points"), lambda old: [*old, 0.0], "points"),
    ((*F0, "points", 3), INF, "points"),
    ((*F0, "points", 3), None, "points"),
    ((*F0, "counts", 0), -1, "counts"),
    ((*F0, "counts", 0), 1.5, "counts"),
    ((*F0, "counts"), lambda old: old[1:], "counts"),
    ((*F0, "bins"), {"kind": "date"}, "bins"),
    ((*F0, "bins", "edges"), lambda old: old[::-1], "edges"),
    ((*F0, "bins", "edges", 1), lambda old: NAN, "edges"),
    ((*F0, "bins", "edges"), lambda old: [old[0], *old], "edges"),
    ((*F0, "bins", "low"), 1e9, "edges|range"),
    ((*F0, "bins", "low"), lambda old: -INF, "low"),
    ((*F0, "bins"), lambda old: {**old, "edges": [old["low"], *old["edges"][1:]]}, "inside"),
    ((*F0, "bins"), lambda old: {**old, "edges": [*old["edges"][:-1], old["high"] + 1]}, "inside"),
    ((*F0, "bins", "whole"), 0, "whole"),
    ((*F1, "bins", "levels"), lambda old: [old[0], *old], "levels|points"),
    ((*F1, "bins", "levels", 0), "stranger", "levels"),
    ((*F1, "bins", "levels", 0), 3, "levels"),
    ((*F1, "bins", "level_counts"), [], "level_counts"),
    ((*F1, "bins", "level_counts", "a"), -5, "level_counts"),
    ((*F1, "bins", "dropped"), "0", "dropped"),
    (("pairs", 0, "first"), "nobody", "pair"),
    (("pairs", 0, "second"), "amount", "pair"),
    (("pairs", 0, "points"), lambda old: old[:-1], "pair"),
    (("pairs", 0, "points", 0), lambda old: old[:-1], "pair"),
    (("pairs", 0, "points", 0, 0), NAN, "pair"),
    (("calibration",), {"kind": "percentile", "x": [0], "y": [0.5], "scale": 1}, "calibration"),
    (("calibration",), {"kind": "eval"}, "calibration"),
    (("calibration",), {"kind": "identity", "code": "x"}, "code"),
    (("calibration", "slope"), 0, "slope"),
    (("calibration", "slope"), -1, "slope"),
    (("score_bins",), {"kind": "category", "levels": [], "level_counts": {}, "dropped": 0}, "score_bins"),
]


@pytest.mark.parametrize(("path", "value", "cause"), EDITS, ids=lambda item: str(item)[:40])
def test_an_artifact_edited_by_hand_is_refused_with_its_cause(path, value, cause):
    with pytest.raises(ArtifactRejected, match=cause):
        artifact.load(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("calibration", "y"), lambda old: old[::-1]),
        (("calibration", "x"), lambda old: [old[0], *old[:-1]]),
        (("calibration", "x"), lambda old: old[:-1]),
        (("calibration", "scale"), 0),
        (("block_thresholds",), []),
        (("block_thresholds",), lambda old: old[::-1]),
        (("flag_rate",), 2),
    ],
)
def test_an_edited_anomaly_card_is_refused(path, value):
    with pytest.raises(ArtifactRejected):
        artifact.load(changed(path, value, CARDS[3]))


@pytest.mark.parametrize(
    ("path", "longest", "card", "cause"),
    [
        (("block_thresholds",), [0.5] * 1000, 3, "block_thresholds: 1001 entries where 1 to 1000 are"),
        ((*F1, "bins", "levels"), [f"l{n}" for n in range(250)], 0, "levels: 251 entries where 0 to 250 are"),
        ((*F0, "bins", "edges"), list(range(249)), 0, "edges: 250 entries where 0 to 249 are"),
        ((*F0, "name"), "n" * 256, 3, "name: text of 1 to 256 characters"),
        (("calibration", "x"), list(range(10_000)), 2, "x: 10001 entries where 1 to 10000 are"),
    ],
    ids=["block_thresholds", "levels", "edges", "name", "calibration"],
)
def test_one_more_than_there_may_be_is_refused_for_its_length(path, longest, card, cause):
    def told(value):
        try:
            artifact.load(changed(path, value, CARDS[card]))
        except ArtifactRejected as error:
            return str(error)
        return ""

    assert cause in told(longest + longest[:1])
    assert f"{cause.partition(':')[0]}: " not in told(longest)  # another piece of the card may not fit it any more


def places(data, path=()):
    """The path of every entry of a nested artifact."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = [list(places(artifact.dump(card))) for card in CARDS]
ODD = [None, True, 0, -1, 1, 3, 1e300, -1e13, 10**400, NAN, INF, "", "00", "x", [], {}, [[]], {"kind": "number"}]


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_whatever_is_changed_gives_a_card_or_a_refusal(data):
    number = data.draw(st.integers(0, len(CARDS) - 1))
    edited = copy.deepcopy(artifact.dump(CARDS[number]))
    for _change in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(PLACES[number]))
        *other, other_last = data.draw(st.sampled_from(PLACES[number]))
        try:
            holder, source = edited, edited
            for key in path:
                holder = holder[key]
            for key in other:
                source = source[key]
            holder[last] = copy.deepcopy(data.draw(st.sampled_from([*ODD, source[other_last]])))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    try:
        card = artifact.load(edited)
    except ArtifactRejected:
        return
    codes = np.array([[0] * len(card.names), [own.bins.size - 1 for own in card.features]], dtype=np.uint8)
    assert card.calibration.apply(card.raw(codes)).shape == card.support(codes).shape == (2,)
    assert artifact.dump(card) == edited


def test_a_calibration_that_falls_is_refused():
    with pytest.raises(ArtifactRejected, match="ascend"):
        artifact.load(changed(("calibration", "y"), [0.9, 0.1], CARDS[2]))


@pytest.mark.parametrize("data", [None, [], "card", 7, {}, {"format": 1}, b"pickle"])
def test_what_is_no_card_at_all_is_refused(data):
    with pytest.raises(ArtifactRejected):
        artifact.load(data)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_any_missing_piece_is_refused(cut):
    def walk(data, path=()):
        if isinstance(data, dict):
            for key in data:
                yield (*path, key)
                yield from walk(data[key], (*path, key))
        elif isinstance(data, list) and data and isinstance(data[0], dict):
            for i, value in enumerate(data):
                yield from walk(value, (*path, i))

    paths = [path for path in walk(artifact.dump(CARDS[0])) if "level_counts" not in path[:-1]]
    for path in paths[:: max(1, int(3 * (1 - cut)))]:
        with pytest.raises(ArtifactRejected):
            artifact.load(changed(path, None))


@pytest.mark.parametrize("data", [{"a": NAN}, {"a": INF}, {1: 2}, {"a": {1}}, {"a": b""}, {"a": np.float64(1)}])
def test_only_plain_json_has_a_digest(data):
    if isinstance(data.get("a"), np.float64):
        assert artifact.digest(data)  # a subclass of float
    else:
        with pytest.raises(ArtifactRejected, match="JSON"):
            artifact.digest(data)


def test_text_too_deep_to_walk_is_refused():
    deep = {}
    for _level in range(100_000):
        deep = {"a": deep}
    with pytest.raises(ArtifactRejected):
        artifact.digest(deep)


@pytest.mark.parametrize(("path", "value", "cause"), UNSURE)
def test_damaged_uncertainty_is_rejected(path, value, cause):
    with pytest.raises(ArtifactRejected, match=cause):
        artifact.load(changed(path, value, unsure_card(3)))


def test_a_stored_card_knows_how_sure_it_is():
    card = unsure_card(3)
    loaded = artifact.load(json.loads(json.dumps(artifact.dump(card))), artifact.digest(artifact.dump(card)))
    codes = np.array([[3, 3, 0], [5, 4, 0]])
    low, high = loaded.interval(codes)
    assert (low.tolist(), high.tolist()) == tuple(side.tolist() for side in card.interval(codes))
    chance = loaded.calibration.apply(loaded.raw(codes))
    assert (low < chance).all() and (chance < high).all()
    assert scorecard().interval(codes) is None


def test_a_large_table_of_a_pair_is_stored_in_blocks():
    random = np.random.default_rng(0)
    own = [NumericBins.fit(random.normal(size=5000), 120) for _number in range(2)]
    shape = own[0].size, own[1].size
    rows, columns = np.arange(shape[0]) // 9, np.arange(shape[1]) // 11
    points = random.normal(size=(rows.max() + 1, columns.max() + 1))[np.ix_(rows, columns)]
    inputs = [
        CardFeature(name, NUMBER, bins, np.zeros(bins.size), False, np.zeros(bins.size, dtype=np.int64))
        for name, bins in zip("ab", own, strict=True)
    ]
    card = Scorecard(inputs, 0.0, Identity(), NumericBins(0, 1), [CardPair("a", "b", points)])
    data = json.loads(json.dumps(artifact.dump(card)))
    assert data["format"] == 3 and len(json.dumps(data["pairs"])) < 8000
    assert (artifact.load(data, artifact.digest(data)).pairs[0].points == points).all()
    for key, wrong in (("rows", [0]), ("rows", [99] * shape[0]), ("columns", [1] * shape[1]), ("columns", "a")):
        with pytest.raises(ArtifactRejected, match="pair 1"):
            artifact.load({**data, "pairs": [{**data["pairs"][0], key: wrong}]})
    with pytest.raises(ArtifactRejected, match="large tables"):
        artifact.load({**data, "pairs": [{"first": "a", "second": "b", "points": points.tolist()}]})
