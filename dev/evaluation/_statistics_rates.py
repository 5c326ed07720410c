"""Rates: alerts while nothing moves, in every ordinary setting; power once something does; promises of routing."""

import numpy as np

from odoo.addons.ai_deployment.ml import (
    agreement,
    drift,
    intervals,
    routing,
    segment_test,
)
from odoo.addons.ai_deployment.ml.profile import PREDICTION

from ._judge import Figures
from ._statistics_generators import Firm, Setting
from ._statistics_play import ALERT, NOTICE, Play

YEAR, FOLLOWED = 52, 8
QUIET_EPISODES = 0.1  # a model-year
ORDINARY = {
    "noise_0.15.rows_60": Setting(60, 0.15),
    "noise_0.15.rows_100": Setting(100, 0.15),
    "noise_0.15.rows_1000": Setting(1000, 0.15),
    "noise_0.3.rows_100": Setting(100, 0.3),
    "noise_0.3.rows_300": Setting(300, 0.3),
    "noise_0.3.rows_1000": Setting(1000, 0.3),
    "noise_0.45.rows_300": Setting(300, 0.45),
    "noise_0.5.rows_3000": Setting(3000, 0.5),
    "season.rows_300": Setting(300, 0.2, season=0.25),
    "ramp_bursts_copies.rows_300": Setting(300, 0.2, ramp=0.5, bursts=0.03, copies=0.05),
    "churn_ties.rows_300": Setting(300, 0.2, churn=0.03, ties=True),
    "growing_vendors.rows_300": Setting(300, 0.2, growth=4.0),
    "empty_varies_by_5_points.rows_300": Setting(300, 0.2, empty=0.1, empty_noise=0.05),
    "rare_flags.rows_300": Setting(300, 0.2, flags=0.01),
}
# what moves: (setting, column, test, within weeks, least share seen; None: shown)
PLANTED = {
    "amounts_1_sd_up.rows_100": (Setting(100, 0.15, raised=1.0), "amount", drift.SHAPE, 4, 0.95),
    "amounts_1_sd_up.noise_0.3.rows_300": (Setting(300, 0.3, raised=1.0), "amount", drift.SHAPE, 4, 0.95),
    "days_2_to_30_percent_empty.rows_60": (Setting(60, 0.15, missing=0.3), "days", drift.MISSING_TEST, 4, 0.95),
    "days_2_to_30_percent_empty.noise_0.3.rows_300": (
        Setting(300, 0.3, missing=0.3),
        "days",
        drift.MISSING_TEST,
        2,
        0.95,
    ),
    "new_products_20_percent.noise_0.3.rows_300": (
        Setting(300, 0.3, unseen=0.2),
        "product",
        drift.UNSEEN_TEST,
        4,
        0.95,
    ),
    "half_on_one_channel.noise_0.3.rows_300": (Setting(300, 0.3, moved=0.5), "channel", drift.SHAPE, 4, 0.95),
    # Exact tests reach .935 with 7,800 reference rows, whose own rate is known to a point, .955 with twice as many.
    "flags_20_to_40_percent.rows_300": (Setting(300, 0.15, flagged=0.4), PREDICTION, drift.SHAPE, 4, 0.95),
    "flags_5_to_0_percent.rows_300": (Setting(300, 0.15, flags=0.05, flagged=0.0), PREDICTION, drift.SHAPE, 8, 0.95),
    "flags_1_to_4_percent.rows_1500": (Setting(1500, 0.15, flags=0.01, flagged=0.04), PREDICTION, drift.SHAPE, 8, 0.9),
}


def figures(rounds, seed, which=None, weeks=YEAR):
    """The figures of `rounds` years of so many `weeks` a setting.

    `which` takes every so-many of the tasks, as (first, step).
    """
    first, step = which or (0, 1)
    found = Figures()
    for number, name in enumerate([*ORDINARY, *PLANTED]):
        if number % step == first:
            random = np.random.default_rng([seed, number])
            if name in ORDINARY:
                _note_quiet(found, name, random, rounds, weeks)
            else:
                _note_planted(found, name, random, rounds)
    if not first:
        _note_routing(found, np.random.default_rng([seed, 100]), 40 * rounds)
        _note_people(found, np.random.default_rng([seed, 101]), 40 * rounds)
    return found


