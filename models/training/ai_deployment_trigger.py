"""A rule that asks for retraining: it tells the owner, starts a training, or calls the program that trains elsewhere.

A rule asks once per serving version, a schedule each time its days have passed. What follows from the verdict of a
training is the deployment's policy (`policy`). Triggers start no more trainings than the deployment allows in a month.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..alerting.alert_kinds import DRIFT, PERFORMANCE, TRAINING_BUDGET, Cause
from ..tools import clock
from ..tools.told import keep, said_in, told
from ..tools.trust import own
from ..tools.wording import day_list, days_text, number
from . import request_outside
from .trigger_preview import would_have_fired

# The alerts that each kind of rule counts.
ALERTS = {
    "drift": (Cause(DRIFT),),
    "performance": (Cause(PERFORMANCE),),
    "calibration": (Cause(PERFORMANCE, "in_the_large"), Cause(PERFORMANCE, "slope")),
}
BUDGET_DAYS = 30  # in which triggers start no more trainings than the deployment allows


def _days_since(moment):
    return (clock.now() - moment).days


class AiDeploymentTrigger(models.Model):
    _name = "ai.deployment.trigger"
    _description = "Retraining Trigger"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, id"
    _ai_most = 50
    _rec_name = "kind"

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("age", "The version is older than … days"),
            ("drift", "At least … drift alerts are open"),
            ("performance", "At least … performance alerts are open"),
            ("calibration", "At least … calibration alerts are open"),
            ("labels", "At least … new outcomes are known"),
            ("schedule", "Every … days"),
        ],
        string="Condition",
        required=True,
        default="age",
    )
    threshold = fields.Integer("Number", required=True, default=180)
    action = fields.Selection(
        [("propose", "Notify the owner"), ("train", "Start a training"), ("call", "Call the program that trains")],
        required=True,
        default="propose",
        help="A model that is made outside Odoo is trained by a program of yours: it is called by each webhook for "
        "requests to retrain, see Notifications. Otherwise, the owner gets a task with the procedure.",
    )
    fired_date = fields.Datetime("Last Notification", readonly=True, copy=False)
    fired_version_id = fields.Many2one("ai.deployment.version", readonly=True, copy=False, ondelete="set null")
    fired_reason = fields.Char("Reason", readonly=True, copy=False, translate=True)
    preview_text = fields.Char("Would Have Fired", compute="_compute_preview_text", compute_sudo=True)

    _kind_uniq = models.UniqueIndex("(deployment_id, kind) WHERE active", "This trigger exists already.")
    _threshold_positive = models.Constraint("CHECK(threshold > 0)", "The number of a trigger must be at least 1.")

    @api.depends("kind", "threshold", "deployment_id")
    @api.depends_context("lang")
    def _compute_preview_text(self):
        for trigger in self:
            days = would_have_fired(trigger, clock.now())
            trigger.preview_text = day_list(self.env, days) if days else self.env._("not in the last year")

    def write(self, vals):
        moves = "deployment_id" in vals and any(t.deployment_id.id != vals["deployment_id"] for t in self)
        if moves and not self.env.su:
            raise AccessError(self.env._("A trigger cannot be moved to another deployment."))
        return super().write(vals)

    @api.model
    def _evaluate(self, deployment):
        """Ask for retraining where a rule of `deployment` holds and has not asked about this version yet."""
        version = deployment.champion_id
        for trigger in deployment.trigger_ids.filtered(lambda t: t.active and t._may_ask(version)):
            reason = trigger._reason(version)
            if reason:
                reason = told(self.env, lambda env, of=trigger: of.with_env(env)._reason(version))
                fired = {"fired_date": clock.now(), "fired_version_id": version.id, "fired_reason": reason}
                trigger.write({**fired, "fired_reason": str(reason)})
                keep(trigger, fired)
                own(deployment).activity_schedule(
                    "ai_deployment.mail_activity_type_retrain",
                    user_id=deployment._person_to_tell().id,
                    date_deadline=clock.today() + timedelta(days=7),
                    summary=trigger._act(reason),
                    note=request_outside.note(deployment.sudo())
                    if request_outside.is_made_elsewhere(deployment.sudo())
                    else False,
                )

    def _act(self, reason):
        """Do what the rule says; return what the owner is told of it."""
        self.ensure_one()
        deployment = self.deployment_id.sudo()
        if self.action == "call":
            if request_outside.call(deployment, reason):
                return self.env._("The program that trains was called, as %s.", reason)
            return self.env._("Retrain: %s. No webhook for requests to retrain is set up.", reason)
        if self.action == "train" and not request_outside.is_made_elsewhere(deployment):
            return self._train_for(reason)
        return self.env._("Retrain: %s", reason)

    def _may_ask(self, version):
        """Return whether the rule has not asked about `version` yet; a schedule asks again and again."""
        self.ensure_one()
        return self.kind == "schedule" or self.fired_version_id != version

    def _train_for(self, reason):
        """Start a training where the budget of the month allows it; return what the owner is told of it."""
        self.ensure_one()
        deployment, since = self.deployment_id, clock.now() - timedelta(days=BUDGET_DAYS)
        trainings = self.env["ai.deployment.training"].sudo()
        started = trainings.search_count(
            [("deployment_id", "=", deployment.id), ("is_automatic", "=", True), ("requested_date", ">", since)]
        )
        alerts = self.env["ai.deployment.alert"]
        if started >= deployment.trainings_per_month:
            text = told(
                self.env,
                lambda env: env._(
                    "Retrain: %(reason)s. No training was started: triggers have started %(started)s of %(most)s "
                    "allowed within 30 days.",
                    reason=said_in(env, reason),
                    started=started,
                    most=deployment.trainings_per_month,
                ),
            )
            alerts._raise(
                deployment,
                TRAINING_BUDGET,
                name=text,
                level="notice",
                suggestion=told(
                    self.env,
                    lambda env: env._(
                        "Train manually, raise the number of automatic trainings, or change the trigger."
                    ),
                ),
            )
            return text
        alerts._resolve(deployment, TRAINING_BUDGET)
        trainings._ask(deployment, reason, is_automatic=True)
        return self.env._("A training was started, as %s.", reason)

    def _reason(self, version):
        """Return why `version` should be retrained, empty if the rule does not apply."""
        self.ensure_one()
        if self.kind == "schedule":
            last = max(filter(None, (self.fired_date, version.trained_date)), default=None)
            if not last or _days_since(last) < self.threshold:
                return ""
            if self.threshold == 1:
                return self.env._("it is scheduled every day")
            return self.env._("it is scheduled every %s days", number(self.env, self.threshold))
        if self.kind == "age":
            days = (clock.now() - version.trained_date).days
            return self.env._("the version is %s old", days_text(self.env, days)) if days > self.threshold else ""
        if self.kind in ALERTS:
            count = len(
                self.deployment_id.alert_ids.filtered(
                    lambda alert: alert.state in ("firing", "acknowledged")
                    and Cause.of(alert).is_about(*ALERTS[self.kind])
                )
            )
            if count < self.threshold:
                return ""
            if count == 1:
                return {
                    "drift": self.env._("1 drift alert is open"),
                    "performance": self.env._("1 performance alert is open"),
                    "calibration": self.env._("1 calibration alert is open"),
                }[self.kind]
            return {
                "drift": self.env._("%s drift alerts are open", number(self.env, count)),
                "performance": self.env._("%s performance alerts are open", number(self.env, count)),
                "calibration": self.env._("%s calibration alerts are open", number(self.env, count)),
            }[self.kind]
        count = self._new_outcome_count(version)
        if count < self.threshold:
            return ""
        if count == 1:
            return self.env._("1 new outcome is known")
        return self.env._("%s new outcomes are known", number(self.env, count))

    def _new_outcome_count(self, version):
        documents = self.env[self.deployment_id.res_model]
        counts = documents._ai_outcomes(self.deployment_id).counts(clock.now(), since=version.trained_date)
        if counts is not None:
            return sum(counts)
        # No outcomes of their own: what counts is how many records there are.
        return max(len(documents._ai_training_rows(self.deployment_id, clock.now())) - version.row_count, 0)
