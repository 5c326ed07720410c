"""The guided start of one person: from a template to a deployment that scores in shadow.

It is stored, so every step can be left and taken up again. It belongs to whoever began it: suggested inputs show
values of records as that person may read them.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import clock
from ..training.ai_deployment_training import OPEN
from ..training.suggestions import Suggestions
from .deployment_maker import DeploymentMaker
from .survey import lacking, list_action, survey

STAGES = [
    ("records", "Records"),
    ("inputs", "Inputs"),
    ("people", "People"),
    ("train", "Training"),
    ("shadow", "Shadow"),
]


class AiDeploymentOnboarding(models.Model):
    _name = "ai.deployment.onboarding"
    _description = "Guided Start"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"

    name = fields.Char(required=True)
    template_id = fields.Many2one("ai.deployment.template", required=True, readonly=True, ondelete="cascade")
    imports_model = fields.Boolean(related="template_id.imports_model")
    method = fields.Selection(related="template_id.method")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Begun By", required=True, readonly=True, index=True, ondelete="cascade")
    stage = fields.Selection(STAGES, required=True, readonly=True, default="records")
    is_open = fields.Boolean(required=True, readonly=True, default=True)
    # Records
    survey_html = fields.Html("Your Records", compute="_compute_survey", sanitize=False)
    is_enough = fields.Boolean(compute="_compute_survey")
    missing_right_text = fields.Char(related="template_id.missing_right_text", related_sudo=False)
    # Inputs
    line_ids = fields.One2many("ai.deployment.onboarding.line", "onboarding_id", "Inputs")
    # People
    owner_id = fields.Many2one("res.users", required=True, domain=[("share", "=", False)])
    deputy_id = fields.Many2one("res.users", domain=[("share", "=", False)])
    approver_id = fields.Many2one(
        "res.users",
        domain=[("share", "=", False)],
        help="Approves or rejects going live. Must be neither owner nor deputy, nor have built it.",
    )
    reviewer_ids = fields.Many2many(
        "res.users", "ai_deployment_onboarding_reviewer_rel", string="Reviewers", domain=[("share", "=", False)]
    )
    viewer_group_ids = fields.Many2many(
        "res.groups",
        "ai_deployment_onboarding_viewer_rel",
        string="Visible to Groups",
        help="Members see the scores in production. Proposed by the template; changed by an administrator.",
    )
    horizon_days = fields.Integer(
        "Outcome Window (Days)",
        required=True,
        help="A record counts as won only if it is won within so many days. For example: 60.",
    )
    weekly_summary = fields.Boolean(default=True, help="The owner receives a summary by e-mail every week.")
    # Result
    deployment_id = fields.Many2one("ai.deployment", readonly=True, ondelete="set null")
    twin_id = fields.Many2one("ai.deployment", readonly=True, ondelete="set null")
    wants_second = fields.Boolean(readonly=True)
    is_administrator = fields.Boolean(compute="_compute_is_administrator")
    training_id = fields.Many2one("ai.deployment.training", compute="_compute_work")
    training_state = fields.Selection("_work_states", "Training Status", compute="_compute_work")
    training_progress = fields.Float(compute="_compute_work")
    training_text = fields.Char("Training Result", compute="_compute_work")
    has_version = fields.Boolean(compute="_compute_work")
    replay_id = fields.Many2one("ai.deployment.replay", compute="_compute_work")
    replay_state = fields.Selection("_work_states", "Replay Status", compute="_compute_work")
    replay_progress = fields.Float(compute="_compute_work")
    replay_html = fields.Html("Replay Result", compute="_compute_work", sanitize=False)
    is_busy = fields.Boolean(compute="_compute_work")

    _one_open = models.UniqueIndex(
        "(user_id, company_id, template_id) WHERE is_open", "You have begun this already: take it up under New."
    )
    _horizon_in_reach = models.Constraint(
        "CHECK(horizon_days BETWEEN 1 AND 3650)", "The outcome window must be between one day and ten years."
    )

    @api.depends_context("uid")
    def _compute_is_administrator(self):
        self.is_administrator = self.env.user.has_group("ai_deployment.group_manager")

    @api.depends("template_id", "horizon_days", "stage")
    @api.depends_context("uid", "lang")
    def _compute_survey(self):
        for onboarding in self:
            missing, is_shown = onboarding.missing_right_text, onboarding.stage in ("records", "inputs")
            found = is_shown and (survey(DeploymentMaker(onboarding).draft()) if not missing else lacking(missing))
            onboarding.is_enough = bool(found) and found.is_enough is not False
            onboarding.survey_html = found and self.env["ir.qweb"]._render(
                "ai_deployment.onboarding_survey", {"survey": found}
            )

    def _work_states(self):
        return self.env["ai.deployment.training"]._fields["state"]._description_selection(self.env)

    @api.depends("deployment_id", "stage")
    @api.depends_context("uid", "lang")
    def _compute_work(self):
        for onboarding in self:
            deployment = onboarding.deployment_id.sudo(False)._filtered_access("read")
            training = deployment.training_ids.sorted("id", reverse=True)[:1]
            replay = deployment.replay_ids.sorted("id", reverse=True)[:1]
            onboarding.training_id, onboarding.replay_id = training, replay
            onboarding.training_state, onboarding.replay_state = training.state, replay.state
            onboarding.training_progress, onboarding.replay_progress = training.progress, replay.progress
            onboarding.training_text, onboarding.replay_html = training.result_text, replay.result_html
            onboarding.has_version = bool(deployment.champion_id)
            onboarding.is_busy = onboarding.stage == "train" and bool({training.state, replay.state} & set(OPEN))

    def write(self, vals):
        if (
            "viewer_group_ids" in vals
            and not self.env.su
            and not self.env.user.has_group("ai_deployment.group_manager")
        ):
            raise AccessError(self.env._("Only an administrator can set who sees the scores."))
        if not self.env.su and {*vals} - {"line_ids"} and self.filtered("deployment_id"):
            raise UserError(self.env._("The deployment exists already: change it there."))
        return super().write(vals)

    # Steps

    @api.model
    def _begin(self, template):
        """Return the open guided start of the user with `template`, a new one where there is none."""
        if not self.env.user.has_group("ai_deployment.group_owner"):
            raise AccessError(self.env._("Only owners and administrators can create a deployment."))
        if template.missing_right_text:
            raise AccessError(template.missing_right_text)
        mine = (
            Domain("user_id", "=", self.env.uid)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("template_id", "=", template.id)
        )
        begun = self.search(mine & Domain("is_open", "=", True), limit=1)
        if begun:
            return begun
        told = template.sudo()
        values = {
            "name": template.name,
            "template_id": template.id,
            "company_id": self.env.company.id,
            "user_id": self.env.uid,
            "owner_id": self.env.uid,
            "horizon_days": told.horizon_days,
            "viewer_group_ids": [fields.Command.set(told.viewer_group_ids.ids)],
        }
        return self.sudo().create(values).sudo(False)

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Guided Start"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _check_open(self):
        self.ensure_one()
        self.check_access("write")
        if not self.is_open:
            raise UserError(self.env._("This guided start is finished."))

    def _to(self, stage):
        self.sudo().stage = stage

    def action_open_records(self):
        """Open Odoo's own list of the records, where they are entered and imported; all of them are shown."""
        self.ensure_one()
        documents = self.env[self.template_id.sudo().model_id.model]
        documents.check_access("read")
        return list_action(documents)

    def action_to_inputs(self):
        """Look through the records that the user may read, and list what could be an input."""
        self._check_open()
        self._check_before_deployment()
        draft = DeploymentMaker(self).draft()
        if not self.line_ids:
            self._suggest(draft)
        self._to("inputs")
        return True

    def action_suggest_again(self):
        """Look through the records once more, with the outcome window as it is now."""
        self._check_open()
        self._check_before_deployment()
        self.sudo().line_ids.unlink()
        self._suggest(DeploymentMaker(self).draft())
        return True

    def _suggest(self, draft):
        found = Suggestions(draft).find(clock.now())
        left = self.template_id.sudo().input_count
        values = []
        for one in found:
            is_chosen = one.is_chosen and left > 0
            left -= is_chosen
            values.append(
                {
                    "onboarding_id": self.id,
                    "is_chosen": is_chosen,
                    "declaration": one.declaration,
                    "fill_share": one.fill_share,
                    "example": one.example,
                    "auc": one.auc,
                    "leak_verdict": one.verdict or False,
                    "leak_reason": one.reason or False,
                }
            )
        if not values:
            raise UserError(
                self.env._("No input can be suggested: the fields of these records are empty or always the same.")
            )
        self.env["ai.deployment.onboarding.line"].sudo().create(values)

    def action_to_people(self):
        self._check_open()
        self._check_before_deployment()
        if not self.line_ids.filtered("is_chosen"):
            raise UserError(self.env._("Tick at least one input."))
        self._to("people")
        return True

    def action_back(self):
        """Go back one step; nothing is lost. Once the deployment exists, it is changed on its own page."""
        self._check_open()
        self._check_before_deployment()
        codes = [code for code, _label in STAGES]
        self._to(codes[max(codes.index(self.stage) - 1, 0)])
        return True

    def _check_before_deployment(self):
        if self.deployment_id:
            raise UserError(self.env._("The deployment exists already: change it there."))

    def action_create_second(self):
        """Create a deployment although a colleague has made one meanwhile."""
        self._check_open()
        self.sudo().wants_second = True
        return self.action_create_deployment()

    def action_create_deployment(self):
        """Create the deployment once, and begin its training and the replay of the last year in the background."""
        self._check_open()
        deployment = DeploymentMaker(self).make()
        if not deployment:
            return True  # the form names the deployment that a colleague has made
        self.sudo().twin_id = False
        self._to("train")
        if not self.template_id.sudo().imports_model and not deployment.champion_id:
            self.env["ai.deployment.replay"]._ask(deployment)
            deployment.action_train()
        return True

    def action_train_again(self):
        self._check_open()
        self.deployment_id._check_decides()
        self.env["ai.deployment.replay"]._ask(self.deployment_id)
        self.deployment_id.action_train()
        return True

    def action_start_shadow(self):
        """Start shadow, which scores the open records at once, and show the scores."""
        self._check_open()
        deployment = self.deployment_id
        deployment._check_decides()
        if deployment.state == "poc":
            deployment.action_start_shadow()
        self._close()
        return deployment.action_view_scores()

    def action_open_deployment(self):
        self.ensure_one()
        return self.deployment_id._open_form()

    def action_open_twin(self):
        self.ensure_one()
        return self.twin_id._open_form()

    def action_finish(self):
        """Leave the guided start for good; a deployment that was created stays."""
        self._check_open()
        deployment = self.deployment_id
        self._close()
        if deployment:
            return deployment._open_form()
        return self.env["ir.actions.act_window"]._for_xml_id("ai_deployment.ai_deployment_action")

    def _close(self):
        self.sudo().write({"is_open": False, "stage": "shadow" if self.deployment_id else self.stage})
