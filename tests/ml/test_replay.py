"""The replay's statistics on small cases that can be worked out by hand."""

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import performance, replay
from odoo.addons.ai_deployment.ml.columns import CATEGORY, TAGS, make_column


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


def test_counts_of_a_team_and_of_inputs_by_hand():
    """Team x has two wins by source a and a loss by b; team y has a past, but none of source a."""
    levels, teams = ["a", "a", "b", "b", "a", "a"], ["x", "x", "x", "y", "x", "y"]
    found = chances(levels, [True, True, False, True, False, False], [0, 1, 2, 3], [4, 5], teams)
    odds = (2.1 / 1.1) * (2.1 / 2.2) / (0.1 / 1.2)
    assert found[0] == pytest.approx(odds / (1 + odds))
    assert found[1] == pytest.approx((1.1 / 0.1) / (1 + 1.1 / 0.1))


@pytest.mark.parametrize(("tagged", "counts"), [(49, False), (50, True)])
def test_a_tag_counts_from_fifty_records_on(tagged, counts):
    tags = make_column("tags", TAGS, [("hot",)] * tagged + [("cold",)] * 60 + [("hot", "cold"), None, ("new",)])
    won = np.arange(tagged + 63) % 4 == 0
    past, rows = np.arange(tagged + 60), np.arange(tagged + 60, tagged + 63)
    found = replay.bayes_chances({"tags": tags}, [None] * len(won), won, past, rows)
    wins = [won[:tagged].sum() + 0.1, won[tagged : tagged + 60].sum() + 0.1]
    losses = [(~won[:tagged]).sum() + 0.1, (~won[tagged : tagged + 60]).sum() + 0.1]
    both = (won[past].sum() + 0.1) / ((~won[past]).sum() + 0.1)
    odds = both
    for side in range(2):  # a tag that is rare, for which each begins at a tenth as well, says nothing
        if side or counts:
            odds *= wins[side] / sum(wins) / (losses[side] / sum(losses))
    assert found == pytest.approx([odds / (1 + odds), both / (1 + both), both / (1 + both)])


def test_chances_stay_away_from_certainty():
    found = chances([None] * 9001, [True] * 9000 + [False], list(range(9000)), [9000])
    assert found[0] == pytest.approx(0.9999)
    assert chances([None] * 9001, [False] * 9001, list(range(9000)), [9000])[0] == pytest.approx(0.0001)


def test_figures_of_months_and_of_all_by_hand():
    """Two months: one of four records, of which one has no prediction, and one of two."""
    ours = np.array([0.9, 0.2, 0.4, np.nan, 0.7, 0.6])
    incumbent = np.array([0.5, np.nan, 0.1, 0.3, 0.2, 0.8])
    told = replay.Replayed(
        np.array([0, 0, 0, 0, 1, 1]), np.array([1, 0, 1, 0, 0, 1]), ours, incumbent, np.array([np.nan] * 4 + [0.5] * 2)
    )
    result = replay.summary(told)
    first, second = result["months"]
    assert first == {
        "rows": 4,
        "wins": 2,
        "ours": 1.0,
        "incumbent": None,  # wins only
        "brier": pytest.approx((0.01 + 0.04 + 0.36) / 3, abs=1e-4),
        "incumbent_brier": pytest.approx((0.25 + 0.81) / 2, abs=1e-4),
        "rate_brier": None,
    }
    assert second == {
        "rows": 2,
        "wins": 1,
        "ours": 0.0,
        "incumbent": 1.0,
        "brier": pytest.approx((0.49 + 0.16) / 2, abs=1e-4),
        "incumbent_brier": pytest.approx((0.04 + 0.04) / 2, abs=1e-4),
        "rate_brier": 0.25,
    }
    assert (result["rows"], result["wins"]) == (5, 3)
    # of six pairs ours has those of .9, and none of .4 and .6 but over .2
    assert result["auc"][0] == pytest.approx(4 / 6, abs=1e-4)
    assert result["incumbent_auc"] is None  # one loss only has a value
    assert result["auc_gain"] is result["brier_gain"] is None and result["verdict"] == replay.TOO_FEW


def test_gains_are_those_of_the_tests_they_come_from():
    told = replayed(np.random.default_rng(4), "truth", "noise")
    result = replay.summary(told)
    gain = performance.auc_difference(told.labels, told.ours, told.incumbent)
    assert result["auc_gain"] == pytest.approx([gain.estimate, gain.low, gain.high], abs=1e-4)
    loss = performance.brier_difference(told.labels, told.ours, told.rate)
    assert result["brier_gain"] == pytest.approx([-loss.estimate, -loss.high, -loss.low], abs=1e-4)
    assert result["brier_gain"][0] > 0
    area = performance.auc(told.labels, told.ours), *performance.auc_interval(told.labels, told.ours)
    assert result["auc"] == pytest.approx(area, abs=1e-4)
    two = replay.summary(told._replace(labels=np.arange(600) < 2))
    assert two["auc"] is not None and replay.summary(told._replace(labels=np.arange(600) < 1))["auc"] is None
