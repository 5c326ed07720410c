"""Who is asked, and by when. The review is the queue; the activity on it only points there.

Activities are made by a cron, not by the scoring transaction, at most `MAX_ACTIVITIES` per reviewer.
"""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from . import clock

MAX_ACTIVITIES = 20
BATCH = 100


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    @api.model
    def _cron_assign(self):
        """Find a reviewer for each new review and point to it with an activity."""
        cron = self.env["ir.cron"]
        todo = self.search(Domain("state", "=", "open") & Domain("is_assigned", "=", False), order="id")
        cron._commit_progress(remaining=len(todo))
        for start in range(0, len(todo), BATCH):
            batch = (
                todo[start : start + BATCH]
                .try_lock_for_update()
                .filtered(lambda review: review.state == "open" and not review.is_assigned)
            )
            batch._assign()
            if not cron._commit_progress(processed=min(BATCH, len(todo) - start)):
                return
        self._point_with_activities()

    def _assign(self):
        """The record's own person where that is a reviewer, else the reviewer with the fewest open reviews."""
        loads = dict(
            self._read_group(
                Domain("state", "=", "open") & Domain("reviewer_id", "!=", False), ["reviewer_id"], ["__count"]
            )
        )
        for review in self:
            reviewers = review._possible_reviewers()
            own = review._document().sudo()._ai_responsible() & reviewers if review._document() else reviewers.browse()
            reviewer = own[:1] or reviewers.sorted(lambda user: (loads.get(user, 0), user.id))[:1]
            due = review.opened_date + timedelta(days=review.deployment_id.review_days)
            review.write({"reviewer_id": reviewer.id, "is_assigned": True, "deadline": review.deadline or due})
            if reviewer:
                loads[reviewer] = loads.get(reviewer, 0) + 1

    def _possible_reviewers(self):
        """Active reviewers of the deployment (else its owner, then deputy) who may read the record."""
        self.ensure_one()
        deployment = self.deployment_id
        document = self.env[self.res_model].browse(self.res_id).exists()
        for people in (deployment.reviewer_ids, deployment.user_id, deployment.deputy_id):
            able = people.filtered(
                lambda user: user.active
                and user.has_group("ai_deployment.group_reviewer")
                and (not document or document.with_user(user).sudo(False).has_access("read"))
            )
            if able:
                return able
        return self.env["res.users"]

    @api.model
    def _point_with_activities(self):
        """Keep activities in step with the queue: the next reviews of each reviewer, and one summary of the rest."""
        waiting = Domain("state", "=", "open") & Domain("reviewer_id", "!=", False)
        unpointed = self.search(waiting & Domain("activity_ids", "=", False), order="deadline, id")
        pointed = dict(self._read_group(waiting & Domain("activity_ids", "!=", False), ["reviewer_id"], ["__count"]))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        rest = self.browse()
        for reviewer, reviews in unpointed.grouped("reviewer_id").items():
            room = max(MAX_ACTIVITIES - pointed.get(reviewer, 0), 0)
            rest |= reviews[room:]
            for review in reviews[:room]:
                review.activity_schedule(
                    "ai_deployment.mail_activity_type_review",
                    user_id=reviewer.id,
                    date_deadline=review.deadline.date() if review.deadline else clock.today(),
                    summary=reasons[review.reason],
                )
        self._summarise(rest)

    @api.model
    def _summarise(self, rest):
        """One activity per deployment and reviewer who has more reviews than activities; gone when they are done."""
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        current = self.env["mail.activity"].search(
            [("res_model", "=", "ai.deployment"), ("activity_type_id", "=", queue_type.id)]
        )
        wanted = rest.grouped(lambda review: (review.deployment_id, review.reviewer_id))
        standing = {
            (self.env["ai.deployment"].browse(activity.res_id), activity.user_id): activity for activity in current
        }
        for key, activity in standing.items():
            if key not in wanted:
                activity.unlink()
        for (deployment, reviewer), reviews in wanted.items():
            if (deployment, reviewer) not in standing:
                deployment.activity_schedule(
                    "ai_deployment.mail_activity_type_queue",
                    user_id=reviewer.id,
                    date_deadline=reviews[0].deadline.date() if reviews[0].deadline else clock.today(),
                    summary=self.env._("More reviews wait for you in the queue"),
                )
