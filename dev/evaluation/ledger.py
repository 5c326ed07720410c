"""Ledger: a city's vendor bills week by week through Odoo's crons. Is every input watched, and what raises an alarm?

An anomaly model with the usual inputs learns from the first three months. Then each bill is scored on its day, the
monitoring cron runs every Monday, and once there are enough weeks the owner adopts them as reference. What moved is
told without the tests of the monitor: by the share of records that would have to be others to look like the reference,
beyond what two samples of such sizes differ by. The weeks after the adoption are counted. In the last six weeks a digit
too many stands in every amount, as silence alone would prove nothing.
"""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby

from odoo.addons.ai_deployment.ml.profile import SCORE
from odoo.addons.ai_deployment.models.monitoring.reference_builder import ReferenceBuilder
from odoo.addons.ai_deployment.models.tools import clock

from . import _bill_file
from ._bill_moves import has_moved, share_moved
from ._bill_records import Bills
from ._deployment import declare
from ._judge import Figures, Stopwatch

DATA = "philly_bills_labelled.csv.gz"
SMALL = 12_000
ROWS = 30_000  # about 600 a week
WEEK = timedelta(days=7)
LEARNED_UNTIL = date(2016, 10, 3)  # a Monday
ADOPTED_ON = date(2017, 2, 13)  # after 18 whole weeks, four of each week of the month
BROKEN_ON = date(2017, 5, 15)
LAST = date(2017, 6, 26)
MIN_ROWS = 50  # of a window that is judged
WATCHED = ("quiet", "drifted", "constant")


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    with watch.on("reading"):
        payments = [_broken(payment) for payment in _bill_file.read(options.data, options.limit or ROWS)]
    say("Loading ...")
    with watch.on("loading"):
        bills = Bills(env, payments)
    env.cr.commit()
    replay = Replay(env, bills)
    say("Training ...")
    with watch.on("training"):
        replay.train()
    say("Week by week ...")
    with watch.on("weeks"):
        replay.run(say)
    figures.note("bills_scored", replay.scored)
    _report(figures, replay)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    return figures


@dataclass
class Watched:
    """One column in the weeks after the adoption: how many were judged, and alarms as (day, test, share moved)."""

    windows: int = 0
    judged: int = 0
    alarms: list = field(default_factory=list)


class Replay:
    def __init__(self, env, bills):
        self.env, self.bills = env, bills
        self.cron = env.ref("ai_deployment.ir_cron_monitor")
        self.deployment = declare(env, "account.move", "Bills by week", [], method="anomaly")
        self.deployment.action_add_usual_inputs()
        self.columns, self.quality, self.scored = {}, {}, 0

    def train(self):
        with clock.at(datetime.combine(LEARNED_UNTIL, time())):
            self.deployment._train()
            self.deployment.action_start_shadow()
        self.env.cr.commit()

    def run(self, say):
        payments = self.bills.payments
        rows = [row for row, payment in enumerate(payments) if LEARNED_UNTIL <= payment.day < LAST]
        for monday, week in groupby(rows, lambda row: payments[row].day - timedelta(days=payments[row].day.weekday())):
            for day, own in groupby(week, lambda row: payments[row].day):
                records = self.bills.records(list(own))
                self.deployment._score(records, now=datetime.combine(day, time(23)))
                self.scored += len(records)
            self._monitor(monday + WEEK)
            if (monday + WEEK).day <= WEEK.days:
                say(f"  {monday + WEEK}: {self.scored:,} bills")

    def _monitor(self, monday):
        moment = datetime.combine(monday, time(3))
        self.env.cr.commit()
        with clock.at(moment):
            self.cron.method_direct_trigger()
            self.env.cr.commit()
            if self._reference():
                self._look(moment)
            elif monday >= ADOPTED_ON and ReferenceBuilder(self.deployment).candidate().parts:
                self.deployment.action_adopt_reference()
        self.env.cr.commit()

    def _reference(self):
        return self.env["ai.deployment.reference"]._adopted(self.deployment.champion_id)

    def _look(self, moment):
        """Count what the reports of this Monday judged, and the alarms that they raised or kept."""
        own = [("deployment_id", "=", self.deployment.id)]
        raised = set(self.env["ai.deployment.alert"].search([*own, ("last_date", "=", moment)]).mapped("cause"))
        reports = self.env["ai.deployment.report"].search([*own, ("date", "=", moment), ("kind", "=", "drift")])
        for cause in raised:
            if cause.startswith("quality:"):
                self.quality.setdefault(cause, []).append(moment.date())
        for report in reports.filtered(lambda report: report.row_count >= MIN_ROWS):
            lines = report.line_ids.filtered(lambda line: line.test in ("shape", "missing", "unseen"))
            for name in set(lines.mapped("key")):
                column = self.columns.setdefault(name, Watched())
                column.windows += 1
                column.judged += any(line.verdict in WATCHED for line in lines if line.key == name)
            for line in lines.filtered(lambda line: f"drift:{line.key}:{line.test}" in raised):
                self.columns[line.key].alarms.append((report.date.date(), line.test, self._moved(line)))

    def _moved(self, line):
        """Return the share of the records in a line's window that would have to be others."""
        version, report = self.deployment.champion_id, line.report_id
        start = min(report.window_start, report.window_end - max(line.weeks, 1) * WEEK)
        window = self.env["ai.deployment.profile"]._sum(version, start, report.window_end)
        reference = self.env["ai.deployment.reference"]._of(version)[0]
        return share_moved(reference.counts[line.key], window.counts[line.key], line.test)


def _broken(payment):
    return payment._replace(amount=10 * payment.amount) if payment.day >= BROKEN_ON else payment


def _report(figures, replay):
    columns = replay.columns
    windows = max((column.windows for column in columns.values()), default=0)
    figures.note("weeks_after_adoption", windows)
    figures.note("inputs", len([name for name in columns if name != SCORE]))
    unwatched = sorted(name for name, column in columns.items() if column.judged < column.windows)
    figures.note("unwatched", len(unwatched), "", ("≤", 0))
    if unwatched:
        figures.note("unwatched.which", ", ".join(unwatched))
    score = columns.get(SCORE, Watched())
    figures.note("score.share_of_weeks_watched", score.judged / max(score.windows, 1), "", ("≥", 1))
    still = 0
    for name, column in sorted(columns.items()):
        for test in sorted({test for _day, test, _moved in column.alarms}):
            own = [(day, moved) for day, which, moved in column.alarms if which == test]
            still += sum(not has_moved(name, test, moved) for _day, moved in own)
            figures.note(f"alarm.{name}.{test}.since", str(own[0][0]))
            figures.note(f"alarm.{name}.{test}.weeks", len(own))
            figures.note(f"alarm.{name}.{test}.least_share_moved", min(moved for _day, moved in own))
    figures.note("alarms_where_nothing_moved", still, "", ("≤", 0))
    for cause, days in sorted(replay.quality.items()):
        figures.note(f"alarm.{cause}.since", str(days[0]))
        figures.note(f"alarm.{cause}.weeks", len(days))
    days = [day for column in columns.values() for day, test, _moved in column.alarms if test == "shape"]
    figures.note("alarms_before_the_break", sum(day <= BROKEN_ON for day in days), "", ("≤", 0))
    found = [(day - BROKEN_ON) // WEEK for day in days if day > BROKEN_ON]
    figures.note("weeks_until_the_break_is_seen", min(found, default=math.inf), "weeks", ("≤", 2))
