"""The curve of decisions: known values, open records as what they are, and nothing said beyond what was seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml import maturity
from odoo.addons.ai_deployment.ml.maturity import MIN_DECIDED, MIN_WATCHED


def curve(decided_after, watched, least=1):
    """The curve of few records, to its very end."""
    return maturity.curve(decided_after, watched, least)


records = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 30)), st.integers(0, 40)), min_size=1, max_size=40)


def test_the_product_limit_by_hand():
    # The remission times of 21 patients on 6-MP (Freireich 1963), the textbook example of the estimate.
    decided = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still_open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = curve([*decided, *[None] * 12], [*decided, *still_open])
    assert (found.rows, found.decided, found.last_day) == (21, 9, 35)
    assert found.days == (6, 7, 10, 13, 16, 22, 23)
    known = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert np.round(1 - np.array(found.shares), 4).tolist() == known
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]  # Greenwood
    assert np.round(found.errors, 4).tolist() == errors
    assert found.day_by_which(0.5) == 23
    assert found.day_by_which(0.8) is None


def test_without_open_records_it_is_the_plain_share():
    found = curve([1, 2, 2, 5], [9, 9, 9, 9])
    assert found.shares == pytest.approx((0.25, 0.75, 1.0))
    assert [found.share_by(day) for day in (0, 1, 3, 5)] == pytest.approx([0, 0.25, 0.75, 1])
    assert found.errors[0] == pytest.approx(np.sqrt(0.25 * 0.75 / 4))  # that of a binomial share
    assert found.interval(5) == (1, 1) and found.interval(0) == (0, 0)


@pytest.mark.parametrize(("share", "day"), [(0.25, 1), (0.26, 2), (0.75, 2), (0.8, 5), (1.0, 5)])
def test_the_day_by_which_a_share_is_decided(share, day):
    assert curve([1, 2, 2, 5], [9, 9, 9, 9]).day_by_which(share) == day


def test_recent_open_records_do_not_make_decisions_look_quick():
    rng = np.random.default_rng(0)
    takes, age = rng.exponential(40, 4000), rng.uniform(0, 120, 4000)
    found = curve(np.where(takes <= age, takes, np.nan), age)
    truth = 1 - np.exp(-30 / 40)
    assert found.share_by(30) == pytest.approx(truth, abs=0.03)
    assert found.day_by_which(0.8) == pytest.approx(-40 * np.log(0.2), rel=0.1)
    decided_only = np.mean(takes[takes <= age] <= 30)
    assert decided_only > truth + 0.1  # what leaving them out would have said


def test_the_interval_covers_the_truth():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        takes, age = rng.exponential(20, 150), rng.uniform(0, 60, 150)
        low, high = curve(np.where(takes <= age, takes, np.nan), age).interval(20)
        covered += low <= 1 - np.exp(-1) <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_beyond_what_was_watched_nothing_is_known():
    found = curve([1, None], [1, 10])
    assert found.share_by(10) == 0.5 and found.share_by(11) is None and found.share_by(-1) is None
    assert found.interval(11) is None
    nothing = curve([], [])
    assert nothing.share_by(0) is None and nothing.day_by_which(0.1) is None and nothing.immature_share([3]) is None
    assert curve([1], [1]).immature_share([]) is None


def test_the_curve_ends_where_few_are_watched():
    # 100 records are decided by day 30 or lost from sight; three old ones are watched for a year, and one is decided
    decided, watched = [n % 30 + 1.0 for n in range(60)] + [None] * 40, [40.0] * 100
    decided, watched = [*decided, None, None, 300.0], [*watched, 360.0, 360.0, 360.0]
    whole, found = curve(decided, watched), maturity.curve(decided, watched)
    assert whole.share_by(300) > whole.share_by(40) + 0.1, "one of three moves the curve"
    assert (found.last_day, found.share_by(40)) == (40, whole.share_by(40))
    assert found.share_by(300) is None and max(found.days) <= 40


@pytest.mark.parametrize("records", [1, MIN_WATCHED - 1, MIN_WATCHED])
def test_of_few_records_little_is_known(records):
    found = maturity.curve([None] * records, [float(day) for day in range(1, records + 1)])
    assert found.last_day == 1 and found.share_by(2) is None


def test_nothing_decided_yet():
    found = curve([None, None], [3, 8])
    assert found.share_by(8) == 0 and found.day_by_which(0.8) is None and found.immature_share([1, 5]) == 1
    assert not found.enough


def test_a_decision_that_lies_after_the_look_does_not_count():
    assert curve([5, 1], [3, 9]) == curve([None, 1], [3, 9])


def test_decided_on_the_last_day_watched_counts_as_decided():
    assert curve([4, None], [4, 4]).share_by(4) == 0.5


def test_the_immature_share_of_a_cohort_is_the_mean_of_its_records():
    found = curve([1, 2, 2, 5], [9, 9, 9, 9])
    assert found.immature_share([0, 1, 2, 3, 99]) == pytest.approx((1 + 0.75 + 0.25 + 0.25 + 0) / 5)


def test_few_decisions_are_not_enough_to_go_by():
    assert not curve([1] * (MIN_DECIDED - 1), [9] * (MIN_DECIDED - 1)).enough
    assert curve([1] * MIN_DECIDED, [9] * MIN_DECIDED).enough


@settings(deadline=None, max_examples=100)
@given(records, st.randoms())
def test_the_curve_rises_within_0_and_1_whatever_the_order_of_the_records(cases, shuffler):
    found = curve(*zip(*cases, strict=True))
    shares = np.array(found.shares)
    assert (np.diff(shares) >= -1e-12).all() and (shares >= 0).all() and (shares <= 1 + 1e-12).all()
    assert found.decided == sum(after is not None and after <= watched for after, watched in cases)
    for share, day in zip(found.shares, found.days, strict=True):
        assert found.day_by_which(share) <= day
        low, high = found.interval(day)
        assert 0 <= low <= share + 1e-12 and share - 1e-12 <= high <= 1
    shuffler.shuffle(cases)
    assert curve(*zip(*cases, strict=True)) == found


@pytest.mark.parametrize(
    ("after", "watched", "message"),
    [
        ([1], [1, 2], "same length"),
        ([1], [np.nan], "must be known"),
        ([-1], [3], "not negative"),
        ([1], [-3], "not negative"),
    ],
)
def test_days_that_make_no_sense_are_refused_in_words(after, watched, message):
    with pytest.raises(ValueError, match=message):
        curve(after, watched)


@pytest.mark.parametrize(
    ("day", "low", "high"), [(6, 0.6197, 0.9516), (9, 0.5631, 0.9228), (10, 0.5032, 0.8894), (23, 0.1881, 0.6801)]
)
def test_the_interval_is_that_of_the_textbook(day, low, high):
    """The log-log intervals that statistics packages print for Freireich's patients, of what is still open."""
    decided, still_open = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = curve([*decided, *[None] * 12], [*decided, *still_open]).interval(day)
    assert found == pytest.approx((1 - high, 1 - low), abs=1e-4)


def test_a_curve_of_one_record_ends_with_it():
    assert maturity.curve([2.0], [3.0]).last_day == 2.0 == maturity.curve([2.0, None], [3.0, 9.0]).last_day
    decided = curve([2.0], [3.0])
    assert (decided.rows, decided.decided, decided.shares, decided.errors) == (1, 1, (1.0,), (0.0,))
    assert maturity.curve([], []) == maturity.Maturity(0, 0, 0.0)
