"""A year and a half of leads through Odoo's own crons: who serves what when, and what each says of a lead.

Each Monday the leads of the week before come in open, are scored, and close. Then the monitoring cron runs, whose
alarms fire the triggers, and the worker cron, which trains, judges and promotes. Nobody else touches the deployment
that is watched. What a child process would learn is learned in this one, by the same frames: the drill of trainings is
about processes, this is about what comes of them. Beside it, on the same leads: one that never learns again, and one
that learns on the first Monday of each month whatever comes of it.
"""

from datetime import timedelta
from typing import ClassVar
from unittest.mock import patch

from odoo import Command
from odoo.tools import config

from odoo.addons.ai_deployment.ml import child
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training import training_run
from odoo.addons.ai_deployment.models.training.questions import answer, open_questions

from ._deployment import logged
from ._lead_replay import HORIZON_DAYS, declared

WEEK = timedelta(days=7)
# Any alarm starts a training, and so do four weeks.
TRIGGERS = {"drift": 1, "performance": 1, "calibration": 1, "schedule": 28}
MOST_RUNS = 8  # of the worker cron on one day
ANSWER = "It is known before the call; the bank's file says so."


class Here:
    """Answers as a child process does, in this one."""

    libraries: ClassVar = child.libraries()

    def __init__(self, seconds, megabytes):
        pass

    def call(self, request, look):
        """Return the frame that answers the frame of a call."""
        look()
        return child.answer(request)

    def close(self):
        """Nothing is left open."""


class Replay:
    """`leads`: the loaded calls; what is closed before `start` is the history."""

    def __init__(self, env, leads, start, watch):
        self.env, self.leads, self.watch = env, leads, watch
        config["limit_time_real_cron"] = 0  # the replay is no server: a slow machine must not cut trainings
        self.monitor, self.worker = env.ref("ai_deployment.ir_cron_monitor"), env.ref("ai_deployment.ir_cron_train_1")
        plenty = {"horizon_days": HORIZON_DAYS, "training_seconds": 3600}
        self.never, self.ungated = (declared(env, name, **plenty) for name in ("Never retrained", "No gate"))
        self.gated = declared(
            env,
            "Gated",
            promotion_policy="automatic",
            trainings_per_month=5,
            trigger_ids=[
                Command.create({"kind": kind, "threshold": number, "action": "train"})
                for kind, number in TRIGGERS.items()
            ],
            **plenty,
        )
        self.gated._review_rule("out_of_support").is_on = False  # nobody reviews in a replay
        with watch.on("training"), clock.at(start):
            first = self.gated._train()
            self.asked = open_questions(first.sudo())
            if self.asked:  # the owner answers once, before it starts; that holds for later versions
                answer(first, ANSWER)
            self.gated.action_start_shadow()
            for deployment in (self.never, self.ungated):
                deployment._train()
        env.cr.commit()

    def week(self, monday, calls):
        """{number of the call: (with a gate, never retrained, no gate)} of the calls of the week before `monday`."""
        values = {}
        if calls:
            records = self.leads.records(calls)
            with self.watch.on("scoring"):
                self.gated._score(records, now=monday - timedelta(hours=1))
                gated, _incumbents = logged(self.gated, records)
                others = [_values(deployment, records) for deployment in (self.never, self.ungated)]
            values = {call.number: own for call, *own in zip(calls, gated, *others, strict=True)}
            with self.watch.on("closing"):
                self.leads.close(calls)
        if monday.day <= WEEK.days:
            with self.watch.on("training_without_gate"), clock.at(monday + timedelta(hours=1)):
                self.ungated._assign_champion(self.ungated._train(), "Evaluation")
        self.env.cr.commit()
        with self.watch.on("monitoring"), clock.at(monday + timedelta(hours=3)):
            self.monitor.method_direct_trigger()
        self.env.cr.commit()
        with self.watch.on("training"):
            for run in range(MOST_RUNS):
                if not self._open():
                    break
                with (
                    clock.at(monday + timedelta(hours=4, minutes=run)),
                    patch.object(training_run, "ChildProcess", Here),
                ):
                    self.worker.method_direct_trigger()
                self.env.cr.commit()
                self.env.invalidate_all()
        return values

    def _open(self):
        return self.env["ai.deployment.training"].search_count([("state", "in", ("waiting", "running"))])

    def trainings(self):
        """All trainings of the deployment with a gate, the first one first."""
        return self.env["ai.deployment.training"].search([("deployment_id", "=", self.gated.id)], order="id")

    def alarms(self):
        """(moment, cause) of its alerts about data and performance, the first one first."""
        alerts = self.env["ai.deployment.alert"].search([("deployment_id", "=", self.gated.id)], order="first_date, id")
        kinds = ("drift", "quality", "performance")
        return [(one.first_date, one.cause) for one in alerts if one.cause.split(":")[0] in kinds]


def _values(deployment, records):
    """(n,) values of the serving version, without a log: nobody watches these two."""
    version = deployment.champion_id
    columns = deployment._columns(list(version._specs().values()), records.ids)
    return version._card().score(columns).values
