"""Inputs whose values are tags: one yes or no per frequent tag, from training to the printed card."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import FIRST, MISSING, OTHER, UNSEEN, CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.columns import (
    CATEGORY,
    NUMBER,
    TAGS,
    make_column,
)
from odoo.addons.ai_deployment.ml.comparison import inputs_changed, points_moved
from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.ml.performance import auc
from odoo.addons.ai_deployment.ml.profile import Profile
from odoo.addons.ai_deployment.ml.reviewed_training import train_reviewed
from odoo.addons.ai_deployment.ml.table import Table
from odoo.addons.ai_deployment.ml.tags import (
    MOST_TAGS,
    TagBins,
    inputs_of,
    member_name,
    members_of,
    no_code,
    spread_columns,
    spread_table,
    tags_label,
    tags_of,
    with_tags,
    yes_code,
)
from odoo.addons.ai_deployment.ml.training import train_scorecard

NAMES = [f"tag {n}" for n in range(20)]


def generated(rows=3000, seed=3, tags=20, per_row=3):
    """(columns, labels, moments, true chances): each row has three of twenty tags, each worth its own log odds."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(0, 0.8, tags)
    has = np.argsort(rng.random((rows, tags)), axis=1)[:, :per_row]
    chance = 1 / (1 + np.exp(-(worth[has].sum(axis=1) - 0.3)))
    labels = rng.random(rows) < chance
    columns = {
        "tags": make_column("tags", TAGS, [tuple(f"tag {n}" for n in row) for row in has.tolist()]),
        "size": make_column("size", NUMBER, rng.random(rows)),
    }
    return columns, labels, np.arange(rows, dtype=float) / 10, chance


@pytest.fixture(scope="module")
def data():
    return generated()


@pytest.fixture(scope="module")
def trained(data):
    columns, labels, moments, _chance = data
    return train_scorecard(columns, labels, moments)


def test_each_tag_counts_as_an_input_of_its_own(data, trained):
    columns, labels, moments, chance = data
    test = np.arange(2550, 3000)
    joined = {
        "tags": make_column("tags", CATEGORY, [",".join(tags) for tags in columns["tags"].values.tolist()]),
        "size": columns["size"],
    }
    as_combinations = train_scorecard(joined, labels, moments)
    possible = auc(labels[test], chance[test])
    assert trained.metrics["auc"] > possible - 0.02
    assert as_combinations.metrics["auc"] < trained.metrics["auc"] - 0.15


def test_never_seen_is_a_tag_and_no_combination(data, trained):
    columns, *_rest = data
    rng = np.random.default_rng(9)
    new = [tuple(rng.choice(NAMES, 3, replace=False)) for _row in range(300)]
    scored = trained.card.score({"tags": make_column("tags", TAGS, new), "size": columns["size"].take(range(300))})
    assert (scored.support > 0).all()
    odd = make_column("tags", TAGS, [("tag 1", "a tag nobody has seen"), ("tag 1",)])
    scored = trained.card.score({"tags": odd, "size": columns["size"].take([0, 1])})
    assert scored.support.tolist()[0] == 0 and scored.support[1] > 0
    assert scored.codes[0][trained.card.names.index("tags")] == UNSEEN


def test_one_reason_names_the_tags_that_count(trained):
    card = trained.card
    columns = {
        "tags": make_column("tags", TAGS, [("tag 0", "tag 1", "tag 2"), None]),
        "size": make_column("size", NUMBER, [0.5, 0.5]),
    }
    scored = card.score(columns)
    for row in (0, 1):
        reasons = card.explain(scored.codes[row], top=99, names={"tags": {"tag 0": "Zero"}})
        assert sorted(reason.feature for reason in reasons) == ["size", "tags"]
        total = card.intercept + sum(reason.contribution for reason in reasons)
        assert total == pytest.approx(scored.raw[row])
    reasons = card.explain(scored.codes[0], names={"tags": {tag: tag.upper() for tag in NAMES}})
    label = next(reason.label for reason in reasons if reason.feature == "tags")
    assert any(tag.upper() in label for tag in NAMES[:3])


