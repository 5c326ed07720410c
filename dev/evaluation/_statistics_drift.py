"""Drift under ordinary noise, from generators that the monitors were not tuned on.

A `Firm` draws its weeks as counts: categories whose levels move by a normal number of log odds every week, numbers of
skewed shapes whose scale and place move, inputs that are empty on a share that differs from week to week, vendors that
keep coming, a season of the year. The first weeks are the reference, those after it are judged as the product does
(`Look`). `Pairs` draws rows whose inputs belong together, for the joint test.
"""

from dataclasses import dataclass

import numpy as np

from odoo.addons.ai_deployment.ml import (
    drift,
    joint,
    ordinary,
    quality,
)
from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, Column
from odoo.addons.ai_deployment.ml.noise import forward_shares
from odoo.addons.ai_deployment.ml.profile import (
    PREDICTION,
    PREDICTION_BINS,
    SCORE,
    Profile,
)

from lib.figures import Figure

YEAR = 52
REFERENCE_WEEKS = 26
CATEGORIES = {"team": 4, "source": 9, "country": 25, "product": 60}
NUMBERS = {"amount": 1.4, "duration": 0.7, "discount": 0.25, "size": 2.2}  # shape parameters of a gamma
QUIET = ((0.15, 100), (0.15, 300), (0.3, 100), (0.3, 300), (0.3, 1000), (0.45, 300))
FOLLOWED = 8  # weeks after a change
RATES = (0.01, 0.05, 0.2)
RATE_ROWS = (100, 500, 2000)


@dataclass(frozen=True)
class Setting:
    """What an ordinary week shows by itself, and what is planted once the reference is over."""

    noise: float = 0.3  # of every level, in log odds
    rows: int = 300
    empty: float = 0.0  # sd of the share of empty values, in points
    season: float = 0.0  # of every level over the year, in log odds
    scaled: float = 1.0  # amounts of all rows
    slow: float = 0.0  # log odds per week by which the first level of every category drifts
    missing: float | None = None  # of the first number


class Firm:
    """Profiles of `weeks` weeks of one firm, each by its own noise."""

    def __init__(self, random, setting, weeks, *, reference=REFERENCE_WEEKS):
        self.random, self.setting, self.at = random, setting, reference
        self.logits = {name: random.normal(0, 1.2, size) for name, size in CATEGORIES.items()}
        self.phases = {name: random.uniform(0, 2 * np.pi, size) for name, size in CATEGORIES.items()}
        self.places = {name: random.normal(1, 0.5) for name in NUMBERS}
        drawn = [self._week(week) for week in range(weeks)]
        known = drawn[:reference]
        self.bins = {
            name: CategoryBins.fit(np.concatenate([week[name] for week in known]), min_count=10) for name in CATEGORIES
        }
        self.bins |= {name: NumericBins.fit(np.concatenate([week[name] for week in known]), 64) for name in NUMBERS}
        self.bins |= {SCORE: NumericBins(0.0, 1.0, np.arange(1, 20) / 20), PREDICTION: PREDICTION_BINS}
        self.weeks = [self._profile(week) for week in drawn]
        self.before, self.after = self.weeks[:reference], self.weeks[reference:]
        self.reference = sum(self.before, Profile())
        self.noise = ordinary.noise_of(self.before, self.bins)

    def _week(self, week):
        random, setting, rows = self.random, self.setting, self.setting.rows
        late = week >= self.at
        values = {}
        for name, size in CATEGORIES.items():
            logits = self.logits[name] + random.normal(0, setting.noise, size)
            logits = logits + setting.season * np.sin(2 * np.pi * week / YEAR + self.phases[name])
            logits[0] += setting.slow * (week - self.at) if late else 0.0
            shares = np.exp(logits - logits.max())
            values[name] = np.array([f"level {k}" for k in range(size)], dtype=object)[
                random.choice(size, rows, p=shares / shares.sum())
            ]
        for place, (name, shape) in enumerate(NUMBERS.items()):
            scale = np.exp(self.places[name] + random.normal(0, setting.noise / 3))
            own = random.gamma(shape, scale, rows) * (setting.scaled if late and name == "amount" else 1.0)
            share = 0.12 + random.normal(0, setting.empty)
            if late and setting.missing is not None and not place:
                share = setting.missing
            own[random.random(rows) < np.clip(share, 0, 1)] = np.nan
            values[name] = own
        odds = random.normal(-1, 1, rows) + random.normal(0, setting.noise / 2)
        values[SCORE] = 1 / (1 + np.exp(-odds))
        values[PREDICTION] = np.where(values[SCORE] > 0.5, "yes", "no").astype(object)
        return values

    def _profile(self, values):
        counts = {
            name: np.bincount(self.bins[name].codes(own), minlength=self.bins[name].size)
            for name, own in values.items()
        }
        return Profile(len(values[SCORE]), counts)


