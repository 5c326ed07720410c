"""Leads: the bank's calls of 2008-2010 in time order, beside predictive lead scoring and a logistic regression.

The real file is replayed in Odoo: each month's leads come in open, Odoo's predictive lead scoring gives its opinion,
the deployments score them through `_score`, then their outcome becomes known. One deployment is trained at the end of
2008 and never again, another one on the first of each month on all the past. Both are compared with a logistic
regression and with Odoo's own scoring, which learned at the same moments.
"""

import os
from collections import namedtuple
from datetime import datetime

import numpy as np
from lib.talk import Failure

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.models import clock

from . import _copies, _lead_file
from ._deployment import declare, logged
from ._judge import Figures, Stopwatch, passes_calibration, within
from ._lead_file import CATEGORIES, NUMBERS
from ._lead_records import Leads
from ._lead_scoring import PredictiveLeadScoring
from ._peer import Regression

FIRST_TEST = 200901
HELD_OUT = 0.3  # of 2008, for the random split
HORIZON_DAYS = 3

Test = namedtuple("Test", "labels months rates ours incumbent peer")


def run(env, options, say):
    if not options.data:
        raise Failure("--data FILE is needed: bank-additional-full.csv.gz.")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # scikit-learn's threads disturb each other on a busy machine
    watch, figures = Stopwatch(), Figures()
    with watch.on("reading"):
        calls = _lead_file.read(options.data, options.limit)
    if options.limit:
        say(f"A quick look: {len(calls):,} calls, evenly spread over the file; the targets are for the whole file.")
    past = [call for call in calls if call.period < FIRST_TEST]
    months = sorted({call.period for call in calls if call.period >= FIRST_TEST})
    figures.note("leads", len(calls))

    with watch.on("loading"):
        leads = Leads(env, calls)
        held_out = _draw(past)
        leads.open(past, marked=held_out)
        leads.close(past)
        _copies.analyze(env, "crm_lead", "crm_tag_rel")
    env.cr.commit()
    scoring = PredictiveLeadScoring(env, min(call.created for call in calls).date())

    say("Random split within 2008 ...")
    _random_split(env, leads, [call for call in past if call.number in held_out], watch, figures)
    say("2009 and 2010, month by month ...")
    frozen, monthly = _replay(env, leads, scoring, calls, months, watch, say)
    _report(figures, "never_retrained", frozen)
    _report(figures, "monthly", monthly)
    _targets(figures, frozen, monthly)
    _note_times(figures, watch, len(calls))
    return figures


def _draw(calls):
    random = np.random.default_rng(0)
    chosen = random.permutation(len(calls))[: round(len(calls) * HELD_OUT)]
    return {calls[row].number for row in chosen}


def _declare(env, name, **values):
    fields = ["medium_id", "source_id", "function"]
    features = [{"path": path} for path in fields]
    features += [{"path": f"lead_properties.{name}", "kind": "number"} for name in NUMBERS]
    features += [{"path": f"lead_properties.{name}", "kind": "category"} for name in CATEGORIES]
    return declare(env, "crm.lead", name, features, horizon_days=HORIZON_DAYS, **values)


def _train(deployment, moment, watch):
    with watch.on("training"), clock.at(moment):
        version = deployment._train()
        deployment._assign_champion(version, "Evaluation")
        if deployment.state == "proof":
            deployment.action_start_shadow()


def _score(deployment, records, moment, watch):
    with watch.on("scoring"):
        deployment._score(records, now=moment)
        deployment.env.flush_all()
    watch["scored"] = watch.get("scored", 0) + len(records)
    return logged(deployment, records)


# Random split


def _random_split(env, leads, held_out, watch, figures):
    deployment = _declare(env, "Random split", domain="[('referred', '=', False)]")
    moment = datetime(FIRST_TEST // 100, 1, 1)
    _train(deployment, moment, watch)
    deployment.domain = "[('referred', '!=', False)]"
    values, _incumbents = _score(deployment, leads.records(held_out), moment, watch)
    labels = np.array([call.won for call in held_out])
    large, slope, passed = passes_calibration(labels, values)
    figures.note("random_split.auc", performance.auc(labels, values))
    figures.note("random_split.calibration_in_the_large", large.estimate)
    figures.note("random_split.calibration_in_the_large_p", large.p_value)
    figures.note("random_split.calibration_slope", slope.estimate)
    figures.note("random_split.calibration_slope_p", slope.p_value)
    figures.note("random_split.calibration_passes", int(passed), "", ("≥", 1))


# Replay


def _replay(env, leads, scoring, calls, months, watch, say):
    """(never retrained, retrained each month) as Tests of the same leads."""
    start = datetime(FIRST_TEST // 100, 1, 1)
    past = [call for call in calls if call.period < FIRST_TEST]
    frozen, monthly = _declare(env, "Never retrained"), _declare(env, "Retrained monthly")
    _train(frozen, start, watch)
    with watch.on("predictive_lead_scoring"):
        scoring.learn()
        scoring.keep()
    with watch.on("regression"):
        peer = Regression(past)
    parts = []
    for month in months:
        arrived = [call for call in calls if call.period == month]
        first, last = datetime(*divmod(month, 100), 1), datetime(*divmod(month, 100), 28)
        records = leads.open(arrived)
        with watch.on("predictive_lead_scoring"):
            scoring.recall()
            scoring.judge()
        once = (*_score(frozen, records, last, watch), peer.predict(arrived))
        with watch.on("predictive_lead_scoring"):
            scoring.learn()
            scoring.judge()
        _train(monthly, first, watch)
        with watch.on("regression"):
            newest = Regression(past)
        again = (*_score(monthly, records, last, watch), newest.predict(arrived))
        latest = max(call.period for call in past)
        rate = np.mean([call.won for call in past if call.period == latest])
        labels = np.array([call.won for call in arrived])
        parts.append((labels, np.full(len(arrived), month), np.full(len(arrived), rate), once, again))
        leads.close(arrived)
        past += arrived
        env.cr.commit()
        say(f"  {month // 100}-{month % 100:02}: {len(arrived):,} leads, {labels.mean():.0%} won")
    labels, groups, rates, once, again = zip(*parts, strict=True)
    common = [np.concatenate(part) for part in (labels, groups, rates)]
    return (Test(*common, *map(np.concatenate, zip(*each, strict=True))) for each in (once, again))


# Figures


def _report(figures, name, test):
    labels, groups = test.labels, test.months
    if np.isnan(test.ours).any():
        raise Failure(f"{np.isnan(test.ours).sum():,} of {len(labels):,} leads got no score.")
    for who, values in (("", test.ours), ("pls_", test.incumbent), ("regression_", test.peer)):
        values = np.where(np.isnan(values), labels.mean(), values)
        figures.note(f"{name}.{who}auc_pooled", performance.auc(labels, values))
        figures.note(f"{name}.{who}auc_within_month", within(labels, values, groups))
        figures.note(f"{name}.{who}average_precision", performance.average_precision(labels, values))
        figures.note(f"{name}.{who}precision_at_100", performance.precision_at(labels, values, 100))
        figures.note(f"{name}.{who}recall_in_top_1_percent", performance.recall_in_top(labels, values, 0.01))
        figures.note(f"{name}.{who}brier", performance.brier(labels, values))
        figures.note(f"{name}.{who}calibration_in_the_large", performance.calibration_in_the_large(labels, values))


def _targets(figures, frozen, monthly):
    pass


def _note_times(figures, watch, count):
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds)