def test_printed_lines_of_a_row_are_its_points(trained):
    card = trained.card
    lines = [(label, points) for name, label, points, _share in card.rows() if name == "tags"]
    assert lines[0][0] == "at first"
    assert "tag 0" in card.as_text() or "others" in card.as_text()
    columns = {"tags": make_column("tags", TAGS, [("tag 3",)]), "size": make_column("size", NUMBER, [0.5])}
    scored = card.score(columns)
    by_name = dict(card.inputs)
    shares = card.contributions(scored.codes)[0]
    points = dict(lines)
    if "tag 3" in points:
        rest = card.features[by_name["tags"][0]]
        own = rest.points[scored.codes[0][by_name["tags"][0]]]
        pairs = {name for pair in card.pairs for name in (pair.first, pair.second)}
        if not any(name.startswith("tags") for name in pairs):
            assert sum(shares[j] for j in by_name["tags"]) == pytest.approx(points["at first"] + points["tag 3"] + own)


def test_the_artifact_is_plain_small_and_the_same_again(trained):
    data = json.loads(json.dumps(artifact.dump(trained.card)))
    assert data["format"] == 3  # with uncertainty, as the shrunk sum is a part of it
    assert len(json.dumps(data)) < 60_000
    card = artifact.load(data, expected_digest=artifact.digest(data))
    assert card.inputs == trained.card.inputs
    odd = make_column("tags", TAGS, [("tag 1", "new"), ("tag 2",), None])
    columns = {"tags": odd, "size": make_column("size", NUMBER, [0.1, 0.2, 0.3])}
    assert card.score(columns).codes.tolist() == trained.card.score(columns).codes.tolist()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data, bins: data.update(format=1),
        lambda data, bins: bins["members"].append("nobody knows it"),
        lambda data, bins: bins["members"].append(bins["members"][0]),
        lambda data, bins: bins.update(members=[f"t{n}" for n in range(MOST_TAGS + 1)]),
        lambda data, bins: bins["known"].update(x=-1),
        lambda data, bins: bins.update(levels=["many"], level_counts={"many": 3}),
        lambda data, bins: bins.pop("known"),
    ],
)
def test_a_damaged_artifact_is_refused(trained, spoil):
    data = json.loads(json.dumps(artifact.dump(trained.card)))
    spoil(data, next(item["bins"] for item in data["features"] if item["bins"]["kind"] == TAGS))
    with pytest.raises(ArtifactRejected):
        artifact.load(data)


def test_the_difference_of_two_cards_is_told_by_input_and_tag(data, trained):
    columns, labels, moments, _chance = data
    other = train_scorecard(columns, ~labels, moments).card
    assert points_moved(trained.card, trained.card) == []
    moved = points_moved(trained.card, other, {"tags": {"tag 0": "Zero"}})
    assert {row.feature for row in moved} <= {"tags", "size"}
    assert "Zero" in {row.label for row in moved}
    assert inputs_changed(trained.card, other) == ([], [])


def test_rare_tags_are_counted_together(data):
    columns, labels, moments, _chance = data
    rare = [(*tags, "seldom") if row % 800 == 0 else tags for row, tags in enumerate(columns["tags"].values.tolist())]
    columns = {**columns, "tags": make_column("tags", TAGS, rare)}
    card = train_scorecard(columns, labels, moments).card
    assert member_name("tags", "seldom") not in card.names
    scored = card.score({"tags": make_column("tags", TAGS, [("seldom",)]), "size": columns["size"].take([0])})
    assert scored.codes[0][card.names.index("tags")] != UNSEEN


def test_a_required_input_without_any_tag_is_missing(data):
    columns, labels, moments, _chance = data
    card = train_scorecard(columns, labels, moments, required=["tags"]).card
    columns = {"tags": make_column("tags", TAGS, [None, ("tag 1",)]), "size": columns["size"].take([0, 1])}
    assert [error.feature for error in card.score(columns).errors.values()] == ["tags"]


@pytest.mark.parametrize("seed", [11, 12])
def test_few_cases_and_few_rows(seed):
    columns, labels, moments, _chance = generated(rows=260, seed=seed)
    card = train_scorecard(columns, labels, moments).card
    assert "tags" in card.names
    card.score(columns)


