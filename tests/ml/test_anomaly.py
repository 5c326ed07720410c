import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pinning import assert_same, checksum, golden

from odoo.addons.ai_deployment.ml.anomaly import (
    AnomalyCard,
    beyond_earlier_range,
    block_thresholds,
    joint_shares,
    level_pair_shares,
    surprise,
    surprise_shares,
    threshold_at,
    unseen_earlier,
    unseen_pairs,
)
from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    CategoryBins,
    NumericBins,
)
from odoo.addons.ai_deployment.ml.calibration import Percentile
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, TAGS, make_column
from odoo.addons.ai_deployment.ml.errors import BadTrainingInput, EmptyTable, NoUsableFeature
from odoo.addons.ai_deployment.ml.tails import STEP

random = np.random.default_rng(4)
N = 5000
AMOUNT = random.lognormal(6, 1, N)
ACCOUNT = random.choice(["rent", "paper", "travel"], N, p=[0.6, 0.35, 0.05]).tolist()


def columns(amounts=AMOUNT, accounts=ACCOUNT):
    return {"amount": make_column("amount", NUMBER, amounts), "account": make_column("account", CATEGORY, accounts)}


TRAINED = train_anomaly(columns(), np.arange(N), tails={"amount": "high"})


def test_a_number_is_as_surprising_as_the_share_beyond_it_is_small():
    bins = NumericBins(0, 4, [1, 2, 3])
    counts = [0, 0, 0, 40, 30, 20, 9]
    high = [(99 - 20 + 0.5) / 100, (59 - 15 + 0.5) / 100, (29 - 10 + 0.5) / 100, (9 - 4.5 + 0.5) / 100]
    assert surprise_shares(bins, counts, "high")[FIRST:].tolist() == pytest.approx(high)
    low = [(20 + 0.5) / 100, (40 + 15 + 0.5) / 100, (70 + 10 + 0.5) / 100, (90 + 4.5 + 0.5) / 100]
    assert surprise_shares(bins, counts, "low")[FIRST:].tolist() == pytest.approx(low)
    both = [min(1, 2 * min(h, w)) for h, w in zip(high, low, strict=True)]
    assert surprise_shares(bins, counts, "two")[FIRST:].tolist() == pytest.approx(both)


def test_beyond_the_range_is_the_most_surprising_on_the_suspicious_side_only():
    bins = NumericBins(0, 4, [1, 2, 3])
    counts = [0, 0, 0, 40, 30, 20, 9]
    high = surprise_shares(bins, counts, "high")
    assert high[ABOVE] == high.min() == pytest.approx(0.005) and high[BELOW] > 0.99
    low = surprise_shares(bins, counts, "low")
    assert low[BELOW] == low.min() == pytest.approx(0.005) and low[ABOVE] > 0.99
    assert surprise_shares(bins, counts)[[BELOW, ABOVE]] == pytest.approx([0.01] * 2)


def test_points_are_the_mean_over_all_fair_bets():
    shares = np.array([1e-6, 0.001, 0.03, 0.5, 0.9])
    powers = (np.arange(200_000) + 0.5) / 200_000
    bets = [np.mean(powers * share ** (powers - 1)) for share in shares]
    assert surprise(shares) == pytest.approx(bets, rel=1e-6)
    assert surprise(np.array([1.0, 1.5, np.nextafter(1, 0)])) == pytest.approx([0.5] * 3)


def test_points_are_a_fair_bet_against_the_reference():
    assert surprise((np.arange(2_000_000) + 0.5) / 2_000_000).mean() == pytest.approx(1, abs=0.1)
    counts = np.bincount(NumericBins.fit(AMOUNT, 100, spacing="tails").codes(AMOUNT))
    shares = surprise_shares(NumericBins.fit(AMOUNT, 100, spacing="tails"), counts, "high")
    assert np.average(surprise(shares), weights=counts) < 1  # ties only make it more careful


@given(st.lists(st.floats(1e-9, 1), min_size=2, max_size=20))
def test_the_rarer_the_more_points(shares):
    shares = np.sort(shares)
    assert (np.diff(surprise(shares)) <= 1e-9).all()


def test_what_only_grows_does_not_surprise_by_growing():
    days = np.arange(N)
    trend = make_column("trend", NUMBER, days.astype(float))
    later = {"trend": make_column("trend", NUMBER, [N + 500.0])}
    grown = train_anomaly({"trend": trend}, days).card
    assert grown.score(later).contributions[0, 0] < 2  # half of the rows went beyond what was before them
    shuffled = {"trend": make_column("trend", NUMBER, random.permutation(N).astype(float))}
    steady = train_anomaly(shuffled, days).card
    assert steady.score(later).contributions[0, 0] > 50  # there, nothing ever went beyond


