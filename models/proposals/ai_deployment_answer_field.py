"""Answer fields: which fields of a record a deployment proposes values for, and what becomes of these values.

A deployment that classifies has one, a choice; one that extracts has several. A version keeps a copy in its contract,
so that a change here is a change of the next version. What is written on records, and from which agreement on, is the
owner's to say at any time.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import mute_logger

from ..deployment.filters import FILTER_ERRORS, check_readable
from ..tools.score_fields import SCORE_FIELDS
from ..tools.trust import own
from ..tools.wording import percent
from .agreement import agreement_of, agreement_text, proved_text
from .declared import KINDS, allowed_domain, allowed_records, declared_fields, own_domain

CHOICES = ("many2one", "selection")
NEVER_PROPOSED = frozenset({"company_id", "currency_id", "id", "active", "create_uid", "write_uid", "state"})


class AiDeploymentAnswerField(models.Model):
    _name = "ai.deployment.answer.field"
    _description = "Answer Field"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.named.mixin"]
    _order = "sequence, id"
    _ai_most = 15
    _ai_named_by = ("key", "deployment_id.model_id")

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    res_model = fields.Char(related="deployment_id.res_model", related_sudo=False, unsaved=True)
    sequence = fields.Integer(default=10)
    key = fields.Char("Field", required=True, help="Technical name of the field of the record, for example team_id.")
    name = fields.Char(
        "Answer",
        help="What the value is called at the desk, and in what the model is asked. Unless it is changed, each user "
        "reads the label of the field in their own language.",
    )
    ttype = fields.Char("Type", compute="_compute_ttype", unsaved=True)
    comodel = fields.Char(compute="_compute_ttype", unsaved=True)
    domain = fields.Char("Allowed Values", default="[]", help="Only records matching this filter can be chosen.")
    required = fields.Boolean(default=True, help="Without this value, a record is sent to human review.")
    writing = fields.Selection(
        [
            ("never", "Never"),
            ("confirmed", "When a person answers"),
            ("proved", "Also above the proved confidence"),
        ],
        "Written on Record",
        required=True,
        default="never",
        help="Values are proposals. They can be written on the record when a reviewer answers, with the rights of the "
        "reviewer, and above the proved confidence by the system, with the rights of the owner. The old value is kept.",
    )
    target_agreement = fields.Float(
        "Agreement Target",
        default=0.95,
        help="Least share of values with which reviewers agree. The proved confidence is the lowest from which on "
        "the reviews of the serving version prove this share, with 95 % certainty.",
    )
    agreement_text = fields.Char("Agreement", compute="_compute_agreement", compute_sudo=True)
    proved_text = fields.Char("Proved Confidence", compute="_compute_agreement", compute_sudo=True)

    _key_uniq = models.UniqueIndex("(deployment_id, key)", "This field is already an answer of the deployment.")
    _target_is_share = models.Constraint(
        "CHECK(target_agreement >= 0.5 AND target_agreement < 1)",
        "The agreement target must be from 50 % to below 100 %.",
    )

    @api.model
    def _checked(self, deployment):
        """Return the declared answer fields of `deployment` for a contract; raise where they do not fit its method."""
        if not deployment.is_task:
            return []
        answers = deployment.answer_field_ids
        if not answers:
            raise UserError(self.env._("Add the fields that values are proposed for under “Answers” first."))
        if deployment.method == "classify" and (len(answers) > 1 or answers.ttype not in CHOICES):
            raise UserError(
                self.env._("A deployment that classifies has one answer, a field with values to choose from.")
            )
        return declared_fields(deployment.sudo())

    def _proposed_name(self):
        field = self._field()
        return field._description_string(self.env) if field else self.key or ""

    @api.depends("key", "deployment_id.model_id")
    def _compute_ttype(self):
        for answer in self:
            field = answer._field()
            answer.ttype = field.type if field else False
            answer.comodel = field.comodel_name if field and field.type == "many2one" else False

    @api.depends_context("lang")
    def _compute_agreement(self):
        for answer in self:
            stored = answer._origin
            found = agreement_of(stored) if stored else None
            answer.agreement_text = agreement_text(self.env, found) if found else False
            answer.proved_text = proved_text(self.env, stored) if found else False

    def _field(self):
        """Return the ORM's field, None where there is none of this name."""
        documents = self.env.get(self.res_model) if self.res_model else None
        return documents._fields.get(self.key or "") if documents is not None else None

    @api.constrains("key", "deployment_id", "writing")
    def _check_declaration(self):
        for answer in self:
            field, documents = answer._field(), self.env.get(answer.res_model)
            if field is None or answer.key in SCORE_FIELDS or answer.key in NEVER_PROPOSED:
                raise ValidationError(self.env._("“%s” is not a field that values can be proposed for.", answer.key))
            label = field._description_string(self.env)
            if field.type not in KINDS:
                raise ValidationError(self.env._("Values of the kind of “%s” cannot be proposed.", label))
            if not field.store or not documents._has_field_access(field, "read"):
                raise ValidationError(self.env._("You may not read “%s”.", label))
            if answer.writing == "never":  # a total that Odoo computes can be proposed, and compared
                continue
            is_computed = field.readonly and not field.inverse or field.related
            if is_computed or not documents._has_field_access(field, "write"):
                raise ValidationError(self.env._("“%s” cannot be written.", label))

    @api.constrains("domain", "key")
    def _check_allowed(self):
        for answer in self.filtered(lambda answer: answer.ttype == "many2one"):
            company = answer.deployment_id.company_id
            try:
                check_readable(self.env[answer.comodel], own_domain(answer))
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    allowed_records(answer, company).search(allowed_domain(answer, company), limit=1)
            except FILTER_ERRORS as error:
                raise ValidationError(self.env._("“Allowed Values” is not a valid filter.")) from error

    def write(self, vals):
        if "key" in vals and any(answer.key != vals["key"] and answer._is_asked() for answer in self.sudo()):
            raise UserError(self.env._("A version asks for this field: add another one instead."))
        before = {answer: (answer.writing, answer.target_agreement) for answer in self}
        result = super().write(vals)
        for answer in self:
            if before[answer] != (answer.writing, answer.target_agreement):
                answer._note_writing()
        return result

    def _note_writing(self):
        """Log in the deployment's chatter from when on its values are written, and who said so."""
        self.ensure_one()
        own(self.deployment_id)._message_log(
            body=self.env._(
                "“%(answer)s” is written on records: %(writing)s. Agreement target: %(target)s.",
                answer=self.name,
                writing=dict(self._fields["writing"]._description_selection(self.env))[self.writing],
                target=percent(self.env, self.target_agreement),
            ),
            author_id=self.env.user.partner_id.id,
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        if any(answer._is_asked() for answer in self.sudo()):
            raise UserError(self.env._("The serving version asks for this field: bind a version without it first."))

    def _is_asked(self):
        """Return whether the serving version asks for it."""
        version = self.deployment_id.champion_id
        return bool(version) and self.key in {each.key for each in version._answer_fields()}
