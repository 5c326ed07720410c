"""How often the intervals that people are shown hold what is true: each kind in several settings, rare and small too.

`coverage` is the mean over settings that are drawn anew in every round; `lowest` the worst of the named settings.
"""

import math

import numpy as np

from odoo.addons.ai_deployment.ml import (
    agreement,
    estimated,
    intervals,
    maturity,
    outcomes,
    performance,
    risk,
    segment_test,
    value,
)

from ._judge import Figures

WITHIN = (0.93, 0.99)
RANDOM_CHECKS = 0.98  # at least: they are few, and weighted
SHARES = ((30, 0.02), (30, 0.2), (60, 0.05), (100, 0.01), (100, 0.5), (300, 0.02), (300, 0.3), (2000, 0.01))


def figures(rounds, seed, which=None):
    """The coverage of every interval, over `rounds` rounds a setting; `which` as in `_statistics_rates`."""
    first, step = which or (0, 1)
    found = Figures()
    for number, (name, (settings, trial)) in enumerate(KINDS.items()):
        if number % step != first:
            continue
        held = {}
        for place, setting in enumerate(settings):
            random = np.random.default_rng([seed, number, place])
            for _round in range(max(rounds // COSTLY.get(name, 1), 4)):
                for what, is_held in trial(random, setting).items():
                    held.setdefault(f"{name}.{what}" if what else name, {}).setdefault(place, []).append(is_held)
        for what, by_setting in held.items():
            _note(found, what, by_setting, settings)
    return found


def _note(figures, name, by_setting, settings):
    by_setting = {place: told for place, told in by_setting.items() if told}
    means = {place: float(np.mean(told)) for place, told in by_setting.items()}
    coverage = float(np.mean(list(means.values())))
    cases = sum(map(len, by_setting.values()))
    if name in AT_LEAST:
        figures.note(f"interval.{name}.coverage", coverage, "", ("≥", _less_chance(AT_LEAST[name], cases)))
    else:
        figures.note(f"interval.{name}.coverage_at_least", coverage, "", ("≥", _less_chance(WITHIN[0], cases)))
        figures.note(f"interval.{name}.coverage_at_most", coverage, "", ("≤", WITHIN[1]))
    worst = min(means, key=means.get)
    least = _less_chance(AT_LEAST.get(name, WITHIN[0]), len(by_setting[worst]))
    figures.note(f"interval.{name}.lowest", means[worst], "", ("≥", least), reason="chance allowed for")
    figures.note(f"interval.{name}.lowest_in", str(settings[worst]))


def _less_chance(share, cases):
    """What a coverage of `share` comes to at least in so many cases, but for one time in a thousand."""
    return round(share - 3 * math.sqrt(share * (1 - share) / cases), 4)


# Shares
def _clopper_pearson(random, setting):
    rows, share = setting
    low, high = intervals.clopper_pearson(int(random.binomial(rows, share)), rows)
    return {"": low <= share <= high}


def _share_change(random, setting):
    rows, share, other_rows, other = setting
    before = value.Moments(rows, random.binomial(rows, share) / rows)
    after = value.Moments(other_rows, random.binomial(other_rows, other) / other_rows)
    found = value.share_change(before, after)
    return {"": found.low <= other - share <= found.high}


def _random_checks(random, setting):
    rows, share, near, wrong_near, wrong_far = setting
    is_near = random.random(rows) < near
    wrong = random.random(rows) < np.where(is_near, wrong_near, wrong_far)
    chances = np.where(is_near, 4 * share, share)
    drawn = random.random(rows) < chances
    if not drawn.any():
        return {}
    _share, low, high = intervals.weighted_share(wrong[drawn], chances[drawn])
    return {"": low <= wrong.mean() <= high}


def _capacity(random, setting):
    """The share of positives among the highest values."""
    rows, top = setting
    values = random.beta(1, 4, rows)
    best = np.sort(values)[-top:]
    low, high = intervals.clopper_pearson(int((random.random(top) < best).sum()), top)
    return {"": low <= best.mean() <= high}


# Value
def _amounts(random, rows, paid, spread):
    """Amounts of `rows` records of which the share `paid` is not zero, and what they are on average."""
    amounts = np.exp(random.normal(0, spread, rows)) * (random.random(rows) < paid)
    return amounts, paid * math.exp(spread**2 / 2)


def _moments(amounts):
    return value.Moments.of(len(amounts), float(amounts.sum()), float((amounts**2).sum()), int((amounts != 0).sum()))


def _mean(random, setting):
    amounts, true = _amounts(random, *setting)
    moments = _moments(amounts)
    if not value.enough(moments, value.MEAN):
        return {}
    found = value.interval(moments, value.MEAN)
    return {"": found.low <= true <= found.high}


def _mean_change(random, setting):
    rows, paid, spread = setting
    before, true_before = _amounts(random, rows, paid, spread)
    after, true_after = _amounts(random, int(1.5 * rows), min(1.1 * paid, 1.0), spread)
    found = value.change(_moments(before), _moments(after), value.MEAN)
    return {"": found.low <= true_after - true_before <= found.high} if found else {}


def _net(random, setting):
    """A share, a mean and what is known exactly, in money a month."""
    rows, paid, spread = setting
    before, true_before = _amounts(random, rows, paid, spread)
    after, true_after = _amounts(random, rows, paid, spread)
    money = value.change(_moments(before), _moments(after), value.MEAN)
    shares = [value.Moments(rows, random.binomial(rows, share) / rows) for share in (0.2, 0.25)]
    wins = value.change(*shares, value.SHARE)
    if not money or not wins:
        return {}
    found = value.added([value.scaled(money, 2.0), value.scaled(wins, -30.0)], fixed=-3.0)
    true = 2.0 * (true_after - true_before) - 30.0 * 0.05 - 3.0
    return {"": found.low <= true <= found.high}


# Performance
def _scores(random, rows, base, apart):
    """(labels, values) whose log odds are normal for either outcome, `apart` standard deviations from each other.

    So the values are true chances, and the AUC is Phi(apart / sqrt 2).
    """
    labels = (random.random(rows) < base).astype(float)
    x = random.normal(0, 1, rows) + apart * labels
    odds = math.log(base / (1 - base)) + apart * x - apart**2 / 2
    return labels, 1 / (1 + np.exp(-odds))


def _area(apart):
    return 0.5 * (1 + math.erf(apart / 2))


def _auc(random, setting):
    labels, values = _scores(random, *setting)
    if min(labels.sum(), len(labels) - labels.sum()) < outcomes.MIN_CLASS:
        return {}
    low, high = performance.auc_interval(labels, values)
    return {"": low <= _area(setting[2]) <= high}


def _duel(random, setting):
    """Ours against the same with noise: the gain of AUC and of Brier."""
    rows, base, apart = setting
    labels = (random.random(rows) < base).astype(float)
    if min(labels.sum(), rows - labels.sum()) < outcomes.MIN_CLASS:
        return {}
    noise = 0.7
    ours = random.normal(0, 1, rows) + apart * labels
    theirs = ours + random.normal(0, noise, rows)
    gain = performance.auc_difference(labels, ours, theirs)
    true = _area(apart) - _area(apart / math.sqrt(1 + noise**2))
    one, two = (np.clip(base + 0.1 * each, 0.01, 0.99) for each in (ours, theirs))
    loss = performance.brier_difference(labels, one, two)
    return {"auc": gain.low <= true <= gain.high, "brier": loss.low <= _brier_gap(base, apart, noise) <= loss.high}


_GAPS = {}


def _brier_gap(base, apart, noise):
    """What `_duel` loses in Brier on average, from two million rows."""
    if (base, apart) not in _GAPS:
        random, rows = np.random.default_rng(0), 2_000_000
        labels = (random.random(rows) < base).astype(float)
        ours = random.normal(0, 1, rows) + apart * labels
        theirs = ours + random.normal(0, noise, rows)
        one, two = (np.clip(base + 0.1 * each, 0.01, 0.99) for each in (ours, theirs))
        _GAPS[base, apart] = float(np.mean((one - labels) ** 2 - (two - labels) ** 2))
    return _GAPS[base, apart]


def _cohort(random, setting):
    """What a report on a cohort tells, each with its interval; the values are true chances."""
    labels, values = _scores(random, *setting)
    found = outcomes.judge_outcomes(labels, values, values > 0.5, values > 0.6)
    true = {"in_the_large": 0.0, "slope": 1.0}
    return {
        each.name: each.low <= true[each.name] <= each.high
        for each in found
        if each.name in true and each.low is not None
    }


def _bands(random, setting):
    """Where the realised figures of a window fall that was estimated before its outcomes were known."""
    rows, base, apart = setting
    reference = estimated.learn(*_scores(random, 2000, base, apart))
    labels, values = _scores(random, rows, base, apart)
    window = estimated.estimate(reference, values, values > 0.5)
    called, tp = values > 0.5, float(labels[values > 0.5].sum())
    real = {
        "win_rate": labels.mean(),
        "error": np.mean(called != (labels == 1)),
        "auc": performance.auc(labels, values),
        "brier": performance.brier(labels, values),
        "precision": tp / called.sum() if called.any() else math.nan,
        "recall": tp / labels.sum() if labels.any() else math.nan,
    }
    held = {band.name: band.low <= real[band.name] <= band.high for band in window.bands if band.name in real}
    found = estimated.gap(window, real["auc"])
    return {**held, **({"gap": found.low <= 0 <= found.high} if found else {})}


def _decided(random, setting):
    """The share decided by a day, most of the latest still open."""
    rows, day = setting
    after = random.exponential(40, rows) + random.exponential(5, rows)
    watched = random.uniform(0, 200, rows)
    curve = maturity.curve(np.where(after <= watched, after, np.nan), watched)
    found = curve.interval(day) if curve.enough else None
    true = 1 - (40 * math.exp(-day / 40) - 5 * math.exp(-day / 5)) / 35
    return {"": found[0] <= true <= found[1]} if found else {}


def _standing_risk(random, setting):
    """The lower end of the risk, looked at after every row of a life."""
    rows, share = setting
    state = risk.start((random.random(500) < share).astype(float))
    state = risk.update(state, (random.random(rows) < share).astype(float))
    return {"": risk.look(state).low <= share}


# People
def _kappa(random, setting):
    pairs, rate, true = setting
    both = rate * (1 - rate)
    joint = [rate**2 + true * both, both * (1 - true), both * (1 - true), (1 - rate) ** 2 + true * both]
    counts = random.multinomial(pairs, joint)
    first, second = np.repeat([1, 1, 0, 0], counts).tolist(), np.repeat([1, 0, 1, 0], counts).tolist()
    found = agreement.agreement(first, second)
    return {} if math.isnan(found.kappa) else {"": found.low <= true <= found.high}


def _part(random, setting):
    """The least share of a part that is flagged for sure, of all parts together."""
    rows, share = setting
    parts = random.integers(0, 10, rows)
    found = segment_test.flagged_parts(random.random(rows) < share, parts.tolist(), share)
    told = [part.low <= share for part in found if part.low is not None]
    return {"": all(told)} if told else {}


KINDS = {
    "share_exact": (SHARES, _clopper_pearson),
    "share_difference": (
        [(30, 0.1, 60, 0.2), (30, 0.02, 300, 0.02), (100, 0.5, 100, 0.3), (300, 0.05, 600, 0.08), (80, 0.95, 40, 0.9)],
        _share_change,
    ),
    "random_checks": (
        [
            (1300, 0.01, 0.0, 0.0, 0.02),
            (1300, 0.01, 0.1, 0.1, 0.01),
            (5000, 0.01, 0.1, 0.2, 0.005),
            (20_000, 0.01, 0.05, 0.2, 0.01),
            (3000, 0.02, 0.3, 0.05, 0.0),
            (1000, 0.2, 0.2, 0.2, 0.05),
        ],
        _random_checks,
    ),
    "precision_at_capacity": ([(300, 20), (300, 60), (2000, 100)], _capacity),
    "value_mean": ([(30, 1.0, 0.5), (60, 1.0, 1.0), (300, 0.2, 1.0), (300, 1.0, 1.3), (1000, 0.05, 1.0)], _mean),
    "value_change": (
        [(30, 1.0, 0.5), (60, 1.0, 1.0), (300, 0.2, 1.0), (300, 1.0, 1.3), (1000, 0.05, 1.0)],
        _mean_change,
    ),
    "value_net": ([(60, 1.0, 1.0), (300, 0.2, 1.0), (1000, 0.1, 0.8)], _net),
    "auc": (
        [
            (60, 0.3, 1.0),
            (100, 0.2, 1.2),
            (300, 0.05, 1.0),
            (300, 0.2, 2.5),
            (100, 0.2, 3.2),
            (300, 0.3, 0.2),
            (2000, 0.1, 1.5),
        ],
        _auc,
    ),
    "duel": ([(100, 0.3, 1.0), (300, 0.2, 1.0), (300, 0.06, 1.5), (1500, 0.1, 1.0)], _duel),
    "cohort": ([(100, 0.3, 1.0), (300, 0.2, 1.2), (300, 0.06, 1.0), (2000, 0.05, 1.5)], _cohort),
    "estimated": ([(100, 0.3, 1.0), (300, 0.2, 1.2), (1000, 0.1, 1.5)], _bands),
    "decided_by_day": ([(60, 30), (200, 45), (1000, 20), (1000, 120)], _decided),
    "standing_risk": ([(300, 0.1), (2000, 0.2)], _standing_risk),
    "kappa": (
        [
            (30, 0.1, 0.9),
            (30, 0.3, 0.4),
            (60, 0.05, 0.8),
            (100, 0.05, 0.2),
            (100, 0.03, 0.6),
            (300, 0.03, 0.9),
            (300, 0.3, 0.6),
        ],
        _kappa,
    ),
    "flagged_parts": ([(3000, 0.01), (6000, 0.05)], _part),
}
COSTLY = {"estimated": 4, "standing_risk": 4, "random_checks": 2, "kappa": 2}  # fewer rounds of these
AT_LEAST = {
    "share_exact": 0.95,
    "precision_at_capacity": 0.95,
    "random_checks": RANDOM_CHECKS,
    "standing_risk": 0.975,
    "flagged_parts": 0.95,
}
