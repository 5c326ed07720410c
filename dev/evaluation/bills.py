"""Vendor bills: the city's payments of one year with injected anomalies, beside Odoo's own two warnings.

The real file is loaded as posted vendor bills. The card learns from July to February without any label and scores March
to June through `_score`, each bill by what lies before it. The inputs are those of *Add the Usual Inputs*. The labels
are only looked at to judge the result, and to answer for a simulated reviewer of a second deployment
(`_bill_reviews`): how good is a version that has learned from the reviews, how good one that has learned from fewer of
them a day, and one that learned as if nothing was known before.
"""

from datetime import date, datetime, time, timedelta
from itertools import groupby

import numpy as np

from odoo.addons.ai_deployment.ml import performance, reviewed_training
from odoo.addons.ai_deployment.models.tools import clock

from lib.talk import Failure

from . import _bill_file, _bill_reviews, _bill_rules
from ._bill_records import Bills
from ._deployment import declare, logged
from ._judge import Figures, Stopwatch

DATA = "philly_bills_labelled.csv.gz"
SMALL = 3_000
FIRST_TEST = date(2017, 3, 1)
CURVE = (2, 3, 5, 10)  # reviews a day


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    with watch.on("reading"):
        payments = _bill_file.read(options.data, options.limit)
    if options.limit:
        say(f"A quick look: {len(payments):,} bills, those of some vendors; the targets are for the whole file.")
    say("Loading ...")
    with watch.on("loading"):
        bills = Bills(env, payments)
    env.cr.commit()
    test = [row for row, payment in enumerate(payments) if payment.day >= FIRST_TEST]
    values = _scored(env, bills, test, watch, say)
    ids = bills.records(test).ids
    with watch.on("warnings_of_odoo"):
        rules = {
            "odoo_amount": _bill_rules.amount_warnings(env, ids),
            "odoo_duplicate": _bill_rules.duplicate_warnings(env, ids),
        }
    kinds = np.array([payments[row].anomaly for row in test])
    figures.note("bills", len(payments))
    figures.note("bills_learned_from", len(payments) - len(test))
    figures.note("bills_scored", len(test))
    figures.note("anomalies", int((kinds != "").sum()))
    _report(figures, kinds, values)
    _report_reviewed(env, bills, figures, watch, say, has_curve=not options.limit)
    rules["odoo_either"] = np.maximum(*rules.values())
    for name, flags in rules.items():
        _report_rule(figures, name, kinds, flags, values)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    figures.note("scored_per_second", len(test) / watch["scoring"], "/s")
    return figures


def _scored(env, bills, test, watch, say):
    """What the card says of each test bill; it has learned from those before, and scores month by month."""
    deployment = _declared(env, "Unusual bills")
    say("Training ...")
    with watch.on("training"), clock.at(datetime.combine(FIRST_TEST, time()) - timedelta(seconds=1)):
        deployment._train()
        deployment.action_start_shadow()
    env.cr.commit()
    say("Scoring ...")
    for month, rows in groupby(test, lambda row: bills.payments[row].day.replace(day=1)):
        rows = list(rows)
        with watch.on("scoring"):
            deployment._score(bills.records(rows), now=datetime.combine(bills.payments[rows[-1]].day, time(23)))
        env.cr.commit()
        say(f"  {month:%Y-%m}: {len(rows):,} bills")
    values, _incumbents = logged(deployment, bills.records(test))
    if np.isnan(values).any():
        raise Failure(f"{np.isnan(values).sum():,} of {len(values):,} bills got no score.")
    return values


