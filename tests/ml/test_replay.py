"""The replay's statistics on small cases that can be worked out by hand."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import replay
from odoo.addons.ai_deployment.ml.columns import CATEGORY, make_column


def chances(levels, won, past, rows, teams=None):
    column = make_column("source", CATEGORY, levels)
    return replay.bayes_chances(
        {"source": column}, teams or [None] * len(levels), np.array(won), np.array(past), np.array(rows)
    )


def test_naive_bayes_by_hand():
    """Two wins and two losses: source a won 2 of 3, b lost 1 of 1; counts begin at 0.1."""
    levels, won = ["a", "a", "a", "b", "a", "b", None], [True, True, False, False, False, False, False]
    found = chances(levels, won, [0, 1, 2, 3], [4, 5, 6])
    won_a, lost_a, won_b, lost_b = 2.1, 1.1, 0.1, 1.1
    for place, (yes, no) in enumerate(((won_a, lost_a), (won_b, lost_b))):
        odds = (yes / (won_a + won_b)) / (no / (lost_a + lost_b))
        assert found[place] == pytest.approx(odds / (1 + odds))
    assert found[2] == pytest.approx(0.5)  # an empty value says nothing


def test_the_prior_of_a_team_is_its_own_count_of_wins():
    """Three wins and a loss that say nothing but themselves: 3.1 to 1.1."""
    found = chances([None] * 5, [True, True, True, False, False], [0, 1, 2, 3], [4])
    assert found[0] == pytest.approx(3.1 / (3.1 + 1.1))


def test_only_the_past_counts():
    levels = ["a", "b"] * 4
    known = chances(levels, [True, False] * 4, [0, 1], [6, 7])
    turned = chances(levels, [True, False] + [False, True] * 3, [0, 1], [6, 7])
    assert known.tolist() == turned.tolist()
    assert np.isnan(chances(levels, [True, False] * 4, [], [6])).all()


def test_a_team_with_a_past_of_its_own_is_judged_by_it():
    teams = ["x"] * 4 + ["y"] * 4 + ["x", "y", "z"]
    won = [True] * 4 + [False] * 4 + [False] * 3
    found = chances([None] * 11, won, list(range(8)), [8, 9, 10], teams)
    assert found[0] > 0.9 and found[1] < 0.1 and found[2] == pytest.approx(0.5)


def replayed(rng, ours, incumbent, rows=600):
    chance = rng.beta(2, 4, rows)
    labels = rng.random(rows) < chance
    said = {"truth": chance, "noise": rng.beta(2, 4, rows), "rate": np.full(rows, labels.mean())}
    return replay.Replayed(
        np.arange(rows) * 12 // rows, labels, said[ours], said[incumbent], np.full(rows, labels.mean())
    )


@pytest.mark.parametrize(
    ("ours", "incumbent", "verdict"),
    [
        ("truth", "noise", replay.WORTH),
        ("truth", "truth", replay.AS_INCUMBENT),
        ("noise", "noise", replay.AS_RATE),
        ("rate", "noise", replay.AS_RATE),
    ],
)
def test_verdicts(ours, incumbent, verdict):
    result = replay.summary(replayed(np.random.default_rng(4), ours, incumbent))
    assert result["verdict"] == verdict
    assert len(result["months"]) == 12 and result["rows"] == 600


def test_too_few_and_nothing():
    rng = np.random.default_rng(1)
    few = replayed(rng, "truth", "noise", rows=24)
    assert replay.summary(few)["verdict"] == replay.TOO_FEW
    nothing = replay.summary(few._replace(ours=np.full(24, np.nan)))
    assert nothing["verdict"] == replay.TOO_FEW and nothing["auc"] is None and nothing["rows"] == 0


def test_a_verdict_takes_three_months_and_fifteen_of_either_outcome():
    def verdict(months, wins, losses):
        labels = np.arange(wins + losses) % (wins + losses) < wins
        labels = np.random.default_rng(0).permutation(labels)
        values = np.where(labels, 0.9, 0.1)
        month = np.arange(len(labels)) * months // len(labels)
        return replay.summary(replay.Replayed(month, labels, values, 1 - values, np.full(len(labels), 0.5)))["verdict"]

    assert verdict(3, 15, 15) == verdict(3, 15, 40) == verdict(3, 40, 15) == replay.WORTH
    assert verdict(2, 15, 15) == verdict(3, 14, 40) == verdict(3, 40, 14) == replay.TOO_FEW


def test_a_month_without_predictions_is_listed_and_counts_as_none():
    told = replayed(np.random.default_rng(4), "truth", "noise", rows=60)
    told = told._replace(month=np.arange(60) // 20, ours=np.where(np.arange(60) < 20, np.nan, told.ours))
    result = replay.summary(told)
    assert [month["rows"] for month in result["months"]] == [20, 20, 20]
    assert [month["brier"] is None for month in result["months"]] == [True, False, False]
    assert result["rows"] == 40 and result["verdict"] == replay.TOO_FEW


def test_without_an_incumbent_the_rate_decides():
    told = replayed(np.random.default_rng(4), "truth", "noise")
    result = replay.summary(told._replace(incumbent=np.full(600, np.nan)))
    assert result["verdict"] == replay.WORTH and result["auc_gain"] is None
