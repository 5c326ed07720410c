"""Asks why a held bill is posted all the same, writes that down, and posts it with the rights of who asks."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...models.gate import gate_sql, gates, wording
from ...models.gate.gate_judge import GateJudge
from ...models.gate.gates import Gate

PASSERS = "ai_deployment.group_pass_gate"


class AiDeploymentGatePass(models.TransientModel):
    _name = "ai.deployment.gate.pass"
    _description = "Pass the Gate"
    _inherit = "ai.deployment.guarded.mixin"

    move_id = fields.Many2one("account.move", "Bill", required=True)
    why_held = fields.Text("Reason for Holding", compute="_compute_why_held", unsaved=True)
    note = fields.Text("Reason", required=True)

    @api.depends("move_id")
    def _compute_why_held(self):
        for wizard in self:
            wizard.move_id.check_access("write")  # as for passing it
            verdict = gate_sql.verdicts(wizard.move_id).get(wizard.move_id.id)
            held = bool(verdict) and verdict.is_held
            wizard.why_held = wording.sentence(self.sudo().env, verdict) if held else False

    def action_pass(self):
        self.ensure_one()
        bill = self.move_id
        if not self.env.user.has_group(PASSERS):
            raise AccessError(self.env._("Only members of “Pass the Gate” may pass a held bill."))
        bill.check_access("write")
        if not (self.note or "").strip():
            raise UserError(self.env._("Enter why the bill is correct."))
        for gate in gates.of_bills(bill):
            if verdict := GateJudge(gate).held(bill.sudo()).get(bill.id):
                self._log_pass(gate, verdict)
        bill.sudo(False)._post(soft=False)
        return {"type": "ir.actions.act_window_close"}

    def _log_pass(self, gate, verdict):
        """Log and note the pass.

        Four eyes: a maker does not pass what is his own, unless the company has nobody else and has said so.
        """
        is_maker = self.env.uid in self.move_id.sudo()._ai_makers().get(self.move_id.id, ())
        if is_maker and not gate.gate_maker_may_pass:
            raise UserError(self.env._("You created this bill: another person has to pass it."))
        gate.env["ai.deployment.gate.event"]._log(gate, "passed", [verdict], note=self.note.strip(), is_maker=is_maker)
        Gate(gate).note(
            {
                verdict.move_id: self.env._(
                    "%(deployment)s – passed by %(person)s: %(why)s",
                    deployment=gate.name,
                    person=self.env.user.name,
                    why=self.note.strip(),
                )
            }
        )
