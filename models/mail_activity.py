"""Activities that point to reviews: closing one closes the other.

An activity marked as done answers its review with "Cannot tell" and the feedback as the note. One that is cancelled
does not: the review stays open, and the cron makes a new activity. Activities of other records cost no query.
"""

from odoo import models
from odoo.exceptions import AccessError

from .review.activities import REVIEW
from .review.answers import decide
from .review.eligibility import check_may_decide
from .tools.shipped import shipped


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        reviews = self._ai_reviews_to_close()
        for review in reviews:
            check_may_decide(review)
        # First the activities: a decision marks what is left of them done, and finds nothing.
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if reviews:
            decide(reviews, "unsure", note=feedback or "")
        return result

    def _ai_reviews_to_close(self):
        """Return the open reviews that these activities point to; raise where the user may not see them."""
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
            raise AccessError(self.env._("You cannot see the records of this review, so you cannot close it."))
        return waiting
