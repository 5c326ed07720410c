"""Excluded edge cases of a deployment: recognition, fallback, and the last test.

A case that goes to a person is enforced where records are routed, whatever the score says. Trying a case runs the real
scoring on real records and takes everything back: what counts is where they ended. A result is about the deployment as
it was (`basis`): another version, another filter or other words make it count no more.
"""

import ast

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import mute_logger

from ..deployment.filters import FILTER_ERRORS, check_readable
from ..deployment.fingerprint import evidence_fingerprint
from ..deployment.history import was_live
from ..tools import clock
from ..tools.trust import own
from .edge_cases import try_case

MOST_WORDS = 50  # each is looked for in each text of each record
TEXT_FIELDS = ("name", "ref", "contact_name", "partner_name", "description", "narration")
INSTEAD = [("person", "Human review"), ("outside", "It is not scored"), ("drill", "According to the drill")]
SAID_FIELDS = {"deployment_id", "kind", "domain", "words", "instead", "drill_id"}


class AiDeploymentEdgeCase(models.Model):
    _name = "ai.deployment.edge.case"
    _description = "Edge Case Excluded From Automatic Decisions"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, sequence, id"
    _ai_most = 50

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False, unsaved=True)
    company_id = fields.Many2one(related="deployment_id.company_id")
    deployment_res_model = fields.Char(related="deployment_id.res_model", related_sudo=False, unsaved=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Excluded Edge Cases", required=True)
    kind = fields.Selection(
        [("domain", "By filter"), ("words", "By words")], "Recognised By", required=True, default="domain"
    )
    domain = fields.Char("Matching Records", default="[]")
    words = fields.Char(help="Separated by commas. One of them in the texts of the record is sufficient.")
    instead = fields.Selection(INSTEAD, "Fallback", required=True, default="person")
    note = fields.Text("Instructions for Reviewers")
    drill_id = fields.Integer("Drill Number", help="0: the latest fallback drill.")

    # When that was tried
    tested_date = fields.Datetime("Tested On", readonly=True, copy=False)
    tested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    tested_count = fields.Integer("Records Tested", readonly=True, copy=False)
    result = fields.Text(readonly=True, copy=False)
    is_proved = fields.Boolean("Test Passed", readonly=True, copy=False)
    evidence_fingerprint = fields.Char(readonly=True, copy=False)
    is_current = fields.Boolean("Test Is Current", compute="_compute_is_current")

    @api.depends("is_proved", "evidence_fingerprint", "deployment_id.champion_id", "deployment_id.domain")
    def _compute_is_current(self):
        for case in self:
            deployment = case.sudo().deployment_id
            case.is_current = bool(
                case.is_proved and deployment and case.evidence_fingerprint == evidence_fingerprint(deployment)
            )

    # How it is recognised

    def _domain(self):
        """The records that it is about."""
        self.ensure_one()
        if self.kind == "domain":
            return Domain(ast.literal_eval((self.domain or "[]").strip() or "[]"))
        documents = self.env[self.deployment_id.sudo().res_model]
        names = [name for name in TEXT_FIELDS if name in documents._fields and documents._fields[name].store]
        words = self._words()
        return Domain.OR(Domain(name, "ilike", word) for name in names for word in words)

    def _words(self):
        return sorted({word.strip() for word in (self.words or "").split(",") if word.strip()})

    @api.constrains("kind", "domain", "words", "deployment_id", "instead")
    def _check_recognised(self):
        for case in self:
            if len(case._words()) > MOST_WORDS:
                raise ValidationError(
                    self.env._("“%(case)s” has more than %(most)s words.", case=case.name, most=MOST_WORDS)
                )
            deployment = case.deployment_id
            documents = self.env[deployment.sudo().res_model]
            try:
                domain = case._domain()
                check_readable(documents.with_user(self.env.uid), domain)
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    documents.sudo().with_context(active_test=False).search(domain, limit=1)
            except FILTER_ERRORS as error:
                raise ValidationError(self.env._("“%s” has no usable filter or words.", case.name)) from error
            if domain.is_true() or domain.is_false():
                raise ValidationError(self.env._("Define how “%s” is recognised: by a filter or by words.", case.name))

    # Writing

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        for case in cases:
            case._tell(self.env._("Excluded from automatic decisions: %s", case.name))
        return cases

    def write(self, vals):
        if not self.env.su:
            if "deployment_id" in vals and any(case.deployment_id.id != vals["deployment_id"] for case in self):
                raise UserError(self.env._("An edge case cannot be moved to another deployment."))
        if SAID_FIELDS & vals.keys():
            self._check_may_loosen()
        result = super().write(vals)
        if SAID_FIELDS & vals.keys():
            self.sudo()._forget()  # what was tried was another case
        if not self.env.su and (SAID_FIELDS | {"name"}) & vals.keys():
            for case in self:
                case._tell(self.env._("Excluded edge cases changed: %s", case.name))
        return result

    def _check_may_loosen(self):
        """From the first go on, its owner does not take back alone what it must not decide: that was part of the go."""
        if self.env.su or self.env.user.has_group("ai_deployment.group_manager"):
            return
        for case in self:
            if was_live(case.sudo().deployment_id):
                raise AccessError(
                    self.env._(
                        "“%s” was part of the approval: only an administrator can change or remove it. Add "
                        "another case instead.",
                        case.name,
                    )
                )

    def unlink(self):
        self._check_may_loosen()
        for case in self:
            case._tell(self.env._("Released for automatic decisions: %s", case.name))
        return super().unlink()

    def _forget(self):
        """Discard the test results."""
        self.write({"is_proved": False, "result": False, "tested_count": 0, "evidence_fingerprint": False})

    def _tell(self, sentence):
        own(self.deployment_id)._message_log(body=sentence, author_id=self.env.user.partner_id.id)

    # Trying

    def action_try(self):
        """Run the real scoring on the latest real records of each case, and take it back."""
        for case in self:
            case.check_access("read")
            case.deployment_id._check_decides()
            trial = try_case(case.sudo())
            case.sudo().write(
                {
                    "tested_date": clock.now(),
                    "tested_by_id": self.env.uid,
                    "tested_count": trial.tested_count,
                    "result": trial.sentence,
                    "is_proved": trial.is_proved,
                    "evidence_fingerprint": evidence_fingerprint(case.deployment_id.sudo()),
                }
            )
            case.deployment_id.sudo().check_ids.filtered(lambda check: check.rule == "edge_cases")._refresh()
        return True