class Look:
    """The weeks of a firm judged one after the other, as `DriftMonitor` does."""

    def __init__(self, firm, *, pooled=True, seasons=True, age=0):
        self.firm, self.pooled, self.seasons, self.age = firm, pooled, seasons, age
        self.lines = {}  # (column, test): [DriftResult]

    def run(self, weeks=None):
        for place in range(len(self.firm.after) if weeks is None else weeks):
            self._judge(place)
        return self

    def _judge(self, place):
        firm, window = self.firm, self.firm.after[place]
        now = firm.at + place
        years = {count: self._year(now, count) for count in (1, *drift.POOLED)} if self.seasons else {}
        longer = []
        if self.pooled:
            longer = drift.spans(firm.after[:place], window, firm.reference, firm.noise, years=years)
        told = {
            key: {place - week for week, line in enumerate(lines) if line.exceeded and line.weeks == 1}
            for key, lines in self.lines.items()
        }
        results = drift.judge(
            firm.bins,
            firm.reference,
            window,
            noise=firm.noise,
            longer=longer,
            told=told,
            year=years.get(1),
            age=self.age + 7 * place,
        )
        for found in results:
            self.lines.setdefault((found.name, found.test), []).append(found)

    def _year(self, now, count):
        """The same weeks a year before, one more on either side; None where they are not all known."""
        first, last = now - YEAR - count, now - YEAR + 2
        return sum(self.firm.weeks[first:last], Profile()) if first >= 0 else None

    def rings(self, name, test):
        """Per week whether the alarm of this column rings."""
        lines = self.lines.get((name, test), [])
        weeks = [(line.exceeded, line.adjusted_p) for line in lines if line.verdict != drift.CANNOT_JUDGE]
        if not any(exceeded for exceeded, _p in weeks):
            return [False] * len(weeks)
        return [drift.alarm_state(weeks[: week + 1]) == "firing" for week in range(len(weeks))]

    def first(self, name, test):
        """The week, from 1, in which the alarm began, None where it did not."""
        return next((week + 1 for week, rings in enumerate(self.rings(name, test)) if rings), None)

    def episodes(self, since=0):
        """How many alarms began from week `since` on."""
        begun = 0
        for name, test in self.lines:
            rings = [False, *self.rings(name, test)]
            begun += sum(now and not before for before, now in zip(rings[since:], rings[since + 1 :], strict=False))
        return begun


@dataclass(frozen=True)
class Broken:
    """What goes wrong between inputs that look as ever one by one."""

    shuffled: bool = False  # the amounts belong to other rows
    segment: float = 1.0  # amounts of one team
    tenfold: float = 0.0  # share of all amounts with a digit too many


WHOLE = Broken()


class Pairs:
    """Rows of a firm whose amounts depend on team and product, whose term depends on the amount; 12 columns in all."""

    def __init__(self, random, rows, noise, *, weeks=13):
        self.random, self.rows, self.noise = random, rows, noise
        self.levels = {"team": 6, "product": 10, "region": 5, "source": 8}
        self.logits = {name: random.normal(0, 0.8, size) for name, size in self.levels.items()}
        self.on_team, self.on_product = random.normal(0, 0.7, 6), random.normal(0, 0.9, 10)
        drawn = [self.week() for _week in range(weeks)]
        self.bins = {}
        for name, first in drawn[0].items():
            everything = np.concatenate([week[name] for week in drawn])
            self.bins[name] = (
                NumericBins.fit(everything, 64) if first.dtype == float else CategoryBins.fit(everything, min_count=10)
            )
        self.reference = np.concatenate([self.codes(week) for week in drawn])
        self.weeks = np.repeat(np.arange(weeks), rows)

    def week(self, broken=WHOLE):
        random, rows, places = self.random, self.rows, {}
        for name, size in self.levels.items():
            logits = self.logits[name] + random.normal(0, self.noise, size)
            shares = np.exp(logits) / np.exp(logits).sum()
            places[name] = random.choice(size, rows, p=shares)
        place = random.normal(0, self.noise / 3)
        logs = place + self.on_team[places["team"]] + self.on_product[places["product"]] + random.normal(0, 0.8, rows)
        term = 0.8 * logs + random.normal(0, 0.7, rows)
        usual = int(np.argsort(self.logits["team"])[-2])  # the second largest
        logs = logs + np.where(places["team"] == usual, np.log(broken.segment), 0.0)
        logs = logs + np.where(random.random(rows) < broken.tenfold, np.log(10), 0.0)
        if broken.shuffled:
            logs = random.permutation(logs)
        found = {name: np.array([f"level {k}" for k in own], dtype=object) for name, own in places.items()}
        found |= {"amount": np.exp(logs), "term": np.round(term * 10)}
        return found | {f"other_{k}": random.gamma(1 + k, size=rows) for k in range(6)}

    def codes(self, week):
        return np.stack([self.bins[name].codes(own) for name, own in week.items()], axis=1)

    def judge(self, broken=WHOLE):
        return joint.judge_pairs(self.bins, self.reference, self.weeks, self.codes(self.week(broken)))


