"""Drift: how often the monitors alarm while nothing moves, and how soon once something does.

Twenty made-up inputs (`_columns`), a score and a prediction go through `ml.drift.judge` and `ml.drift.alarm_state` week
by week, with the settings that a deployment has by default. Targets are the rates that the policy was measured at, over
references of 1,000 and 5,000 rows in turns. In a stream of its own rent and power come in the first week of each month
(`_monthly`). --limit takes that many model-years. Times are of the processor.
"""

import itertools
import statistics
import time

import numpy as np

from odoo.addons.ai_deployment.ml.drift import MISSING_TEST, SHAPE, UNSEEN_TEST

from lib.figures import Figure

from . import _monthly, _traps
from ._columns import (
    LOGNORMAL,
    NORMAL,
    TIED,
    Change,
)
from ._judge import Figures
from ._weeks import quiet_year, weeks_until_alarm

PLAIN = True
SMALL = 2
SEED = 19
ROWS = (1000, 5000)  # of the reference
WINDOWS = (50, 100, 300, 1000)  # rows a week
YEARS, JITTERED_YEARS, ROUNDS = 120, 32, 60
JITTER, REFERENCE_WEEKS = 0.1, 8
FOLLOWED = 13  # weeks after a change
MONTHLY_YEARS, MONTHLY_ROUNDS = 50, 20
MONTHLY_WEEKS = (26, 13, 9)  # of the reference, in turns; under 13 no window has enough of its like
SMALL_ROUNDS, SMALL_WEEKS = 4, 8
CLOSE = 0.10  # to the policy's share


def _shifts(by):
    return [Change(f"{kind}_0", shift=by) for kind in (NORMAL, LOGNORMAL, TIED)]


# name: (changes taken in turns, the test that has to see them, {rows a week: policy's (share, weeks) or None})
PLANTED = {
    "shift_1_sd": (_shifts(1.0), SHAPE, {50: (1.0, 2), 300: (1.0, 2)}),
    "shift_0.5_sd": (_shifts(0.5), SHAPE, {100: None, 300: (1.0, 2)}),
    "missing_2_to_30_percent": ([Change("normal_1", missing=0.3)], MISSING_TEST, {50: (1.0, 1), 300: (1.0, 1)}),
    "unseen_20_percent": ([Change("levels_5", unseen=0.2)], UNSEEN_TEST, {50: (1.0, 1), 300: (1.0, 1)}),
    "unseen_5_percent": ([Change("levels_5", unseen=0.05)], UNSEEN_TEST, {100: None, 300: (1.0, 2)}),
}

MONTHLY_CHANGES = {
    "a_quarter_on_another_account": ("account", {"moved": 0.25}),
    "amounts_1_sd_up": ("amount", {"raised": 1.0}),
}


def run(env, options, say):
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # as in the product
        years = options.limit or YEARS
        if not options.small:
            return figures_of(say, years=years)
        return figures_of(say, years=years, jittered=years, rounds=SMALL_ROUNDS, weeks=SMALL_WEEKS, monthly=3)


def figures_of(say, *, years, jittered=JITTERED_YEARS, rounds=ROUNDS, weeks=52, monthly=MONTHLY_YEARS):
    """All figures, of fewer years and rounds for a quick look."""
    figures, started, random = Figures(), time.process_time(), np.random.default_rng(SEED)
    say(f"{years} quiet model-years ...")
    _note_quiet(figures, random, years, weeks)
    say(f"{jittered} model-years whose weeks differ by {JITTER:g} standard deviations ...")
    _note_jittered(figures, random, jittered, weeks)
    say(f"{monthly} model-years in which rent and power come in the first week of each month ...")
    _note_monthly(figures, np.random.default_rng(SEED + 1), monthly, min(rounds, MONTHLY_ROUNDS), weeks)
    say("Planted changes ...")
    _note_power(figures, random, rounds)
    say("Two traps ...")
    _note_traps(figures, random, rounds)
    figures.note("seconds", time.process_time() - started, "s", ("≤", 180))
    return figures


def _years(random, count, weeks, **options):
    """[(rows of the reference, `Watch`)], every size of reference and window in turns."""
    sizes = itertools.cycle(itertools.product(ROWS, WINDOWS))
    return [(n, quiet_year(random, n, m, weeks=weeks, **options)) for n, m in itertools.islice(sizes, count)]


def _note_quiet(figures, random, years, weeks):
    watches = [watch for _n, watch in _years(random, years, weeks)]
    windows = len(watches) * weeks
    figures.note("quiet.model_years", len(watches))
    figures.note("quiet.windows", windows)
    figures.note("quiet.alarm_episodes", sum(watch.episodes() for watch in watches), "", ("≤", 0))
    figures.note("quiet.tests_exceeded", sum(watch.exceeded() for watch in watches))
    figures.note("quiet.ms_per_window", 1000 * sum(watch.seconds for watch in watches) / windows, "ms")


