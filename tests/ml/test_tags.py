"""Inputs whose values are tags: one yes or no per frequent tag, from training to the printed card."""

import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import UNSEEN
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
from odoo.addons.ai_deployment.ml.tags import MOST_TAGS, member_name
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
