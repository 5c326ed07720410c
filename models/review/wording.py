"""Why a review is here, in a sentence with the figures of the moment at which it was opened.

The figures are kept with the review: lines are moved and amounts are changed, and the sentence still has to be true.
All sentences of a list are made in sets, one query per kind of thing they speak of. What is told of the record itself
is told to those only who may know it: sensitive inputs are masked here as everywhere.
"""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import formatLang

from ...ml import routing
from ..tools.wording import percent


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    threshold = fields.Float(readonly=True, aggregator=None, help="The figure beyond which a person looks.")
    amount = fields.Float(readonly=True, groups=NO_ACCESS, aggregator=None)  # it may be a sensitive input
    why_text = fields.Char("Why It Is Here, in Words", compute="_compute_why_text", compute_sudo=False)

    def _follow(self, kind, **values):
        self.ensure_one()
        return super()._follow(kind, **{"threshold": self.threshold, "amount": self.sudo().amount, **values})

    @api.depends(
        "reason",
        "confidence",
        "predicted_value",
        "prediction",
        "failure_type",
        "threshold",
        "inference_id",
        "hides_score",
    )
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_why_text(self):
        self.why_text = False
        labels = dict(self._fields["reason"]._description_selection(self.env))
        for (reason, res_model), reviews in self.grouped(lambda review: (review.reason, review.res_model)).items():
            if res_model in self.env:
                texts = getattr(reviews, f"_why_{reason}", dict)()
                for review in reviews:  # the figures would tell what the score says
                    review.why_text = (not review.hides_score and texts.get(review)) or labels.get(reason)

    # One method per reason: {review: sentence}; where it says nothing, the reason's own name does

    def _why_failed(self):
        labels = dict(self._fields["failure_type"]._description_selection(self.env))
        return {
            review: self.env._("Could not be scored: %s", line.failure_message or labels.get(review.failure_type, ""))
            for review, line in self._with_lines()
        }

    def _why_low_confidence(self):
        texts = {}
        for review in self:
            sure, line = self._apart(review.confidence, review.threshold)
            texts[review] = (
                self.env._("The score is %(sure)s sure; a person looks below %(line)s.", sure=sure, line=line)
                if review.threshold > review.confidence
                else self.env._("The score is %s sure; a person looks at all such answers.", sure)
            )
        return texts

    def _why_flagged(self):
        texts = {}
        for review in self:
            value, line = self._apart(review.predicted_value, review.threshold)
            texts[review] = (
                self.env._("Unusualness %(value)s; a person looks from %(line)s on.", value=value, line=line)
                if 0 < review.threshold <= review.predicted_value
                else self.env._("Unusualness %s, more than in most others.", value)
            )
        return texts

    def _why_out_of_support(self):
        return {
            review: " ".join(
                f"{text.removeprefix('? ')}." for text in review.version_id.sudo()._support_texts(line.codes)
            )
            for review, line in self._with_lines()
        }

    def _why_amount(self):
        texts, hidden = {}, self._hiding(routing.AMOUNT)
        for review in self:
            currency, amount = review.company_id.sudo().currency_id, review.sudo().amount
            if review in hidden or not amount:
                continue
            texts[review] = self.env._(
                "%(amount)s are at stake; a person looks from %(line)s on.",
                amount=formatLang(self.env, amount, currency_obj=currency),
                line=formatLang(self.env, review.threshold, currency_obj=currency),
            )
        return texts

    def _why_new_vendor(self):
        shown = self - self._hiding(routing.NEW_VENDOR)
        documents = self.env[self[:1].res_model].browse(shown.mapped("res_id")).exists()._filtered_access("read")
        name = documents._ai_told_by_reasons().get(routing.NEW_VENDOR, [None])[0]
        if not name:
            return {}
        partners = documents.sudo()[name].with_env(self.env)._filtered_access("read")
        names = {
            document.id: document[name].display_name
            for document in documents.sudo()
            if document[name].id in set(partners.ids)
        }
        return {
            review: self.env._("First bill of %s.", names[review.res_id]) for review in shown if review.res_id in names
        }

    def _why_disagreement(self):
        texts = {}
        for review, line in self._with_lines():
            if not line:
                continue
            if review.deployment_id.sudo().method != "anomaly":
                texts[review] = self.env._(
                    "Odoo says %(odoo)s, the score %(score)s.",
                    odoo=percent(self.env, line.incumbent_value),
                    score=percent(self.env, review.predicted_value),
                )
            elif review.prediction:
                texts[review] = self.env._(
                    "The score says %(score)s, Odoo does not warn.", score=percent(self.env, review.predicted_value)
                )
            else:
                texts[review] = self.env._(
                    "Odoo warns of it, the score says %(score)s.", score=percent(self.env, review.predicted_value)
                )
        return texts

    def _why_audit(self):
        return {
            review: self.env._(
                "Drawn by lot for a check, as %s of such records are.",
                percent(self.env, line.audit_chance, 1, trimmed=True),
            )
            for review, line in self._with_lines()
            if line.audit_chance
        }

    # What they share

    def _with_lines(self):
        """Each review with its line of the log, in sudo: read for all of them at once."""
        return [(review, review.sudo().inference_id) for review in self]

    def _hiding(self, reason):
        """Those of these reviews of one document model where `reason` may not be told to this user in figures."""
        masks_all, sees_sensitive = self.env["ai.deployment.inference"]._masking()
        if masks_all or sees_sensitive:
            return self if masks_all else self.browse()
        told = set(self.env[self[:1].res_model]._ai_told_by_reasons().get(reason, ()))
        secret = self.browse()
        for version, reviews in self.sudo().grouped("version_id").items():
            specs = version._specs() if version else {}
            paths = {
                path.split(".")[0]
                for key in (version._sensitive_keys() if version else ())
                if key in specs
                for path in (specs[key].get("path"), specs[key].get("value_path"), *specs[key].get("group_paths", ()))
                if path
            }
            if told & paths:
                secret |= reviews
        return self.browse(secret.ids)

    @api.model
    def _apart(self, one, other):
        """Two shares as people read them, with a digit more where they would read the same."""
        if percent(self.env, one) != percent(self.env, other) or one == other:
            return percent(self.env, one), percent(self.env, other)
        return percent(self.env, one, 1), percent(self.env, other, 1)
