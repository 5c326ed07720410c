"""Unusual bills: the anomaly card as an owner gets it by default, beside PyOD's detectors on the same inputs.

Two made-up ledgers (`_anomaly_worlds`) and the city's payments are loaded as posted bills. The inputs are those that
the button *Add the Usual Inputs* declares. Cards and peers learn from the earlier part of the bills, oddities included
and without any label, and are judged on the later part. `alone` is the card as it was by default before: each input by
itself, high and low. Clean ledgers say how many of fresh bills are flagged where nothing is odd.
Where PyOD cannot be installed, its figures are missing and the reason is told.
"""

import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.anomaly import TWO_SIDED
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.models.training.learning import learn_usual

from lib import pyod

from . import _bill_file
from ._anomaly_worlds import WORLDS
from ._bill_records import Bills
from ._deployment import declare
from ._judge import Figures

DATA = "philly_bills_labelled.csv.gz"
SMALL = 1_000
BILLS = 12_000  # of a made-up ledger
DRAWS = 2
ODD = 0.01
LEARNED = 2 / 3
FIRST_TEST = date(2017, 3, 1)  # of the city's payments
RATES = (0.01, 0.05)
WITHIN = 0.005


def run(env, options, say):
    contest = Contest(env, say, asks_peers=not options.small)  # installing them takes minutes
    count = min(options.limit or BILLS, BILLS)
    for name, world in WORLDS.items():
        for draw in range(1 if options.small else DRAWS):
            contest.judge(name, world(draw, count, ODD).payments())
        contest.judge_clean(name, world(99, count, 0).payments())
    if options.data:
        contest.judge("city", _bill_file.read(options.data, options.limit), FIRST_TEST)
    return contest.total()


class Ledger:
    """Loaded bills: their columns, moments, kinds of oddity, and which rows are learned from."""

    def __init__(self, env, payments, first_test=None):
        bills = Bills(env, payments)
        deployment = declare(env, "account.move", "Unusual bills", [], method="anomaly")
        deployment.action_add_usual_inputs()
        self.specs = [feature._to_spec() for feature in deployment.feature_ids]
        self.columns = deployment._columns(self.specs, bills.ids)
        self.moments = make_column("moment", NUMBER, [payment.day for payment in payments]).values
        self.kinds = np.array([payment.anomaly for payment in payments])
        count = sum(payment.day < first_test for payment in payments) if first_test else round(LEARNED * len(payments))
        self.known, self.asked = np.arange(count), np.arange(count, len(payments))
        env.cr.rollback()  # the next ledger is loaded into the same empty books

    def taken(self, rows):
        return {key: column.take(rows) for key, column in self.columns.items()}

    def card(self, rate, **changes):
        specs = [{**spec, **changes} for spec in self.specs]
        return learn_usual(specs, self.taken(self.known), self.moments[self.known], flag_rate=rate).card

    def tables(self):
        """((m, k), (n, k)): the known rows and the asked ones in numbers, for others."""
        columns = [self._numbers(column) for column in self.columns.values()]
        filled = [column for column in columns if not np.isnan(column[self.known]).all()]
        table = np.stack(filled, axis=1)
        return table[self.known], table[self.asked]

    def _numbers(self, column):
        if column.kind == NUMBER:
            return column.values
        levels, counts = np.unique(column.values[self.known].astype(str), return_counts=True)
        share = dict(zip(levels.tolist(), (counts / len(self.known)).tolist(), strict=True))
        return np.array([-np.log(share.get(str(level), 0.5 / len(self.known))) for level in column.values])


class Contest:
    """Figures of the card and of those peers that can be asked; `unable` says why the others cannot."""

    def __init__(self, env, say, *, asks_peers):
        self.env, self.say, self.asks_peers = env, say, asks_peers
        self.figures, self.unable, self.found, self.seconds = Figures(), None, {}, {}

    def judge(self, name, payments, first_test=None):
        self.say(f"{name}: {len(payments):,} bills ...")
        ledger = Ledger(self.env, payments, first_test)
        kinds = ledger.kinds[ledger.asked]
        started = time.process_time()
        values = {"card": ledger.card(RATES[0]).score(ledger.taken(ledger.asked)).raw}
        self._spent("card", time.process_time() - started)
        alone = ledger.card(RATES[0], tail=TWO_SIDED, stands_alone=True, together="")
        values["alone"] = alone.score(ledger.taken(ledger.asked)).raw
        values |= self._peers(ledger)[0]
        for who, own in values.items():
            labels = kinds != ""
            self._add(f"{name}.average_precision", who, performance.average_precision(labels, own))
            self._add(f"{name}.recall_in_top_1_percent", who, performance.recall_in_top(labels, own, 0.01))
        line = np.sort(values["card"])[-max(1, len(kinds) // 100)]
        for kind in sorted(set(kinds) - {""}):
            self._add(f"{name}.recall_in_top_1_percent.{kind}", "card", (values["card"][kinds == kind] >= line).mean())

    def judge_clean(self, name, payments):
        """Measure the share of later bills that is flagged where no bill is odd."""
        ledger = Ledger(self.env, payments)
        for rate in RATES:
            flagged = ledger.card(rate).score(ledger.taken(ledger.asked)).predictions.mean()
            self.figures.note(f"{name}.clean.flagged_of_{rate:g}.card", flagged)
            # Of few bills, chance alone flags more or fewer.
            target = None if len(ledger.asked) < BILLS / 4 else ("≤", WITHIN)
            self.figures.note(f"{name}.clean.off_by_of_{rate:g}.card", abs(flagged - rate), "", target)
        for who, share in self._peers(ledger)[1].items():
            self.figures.note(f"{name}.clean.flagged_of_{RATES[0]:g}.{who}", share)

    def total(self):
        for figure, by_who in self.found.items():
            means = {who: float(np.mean(values)) for who, values in by_who.items()}
            others = [value for who, value in means.items() if who not in ("card", "alone")]
            for who, value in means.items():
                first = who == "card" and others and figure.endswith("average_precision")
                self.figures.note(
                    f"{figure}.{who}", value, "", ("≥", max(others)) if first else None, "the best of the others"
                )
        for who, spent in self.seconds.items():
            self.figures.note(f"seconds.{who}", spent, "s")
        if self.unable:
            self.figures.note("not_measured.pyod", self.unable)
        return self.figures

    def _peers(self, ledger):
        """({detector: (n,) scores of the asked rows}, {detector: share of them that it flags}); both may be empty."""
        if not self.asks_peers or self.unable:
            return {}, {}
        with tempfile.TemporaryDirectory() as folder:
            scores, told, self.unable = pyod.scores(*ledger.tables(), RATES[0], Path(folder))
        if self.unable:
            return {}, {}
        for who, spent in told["seconds"].items():
            self._spent(who, spent)
        return scores, told["flagged"]

    def _add(self, figure, who, value):
        self.found.setdefault(figure, {}).setdefault(who, []).append(float(value))

    def _spent(self, who, seconds):
        self.seconds[who] = self.seconds.get(who, 0.0) + seconds
