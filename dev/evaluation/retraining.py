"""Retraining: a year and a half of the bank's calls, from the alarm to the promotion without a hand touching anything.

The calls of 2009 and 2010 come week by week into Odoo, in file order. One deployment is watched by Odoo's own crons: an
alarm, or four weeks, fire a trigger; the worker cron trains; what the gate finds better serves at once.
Beside it, on the same leads: the version of the first day, a version a month without a gate, last month's win rate,
a logistic regression with an L2 penalty and scikit-learn's histogram boosting, both learned again each month. Every
training is in the figures with its reason and verdict.
"""

from datetime import datetime, timedelta

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column

from . import _copies, _lead_file
from ._judge import Figures, Stopwatch, within
from ._lead_records import Leads
from ._learning_peers import hist_boosting
from ._peer import Regression
from ._retraining_replay import WEEK, Replay

DATA = "bank-additional-full.csv.gz"
SMALL = 1_600
SMALL_UNTIL = 200906
START = datetime(2009, 1, 1)  # all before is the history that is learned from first
CLOSED_AFTER = timedelta(hours=6)
MOST_AUC_LOST, MOST_BRIER_LOST = 0.03, 0.01  # by the gate, against retraining each month without one
LEAST_PROMOTED = 5


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    calls = _lead_file.read(options.data, options.limit)
    if options.small:
        calls = [call for call in calls if call.period < SMALL_UNTIL]
    past = [call for call in calls if call.created < START]
    arriving = [call for call in calls if call.created >= START]
    say(f"Loading {len(calls):,} calls ...")
    with watch.on("loading"):
        leads = Leads(env, calls, closed_after=CLOSED_AFTER)
        leads.open(calls)  # all are in the table from the start; nobody looks at one before its day
        leads.close(past)
        _copies.analyze(env, "crm_lead", "crm_tag_rel")
    env.cr.commit()
    say("The first versions ...")
    replay = Replay(env, leads, START, watch)
    values = _replayed(replay, arriving, say)
    with watch.on("peers"):
        peers = _peers(past, arriving)
    _report(figures, arriving, np.array([values[call.number] for call in arriving]).T, peers)
    _report_trainings(figures, replay, options.limit is None)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    return figures


def _replayed(replay, arriving, say):
    """{number of the call: what the three deployments said of it}, week by week."""
    values, monday, told = {}, START + timedelta(days=-START.weekday() % 7), 0
    last = max(call.created for call in arriving)
    while monday - WEEK <= last:
        week = [call for call in arriving if monday - WEEK <= call.created < monday]
        values |= replay.week(monday, week)
        done = replay.trainings().filtered("end_date")
        for training in done[told:]:
            say(f"  {_told(training)}")
        told = len(done)
        monday += WEEK
        if monday.day <= WEEK.days and values:
            say(f"  {monday.date()}: {_so_far(arriving, values)}")
    return values


def _so_far(arriving, values):
    """Pooled AUC of the three deployments on all that came until now."""
    known = [call for call in arriving if call.number in values]
    labels = np.array([call.won for call in known])
    three = np.array([values[call.number] for call in known]).T
    areas = (f"{performance.auc(labels, own):.3f}" for own in three)
    return f"{len(known):,} leads; AUC with a gate, never retrained, no gate: {', '.join(areas)}"


def _peers(past, arriving):
    """{name: (n,) values} of those who learn on the first of each month from all before, and last month's win rate."""
    known = list(past)
    found = {"win_rate_only": [], "l2_regression": [], "hist_boosting": []}
    for month in sorted({call.period for call in arriving}):
        asked = [call for call in arriving if call.period == month]
        latest = max(call.period for call in known)
        rate = np.mean([call.won for call in known if call.period == latest])
        found["win_rate_only"].append(np.full(len(asked), rate))
        found["l2_regression"].append(Regression(known).predict(asked))
        labels = np.array([call.won for call in known])
        found["hist_boosting"].append(hist_boosting(_columns(known), labels, _columns(asked)))
        known += asked
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _columns(calls):
    texts = {"contact": "contact", "outcome_before": "outcome_before", "job": "job"}
    columns = {name: make_column(name, CATEGORY, [getattr(call, name) for call in calls]) for name in texts}
    for kind, names in ((NUMBER, _lead_file.NUMBERS), (CATEGORY, _lead_file.CATEGORIES)):
        columns |= {name: make_column(name, kind, [call.properties[name] for call in calls]) for name in names}
    return columns


def _report(figures, arriving, ours, peers):
    labels, months = np.array([call.won for call in arriving]), np.array([call.period for call in arriving])
    figures.note("leads_scored", len(arriving))
    figures.note("won", labels.mean())
    figures.note("months", len(np.unique(months)))
    known = {}
    for name, values in {**dict(zip(("gated", "never_retrained", "ungated"), ours, strict=True)), **peers}.items():
        known[name] = {
            "auc_pooled": performance.auc(labels, values),
            "auc_within_month": within(labels, values, months),
            "brier": performance.brier(labels, values),
        }
        for figure, value in known[name].items():
            figures.note(f"{name}.{figure}", value)
    gated, ungated = known["gated"], known["ungated"]
    lost = ungated["auc_within_month"] - gated["auc_within_month"]
    figures.note("gate.auc_within_month_lost", lost, "", ("≤", MOST_AUC_LOST))
    figures.note("gate.brier_lost", gated["brier"] - ungated["brier"], "", ("≤", MOST_BRIER_LOST))


def _report_trainings(figures, replay, is_whole):
    trainings = replay.trainings()
    promoted = trainings.filtered(lambda training: training.decision == "promoted")
    months = {(training.end_date.year, training.end_date.month) for training in trainings}
    moved = {(training.end_date.year, training.end_date.month) for training in promoted}
    figures.note("alarms", len(replay.alarms()))
    figures.note("alarms.first", ", ".join(f"{cause} {moment:%Y-%m-%d}" for moment, cause in replay.alarms()[:12]))
    figures.note("questions_answered_before_the_start", len(replay.asked))
    figures.note("trainings", len(trainings))
    figures.note("trainings.failed", len(trainings.filtered(lambda training: training.state != "done")))
    figures.note("promoted", len(promoted), "", ("≥", LEAST_PROMOTED) if is_whole else None)
    figures.note("months_with_a_training", len(months))
    figures.note("months_with_a_promotion", len(moved), "", ("≤", len(months) - 1) if is_whole else None, "not all")
    for verdict in ("better", "inconclusive", "worse", "same"):
        figures.note(f"verdicts.{verdict}", len(trainings.filtered(lambda one, found=verdict: one.verdict == found)))
    for place, training in enumerate(trainings, start=1):
        figures.note(f"training_{place:02}", _told(training))


def _told(training):
    """One line: when, why, on how many records, what came of it."""
    outcome = training.decision if training.state == "done" else training.failure or training.state
    verdict = f"{training.verdict}, attempt {training.attempt}" if training.verdict else "no verdict"
    text = (training.version_id.verdict_text or training.result_text or "")[:160]
    when = training.end_date and training.end_date.date()
    return f"{when}, {training.reason}: {training.row_count} records, {verdict}, {outcome}. {text}"
