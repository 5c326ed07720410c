"""With an answer: the reason from the deployment's list, and what was on the screen.

`seen` is a dictionary that nobody reads through the ORM:

    {"screen": {...}, "version": id, "inference": id, "reason": …, "blind": bool}

`screen` comes from the browser and is untrusted; the rest the server adds. The values of the record are not copied:
they stand in the log line, are masked there, and go when the log's time is over. `seen_text` puts it into words.
"""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..scoring.ai_deployment_inference import MASKED
from .answers import ANSWERS

MOST_SEEN = 8000  # characters of JSON from a browser
PLAIN = {"score", "confidence", "incumbent", "reasons", "similar"}  # never an input of the record: shown unmasked


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    answer_id = fields.Many2one(
        "ai.deployment.review.answer", "Reason Given", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    seen = fields.Json(readonly=True, groups=NO_ACCESS, copy=False)
    seen_text = fields.Text("What They Saw", compute="_compute_seen_text", compute_sudo=True)

    def _answer_values(self, decision, answer, note):
        if not answer:
            return {}
        # Whoever does not see the score must not learn it from which reason is refused.
        fits = None if self.hides_score and decision in ANSWERS else decision
        answer._check_fits(self.sudo().deployment_id, fits, note)
        return {"answer_id": answer.id}

    def _seen_values(self, seen):
        """`seen` as it is kept, with what the server knows by itself."""
        review = self.sudo()
        return {
            "seen": {
                "screen": self._checked_seen(seen),
                "version": review.version_id.id,
                "inference": review.inference_id.id,
                "reason": review.reason,
                "blind": review.hides_score,
            }
        }

    @api.model
    def _checked_seen(self, seen):
        """What a browser says was on the screen: a small dictionary of plain JSON, or a refusal."""
        if not seen:
            return {}
        try:
            text = json.dumps(seen, allow_nan=False, ensure_ascii=False)
            text.encode()  # half a character is none for the database
        except (TypeError, ValueError, RecursionError):
            text = None
        if not isinstance(seen, dict) or text is None or len(text) > MOST_SEEN or "\\u0000" in text:
            raise UserError(self.env._("What was on the screen cannot be kept like this: load the page again."))
        return json.loads(text)  # keys as the database will have them

    @api.depends("seen")
    @api.depends_context("uid", "lang")
    def _compute_seen_text(self):
        user, auditor = self.env.user, self.env.user.has_group("ai_deployment.group_auditor")
        for review in self:
            named = review.deployment_id.user_id | review.deployment_id.deputy_id
            may = auditor or user in named or user.has_group("ai_deployment.group_manager")
            review.seen_text = "\n".join(review._seen_lines()) if may and review.seen else False

    def _seen_lines(self):
        """What was seen, line by line, as the current user may read it. In sudo."""
        masks_all, sees_sensitive = self.env["ai.deployment.inference"]._masking()
        hides, seen = masks_all or not sees_sensitive, self.seen
        yield self.env._("Score hidden until decided") if seen.get("blind") else self.env._("Score shown")
        if seen.get("version"):
            version = self.env["ai.deployment.version"].browse(seen["version"]).exists()
            yield self.env._("Version: %s", version.display_name or seen["version"])
        if seen.get("inference"):
            yield self.env._("Line of the log: %s", seen["inference"])
        labels = {
            "score": self.env._("Score"),
            "confidence": self.env._("Confidence"),
            "why": self.env._("Why it is here"),
            "reasons": self.env._("Reasons"),
            "incumbent": self.env._("Odoo says"),
            "similar": self.env._("Similar cases"),
        }
        for key, value in (seen.get("screen") or {}).items():
            plain = key in PLAIN and self._is_plain(value)
            shown = value if plain or isinstance(value, bool) or not hides else MASKED
            yield f"{labels.get(key) or (MASKED if hides else key)}: {self._seen_words(shown)}"
        if self.inference_id.inputs_text:
            yield self.env._("What was read:")
            yield self.inference_id.inputs_text

    @api.model
    def _is_plain(self, value):
        return isinstance(value, bool | int | float) or (
            isinstance(value, list) and all(isinstance(item, int) for item in value)
        )

    @api.model
    def _seen_words(self, value):
        if isinstance(value, bool):
            return self.env._("shown") if value else self.env._("not shown")
        if isinstance(value, list):
            return ", ".join(str(item) for item in value) or "–"
        return value if isinstance(value, str) else json.dumps(value)
