"""Inputs that belong together: margins that move are no news, what joins them is; from a generator of its own."""

import numpy as np
import pytest
from pinning import assert_same, golden

from odoo.addons.ai_deployment.ml import joint
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins

WEEKS, ROWS = 10, 250


def rows(random, *, count=ROWS, noise=0.3, mixed=False, scaled=None):
    """Hours follow the kind of work, the price follows the hours; the city has nothing to do with either."""
    shares = np.exp(np.array([0.6, 0.2, -0.2, -0.6]) + random.normal(0, noise, 4))
    kind = random.choice(4, count, p=shares / shares.sum())
    hours = random.poisson(np.array([2, 5, 9, 16])[kind] * np.exp(random.normal(0, noise / 3)))
    price = (40 + 10 * random.standard_t(5, count)) * (hours + 1)
    if scaled is not None:
        price = np.where(kind == scaled, 7 * price, price)
    if mixed:
        price = random.permutation(price)
    city = random.choice(7, count)
    return {
        "kind": np.array(list("abcd"), dtype=object)[kind],
        "hours": hours.astype(float),
        "price": price,
        "city": np.array(list("stuvwxy"), dtype=object)[city],
    }


class World:
    def __init__(self, seed, **options):
        self.random, self.options = np.random.default_rng(seed), options
        weeks = [rows(self.random, **options) for _week in range(WEEKS)]
        whole = {name: np.concatenate([week[name] for week in weeks]) for name in weeks[0]}
        self.bins = {
            name: NumericBins.fit(own, 40) if own.dtype == float else CategoryBins.fit(own)
            for name, own in whole.items()
        }
        self.reference, self.weeks = self.codes(whole), np.repeat(np.arange(WEEKS), ROWS)

    def codes(self, values):
        return np.stack([self.bins[name].codes(own) for name, own in values.items()], axis=1)

    def judge(self, **change):
        window = self.codes(rows(self.random, **{**self.options, **change}))
        return joint.judge_pairs(self.bins, self.reference, self.weeks, window)


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.6])
def test_weeks_whose_shares_move_are_quiet(noise):
    found = [world.judge().exceeded for world in (World(seed, noise=noise) for seed in range(4)) for _week in range(25)]
    assert np.mean(found) <= 0.02


def test_rows_that_were_mixed_up_are_found_and_the_pair_is_named():
    found = [World(seed).judge(mixed=True) for seed in range(10)]
    assert all(each.exceeded and each.verdict == "drifted" and "price" in each.names for each in found)
    assert all(each.found > each.expected for each in found)


def test_one_kind_in_another_currency_is_found():
    found = [World(seed).judge(scaled=2) for seed in range(10)]
    assert np.mean([each.exceeded for each in found]) >= 0.9
    assert {"price"} <= set.intersection(*(set(each.names) for each in found if each.exceeded))


def test_a_margin_that_moves_alone_is_no_news_here():
    world = World(3)
    window = world.codes(rows(world.random))
    window[:, 3] = window[0, 3]  # every record in one city
    assert not joint.judge_pairs(world.bins, world.reference, world.weeks, window).exceeded


@pytest.mark.parametrize(("reference", "window", "weeks"), [(300, 250, 10), (2500, 60, 10), (2500, 250, 5), (0, 0, 10)])
def test_too_few_rows_or_weeks_give_no_verdict(reference, window, weeks):
    world = World(4)
    known = world.reference[:reference]
    found = joint.judge_pairs(
        world.bins, known, np.arange(len(known)) % weeks, world.codes(rows(world.random))[:window]
    )
    assert (found.verdict, found.exceeded, found.names) == ("cannot_judge", False, ())
    assert (found.pairs, found.weeks, found.expected, found.found) == (0, 0, 0, 0)


def test_what_the_reference_never_saw_and_what_is_missing_is_left_to_the_other_tests():
    world = World(5)
    window = world.codes(rows(world.random))
    window[:100, 0] = 1  # never seen
    window[:, 2] = 0  # missing
    found = joint.judge_pairs(world.bins, world.reference, world.weeks, window)
    assert not found.exceeded and np.isfinite(found.statistic)