def test_beyond_is_measured_on_either_side():
    assert beyond_earlier_range(np.array([5.0, 6, np.nan, 4, 7, 5.5])) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert beyond_earlier_range(np.array([np.nan, 1.0])) == beyond_earlier_range(np.array([])) == (0.0, 0.0)


def test_a_floor_holds_for_the_whole_tail_and_its_side_only():
    bins, counts = NumericBins(0, 4, [1, 2, 3]), [0, 0, 0, 40, 30, 20, 9]
    shares = surprise_shares(bins, counts, "high", beyond=(0.5, 0.3))
    assert shares[[ABOVE, FIRST + 3]].tolist() == [0.3, 0.3] and shares[FIRST + 1] == pytest.approx(0.445)
    shares = surprise_shares(bins, counts, "low", beyond=(0.5, 0.3))
    assert shares[[BELOW, FIRST]].tolist() == [0.5, 0.5] and shares[FIRST + 1] == pytest.approx(0.555)


def test_what_is_rarely_missing_is_surprising_when_missing():
    bins = NumericBins(0, 1)
    assert surprise_shares(bins, [1, 0, 0, 98])[MISSING] == pytest.approx(1.5 / 100)
    assert surprise_shares(bins, [80, 0, 0, 19])[MISSING] > 0.8


def test_a_level_is_as_surprising_as_levels_this_rare_are():
    bins = CategoryBins(["a", "b"], {"a": 70, "b": 20, "c": 5, "d": 4})
    shares = surprise_shares(bins, [0, 0, 9, 70, 20])
    assert shares[FIRST:].tolist() == pytest.approx([99.5 / 100, 29.5 / 100])
    other = math.exp((5 * math.log(9.5 / 100) + 4 * math.log(4.5 / 100)) / 9)
    assert shares[OTHER] == pytest.approx(other, abs=1e-6)
    assert shares[UNSEEN] == pytest.approx(0.5 / 100)  # no level occurred once: new ones are rare
    many_once = CategoryBins(["a"], {"a": 60, **{f"s{i}": 1 for i in range(40)}})
    assert surprise_shares(many_once, [0, 0, 40, 60])[UNSEEN] > 0.25


def growing(rows, a_day=20, years=3.0, seed=11):
    """Clean bills of vendors that begin one after another and then come again: (days, vendors, accounts)."""
    own = np.random.default_rng(seed)
    begun = np.sort(own.uniform(-0.3, years, 500) * 365)
    size = own.gamma(2.0, 1.0, len(begun)).cumsum()
    days = np.sort(own.uniform(0, rows / a_day, rows))
    places = size.searchsorted(own.random(rows) * size[begun.searchsorted(days) - 1])
    accounts = np.where(own.random(rows) < 0.9, places * 7919 % 13, own.integers(0, 13, rows))
    names = [np.array([f"{letter}{n}" for n in own], dtype=object) for letter, own in (("v", places), ("a", accounts))]
    return days, *names


@pytest.mark.parametrize("pairs", [(), [("vendor", "account")]])
def test_where_vendors_keep_coming_a_new_one_is_no_alarm(pairs):
    days, vendors, accounts = growing(8000)
    named = {"vendor": vendors, "account": accounts}
    table = {name: make_column(name, CATEGORY, values.tolist()) for name, values in named.items()}
    known, fresh = np.arange(6000), np.arange(6000, 8000)
    card = train_anomaly({n: c.take(known) for n, c in table.items()}, days[known], pairs=pairs).card
    assert np.mean(~np.isin(vendors[fresh], vendors[known])) > 0.08
    assert card.score({n: c.take(fresh) for n, c in table.items()}).predictions.mean() <= 0.015


def test_new_levels_are_counted_in_the_later_half():
    assert unseen_earlier(np.array(["a", "b", "a", "c", "c", None], dtype=object)) == 1.0
    assert unseen_earlier(np.array(["a", "b", None, "a", "c", "b", "b", "a"], dtype=object)) == 0.25
    assert unseen_earlier(np.array([None, None, "a"], dtype=object)) == 0.0
    assert unseen_earlier(np.array(["a"], dtype=object)) == 0.0


def test_new_combinations_are_counted_in_the_later_half():
    one = np.array(["a", "b"] * 4, dtype=object)
    assert unseen_pairs(one, np.array(["x", "y"] * 4, dtype=object), 1) == 0.0
    assert unseen_pairs(one, np.array(["x", "y"] * 2 + ["x", "y", "y", "y"], dtype=object), 1) == 0.25
    assert unseen_pairs(one[:1], one[:1], 1) == 0.0