def _report(figures, kinds, values):
    labels = (kinds != "").astype(int)
    figures.note("auc", performance.auc(labels, values))
    figures.note("average_precision", performance.average_precision(labels, values), "", ("≥", 0.25))
    figures.note("average_precision_by_chance", labels.mean())
    figures.note("precision_at_100", performance.precision_at(labels, values, 100), "", ("≥", 0.50))
    figures.note("precision_at_300", performance.precision_at(labels, values, 300))
    figures.note("recall_in_top_1_percent", performance.recall_in_top(labels, values, 0.01), "", ("≥", 0.55))
    line = np.sort(values)[-max(1, len(values) // 100)]
    for kind in sorted(set(kinds) - {""}):
        # The line is the same for all kinds: the top 1 % of all bills.
        figures.note(f"recall_in_top_1_percent.{kind}", (values[kinds == kind] >= line).mean())


def _declared(env, name):
    """A deployment with the inputs that the product proposes for bills."""
    deployment = declare(env, "account.move", name, [], method="anomaly")
    deployment.action_add_usual_inputs()
    return deployment


def _report_reviewed(env, bills, figures, watch, say, *, has_curve):
    """What a version that has learned from a simulated reviewer makes of the last two months."""
    say("Reviewing ...")
    with watch.on("reviewing"):
        replay = _bill_reviews.Replay(_declared(env, "Reviewed bills"), bills)
        before = replay.unlabelled()
        judged = replay.judge()
    figures.note("reviewed.bills_judged", len(judged))
    figures.note("reviewed.confirmed", sum(bool(bills.payments[row].anomaly) for row in judged))
    if has_curve:
        with watch.on("learning_curve"):
            _report_curve(figures, replay, before, say)
    say("Learning from reviews ...")
    with watch.on("learning_from_reviews"):
        version = replay.learn()
    if version.kind != "reviewed":
        say("Too few bills were confirmed to learn from them.")
        return
    for name, card, target in (
        ("reviewed.before", before, None),
        ("reviewed", version._card(), ("≥", 0.45)),
    ):
        rows, scored = replay.last_months(card)
        kinds = np.array([bills.payments[row].anomaly for row in rows])
        labels = (kinds != "").astype(int)
        figures.note(f"{name}.average_precision", performance.average_precision(labels, scored.raw), "", target)
        figures.note(f"{name}.precision_at_100", performance.precision_at(labels, scored.raw, 100))
        figures.note(f"{name}.recall_in_top_1_percent", performance.recall_in_top(labels, scored.raw, 0.01))
        if name == "reviewed":
            top = np.argsort(-scored.raw)[: max(1, len(rows) // 100)]
            figures.note(f"{name}.mean_probability_in_top_1_percent", scored.values[top].mean())
            figures.note(f"{name}.share_of_anomalies_there", labels[top].mean())


def _report_curve(figures, replay, before, say):
    """Measure versions that have learned from the reviews of fewer bills a day."""
    for per_day in CURVE:
        say(f"  {per_day} bills a day ...")
        for name, halfway in (("", reviewed_training.HALFWAY), (".as_if_nothing_was_known", 0)):
            found = replay.learned_from(per_day, before, halfway)
            if found is None:
                continue
            reviews, confirmed, card = found
            rows, scored = replay.last_months(card)
            labels = np.array([bool(replay.bills.payments[row].anomaly) for row in rows])
            at = f"reviewed.curve.{reviews}_reviews"
            if not name:
                figures.note(f"{at}.confirmed", confirmed)
            figures.note(f"{at}.average_precision{name}", performance.average_precision(labels, scored.raw))


def _report_rule(figures, name, kinds, flags, values):
    """A rule that says yes or no, and how the card does with as many flags."""
    labels = (kinds != "").astype(int)
    flagged = int(flags.sum())
    figures.note(f"{name}.flags_per_1000", 1000 * flags.mean())
    if not flagged:
        return
    figures.note(f"{name}.precision", labels[flags > 0].mean())
    figures.note(f"{name}.recall", flags[labels > 0].mean())
    figures.note(f"{name}.card_precision_at_as_many", performance.precision_at(labels, values, flagged))
    figures.note(f"{name}.card_recall_at_as_many", performance.recall_in_top(labels, values, flagged / len(labels)))
