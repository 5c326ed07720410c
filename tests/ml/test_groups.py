"""Rows of one record: counted as one, on one side of every split."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import TooFewCases
from odoo.addons.ai_deployment.ml.groups import boundary, effective, one_each, together
from odoo.addons.ai_deployment.ml.table import make_table
from odoo.addons.ai_deployment.ml.training import train_scorecard


def landmarks(leads, moments, seed=0):
    """(columns, labels, days, groups): several moments per lead, the later the less likely won."""
    random = np.random.default_rng(seed)
    lead = np.repeat(np.arange(leads), moments)
    worth = np.repeat(random.normal(size=leads), moments)
    age = np.tile(np.arange(moments) * 10.0, leads)
    chance = 1 / (1 + np.exp(-(worth - 0.05 * age - 0.5)))
    columns = {"worth": make_column("worth", NUMBER, worth), "age": make_column("age", NUMBER, age)}
    return columns, random.random(len(lead)) < chance, lead * 0.5, lead


def test_a_split_never_divides_a_record():
    columns, labels, days, lead = landmarks(41, 3)
    table = make_table(columns, days, labels, groups=lead)
    parts = [set(lead[rows].tolist()) for rows in (table.learn, table.test)]
    assert parts[0] and parts[1] and not parts[0] & parts[1]
    assert max(parts[0]) < min(parts[1])
    assert not set(lead[table.late].tolist()) & set(lead[np.setdiff1d(table.learn, table.late)].tolist())


def test_rows_speak_for_no_more_cases_than_there_are_records():
    assert effective(np.ones(40), np.repeat(np.arange(10), 4)) == 10


def test_how_soon_a_record_ends_does_not_change_how_much_its_moments_count():
    """Half of the leads are won between two moments each time, so those that are won have few rows."""
    random = np.random.default_rng(5)
    moments = np.minimum(random.geometric(0.5, 4000), 6)
    lead, place = np.repeat(np.arange(4000), moments), np.concatenate([np.arange(count) for count in moments])
    labels = np.append(lead[1:] != lead[:-1], True)
    labels[place == 5] = random.random((place == 5).sum()) < 0.5
    columns = {"age": make_column("age", NUMBER, place.astype(float))}
    card = train_scorecard(columns, labels, lead * 0.1, groups=lead).card
    assert card.score(columns).values == pytest.approx(0.5, abs=0.04)
    rows = one_each(lead)
    assert labels[rows].mean() == pytest.approx(0.5, abs=0.05)
    assert np.bincount(place[rows])[:3] / np.bincount(place)[:3] == pytest.approx(1 / 6, abs=0.02)


def test_equal_rows_of_a_record_are_no_copies():
    columns, labels, days, lead = landmarks(60, 3)
    same = {"worth": columns["worth"]}
    assert make_table(same, days, labels, groups=lead, without_copies=True).copies == 0


def test_folds_hold_whole_records():
    lead = np.repeat(np.arange(50), 3)
    fold = together(np.random.default_rng(0).integers(5, size=150), lead)
    assert (fold.reshape(50, 3) == fold.reshape(50, 3)[:, :1]).all() and len(set(fold.tolist())) == 5


def test_records_are_counted_not_rows():
    columns, labels, days, lead = landmarks(30, 6)
    labels = (lead % 10 == 0) & labels
    with pytest.raises(TooFewCases):
        train_scorecard(columns, labels | (lead % 10 == 0), days, groups=lead)


def test_one_row_speaks_for_a_record_and_each_place_is_drawn():
    lead = np.repeat(np.arange(600), 3)
    rows = one_each(lead)
    assert (lead[rows] == np.arange(600)).all()
    assert np.bincount(rows % 3).min() > 150
    assert (one_each(lead) == rows).all()


def test_a_boundary_is_the_next_record():
    assert [boundary([1, 1, 2, 2], row) for row in range(5)] == [0, 2, 2, 4, 4]


def test_time_passing_lowers_the_chance():
    columns, labels, days, lead = landmarks(1500, 4)
    training = train_scorecard(columns, labels, days, groups=lead)
    chances = training.card.score(
        {
            "worth": make_column("worth", NUMBER, [0.0] * 4),
            "age": make_column("age", NUMBER, [0, 10, 20, 30]),
        }
    ).values
    assert (np.diff(chances) < 0).all()
    truth = 1 / (1 + np.exp(-(-0.05 * np.array([0, 10, 20, 30]) - 0.5)))
    assert np.abs(chances - truth).max() < 0.08
    assert training.metrics["auc"] > 0.7


def test_labels_that_mean_nothing_gain_nothing():
    columns, labels, days, lead = landmarks(1500, 4)
    shuffled = np.random.default_rng(1).permutation(labels.reshape(-1, 4)).reshape(-1)
    training = train_scorecard({"worth": columns["worth"]}, shuffled, days, groups=lead)
    assert abs(training.metrics["auc"] - 0.5) < 0.06
