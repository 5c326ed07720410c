"""Vendor bills: the city's payments of one year with injected anomalies, beside Odoo's own two warnings.

The real file is loaded as posted vendor bills. The card learns from July to February without any label and scores March
to June through `_score`, each bill by what lies before it. The labels are only looked at to judge the result.
"""

import os
from datetime import date, datetime

import numpy as np
from lib.talk import Failure

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.models import clock

from . import _bill_file, _bill_rules
from ._bill_inputs import INPUTS
from ._bill_records import Bills
from ._deployment import declare, logged
from ._judge import Figures, Stopwatch

FIRST_TEST = date(2017, 3, 1)


def run(env, options, say):
    if not options.data:
        raise Failure("--data FILE is needed: philly_bills_labelled.csv.gz.")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    watch, figures = Stopwatch(), Figures()
    with watch.on("reading"):
        payments = _bill_file.read(options.data, options.limit)
    if options.limit:
        say(f"A quick look: {len(payments):,} bills, some vendors with all of theirs; the targets are for the whole file.")
    say("Loading ...")
    with watch.on("loading"):
        bills = Bills(env, payments)
    env.cr.commit()
    test = [row for row, payment in enumerate(payments) if payment.day >= FIRST_TEST]
    deployment = declare(env, "account.move", "Unusual bills", INPUTS, method="anomaly")
    say("Training ...")
    with watch.on("training"), clock.at(datetime(2017, 2, 28, 23)):
        deployment._train()
        deployment.action_start_shadow()
    env.cr.commit()
    say("Scoring ...")
    for month in sorted({payments[row].day.replace(day=1) for row in test}):
        rows = [row for row in test if payments[row].day.replace(day=1) == month]
        moment = datetime.combine(max(payments[row].day for row in rows), datetime.max.time()).replace(microsecond=0)
        with watch.on("scoring"):
            deployment._score(bills.records(rows), now=moment)
        env.cr.commit()
        say(f"  {month:%Y-%m}: {len(rows):,} bills")
    values, _incumbents = logged(deployment, bills.records(test))
    if np.isnan(values).any():
        raise Failure(f"{np.isnan(values).sum():,} of {len(values):,} bills got no score.")
    ids = [bills.ids[row] for row in test]
    with watch.on("warnings_of_odoo"):
        rules = {
            "odoo_amount": _bill_rules.amount_warnings(env, ids),
            "odoo_duplicate": _bill_rules.duplicate_warnings(env, ids),
        }
    figures.note("bills", len(payments))
    figures.note("bills_learned_from", len(payments) - len(test))
    figures.note("bills_scored", len(test))
    kinds = np.array([payments[row].anomaly for row in test])
    figures.note("anomalies", int((kinds != "").sum()))
    _report(figures, kinds, values)
    rules["odoo_either"] = np.maximum(*rules.values())
    for name, flags in rules.items():
        _report_rule(figures, name, kinds, flags, values)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    figures.note("scored_per_second", len(test) / watch["scoring"], "/s")
    return figures


def _report(figures, kinds, values):
    labels = (kinds != "").astype(int)
    figures.note("auc", performance.auc(labels, values))
    figures.note("average_precision", performance.average_precision(labels, values), "", ("≥", 0.20))
    figures.note("average_precision_by_chance", labels.mean())
    figures.note("precision_at_100", performance.precision_at(labels, values, 100), "", ("≥", 0.50))
    figures.note("precision_at_300", performance.precision_at(labels, values, 300))
    figures.note("recall_in_top_1_percent", performance.recall_in_top(labels, values, 0.01), "", ("≥", 0.55))
    line = np.sort(values)[-max(1, len(values) // 100)]
    for kind in sorted(set(kinds) - {""}):
        # Among all bills, so that the shares of the kinds add up to the recall over all of them.
        figures.note(f"recall_in_top_1_percent.{kind}", (values[kinds == kind] >= line).mean())


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
