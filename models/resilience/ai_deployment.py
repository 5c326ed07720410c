"""Fallbacks and drills of a deployment: settings, buttons and the monthly cron.

The kinds of fallback are in `fallbacks`, the drills in `drills`.
"""

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..alerting.alert_kinds import BROKEN, Cause
from ..tools import clock, turns
from . import drills, fallbacks
from .fallback_switch import FallbackSwitch

FALLBACK_TURN = turns.TurnWork(
    str(Cause(BROKEN, "fallback")),
    run=lambda deployment: FallbackSwitch(deployment.sudo()).refresh(),
    describe=lambda deployment, why: deployment.env._(
        "The fallback of “%(what)s” could not be updated: %(why)s", what=deployment.name, why=why
    ),
)
DRILL_TURN = turns.TurnWork(
    str(Cause(BROKEN, "drill")),
    run=lambda deployment: drills.try_fallback(deployment.sudo()),
    describe=lambda deployment, why: deployment.env._(
        "The fallback of “%(what)s” could not be drilled: %(why)s", what=deployment.name, why=why
    ),
    taken="drill_taken",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    fallback = fields.Selection(
        [
            ("none", "Nothing"),
            ("incumbent", "Odoo's own estimate"),
            ("previous", "Score of the version before"),
            ("constant", "Fixed value"),
            ("rule", "Custom rule"),
        ],
        required=True,
        default="none",
        tracking=True,
        help="Shown in place of scores while the deployment is suspended or its version cannot be used.",
    )
    fallback_value = fields.Float("Fixed Figure", digits=(16, 4))
    fallback_below = fields.Float(
        "Fallback Below Confidence",
        tracking=True,
        help="Scores with a lower confidence are replaced by the fallback. 0: every score is shown.",
    )
    fallback_since = fields.Datetime(readonly=True, copy=False)
    fallback_reason = fields.Char("Reason", readonly=True, copy=False)
    fallback_action_id = fields.Many2one(
        "ir.actions.server",
        "Rule Action",
        tracking=True,
        copy=False,
        ondelete="restrict",
        domain="[('model_id', '=', model_id), ('state', '=', 'code')]",
        help="A server action whose code sets “action” to a number from 0 to 1 for each of “records”. All its "
        "database changes are rolled back. Set by an administrator.",
    )
    drill_ids = fields.One2many("ai.deployment.drill", "deployment_id", "Drills", readonly=True)
    drill_taken = fields.Boolean(readonly=True, copy=False)  # see `tools.turns`

    _fallback_value_is_share = models.Constraint(
        "CHECK(fallback_value BETWEEN 0 AND 1)", "The fixed value must be between 0 and 100 %."
    )
    _fallback_below_is_share = models.Constraint(
        "CHECK(fallback_below BETWEEN 0 AND 1)", "The confidence must be between 0 and 100 %."
    )

    @api.constrains("fallback", "fallback_action_id", "model_id")
    def _check_fallback(self):
        for deployment in self:
            fallbacks.of(deployment).check()
            action = deployment.sudo().fallback_action_id
            if action and (action.model_id != deployment.model_id or action.state != "code"):
                raise ValidationError(self.env._("“%s” is not a rule for these records.", action.name))

    # Suspending

    def action_suspend(self):
        """Ask for a reason, say what users will see, then suspend."""
        self.ensure_one()
        self._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Suspend"),
            "res_model": "ai.deployment.suspend",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    def _suspend(self, reason):
        """Suspend for a reason, which is stored with the step."""
        self.ensure_one()
        self._check_decides()
        self._move("suspended", reason)

    # In force

    def _follow_written_fallback(self, vals):
        yield
        if {"fallback", "fallback_action_id", "fallback_below"} & vals.keys():
            self._update_fallback()

    def _update_fallback(self):
        """Put the fallback in force where there is a reason, and end it where there is none any more."""
        for deployment in self.sudo():
            FallbackSwitch(deployment).update()

    @api.model
    def _refresh_fallbacks(self):
        """Keep the fallbacks right also where nothing is live, and no health is checked; once an hour."""
        for deployment in self.search(Domain("fallback", "!=", "none") & Domain("state", "!=", "retired")):
            try:
                turns.run_or_alert(FALLBACK_TURN, deployment)
            except psycopg2.OperationalError:  # somebody wrote the same rows: with the next pass
                self.env.cr.rollback()
            self.env["ir.cron"]._commit_progress()

    # What documents show

    def _fallback_in_force(self):
        """Return {id: Fallback} of those of `self` that show a fallback instead of every score."""
        found = {deployment.id: FallbackSwitch(deployment).in_force() for deployment in self.sudo()}
        return {key: fallback for key, fallback in found.items() if fallback}

    def _fallbacks_shown(self):
        """Return the Fallbacks that a person sees of `self`, one deployment per company: those in force come first."""
        in_force = self._fallback_in_force()
        unsure = [FallbackSwitch(one).where_unsure() for one in self.sudo() if one.id not in in_force]
        return [*in_force.values(), *filter(None, unsure)]

    def _fallback_sql(self, alias):
        """Return the SQL of the figure that shows instead of a score, for the record `alias`."""
        self.ensure_one()
        return fallbacks.of(self).sql(alias)

    # Drills

    def action_drill_faults(self):
        return self._run_drill("faults")

    def action_drill_alert(self):
        return self._run_drill("alert")

    def action_drill_fallback(self):
        return self._run_drill("fallback")

    def _run_drill(self, kind):
        """Make a drill of a kind and show how it went."""
        self.ensure_one()
        self._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Drill"),
            "res_model": "ai.deployment.drill",
            "res_id": drills.make(self.sudo(), kind).id,
            "views": [(False, "form")],
        }

    def action_view_drills(self):
        return self._action_lines("ai.deployment.drill", self.env._("Drills"))

    @api.model
    def _cron_drill_fallbacks(self):
        """Try the fallback, once in a month for each live deployment."""
        since = fields.Datetime.subtract(clock.now(), days=30)
        live = self.search(Domain("state", "in", self._at_work_states()) & Domain("fallback", "!=", "none"), order="id")
        lately = self.env["ai.deployment.drill"].search(
            Domain("deployment_id", "in", live.ids)
            & Domain("kind", "=", "fallback")
            & Domain("date", ">", since)
            & Domain("date", "<=", clock.now())
        )
        turns.take_turns(DRILL_TURN, live.filtered(lambda deployment: deployment not in lately.deployment_id))
