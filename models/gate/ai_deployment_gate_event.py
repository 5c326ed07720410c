"""Gate log of a bill: held, warned, or let through, and why. Append-only, for everybody."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS

from ..scoring.reasons import REVIEW_REASONS
from ..tools import clock
from ..tools.unchecked_many2one import UncheckedMany2one

KINDS = [
    ("held", "Held"),
    ("warned", "Posted with warning"),
    ("waived", "Let through by a waiver"),
    ("passed", "Passed by a user"),
    ("bypassed", "Let through: gate bypassed"),
    ("outside", "Not checked: outside of the filter"),
    ("posted", "Posted after being held"),
    ("changed", "Changed after posting"),
]


class AiDeploymentGateEvent(models.Model):
    _name = "ai.deployment.gate.event"
    _description = "Gate Event"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "id desc"
    _log_access = False
    _rec_name = "res_id"

    date = fields.Datetime(required=True, readonly=True)
    kind = fields.Selection(KINDS, "Event", required=True, readonly=True)
    reason = fields.Selection(REVIEW_REASONS, "Risk", readonly=True)
    note = fields.Text(readonly=True, help="The reason given, or why the gate was bypassed.")
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    is_maker = fields.Boolean(
        "By Creator of the Bill", readonly=True, help="The user who passed the bill also created it."
    )
    inference_id = fields.Many2one("ai.deployment.inference", readonly=True, ondelete="set null")
    # Unchecked: reviewers are looked for while a bill is posted, and the key would let the two meet. Reviews are kept.
    review_id = UncheckedMany2one("ai.deployment.review", readonly=True, index=False)
    waiver_id = fields.Many2one("ai.deployment.waiver", readonly=True, index="btree_not_null", ondelete="restrict")
    # What the bill said when it was passed: a pass is about that and nothing else.
    fingerprint = fields.Char(readonly=True, groups=NO_ACCESS)
    codes = fields.Char(readonly=True, groups=NO_ACCESS)

    _record_idx = models.Index("(deployment_id, res_id)")

    @api.model
    def _log(self, deployment, kind, verdicts, **values):
        """Create one row per verdict.

        :param verdicts: of `gate_sql.Verdict`
        """
        bills = self.env["account.move"].sudo().browse(verdict.move_id for verdict in verdicts)
        return self.sudo().create(
            [
                {
                    **self._plain_values(deployment, bill),
                    "kind": kind,
                    "reason": verdict.reason,
                    "inference_id": verdict.inference_id,
                    "review_id": verdict.review_id,
                    "waiver_id": verdict.waiver_id if kind == "waived" else False,
                    "fingerprint": verdict.fingerprint,
                    "codes": verdict.codes,
                    **values,
                }
                for verdict, bill in zip(verdicts, bills, strict=True)
            ]
        )

    @api.model
    def _log_plain(self, deployment, kind, bills, **values):
        """Create one row per bill, without what was found about it."""
        return self.sudo().create(
            [{**self._plain_values(deployment, bill), "kind": kind, **values} for bill in bills.sudo()]
        )

    @api.model
    def _plain_values(self, deployment, bill):
        return {
            "date": clock.now(),
            "deployment_id": deployment.id,
            "company_id": bill.company_id.id,
            "res_model": "account.move",
            "res_id": bill.id,
            "user_id": self.env.uid,
        }

    def write(self, vals):
        raise AccessError(self.env._("The log cannot be changed."))

    def unlink(self):
        # Not `@api.ondelete`: a context key of the installer switches those off, and this must hold for everybody.
        # pylint: disable=no-raise-unlink
        raise AccessError(self.env._("The log cannot be deleted."))
