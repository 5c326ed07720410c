"""One row of a checklist: what has to be true before a deployment goes live, and what proves it.

Evidence is looked for in the records whenever somebody asks (`_refresh`); a row without records to look at is signed
by a person. Either kind is about the deployment as it was (`basis`): a new version, another input or another endpoint
makes it count no more. An administrator may waive a row until a day, after which it blocks again.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..deployment.fingerprint import evidence_fingerprint
from ..tools import clock
from ..tools.told import keep
from ..tools.trust import own
from .ai_deployment_check_template import BY_HAND, DIMENSIONS
from .checklist import Checklist
from .evidence import RULES

OWN_ROW = "own"  # the code of rows that somebody added
WORDS = {"name", "requirement", "sequence", "dimension"}  # what may be changed of a row that somebody added
MOST_WAIVED_DAYS = 365


class AiDeploymentCheck(models.Model):
    _name = "ai.deployment.check"
    _description = "Checklist Row"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, sequence, id"
    _ai_most = 200

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    is_demonstration = fields.Boolean(related="deployment_id.is_demonstration", related_sudo=False, unsaved=True)
    sequence = fields.Integer(default=500)
    dimension = fields.Selection(DIMENSIONS, required=True, default="business")
    code = fields.Char(required=True, readonly=True, default=OWN_ROW)
    name = fields.Char(required=True, translate=True)
    requirement = fields.Text(translate=True)
    rule = fields.Char("Evidence Rule", required=True, readonly=True, default=BY_HAND)
    minimum = fields.Float(readonly=True)
    valid_days = fields.Integer("Valid for Days", readonly=True)

    state = fields.Selection(
        [("missing", "Missing"), ("met", "Met"), ("waived", "Waived"), ("broken", "Check failed")],
        required=True,
        readonly=True,
        default="missing",
    )
    evidence = fields.Text(readonly=True, translate=True, help="Findings of the latest check.")
    evidence_date = fields.Datetime(readonly=True)
    looked_date = fields.Datetime("Checked On", readonly=True)
    res_model = fields.Char("Evidence Model", readonly=True)
    res_id = fields.Many2oneReference("Evidence Record", model_field="res_model", readonly=True)

    # Signed by a person
    note = fields.Text("Signed Statement", readonly=True)
    signed_by_id = fields.Many2one("res.users", readonly=True)
    signed_date = fields.Datetime("Signed On", readonly=True)
    evidence_fingerprint = fields.Char(readonly=True, help="Fingerprint of the deployment when the row was signed.")
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", readonly=True)

    # Waived
    waived_by_id = fields.Many2one("res.users", readonly=True)
    waiver_reason = fields.Text(readonly=True)
    waived_until = fields.Date(readonly=True)

    is_administrator = fields.Boolean(related="deployment_id.is_administrator", related_sudo=False, unsaved=True)
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False, unsaved=True)
    may_satisfy = fields.Boolean(compute="_compute_may_satisfy", unsaved=True)

    _standard_code_uniq = models.UniqueIndex(
        "(deployment_id, code) WHERE code <> 'own'", "This checklist row exists already."
    )

    @api.depends_context("uid")
    @api.depends("deployment_id", "rule")
    def _compute_may_satisfy(self):
        """Return whether *Take Action* can do something for this user."""
        for check in self:
            deployment, rule = check.deployment_id, RULES.get(check.rule)
            check.may_satisfy = deployment.may_decide and (
                not (rule and rule.reads_documents) or deployment.may_read_documents
            )

    # Rows that somebody adds

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                if vals.keys() - WORDS - {"deployment_id"}:
                    raise AccessError(self.env._("A custom row needs a name and a requirement."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if vals.keys() - WORDS:
                raise AccessError(
                    self.env._("Evidence cannot be entered manually: sign the row, or update the evidence.")
                )
            if self.filtered(lambda check: check.code != OWN_ROW):
                raise AccessError(self.env._("Rows of the template cannot be changed."))
            if "name" in vals or "requirement" in vals:
                self.sudo()._forget()  # what was signed or waived was so for other words
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        if self.env.su:
            return
        if self.sudo().filtered(
            lambda check: check.code != OWN_ROW
            or check.deployment_id.state != "poc"
            or check.deployment_id.approval_ids  # somebody has decided with it in sight
        ):
            raise UserError(self.env._("Only custom rows can be removed, and only during the proof of concept."))

    def _forget(self):
        self.write(
            {
                "note": False,
                "signed_by_id": False,
                "signed_date": False,
                "evidence_fingerprint": False,
                "attachment_ids": False,
                "waived_by_id": False,
                "waiver_reason": False,
                "waived_until": False,
                "state": "missing",
            }
        )

    # Looking

    def _refresh(self):
        """Look for evidence now, and keep what was found. A rule that fails breaks its own row only."""
        for deployment, checks in self.sudo().grouped("deployment_id").items():
            checklist = Checklist(deployment)
            for check in checks:
                found = checklist.find(check)
                values = {
                    "state": check._state_of(found),
                    "evidence": found.sentence,
                    "evidence_date": found.date,
                    "res_model": found.record._name if found.record else False,
                    "res_id": found.record.id if found.record else False,
                }
                same = {name: check[name] for name in values}
                if same != values:
                    check.write(values)
                    keep(check, {"evidence": checklist.told(check, found)})
            checks.looked_date = clock.now()

    def _state_of(self, found):
        if found.is_met:
            return "met"
        if self.waived_until and self.waived_until >= clock.today():
            return "waived"
        return "broken" if found.is_broken else "missing"

    def action_look(self):
        self.check_access("read")
        self._refresh()
        return True

    # Doing something about it

    def action_satisfy(self):
        """Whatever would satisfy this row: opens the page, asks the question or starts the drill."""
        self.ensure_one()
        self.deployment_id._check_decides()
        rule = RULES.get(self.rule, RULES[BY_HAND])
        return rule(self.deployment_id).satisfy(self)

    def action_waive(self):
        self.ensure_one()
        return self._open_wizard("ai.deployment.check.waive", self.env._("Waive Until"))

    def action_open_proof(self):
        self.ensure_one()
        if not self.res_model or self.res_model not in self.env:
            raise UserError(self.env._("No record proves this row."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def _open_wizard(self, wizard, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": wizard,
            "view_mode": "form",
            "target": "new",
            "context": {"default_check_id": self.id},
        }

    def _sign(self, note, attachments=None):
        """A person vouches for this row, with what was seen. Kept with what the deployment is made of now."""
        self.ensure_one()
        self.check_access("read")
        if self.rule != BY_HAND:
            raise UserError(self.env._("“%s” is proved by records; a signature does not replace them.", self.name))
        if not self.deployment_id._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        if not (note or "").strip():
            raise UserError(self.env._("Describe what you have verified: a signature without it proves nothing."))
        if attachments:
            self._take_documents(attachments)
        self.sudo().write(
            {
                "note": note.strip(),
                "signed_by_id": self.env.uid,
                "signed_date": clock.now(),
                "evidence_fingerprint": evidence_fingerprint(self.deployment_id.sudo()),
                "attachment_ids": [fields.Command.set(attachments.ids if attachments else [])],
            }
        )
        self._refresh()
        self._tell(
            self.env._(
                "“%(row)s” was signed by %(person)s: %(note)s",
                row=self.name,
                person=self.env.user.name,
                note=note.strip(),
            )
        )

    def _take_documents(self, attachments):
        """Documents that were uploaded for this row are read by whoever reads the row; others stay where they are."""
        attachments.check_access("read")
        loose = attachments.filtered(lambda document: not document.res_id and document.create_uid == self.env.user)
        loose.sudo().write({"res_model": self._name, "res_id": self.id})

    def _waive(self, reason, until):
        """An administrator lets this row pass until a day; then it blocks again."""
        for check in self:
            check.check_access("read")
            if not self.env.su and not self.env.user.has_group("ai_deployment.group_manager"):
                raise AccessError(self.env._("Only an administrator can waive a row."))
            if not (reason or "").strip():
                raise UserError(self.env._("Enter why this row may be waived."))
            if not until or until <= clock.today():
                raise ValidationError(self.env._("The end date of a waiver must be in the future."))
            if (until - clock.today()).days > MOST_WAIVED_DAYS:
                raise ValidationError(self.env._("A waiver is valid for one year at most."))
            check.sudo().write({"waived_by_id": self.env.uid, "waiver_reason": reason.strip(), "waived_until": until})
            check._refresh()
            check._tell(
                self.env._(
                    "“%(row)s” was waived by %(person)s until %(day)s: %(why)s",
                    row=check.name,
                    person=self.env.user.name,
                    day=format_date(self.env, until),
                    why=reason.strip(),
                )
            )

    def _tell(self, sentence):
        own(self.deployment_id)._message_log(body=sentence, author_id=self.env.user.partner_id.id)
