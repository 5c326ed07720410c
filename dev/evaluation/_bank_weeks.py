"""The bank's calls week by week through Odoo's own crons: what is raised, and when.

Two streams run side by side, each with a deployment of its own: the calls in the order of the file, and the same calls
shuffled within their month. Both are learned from once, at the end of the first months, and never again. Leads come in
open and are scored on their day; every Monday the monitoring cron runs; outcomes come a day after a lead.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from odoo.fields import Domain

from odoo.addons.ai_deployment.ml import outcomes, quality
from odoo.addons.ai_deployment.models.tools import clock

from . import _copies, _lead_file
from ._lead_moves import (
    COLUMNS,
    WON,
    Moves,
)
from ._lead_records import Leads
from ._lead_replay import declared, train

WEEK = timedelta(days=7)
START = datetime(2008, 6, 23)  # a Monday; the months before are all there is before the first move
SMALL_UNTIL = datetime(2008, 9, 1)
HORIZON_DAYS = 7
CLOSED_AFTER = timedelta(days=1)
FILE, SHUFFLED = "file_order", "shuffled"
# Which moves are asked for, and the alarms that count: by column of `_lead_moves`, cause of the alert.
ASKED = {
    # one value on all records is told as such, not as another shape
    "contact": ("medium_id", ("drift:medium_id:shape", "drift:medium_id:unseen", "quality:medium_id:constant")),
    "poutcome": ("source_id", ("drift:source_id:shape", "drift:source_id:unseen", "quality:source_id:constant")),
    # of lines that say the same, one is an alert
    "win_rate": (WON, tuple(f"performance:{key}" for key in outcomes.ONE_CAUSE[0])),
}
# What the file itself can say of a month. How many calls a week are made, and how well a model does, it cannot.
COMPARED = ("shape", "missing", "unseen", "range", "constant", "figure", "calibration", "risk", "floor")


def evaluate(env, options, figures, watch, say):
    """Note when what moved was raised, and what was raised although nothing moved."""
    with watch.on("reading"):
        calls = _lead_file.read(options.data, options.limit)
        if options.small:
            calls = [call for call in calls if call.created < SMALL_UNTIL]
        streams = {FILE: calls, SHUFFLED: _shuffled(calls)}
        moves = Moves(calls, sorted({call.period for call in calls if call.created < START}))
    replay = Replay(env, streams, watch)
    say("Week by week ...")
    replay.run(say)
    figures.note("leads_scored", replay.scored)
    figures.note("weeks", len(replay.weeks[FILE]))
    for name, stream in streams.items():
        for what, (column, causes) in ASKED.items():
            for month in moves.since(column):
                moved = f"{name}.{what}.moved_{month // 100}_{month % 100:02}"
                _note_move(figures, moved, stream, month, causes, replay.weeks[name], moves.enough(column))
        _note_silence(figures, name, stream, moves, replay.weeks[name])


def _note_move(figures, name, calls, month, causes, weeks, enough):
    """How many weeks after the first full one since the move, with `enough` calls by then, its alarm was raised."""
    first = datetime(*divmod(month, 100), 1)
    lag = timedelta(days=HORIZON_DAYS) if causes[0].startswith("performance") else timedelta(0)
    due = first + timedelta(days=-first.weekday() % 7) + WEEK
    while sum(first <= call.created < due for call in calls) < enough:
        due += WEEK
    due += lag
    for week in weeks:
        if any(cause in week.raised and week.windows[cause][1] > first.date() for cause in causes):
            figures.note(f"{name}.raised_on", str(week.monday.date()))
            figures.note(f"{name}.weeks_late", max((week.monday - due).days // 7, 0), "weeks", ("≤", 0))
            return
    figures.note(f"{name}.raised_on", "never")
    figures.note(f"{name}.weeks_late", math.inf, "weeks", ("≤", 0))


def _note_silence(figures, name, calls, moves, weeks):
    """Alarms in windows whose months, as a whole, lie within what is tolerated."""
    tests, wrong, right = 0, {}, {}
    for week in weeks:
        for cause, (start, end) in week.windows.items():
            column, test = _column_of(cause)
            months = {call.period for call in calls if start <= call.created.date() < end}
            still = all(moves.still(column, test, month) for month in months)
            tests += still
            if cause in week.raised:
                if still:
                    wrong.setdefault(cause, []).append(str(week.monday.date()))
                else:
                    right.setdefault(cause, str(week.monday.date()))
    figures.note(f"{name}.tests_while_still", tests)
    count = sum(map(len, wrong.values()))
    figures.note(f"{name}.alarms_while_still", count, "", ("≤", 0) if name == SHUFFLED else None)
    for cause, days in wrong.items():
        figures.note(f"{name}.while_still.{cause}", f"{len(days)}, first {days[0]}")
    for cause, day in right.items():
        figures.note(f"{name}.raised_first.{cause}", day)


def _shuffled(calls):
    """The same calls with other places within their month, numbered on from the last."""
    draw, shuffled = random.Random(0), []
    for _month, group in groupby(calls, key=lambda call: call.period):
        group = list(group)
        moments = [call.created for call in group]
        draw.shuffle(group)
        shuffled += [
            call._replace(created=moment, number=call.number + calls[-1].number + 1)
            for call, moment in zip(group, moments, strict=True)
        ]
    return shuffled


@dataclass
class Week:
    """What the cron of one Monday did: causes raised, and (start, end) of each cause that had a verdict."""

    monday: datetime
    raised: set
    windows: dict


class Replay:
    """`weeks`: by stream, one Week per Monday."""

    def __init__(self, env, streams, watch):
        self.env, self.streams, self.watch = env, streams, watch
        self.cron = env.ref("ai_deployment.ir_cron_monitor")
        self.weeks = {name: [] for name in streams}
        self.scored = 0
        everything = [call for calls in streams.values() for call in calls]
        with watch.on("loading"):
            self.leads = Leads(env, everything, closed_after=CLOSED_AFTER)
            # All are in the table from the start; nobody looks at one before its day.
            self.leads.open(everything, {call.number for call in streams[SHUFFLED]})
            self.leads.close([call for call in everything if call.created < START])
            _copies.analyze(env, "crm_lead", "crm_tag_rel")
        self.deployments = {name: self._trained(name) for name in streams}
        env.cr.commit()

    def _trained(self, name):
        domain = [("referred", "=" if name == FILE else "!=", False)]
        deployment = declared(self.env, name, horizon_days=HORIZON_DAYS, domain=str(domain))
        # Nobody reviews in a replay.
        deployment._review_rule("out_of_support").is_on = False
        train(deployment, START, self.watch)
        return deployment

    def run(self, say):
        last = max(call.created for calls in self.streams.values() for call in calls)
        monday = START
        while monday <= last + timedelta(days=HORIZON_DAYS):
            monday += WEEK
            for name in self.streams:
                self._intake(name, monday)
            self.env.cr.commit()
            moment = monday + timedelta(hours=3)
            with self.watch.on("monitoring"), clock.at(moment):
                self.cron.method_direct_trigger()
            self.env.cr.commit()
            for name in self.streams:
                self.weeks[name].append(self._week(self.deployments[name], monday, moment))
            if monday.month in (1, 7) and monday.day <= WEEK.days:
                say(f"  {monday.date()}: {self.scored:,} leads scored")

    def _intake(self, name, monday):
        """The leads of the week before: each scored on its day, while it is open."""
        calls = [call for call in self.streams[name] if monday - WEEK <= call.created < monday]
        if not calls:
            return
        with self.watch.on("scoring"):
            for day, group in groupby(calls, key=lambda call: call.created.date()):
                records = self.leads.records(group)
                self.deployments[name]._score(records, now=datetime.combine(day, time(23, 59, 59)))
                self.scored += len(records)
        with self.watch.on("closing"):
            self.leads.close(calls)

    def _week(self, deployment, monday, moment):
        own = Domain("deployment_id", "=", deployment.id)
        alerts = self.env["ai.deployment.alert"].search(own & Domain("last_date", "=", moment))
        lines = self.env["ai.deployment.report.line"].search(
            own & Domain("report_id.date", "=", moment) & Domain("verdict", "in", ("quiet", "drifted"))
        )
        windows = {_cause_of(line): _window_of(line) for line in lines if line.test in COMPARED}
        return Week(monday, set(alerts.mapped("cause")) & set(windows), windows)


def _window_of(line):
    """(start, end) of what a line judges, which may be several weeks together."""
    report = line.report_id
    return min(report.window_start, report.window_end - max(line.weeks, 1) * WEEK), report.window_end


def _cause_of(line):
    if line.report_id.kind == "performance":
        return f"performance:{line.key}"
    return f"{'quality' if line.test in quality.TESTS else 'drift'}:{line.key}:{line.test}"


def _column_of(cause):
    """(column of `Moves`, test); None for what the file does not know by itself, such as the score."""
    kind, key, *test = cause.split(":")
    if kind == "performance":
        return (WON if key == "win_rate" else None), "shape"
    return (key if key in COLUMNS else None), "shape" if test[0] == quality.CONSTANT else test[0]
