"""The server action types "Score with a Deployment" and "Write Proposed Values": for automation rules, crons, lists."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from .scoring.keep_waiting import failure_of, keep_waiting
from .scoring.standing import READ_TO_SCORE
from .tools import faults, noted
from .tools.wording import number

_logger = logging.getLogger(__name__)

SCORE, WRITE = "ai_deployment_score", "ai_deployment_write"


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    state = fields.Selection(
        selection_add=[(SCORE, "Score with a Deployment"), (WRITE, "Write Proposed Values"), ("code",)],
        ondelete={SCORE: "cascade", WRITE: "cascade"},
    )
    ai_deployment_id = fields.Many2one(
        "ai.deployment",
        "Deployment",
        compute="_compute_ai_deployment_id",
        store=True,
        readonly=False,
        ondelete="cascade",
        domain="[('model_id', '=', model_id)]",
    )

    @api.depends("model_id", "state")
    def _compute_ai_deployment_id(self):
        other = self.filtered(
            lambda action: action.state not in (SCORE, WRITE) or action.model_id != action.ai_deployment_id.model_id
        )
        other.ai_deployment_id = False

    def _name_depends(self):
        return [*super()._name_depends(), "ai_deployment_id"]

    def _generate_action_name(self):
        self.ensure_one()
        if self.state == SCORE and self.ai_deployment_id:
            return self.env._("Score with %s", self.ai_deployment_id.name)
        if self.state == WRITE and self.ai_deployment_id:
            return self.env._("Write values of %s", self.ai_deployment_id.name)
        return super()._generate_action_name()

    @api.model
    def _warning_depends(self):
        return [*super()._warning_depends(), "ai_deployment_id"]

    def _get_warning_messages(self):
        warnings = super()._get_warning_messages()
        if self.state == SCORE and not self.ai_deployment_id:
            warnings.append(self.env._("Choose the deployment to score with."))
        elif self.state == WRITE and not (self.ai_deployment_id and self.ai_deployment_id.sudo().is_task):
            warnings.append(self.env._("Choose a deployment that chooses a value or extracts fields."))
        elif self.state in (SCORE, WRITE):
            # The first look at the deployment while an automation rule runs: somebody waits, so no more is read than
            # scoring one record needs.
            self.ai_deployment_id.sudo().fetch(READ_TO_SCORE)
            if self.ai_deployment_id.sudo().model_id != self.model_id:
                warnings.append(self.env._("This deployment scores records of another kind."))
        return warnings

    def _run_action_ai_deployment_score_multi(self, eval_context=None):
        """Score the records of the action, as the user who runs it; what came of it is shown on screen.

        A deployment that is switched off scores nothing and stops nobody: a seller must be able to save a lead.
        """
        records = eval_context.get("records") or eval_context.get("record")
        deployment = self.ai_deployment_id.sudo()
        if not records or not deployment:
            return False
        if deployment.state not in deployment._at_work_states():
            return self._ai_notification(
                "warning", self.env._("“%s” is suspended: nothing was scored.", deployment.name)
            )
        noted.forget(self.env.cr, deployment.id, records.ids)  # scored here, not at the end as well
        self.env.cr.flush()  # what the user wrote fails here, with the user's own error
        try:
            outcome = deployment.with_env(records.env)._ask(records, action=self)
        except Exception as error:
            if self._ai_ends_transaction(error):
                raise
            return self._ai_scored_later(deployment, records, error)
        is_paused = self.env["ai.deployment.batch"].sudo().browse(outcome["batch"] or ()).state == "paused"
        return self._ai_notification("warning" if is_paused else "success", self._ai_outcome_text(outcome))

    def _run_action_ai_deployment_write_multi(self, eval_context=None):
        """Write the proved values of the records of the action, with the rights of the user who runs it."""
        records = eval_context.get("records") or eval_context.get("record")
        deployment = self.ai_deployment_id.sudo()
        if not records or not deployment:
            return False
        if deployment.state != "production":
            return self._ai_notification(
                "warning", self.env._("“%s” is not in production: nothing was written.", deployment.name)
            )
        found = records.env["ai.deployment.proposal"]._write_due(deployment.with_env(records.env), records)
        sentences = [self.env._("Values written: %s.", found["written"])]
        if found["left"]:
            sentences.append(self.env._("Could not be written: %s.", found["left"]))
        return self._ai_notification("warning" if found["left"] else "success", " ".join(sentences))

    def _ai_ends_transaction(self, error):
        """Return whether the transaction can no longer be saved, so that Odoo repeats the call or reports the error."""
        is_lost = faults.kind_of(error) in (faults.COLLISION, faults.LOST_CONNECTION)
        return is_lost or faults.is_aborted(self.env.cr)

    def _ai_scored_later(self, deployment, records, error):
        """Save what the user saves although scoring failed: the records wait, and are tried again."""
        if isinstance(error, UserError):
            return self._ai_notification("warning", str(error))
        faults.log_fault(_logger, f"Deployment {deployment.id} could not score what was saved", error)
        keep_waiting(deployment, records.ids, self.env.uid, failure_of(error), action_id=self.id)
        return self._ai_notification(
            "warning", self.env._("Scoring failed. The records are saved and scoring is retried.")
        )

    def _ai_outcome_text(self, outcome):
        if outcome.get("queued"):
            batch = self.env["ai.deployment.batch"].sudo().browse(outcome["batch"])
            if batch.state == "paused":
                return batch.paused_reason or self.env._("The batch is paused.")
            told = self.env._("%s are scored in the background. You are notified when it is done.", outcome["queued"])
            return f"{told} {batch.forecast_text}" if batch.forecast_text else told
        unsure = outcome["review"] - outcome["failed"]
        sentences = [self.env._("%s scored.", outcome["automatic"] + unsure)]
        if outcome["unchanged"]:
            sentences.append(self.env._("%s unchanged since their last score.", outcome["unchanged"]))
        if unsure:
            sentences.append(self.env._("%s of them sent to human review.", unsure))
        if outcome["failed"]:
            sentences.append(
                self.env._("Could not be scored, sent to human review: %s.", number(self.env, outcome["failed"]))
            )
        if outcome["waiting"]:
            sentences.append(self.env._("%s could not be scored: they wait and are retried.", outcome["waiting"]))
        if outcome["outside"]:
            sentences.append(self.env._("%s cannot be scored by this deployment.", outcome["outside"]))
        return " ".join(sentences)

    def _ai_notification(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
