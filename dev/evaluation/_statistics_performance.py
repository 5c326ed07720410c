"""Years of outcomes from a generator that nothing was tuned on: false alarms, power, coverage.

The firms are those of `_statistics_world`, with weeks of 60 to 3,000 rows. Each model-year goes through what a
deployment does: a tested version, a spread between its weeks, one cohort a week (a small one grows), a standing
watch, and alerts as `drift.alarm_state` raises them.
"""

from dataclasses import dataclass, field

import numpy as np

from odoo.addons.ai_deployment.ml import (
    counts,
    estimated,
    outcomes,
    performance,
    prequential,
    standing_watch,
)
from odoo.addons.ai_deployment.ml.drift import CANNOT_JUDGE, alarm_state

from ._judge import Figures
from ._statistics_world import World

WEEKS = 52
TESTED_WEEKS = 16
ORDINARY = (  # base rate, rows a week, noise between weeks, season (log odds)
    (0.2, 60, 0.15, 0.0),
    (0.2, 300, 0.0, 0.0),
    (0.2, 300, 0.3, 0.2),
    (0.05, 300, 0.3, 0.0),
    (0.4, 1000, 0.5, 0.1),
    (0.1, 3000, 0.15, 0.2),
)
ROUNDS, SMALL = 60, 1


def figures(rounds=ROUNDS, seed=0):
    """All figures, each of ``rounds`` repetitions of a setting."""
    found, random = Figures(), np.random.default_rng(seed)
    _note_quiet_years(found, random, rounds)
    _note_moves(found, random, rounds)
    _note_watch(found, random, rounds)
    _note_estimates(found, random, rounds)
    _note_duels(found, random, rounds)
    return found


@dataclass
class Life:
    """A version after its test: what it learned, and what its monitors have seen so far."""

    world: World
    offsets: list = field(default_factory=list)  # of the weeks that tested it
    tested: tuple = ()
    pending: list = field(default_factory=list)
    unordered: list = field(default_factory=list)
    history: dict = field(default_factory=dict)
    watch: dict | None = None
    raised: dict = field(default_factory=dict)  # line -> week of its first alert

    @classmethod
    def of(cls, world):
        weeks = [world.week(number) for number in range(-TESTED_WEEKS, 0)]
        tested = tuple(np.concatenate(side) for side in zip(*weeks, strict=True))
        life = cls(world, [counts.offset(*week) for week in weeks], tested)
        life.watch = standing_watch.start(*tested)
        return life

    def between(self, weeks):
        """By how much so many `weeks` together differ from others."""
        return counts.spread_of(self.offsets, weeks) or 0.0

    def look(self, number, week):
        """Judge one more week; the lines that raise an alert which was not open before."""
        self.pending.append(week)
        labels, values = (np.concatenate(side) for side in zip(*self.pending, strict=True))
        between = self.between(len(self.pending))
        if not outcomes.enough(values) and not outcomes.surprising(labels, values, between):
            return
        self.unordered += self.pending
        self.pending = []
        order = tuple(np.concatenate(side) for side in zip(*self.unordered, strict=True))
        results = outcomes.judge_outcomes(
            labels,
            values,
            values > 0.5,
            np.zeros(len(labels), bool),
            reference=(int(self.tested[0].sum()), len(self.tested[0])),
            between=between,
            order=order,
            tested_auc=performance.auc(*self.tested),
        )
        if outcomes.both_came(order[0]):
            self.unordered = []
        self.watch = standing_watch.update({**self.watch, "between": between}, labels, values)
        standing = standing_watch.look(self.watch)
        fired = [
            name
            for name, is_exceeded in (
                ("watch:calibration", standing.calibration_exceeded),
                ("watch:order", standing.order_exceeded),
            )
            if is_exceeded
        ]
        for result in results:
            if result.verdict != CANNOT_JUDGE:
                weeks = self.history.setdefault(result.name, [])
                weeks.append((result.exceeded, 1.0 if result.adjusted_p is None else result.adjusted_p))
                if result.exceeded and alarm_state(weeks) == "firing":
                    fired.append(result.name)
        for name in fired:
            self.raised.setdefault(name, number)

    def episodes(self):
        """Alerts as an owner counts them: lines that say the same are one."""
        groups = [group for group in outcomes.ONE_CAUSE if any(name in self.raised for name in group)]
        told = {name for group in outcomes.ONE_CAUSE for name in group}
        return len(groups) + len(set(self.raised) - told)


def _note_quiet_years(found, random, rounds):
    for base, weekly, noise, season in ORDINARY:
        lives = []
        for _round in range(rounds):
            life = Life.of(World(random, base, weekly, noise, season))
            for number in range(WEEKS):
                life.look(number, life.world.week(number))
            lives.append(life)
        name = f"performance.quiet.base_{base}.{weekly}_a_week.noise_{noise}.season_{season}"
        found.note(f"{name}.alerts_a_year", np.mean([life.episodes() for life in lives]), "", ("≤", 0.1))
        raised = sorted({name for life in lives for name in life.raised})
        if raised:
            found.note(f"{name}.which", ", ".join(raised))


