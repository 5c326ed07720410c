"""The scheduled actions of the addon: whether they run, and by when they will.

A job that stands still cannot say so. Odoo switches one off after five failures in a week and writes a line in the
server log; a server without cron threads says nothing at all. A job that ran while the clock was ahead would next run
when the right clock has caught up: `Crons.put_back` moves it back by whole intervals.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, format_datetime

from ..tools import clock
from ..tools.shipped import MODULE
from .check import Finding, InstanceCheck, severe

LANES = "AI Deployment: worker"  # begins the names of those that work off batches: one of them is enough
GRACE = timedelta(hours=1)  # beyond one interval: a server that restarts, a job that takes long
TOLERANCE = timedelta(minutes=5)  # by which the clocks of several servers may differ
FAILURES = 3  # in a row, from which on a job is not only unlucky


class Job(NamedTuple):
    """A scheduled action by its external id; one that was deleted has no name of its own any more."""

    xmlid: str
    name: str
    watches: bool = False  # what watches, tells or looks, see the checklist
    needed: Callable[[Any], bool] = lambda deployments: True


JOBS = (
    Job("ir_cron_monitor", "AI Deployment: monitoring", watches=True),
    Job("ir_cron_health", "AI Deployment: health checks", watches=True),
    Job("ir_cron_checklists", "AI Deployment: update checklists", watches=True),
    Job("ir_cron_alerts", "AI Deployment: daily alerts", watches=True),
    Job("ir_cron_send", "AI Deployment: send messages", watches=True),
    Job("ir_cron_retry", "AI Deployment: retry waiting records"),
    Job("ir_cron_train_1", "AI Deployment: training 1"),
    Job("ir_cron_train_2", "AI Deployment: training 2"),
    Job("ir_cron_compare", "AI Deployment: comparisons"),
    Job("ir_cron_replay", "AI Deployment: replays"),
    Job("ir_cron_write_proposals", "AI Deployment: write proved values"),
    Job("ir_cron_assign_reviews", "AI Deployment: assign reviews"),
    Job("ir_cron_tidy_reviews", "AI Deployment: maintain the review queue"),
    Job(
        "ir_cron_nightly",
        "AI Deployment: nightly scoring",
        needed=lambda deployments: any(deployment.score_nightly for deployment in deployments),
    ),
    Job(
        "ir_cron_drill_fallbacks",
        "AI Deployment: fallback drills",
        needed=lambda deployments: any(deployment.fallback != "none" for deployment in deployments),
    ),
)


class Trouble(NamedTuple):
    """Problem of a job: `kind` is gone, off, failing, late or ahead."""

    kind: str
    name: str


class Crons:
    """The scheduled actions of the addon as they are at this moment, read with one statement."""

    def __init__(self, env: Any):
        self.env = env
        crons = env["ir.cron"].sudo().with_context(active_test=False)
        known = (
            env["ir.model.data"]
            .sudo()
            .search_fetch(
                Domain("module", "=", MODULE) & Domain("model", "=", "ir.cron"), ["name", "res_id"], order="id"
            )
        )
        ids = {data.name: data.res_id for data in known}
        names = ["cron_name", "active", "lastcall", "nextcall", "interval_number", "interval_type", "failure_count"]
        mine = Domain("id", "in", list(ids.values())) | Domain("cron_name", "=like", f"{LANES}%")
        self.found = crons.search_fetch(mine, names)
        by_id = {cron.id: cron for cron in self.found}
        self.by_name = {name: by_id[res_id] for name, res_id in ids.items() if res_id in by_id}
        self.lanes = self.found.filtered(lambda cron: cron.cron_name.startswith(LANES))

    def troubles(self, deployments: Any) -> list[Trouble]:
        """Return what is the matter with the jobs that `deployments` need, in the order of `JOBS`."""
        needed = [job for job in JOBS if job.needed(deployments)]
        found = [trouble_of(self.by_name.get(job.xmlid), job.name, self.env) for job in needed]
        lanes = [trouble_of(cron, cron.cron_name, self.env) for cron in self.lanes]
        if all(lanes):
            found += lanes or [Trouble("gone", f"“{LANES} 1”")]
        return [trouble for trouble in found if trouble]

    def last_run(self) -> datetime | None:
        """Return when one of them ran last."""
        return max((cron.lastcall for cron in self.found if cron.lastcall), default=None)

    def put_back(self) -> int:
        """Move jobs whose next or last call lies beyond now plus an interval back; return how many.

        Whole intervals are taken away, so that a job of the night stays one. A job that runs at this moment is locked
        by it and left to the next that looks.
        """
        now, moved = clock.now(), 0
        self.found.flush_recordset(["nextcall", "lastcall"])
        for cron in self.found.filtered(_is_ahead):
            step, nextcall = _interval(cron), cron.nextcall
            if cron.interval_type in ("minutes", "hours"):
                nextcall = now if nextcall > now + step else nextcall
            while nextcall > now + step:
                nextcall -= step
            lastcall = min(cron.lastcall, now) if cron.lastcall else None
            moved += len(
                self.env.execute_query(
                    SQL(
                        "UPDATE ir_cron SET nextcall = %s, lastcall = %s WHERE id = (SELECT id FROM ir_cron"
                        " WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED) RETURNING id",
                        nextcall,
                        lastcall,
                        cron.id,
                    )
                )
            )
        if moved:
            self.found.invalidate_recordset(["nextcall", "lastcall"])
        return moved


def _interval(cron: BaseModel) -> relativedelta:
    return relativedelta(**{cron.interval_type: cron.interval_number})


def _is_ahead(cron: BaseModel) -> bool:
    """Return whether a job ran, or would run next, later than a correct clock allows."""
    now = clock.now()
    return bool(cron.lastcall and cron.lastcall > now + TOLERANCE) or cron.nextcall > now + _interval(cron) + GRACE


def trouble_of(cron: Any, label: str, env: Any) -> Trouble | None:
    """Return the Trouble of one job, None where it runs.

    :param cron: an ir.cron, empty or None where it was deleted
    :param label: str, its name as the addon ships it
    """
    name = f"“{cron.cron_name if cron else label}”"
    if not cron:
        return Trouble("gone", name)
    if not cron.active:
        return Trouble("off", name)
    if cron.failure_count >= FAILURES:
        return Trouble("failing", env._("%(job)s (%(count)s times)", job=name, count=cron.failure_count))
    if _is_ahead(cron):
        return Trouble("ahead", env._("%(job)s (next on %(date)s)", job=name, date=format_datetime(env, cron.nextcall)))
    due = cron.lastcall + _interval(cron) if cron.lastcall else cron.nextcall
    if clock.now() <= due + _interval(cron) + GRACE:
        return None
    if not cron.lastcall:
        return Trouble("late", env._("%s (never so far)", name))
    return Trouble("late", env._("%(job)s (last on %(date)s)", job=name, date=format_datetime(env, cron.lastcall)))


class Jobs(InstanceCheck):
    """Scheduled actions of the addon that do not run: one finding per kind of trouble, however many jobs have it."""

    codes = ("jobs_gone", "jobs_off", "jobs_failing", "jobs_late", "jobs_ahead")

    def find(self, deployments: Any, facts: Any) -> Iterator[Finding]:
        env, troubles = deployments.env, facts.crons.troubles(deployments)
        words = {
            "gone": (
                env._("Scheduled actions are missing: %s"),
                env._("Ask an administrator to update the app AI Deployment, which restores them."),
            ),
            "off": (
                env._("Scheduled actions are inactive: %s"),
                env._("Ask an administrator to activate them under Settings, Technical, Scheduled Actions."),
            ),
            "failing": (
                env._("Scheduled actions fail repeatedly: %s"),
                env._("Ask an administrator to check the server log for the cause of each failure."),
            ),
            "late": (
                env._("Scheduled actions do not run: %s"),
                env._("Ask an administrator to check that the server runs scheduled actions (max_cron_threads)."),
            ),
            "ahead": (
                env._("Scheduled actions are planned too late, as if the server clock had been ahead: %s"),
                env._(
                    "Ask an administrator to check the server clock. The next one reschedules the others; a "
                    "restart of Odoo does so at once."
                ),
            ),
        }
        for kind, (sentence, suggestion) in words.items():
            names = [trouble.name for trouble in troubles if trouble.kind == kind]
            if names:
                yield severe(f"jobs_{kind}", sentence % ", ".join(names), suggestion)
