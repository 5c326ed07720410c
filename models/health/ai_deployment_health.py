"""Whether a running deployment can do its work: worked out from what is there at this moment, whoever asks.

Three ask: a person who opens the deployment, a job of its own (`_cron_health`, not the one that monitors), and the
address that an outside check calls when no job runs any more (`controllers/health.py`). What is looked at stands in
`health/registry`. Nothing of what they are told is stored beforehand, so nothing of it can be stale; the alerts of the
job are opened and resolved by it: those about one deployment on it, those about the database on one for all.
"""

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..alerting.alert_kinds import BROKEN, HEALTH, PERFORMANCE, Cause, of_kind
from ..deployment import events
from ..monitoring.ai_deployment_monitoring import fault_text
from ..tools import clock, faults
from .check import SEVERE, by_severity, severe
from .facts import Facts
from .registry import (
    CHECKS,
    INSTANCE_CHECKS,
    INSTANCE_CODES,
    UNKNOWN,
)

_logger = logging.getLogger(__name__)

CAUGHT_UP = timedelta(hours=3)
JOBS_LATE = Cause(HEALTH, "jobs_late")
OF_ALL = Domain("cause", "in", [str(Cause(HEALTH, code)) for code in INSTANCE_CODES])
TOKEN = "ai_deployment.health_token_sha256"


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    idle_days = fields.Integer(
        "Expect Scores Within Days",
        default=14,
        help="When nothing was scored for so many days, somebody is told. 0: a deployment that may rest.",
    )
    at_work_since = fields.Datetime(readonly=True, copy=False)
    health = fields.Selection(
        [("good", "Healthy"), ("attention", "Needs attention"), ("bad", "Broken"), ("idle", "Not at work")],
        compute="_compute_health",
    )
    health_reason = fields.Char(compute="_compute_health")
    health_html = fields.Html("What Was Found", compute="_compute_health_html", sanitize=False)

    _idle_days_not_negative = models.Constraint("CHECK(idle_days >= 0)", "A number of days is not negative.")

    def _follow_written_health(self, vals):
        working = self._at_work_states()
        begins = self.filtered(lambda d: d.state not in working) if vals.get("state") in working else self.browse()
        yield
        if begins:
            begins.sudo().at_work_since = clock.now()

    # Found

    def _health(self):
        """Findings per deployment at work, severe ones first: {id: [Finding]}; those about the database stand on each.

        One that cannot be looked at is a finding too, and keeps no other from being looked at.
        """
        running = self._origin.sudo().filtered(lambda deployment: deployment.state in self._at_work_states())
        if not running:
            return {}
        facts = Facts(running)
        of_all = running._guarded_look("", lambda: running._instance_findings(facts))
        return {
            deployment.id: by_severity(
                [*of_all, *deployment._guarded_look(deployment.id, lambda one=deployment: one._findings(facts))]
            )
            for deployment in running
        }

    def _guarded_look(self, what, look):
        """Return what `look()` finds; that it failed is a finding."""
        try:
            with self.env.cr.savepoint(flush=False):
                return look()
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - it is a finding, and stops no other
            _logger.info("The health of deployment %s could not be looked at", what, exc_info=True)
            return [
                severe(
                    UNKNOWN,
                    self.env._("Its health could not be looked at: %s", fault_text(error)),
                    self.env._("Ask an administrator to look at the server log."),
                )
            ]

    def _findings(self, facts):
        """Return what is wrong with this deployment alone, severe ones first."""
        self.ensure_one()
        return by_severity([finding for check in CHECKS for finding in check.find(self, facts)])

    def _instance_findings(self, facts):
        """Return what is wrong for all deployments alike, severe ones first; `self` are those at work, maybe none."""
        checks = [check for check in INSTANCE_CHECKS if self or check.always]
        return by_severity([finding for check in checks for finding in check.find(self, facts)])

    # Shown

    @api.depends("state", "champion_id", "review_date", "user_id")
    @api.depends_context("lang")
    def _compute_health_html(self):
        found = self._health()
        for deployment in self:
            findings = found.get(deployment._origin.id)
            deployment.health_html = findings is not None and self.env["ir.qweb"]._render(
                "ai_deployment.health_list", {"findings": deployment._origin._shown_findings(findings)}
            )

    def _shown_findings(self, findings):
        """Findings as the page shows them: each with the day since which an alert tells of it, where one does."""
        causes = {str(Cause(HEALTH, finding.code)): finding for finding in findings}
        of_all = [cause for cause, finding in causes.items() if finding.code in INSTANCE_CODES]
        mine = Domain("deployment_id", "=", self.id) & Domain("cause", "in", list(causes))
        alerts = self.env["ai.deployment.alert"].sudo()
        standing = alerts.search((mine | Domain("cause", "in", of_all)) & Domain("state", "!=", "resolved"))
        since = {alert.cause: format_date(self.env, alert.onset_date) for alert in standing}
        return [{**finding._asdict(), "since": since.get(cause)} for cause, finding in causes.items()]

    @api.depends("state", "alert_ids.state", "alert_ids.level", "review_date", "champion_id")
    def _compute_health(self):
        self._compute_own_health()
        found = self._health()
        for deployment in self:
            grave = [finding for finding in found.get(deployment._origin.id, ()) if finding.severity == SEVERE]
            if grave and deployment.health != "bad":
                deployment.health = "bad" if any(finding.breaks for finding in grave) else "attention"
                deployment.health_reason = grave[0].sentence

    def _compute_own_health(self):
        for deployment in self:
            firing = deployment.sudo().alert_ids.filtered(
                lambda a: a.state == "firing" and a.level == "alert" and Cause.of(a).kind != HEALTH
            )  # those are looked at again, below
            if deployment.state in ("proof", "retired"):
                deployment.health, deployment.health_reason = "idle", False
            elif deployment.state == "suspended":
                deployment.health, deployment.health_reason = "bad", self.env._("Switched off: no score is shown.")
            elif firing:
                # What came true says more of a deployment than what came in.
                wrong = firing.filtered(lambda a: Cause.of(a).kind == PERFORMANCE) or firing
                deployment.health, deployment.health_reason = "attention", wrong[0].name
            elif not deployment.champion_id:
                deployment.health, deployment.health_reason = "bad", self.env._("No version serves.")
            elif deployment.review_date < clock.today():
                deployment.health = "attention"
                deployment.health_reason = self.env._("The review was due on %s.", deployment.review_date)
            else:
                deployment.health, deployment.health_reason = "good", False

    @api.model
    def _is_all_well(self):
        """Whether neither a running deployment nor the database has a severe finding."""
        running = self.sudo().search(Domain("state", "in", self._at_work_states()))
        found = running._health() if running else {0: running._instance_findings(Facts(running))}
        return not any(finding.severity == SEVERE for findings in found.values() for finding in findings)

    # Alerts

    @api.model
    def _cron_health(self):
        """Open an alert for what is found, resolve what is over; each deployment by itself."""
        self._refresh_fallbacks()
        running = self.search(Domain("state", "in", self._at_work_states()), order="id")
        running._watch_instance()
        self.env["ir.cron"]._commit_progress()
        self._take_turns("health", running)
        alerts = self.env["ai.deployment.alert"].sudo()
        resting = Domain("deployment_id.state", "not in", self._at_work_states()) & Domain("state", "!=", "resolved")
        for alert in alerts.search(resting & of_kind(HEALTH, BROKEN) & ~OF_ALL):
            alerts._resolve(alert.deployment_id, alert.cause)

    def _watch_instance(self):
        """Tell once what concerns the database as a whole, on the first deployment; resolve what is over."""
        running = self.sudo()
        place = running[:1] or running.search(Domain("state", "!=", "retired"), order="id", limit=1)
        if place:
            found = running._guarded_look("", lambda: running._instance_findings(Facts(running)))
            found = [finding for finding in found if finding.code != UNKNOWN]
            place._tell_findings(found, INSTANCE_CODES.__contains__)
        alerts = self.env["ai.deployment.alert"].sudo()
        elsewhere = OF_ALL & Domain("deployment_id", "!=", place.id) & Domain("state", "!=", "resolved")
        for alert in alerts.search(elsewhere):
            alerts._resolve(alert.deployment_id, alert.cause)

    def _watch_health(self):
        self.ensure_one()
        events.follow(self, events.HOURLY)

    def _watch_findings(self):
        self._tell_findings(self._findings(Facts(self)), lambda code: code not in INSTANCE_CODES)

    def _tell_findings(self, findings, is_ours):
        """Open an alert for each of `findings`, and resolve those of earlier ones that are over.

        :param is_ours: function of a code, whether alerts about such findings are opened and resolved here
        """
        alerts = self.env["ai.deployment.alert"].sudo()
        of_mine = alerts.search(Domain("deployment_id", "=", self.id) & Domain("state", "!=", "resolved"))
        told_before, catches_up = {Cause.of(alert): alert.told_date for alert in of_mine}, self._catches_up()
        others = [cause for cause in told_before if cause.kind != HEALTH]
        told = {
            Cause(HEALTH, finding.code): finding
            for finding in findings
            if not any(cause.is_about(*finding.told_as) for cause in others)
        }
        if catches_up:
            told.pop(JOBS_LATE, None)
        for cause, finding in told.items():
            level = "alert" if finding.severity == SEVERE else "notice"
            alert = alerts._raise(self, cause, name=finding.sentence, suggestion=finding.suggestion, level=level)
            if finding.code in INSTANCE_CODES and alert.told_date and alert.told_date != told_before.get(cause):
                # Its cure is theirs, whoever answers for the deployment on which it stands.
                alert._point(self._administrators() - self._person_to_tell(), alert.name)
        for cause in told_before.keys() - told.keys():
            if cause.kind == HEALTH and is_ours(cause.subject) and not (catches_up and cause == JOBS_LATE):
                alerts._resolve(self, cause)

    def _catches_up(self):
        """Whether the server stood still until now: the other jobs are late then, and have their turn next."""
        lastcall = self.env.context.get("lastcall")
        return bool(lastcall) and clock.now() - lastcall > CAUGHT_UP

    # The address for a check outside, see `controllers/health.py`

    @api.model
    def _make_health_token(self):
        """A new token, in place of the one before; it cannot be had again, as only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self.env["ir.config_parameter"].sudo().set_param(TOKEN, _hash(token))
        return token

    @api.model
    def _forget_health_token(self):
        self.env["ir.config_parameter"].sudo().set_param(TOKEN, False)

    @api.model
    def _has_health_token(self):
        return bool(self.env["ir.config_parameter"].sudo().get_param(TOKEN))

    @api.model
    def _is_health_token(self, token):
        kept = self.env["ir.config_parameter"].sudo().get_param(TOKEN)
        return bool(kept) and hmac.compare_digest(_hash(token), kept)


def _hash(token):
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
