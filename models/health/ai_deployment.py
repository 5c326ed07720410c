"""The health of a deployment: on its page, and the cron that opens alerts of it; see `monitor`.

Three ask: a person who opens the deployment, a job of its own (`_cron_health`, not the one that monitors), and the
address that an outside check calls when no job runs any more (`controllers/health.py`).
"""

from odoo import api, fields, models
from odoo.fields import Domain

from ...ml.outcomes import proposed_floor
from ..alerting.alert_kinds import BROKEN, Cause
from ..deployment import events
from ..tools import clock, turns
from .check import SEVERE
from .monitor import HealthMonitor, state_of

HEALTH_TURN = turns.TurnWork(
    str(Cause(BROKEN, "health")),
    run=lambda deployment: deployment._watch_health(),
    describe=lambda deployment, why: deployment.env._(
        "The health check of “%(what)s” failed: %(why)s", what=deployment.name, why=why
    ),
    taken="health_taken",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    idle_days = fields.Integer(
        "Expected Scoring Interval",
        default=14,
        help="The owner is notified after so many days without scored records. For example: 7. 0: never.",
    )
    live_since = fields.Datetime(readonly=True, copy=False)
    health_taken = fields.Boolean(readonly=True, copy=False)  # see `tools.turns`
    health = fields.Selection(
        [("good", "Healthy"), ("attention", "Needs attention"), ("bad", "Failing"), ("idle", "Not live")],
        compute="_compute_health",
    )
    health_reason = fields.Char(compute="_compute_health")
    health_note = fields.Char(compute="_compute_health_note")
    health_html = fields.Html("Findings", compute="_compute_health_html", sanitize=False)

    _idle_days_not_negative = models.Constraint("CHECK(idle_days >= 0)", "A number of days is not negative.")

    def _follow_written_health(self, vals):
        working = self._at_work_states()
        begins = self.filtered(lambda d: d.state not in working) if vals.get("state") in working else self.browse()
        yield
        if begins:
            begins.sudo().live_since = clock.now()

    def _proposed_floor(self):
        """Return the minimum AUC to propose, from the test of the serving version; None where it says nothing."""
        self.ensure_one()
        version = self.sudo().champion_id
        return proposed_floor(version.auc) if self.method == "scorecard" and version.auc else None

    def _is_fed(self):
        """Return whether new records are scored without a person: by settings, or by an automation rule."""
        self.ensure_one()
        if self._scores_by_itself():
            return True
        actions = self.env["ir.actions.server"].sudo().search([("ai_deployment_id", "=", self.id)])
        return bool((actions.base_automation_id | actions.parent_id.base_automation_id).filtered("active"))

    def _health(self):
        """Return the findings of each live deployment: {id: [Finding]}, see `HealthMonitor.findings`."""
        return HealthMonitor.of_live(self).findings()

    @api.depends("state", "champion_id", "review_date", "user_id")
    @api.depends_context("lang")
    def _compute_health_html(self):
        monitor = HealthMonitor.of_live(self)
        found = monitor.findings()
        for deployment in self:
            findings = found.get(deployment._origin.id)
            deployment.health_html = findings is not None and self.env["ir.qweb"]._render(
                "ai_deployment.health_list", {"findings": monitor.shown(deployment._origin, findings)}
            )

    @api.depends("state", "alert_ids.state", "alert_ids.level", "review_date", "champion_id")
    @api.depends_context("lang")
    def _compute_health(self):
        found = self._health()
        for deployment in self:
            health, reason = state_of(deployment.sudo())
            grave = [finding for finding in found.get(deployment._origin.id, ()) if finding.severity == SEVERE]
            if grave and health != "bad":
                health = "bad" if any(finding.breaks for finding in grave) else "attention"
                reason = grave[0].sentence
            deployment.health, deployment.health_reason = health, reason

    @api.depends("health_reason", "worse_text")
    @api.depends_context("lang")
    def _compute_health_note(self):
        """Return the reason without what `worse_text` says: they are shown together, and it is said once."""
        for deployment in self:
            reason = deployment.health_reason or ""
            deployment.health_note = reason.removeprefix(deployment.worse_text or "").lstrip(". ")

    @api.model
    def _is_all_well(self):
        """Return whether neither a live deployment nor the database has a severe finding."""
        return HealthMonitor(self.sudo().search(Domain("state", "in", self._at_work_states()))).is_all_well()

    @api.model
    def _cron_health(self):
        """Open an alert for what is found, resolve what is over; each deployment by itself."""
        for name in events.BEFORE_HEALTH:
            getattr(self, name)()
        live = self.search(Domain("state", "in", self._at_work_states()), order="id")
        monitor = HealthMonitor(live.sudo())
        monitor.watch_instance()
        self.env["ir.cron"]._commit_progress()
        turns.take_turns(HEALTH_TURN, live)
        monitor.resolve_resting()

    def _watch_health(self):
        self.ensure_one()
        events.follow(self, events.HOURLY)

    def _watch_findings(self):
        HealthMonitor(self.sudo()).watch()