def _note_quiet(figures, name, random, rounds, weeks):
    plays = [Play(Firm(random, ORDINARY[name], weeks)).run() for _round in range(rounds)]
    years = rounds * weeks / YEAR
    alerts, notices = (sum(play.count(level) for play in plays) / years for level in (ALERT, NOTICE))
    figures.note(f"quiet.{name}.alerts_a_year", alerts, "", ("≤", QUIET_EPISODES))
    figures.note(f"quiet.{name}.notices_a_year", notices)
    which = sorted(
        {f"{cause[0]}:{cause[1]}" for play in plays for _week, level, *cause in play.raised if level == ALERT}
    )
    if which:
        figures.note(f"quiet.{name}.which", ", ".join(which))
    figures.note(f"quiet.{name}.ms_a_week", 1000 * sum(play.seconds for play in plays) / rounds / weeks, "ms")


def _note_planted(figures, name, random, rounds):
    setting, column, test, within, least = PLANTED[name]
    weeks = [Play(Firm(random, setting, FOLLOWED)).run().first(column, test) for _round in range(rounds)]
    seen = [week for week in weeks if week is not None]
    share = sum(week <= within for week in seen) / rounds
    figures.note(f"power.{name}.seen_in_{within}_weeks", share, "", least and ("≥", least))
    figures.note(f"power.{name}.median_week", float(np.median(seen)) if seen else None)


def _note_routing(figures, random, rounds):
    """The promise of a line, and how many a capacity asks, also where many are equally sure."""
    broken = 0
    for _round in range(rounds):
        confidences = random.beta(6, 1.5, 400).round(2)
        wrong = random.random(400) > confidences
        line = routing.guaranteed_lines(
            routing.held_out_curve(~wrong, np.ones(400, dtype=bool), confidences), target_error=0.1
        )[True].line
        above = confidences[confidences >= line] if line is not None else np.ones(1)
        broken += float(np.mean(1 - above)) > 0.1
    figures.note("routing.promise_broken", broken / rounds, "", ("≤", 0.05))
    for name, digits, levels in (("distinct", 6, None), ("rounded", 1, None), ("three_values", None, (0.6, 0.7, 0.95))):
        shares = []
        for _round in range(rounds):
            sure = random.choice(levels, 400) if levels else random.beta(6, 2, 400).round(digits)
            line = routing.capacity_line(sure, days=20, per_day=5)
            shares.append(min((sure < line).sum() / 20, 5) / 5)
        figures.note(f"routing.capacity_used.{name}", float(np.mean(shares)), "", ("≥", 0.95))
    _note_caps(figures, random, rounds)


def _note_caps(figures, random, rounds):
    """Random checks under a cap: errors come in the evening alone; the estimate is for the whole day."""
    errors, held, most = [], [], 0
    for _round in range(rounds):
        hits, chances, truth = [], [], []
        for _day in range(10):
            spread, taken, lot = routing.Spread(5, usual=20.0), 0, random.random()
            for batch in range(int(random.integers(3, 9))):
                rows = int(random.integers(1, 120))
                wrong = random.random(rows) < (0.3 if batch > 3 else 0.02)
                lowered, after = spread.plan(np.full(rows, 0.06))
                drawn = routing.spread_selected(random.random(rows), lowered, spread.planned, after.planned, lot)
                spread, taken = after, taken + int(drawn.sum())
                hits.append(wrong[drawn])
                chances.append(lowered[drawn])
                truth.append(wrong)
            most = max(most, taken)
        share, low, high = intervals.weighted_share(np.concatenate(hits), np.concatenate(chances))
        true = float(np.concatenate(truth).mean())
        errors.append(share - true)
        held.append(low <= true <= high)
    figures.note("random_checks.capped.bias", float(np.mean(errors)))
    figures.note("random_checks.capped.most_a_day_of_5", most, "", ("≤", 5))
    figures.note("random_checks.capped.coverage", float(np.mean(held)), "", ("≥", 0.97))


def _note_people(figures, random, rounds):
    """Nobody is named who judges like the others; no part of the business is flagged three times as often by chance."""
    named = 0
    for _round in range(rounds):
        strata = []
        for rate in random.beta(1, 6, 3):
            own, others = random.integers(10, 40), random.integers(40, 200)
            strata.append((int(random.binomial(own, rate)), int(own), int(random.binomial(others, rate)), int(others)))
        named += agreement.fewer_than_others(strata) < 0.01
    figures.note("reviewers.named_who_judge_alike", named / rounds, "", ("≤", 0.02))
    flagged = 0
    for _round in range(max(rounds // 4, 1)):
        parts = random.choice(12, 6000, p=np.arange(1, 13) / 78)
        rates = random.uniform(0.5, segment_test.MANY_TIMES, 12) * 0.01
        found = segment_test.flagged_parts(random.random(6000) < rates[parts], parts.tolist(), 0.01)
        flagged += any(part.exceeded for part in found)
    figures.note("segments.flagged_by_chance", flagged / max(rounds // 4, 1), "", ("≤", 0.06))
