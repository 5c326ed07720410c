"""A rule that asks for retraining: once per version it tells the owner, or makes a version for the owner to look at.

What is trained by itself never serves by itself: the test against the serving version and a person decide that.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..alerting.alert_kinds import DRIFT, PERFORMANCE, Cause
from ..tools import clock
from ..tools.trust import own

# The alerts that each kind of rule counts.
ALERTS = {
    "drift": (Cause(DRIFT),),
    "performance": (Cause(PERFORMANCE),),
    "calibration": (Cause(PERFORMANCE, "in_the_large"), Cause(PERFORMANCE, "slope")),
}


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
        ],
        string="Condition",
        required=True,
        default="age",
    )
    threshold = fields.Integer("Number", required=True, default=180)
    action = fields.Selection(
        [("propose", "Notify the owner"), ("train", "Train a version for the owner to check")],
        required=True,
        default="propose",
    )
    fired_date = fields.Datetime("Last Notification", readonly=True, copy=False)
    fired_version_id = fields.Many2one("ai.deployment.version", readonly=True, copy=False, ondelete="set null")
    fired_reason = fields.Char("Reason", readonly=True, copy=False)

    _kind_uniq = models.UniqueIndex("(deployment_id, kind) WHERE active", "This trigger exists already.")
    _threshold_positive = models.Constraint("CHECK(threshold > 0)", "The number of a trigger must be at least 1.")

    def write(self, vals):
        moves = "deployment_id" in vals and any(t.deployment_id.id != vals["deployment_id"] for t in self)
        if moves and not self.env.su:
            raise AccessError(self.env._("A trigger cannot be moved to another deployment."))
        return super().write(vals)

    @api.model
    def _evaluate(self, deployment):
        """Ask for retraining where a rule of `deployment` holds and has not asked about this version yet."""
        version = deployment.champion_id
        for trigger in deployment.trigger_ids.filtered(lambda t: t.active and t.fired_version_id != version):
            reason = trigger._reason(version)
            if reason:
                trigger.write({"fired_date": clock.now(), "fired_version_id": version.id, "fired_reason": reason})
                own(deployment).activity_schedule(
                    "ai_deployment.mail_activity_type_retrain",
                    user_id=deployment._person_to_tell().id,
                    date_deadline=clock.today() + timedelta(days=7),
                    summary=trigger._train_for(reason)
                    if trigger.action == "train"
                    else self.env._("Retrain: %s", reason),
                )

    def _train_for(self, reason):
        """Train a version beside the one that serves; what the owner is told of it."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                version = self.deployment_id._train()
        except UserError as error:
            return self.env._("Retrain: %(reason)s. Automatic training failed: %(why)s", reason=reason, why=error)
        verdict = dict(version._fields["verdict"]._description_selection(self.env))[version.verdict]
        return self.env._(
            "%(version)s was trained, as %(reason)s. Compared with the serving version: %(verdict)s",
            version=version.name,
            reason=reason,
            verdict=verdict,
        )

    def _reason(self, version):
        """Return why `version` should be retrained, empty if the rule does not apply."""
        self.ensure_one()
        if self.kind == "age":
            days = (clock.now() - version.trained_date).days
            return self.env._("the version is %s days old", days) if days > self.threshold else ""
        if self.kind in ALERTS:
            count = len(
                self.deployment_id.alert_ids.filtered(
                    lambda alert: alert.state in ("firing", "acknowledged")
                    and Cause.of(alert).is_about(*ALERTS[self.kind])
                )
            )
            if count < self.threshold:
                return ""
            return {
                "drift": self.env._("%s drift alerts are open", count),
                "performance": self.env._("%s performance alerts are open", count),
                "calibration": self.env._("%s calibration alerts are open", count),
            }[self.kind]
        count = self._new_outcome_count(version)
        return self.env._("%s new outcomes are known", count) if count >= self.threshold else ""

    def _new_outcome_count(self, version):
        documents = self.env[self.deployment_id.res_model]
        counts = documents._ai_outcomes(self.deployment_id).counts(clock.now(), since=version.trained_date)
        if counts is not None:
            return sum(counts)
        # No outcomes of their own: what counts is how many records there are.
        return max(len(documents._ai_training_rows(self.deployment_id, clock.now())) - version.row_count, 0)