def test_one_value_and_missing_ones_are_no_two_cells():
    world = World(7)
    names, places = ["kind", "city"], [0, 3]
    reference, window = world.reference[:, places].copy(), world.codes(rows(world.random))[:, places].copy()
    for codes in (reference, window):
        codes[:, 0] = np.where(np.arange(len(codes)) % 3, codes[:, 0].max(), 0)
    found = joint.judge_pairs({name: world.bins[name] for name in names}, reference, world.weeks, window)
    assert found.verdict == "cannot_judge"


def test_one_column_has_no_pair():
    world = World(6)
    bins = {"kind": world.bins["kind"]}
    found = joint.judge_pairs(bins, world.reference[:, :1], world.weeks, world.reference[:200, :1])
    assert found.verdict == "cannot_judge"


# Cells and statistics by hand
def small_world():
    """(bins, reference, weeks, window) of 600 and 150 rows: two numbers, one with missing values, two categories."""
    n = np.arange(750)
    kind = np.array(list("aabcc"), dtype=object)[n % 5]
    amount = golden(750) * 10 + (kind == "c") * 3
    days = (golden(750) * 7 + 0.3 * amount) % 5
    days[::11] = np.nan
    city = np.array([f"city {int(x)}" for x in (golden(750) * 13 % 1) ** 2 * 12], dtype=object)
    amount[600:] = np.where(kind[600:] == "a", amount[600:] * 1.5, amount[600:])
    columns = [amount, days, kind, city]
    bins = [(NumericBins if own.dtype == float else CategoryBins).fit(own[:600], 12) for own in columns]
    codes = np.stack([own.codes(column) for own, column in zip(bins, columns, strict=True)], axis=1)
    return dict(zip(("amount", "days", "kind", "city"), bins, strict=True)), codes[:600], n[:600] // 60, codes[600:]


def test_a_small_world_comes_to_the_same_numbers_as_ever():
    """See `pinning`; of the pair that moved and, without it, of the next."""
    bins, reference, weeks, window = small_world()
    found = joint.judge_pairs(bins, reference, weeks, window)
    assert (found.names, found.pairs, found.weeks, found.exceeded) == (("amount", "kind"), 6, 10, True)
    assert found.verdict == "drifted" and found.codes == ((2, 14), (3,))  # the farthest amounts of kind a
    numbers = ("statistic", "p_value", "adjusted_p", "threshold", "expected", "found")
    assert_same(
        {name: getattr(found, name) for name in numbers},
        {
            "statistic": 253.024067,
            "p_value": 1.25506559e-42,
            "adjusted_p": 7.53039353e-42,
            "threshold": 34.234486,
            "expected": 0.00299202463,
            "found": 0.113333333,
        },
    )
    rest = dict(list(bins.items())[1:])
    found = joint.judge_pairs(rest, reference[:, 1:], weeks, window[:, 1:])
    assert (found.pairs, found.weeks, found.exceeded, found.verdict) == (3, 10, False, "quiet")
    assert_same(
        {name: getattr(found, name) for name in numbers},
        {
            "statistic": 16.4748239,
            "p_value": 0.93821897,
            "adjusted_p": 1.0,
            "threshold": 52.4936664,
            "expected": 0.0295849103,
            "found": 0.0514705882,
        },
    )


def raked(before, now):
    """X², degrees of freedom, the weight of the rows and the expected table, of one pair and row by row."""
    seen = np.outer(before.sum(axis=1) > 0, before.sum(axis=0) > 0)
    expected, now = np.where(seen, before + joint.SOFT, 0.0), np.where(seen, now, 0.0)
    wanted = now.sum(axis=1), now.sum(axis=0)
    for _round in range(joint.ROUNDS):
        for row in range(len(now)):
            expected[row] *= wanted[0][row] / expected[row].sum() if expected[row].sum() else 0
        for column in range(now.shape[1]):
            whole = expected[:, column].sum()
            expected[:, column] *= wanted[1][column] / whole if whole else 0
    return expected, ((now - expected) ** 2 / (expected + joint.SOFT)).sum(), *(np.count_nonzero(w) - 1 for w in wanted)


