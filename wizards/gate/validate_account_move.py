"""Odoo's wizard that posts many entries: the held bills are taken out and shown, the rest is posted."""

from odoo import fields, models

from ...models.gate import wording
from ...models.gate.held_bills import HeldBills


class ValidateAccountMove(models.TransientModel):
    _inherit = "validate.account.move"

    def validate_move(self):
        held = HeldBills(self._ai_posted_now()).now()
        if not held:
            return super().validate_move()
        self.move_ids -= self.env["account.move"].browse(held)
        following = super().validate_move() if self.move_ids else False
        if following and following.get("type") == "ir.actions.act_window_close":
            following = False
        return wording.held_action(self.env["account.move"].sudo(), held, following)

    def _ai_posted_now(self):
        """Return what this wizard posts at once: not what waits for its date, nor what it leaves out itself."""
        today = fields.Date.context_today(self)
        return self.move_ids.filtered(
            lambda move: (self.force_hash or not move.restrict_mode_hash_table)
            and (self.force_post or not move.date or move.date <= today)
        )
