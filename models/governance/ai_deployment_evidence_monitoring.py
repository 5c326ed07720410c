"""Evidence that somebody notices: jobs that run, an alert that arrives, a training done again, a reader."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...ml.profile import SCORE
from ..health.crons import JOBS, trouble_of
from ..monitoring.ai_deployment_report import JUDGED
from ..tools import clock
from ..tools.shipped import shipped
from .ai_deployment_checklist import Evidence

WEEK = timedelta(days=7)
TEST_ALERT = "trial"  # the cause of an alert that was sent to see whether it is read


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    retraining_plan = fields.Text(
        "Training Again",
        tracking=True,
        help="When it is trained again, by whom and on what, and who lets the new version serve.",
    )

    # Watched every week

    def _evidence_watched(self, check):
        jobs = {job: shipped(self.env, job.xmlid) for job in JOBS if job.watches}
        faults = [fault for job, cron in jobs.items() for fault in [self._watching_fault(job, cron)] if fault]
        if faults:
            return Evidence(False, " ".join(faults), clock.now())
        unwatched, report = self._unwatched_score()
        if unwatched:
            return Evidence(False, unwatched, report.date, report)
        oldest = min(cron.lastcall for cron in jobs.values())
        sentence = self.env._(
            "All %(count)s scheduled jobs that watch it run at least once a week; the longest ago ran on %(day)s.",
            count=len(jobs),
            day=format_date(self.env, oldest),
        )
        return Evidence(True, sentence, clock.now(), shipped(self.env, "ir_cron_monitor"))

    def _watching_fault(self, job, cron):
        """What is the matter with one of the jobs, empty where it runs as it should."""
        trouble = trouble_of(cron, job.name, self.env)
        if trouble:
            return {
                "gone": self.env._("The scheduled job %s is missing.", trouble.name),
                "off": self.env._("The scheduled job %s is switched off.", trouble.name),
                "failing": self.env._("The scheduled job %s fails again and again.", trouble.name),
                "late": self.env._("The scheduled job %s does not run.", trouble.name),
                "ahead": self.env._("The scheduled job %s is planned too late.", trouble.name),
            }[trouble.kind]
        if clock.now() + relativedelta(**{cron.interval_type: cron.interval_number}) > clock.now() + WEEK:
            return self.env._("The scheduled job “%s” runs less than once a week.", cron.cron_name)
        if not cron.lastcall:
            return self.env._("The scheduled job “%s” has not run yet.", cron.cron_name)
        return ""

    def _unwatched_score(self):
        """(why nobody would notice if the score moved, the report that says so); empty where it is watched.

        Before the first report there is nothing to say: the first week is not over.
        """
        reports = self.env["ai.deployment.report"].sudo()
        latest = reports.search(
            Domain("version_id", "=", self.champion_id.id) & Domain("kind", "=", "drift"),
            order="window_end desc, id desc",
            limit=1,
        )
        if not latest or latest.line_ids.filtered(lambda line: line.key == SCORE and line.verdict in JUDGED):
            return "", reports
        sentence = self.env._(
            "The score is not watched since %(day)s: %(why)s",
            day=format_date(self.env, latest.window_start),
            why=latest.blind_spot or latest.summary,
        )
        return sentence, latest

    def _satisfy_watched(self, check):
        if not self.env.user.has_group("base.group_system"):
            raise UserError(self.env._("Scheduled jobs are set by an administrator of Odoo: ask one to look at them."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Scheduled Jobs"),
            "res_model": "ir.cron",
            "view_mode": "list,form",
            "domain": [("cron_name", "=like", "AI Deployment:%")],
            "context": {"active_test": False},
        }

    # An alert reaches its reader

    def _evidence_alert_drill(self, check):
        return self._found_in_drill("alert")

    def _satisfy_alert_drill(self, check):
        return self._run_drill_for(check, "alert")

    # Can be trained again

    def _evidence_retrained(self, check):
        if not (self.retraining_plan or "").strip():
            return Evidence(False, self.env._("It is not written down when and how it is trained again."))
        began = self.env["ai.deployment.transition"].search(
            Domain("deployment_id", "=", self.id) & Domain("to_state", "=", "shadow"), order="date, id", limit=1
        )
        again = self.version_ids.filtered(
            lambda version: version.kind != "pipeline"
            and version.verdict != "first"
            and began
            and version.trained_date >= began.date
        )
        latest = again.sorted("number")[-1:]
        if not latest:
            return Evidence(
                False, self.env._("Written down, but no version was trained again and tested since it began in shadow.")
            )
        verdicts = dict(latest._fields["verdict"]._description_selection(self.env))
        sentence = self.env._(
            "%(version)s was trained on %(rows)s records on %(day)s and tested against the one that served: %(text)s",
            version=latest.name,
            rows=latest.row_count,
            day=format_date(self.env, latest.trained_date),
            text=latest.verdict_text or verdicts[latest.verdict],
        )
        # a recipe that makes it worse is no way to train it again
        return Evidence(latest.verdict != "worse", sentence, latest.trained_date, latest)

    def _satisfy_retrained(self, check):
        if not (self.retraining_plan or "").strip():
            return self._open_form()
        return self.action_train()

    # Somebody reads it

    def _evidence_read(self, check):
        """The latest opening of an alert or a report by a person it was for; never by the system itself."""
        system = self.env.ref("base.user_root")
        was_read = Domain("deployment_id", "=", self.id) & Domain("read_date", "!=", False)
        was_read &= Domain("read_by_id", "!=", system.id)
        alert = self.env["ai.deployment.alert"].search(was_read, order="read_date desc, id desc", limit=1)
        report = self.env["ai.deployment.report"].search(was_read, order="read_date desc, id desc", limit=1)
        latest = max((one for one in (alert, report) if one), key=lambda one: one.read_date, default=None)
        if latest is None:
            return Evidence(False, self.env._("Nobody has opened an alert or a report of it yet."))
        sentence = self.env._(
            "%(person)s opened “%(what)s” on %(day)s.",
            person=latest.read_by_id.name,
            what=latest.name,
            day=format_date(self.env, latest.read_date),
        )
        return Evidence(True, sentence, latest.read_date, latest)

    def _satisfy_read(self, check):
        return self.action_send_test_alert()

    def action_send_test_alert(self):
        """A marked alert, told to the owner and through every channel; who opens it ends it."""
        self.ensure_one()
        self._check_decides()
        deployment = self.sudo()
        alert = self.env["ai.deployment.alert"]._raise(
            deployment,
            TEST_ALERT,
            name=self.env._("A test: does somebody read this about “%s”?", deployment.name),
            suggestion=self.env._("Nothing is wrong. Opening this alert is all that is asked, and ends it."),
        )
        return self._notification(
            self.env._("“%(what)s” went to %(person)s.", what=alert.name, person=deployment._person_to_tell().name)
        )


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    def _write_reader(self):
        result = super()._write_reader()
        for alert in self.sudo().filtered(lambda alert: alert.cause == TEST_ALERT):
            self.env["ai.deployment.alert"]._resolve(alert.deployment_id, TEST_ALERT)
        return result


class AiDeploymentReport(models.Model):
    _inherit = "ai.deployment.report"

    read_by_id = fields.Many2one("res.users", "First Read By", readonly=True)
    read_date = fields.Datetime("Read", readonly=True)

    def web_read(self, specification):
        """Opening the form of a report reads it, where whoever opens it answers for the deployment.

        Only the form asks for the lines; lists, which end here too, do not.
        """
        if len(self.ids) == 1 and "line_ids" in specification:
            self._mark_read()
        return super().web_read(specification)

    # Odoo would offer a read-only cursor for this method, and an opened form is written down.
    web_read._readonly = False

    def _mark_read(self):
        """A report is never edited; that it was read is no part of what it says."""
        self.ensure_one()
        self.check_access("read")
        report = self.sudo()
        if report.read_date or self.env.user not in report._addressees():
            return
        report._write_reader()

    def _addressees(self):
        deployment = self.deployment_id
        return deployment.user_id | deployment.deputy_id | deployment.decider_id

    def _write_reader(self):
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE ai_deployment_report SET read_by_id = %s, read_date = %s WHERE id = %s AND read_date IS NULL",
            [self.env.uid, clock.now(), self.id],
        )
        self.invalidate_recordset(["read_by_id", "read_date"])
