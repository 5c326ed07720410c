"""Leads: the bank's calls of 2008-2010 in time order, beside predictive lead scoring and a logistic regression.

The real file is replayed in Odoo: each month's leads come in open, Odoo's predictive lead scoring gives its opinion,
the deployments score them through `_score`, then their outcome becomes known. One deployment is trained at the end of
2008 and never again, another one on the first of each month on all the past. Both are compared with a logistic
regression and with Odoo's own scoring, which learned at the same moments.
"""

from datetime import datetime

import numpy as np

from odoo.addons.ai_deployment.ml import performance

from lib.talk import Failure

from . import _copies, _lead_file
from ._judge import (
    Figures,
    Stopwatch,
    passes_calibration,
    within,
)
from ._lead_records import Leads
from ._lead_replay import (
    Replay,
    declared,
    joined,
    score,
    train,
)
from ._lead_scoring import PredictiveLeadScoring

DATA = "bank-additional-full.csv.gz"
SMALL = 3_000
SMALL_UNTIL = 200905
FIRST_TEST = 200901
HELD_OUT = 0.3  # of 2008, for the random split


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    with watch.on("reading"):
        calls = _lead_file.read(options.data, options.limit)
    if options.small:
        calls = [call for call in calls if call.period < SMALL_UNTIL]
    if options.limit:
        say(f"A quick look: {len(calls):,} calls, evenly spread over the file; the targets are for the whole file.")
    past = [call for call in calls if call.period < FIRST_TEST]
    held_out = _drawn(past)
    say("Loading 2008 ...")
    with watch.on("loading"):
        leads = Leads(env, calls)
        leads.open(past, marked={call.number for call in held_out})
        leads.close(past)
        _copies.analyze(env, "crm_lead", "crm_tag_rel")
    env.cr.commit()
    figures.note("leads", len(calls))
    say("A random split of 2008 ...")
    _random_split(env, leads, held_out, watch, figures)
    say("2009 and 2010, month by month ...")
    replay = Replay(env, leads, PredictiveLeadScoring(env, calls[0].created.date()), past, watch)
    tests = []
    for month in sorted({call.period for call in calls if call.period >= FIRST_TEST}):
        tests.append(replay.run(month, [call for call in calls if call.period == month]))
        env.cr.commit()
        labels = tests[-1][0].labels
        say(f"  {month // 100}-{month % 100:02}: {len(labels):,} leads, {labels.mean():.0%} won")
    once, monthly = map(joined, zip(*tests, strict=True))
    _note_baselines(figures, monthly)
    _report(figures, "never_retrained", once, {"auc_pooled": (("≥", 0.62),)})
    _report(figures, "monthly", monthly, _targets_of_monthly(monthly))
    _note_times(figures, watch, len(tests) + 2, 2 * len(monthly.labels) + len(held_out))
    return figures


def _drawn(calls):
    order = np.random.default_rng(0).permutation(len(calls))
    return [calls[row] for row in sorted(order[: round(len(calls) * HELD_OUT)])]


def _random_split(env, leads, held_out, watch, figures):
    deployment = declared(env, "Random split", domain="[('referred', '=', False)]")
    moment = datetime(FIRST_TEST // 100, 1, 1)
    train(deployment, moment, watch)
    deployment.domain = "[('referred', '!=', False)]"
    values, _incumbents = score(deployment, leads.records(held_out), moment, watch)
    labels = np.array([call.won for call in held_out])
    large, slope, passed = passes_calibration(labels, values)
    figures.note("random_split.auc", performance.auc(labels, values))
    for name, test in (("calibration_in_the_large", large), ("calibration_slope", slope)):
        figures.note(f"random_split.{name}", test.estimate)
        figures.note(f"random_split.{name}_p", test.p_value)
    figures.note("random_split.calibration_passes", int(passed), "", ("≥", 1))


# Figures


def _report(figures, name, test, targets):
    labels, groups = test.labels, test.months
    if np.isnan(test.ours).any():
        raise Failure(f"{np.isnan(test.ours).sum():,} of {len(labels):,} leads got no score.")
    # Odoo has no opinion while nothing was won or nothing lost: then last month's share of wins stands in for it.
    incumbent = np.where(np.isnan(test.incumbent), test.rates, test.incumbent)
    _note_values(figures, f"{name}.", labels, groups, test.ours, targets)
    for who, values in (("pls", incumbent), ("regression", test.peer)):
        _note_values(figures, f"{name}.{who}.", labels, groups, values, {})
    _note_difference(figures, f"{name}.minus_pls", labels, test.ours, incumbent)
    _note_difference(figures, f"{name}.minus_regression", labels, test.ours, test.peer)


def _note_values(figures, prefix, labels, groups, values, targets):
    """All figures of one scorer; `targets` by the figure's own name."""
    measured = {
        "auc_pooled": performance.auc(labels, values),
        "auc_within_month": within(labels, values, groups),
        "average_precision": performance.average_precision(labels, values),
        "precision_at_100": performance.precision_at(labels, values, 100),
        "recall_in_top_1_percent": performance.recall_in_top(labels, values, 0.01),
        "brier": performance.brier(labels, values),
        "calibration_in_the_large": performance.calibration_in_the_large(labels, values),
    }
    for name, value in measured.items():
        figures.note(prefix + name, value, "", *targets.get(name, ()))


def _note_difference(figures, name, labels, ours, other):
    figures.note_interval(f"{name}.auc", performance.auc_difference(labels, ours, other), (">", 0))
    figures.note_interval(f"{name}.brier", performance.brier_difference(labels, ours, other), ("<", 0))


def _note_baselines(figures, test):
    """What needs no model: last month's share of wins as everybody's score, and the share of wins itself."""
    labels = test.labels
    figures.note("leads_scored", len(labels))
    figures.note("won", labels.mean())
    figures.note("win_rate_only.auc_pooled", performance.auc(labels, test.rates))
    figures.note("win_rate_only.brier", performance.brier(labels, test.rates))
    figures.note("base_rate.brier", labels.mean() * (1 - labels.mean()))


def _targets_of_monthly(test):
    """At least .73, and as good as the regression that was retrained at the same moments."""
    area = performance.auc(test.labels, test.peer)
    auc = (("≥", max(0.73, area)), "and the regression's" if area <= 0.73 else "the regression's")
    return {"auc_pooled": auc, "brier": (("≤", performance.brier(test.labels, test.peer)), "the regression's")}


def _note_times(figures, watch, trainings, scored):
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    figures.note("trainings", trainings)
    figures.note("scored_per_second", scored / watch["scoring"], "/s")
