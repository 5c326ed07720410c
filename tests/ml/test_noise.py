"""What ordinary weeks show: new values come at the pace of before, and several weeks differ less than one."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import ndtr

from odoo.addons.ai_deployment.ml import drift
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, Column
from odoo.addons.ai_deployment.ml.noise import Noise, forward_shares
from odoo.addons.ai_deployment.ml.ordinary import noise_of, windows_on_any_day
from odoo.addons.ai_deployment.ml.profile import Profile


def test_what_the_later_half_has_that_the_earlier_lacked():
    moments = np.arange(200.0)
    levels = np.array(["old"] * 100 + ["old"] * 80 + ["new"] * 15 + [None] * 5, dtype=object)
    numbers = np.concatenate([np.arange(100.0), np.arange(50, 130.0), [np.nan] * 20])
    columns = {"level": Column("level", CATEGORY, levels), "number": Column("number", NUMBER, numbers)}
    found = forward_shares(columns, moments, new="unseen", beyond="range")
    share, days = found["unseen"]["level"]
    assert (share, days) == (pytest.approx(15 / 95), pytest.approx(50))
    assert found["range"]["number"][0] == pytest.approx(30 / 80)


@pytest.mark.parametrize("moments", [np.zeros(500), np.arange(60.0), np.array([])])
def test_one_day_or_few_rows_say_nothing_of_what_comes(moments):
    column = Column("x", NUMBER, np.arange(float(len(moments))))
    assert forward_shares({"x": column}, moments, new="unseen", beyond="range") == {"unseen": {}, "range": {}}


def test_new_values_are_expected_to_grow_with_time_and_never_beyond_all():
    noise = Noise(forward={"unseen": {"x": (0.1, 50)}})
    assert [noise.new_share("unseen", "x", days) for days in (0, 50, 100, 10_000)] == [0.1, 0.1, 0.2, 1.0]
    assert noise.new_share("range", "x", 100) == noise.new_share("unseen", "y", 100) == 0


def weeks_of(random, count, sd):
    bins = {"x": NumericBins.fit(random.normal(size=4000), 64)}
    weeks = [
        Profile(400, {"x": np.bincount(bins["x"].codes(random.normal(random.normal(0, sd), 1, 400)), minlength=67)})
        for _week in range(count)
    ]
    return weeks, bins


def test_independent_weeks_differ_less_together():
    weeks, bins = weeks_of(np.random.default_rng(3), 26, 0.4)
    noise = noise_of(weeks, bins)
    assert set(noise.pooled) == {4}, "thirteen weeks are there only twice"
    assert noise.of(4).floor("x") <= noise.floor("x") and noise.of(13) == noise.of(4) and noise.of(1) is noise
    short = noise_of(weeks[:10], bins)
    assert short.of(13).floor("x") == short.floor("x"), "too short to tell"


def test_plain_json_and_back():
    weeks, bins = weeks_of(np.random.default_rng(4), 20, 0.3)
    noise = noise_of(weeks, bins).with_forward({"range": {"x": (0.02, 40.0)}})
    assert Noise.from_dict(noise.to_dict()) == noise
    assert not Noise.from_dict(None).is_known and not Noise.from_dict({}).is_known and noise.is_known


def test_several_weeks_differ_by_at_least_what_single_ones_show():
    """Six blocks of four weeks, most of whose days they share, are no bound: three alarms a year without anything."""
    weeks, bins = weeks_of(np.random.default_rng(6), 26, 0.3)
    days = {date(2026, 1, 5) + timedelta(weeks=place): week for place, week in enumerate(weeks)}
    found = noise_of(windows_on_any_day(days), bins, whole=sum(weeks, Profile()), weeks=weeks)
    assert found.usual_effect("x")[0] > 0.05, "windows that overlap say how far, weeks how often"
    assert found.of(4).floor("x") >= found.floor("x") / 4
    assert found.of(4).usual_effect("x") >= (found.usual_effect("x")[0] / 4, 0)


def year(seed, rows=1000, sd=0.3, names="abcd"):
    """Episodes of alarms in 52 weeks in which nothing moves: every column has a level of its own each week."""
    random = np.random.default_rng(seed)
    bins = {name: NumericBins.fit(random.normal(size=4000), 60) for name in names}
    cuts = {name: np.array([-np.inf, *own.edges, np.inf]) for name, own in bins.items()}

    def week():
        shares = {name: np.diff(ndtr(own - random.normal(0, sd))) for name, own in cuts.items()}
        counts = {name: np.array([0, 0, 0, *random.multinomial(rows, own)]) for name, own in shares.items()}
        return Profile(rows, counts)

    reference, before, states, episodes = [week() for _week in range(26)], [], {}, 0
    whole = sum(reference, Profile())
    days = {date(2026, 1, 5) + timedelta(weeks=place): each for place, each in enumerate(reference)}
    noise = noise_of(windows_on_any_day(days), bins, whole=whole, weeks=reference)
    history = {name: [] for name in names}
    for _week in range(52):
        now = week()
        for found in drift.judge(bins, whole, now, noise=noise, longer=drift.spans(before, now, whole, noise)):
            if found.test == drift.SHAPE:
                history[found.name].append((found.exceeded, found.adjusted_p))
                state = drift.alarm_state(history[found.name])
                episodes += state == "firing" and states.get(found.name) != "firing"
                states[found.name] = state
        before.append(now)
    return episodes


@pytest.mark.nightly
def test_ordinary_weeks_of_many_rows_are_quiet():
    assert sum(year(seed) for seed in range(4)) <= 3  # 12 where several weeks had floors of their own