def test_tables_are_held_against_those_raked_to_their_margins():
    before = np.array(
        [
            [[30, 5, 0, 0], [10, 20, 5, 0], [0, 4, 6, 0], [0, 0, 0, 0]],
            [[9, 1, 1, 1], [1, 9, 1, 1], [1, 1, 9, 1], [1, 1, 1, 90]],
            [[0, 7, 3, 2], [0, 8, 1, 4], [0, 2, 2, 2], [0, 1, 1, 1]],
        ],
        dtype=float,
    )
    now = np.array(
        [
            [[8, 8, 1, 2], [9, 1, 7, 0], [0, 4, 0, 0], [3, 0, 0, 0]],
            [[0, 0, 0, 0], [1, 0, 4, 3], [2, 2, 8, 1], [1, 6, 1, 20]],
            [[2, 5, 3, 0], [0, 8, 2, 0], [1, 2, 9, 0], [0, 1, 0, 0]],
        ],
        dtype=float,
    )
    statistic, freedom, total, expected = joint._compared(before, now)
    for place in range(3):
        known, squares, rows, columns = raked(before[place], now[place])
        n, m = before[place].sum(), now[place].sum()
        assert expected[place] == pytest.approx(known, abs=1e-9)
        assert total[place] == pytest.approx(n * m / (n + m))
        assert statistic[place] == pytest.approx(squares * total[place] / m)
        assert freedom[place] == max(rows, 0) * max(columns, 0)
    assert freedom.tolist() == [4, 6, 3]
    nothing = joint._compared(before[:1], np.zeros((1, 4, 4)))
    assert nothing[0].tolist() == nothing[1].tolist() == [0.0]


def test_cells_of_a_number_are_shares_of_its_rows():
    bins = NumericBins.fit(np.arange(100.0), 10)
    counts = np.r_[7, 3, 2, np.full(bins.size - 3, 10)]
    # the middles lie at .05, .15, ..., .95 of what is within
    cells = joint._cells(bins, counts)
    assert cells[0] == -1 and cells[1] == cells[3] and cells[2] == cells[-1]
    middles = (np.arange(bins.size - 3) * 10 + 5 + 3) / (10 * (bins.size - 3) + 5)
    assert (
        cells[3:].tolist() == (np.searchsorted(joint.CUTS, middles) - np.searchsorted(joint.CUTS, middles[0])).tolist()
    )
    assert joint._cells(NumericBins.fit(np.full(9, np.nan), 4), np.array([9, 0, 0])) is None


def test_frequent_levels_have_cells_of_their_own_and_the_others_one_together():
    levels = [f"l{n}" for n in range(8)]
    bins = CategoryBins(levels, dict.fromkeys(levels, 9))
    #                          missing, never seen, other, then the levels
    cells = joint._cells(bins, np.array([500, 0, 1, 40, 10, 4, 9, 8, 12, 15, 1]))
    assert cells.tolist() == [-1, 5, 5, 0, 3, 5, 4, 5, 2, 1, 5]
    few = CategoryBins(["a", "b"], {"a": 9, "b": 1})
    assert joint._cells(few, np.array([50, 0, 0, 95, 5])).tolist() == [-1, 2, 2, 0, 1]
    assert joint._cells(few, np.array([50, 0, 0, 96, 4])).tolist() == [-1, 1, 1, 0, 1]
    assert joint._cells(few, np.array([50, 0, 0, 96, 0])) is None
    assert joint._cells(few, np.array([50, 0, 9, 0, 0])) is None


def test_a_table_counts_the_rows_that_have_both_cells():
    rows = np.array([[0, 0], [1, 0], [1, 1], [2, 1], [2, 2], [1, 1]])
    one, two = ("a", 0, np.array([-1, 0, 3])), ("b", 1, np.array([0, 5, -1]))
    table = joint._table(one, two, rows)
    assert table.shape == (6, 6) and table.sum() == 4
    assert (table[0, 0], table[0, 5], table[3, 5]) == (1, 2, 1)
