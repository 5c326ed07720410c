"""The life of a deployment: proof of concept, shadow, production, suspended, retired.

A state changes only along `TRANSITIONS`, whoever writes it and however. Each step names what it needs; what is missing
is said in one sentence.
"""

import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import clock
from ..tools.trust import own
from . import events

_logger = logging.getLogger(__name__)

STATES = [
    ("proof", "Proof of concept"),
    ("shadow", "Shadow"),
    ("production", "Production"),
    ("suspended", "Suspended"),
    ("retired", "Retired"),
]
TRANSITIONS = {
    "proof": {"shadow", "retired"},
    "shadow": {"production", "proof", "suspended", "retired"},
    "production": {"shadow", "suspended", "retired"},
    "suspended": {"shadow", "production", "retired"},
    "retired": set(),
}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    state = fields.Selection(
        STATES,
        required=True,
        default="proof",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand="_group_expand_states",
    )
    action_server_id = fields.Many2one(
        "ir.actions.server", "Action Menu Entry", readonly=True, copy=False, ondelete="set null"
    )

    @api.model
    def _group_expand_states(self, states, domain):
        """The columns that there are, in the order of life."""
        return [state for state, _label in STATES if state in states]

    def _follow_state(self, state):
        """What goes with a new state. Switching off never fails because of it: the next look sets it right."""
        self.env.flush_all()  # what is wrong with the step itself is told as such
        try:
            with self.env.cr.savepoint():
                self._sync_state()
        except psycopg2.OperationalError:
            raise  # somebody wrote the same rows: Odoo does it all once more
        except Exception:
            if state != "suspended":
                raise
            _logger.exception("Deployments %s were switched off; what goes with it failed", self.ids)

    def _sync_state(self):
        """Carry out what follows from the new state of these deployments."""
        events.follow(self, events.STATE_CHANGED)

    def _check_transition(self, target):
        self.ensure_one()
        if target == self.state:
            return
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        labels = dict(self._fields["state"]._description_selection(self.env))
        if target not in labels:
            raise UserError(self.env._("There is no state “%s”.", target))
        if target not in TRANSITIONS[self.state]:
            raise UserError(
                self.env._("“%(old)s” cannot become “%(new)s”.", old=labels[self.state], new=labels.get(target, target))
            )
        missing = self._missing_for(target)
        if missing:
            raise UserError(
                self.env._(
                    "“%(name)s” cannot go to “%(new)s”: %(why)s", name=self.name, new=labels[target], why=missing
                )
            )

    def _may_decide(self):
        user = self.env.user
        return (
            self.env.su
            or user.has_group("ai_deployment.group_manager")
            or (user.has_group("ai_deployment.group_owner") and user in self.user_id | self.deputy_id)
        )

    def _missing_for(self, target):
        """Return the sentence that says what `target` still needs; empty where nothing is missing."""
        self.ensure_one()
        return next(filter(None, (getattr(self, name)(target) for name in events.MISSING)), "")

    def _missing_version(self, target):
        if target in ("shadow", "production") and not self.champion_id:
            return self.env._("train a version first.")
        if target == "production":
            if not self.user_id.active:
                return self.env._("its owner is not active any more.")
            if self.review_date <= clock.today():
                return self.env._("set a next review in the future.")
            if not self._has_shadow_inference():
                return self.env._("its serving version has not scored a single record in shadow yet.")
        return ""

    def _has_shadow_inference(self):
        return bool(
            self.env["ai.deployment.inference"]
            .sudo()
            .search_count(
                [("deployment_id", "=", self.id), ("version_id", "=", self.champion_id.id), ("route", "!=", "retry")],
                limit=1,
            )
        )

    def _sync_action_menu(self):
        """An entry in the Action menu of the documents' list while the deployment is at work."""
        for deployment in self.sudo():
            if deployment.state in ("shadow", "production") and not deployment.action_server_id:
                deployment.action_server_id = own(self.env["ir.actions.server"]).create(
                    {
                        "name": self.env._("Score with %s", deployment.name),
                        "model_id": deployment.model_id.id,
                        "binding_model_id": deployment.model_id.id,
                        "binding_view_types": "list,form",
                        "state": "ai_deployment_score",
                        "ai_deployment_id": deployment.id,
                    }
                )
            elif deployment.state in ("proof", "retired", "suspended"):
                deployment.action_server_id.filtered(
                    lambda action, deployment=deployment: action.state == "ai_deployment_score"
                    and action.ai_deployment_id == deployment
                ).unlink()

    def _sync_batches(self):
        """What waited for the switch goes on; what a retired deployment was asked for is not wanted any more."""
        batches = self.env["ai.deployment.batch"].sudo()
        own = batches.search([("deployment_id", "in", self.ids), ("state", "in", ("running", "paused"))])
        for deployment in self.sudo():
            if deployment.state == "retired":
                for batch in own.filtered(lambda batch, deployment=deployment: batch.deployment_id == deployment):
                    batch._cancel()
                self.env["ai.deployment.request"]._cancel_all(deployment)
            elif deployment.state in self._at_work_states():
                own.filtered(
                    lambda batch, deployment=deployment: batch.deployment_id == deployment and batch.waits_for_switch
                )._resume()

    # Buttons

    def action_start_shadow(self):
        self.state = "shadow"

    def action_go_live(self):
        self.state = "production"

    def action_suspend(self):
        """The kill switch: from now on no score is shown and nothing is scored.

        It asks for nothing but who presses it. Of several, those that are not at work are left as they are.
        """
        at_work = self.filtered(lambda deployment: deployment.state in deployment._at_work_states())
        (at_work or self).state = "suspended"

    def action_retire(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Retire"),
            "res_model": "ai.deployment.retire",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    @api.model
    def _at_work_states(self):
        return ("shadow", "production")
