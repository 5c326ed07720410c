"""Activities that point to reviews: closing one closes the other.

Done by hand is an answer, "Cannot tell", with the feedback as its note. Cancelled is not: the review stays, and the
cron points to it again. Of activities of other records nothing is looked up.
"""

from odoo import models
from odoo.exceptions import AccessError

from .tools.shipped import shipped

REVIEW = "ai.deployment.review"


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        reviews = self._ai_reviews_to_close()
        for review in reviews:
            review._check_may_decide()
        # First the activities: a decision marks what is left of them done, and finds nothing.
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if reviews:
            reviews._decide("unsure", note=feedback or "")
        return result

    def _ai_reviews_to_close(self):
        """The open reviews that these activities point to; refused where the user may not see them."""
        if not any(activity.res_model == REVIEW for activity in self):
            return self.env[REVIEW]
        review_type = shipped(self.env, "mail_activity_type_review")
        pointing = self.filtered(
            lambda activity: activity.res_model == REVIEW
            and activity.active
            and activity.activity_type_id == review_type
        )
        reviews = self.env[REVIEW].browse(set(pointing.mapped("res_id"))).exists()
        waiting = reviews.sudo().filtered(lambda review: review.state == "open").sudo(self.env.su)
        if waiting and len(waiting._filtered_access("read")) < len(waiting):
            raise AccessError(self.env._("You cannot see what this review is about, so you cannot close it."))
        return waiting
