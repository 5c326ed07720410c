"""Templates of deployments: what the guided start begins with. A company may add templates of its own.

A template is set up by administrators, so its groups are applied to what is made from it, whoever makes it.
"""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..deployment.ai_deployment import METHODS, TASKS
from ..tools.companies import check_shared


class AiDeploymentTemplate(models.Model):
    _name = "ai.deployment.template"
    _description = "Deployment Template"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True, help="What it does, in words of the people who will use it.")
    purpose = fields.Text(required=True, translate=True, help="Purpose of the deployments made from it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    icon = fields.Char(default="fa-bar-chart", help="Name of an icon. For example: fa-star-o.")
    model_id = fields.Many2one(
        "ir.model",
        "Document",
        required=True,
        ondelete="cascade",
        domain=lambda self: [("model", "in", self.env["ai.deployment"]._target_models())],
    )
    # A guided start trains; what proposes values is bound to a model that runs elsewhere.
    method = fields.Selection([each for each in METHODS if each[0] not in TASKS], required=True, default="scorecard")
    imports_model = fields.Boolean(
        "Imported Model", help="A model is imported by an administrator instead of being trained on the records."
    )
    horizon_days = fields.Integer("Outcome Window (Days)", required=True, default=60)
    landmarks = fields.Boolean(
        "Learn From Later Moments",
        help="Versions learn from records again while they were open, with the inputs as they were then. For leads.",
    )
    input_count = fields.Integer("Suggested Inputs", required=True, default=8, help="Most inputs ticked beforehand.")
    viewer_group_ids = fields.Many2many(
        "res.groups",
        "ai_deployment_template_viewer_rel",
        string="Visible to Groups",
        help="Members see the scores in production, on records that they may read.",
    )
    check_template_id = fields.Many2one(
        "ai.deployment.check.template", "Checklist Template", ondelete="set null", help="Empty: that of the company."
    )
    score_on_create = fields.Boolean("Score on Creation", default=True)
    score_on_change = fields.Boolean("Score on Change", default=True)
    score_nightly = fields.Boolean("Score Every Night", default=True)
    last_started = fields.Datetime(readonly=True, copy=False)  # written by who creates, see `DeploymentMaker`
    onboarding_id = fields.Many2one("ai.deployment.onboarding", compute="_compute_onboarding_id")
    missing_right_text = fields.Char("Missing Right", compute="_compute_missing_right_text")

    _horizon_in_reach = models.Constraint(
        "CHECK(horizon_days BETWEEN 1 AND 3650)", "The outcome window must be between one day and ten years."
    )
    _input_count_in_reach = models.Constraint(
        "CHECK(input_count BETWEEN 1 AND 12)", "Between 1 and 12 inputs can be suggested."
    )

    @api.constrains("model_id", "method", "landmarks")
    def _check_target(self):
        for template in self:
            name = template.sudo().model_id.model
            if name not in self.env["ai.deployment"]._target_models():
                raise ValidationError(self.env._("Records of “%s” cannot be scored.", template.model_id.name))
            if template.method == "scorecard" and not self.env[name]._ai_has_outcome():
                raise ValidationError(
                    self.env._(
                        "“%s” has no outcome to predict. Choose “Detect unusual records”.", template.model_id.name
                    )
                )
            if template.landmarks and (template.method != "scorecard" or self.env[name]._ai_course() is None):
                raise ValidationError(
                    self.env._("“Learn From Later Moments” is for predicting the outcome of records that stay open.")
                )

    @api.depends_context("uid", "company")
    def _compute_onboarding_id(self):
        """The guided start that the user began with the template and has not finished."""
        mine = self.env["ai.deployment.onboarding"].search(
            Domain("template_id", "in", self.ids)
            & Domain("user_id", "=", self.env.uid)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("is_open", "=", True)
        )
        begun = {onboarding.template_id: onboarding for onboarding in mine}
        for template in self:
            template.onboarding_id = begun.get(template)

    @api.depends("model_id", "viewer_group_ids")
    @api.depends_context("uid", "lang")
    def _compute_missing_right_text(self):
        """Say what the user lacks to start with the template, and who can give it; empty where nothing is missing.

        Named is the right of those who will see the scores, where it is one to read the records.
        """
        rights = self.env["ir.model.access"]
        for template in self:
            told = template.sudo()
            documents = self.env.get(told.model_id.model)
            template.missing_right_text = False
            if documents is None or documents.has_access("read"):
                continue
            known = rights.group_names_with_access(documents._name, "read")
            viewers = {f"{group.privilege_id.name}/{group.name}" for group in told.viewer_group_ids}
            template.missing_right_text = self.env._(
                "To read %(records)s, you need the right “%(right)s”: whoever manages users in Odoo's settings can "
                "give it to you.",
                records=documents._ai_words()["records"],
                right=next((name for name in known if name in viewers), ", ".join(known)),
            )

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._check_shared()
        return templates

    def write(self, vals):
        self._check_shared()
        result = super().write(vals)
        self._check_shared()
        return result

    def unlink(self):
        self._check_shared()
        return super().unlink()

    def _check_shared(self):
        check_shared(self.env, any(not template.company_id for template in self.sudo()))

    # Buttons

    def action_start(self):
        """Open the guided start of the user with this template: the one begun before, else a new one."""
        self.ensure_one()
        self.check_access("read")
        return self.env["ai.deployment.onboarding"]._begin(self)._open()
