"""A waiver: bills of one vendor are let through for a while, for a reason that somebody answers for."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..scoring.reasons import REVIEW_REASONS
from ..tools import clock

MOST_DAYS = 366
LATER = {"active", "end_date"}  # what can be changed of a waiver that was given


class AiDeploymentWaiver(models.Model):
    _name = "ai.deployment.waiver"
    _description = "Waiver at the Gate"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread"]
    _order = "end_date desc, id desc"
    _rec_name = "partner_id"
    _mail_post_access = "read"

    active = fields.Boolean(default=True, tracking=True)
    deployment_id = fields.Many2one(
        "ai.deployment", required=True, index=True, ondelete="restrict", domain=[("res_model", "=", "account.move")]
    )
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False, unsaved=True)
    company_id = fields.Many2one(related="deployment_id.company_id")
    partner_id = fields.Many2one(
        "res.partner", "Vendor", required=True, index=True, ondelete="restrict", domain=[("parent_id", "=", False)]
    )
    reason = fields.Selection(
        REVIEW_REASONS, "Risk", help="Only bills that are risky for this reason. Empty: for any reason."
    )
    note = fields.Text("Reason", required=True)
    end_date = fields.Date("Until", required=True, tracking=True, help="Last day of validity. At most a year ahead.")
    user_id = fields.Many2one(
        "res.users", "Granted By", required=True, readonly=True, default=lambda self: self.env.user
    )
    changed_by_id = fields.Many2one("res.users", "Last Changed By", readonly=True, copy=False)
    is_over = fields.Boolean("Ended", compute="_compute_is_over")
    bill_count = fields.Integer("Waived Bills", compute="_compute_use")
    last_date = fields.Datetime("Last Used", compute="_compute_use")

    @api.depends("end_date", "active")
    def _compute_is_over(self):
        for waiver in self:
            waiver.is_over = not waiver.active or bool(waiver.end_date and waiver.end_date < clock.today())

    def _compute_use(self):
        """Count from the log, so that no two postings meet at one counter."""
        groups = (
            self.env["ai.deployment.gate.event"]
            .sudo()
            ._read_group([("waiver_id", "in", self.ids)], ["waiver_id"], ["res_id:count_distinct", "date:max"])
        )
        used = {waiver.id: (count, date) for waiver, count, date in groups}
        for waiver in self:
            waiver.bill_count, waiver.last_date = used.get(waiver.id, (0, False))

    @api.constrains("note")
    def _check_note(self):
        for waiver in self:
            if not (waiver.note or "").strip():
                raise ValidationError(self.env._("Enter why bills of this vendor may pass."))

    @api.constrains("end_date")
    def _check_end_date(self):
        today = clock.today()
        for waiver in self:
            if not today <= waiver.end_date <= today + timedelta(days=MOST_DAYS):
                raise ValidationError(
                    self.env._(
                        "The end date of a waiver must be between today and %s.",
                        format_date(self.env, today + timedelta(days=MOST_DAYS)),
                    )
                )

    @api.constrains("deployment_id")
    def _check_deployment(self):
        for waiver in self:
            if waiver.deployment_id.res_model != "account.move":
                raise ValidationError(self.env._("Only bills can be held before posting."))

    @api.model_create_multi
    def create(self, vals_list):
        """Give the waivers as the current user, to whole vendors: an address or a contact stands for its company."""
        vals_list = [{**vals, "user_id": self.env.uid, "changed_by_id": False} for vals in vals_list]
        for vals in vals_list:
            partner = self.env["res.partner"].browse(vals.get("partner_id") or ())
            vals["partner_id"] = partner.commercial_partner_id.id
        waivers = super().create(vals_list)
        waivers._check_may_give()
        return waivers

    def write(self, vals):
        if not self.env.su and vals.keys() - LATER:
            raise UserError(self.env._("A waiver cannot be changed: archive it and create another one."))
        self._check_may_give()
        result = super().write(vals)
        if LATER & vals.keys():  # whoever prolongs it answers for it as well
            super(AiDeploymentWaiver, self.sudo()).write({"changed_by_id": self.env.uid})
        if vals.get("active"):
            self._check_end_date()
        return result

    def _check_may_give(self):
        for deployment in self.deployment_id:
            if not deployment._may_decide():
                raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))

    def unlink(self):
        # pylint: disable=no-raise-unlink
        raise UserError(self.env._("Waivers cannot be deleted. Archive them instead."))

    def action_view_events(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waived Bills"),
            "res_model": "ai.deployment.gate.event",
            "view_mode": "list,kanban",
            "domain": [("waiver_id", "=", self.id)],
        }