def test_a_share_of_new_levels_holds_for_all_that_are_rarer():
    bins = CategoryBins(["a"], {"a": 95, "b": 4})
    assert surprise_shares(bins, [0, 0, 4, 95], unseen=0.1)[[UNSEEN, OTHER]].tolist() == [0.1, 0.1]
    assert surprise_shares(bins, [0, 0, 4, 95], unseen=0.01)[UNSEEN] == pytest.approx(0.01)
    assert level_pair_shares(np.array([[90.0, 0], [0, 9]]), 0.2)[0, 1] == 0.2


def test_an_unknown_tail_is_our_bug():
    with pytest.raises(ValueError, match="tail"):
        surprise_shares(NumericBins(0, 1), [0, 0, 0, 1], "left")


def test_rare_combinations_of_common_levels_are_surprising():
    coded = {"v": np.repeat([3, 3, 4, 4], [500, 1, 499, 0]), "a": np.repeat([3, 4, 4, 3], [500, 1, 499, 0])}
    joint = np.zeros((5, 5))
    np.add.at(joint, (coded["v"], coded["a"]), 1)
    shares = level_pair_shares(joint)
    assert shares[3, 4] == pytest.approx(1.5 / 1001) and shares[4, 3] == pytest.approx(0.5 / 1001)
    assert shares[3, 3] == pytest.approx(1000.5 / 1001)


def test_two_signals_together_are_as_rare_as_rows_that_unusual_in_both():
    joint = np.array([[900, 50], [40, 10]])
    shares = joint_shares(np.array([1.0, 0.05]), np.array([1.0, 0.06]), joint)
    assert shares[1, 1] == pytest.approx((10 / 2 + 0.5) / 1001)
    assert shares[0, 0] == pytest.approx((1000 - 900 / 2 + 0.5) / 1001)


def test_joint_shares_are_spread_evenly_whatever_the_inputs_have_to_do_with_each_other():
    for correlation in (-0.9, 0.0, 0.9):
        one, two = random.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 20_000).T
        ranks = [np.argsort(np.argsort(values)) * 40 // 20_000 for values in (one, two)]
        joint = np.zeros((40, 40))
        np.add.at(joint, tuple(ranks), 1)
        single = (np.arange(40)[::-1] + 0.5) / 40
        shares = joint_shares(single, single, joint)[tuple(ranks)]
        for line in (0.01, 0.1, 0.5):
            assert (shares <= line).mean() == pytest.approx(line, abs=0.01 + line / 10)


def test_a_pair_of_numbers_surprises_where_both_stand_out():
    table = {name: make_column(name, NUMBER, random.random(N)) for name in ("one", "two")}
    tails = {"one": "high", "two": "high"}
    card = train_anomaly(table, np.arange(N), tails=tails, pairs=[("one", "two")], context=("one", "two")).card
    rows = {"one": make_column("one", NUMBER, [0.99, 0.99, 0.5]), "two": make_column("two", NUMBER, [0.99, 0.1, 0.5])}
    scored = card.score(rows)
    assert scored.predictions.tolist() == [True, False, False]
    assert scored.contributions[0] == pytest.approx([scored.raw[0] / 2] * 2)


def test_context_is_left_out_unless_a_pair_has_it():
    table = {**columns(), "size": make_column("size", NUMBER, AMOUNT[::-1].copy())}
    card = train_anomaly(table, np.arange(N), context=["size"]).card
    assert card.names == ("amount", "account")
    card = train_anomaly(table, np.arange(N), context=["size"], pairs=[("amount", "size")]).card
    assert card.names == ("amount", "account", "size") and not card.features[2].points.any()
    with pytest.raises(NoUsableFeature):
        train_anomaly(columns(), np.arange(N), context=["amount", "account"])


def test_too_many_pairs_are_refused_with_a_sentence():
    table = {f"n{i}": make_column(f"n{i}", NUMBER, [1.0, 2.0]) for i in range(52)}
    with pytest.raises(BadTrainingInput, match="pairs"):
        train_anomaly(table, [0, 1], pairs=[("n0", f"n{i}") for i in range(1, 52)])


def test_the_order_of_the_rows_of_a_moment_changes_nothing():
    moments = np.arange(N) // 50
    order = np.lexsort((random.random(N), moments))
    again = train_anomaly({name: column.take(order) for name, column in columns().items()}, moments[order])
    plain = train_anomaly(columns(), moments)
    assert [f.points.tolist() for f in again.card.features] == [f.points.tolist() for f in plain.card.features]


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.3])
def test_the_threshold_flags_at_most_the_expected_share(rate):
    totals = np.array([4.0, 1, 3, 2])
    assert (totals >= threshold_at(totals, rate)).mean() <= rate
    assert threshold_at(np.arange(100.0), 0.05) == 95
    assert threshold_at(np.array([1.0, 2, 2, 2]), 0.5) > 2  # a tie across the line: nobody
    assert threshold_at(np.array([1.0, 2, 2, 3]), 0.5) == 3
    assert threshold_at(np.arange(10.0), 0.01) > 9


