"""Which scheduled jobs a deployment needs, and whether they run: read from the jobs themselves, at this moment.

A job that stands still cannot say so. Odoo switches one off after five failures in a week and writes a line in the
server log; a server without cron threads says nothing at all.
"""

from datetime import timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_datetime

from . import clock

# By their external ids, as `data/ir_cron_data.xml` calls them: one that was deleted has no name of its own any more.
JOBS = {
    "ir_cron_monitor": "AI Deployment: watch deployments",
    "ir_cron_health": "AI Deployment: look after deployments",
    "ir_cron_retry": "AI Deployment: score what waits",
    "ir_cron_assign_reviews": "AI Deployment: assign reviews",
    "ir_cron_tidy_reviews": "AI Deployment: tidy the queue of reviews",
    "ir_cron_nightly": "AI Deployment: score every night",
}
LANES = "AI Deployment: lane%"  # one of them is enough
GRACE = timedelta(hours=1)  # beyond one interval: a server that restarts, a job that takes long
FAILURES = 3  # in a row, from which on a job is not only unlucky


class Trouble(NamedTuple):
    """What is the matter with a job: `kind` is gone, off, failing or late."""

    kind: str
    name: str


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _job_troubles(self):
        """What is the matter with the jobs of the addon: {what needs it: [Trouble]}, by external id or "lanes"."""
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        known = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch(
                Domain("module", "=", "ai_deployment") & Domain("model", "=", "ir.cron"), ["name", "res_id"], order="id"
            )
        )
        ids = {data.name: data.res_id for data in known}
        names = ["cron_name", "active", "lastcall", "nextcall", "interval_number", "interval_type", "failure_count"]
        found = crons.search_fetch(Domain("id", "in", list(ids.values())) | Domain("cron_name", "=like", LANES), names)
        by_id = {cron.id: cron for cron in found}
        troubles = {name: self._job_trouble(by_id.get(ids.get(name)), label) for name, label in JOBS.items()}
        lanes = [self._job_trouble(cron, cron.cron_name) for cron in found if cron.cron_name.startswith(LANES[:-1])]
        troubled = {name: [trouble] for name, trouble in troubles.items() if trouble}
        if all(lanes):
            troubled["lanes"] = lanes or [Trouble("gone", "“AI Deployment: lane 1”")]
        return troubled

    def _job_trouble(self, cron, label):
        """The Trouble of one job, None where it runs."""
        name = f"“{cron.cron_name if cron else label}”"
        if not cron:
            return Trouble("gone", name)
        if not cron.active:
            return Trouble("off", name)
        if cron.failure_count >= FAILURES:
            return Trouble("failing", self.env._("%(job)s (%(count)s times)", job=name, count=cron.failure_count))
        interval = relativedelta(**{cron.interval_type: cron.interval_number})
        due = cron.lastcall + interval if cron.lastcall else cron.nextcall
        if clock.now() <= due + interval + GRACE:
            return None
        if not cron.lastcall:
            return Trouble("late", self.env._("%s (never so far)", name))
        return Trouble(
            "late", self.env._("%(job)s (last on %(date)s)", job=name, date=format_datetime(self.env, cron.lastcall))
        )

    def _job_findings(self, troubles):
        """Findings about the jobs that this deployment needs: one per kind of trouble, however many jobs have it."""
        self.ensure_one()
        needed = [name for name in (*JOBS, "lanes") if name != "ir_cron_nightly" or self.score_nightly]
        mine = [trouble for name in needed for trouble in troubles.get(name, ())]
        say = self.env._
        sentences = {
            "gone": (
                say("Scheduled jobs are missing: %s"),
                say("An administrator updates the addon AI Deployment, which brings them back."),
            ),
            "off": (
                say("Scheduled jobs are switched off: %s"),
                say("An administrator switches them on again under Settings, Technical, Scheduled Actions."),
            ),
            "failing": (
                say("Scheduled jobs fail again and again: %s"),
                say("An administrator looks at the server log, where each failure stands with its cause."),
            ),
            "late": (
                say("Scheduled jobs do not run: %s"),
                say("An administrator looks whether the server runs scheduled jobs at all (max_cron_threads)."),
            ),
        }
        return [
            self._severe(f"jobs_{kind}", sentence % ", ".join(t.name for t in mine if t.kind == kind), suggestion)
            for kind, (sentence, suggestion) in sentences.items()
            if any(trouble.kind == kind for trouble in mine)
        ]