ALERTS = ("missing", "unseen")  # alerts by themselves; a shape is one only while the score or the verdict moves


def figures(rounds, seed):
    """All figures; `rounds` firms per setting (each followed for a year), seeded by `seed`."""
    found = []

    def note(name, value, target=None, unit=""):
        text = f"{target[0]} {target[1]:g}" if target else ""
        met = None if target is None else bool(value <= target[1] if target[0] == "≤" else value >= target[1])
        found.append(Figure(name, value, unit, text, met) if target else Figure(name, value, unit))

    _note_quiet(note, rounds, seed)
    _note_season(note, max(rounds // 2, 1), seed)
    _note_power(note, rounds, seed)
    _note_rates(note, max(10 * rounds, 20), seed)
    _note_new_values(note, max(10 * rounds, 20), seed)
    _note_volume(note, max(10 * rounds, 50), seed)
    _note_pairs(note, rounds, seed)
    return found


def _alerts_and_notices(look, since=0):
    """(alerts, notices) that began: shapes that move neither score nor verdict are notices."""
    moved = [a or b for a, b in zip(look.rings(SCORE, drift.SHAPE), look.rings(PREDICTION, drift.SHAPE), strict=True)]
    alerts = notices = 0
    for name, test in look.lines:
        rings = look.rings(name, test)
        begun = [week for week in range(since, len(rings)) if rings[week] and not (week and rings[week - 1])]
        loud = [week for week in begun if test in ALERTS or name in (SCORE, PREDICTION) or moved[week]]
        alerts, notices = alerts + len(loud), notices + len(begun) - len(loud)
    return alerts, notices


def _note_quiet(note, rounds, seed):
    for noise, rows in QUIET:
        setting = Setting(noise=noise, rows=rows, empty=0.06)
        looks = [
            Look(Firm(np.random.default_rng([seed, place, rows]), setting, REFERENCE_WEEKS + YEAR)).run()
            for place in range(rounds)
        ]
        counted = np.array([_alerts_and_notices(look) for look in looks])
        name = f"drift.quiet.noise_{noise:g}.rows_{rows}"
        note(f"{name}.alerts_a_year", float(counted[:, 0].mean()), ("≤", 0.1))
        note(f"{name}.notices_a_year", float(counted[:, 1].mean()))
        blind = sum(line.cannot_ring for look in looks for lines in look.lines.values() for line in lines)
        note(f"{name}.tests_that_cannot_ring", blind, ("≤", 0))


def _note_season(note, rounds, seed):
    """The second year of a firm with a season, with and without the same weeks of the first."""
    begun = {True: [], False: []}
    for place in range(rounds):
        setting = Setting(noise=0.15, rows=300, season=0.5)
        firm = Firm(np.random.default_rng([seed, place, 1]), setting, REFERENCE_WEEKS + 2 * YEAR)
        for seasons, counted in begun.items():
            counted.append(sum(_alerts_and_notices(Look(firm, seasons=seasons).run(), since=YEAR)))
    note("drift.season.second_year.episodes", float(np.mean(begun[True])), ("≤", 0.5))
    note("drift.season.second_year.episodes_without_last_year", float(np.mean(begun[False])))


def _note_power(note, rounds, seed):
    planted = {
        "amounts_times_3": (Setting(scaled=3.0), ("amount", drift.SHAPE), FOLLOWED),
        "missing_12_to_45_percent": (Setting(missing=0.45, empty=0.04), ("amount", drift.MISSING_TEST), FOLLOWED),
        "slow": (Setting(noise=0.15, rows=60, slow=0.05), ("team", drift.SHAPE), YEAR // 2),
    }
    for name, (setting, key, weeks) in planted.items():
        waited = {True: [], False: []}
        for place in range(rounds):
            firm = Firm(np.random.default_rng([seed, place, 2]), setting, REFERENCE_WEEKS + weeks)
            for pooled, own in waited.items():
                own.append(Look(firm, pooled=pooled).run().first(*key))
        for pooled, own in waited.items():
            seen = [week for week in own if week is not None]
            which = f"drift.power.{name}" + ("" if pooled else ".week_alone")
            note(f"{which}.share_alarmed", len(seen) / rounds, ("≥", 0.8) if pooled and name != "slow" else None)
            note(f"{which}.median_week", float(np.median(seen)) if seen else None)


def _rate_years(random, before, after, rows, years, *, noise=0.0, weeks=YEAR, reference=5000):
    """Share of years in which the share of one verdict rings, and the share of single weeks that exceed."""
    rang, exceeded = [], []
    for _year in range(years):
        known = [_said(random, before, reference // REFERENCE_WEEKS, noise) for _week in range(REFERENCE_WEEKS)]
        whole, kept = sum(known, Profile()), ordinary.noise_of(known, {})
        windows, history = [], []
        for week in range(weeks):
            window = _said(random, after, rows, noise)
            longer = drift.spans(windows, window, whole, kept)
            line = drift.judge({}, whole, window, noise=kept, longer=longer)[0]
            windows.append(window)
            history.append((line.exceeded, line.adjusted_p))
            if week == 0:
                exceeded.append(line.exceeded)
        rang.append(any(drift.alarm_state(history[: week + 1]) == "firing" for week in range(len(history))))
    return float(np.mean(rang)), float(np.mean(exceeded))


def _said(random, share, rows, noise):
    odds = np.log(share / (1 - share)) + random.normal(0, noise) if share else -np.inf
    positive = random.binomial(rows, 1 / (1 + np.exp(-odds)))
    return Profile(rows, {PREDICTION: [0, 0, 0, rows - positive, positive]})


def _note_rates(note, years, seed):
    random = np.random.default_rng([seed, 3])
    for share in RATES:
        for rows in RATE_ROWS:
            rang, _single = _rate_years(random, share, share, rows, max(years // 10, 2), noise=0.15)
            note(f"drift.rate.quiet_{share:g}.rows_{rows}.share_of_years", rang, ("≤", 0.1))
    for rows, least in ((300, None), (800, 0.6), (1500, 0.9), (3000, 0.95)):
        _rang, single = _rate_years(random, 0.01, 0.04, rows, 4 * years, weeks=1)
        note(f"drift.rate.1_to_4_percent.rows_{rows}.first_week", single, ("≥", least) if least else None)
    rang, _single = _rate_years(random, 0.05, 0.0, 300, years, weeks=2)
    note("drift.rate.5_to_0_percent.rows_300.share_alarmed", rang, ("≥", 0.95))
    rang, _single = _rate_years(random, 0.04, 0.0, 60, years, weeks=13)
    note("drift.rate.4_to_0_percent.rows_60.within_13_weeks", rang, ("≥", 0.95))


def _note_new_values(note, years, seed):
    """A ledger in which vendors and a counter keep growing at the pace that they had while the version learned."""
    random = np.random.default_rng([seed, 4])
    exceeded = {"with": 0, "without": 0}
    windows = rang = 0
    for _firm in range(max(years // 10, 3)):
        rows, learned, late = 200, 40, 26
        days = np.repeat(np.arange(learned + late) * 7.0, rows)
        known = 100 + 2.0 * days / 7  # vendors by then
        vendor = np.minimum((known * random.beta(1, 2.5, len(days))).astype(int), known.astype(int))
        vendor = np.where(
            random.random(len(days)) < 0.04, known.astype(int) - random.integers(2, size=len(days)), vendor
        )
        counter = random.gamma(2, 1 + days / 100)
        texts = np.array([f"vendor {k}" for k in vendor], dtype=object)
        past = days < 7 * learned
        bins = {"vendor": CategoryBins.fit(texts[past]), "counter": NumericBins.fit(counter[past], 64)}
        columns = {
            "vendor": Column("vendor", CATEGORY, texts[past]),
            "counter": Column("counter", NUMBER, counter[past]),
        }
        coded = {"vendor": bins["vendor"].codes(texts), "counter": bins["counter"].codes(counter)}
        weeks = [
            Profile(
                rows,
                {name: np.bincount(own[days == 7 * week], minlength=bins[name].size) for name, own in coded.items()},
            )
            for week in range(learned + late)
        ]
        reference = sum(weeks[:learned], Profile())
        kept = ordinary.noise_of(weeks[:learned], bins)
        forward = forward_shares(columns, days[past], new=drift.UNSEEN_TEST, beyond=quality.RANGE)
        history = []
        for place, window in enumerate(weeks[learned:]):
            windows += 1
            for which, noise in (("with", kept.with_forward(forward)), ("without", kept)):
                found = drift.judge(bins, reference, window, noise=noise, age=7 * place)
                found += quality.judge_quality(bins, reference, window, noise=noise, age=7 * place)
                new = [line for line in found if line.test in (drift.UNSEEN_TEST, quality.RANGE)]
                exceeded[which] += any(line.exceeded for line in new)
                if which == "with":
                    history.append(new)
        rang += _rings(history)
    note("drift.new_values.quiet.share_of_windows", exceeded["with"] / windows, ("≤", 0.05))
    note("drift.new_values.quiet.share_of_windows_without_what_is_coming", exceeded["without"] / windows)
    note("drift.new_values.quiet.alarms_a_firm", rang / max(years // 10, 3), ("≤", 0.1))


def _rings(history):
    """How many of the tests of `history` (one list of results a week) ring at the end or before."""
    keys = {(line.name, line.test) for week in history for line in week}
    total = 0
    for key in keys:
        weeks = [(line.exceeded, line.adjusted_p) for week in history for line in week if (line.name, line.test) == key]
        total += any(drift.alarm_state(weeks[: end + 1]) == "firing" for end in range(len(weeks)))
    return total


def _note_volume(note, years, seed):
    """Weeks of a firm that closes on holidays, at Christmas for two weeks; a third of all records come anyway."""
    random = np.random.default_rng([seed, 5])
    rang = {"calendar": 0, "none": 0}
    seen = 0
    for _year in range(years):
        hours = np.full(YEAR + 12, 40.0)
        hours[random.choice(np.arange(13, YEAR + 8), 6, replace=False)] = 32.0
        hours[YEAR + 9 : YEAR + 11] = 8.0
        level = np.exp(random.normal(0, 0.2, len(hours))) * random.uniform(60, 300)
        rows = random.poisson(level * (1 / 3 + 2 / 3 * hours / 40))
        for which, opened in (("calendar", hours), ("none", ())):
            history = [
                quality.judge_quality({}, Profile(), Profile(), weeks=rows[:end].tolist(), opened=opened[:end])
                for end in range(13, len(rows) + 1)
            ]
            rang[which] += bool(_rings(history))
        lost = quality.judge_quality({}, Profile(), Profile(), weeks=[*rows[20:33].tolist(), 0], opened=hours[20:34])
        seen += bool(lost and lost[0].exceeded)
    note("quality.volume.quiet.share_of_years", rang["calendar"] / years, ("≤", 0.1))
    note("quality.volume.quiet.share_of_years_without_calendar", rang["none"] / years)
    note("quality.volume.nothing_comes.share_seen", seen / years, ("≥", 0.95))


def _note_pairs(note, rounds, seed):
    broken = {
        "broken_correlation": Broken(shuffled=True),
        "one_team_times_7": Broken(segment=7.0),
        "a_fifth_times_10": Broken(tenfold=0.2),
    }
    for noise, rows in ((0.3, 300), (0.45, 300), (0.3, 1000)):
        quiet, seen = [], {name: [] for name in broken}
        for place in range(rounds):
            firm = Pairs(np.random.default_rng([seed, place, 6]), rows, noise)
            quiet += [firm.judge().exceeded for _week in range(10)]
            for name, change in broken.items():
                seen[name] += [firm.judge(change).exceeded for _week in range(2)]
        name = f"joint.noise_{noise:g}.rows_{rows}"
        note(f"{name}.quiet.share_of_weeks", float(np.mean(quiet)), ("≤", 0.02))
        for what, own in seen.items():
            note(f"{name}.{what}.share_seen", float(np.mean(own)), ("≥", 0.75))
