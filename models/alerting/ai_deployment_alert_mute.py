"""An alert kept quiet until a day: nobody is told of it before, and the owner again on that day if it is still open."""

from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import clock
from .ai_deployment_alert import ACTIVITY

MOST_DAYS = 90


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    muted_until = fields.Date(
        readonly=True, tracking=True, help="Before this day nobody is told of it, whatever it does."
    )
    mute_reason = fields.Char("Why Muted", readonly=True, tracking=True)
    is_muted = fields.Boolean("Muted", compute="_compute_is_muted")

    @api.depends("muted_until")
    def _compute_is_muted(self):
        for alert in self:
            alert.is_muted = alert._is_kept_quiet()

    def _is_kept_quiet(self):
        self.ensure_one()
        return bool(self.muted_until and self.muted_until > clock.today())

    def _untold_values(self):
        return super()._untold_values() | {"muted_until": False, "mute_reason": False}

    def _mute(self, until, reason):
        """Keep these alerts quiet until `until`, for a reason that stays in their history."""
        self.check_access("read")
        self._check_may_answer()
        today = clock.today()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it may be quiet."))
        if not today < until <= today + timedelta(days=MOST_DAYS):
            raise UserError(
                self.env._(
                    "An alert is muted until a day from tomorrow on, at the latest %(last)s.",
                    last=format_date(self.env, today + timedelta(days=MOST_DAYS)),
                )
            )
        if self.filtered(lambda alert: alert.state == "resolved"):
            raise UserError(self.env._("This is over already: there is nothing to mute."))
        self.sudo().write({"muted_until": until, "mute_reason": reason.strip()})
        self.sudo().activity_feedback([ACTIVITY], feedback=reason.strip())

    def action_unmute(self):
        """Hear of it again, from the next time that it opens or grows."""
        self.check_access("read")
        self._check_may_answer()
        self.sudo().write({"muted_until": False, "mute_reason": False})
        return True

    @api.model
    def _daily_steps(self):
        over = self.sudo().search(self._mute_over_domain())
        return super()._daily_steps() + [partial(alert._end_mute) for alert in over]

    @api.model
    def _mute_over_domain(self):
        return Domain("muted_until", "!=", False) & Domain("muted_until", "<=", clock.today())

    def _end_mute(self):
        """Its day has come: tell the owner again where it is still open."""
        alert = self._locked(self._mute_over_domain())
        alert.write({"muted_until": False, "mute_reason": False})
        alert.filtered(lambda a: a.state in ("firing", "acknowledged"))._tell()