def test_the_reference_is_flagged_at_the_expected_rate():
    scored = TRAINED.card.score(columns())
    assert 0.007 <= scored.predictions.mean() <= 0.01
    assert TRAINED.metrics["flagged"] == scored.predictions.sum()
    assert TRAINED.reference.rows == N


def test_where_histories_begin_with_the_ledger_the_later_half_says_how_many_are_flagged():
    """How many bills of its vendor there were before a bill: at first every vendor is new."""
    days, vendors, _accounts = growing(6000)
    before = {}
    counts = [before.setdefault(vendor, []).append(1) or len(before[vendor]) for vendor in vendors.tolist()]
    table = {"count": make_column("count", NUMBER, counts), "noise": make_column("noise", NUMBER, random.random(6000))}
    known, fresh = np.arange(4000), np.arange(4000, 6000)
    tails = {"count": "low", "noise": "high"}
    card = train_anomaly({n: c.take(known) for n, c in table.items()}, days[known], tails=tails, flag_rate=0.05).card
    assert card.score({n: c.take(fresh) for n, c in table.items()}).predictions.mean() == pytest.approx(0.05, abs=0.015)
    assert card.score({n: c.take(known[2000:]) for n, c in table.items()}).predictions.mean() < 0.06


def test_a_weight_is_a_factor_of_the_points_of_an_input_and_of_its_pairs():
    options = {"tails": {"amount": "high"}, "pairs": [("amount", "account")]}
    half = train_anomaly(columns(), np.arange(N), weights={"amount": 0.5}, **options).card
    whole = train_anomaly(columns(), np.arange(N), **options).card
    assert half.features[0].points == pytest.approx(0.5 * whole.features[0].points)
    assert half.features[1].points == pytest.approx(whole.features[1].points)
    assert half.pairs[0].points == pytest.approx(0.5 * whole.pairs[0].points)
    out = train_anomaly(columns(), np.arange(N), weights={"amount": 0.0}).card
    assert not out.score(columns([9e9], ["rent"])).predictions[0]


def test_contributions_are_centred_on_the_reference():
    contributions = TRAINED.card.score(columns()).contributions
    assert contributions.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_odd_records_come_out_on_top_and_say_why():
    odd = TRAINED.card.score(columns([200.0, 400.0, 9e9, 400.0], ["rent", "paper", "rent", "bribes"]))
    assert odd.predictions.tolist() == [False, False, True, True]
    assert odd.values[2] > 0.999
    assert TRAINED.card.explain(odd.codes[2])[0].feature == "amount"
    assert TRAINED.card.explain(odd.codes[2])[0].label.startswith("over")
    assert TRAINED.card.explain(odd.codes[3])[0].label == "never seen before"


def test_the_tail_says_which_end_is_suspicious():
    tiny = columns([AMOUNT.min() / 2], ["rent"])
    assert not TRAINED.card.score(tiny).predictions[0]
    two_sided = train_anomaly(columns(), np.arange(N))
    assert two_sided.card.score(tiny).values[0] > TRAINED.card.score(tiny).values[0] + 0.05


def test_values_are_ranks_in_the_reference():
    """Of rows that nothing was learned from; so those of the reference itself are about these."""
    values = TRAINED.card.score(columns()).values
    assert np.quantile(values, [0.25, 0.5, 0.75, 0.99]) == pytest.approx([0.25, 0.5, 0.75, 0.99], abs=0.02)
    raw = TRAINED.card.score(columns()).raw
    order = np.argsort(raw, kind="stable")
    rising = np.diff(raw[order]) > 1e-9
    assert (np.diff(values[order])[rising] > 0).all()


