"""Activities that point to reviews. The review is the queue; an activity only says where to look next.

They are made by a cron, not by the scoring transaction: at most `MAX_ACTIVITIES` per reviewer, and above that one that
says how many more there are. It stands on the next of them, so that the activity menu leads to the queue.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from . import clock
from .tools.shipped import shipped
from .tools.trust import OWN, own

MAX_ACTIVITIES = 20


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    @api.model
    def _pointer_types(self):
        """The types of activity (of one review, of the rest of the queue); empty where somebody deleted them."""
        none = self.env["mail.activity.type"]
        names = ("mail_activity_type_review", "mail_activity_type_queue")
        return tuple(shipped(self.env, name) or none for name in names)

    def _pointers(self):
        """The activities that point to these reviews; not what a person planned beside them."""
        types = self.env["mail.activity.type"].union(*self._pointer_types())
        activities = self.env["mail.activity"].sudo()
        if not self:
            return activities
        return activities.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("activity_type_id", "in", types.ids)]
        )

    @api.model
    def _point_with_activities(self):
        """Bring activities in step with the queue: what points wrongly goes, what nobody is pointed to comes.

        Whoever holds the type of activity does so; another pass at the same time leaves it to that one.
        """
        review_type, queue_type = self._pointer_types()
        if not review_type or not queue_type:
            return  # reviews are assigned all the same, and stand at the desk
        if not review_type.try_lock_for_update(allow_referencing=True):
            return
        pointed = self._keep_right_pointers()
        wanted, rest = [], {}
        for review_id, user_id, room, place, total in self._next_to_point(list(pointed), pointed):
            if place <= room:
                wanted.append(review_id)
            else:
                rest[user_id] = (review_id, total - room)
        self.browse(wanted)._point(review_type, self._reason_of)
        self._summarise(rest, queue_type)

    def _keep_right_pointers(self):
        """Delete the activities that point wrongly; the others as {review id: user id}."""
        review_type, queue_type = self._pointer_types()
        activities = self.env["mail.activity"].search([("activity_type_id", "=", review_type.id)], order="id")
        reviews = self.browse(activities.mapped("res_id")).exists()
        open_ones = {review.id: review.reviewer_id.id for review in reviews if review.state == "open"}
        right, wrong = {}, activities.browse()
        for activity in activities:
            asked = open_ones.get(activity.res_id) if activity.res_model == self._name else None
            if asked and asked == activity.user_id.id and activity.res_id not in right:
                right[activity.res_id] = asked
            else:
                wrong += activity
        wrong.unlink()
        return right

    def _next_to_point(self, known, pointed):
        """The next reviews of each reviewer whom no activity points to, as many as there is room for, and one more.

        :return: rows of (review, reviewer, room, place in the reviewer's queue, length of that queue)
        """
        self.flush_model(["state", "reviewer_id", "priority", "deadline"])
        return self.env.execute_query(
            SQL(
                "SELECT id, reviewer_id, room, place, total FROM ("
                " SELECT review.id, review.reviewer_id, GREATEST(%s - COALESCE(used.count, 0), 0) AS room,"
                " ROW_NUMBER() OVER (PARTITION BY review.reviewer_id"
                " ORDER BY review.priority, review.deadline, review.id) AS place,"
                " COUNT(*) OVER (PARTITION BY review.reviewer_id) AS total"
                " FROM ai_deployment_review review LEFT JOIN"
                " (SELECT user_id, COUNT(*) FROM unnest(%s::int[]) AS pointed (user_id) GROUP BY user_id) used"
                " ON used.user_id = review.reviewer_id"
                " WHERE review.state = 'open' AND review.reviewer_id IS NOT NULL AND NOT review.id = ANY(%s)"
                ") queue WHERE place <= room + 1 ORDER BY reviewer_id, place",
                MAX_ACTIVITIES,
                list(pointed.values()),
                known,
            )
        )

    def _point(self, kind, words):
        """One activity for each of these reviews, to its reviewer; made together, and without a mail for each.

        :param words: function from a review to the summary
        """
        self.mapped("display_name")  # all at once: an activity would look its own up
        model = self.env["ir.model"]._get(self._name)
        own(self.env["mail.activity"]).with_context(mail_activity_quick_update=OWN).create(
            [
                {
                    "res_model_id": model.id,
                    "res_id": review.id,
                    "activity_type_id": kind.id,
                    "user_id": review.reviewer_id.id,
                    "date_deadline": review._due_day(),
                    "summary": words(review),
                    "automated": True,
                }
                for review in self
            ]
        )

    def _due_day(self):
        """The day on which the review is due, where its reviewer is."""
        there = self.with_context(tz=self.reviewer_id.tz or "UTC")
        return fields.Datetime.context_timestamp(there, self.deadline or clock.now()).date()

    def _reason_of(self, review):
        there = self.with_context(lang=review.reviewer_id.lang).env
        return dict(self._fields["reason"]._description_selection(there))[review.reason]

    @api.model
    def _summarise(self, rest, kind):
        """Keep one activity for each reviewer who has more reviews than activities; gone when they are done.

        :param rest: {user id: (the next of these reviews, how many there are)}
        """
        standing = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)], order="id")
        for activity in standing:
            review_id, count = rest.get(activity.user_id.id, (None, 0))
            if activity.res_model != self._name or activity.res_id != review_id:
                activity.unlink()
                continue
            words = self._words_of_rest(activity.user_id, count)
            if activity.summary != words:
                activity.summary = words
            del rest[activity.user_id.id]
        counts = {review_id: count for review_id, count in rest.values()}
        self.browse(counts)._point(kind, lambda review: self._words_of_rest(review.reviewer_id, counts[review.id]))

    def _words_of_rest(self, user, count):
        words = self.with_context(lang=user.lang).env._
        if count == 1:
            return words("One more review waits for you in the queue")
        return words("%s more reviews wait for you in the queue", count)
