"""Two scorers compared week by week: rarely decided by chance, decided where one is better, an interval that holds."""

import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml import prequential


def rows(random, count, ours=0.0, theirs=0.0, base=0.2):
    """(labels, ours, theirs, expected gains): both err by so many log odds around beta-distributed chances."""
    chances = random.beta(3 * base, 3 * (1 - base), count).clip(0.01, 0.99)
    odds = np.log(chances / (1 - chances))
    one, two = (1 / (1 + np.exp(-odds - random.normal(0, by, count))) for by in (ours, theirs))
    labels = (random.random(count) < chances).astype(float)
    return labels, one, two, (two - chances) ** 2 - (one - chances) ** 2


def year(random, weeks=52, count=60, **errors):
    state, truth = prequential.start(), []
    for _week in range(weeks):
        labels, ours, theirs, gains = rows(random, count, **errors)
        state = prequential.update(state, labels, ours, theirs)
        truth.append(gains)
    return prequential.standing(state), float(np.concatenate(truth).mean())


@pytest.mark.parametrize("base", [0.05, 0.2, 0.5])
def test_equal_scorers_looked_at_every_week_are_rarely_told_apart(base):
    random = np.random.default_rng(1)
    found = [year(random, ours=0.5, theirs=0.5, base=base)[0].verdict for _run in range(80)]
    assert np.mean([verdict != "too_early" for verdict in found]) <= prequential.LEVEL


def test_a_usual_test_looked_at_every_week_would_tell_them_apart():
    random, wrong = np.random.default_rng(2), 0
    for _run in range(60):
        gains = []
        for _week in range(52):
            labels, ours, theirs, _truth = rows(random, 60, ours=0.5, theirs=0.5)
            gains.extend((theirs - labels) ** 2 - (ours - labels) ** 2)
            if abs(np.mean(gains)) > 1.96 * np.std(gains) / np.sqrt(len(gains)):
                wrong += 1
                break
    assert wrong / 60 > 0.2


def test_the_better_one_is_found_and_the_interval_holds():
    random, found, covered = np.random.default_rng(3), [], []
    for _run in range(40):
        standing, truth = year(random, ours=0.2, theirs=1.2)
        found.append(standing.verdict)
        covered.append(standing.low <= truth <= standing.high)
    assert found.count("ours") >= 36 and "theirs" not in found
    assert np.mean(covered) >= 0.95


def test_sides_are_alike():
    random = np.random.default_rng(4)
    labels, ours, theirs, _gains = rows(random, 3000, theirs=1.0)
    one = prequential.standing(prequential.update(prequential.start(), labels, ours, theirs))
    two = prequential.standing(prequential.update(prequential.start(), labels, theirs, ours))
    assert (one.verdict, two.verdict) == ("ours", "theirs")
    assert (one.gain, one.low, one.high) == pytest.approx((-two.gain, -two.high, -two.low))
    assert one.evidence == pytest.approx(two.evidence_theirs)


def test_better_in_summer_and_as_much_worse_in_winter_is_not_better():
    random, wrong = np.random.default_rng(5), 0
    for _run in range(40):
        state = prequential.start()
        for week in range(52):
            summer = week % 2
            labels, ours, theirs, _gains = rows(random, 60, ours=0.9 * summer, theirs=0.9 * (1 - summer))
            state = prequential.update(state, labels, ours, theirs)
        wrong += prequential.standing(state).verdict != "too_early"
    assert wrong <= 3


def test_who_tries_many_needs_more_evidence():
    labels, theirs = np.tile([1.0, 0.0], 30), np.full(60, 0.5)
    state = prequential.update(prequential.start(), labels, 0.5 + 0.09 * (2 * labels - 1), theirs)
    assert prequential.standing(state).verdict == "ours"
    assert prequential.standing(state, attempts=500).verdict == "too_early"
    assert prequential.standing(state, attempts=500).low < prequential.standing(state).low


def test_the_evidence_of_a_row_by_hand():
    state = prequential.update(prequential.start(), [1.0], [0.6], [0.5])
    gain, bound, apart = 0.25 - 0.16, 0.36 - 0.25, 0.1**2
    costs = [
        gain**2 * (-np.log(1 - bet * bound) - bet * bound) / bound**2 if bet * bound <= 0.5 else bet**2 * apart / 2
        for bet in prequential.BETS
    ]
    assert state["ours"] == pytest.approx(costs)
    bets = np.array(prequential.BETS)
    assert state["most"][0] == pytest.approx(np.log(np.mean(np.exp(bets * gain - np.array(costs)))))


def test_grouping_changes_nothing_storing_neither_and_rows_without_an_opinion_are_left_out():
    random = np.random.default_rng(6)
    labels, ours, theirs, _gains = rows(random, 500, theirs=0.7)
    theirs[::3] = np.nan
    once = prequential.update(prequential.start(), labels, ours, theirs)
    state = prequential.start()
    for part in np.split(np.arange(500), [1, 7, 300]):
        state = json.loads(json.dumps(prequential.update(state, labels[part], ours[part], theirs[part])))
    assert state["rows"] == once["rows"] == 333
    assert state["total"] == pytest.approx(once["total"]) and state["ours"] == pytest.approx(once["ours"])
    order = np.argsort(-labels, kind="stable")  # within a look rows may be sorted
    again = prequential.update(prequential.start(), labels[order], ours[order], theirs[order])
    assert again["most"] == pytest.approx(once["most"])
    assert prequential.update(state, [], [], []) == state


def test_too_few_rows_say_nothing_and_later_it_says_how_many_are_missing():
    random = np.random.default_rng(7)
    labels, ours, theirs, _gains = rows(random, 200, ours=0.3, theirs=0.4)
    first = prequential.update(prequential.start(), labels[:49], ours[:49], theirs[:49])
    assert prequential.standing(first) is None
    found = prequential.standing(prequential.update(first, labels[49:], ours[49:], theirs[49:]))
    assert found.verdict == "too_early" and found.more_needed > 100
    assert found.low < found.gain < found.high


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same length"):
        prequential.update(prequential.start(), [1.0], [0.5, 0.4], [0.5])


def test_an_infinite_value_is_no_opinion():
    labels, ours = np.tile([0.0, 1.0], 60), np.full(120, 0.5)
    state = prequential.update(prequential.start(), labels, ours, np.where(np.arange(120) < 20, np.inf, 0.5))
    assert state["rows"] == 100 and np.isfinite(state["total"])