def test_anomaly_and_reviewed_cards_read_tags(data):
    columns, labels, moments, _chance = data
    few = {name: column.take(range(1500)) for name, column in columns.items()}
    usual = train_anomaly(few, moments[:1500], context=["size"], pairs=[("tags", "size")])
    verdicts = [bool(label) if row % 3 == 0 else None for row, label in enumerate(labels[:1500].tolist())]
    tested, reviewed = train_reviewed(few, moments[:1500], verdicts, surprise=usual.card)
    for card in (usual.card, reviewed.card, tested.card):
        data_ = json.loads(json.dumps(artifact.dump(card)))
        loaded = artifact.load(data_)
        scored = loaded.score(few)
        assert not scored.errors
        Profile.of(loaded, scored)
        reasons = loaded.explain(scored.codes[0], top=99)
        assert len({reason.feature for reason in reasons}) == len(reasons) == len(loaded.inputs)
    odd = {**few, "tags": make_column("tags", TAGS, [("never",)] * 1500)}
    assert train_anomaly(few, moments[:1500]).card.score(odd).predictions.all()


# Choice, counts and labels by hand
REST = TagBins(["0", "1", "3"], {"0": 9, "1": 5, "2": 3, "3": 4}, members=["a", "b", "c", "d", "e"], known={"x": 2})
YES_NO = CategoryBins(["no", "yes"], {"no": 9, "yes": 9})


def features():
    members = [SimpleNamespace(name=member_name("tags", tag), bins=YES_NO) for tag in REST.members]
    size = SimpleNamespace(name="size", bins=NumericBins.fit(np.arange(9.0), 3))
    return (members[0], size, SimpleNamespace(name="tags", bins=REST), *members[1:])


def label(codes, shares, rest=FIRST, **options):
    """The label of a row with "yes" (1) or "no" (0) for the tags a to e, and these shares of them."""
    places = [2, 0, 3, 4, 5, 6]
    codes_by_place, shares_by_place = [0] * 7, [0.0] * 7
    answers = no_code(YES_NO), yes_code(YES_NO)
    codes = [rest, *(answers[code] for code in codes)]
    for place, code, share in zip(places, codes, [0.0, *shares], strict=True):
        codes_by_place[place], shares_by_place[place] = code, share
    return tags_label(features(), places, codes_by_place, shares_by_place, **options)


def test_the_number_of_other_tags_in_words():
    texts = [REST.label(code) for code in (MISSING, UNSEEN, OTHER, FIRST, FIRST + 1, FIRST + 2)]
    assert texts == ["none", "never seen before", "several others", "no other", "1 other", "several others"]


def test_columns_of_one_input_belong_together_and_its_own_comes_first():
    assert inputs_of(features()) == [("tags", [2, 0, 3, 4, 5, 6]), ("size", [1])]
    assert tags_of({"tags": REST, "size": YES_NO}) == {f"tags={tag}": ("tags", tag) for tag in "abcde"}


@pytest.mark.parametrize(
    ("codes", "shares", "known"),
    [
        ([1, 1, 0, 0, 0], [0.2, -0.5, 0.1, 0, 0], "b, a"),  # the strongest first, whichever way
        ([1, 1, 1, 1, 0], [0.2, -0.5, 0.1, 0.3, 0], "b, d, a"),  # three at most
        ([1, 1, 0, 0, 0], [0.2, 0.004, 0, 0, 0], "a"),  # a negligible one is left out
        ([1, 1, 0, 0, 0], [0.001, 0.004, 0, 0, 0], "b, a"),  # but where all are
        ([1, 0, 0, 0, 0], [0.2, 0.1, -0.4, 0, 0], "not c, a"),  # what is lacking and counts the most
        ([1, 0, 0, 0, 0], [0.2, 0.1, 0, 0, 0], "a"),
        ([0, 0, 0, 0, 0], [0.1, 0, -0.4, 0.2, 0], "not c"),
        ([0, 0, 0, 0, 0], [0.001, 0, -0.004, 0, 0], "no other"),
        ([1, 0, 0, 0, 0], [0.001, 0, -0.004, 0, 0], "a"),
    ],
)
def test_the_tags_that_count_are_named(codes, shares, known):
    assert label(codes, shares) == known