def test_confidence_is_the_share_of_weeks_that_agree():
    card = AnomalyCard(
        TRAINED.card.features,
        0.0,
        Percentile([0, 1], [0.2, 0.8], 1),
        NumericBins(0, 1),
        threshold=2.0,
        block_thresholds=[3.0, 1.0, 2.0, 2.5],
        flag_rate=0.01,
    )
    predictions, confidences = card._verdicts(np.array([0.5, 1.5, 2.0, 2.7, 9.0]), None)
    assert predictions.tolist() == [False, False, True, True, True]
    assert confidences.tolist() == [1.0, 0.75, 0.5, 0.75, 1.0]


def test_blocks_are_stretches_of_time():
    totals = np.concatenate([np.arange(100.0), np.arange(100.0) + 1000])
    assert block_thresholds(totals, 0.05, 2) == [95, 1095]
    assert len(block_thresholds(np.arange(45.0), 0.01)) == 4  # too few rows for twenty blocks


def test_pairs_are_used_and_explained():
    vendors = ["v1" if account == "rent" else "v2" for account in ACCOUNT]
    table = {**columns(), "vendor": make_column("vendor", CATEGORY, vendors)}
    trained = train_anomaly(table, np.arange(N), pairs=[("vendor", "account")])
    crossed = {name: column.take([0]) for name, column in table.items()}
    crossed["vendor"] = make_column("vendor", CATEGORY, ["v1"])
    crossed["account"] = make_column("account", CATEGORY, ["paper"])
    assert trained.card.score(crossed).predictions[0] and trained.metrics["pairs"] == 1


