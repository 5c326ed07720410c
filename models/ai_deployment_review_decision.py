"""What an answer does: it is kept with who gave it, becomes a label, and leaves a note on the record."""

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from . import clock


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    def action_confirm(self):
        self._decide("confirmed")
        return True

    def action_unsure(self):
        self._decide("unsure")
        return True

    def action_override(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What is wrong?"),
            "res_model": "ai.deployment.review.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids, "default_decision": "overridden"},
        }

    def action_score_again(self):
        """Ask the serving version again; where that works now, this review is over."""
        for review in self:
            review._check_may_decide()
            review.sudo().deployment_id.with_env(self.env)._score(review._document(), again=True)
            latest = review.sudo()._latest_inference()
            if latest == review.sudo().inference_id:
                raise UserError(self.env._("“%s” does not belong to this deployment any more.", review.name))
            if latest.route != "retry" and not latest.failure_type:
                review._decide("rescored", note=self.env._("Scored again, this time it worked."))
                if latest.route == "review":  # it has a score now, and that is a question of its own
                    review.sudo()._ask_about(latest)
        return True

    def _latest_inference(self):
        return self.env["ai.deployment.inference"].search(
            Domain("deployment_id", "=", self.deployment_id.id) & Domain("res_id", "=", self.res_id),
            order="id desc",
            limit=1,
        )

    def _ask_about(self, inference):
        """A new review of the same record, for what `inference` says of it."""
        self.ensure_one()
        self.flush_recordset(["state"])  # one open review per record: this one must be closed in the database first
        names = ("deployment_id", "version_id", "company_id")
        return self.create(
            {
                **{name: inference[name].id for name in names},
                "res_model": inference.res_model,
                "res_id": inference.res_id,
                "inference_id": inference.id,
                "opened_date": inference.date,
                "reason": inference.review_reason,
                "predicted_value": inference.predicted_value,
                "prediction": inference.prediction,
                "confidence": inference.confidence,
                **inference.deployment_id._review_values(inference),
            }
        )

    def _decide(self, decision, note="", seconds=0.0):
        """Answer the question, once: by somebody who may see the record and is a reviewer, owner or deputy."""
        self.check_access("read")
        for review in self:
            review._check_may_decide()
            if review.failure_type and decision in ("confirmed", "overridden"):
                raise UserError(self.env._("“%s” has no score to be right or wrong: score it again.", review.name))
            values = {
                "state": "decided",
                "decision": decision,
                "note": note,
                "decided_by_id": self.env.uid,
                "decided_date": clock.now(),
                "seconds_spent": seconds,
            }
            if decision in ("confirmed", "overridden") and not review.failure_type:
                values["ground_truth"] = "positive" if review.prediction == (decision == "confirmed") else "negative"
                values["is_label"] = True
                (review._chain() - review).is_label = False
            reviewed = review.sudo()
            reviewed.write(values)
            self.env[review.res_model].invalidate_model(["ai_wants_review"], flush=False)
            own = reviewed.activity_ids.filtered_domain([("user_id", "in", [*reviewed.reviewer_id.ids, False])])
            own.action_feedback(feedback=note or False)
            review._log_on_document()

    def _check_may_decide(self):
        self.ensure_one()
        if self.state != "open":
            raise UserError(self.env._("This review is closed already."))
        deployment, user = self.sudo().deployment_id, self.env.user
        named = user in deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
        administrator = user.has_group("ai_deployment.group_manager")
        if not (self.env.su or administrator or (named and user.has_group("ai_deployment.group_reviewer"))):
            raise AccessError(self.env._("Only the reviewers of this deployment decide its reviews."))

    def _log_on_document(self):
        """A note where the colleagues of the record read it."""
        self.ensure_one()
        document = self._document().sudo()
        if not document or not hasattr(document, "_message_log"):
            return
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        document._message_log(
            body=self.env._(
                "%(deployment)s – review by %(person)s: %(decision)s. %(note)s",
                deployment=self.sudo().deployment_id.name,
                person=self.env.user.name,
                decision=decisions[self.decision],
                note=self.note or "",
            ),
            author_id=self.env.user.partner_id.id,
        )