def _note_jittered(figures, random, years, weeks):
    found = _years(random, years, weeks, jitter=JITTER, reference_weeks=REFERENCE_WEEKS)
    figures.note("jitter.model_years", len(found))
    figures.note("jitter.alarm_episodes", sum(watch.episodes() for _n, watch in found), "", ("≤", 0))
    figures.note("jitter.tests_exceeded", sum(watch.exceeded() for _n, watch in found))
    for rows in ROWS:
        watches = [watch for n, watch in found if n == rows]
        share = sum(watch.noisy for watch in watches) / max(sum(watch.judged for watch in watches), 1)
        figures.note(f"jitter.share_with_large_moves_only.reference_{rows}", share)


def _note_monthly(figures, random, years, rounds, weeks):
    sizes = list(itertools.islice(itertools.cycle(MONTHLY_WEEKS), years))
    watches = [_monthly.Bills(random, size, weeks).watch() for size in sizes]
    figures.note("monthly.model_years", years)
    figures.note("monthly.alarm_episodes", sum(watch.episodes() for watch in watches), "", ("≤", 0))
    figures.note("monthly.tests_exceeded", sum(watch.exceeded() for watch in watches))
    for size in MONTHLY_WEEKS:
        own = [watch for watch, weeks_of in zip(watches, sizes, strict=True) if weeks_of == size]
        name = f"reference_of_{size}_weeks"
        figures.note(f"monthly.share_compared_with_like.{name}", np.mean([watch.liked / weeks for watch in own]))
        share = sum(watch.noisy for watch in own) / sum(watch.judged for watch in own)
        figures.note(f"monthly.share_with_large_moves_only.{name}", share)
        for what, (column, change) in MONTHLY_CHANGES.items():
            found = [_weeks_until(random, size, column, change) for _round in range(rounds)]
            seen = [week for week in found if week is not None]
            target = ("≥", 0.9) if size >= MONTHLY_WEEKS[1] else None  # a shorter one knows no like
            figures.note(f"monthly.{what}.{name}.share_alarmed", len(seen) / rounds, "", target)
            figures.note(f"monthly.{what}.{name}.median_week", float(np.median(seen)) if seen else None)


def _weeks_until(random, reference_weeks, column, change):
    """Weeks from a change in the monthly stream until its alarm rings, None where it does not."""
    bills = _monthly.Bills(random, reference_weeks, FOLLOWED, **change)
    return bills.watch().first_alarm(column, SHAPE)


def _note_power(figures, random, rounds):
    for name, (changes, test, sizes) in PLANTED.items():
        for m, policy in sizes.items():
            turns = itertools.islice(itertools.cycle(itertools.product(ROWS, changes)), rounds)
            waited = {n: [] for n in ROWS}
            for n, change in turns:
                waited[n].append(weeks_until_alarm(random, n, m, change, test, weeks=FOLLOWED))
            _note_seen(figures, f"power.{name}.rows_{m}", waited, policy)


def _note_seen(figures, name, waited, policy):
    """The share alarmed within 10 points of the policy's, and the median week beside the policy's."""
    everyone = np.concatenate(list(waited.values()))
    seen = everyone[~np.isnan(everyone)]
    share, weeks = len(seen) / len(everyone), float(np.median(seen)) if len(seen) else None
    by_reference = [round(float(np.mean(~np.isnan(each))), 3) for each in waited.values()]
    if len(set(by_reference)) > 1:
        figures.note(f"{name}.share_alarmed_by_reference", by_reference)
    if policy is None:
        figures.note(f"{name}.share_alarmed", share)
        figures.note(f"{name}.median_week", weeks)
        return
    near = bool(abs(share - policy[0]) <= CLOSE)
    figures.append(Figure(f"{name}.share_alarmed", share, "", f"{policy[0]:g} ± {CLOSE:g} (policy)", near))
    soon = weeks is not None and weeks <= policy[1]
    figures.append(Figure(f"{name}.median_week", weeks, "", f"≤ {policy[1]} (policy)", soon))


def _note_traps(figures, random, rounds):
    odd = [_traps.one_odd_row(random) for _round in range(rounds)]
    figures.note("trap.one_odd_row.median_p_with_a_cell_for_it", statistics.median(naive for naive, _ours in odd))
    figures.note("trap.one_odd_row.smallest_p", min(ours for _naive, ours in odd), "", ("≥", 1e-3))
    naive, ours = _traps.long_tail(random, max(rounds, 20))
    figures.note("trap.long_tail.share_alarmed_knowing_only_levels_of_the_reference", naive)
    figures.note("trap.long_tail.share_alarmed", ours, "", ("≤", 0))