@pytest.mark.parametrize(
    ("table", "moments", "error"),
    [
        ({}, [], EmptyTable),
        ({"a": make_column("a", NUMBER, [])}, [], EmptyTable),
        ({"a": make_column("a", NUMBER, [None] * 9)}, range(9), NoUsableFeature),
        ({"a": make_column("a", NUMBER, ["x"] * 9)}, range(9), NoUsableFeature),
        ({"a": make_column("a", NUMBER, [1.0, 2.0])}, [1.0, math.nan], BadTrainingInput),
        ({"a": make_column("a", NUMBER, [1.0, 2.0])}, [1.0], BadTrainingInput),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_a_sentence(table, moments, error):
    with pytest.raises(error) as caught:
        train_anomaly(table, moments)
    assert str(caught.value).endswith(".")


def test_an_input_that_never_varied_stays_what_differs_is_the_surprise():
    always = train_anomaly({**columns(), "flag": make_column("flag", NUMBER, [0] * N)}, np.arange(N)).card
    row = {name: column.take([0]) for name, column in columns().items()}
    usual = always.score({**row, "flag": make_column("flag", NUMBER, [0])})
    first = always.score({**row, "flag": make_column("flag", NUMBER, [1])})
    assert first.predictions[0] and not usual.predictions[0] and usual.contributions[0, 2] == pytest.approx(0)


@pytest.mark.parametrize("rate", [0, 1, -0.1])
def test_an_alarm_rate_is_a_share(rate):
    with pytest.raises(BadTrainingInput, match="alarms"):
        train_anomaly(columns(), np.arange(N), flag_rate=rate)


def test_one_odd_row_among_two_is_enough_for_a_card():
    assert train_anomaly({"a": make_column("a", NUMBER, [1.0, 2.0])}, [0, 1]).card.score(
        {"a": make_column("a", NUMBER, [1.0, 99.0, None])}
    ).values.shape == (3,)


def ledger(seed, rows, odd=()):
    """Clean bills of vendors that come in again the likelier the more often they came, with what was usual before.

    ``odd`` are factors: so many bills are added at the end, each that many times what a vendor with five bills usually
    sends. Returns the columns and the place of the first of these.
    """
    own = np.random.default_rng([17, seed])
    vendors, amounts, sizes = [], [], []
    for place in range(rows):
        if own.random() < 12 / (12 + place):
            sizes.append(own.gamma(2.0, 300.0) + 20)
            vendors.append(len(sizes) - 1)
        else:
            vendors.append(vendors[int(own.integers(place))])
        amounts.append(round(sizes[vendors[-1]] * own.gamma(9.0, 1 / 9), 2))
    vendors += [len(sizes)] * 5
    amounts += [240.0, 265.0, 251.0, 259.0, 247.0]
    amounts += [252.0 * factor for factor in odd]
    vendors += [len(sizes)] * len(odd)
    sums, counts, ratios, earlier = {}, {}, [], []
    for place, (vendor, amount) in enumerate(zip(vendors, amounts, strict=True)):
        count = counts.get(vendor, 0)
        earlier.append(count)
        ratios.append(amount * count / sums[vendor] if count else None)
        if place < rows + 5:
            sums[vendor], counts[vendor] = sums.get(vendor, 0.0) + amount, count + 1
    numbers = {"amount": amounts, "earlier": earlier, "ratio": ratios}
    numbers |= {f"other {place}": own.gumbel(size=len(vendors)) for place in range(4)}
    table = {name: make_column(name, NUMBER, values) for name, values in numbers.items()}
    return table | {"vendor": make_column("vendor", CATEGORY, [f"v{vendor}" for vendor in vendors])}, rows + 5


def learned(table, rows, flag_rate=0.01):
    known = {name: column.take(rows) for name, column in table.items()}
    return train_anomaly(known, rows, tails={"ratio": "high", "earlier": "low"}, flag_rate=flag_rate).card


@pytest.mark.parametrize(("rows", "draws"), [(400, 16), (2000, 8), (20_000, 2)])
@pytest.mark.parametrize(("rate", "within"), [(0.01, 0.005), (0.05, 0.015)])
def test_clean_bills_to_come_are_flagged_at_the_rate_asked_for(rows, draws, rate, within):
    """A line through totals of rows that the card knows flags 1.5 to 2.4 % of later ones where 1 % is asked for."""
    shares = []
    for seed in range(draws):
        table, _end = ledger(seed, rows + rows // 2)
        card = learned(table, np.arange(rows), rate)
        fresh = {name: column.take(np.arange(rows, rows + rows // 2)) for name, column in table.items()}
        shares.append(card.score(fresh).predictions.mean())
    assert np.mean(shares) == pytest.approx(rate, abs=within)


@pytest.mark.parametrize("rows", [100, 400, 2000, 20_000])
def test_a_bill_of_many_times_the_usual_is_flagged_for_a_vendor_with_five_bills(rows):
    for seed in range(3):
        table, end = ledger(seed, rows, odd=(10, 100, 1000, 1))
        card = learned(table, np.arange(end))
        asked = card.score({name: column.take(np.arange(end, end + 4)) for name, column in table.items()})
        assert asked.predictions.tolist() == [True, True, True, False]
        known = card.score({name: column.take(np.arange(end)) for name, column in table.items()})
        assert asked.values[1:3].min() > known.values.max()


def test_the_reference_of_flags_is_of_rows_that_the_card_has_not_learned_from():
    table, _end = ledger(5, 1500)
    training = train_anomaly(table, np.arange(1505), flag_rate=0.05)
    flags = training.reference.counts["prediction"]
    assert flags[-1] / flags.sum() == pytest.approx(0.05, abs=0.005) and flags.sum() < 1505


def test_a_bill_of_many_times_the_usual_is_flagged_in_a_small_table_too():
    """Drawn through what blocks have never seen, the line of 150 rows let any amount pass."""
    amounts = 100.0 + np.arange(150) % 7
    ratios = [None] + [amount / amounts[:place].mean() for place, amount in enumerate(amounts) if place]
    columns = {"ratio": make_column("ratio", NUMBER, ratios), "vendor": make_column("vendor", CATEGORY, ["v"] * 150)}
    card = train_anomaly(columns, np.arange(150), tails={"ratio": "high"}, flag_rate=0.01).card
    odd = {"ratio": make_column("ratio", NUMBER, [870.0, 1.0]), "vendor": make_column("vendor", CATEGORY, ["v"] * 2)}
    assert card.score(odd).predictions.tolist() == [True, False]


# Known values
def few_rows(n=300):
    """Columns of ``n`` rows: an amount with a long tail, a share with missing values, two categories and tags."""
    amount = np.exp(4 * golden(n) ** 2) + 100 * (np.arange(n) % 97 == 96)
    share = (golden(n) * 7 + 0.3) % 1
    share[::17] = np.nan
    account = np.array([["rent", "rent", "rent", "paper", "travel", f"once {k // 40}"][k * 5 % 6] for k in range(n)])
    vendor = np.array([f"vendor {int(x)}" for x in (golden(n, 0.2) * 13 % 1) ** 2 * 9])
    tags = [("a",) if k % 3 else ("b", "a", f"t{k % 50}")[: 1 + k % 4] or None for k in range(n)]
    return {
        "amount": make_column("amount", NUMBER, amount),
        "share": make_column("share", NUMBER, share),
        "account": make_column("account", CATEGORY, account.tolist()),
        "vendor": make_column("vendor", CATEGORY, vendor.tolist()),
        "tags": make_column("tags", TAGS, tags),
    }


def figures(n, **options):
    """Checksums of a card and of its reference, and the plain figures of a training."""
    trained = train_anomaly(few_rows(n), np.arange(n), **options)
    card, profile = trained.card, trained.reference
    scored = card.score(few_rows(n))
    metrics = {name: value for name, value in trained.metrics.items() if name != "seconds"}
    return {
        **metrics,
        "points": [checksum(feature.points) for feature in card.features],
        "pair_points": [checksum(pair.points) for pair in card.pairs],
        "threshold": card.threshold,
        "blocks": checksum(card.block_thresholds),
        "values": checksum(scored.values),
        "confidences": checksum(scored.confidences),
        "reference": [checksum(counts) for counts in profile.counts.values()],
    }


@pytest.mark.parametrize(
    ("rows", "options", "known"),
    [
        (
            300,
            {"flag_rate": 0.2, "tails": {"amount": "high"}},
            {
                "rows": 300,
                "unusable_rows": 0,
                "inputs": 7,
                "pairs": 0,
                "flagged": 52,
                "flag_rate": 0.2,
                "points": [3979.5168, 2659.98685, 25.7776508, 37.8639649, 21.9202925, 37.8475702, 36.5469802],
                "pair_points": [],
                "threshold": 0.705362397,
                "blocks": 9.63545472,
                "values": 210.099614,
                "confidences": 414.20024,
                "reference": [
                    456.598469,
                    451.848146,
                    456.277001,
                    446.318387,
                    437.132289,
                    421.68144,
                    468.033989,
                    110.597847,
                    110.828157,
                    93.8903767,
                ],
            },
        ),
        (
            300,
            {"flag_rate": 0.01, "pairs": [("amount", "share"), ("account", "vendor"), ("tags", "vendor")]},
            {
                "rows": 300,
                "unusable_rows": 0,
                "inputs": 7,
                "pairs": 4,
                "flagged": 0,
                "flag_rate": 0.01,
                "points": [3830.56708, 2659.98685, 25.7776508, 37.8639649, 21.9202925, 37.8475702, 36.5469802],
                "pair_points": [64904.4836, 68.4563595, 211.051155, 873.326786],
                "threshold": 16.917879,
                "blocks": 184.845634,
                "values": 213.152678,
                "confidences": 423.264601,
                "reference": [
                    456.598469,
                    451.848146,
                    456.277001,
                    446.318387,
                    437.132289,
                    421.68144,
                    468.033989,
                    442.627458,
                    408.084692,
                    345.627285,
                ],
            },
        ),
        (
            90,
            {
                "flag_rate": 0.05,
                "tails": {"amount": "low"},
                "weights": {"share": 2.0, "tags": 0.5},
                "context": ["vendor", "account"],
                "pairs": [("vendor", "share")],
            },
            {
                "rows": 90,
                "unusable_rows": 0,
                "inputs": 6,
                "pairs": 1,
                "flagged": 0,
                "flag_rate": 0.05,
                "points": [1040.295, 1408.22706, 0.0, 4.93445098, 8.3591638, 7.76892603],
                "pair_points": [4577.59337],
                "threshold": 11.9741048,
                "blocks": 84.4009817,
                "values": 63.6008011,
                "confidences": 122.373037,
                "reference": [
                    134.964479,
                    134.955615,
                    136.059567,
                    131.139687,
                    126.813449,
                    140.410197,
                    133.906271,
                    124.341313,
                    110.766131,
                ],
            },
        ),
        (
            39,
            {"flag_rate": 0.05},
            {
                "rows": 39,
                "unusable_rows": 0,
                "inputs": 7,
                "pairs": 0,
                "flagged": 1,
                "flag_rate": 0.05,
                "points": [454.697589, 437.011159, 8.62385139, 4.77951177, 6.04257533, 9.65617365, 8.71355704],
                "pair_points": [],
                "threshold": 2.34442695,
                "blocks": 6.01142582,
                "values": 28.80046,
                "confidences": 56.1303699,
                "reference": [
                    58.083139,
                    58.3567545,
                    57.9133022,
                    65.3033989,
                    56.5181806,
                    54.3378407,
                    60.8444185,
                    57.4825525,
                    53.4280107,
                    44.2321427,
                ],
            },
        ),
        (
            40,
            {"flag_rate": 0.05},
            {
                "rows": 40,
                "unusable_rows": 0,
                "inputs": 7,
                "pairs": 0,
                "flagged": 1,
                "flag_rate": 0.05,
                "points": [460.154204, 433.388896, 8.91647696, 4.86606131, 5.95805769, 9.83532205, 8.84526817],
                "pair_points": [],
                "threshold": 1.51706778,
                "blocks": 6.67756714,
                "values": 26.296223,
                "confidences": 55.9410314,
                "reference": [
                    59.3946685,
                    59.814182,
                    59.1215062,
                    67.0394669,
                    58.4903166,
                    55.6919427,
                    62.8165545,
                    59.0169944,
                    55.4001466,
                    50.0239388,
                ],
            },
        ),
    ],
)
def test_few_rows_come_to_the_same_card_as_ever(rows, options, known):
    """See `pinning`: lines from later rows, from folds, and from rows too few for either."""
    assert_same(figures(rows, **options), known)


def test_the_line_is_drawn_where_few_enough_reach_it():
    assert threshold_at([3.0, 1.0, 2.0, 2.0], 0.5) == 3.0  # two would, were there no tie with a third
    assert threshold_at([3.0, 1.0, 2.0, 2.0], 0.75) == 2.0
    assert threshold_at([5.0, 4.0, 3.0, 3.0, 1.0], 0.6) == 4.0
    assert threshold_at([2.0, 2.0, 1.0], 0.4) == np.nextafter(2.0, np.inf)
    assert threshold_at([2.0, 1.0], 0.4) == np.nextafter(2.0, np.inf) and threshold_at([1.0, 2.0], 1.0) == 1.0
    totals = np.arange(39.0)
    assert block_thresholds(totals, 0.1, 5) == [12.0, 25.0, 38.0]  # of ten rows at least
    assert block_thresholds(totals[:9], 0.2, 5) == [8.0]


def test_steps_beyond_the_range_are_as_many_times_as_rare():
    bins = NumericBins(-8, 30, [0, 2, 5, 10], tails=(1, 1))
    counts = np.array([0, 0, 0, 0, 40, 30, 29, 0])
    high = surprise_shares(bins, counts, "high")
    low = surprise_shares(bins, counts, "low")
    assert high[[2, 7]] == pytest.approx([0.5 / 100 / STEP, 0.5 / 100])
    assert low[[1, 3]] == pytest.approx([0.5 / 100 / STEP, 0.5 / 100])
    assert high[4:7] == pytest.approx([(99 - 20 + 0.5) / 100, (59 - 15 + 0.5) / 100, (29 - 14.5 + 0.5) / 100])
    apart = surprise_shares(bins, counts, "high", (0.2, 0.1))
    assert apart[[2, 7, 6]] == pytest.approx([0.1 / STEP, 0.1, 0.15])
    assert surprise_shares(bins, counts, "low", (0.2, 0.1))[[1, 3]] == pytest.approx([0.2 / STEP, 0.2])
    nothing = surprise_shares(NumericBins.fit(np.full(9, np.nan), 4), [9, 0, 0], "two")
    assert nothing == pytest.approx([0.95, 0.05, 0.05])


def test_two_inputs_at_once_by_hand():
    """Ten rows; ranked by how many are as unusual in both, with ties and own rows counted half."""
    first, second = np.array([0.2, 1.0, 0.2]), np.array([1.0, 0.01])
    joint = np.array([[1, 1], [5, 2], [1, 0]])
    # by size of both shares: rows of (.2, .01) 1, (.2, 1) 2, (1, .01) 2, (1, 1) 5; own rows half:
    # .5, 1 + 2 - 1 = 2, 1 + 2 - 1 = 2, and 10 - 2.5 = 7.5; so the shares of the rows up to each are
    known = {(0.2, 0.01): 0.5 + 0.5, (0.2, 1.0): 1 + 2 + 0.5, (1.0, 0.01): 1 + 2 + 0.5, (1.0, 1.0): 5 + 2.5 + 0.5}
    least = 0.5 / 11
    for i, one in enumerate(first):
        for j, two in enumerate(second):
            expected = known[one, two] / 11 * min(max(one, two) / least, 1)
            assert joint_shares(first, second, joint)[i, j] == pytest.approx(expected)
    faint = joint_shares(np.array([1.0, 0.01]), np.array([1.0, 0.02]), np.array([[10, 0], [0, 0]]))
    assert faint[1, 1] == pytest.approx(faint[0, 1] * 0.02 / least)


def test_surprise_near_certainty_is_a_half_and_a_sixth_of_the_distance():
    assert surprise(np.exp(-np.array([0.9e-4, 1.2e-4]))) - 0.5 == pytest.approx(
        np.array([0.9e-4, 1.2e-4]) / 6, rel=1e-3
    )
    x = 2.0
    assert surprise(np.exp(-x)) == pytest.approx((np.exp(x) - 1 - x) / x**2) and surprise(np.array(3.0)) == 0.5
