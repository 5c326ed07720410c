"""Every step in the life of a deployment: from where to where, when, by whom and why. Written once, never changed."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import clock
from .ai_deployment_lifecycle import STATES


class Reason(str):
    """Why a step is taken, as a wizard of the addon asked for it: a caller over HTTP can only send a plain text."""


class AiDeploymentTransition(models.Model):
    _name = "ai.deployment.transition"
    _description = "Step in a Deployment's Life"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "date"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    date = fields.Datetime(required=True, readonly=True)
    from_state = fields.Selection(STATES, "From", readonly=True)
    to_state = fields.Selection(STATES, "To", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    reason = fields.Text("Why", readonly=True)

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("What happened in the life of a deployment stays as it was."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What happened in the life of a deployment stays as it was."))


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    transition_ids = fields.One2many("ai.deployment.transition", "deployment_id", "Its Life", readonly=True)

    def _keep_first_transition(self):
        self._keep_transitions({}, "proof", "")

    def _follow_written_history(self, vals):
        before = {deployment.id: deployment.state for deployment in self} if "state" in vals else {}
        yield
        if before:
            moved = self.filtered(lambda deployment: before[deployment.id] != deployment.state)
            reason = self.env.context.get("ai_deployment_reason")
            moved._keep_transitions(before, vals["state"], reason if isinstance(reason, Reason) else "")

    def _keep_transitions(self, before, state, reason):
        self.env["ai.deployment.transition"].sudo().create(
            [
                {
                    "deployment_id": deployment.id,
                    "date": clock.now(),
                    "from_state": before.get(deployment.id),
                    "to_state": state,
                    "user_id": self.env.uid,
                    "reason": str(reason)[:2000],
                }
                for deployment in self
            ]
        )

    def _move(self, state, reason=""):
        """Go to `state` and keep why."""
        self.with_context(ai_deployment_reason=Reason(reason)).write({"state": state})

    def state_at(self, moment):
        """{id: the state of each deployment at `moment`}; one that was not there yet has none.

        :param moment: datetime or its text, naive UTC
        """
        self.check_access("read")
        try:
            at = fields.Datetime.to_datetime(moment)
        except (ValueError, TypeError, OverflowError) as error:
            raise UserError(self.env._("“%s” is not a date.", moment)) from error
        if not at:
            raise UserError(self.env._("Say of which day."))
        rows = (
            self.env["ai.deployment.transition"]
            .sudo()
            .search(Domain("deployment_id", "in", self.ids) & Domain("date", "<=", at), order="id")
        )
        states = {row.deployment_id.id: row.to_state for row in rows}
        return {deployment.id: states.get(deployment.id, False) for deployment in self}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_life(self):
        """What has left the proof of concept has a history that is kept; one with a log is refused for that."""
        for deployment in self.sudo():
            lived = deployment.transition_ids.filtered("from_state") or deployment.decision_ids
            if lived and not deployment._has_shadow_inference():
                raise UserError(self.env._("“%s” has a history, which is kept. Retire it instead.", deployment.name))

    def _check_decides(self):
        """Only who answers for it."""
        self.check_access("read")
        if not all(deployment._may_decide() for deployment in self):
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
