"""What a deployment is for, touches and cannot do, in plain words; read and signed by those who have to.

The text is made from the records: purpose and limits as the owner wrote them, and the inputs as they are declared. A
signature is for one text (`digest`). When a word or an input changes, it counts no more.
"""

import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import clock
from ..tools.trust import own
from .checklist import Evidence

ROLES = [("finance", "Finance"), ("legal", "Legal"), ("it", "IT")]
ACTIVITY = "ai_deployment.mail_activity_type_sign"
CHOSEN = {"deployment_id", "role", "user_id"}  # what an owner may set: who has to sign as what
FEWEST_WORDS = 5


class AiDeploymentSignature(models.Model):
    _name = "ai.deployment.signature"
    _description = "Signature Under an Explanation"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "deployment_id, role, id"
    _rec_name = "role"

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    role = fields.Selection(ROLES, "Signs for", required=True, tracking=True)
    user_id = fields.Many2one(
        "res.users", "Who Signs", required=True, tracking=True, domain=[("share", "=", False)], ondelete="restrict"
    )
    signed_date = fields.Datetime("Signed On", readonly=True, tracking=True)
    digest = fields.Char("Fingerprint of the Text", readonly=True)
    state = fields.Selection(
        [("open", "Not signed"), ("signed", "Signed"), ("changed", "The text has changed since")],
        compute="_compute_state",
        compute_sudo=True,
    )
    is_mine = fields.Boolean(compute="_compute_is_mine")
    text_html = fields.Html("What Is Signed", compute="_compute_text_html", sanitize=False, compute_sudo=True)

    _role_uniq = models.UniqueIndex("(deployment_id, role)", "Somebody signs for this part already.")

    @api.depends(
        "digest",
        "signed_date",
        "deployment_id.name",
        "deployment_id.purpose",
        "deployment_id.limits",
        "deployment_id.domain",
        "deployment_id.method",
        "deployment_id.feature_ids.key",
        "deployment_id.feature_ids.name",
        "deployment_id.feature_ids.sensitive",
    )
    def _compute_state(self):
        for signature in self:
            if not signature.signed_date:
                signature.state = "open"
            else:
                current = signature.deployment_id._explanation_digest()
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
            signature.text_html = deployment._explanation_html() if deployment else False

    @api.constrains("user_id", "deployment_id")
    def _check_signer(self):
        for signature in self:
            person, deployment = signature.user_id, signature.deployment_id.sudo()
            if not person.active or person.share or person in deployment._system_users():
                raise ValidationError(self.env._("%s cannot sign: an active internal user has to.", person.name))
            if person in deployment._partisans() and not deployment.check_template_id.one_person:
                raise ValidationError(
                    self.env._("%s built it or answers for it, so somebody else reads and signs.", person.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.keys() - CHOSEN for vals in vals_list):
            raise AccessError(self.env._("A signature is given in person."))
        signatures = super().create(vals_list)
        signatures._ask()
        return signatures

    def write(self, vals):
        if not self.env.su and vals.keys() & {"signed_date", "digest", "deployment_id"}:
            raise AccessError(self.env._("A signature is given in person."))
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
            and (one.deployment_id.state in ("production", "suspended") or one.deployment_id._was_live())
        ):
            raise UserError(self.env._("What was signed before going live is kept."))

    def _ask(self):
        """Point to it with an activity for whoever has to sign."""
        for signature in own(self):
            signature.activity_unlink([ACTIVITY])
            signature.activity_schedule(
                ACTIVITY,
                user_id=signature.user_id.id,
                date_deadline=clock.today(),
                summary=self.env._("Read and sign what “%s” does", signature.deployment_id.name),
            )

    def action_sign(self):
        """Sign the text as it is now, in person."""
        for signature in self:
            signature.check_access("read")
            if self.env.user != signature.user_id:
                raise AccessError(self.env._("Only %s signs this, in person.", signature.user_id.name))
            deployment = own(signature).deployment_id
            gap = deployment._explanation_gap()
            if gap:
                raise UserError(gap)
            digest = deployment._explanation_digest()
            own(signature).write({"signed_date": clock.now(), "digest": digest})
            own(signature)._message_log(
                body=self.env._("%(who)s signed the text %(digest)s.", who=self.env.user.name, digest=digest[:12]),
                author_id=self.env.user.partner_id.id,
            )
            own(signature).activity_feedback([ACTIVITY])
            deployment.check_ids.filtered(lambda check: check.rule == "explained")._refresh()
        return True


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    limits = fields.Text(
        "What It Cannot Do",
        tracking=True,
        help="Which records it judges badly, what it does not know, and what nobody should conclude from a score.",
    )
    signature_ids = fields.One2many("ai.deployment.signature", "deployment_id", "Read and Signed By")
    explanation_html = fields.Html(
        "In Plain Words", compute="_compute_explanation_html", sanitize=False, compute_sudo=True
    )

    @api.depends("purpose", "limits", "feature_ids.name", "feature_ids.sensitive", "method", "model_id")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for deployment in self:
            deployment.explanation_html = deployment._explanation_html()

    def _explanation(self):
        """What is signed, as plain data: the same text gives the same digest."""
        self.ensure_one()
        return {
            "name": self.name or "",
            "purpose": (self.purpose or "").strip(),
            "limits": (self.limits or "").strip(),
            "model": self.res_model or "",
            "method": self.method,
            "domain": self.domain or "[]",
            "inputs": sorted([one.key or "", one.name or "", bool(one.sensitive)] for one in self.feature_ids),
        }

    def _explanation_digest(self):
        return hashlib.sha256(json.dumps(self._explanation(), sort_keys=True).encode()).hexdigest()

    def _explanation_html(self):
        methods = dict(self._fields["method"]._description_selection(self.env))
        return self.env["ir.qweb"]._render(
            "ai_deployment.explanation",
            {
                "text": self._explanation(),
                "method": methods.get(self.method, ""),
                "records": self.model_id.name or "",
                "inputs": sorted((one.name or "", bool(one.sensitive)) for one in self.feature_ids),
            },
        )

    def _explanation_gap(self):
        """What the text still lacks; empty where it can be signed."""
        self.ensure_one()
        if len((self.purpose or "").split()) < FEWEST_WORDS:
            return self.env._("The purpose is not explained: write a sentence that a colleague in finance understands.")
        if len((self.limits or "").split()) < FEWEST_WORDS:
            return self.env._("It is not written down what it cannot do.")
        if not self.feature_ids:
            return self.env._("No input is declared, so there is nothing to explain.")
        return ""

    def _evidence_explained(self, check):
        gap = self._explanation_gap()
        if gap:
            return Evidence(False, gap)
        if not self.signature_ids:
            return Evidence(False, self.env._("Nobody is chosen yet to read and sign it: finance, legal or IT."))
        partisans = self.browse().user_id if self.check_template_id.one_person else self._partisans()
        for signature in self.signature_ids:
            name = signature.user_id.name
            if signature.state == "open":
                return Evidence(False, self.env._("%s has not signed it yet.", name))
            if signature.state == "changed":
                return Evidence(False, self.env._("The text has changed since %s signed it.", name))
            if not signature.user_id.active:
                return Evidence(False, self.env._("%s, who signed it, is not active any more.", name))
            if signature.user_id in partisans:
                return Evidence(False, self.env._("%s built it or answers for it: somebody else signs.", name))
        names = ", ".join(self.signature_ids.user_id.mapped("name"))
        return Evidence(
            True, self.env._("Read and signed by %s.", names), min(self.signature_ids.mapped("signed_date"))
        )

    def _satisfy_explained(self, check):
        mine = self.sudo().signature_ids.filtered(lambda one: one.user_id == self.env.user and one.state != "signed")
        if mine and not self.sudo()._explanation_gap():
            return {
                "type": "ir.actions.act_window",
                "res_model": mine._name,
                "res_id": mine[0].id,
                "target": "new",
                "views": [(False, "form")],
                "name": self.env._("Read and Sign"),
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain It"),
            "res_model": self._name,
            "res_id": self.id,
            "target": "new",
            "views": [(self.env.ref("ai_deployment.ai_deployment_view_form_explain").id, "form")],
        }
