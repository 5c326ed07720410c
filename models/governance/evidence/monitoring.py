"""Rules about monitoring: jobs that run, an alert that arrives, a repeated training, somebody who reads it."""

from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ....ml.profile import SCORE
from ...health.crons import JOBS, trouble_of
from ...monitoring.ai_deployment_report import JUDGED
from ...tools import clock
from ...tools.shipped import shipped
from ...tools.wording import number
from ...training.procedure import way_back
from ...training.request_outside import is_made_elsewhere
from .rule import DrillRule, Evidence, Rule

WEEK = timedelta(days=7)


class Watched(Rule):
    """The scheduled actions that monitor the deployment run every week, and its score is monitored."""

    code = "watched"

    def find(self, check: BaseModel) -> Evidence:
        jobs = {job: shipped(self.env, job.xmlid) for job in JOBS if job.watches}
        faults = [fault for job, cron in jobs.items() for fault in [self._cron_fault(job, cron)] if fault]
        if faults:
            return Evidence(False, " ".join(faults), clock.now())
        unwatched, report = self._unwatched_score()
        if unwatched:
            return Evidence(False, unwatched, report.date, report)
        oldest = min(cron.lastcall for cron in jobs.values() if cron)
        sentence = self.env._(
            "All %(count)s monitoring jobs run at least once a week; the least recent run was on %(day)s.",
            count=len(jobs),
            day=format_date(self.env, oldest),
        )
        return Evidence(True, sentence, clock.now(), shipped(self.env, "ir_cron_monitor"))

    def satisfy(self, check: BaseModel) -> dict | bool:
        if not self.env.user.has_group("base.group_system"):
            raise UserError(self.env._("Scheduled actions are managed by administrators: ask one to check them."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Scheduled Actions"),
            "res_model": "ir.cron",
            "view_mode": "list,form",
            "domain": [("cron_name", "=like", "AI Deployment:%")],
            "context": {"active_test": False},
        }

    def _cron_fault(self, job: Any, cron: BaseModel) -> str:
        """Return what is wrong with one of the jobs, or an empty string."""
        trouble = trouble_of(cron, job.name, self.env)
        if trouble:
            return {
                "gone": self.env._("The scheduled action %s is missing.", trouble.name),
                "off": self.env._("The scheduled action %s is inactive.", trouble.name),
                "failing": self.env._("The scheduled action %s fails repeatedly.", trouble.name),
                "late": self.env._("The scheduled action %s does not run.", trouble.name),
                "ahead": self.env._("The scheduled action %s is planned too late.", trouble.name),
            }[trouble.kind]
        if clock.now() + relativedelta(**{cron.interval_type: cron.interval_number}) > clock.now() + WEEK:
            return self.env._("The scheduled action “%s” runs less than once a week.", cron.cron_name)
        if not cron.lastcall:
            return self.env._("The scheduled action “%s” has not run yet.", cron.cron_name)
        return ""

    def _unwatched_score(self) -> tuple[str, BaseModel]:
        """Return (why a change of the score would not be noticed, the report that says so).

        The text is empty where the score is monitored, and before the first report: the first week is not over.
        """
        reports = self.env["ai.deployment.report"]
        latest = reports.search(
            Domain("version_id", "=", self.deployment.champion_id.id) & Domain("kind", "=", "drift"),
            order="window_end desc, id desc",
            limit=1,
        )
        if not latest or latest.line_ids.filtered(lambda line: line.key == SCORE and line.verdict in JUDGED):
            return "", reports
        sentence = self.env._(
            "Monitoring of the score has failed since %(day)s: %(why)s",
            day=format_date(self.env, latest.window_start),
            why=latest.blind_spot or latest.summary,
        )
        return sentence, latest


class AlertDrill(DrillRule):
    """A drill has shown that an alert reaches its reader."""

    code = "alert_drill"
    kind = "alert"


class Retrained(Rule):
    """Training again is planned, and was done and tested since the deployment began in shadow."""

    code = "retrained"
    reads_documents = True

    def find(self, check: BaseModel) -> Evidence:
        if not (self.deployment.retraining_plan or "").strip():
            return Evidence(False, self.env._("The retraining plan is missing."))
        began = self.env["ai.deployment.transition"].search(
            Domain("deployment_id", "=", self.deployment.id) & Domain("to_state", "=", "shadow"),
            order="date, id",
            limit=1,
        )
        if is_made_elsewhere(self.deployment):
            return self._brought_back(began)
        runs = self.env["ai.deployment.training"].search(
            Domain("deployment_id", "=", self.deployment.id)
            & Domain("state", "=", "done")
            & Domain("version_id.verdict", "!=", "first"),
            order="id desc",
        )
        run = runs.filtered(lambda run: began and run.requested_date >= began.date)[:1]
        if not run:
            return Evidence(
                False, self.env._("Documented, but no training was carried out to a verdict since shadow started.")
            )
        latest = run.version_id
        verdicts = dict(latest._fields["verdict"]._description_selection(self.env))
        sentence = self.env._(
            "%(version)s was trained on %(rows)s records on %(day)s and tested against the version serving "
            "then: %(text)s",
            version=latest.name,
            rows=number(self.env, latest.row_count),
            day=format_date(self.env, latest.trained_date),
            text=latest.verdict_text or verdicts[latest.verdict],
        )
        # a recipe that makes it worse is no way to train it again
        return Evidence(latest.verdict != "worse", sentence, run.end_date, run)

    def satisfy(self, check: BaseModel) -> dict | bool:
        if not (self.deployment.retraining_plan or "").strip():
            return self._open_fields(check.name)
        if is_made_elsewhere(self.deployment.sudo()):
            raise UserError(way_back(self.env, self.deployment.sudo()))
        return self.deployment.action_train()

    def _brought_back(self, began: BaseModel) -> Evidence:
        """Judge a model that is made outside Odoo: a later version came back since shadow started, and was compared.

        Proposed values have no challenger to compare: people judge them once the version serves.
        """
        later = self.deployment.version_ids.sorted("id")[1:]
        came = later.filtered(lambda version: began and version.trained_date >= began.date)[-1:]
        if not came:
            return Evidence(
                False, self.env._("Documented, but no new version came from outside Odoo since shadow started.")
            )
        challenge = self.deployment.assignment_ids.filtered(lambda one: one.version_id == came and one.verdict)[:1]
        is_compared = self.deployment.is_task or bool(challenge)
        waits = "" if is_compared else self.env._("It was not compared with the serving version yet.")
        sentence = self.env._(
            "%(version)s came from outside Odoo on %(day)s. %(text)s",
            version=came.name,
            day=format_date(self.env, came.trained_date),
            text=challenge.verdict_text or waits,
        ).strip()
        return Evidence(is_compared and challenge.verdict != "worse", sentence, came.trained_date, came)


class Read(Rule):
    """A person who answers for the deployment has opened an alert or a report of it."""

    code = "read"

    def find(self, check: BaseModel) -> Evidence:
        """Return the latest opening of an alert or a report by a person it was for; never by the system itself."""
        system = self.env.ref("base.user_root")
        was_read = Domain("deployment_id", "=", self.deployment.id) & Domain("read_date", "!=", False)
        was_read &= Domain("read_by_id", "!=", system.id)
        alert = self.env["ai.deployment.alert"].search(was_read, order="read_date desc, id desc", limit=1)
        report = self.env["ai.deployment.report"].search(was_read, order="read_date desc, id desc", limit=1)
        latest = max((one for one in (alert, report) if one), key=lambda one: one.read_date, default=None)
        if latest is None:
            return Evidence(False, self.env._("No alert or report of it has been opened yet."))
        sentence = self.env._(
            "%(person)s opened “%(what)s” on %(day)s.",
            person=latest.read_by_id.name,
            what=latest.name,
            day=format_date(self.env, latest.read_date),
        )
        return Evidence(True, sentence, latest.read_date, latest)

    def satisfy(self, check: BaseModel) -> dict | bool:
        return self.deployment.action_send_test_alert()
