"""A signature under the explanation of a deployment (`explanation`), given in person for one text.

The text is kept as its digest. When a word or an input changes, the signature counts no more.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..deployment.eligibility import system_users
from ..deployment.history import was_live
from ..tools import clock
from ..tools.trust import own
from ..tools.wording import labelled
from .duties import conflicted_users
from .explanation import Explanation

ROLES = [("finance", "Finance"), ("legal", "Legal"), ("it", "IT")]
ACTIVITY = "ai_deployment.mail_activity_type_sign"
CHOSEN = {"deployment_id", "role", "user_id"}  # what an owner may set: who has to sign as what


class AiDeploymentSignature(models.Model):
    _name = "ai.deployment.signature"
    _description = "Sign-off of an Explanation"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "deployment_id, role, id"
    _rec_name = "role"

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    role = fields.Selection(ROLES, required=True, tracking=True)
    user_id = fields.Many2one(
        "res.users", "Signatory", required=True, tracking=True, domain=[("share", "=", False)], ondelete="restrict"
    )
    signed_date = fields.Datetime("Signed On", readonly=True, tracking=True)
    digest = fields.Char("Text Fingerprint", readonly=True)
    state = fields.Selection(
        [("open", "Not signed"), ("signed", "Signed"), ("changed", "Text changed since")],
        compute="_compute_state",
        compute_sudo=True,
    )
    is_mine = fields.Boolean(compute="_compute_is_mine")
    text_html = fields.Html("Signed Text", compute="_compute_text_html", sanitize=False, compute_sudo=True)

    _role_uniq = models.UniqueIndex("(deployment_id, role)", "This role already has a signatory.")

    @api.depends("deployment_id.name", "role")
    @api.depends_context("lang")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for signature in self:
            # who signs may have no other right on the deployment than to know its name
            name = signature.sudo().deployment_id.name or ""
            signature.display_name = labelled(self.env, name, roles.get(signature.role, ""))

    @api.depends(
        "digest",
        "signed_date",
        "deployment_id.name",
        "deployment_id.purpose",
        "deployment_id.limits",
        "deployment_id.domain",
        "deployment_id.method",
        "deployment_id.feature_ids.key",
        "deployment_id.feature_ids.own_name",
        "deployment_id.feature_ids.sensitive",
    )
    def _compute_state(self):
        for signature in self:
            if not signature.signed_date:
                signature.state = "open"
            else:
                current = Explanation(signature.deployment_id).digest()
                signature.state = "signed" if signature.digest == current else "changed"

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for signature in self:
            signature.is_mine = signature.user_id == self.env.user

    @api.depends("deployment_id", "deployment_id.purpose", "deployment_id.limits")
    @api.depends_context("lang")
    def _compute_text_html(self):
        for signature in self:
            deployment = signature.deployment_id
            signature.text_html = Explanation(deployment).html() if deployment else False

    @api.constrains("user_id", "deployment_id")
    def _check_signer(self):
        for signature in self:
            person, deployment = signature.user_id, signature.deployment_id.sudo()
            if not person.active or person.share or person in system_users(self.env):
                raise ValidationError(self.env._("%s cannot sign: only active internal users can.", person.name))
            if person in conflicted_users(deployment) and not deployment.check_template_id.one_person:
                raise ValidationError(
                    self.env._("%s built it or is its owner or deputy, so another person has to sign.", person.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.keys() - CHOSEN for vals in vals_list):
            raise AccessError(self.env._("A sign-off has to be given in person."))
        signatures = super().create(vals_list)
        signatures._ask()
        return signatures

    def write(self, vals):
        if not self.env.su and vals.keys() & {"signed_date", "digest", "deployment_id"}:
            raise AccessError(self.env._("A sign-off has to be given in person."))
        if not {"user_id", "role"} & vals.keys():
            return super().write(vals)
        result = super().write(vals)
        # What one person signed for one part is not another one's signature.
        own(self).write({"signed_date": False, "digest": False})
        self._ask()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        if self.sudo().filtered(
            lambda one: one.signed_date
            and (one.deployment_id.state in ("production", "suspended") or was_live(one.deployment_id))
        ):
            raise UserError(self.env._("Sign-offs from before going live cannot be deleted."))

    def _ask(self):
        """Point to it with an activity for whoever has to sign."""
        for signature in own(self):
            signature.activity_unlink([ACTIVITY])
            signature.activity_schedule(
                ACTIVITY,
                user_id=signature.user_id.id,
                date_deadline=clock.today(),
                summary=self.env._("Read and sign the explanation of “%s”", signature.deployment_id.name),
            )

    def action_sign(self):
        """Sign the text as it is now, in person."""
        for signature in self:
            signature.check_access("read")
            if self.env.user != signature.user_id:
                raise AccessError(self.env._("Only %s can sign this, in person.", signature.user_id.name))
            deployment = own(signature).deployment_id
            explanation = Explanation(deployment)
            gap = explanation.gap()
            if gap:
                raise UserError(gap)
            digest = explanation.digest()
            own(signature).write({"signed_date": clock.now(), "digest": digest})
            own(signature)._message_log(
                body=self.env._("%(who)s signed the text %(digest)s.", who=self.env.user.name, digest=digest[:12]),
                author_id=self.env.user.partner_id.id,
            )
            own(signature).activity_feedback([ACTIVITY])
            deployment.check_ids.filtered(lambda check: check.rule == "explained")._refresh()
        return True