def test_a_tag_never_seen_is_told_beside_the_others():
    assert label([1, 0, 0, 0, 0], [0.2, 0, 0, 0, 0], rest=UNSEEN) == "a, never seen before"
    assert label([0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0], rest=MISSING) == "none"
    assert label([1, 0, 0, 0, 0], [0.2, 0, 0, 0, 0], rest=FIRST + 1) == "a"
    assert label([1, 0, 0, 0, 0], [0.2, 0, 0, 0, 0], names={"a": "Alpha"}) == "Alpha"


def tagged(*rows):
    return make_column("tags", TAGS, list(rows))


def test_tags_are_spread_and_the_others_counted():
    known = {"x": 4, "y": 3, "z": 2, "u": 2, "v": 1}
    bins = TagBins((), {}, members=["a", "b"], known=known)
    rows = tagged(("a", "x"), ("x", "y", "z"), ("x", "y", "z", "u"), None, ("a", "new", "x"), ("new",), ("b",))
    spread = bins.spread(rows)
    assert spread["tags"].values.tolist() == ["1", "3", "3", None, "new", "new", "0"]
    assert spread["tags=a"].values.tolist() == ["yes", "no", "no", "no", "yes", "no", "no"]
    assert spread["tags=b"].values.tolist() == ["no"] * 6 + ["yes"]
    taken = spread["tags"].take(np.array([6, 0]))
    assert taken.values.tolist() == ["0", "1"] and (taken.members, taken.known) == (("a", "b"), known)
    assert bins.seen_times(2) == 2 and bins.seen_times(9) == 0 and bins.dropped == 0
    assert with_tags(YES_NO, spread["tags=a"]) is YES_NO
    own = with_tags(CategoryBins(["0"], {"0": 1}, 7), taken)
    assert (own.levels, own.dropped, own.members, own.known) == (("0",), 7, ("a", "b"), known)
    assert members_of(taken) == ["tags=a", "tags=b"]
    assert TagBins.from_dict(own.to_dict()).to_dict() == own.to_dict()


def table_of(columns):
    """A table of these columns; which rows are for what is not asked of it."""
    return Table(columns, None, *[np.arange(0)] * 5)


def test_the_commonest_tags_get_a_column_and_the_earlier_name_where_they_are_as_common():
    rows = [("b", "a", "c")] * 10 + [("d", "c")] * 10 + [("e",)] * 9 + [None]
    table = table_of({"tags": tagged(*rows), "size": make_column("size", NUMBER, np.arange(30.0))})
    spread = spread_table(table, np.arange(30))
    assert list(spread.columns) == ["tags", "size", "tags=c", "tags=a", "tags=b", "tags=d"]
    assert spread.columns["tags"].known == {"c": 20, "a": 10, "b": 10, "d": 10, "e": 9}
    assert spread_table(spread, np.arange(30)) is spread
    few = spread_table(table, np.arange(19))
    assert list(few.columns) == ["tags", "size", "tags=c", "tags=a", "tags=b"]
    like = spread_table(table, np.arange(30), like={"tags": TagBins((), {}, members=["e"])})
    assert list(like.columns) == ["tags", "size", "tags=e"]


def test_tags_share_the_columns_that_others_leave():
    rows = [tuple(f"t{n}" for n in range(40))] * 10
    plain = {f"n{n}": make_column(f"n{n}", NUMBER, np.arange(10.0)) for n in range(48)}
    tags = {name: make_column(name, TAGS, rows) for name in ("one", "two")}
    wide = spread_table(table_of({**plain, **tags}), np.arange(10))
    assert len(wide.columns) == 50 + 2 * 5
    alone = spread_table(table_of({"one": tags["one"]}), np.arange(10))
    assert len(alone.columns) == 1 + MOST_TAGS


def test_columns_to_be_scored_are_spread_as_in_training():
    columns = {"tags": tagged(("a",), None), "size": make_column("size", NUMBER, [1.0, 2.0])}
    assert list(spread_columns(columns, {"tags": REST})) == ["size", "tags", *(f"tags={tag}" for tag in "abcde")]
    assert list(spread_columns(columns, {"tags": YES_NO})) == ["size"]
    plain = {"size": columns["size"]}
    assert spread_columns(plain, {"tags": REST}) is plain


def test_a_long_tag_has_a_short_name():
    assert member_name("t", "x" * 100) == "t=" + "x" * 100
    short = member_name("t", "x" * 101)
    assert len(short) == 2 + 32 and short != member_name("t", "x" * 102)
