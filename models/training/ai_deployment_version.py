"""What a version flags, the questions that hold it back, and going back: `flagged`, `questions`, `rollback`."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..tools.wording import number, percent
from .flagged import confirmed_by_reason
from .questions import open_questions, question_texts
from .rollback import Rollback


class AiDeploymentVersion(models.Model):
    _inherit = "ai.deployment.version"

    flagged = fields.Json("Flagged Records by Reason", readonly=True)  # see `flagged_by_reason`
    flagged_html = fields.Html("Flagged Records", compute="_compute_flagged_html", sanitize=False)

    @api.depends("flagged")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_flagged_html(self):
        for version in self:
            version.flagged_html = bool(version.flagged) and self.env["ir.qweb"]._render(
                "ai_deployment.flagged_table", version._printed_flags()
            )

    def _printed_flags(self):
        """Return plain texts for the table: what is flagged by which reason, what reviewers confirmed of it.

        Examples are records that the user may read; reasons are names of inputs and show no value.
        """
        self.ensure_one()
        flagged, specs = self.flagged, self._specs()
        confirmed = confirmed_by_reason(self.deployment_id.sudo())
        documents = self.env[self.deployment_id.res_model]
        shown = [res_id for reason in flagged["reasons"] for res_id in reason["ids"]]
        if not documents.has_access("read"):
            shown = []
        readable = documents.browse(shown).exists()._filtered_access("read")
        names = {record.id: record.display_name for record in readable}
        rows = []
        for reason in flagged["reasons"]:
            reviews, right = confirmed.get(reason["key"], (0, 0))
            rows.append(
                {
                    "name": specs[reason["key"]]["name"] if reason["key"] in specs else reason["key"],
                    "count_text": number(self.env, reason["count"]),
                    "share_text": percent(self.env, reason["count"] / flagged["flagged"]),
                    "examples": [
                        {"name": names[res_id], "url": f"/odoo/{documents._name}/{res_id}"}
                        for res_id in reason["ids"]
                        if res_id in names
                    ],
                    "confirmed_text": self.env._(
                        "%(share)s of %(reviews)s", share=percent(self.env, right / reviews), reviews=reviews
                    )
                    if reviews
                    else "",
                }
            )
        growing = [
            self.env._(
                "New values of “%(input)s” come with %(share)s of the records, so a new value alone is no warning.",
                input=specs[key]["name"] if key in specs else key,
                share=percent(self.env, share, 1),
            )
            for key, share in flagged["growing"].items()
        ]
        text = self.env._(
            "Of the latest %(rows)s records, this version flags %(flagged)s.",
            rows=number(self.env, flagged["rows"]),
            flagged=number(self.env, flagged["flagged"]),
        )
        return {"text": text, "rows": rows, "growing": growing}

    # Questions that hold it back

    questions = fields.Json(readonly=True)
    not_judged = fields.Json("Inputs Not Judged", readonly=True)
    not_judged_text = fields.Char("Not Judged", compute="_compute_not_judged_text", compute_sudo=True)
    questions_text = fields.Text("Open Questions", compute="_compute_questions_text", compute_sudo=True)
    answer_ids = fields.One2many("ai.deployment.version.answer", "version_id", "Explanations", readonly=True)

    @api.depends("not_judged")
    @api.depends_context("lang")
    def _compute_not_judged_text(self):
        for version in self:
            specs = version._specs() if version.not_judged else {}
            version.not_judged_text = ", ".join(specs[key]["name"] for key in version.not_judged or [] if key in specs)

    @api.depends("questions", "answer_ids", "deployment_id.feature_ids.leak_override")
    @api.depends_context("lang")
    def _compute_questions_text(self):
        for version in self:
            version.questions_text = "\n".join(question_texts(version, open_questions(version)))

    def action_answer(self):
        """Open the dialog in which the owner answers the open questions."""
        self.ensure_one()
        self.deployment_id._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain"),
            "res_model": "ai.deployment.answer",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_version_id": self.id},
        }

    # Challenging the serving version

    is_challenger = fields.Boolean("Challenger", compute="_compute_is_challenger")

    @api.depends("deployment_id.challenger_id")
    def _compute_is_challenger(self):
        for version in self:
            version.is_challenger = version == version.deployment_id.challenger_id

    def action_challenge(self):
        """Let this version score beside the serving one, and open the comparison."""
        self.ensure_one()
        deployment = self.deployment_id
        deployment._check_decides()
        deployment.sudo()._assign_challenger(self.sudo(), self.env._("Chosen by %s", self.env.user.name))
        return deployment.action_view_comparison()

    # Going back to it

    golden = fields.Json("Golden Set", readonly=True, groups=NO_ACCESS, prefetch=False)
    training_ids = fields.One2many("ai.deployment.training", "version_id", readonly=True)
    has_served = fields.Boolean(compute="_compute_has_served")
    left_behind_count = fields.Integer("Scores Left Behind", compute="_compute_left_behind_count")

    @api.depends("deployment_id.assignment_ids.version_id", "deployment_id.assignment_ids.role")
    def _compute_has_served(self):
        for version in self:
            served = version.deployment_id.assignment_ids.filtered(lambda assignment: assignment.role == "champion")
            version.has_served = version in served.version_id

    @api.depends("deployment_id.champion_id")
    def _compute_left_behind_count(self):
        for version in self:
            is_withdrawn = version.has_served and not version.is_serving
            deployment = version.deployment_id.sudo()
            version.left_behind_count = len(Rollback(deployment).left_behind(version)) if is_withdrawn else 0

    def action_roll_back(self):
        """Let this version, which has served before, serve again."""
        self.ensure_one()
        self.deployment_id._check_decides()
        return Rollback(self.deployment_id.sudo()).to(self.sudo())

    def action_score_again(self):
        """Score the records again whose current score this withdrawn version wrote."""
        self.ensure_one()
        self.deployment_id._check_decides()
        deployment = self.deployment_id
        ids = Rollback(deployment.sudo()).left_behind(self)
        if not ids:
            raise UserError(self.env._("No record shows a score of this version any more."))
        deployment.sudo()._check_at_work()
        batch = self.env["ai.deployment.batch"]._ask(deployment.sudo(), ids, True, confirms_floods=True)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.batch",
            "res_id": batch.id,
            "views": [(False, "form")],
        }