def _note_moves(found, random, rounds):
    """What happens in week 20 of a year, and how many weeks later an alert says so."""
    moves = (
        ("wins_stop.base_0.2.60_a_week", World(random, 0.2, 60), {"quiet": True}, 3, 0.95),
        ("wins_stop.base_0.048.60_a_week", World(random, 0.048, 60), {"quiet": True}, 12, 0.95),
        ("wins_stop.base_0.02.300_a_week", World(random, 0.02, 300), {"quiet": True}, 6, 0.95),
        ("wins_stop.base_0.2.300_a_week.noise_0.3", World(random, 0.2, 300, 0.3), {"quiet": True}, 2, 0.95),
        ("ten_points_more.base_0.4.300_a_week", World(random, 0.4, 300), {"shift": 0.6}, 4, 0.8),
        ("doubled_odds.base_0.2.100_a_week", World(random, 0.2, 100), {"shift": 0.7}, 16, 0.9),
        ("order_lost.base_0.2.100_a_week", World(random, 0.2, 100), {"keep": 0.0}, 10, 0.9),
        ("order_lost.base_0.05.300_a_week", World(random, 0.05, 300), {"keep": 0.0}, 10, 0.9),
        ("order_halved.base_0.3.300_a_week", World(random, 0.3, 300), {"keep": 0.4}, 12, 0.8),
    )
    for name, world, change, within, power in moves:
        waited = []
        # Some wins that stop are found in nearly all rounds: sixty of them could not tell .98 from the .95 wanted.
        for _round in range(4 * rounds if "wins_stop" in name else rounds):
            life = Life.of(world)
            for number in range(20 + within):
                life.look(number, world.week(number, **(change if number >= 20 else {})))
            weeks = [week - 19 for week in life.raised.values() if week >= 20]
            waited.append(min(weeks) if weeks else np.inf)
        share = float(np.mean(np.isfinite(waited)))
        found.note(f"performance.{name}.found_in_{within}_weeks", share, "", ("≥", power))
        found.note(f"performance.{name}.median_weeks", float(np.median(waited)))


def _note_watch(found, random, rounds):
    """Rows until the standing watch is sure, looked at after every 50 rows, and how often it errs in 8,000."""
    for shift, most in ((0.5, 700), (1.0, 100), (-2.0, 100)):
        found.note(
            f"performance.watch.shift_{shift:+g}.median_rows",
            float(np.median([_rows_until(random, shift) for _round in range(rounds)])),
            "",
            ("≤", most),
        )
    for shift, most in ((0.0, 0.03), (standing_watch.TOLERATED, 0.15)):  # 8,000 rows are three years of looks
        errors = [np.isfinite(_rows_until(random, shift)) for _round in range(rounds)]
        found.note(f"performance.watch.shift_{shift:+g}.false_alarms", float(np.mean(errors)), "", ("≤", most))


def _rows_until(random, shift, *, base=0.2, most=8000, step=50):
    world, state = World(random, base, apart=0.4), standing_watch.start()
    for rows in range(step, most + 1, step):
        state = standing_watch.update(state, *world.week(0, shift=shift, rows=step))
        if standing_watch.look(state).calibration_exceeded:
            return rows
    return np.inf


def _note_estimates(found, random, rounds):
    """Quiet weeks under a small test: refused, or estimated with a band that covers."""
    for tested in (60, 140, 400, 2000):
        verdicts, covered = [], []
        for _round in range(4 * rounds):
            world = World(random, 0.2, 300)
            reference = estimated.learn(*world.week(0, rows=tested))
            labels, values = world.week(0, rows=300)
            window = estimated.estimate(reference, values, values > 0.5)
            verdicts.append(window.verdict)
            if window.band("auc"):
                covered.append(window.band("auc").low <= performance.auc(labels, values) <= window.band("auc").high)
        refused = float(np.mean([verdict == estimated.OUTSIDE for verdict in verdicts]))
        found.note(f"performance.estimated.tested_on_{tested}.refused_as_unlike", refused, "", ("≤", 0.05))
        too_small = float(np.mean([verdict == estimated.TOO_SMALL for verdict in verdicts]))
        found.note(f"performance.estimated.tested_on_{tested}.said_to_be_too_small", too_small)
        if len(covered) >= rounds:
            found.note(f"performance.estimated.tested_on_{tested}.auc_band_coverage", float(np.mean(covered)))


def _note_duels(found, random, rounds):
    """Two scorers looked at every week for a year: equal ones, and one that knows less."""
    for name, apart, bias, target in (
        ("equal", 0.3, 0.0, ("≤", 0.05)),
        ("one_knows_less", 0.9, 0.0, ("≥", 0.9)),
        ("one_is_30_percent_too_high", 0.0, 0.3, None),
    ):
        decided, right, covered = [], [], []
        for _round in range(rounds):
            state, world, truth = prequential.start(), World(random, 0.2, 100), []
            for number in range(WEEKS):
                labels, ours, theirs, gain = _rivals(world, number, apart, bias, equal=name == "equal")
                state = prequential.update(state, labels, ours, theirs)
                truth.append(gain)
            standing = prequential.standing(state)
            decided.append(standing.verdict != prequential.TOO_EARLY)
            right.append(standing.verdict == prequential.OURS)
            covered.append(standing.low <= np.concatenate(truth).mean() <= standing.high)
        share = np.mean(decided if name == "equal" else right)
        found.note(f"performance.duel.{name}.decided_in_a_year", float(share), "", target)
        found.note(f"performance.duel.{name}.interval_coverage", float(np.mean(covered)), "", ("≥", 0.93))


def _rivals(world, number, apart, bias, *, equal):
    """(labels, ours, theirs, expected gain per row) of a week: ``theirs`` errs by ``apart`` and ``bias`` log odds.

    Where ``equal``, both err by as much, each in its own way.
    """
    _labels, values = world.week(number)
    odds, random = np.log(values / (1 - values)), world.random
    ours, theirs = odds, odds + random.normal(0, apart, len(odds)) + bias
    if equal:
        ours = odds + random.normal(0, apart, len(odds))
    ours, theirs = (1 / (1 + np.exp(-each)) for each in (ours, theirs))
    labels = (random.random(len(odds)) < values).astype(float)
    gain = (theirs - values) ** 2 - (ours - values) ** 2
    return labels, ours, theirs, gain
