"""Why a record goes to a person: one row per deployment and reason, with its on/off, its place in line and its cap.

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
from ..scoring.reasons import REVIEW_REASONS
from ..tools.trust import own
from ..tools.wording import percent
from .rules import AMOUNT, DEFAULTS, EDITABLE, POINTS


class AiDeploymentReviewRule(models.Model):
    _name = "ai.deployment.review.rule"
    _description = "Reason to Ask"
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
        help="Lower comes first: in the list of reviews, and where several reasons hold for one record.",
    )
    cap = fields.Integer("At Most a Day", help="So many reviews a day for this reason; 0: no limit.")
    points = fields.Integer(
        "Work",
        required=True,
        default=POINTS,
        help="How much work one such review is, compared with others: reviewers get equal shares of it.",
    )
    amount = fields.Monetary("From", default=AMOUNT, help="In the currency of the company.")
    sentence = fields.Char("What It Does Now", compute="_compute_sentence", unsaved=True)

    _reason_uniq = models.UniqueIndex("(deployment_id, reason)", "This reason is in the list already.")
    _priority_in_reach = models.Constraint(
        "CHECK(priority BETWEEN 0 AND 9999)", "The priority lies between 0 and 9999."
    )
    _cap_not_negative = models.Constraint("CHECK(cap >= 0)", "The number of reviews a day cannot be negative.")
    _points_in_reach = models.Constraint("CHECK(points BETWEEN 1 AND 100)", "The work of a review is 1 to 100.")
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
            raise AccessError(self.env._("A reason to ask stays what it is: switch it off or change its numbers."))
        before = {rule: rule.sentence for rule in self}
        result = super().write(vals)
        for deployment, rules in self.grouped("deployment_id").items():
            changed = rules.filtered(lambda rule: rule.sentence != before[rule])
            if changed:
                texts = [self.env._("Reasons to ask a person changed:"), *changed.mapped("sentence")]
                own(deployment)._message_log(body=Markup("<br/>").join(texts), author_id=self.env.user.partner_id.id)
            if any(rule.reason == routing.FAILED and rule.is_on for rule in changed):
                self.env["ai.deployment.request"].sudo()._make_due(deployment)  # somebody may look at what waits
        return result

    def unlink(self):
        # pylint: disable=no-raise-unlink
        if not self.env.su:
            raise UserError(self.env._("A reason to ask is switched off, not deleted."))
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
            return self.env._("Off: %(records)s that could not be scored wait and are tried again.", **words)
        if self.reason == routing.AUDIT:
            return self.env._("Off: nothing is checked at random, so nobody learns how much goes through wrongly.")
        return self.env._("Off: nobody is asked for this reason.")

    def _capped_sentence(self, sentence, words):
        values = {**words, "sentence": sentence}
        if self.reason == routing.FAILED:
            return self.env._("%(sentence)s, %(cap)s a day at most; the rest waits and is tried again.", **values)
        if self.reason == routing.AUDIT:
            return self.env._(
                "%(sentence)s, %(cap)s a day at most; the estimate from these checks gets coarser by that.", **values
            )
        return self.env._(
            "%(sentence)s, %(cap)s a day at most, those in most need first; the rest passes, unless another reason "
            "holds.",
            **values,
        )

    def _on_sentence(self, words):
        """What it does where it is on, without a full stop."""
        if self.reason == routing.LOW_CONFIDENCE:
            return self._unsure_sentence(words)
        if self.reason == routing.FLAGGED:
            return self._unusual_sentence(words)
        if self.reason == routing.AMOUNT:
            money = formatLang(self.env, self.amount, currency_obj=self.currency_id)
            return self.env._("A person looks at %(records)s of %(money)s and more", money=money, **words)
        if self.reason == routing.AUDIT:
            share = percent(self.env, self.deployment_id.audit_share, 4, trimmed=True)
            return self.env._("A person looks at %(share)s of what nobody else looked at, drawn by lot", share=share)
        if self.reason == routing.DISAGREEMENT:
            if self.deployment_id.method == "anomaly":
                return self.env._("A person looks where Odoo warns and the score does not, or the other way round")
            return self.env._("A person looks where Odoo's own opinion and the score give different answers")
        return {
            routing.FAILED: self.env._("A person looks at %(records)s that could not be scored", **words),
            routing.OUT_OF_SUPPORT: self.env._(
                "A person looks at %(records)s with a value that the version has never seen", **words
            ),
            routing.NEW_VENDOR: self.env._(
                "A person looks at %(records)s of vendors of whom nothing is posted yet", **words
            ),
        }[self.reason]

    def _unusual_sentence(self, words):
        if self.deployment_id.routing == "capacity":
            return self.env._(
                "A person looks at the most unusual %(records)s, as many as a day of %(count)s reviews allows",
                count=self.deployment_id.reviews_per_day,
                **words,
            )
        return self.env._("A person looks at %(records)s that look unusual", **words)

    def _unsure_sentence(self, words):
        deployment = self.deployment_id
        if deployment.routing == "error":
            return self.env._(
                "A person looks where more than %s of the answers could be wrong",
                percent(self.env, deployment.target_error),
            )
        if deployment.routing == "capacity" and deployment.method == "anomaly":
            return self.env._("Nobody is asked for this reason while the number of reviews a day decides")
        if deployment.routing == "capacity":
            return self.env._(
                "A person looks at the least sure %(records)s, as many as a day of %(count)s reviews allows",
                count=deployment.reviews_per_day,
                **words,
            )
        return self.env._(
            "A person looks at %(records)s whose score is less than %(line)s sure",
            line=percent(self.env, deployment.min_confidence),
            **words,
        )
