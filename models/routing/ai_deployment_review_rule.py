"""Review reasons: one row per deployment and reason, with its on/off, priority and cap.

The rows are there from the beginning, for all reasons that fit the document and the method; nobody adds or deletes any.
Scoring reads none of them: what is on is kept beside the line of the deployment (`routing_rules`), in their order.

Two reasons keep to rules of their own whatever their priority. What could not be scored has no other reason, and where
nobody is asked about it, it waits and is tried again. Random checks are drawn among what no other reason took: they say
how often nobody looks in vain.
"""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import formatLang
from odoo.tools.sql import column_exists

from ...ml import routing
from ..deployment.ai_deployment import TASKS
from ..scoring.reasons import REVIEW_REASONS
from ..tools.trust import own
from ..tools.wording import percent
from .rules import AMOUNT, DEFAULTS, EDITABLE, POINTS


class AiDeploymentReviewRule(models.Model):
    _name = "ai.deployment.review.rule"
    _description = "Review Reason"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, priority, id"
    _rec_name = "reason"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="deployment_id.company_id.currency_id", unsaved=True)
    reason = fields.Selection(REVIEW_REASONS, required=True, readonly=True)
    is_on = fields.Boolean("On", default=True)
    priority = fields.Integer(
        required=True,
        default=50,
        help="Lower comes first: in the list of reviews, and if several reasons apply to one record.",
    )
    cap = fields.Integer("Daily Limit", help="Maximum number of reviews a day for this reason; 0: no limit.")
    points = fields.Integer(
        "Workload",
        required=True,
        default=POINTS,
        help="Workload of one such review relative to others; the workload is distributed evenly among reviewers.",
    )
    amount = fields.Monetary("From", default=AMOUNT, help="In the currency of the company.")
    sentence = fields.Char("Current Effect", compute="_compute_sentence", unsaved=True)

    _reason_uniq = models.UniqueIndex("(deployment_id, reason)", "This reason exists already.")
    _priority_in_reach = models.Constraint(
        "CHECK(priority BETWEEN 0 AND 9999)", "The priority must be between 0 and 9999."
    )
    _cap_not_negative = models.Constraint("CHECK(cap >= 0)", "The number of reviews a day cannot be negative.")
    _points_in_reach = models.Constraint(
        "CHECK(points BETWEEN 1 AND 100)", "The workload of a review must be between 1 and 100."
    )
    _amount_not_negative = models.Constraint("CHECK(amount >= 0)", "The amount cannot be negative.")

    def init(self):
        """Deployments from before there were reasons to choose have them too, as they were set."""
        groups = self.env.execute_query(SQL("SELECT DISTINCT res_model, method FROM ai_deployment"))
        rows = [
            SQL("(%s, %s, %s, %s, %s)", res_model, method, reason, *DEFAULTS[reason])
            for res_model, method in groups
            for reason in self._fitting(res_model, method)
        ]
        if not rows:
            return
        # The setting that one of them replaces: Odoo drops its column only when the upgrade is done.
        unknown = (
            SQL("COALESCE(deployment.review_unknown, TRUE)")
            if column_exists(self.env.cr, "ai_deployment", "review_unknown")
            else SQL("TRUE")
        )
        added = self.env.execute_query(
            SQL(
                "INSERT INTO ai_deployment_review_rule"
                " (deployment_id, reason, is_on, priority, cap, points, amount)"
                " SELECT deployment.id, fitting.reason, fitting.is_on AND (fitting.reason <> %s OR %s),"
                " fitting.priority, 0, %s, %s"
                " FROM ai_deployment deployment"
                " JOIN (VALUES %s) AS fitting (res_model, method, reason, is_on, priority)"
                " ON fitting.res_model = deployment.res_model AND fitting.method = deployment.method"
                " WHERE NOT EXISTS (SELECT FROM ai_deployment_review_rule rule"
                " WHERE rule.deployment_id = deployment.id AND rule.reason = fitting.reason)"
                " RETURNING deployment_id",
                routing.OUT_OF_SUPPORT,
                unknown,
                POINTS,
                AMOUNT,
                SQL(", ").join(rows),
            )
        )
        if added:
            deployments = self.env["ai.deployment"].browse({deployment_id for (deployment_id,) in added})
            self.env.add_to_compute(deployments._fields["routing_rules"], deployments)

    @api.model
    def _fitting(self, res_model, method):
        """The reasons that can hold for documents of this kind."""
        documents = self.env.get(res_model)
        left_out = {routing.FLAGGED} if method != "anomaly" else {routing.OUT_OF_SUPPORT}
        if method in TASKS:
            # Odoo has no opinion of values, and what is written in free words is new on each record.
            left_out |= {routing.DISAGREEMENT, routing.OUT_OF_SUPPORT}
        if documents is None or not hasattr(documents, "_ai_amount_sql"):
            left_out |= {routing.AMOUNT, routing.NEW_VENDOR}
        else:
            if documents._ai_amount_sql("document") is None:
                left_out.add(routing.AMOUNT)
            if documents._ai_new_partner_sql("document", self.env.company.id) is None:
                left_out.add(routing.NEW_VENDOR)
        return [reason for reason in DEFAULTS if reason not in left_out]

    # Writing

    def write(self, vals):
        if not self.env.su and vals.keys() - EDITABLE:
            raise AccessError(
                self.env._("The kind of a review reason cannot be changed: switch it off or change its numbers.")
            )
        before = {rule: rule.sentence for rule in self}
        result = super().write(vals)
        for deployment, rules in self.grouped("deployment_id").items():
            changed = rules.filtered(lambda rule: rule.sentence != before[rule])
            if changed:
                texts = [self.env._("Review reasons changed:"), *changed.mapped("sentence")]
                own(deployment)._message_log(body=Markup("<br/>").join(texts), author_id=self.env.user.partner_id.id)
            if any(rule.reason == routing.FAILED and rule.is_on for rule in changed):
                self.env["ai.deployment.request"].sudo()._make_due(deployment)  # somebody may look at what waits
        return result

    def unlink(self):
        # pylint: disable=no-raise-unlink
        if not self.env.su:
            raise UserError(self.env._("A review reason can be switched off but not deleted."))
        return super().unlink()

    # Words

    @api.depends(
        "reason",
        "is_on",
        "cap",
        "amount",
        "deployment_id.routing",
        "deployment_id.min_confidence",
        "deployment_id.target_error",
        "deployment_id.reviews_per_day",
        "deployment_id.audit_share",
        "deployment_id.method",
        "deployment_id.res_model",
        "deployment_id.company_id.currency_id",
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for rule in self:
            deployment = rule.deployment_id
            if deployment.res_model not in self.env:
                rule.sentence = False
                continue
            words = {"records": self.env[deployment.res_model]._ai_words()["records"], "cap": rule.cap}
            if not rule.is_on:
                rule.sentence = rule._off_sentence(words)
            elif rule.cap:
                rule.sentence = rule._capped_sentence(rule._on_sentence(words), words)
            else:
                rule.sentence = self.env._("%s.", rule._on_sentence(words))

    def _off_sentence(self, words):
        if self.reason == routing.FAILED:
            return self.env._("Off: %(records)s that could not be scored wait and are retried.", **words)
        if self.reason == routing.AUDIT:
            return self.env._("Off: no random checks, so the error rate of automatic decisions is unknown.")
        return self.env._("Off: this reason creates no reviews.")

    def _capped_sentence(self, sentence, words):
        values = {**words, "sentence": sentence}
        if self.reason == routing.FAILED:
            return self.env._("%(sentence)s, at most %(cap)s a day; the rest waits and is retried.", **values)
        if self.reason == routing.AUDIT:
            return self.env._(
                "%(sentence)s, at most %(cap)s a day; the limit makes the error estimate from random checks "
                "less precise.",
                **values,
            )
        return self.env._(
            "%(sentence)s, at most %(cap)s a day in order of priority; the rest is decided automatically "
            "unless another reason applies.",
            **values,
        )

    def _on_sentence(self, words):
        """Return the current effect of the rule when on, without a full stop."""
        if self.reason == routing.LOW_CONFIDENCE:
            return self._unsure_sentence(words)
        if self.reason == routing.FLAGGED:
            return self._unusual_sentence(words)
        if self.reason == routing.AMOUNT:
            money = formatLang(self.env, self.amount, currency_obj=self.currency_id)
            return self.env._("Review of %(records)s of %(money)s and more", money=money, **words)
        if self.reason == routing.AUDIT:
            share = percent(self.env, self.deployment_id.audit_share, 4, trimmed=True)
            return self.env._("%(share)s of the automatic decisions are reviewed, chosen at random", share=share)
        if self.reason == routing.DISAGREEMENT:
            if self.deployment_id.method == "anomaly":
                return self.env._("Records are reviewed if Odoo warns and the score does not, or vice versa")
            return self.env._("Records are reviewed if Odoo's own estimate and the score differ")
        return {
            routing.FAILED: self.env._("Review of %(records)s that could not be scored", **words),
            routing.OUT_OF_SUPPORT: self.env._("Review of %(records)s with a value unknown to the version", **words),
            routing.NEW_VENDOR: self.env._("Review of %(records)s of vendors without a posted bill", **words),
        }[self.reason]

    def _unusual_sentence(self, words):
        if self.deployment_id.routing == "capacity":
            return self.env._(
                "The most unusual %(records)s are reviewed, up to %(count)s a day",
                count=self.deployment_id.reviews_per_day,
                **words,
            )
        return self.env._("Review of %(records)s that look unusual", **words)

    def _unsure_sentence(self, words):
        deployment = self.deployment_id
        if deployment.routing == "error":
            return self.env._(
                "Records are reviewed if more than %s of the answers could be wrong",
                percent(self.env, deployment.target_error),
            )
        if deployment.routing == "capacity" and deployment.method == "anomaly":
            return self.env._("Inactive while the number of reviews a day is fixed")
        if deployment.routing == "capacity":
            return self.env._(
                "The %(records)s with the lowest confidence are reviewed, up to %(count)s a day",
                count=deployment.reviews_per_day,
                **words,
            )
        return self.env._(
            "Review of %(records)s with a confidence below %(line)s",
            line=percent(self.env, deployment.min_confidence),
            **words,
        )
