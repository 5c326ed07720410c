"""Activities that point to reviews. The review is the queue; an activity only says where to look next.

They are made by a cron, not by the scoring transaction: at most `MAX_ACTIVITIES` per reviewer, and above that one that
says how many more there are. It stands on the next of them, so that the activity menu leads to the queue.
"""

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import clock
from ..tools.shipped import shipped
from ..tools.trust import OWN, own
from ..tools.wording import number

MAX_ACTIVITIES = 20
MOST_COUNTED = 1000  # of what waits beyond these


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
    def _point_with_activities(self, people=None):
        """Bring activities in step with the queue: what points wrongly goes, what nobody is pointed to comes.

        Whoever holds the type of activity does so; another pass at the same time leaves it to that one.

        :param people: users who were just given reviews: they get what they have room for, nothing else is looked at;
            by default everybody, and how many more there are is brought up to date
        """
        review_type, queue_type = self._pointer_types()
        if not review_type or not queue_type:
            return  # reviews are assigned all the same, and stand at the desk
        is_new_only = people is not None
        if (is_new_only and not people) or not review_type.try_lock_for_update(allow_referencing=True):
            return
        ids = people.ids if is_new_only else self._people_with_reviews()
        pointed = self._keep_right_pointers(review_type, people)
        taken = Counter(pointed.values())
        told = self._activities(queue_type, people).user_id.ids if is_new_only else []
        room = {user_id: max(MAX_ACTIVITIES - taken[user_id], 0) for user_id in ids}
        asked = {user_id: free for user_id, free in room.items() if free or user_id not in told}
        wanted, rest = [], {}
        for user_id, review_ids in self._next_to_point(asked, pointed):
            wanted += review_ids[: room[user_id]]
            if len(review_ids) > room[user_id] and user_id not in told:
                rest[user_id] = review_ids[room[user_id]]
        self.browse(wanted)._point(review_type, self._reason_of)
        counts = self._count_of_rest({user_id: taken[user_id] + room[user_id] for user_id in rest})
        rest = {user_id: (review_id, counts[user_id]) for user_id, review_id in rest.items()}
        self._summarise(rest, queue_type, people)

    @api.model
    def _activities(self, kind, people=None):
        """The activities of this type, of `people` or of everybody."""
        mine = [] if people is None else [("user_id", "in", people.ids)]
        return self.env["mail.activity"].search([("activity_type_id", "=", kind.id), *mine], order="id")

    @api.model
    def _pointed_to(self):
        """The open reviews that activities point to: {deployment id: review ids}."""
        review_type, _queue_type = self._pointer_types()
        ids = self._activities(review_type).mapped("res_id") if review_type else []
        rows = self.search_fetch([("id", "in", ids), ("state", "=", "open")], ["deployment_id"])
        return {deployment.id: reviews.ids for deployment, reviews in rows.grouped("deployment_id").items()}

    @api.model
    def _people_with_reviews(self):
        """The ids of the users who have open reviews, found one after the other in an index of the queue."""
        self.flush_model(["state", "reviewer_id"])
        rows = self.env.execute_query(
            SQL(
                "WITH RECURSIVE person (id) AS ("
                " (SELECT reviewer_id FROM ai_deployment_review WHERE state = 'open' AND reviewer_id IS NOT NULL"
                " ORDER BY reviewer_id LIMIT 1)"
                " UNION ALL SELECT (SELECT reviewer_id FROM ai_deployment_review"
                " WHERE state = 'open' AND reviewer_id > person.id ORDER BY reviewer_id LIMIT 1)"
                " FROM person WHERE person.id IS NOT NULL)"
                " SELECT id FROM person WHERE id IS NOT NULL"
            )
        )
        return [user_id for (user_id,) in rows]

    def _keep_right_pointers(self, review_type, people=None):
        """Delete the activities that point wrongly; the others as {review id: user id}."""
        activities = self._activities(review_type, people)
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

    def _next_to_point(self, room, pointed):
        """The next reviews of each reviewer whom no activity points to, as many as there is room for, and one more.

        :param room: {user id: number of activities that may be added}
        :param pointed: {review id: user id} of what activities point to
        :return: rows of (user id, review ids)
        """
        if not room:
            return []
        self.flush_model(["state", "reviewer_id", "priority", "deadline"])
        return self.env.execute_query(
            SQL(
                "SELECT person.id, array_agg(queue.id ORDER BY queue.priority, queue.deadline, queue.id)"
                " FROM unnest(%s::int[], %s::int[]) AS person (id, room) CROSS JOIN LATERAL ("
                " SELECT review.id, review.priority, review.deadline FROM ai_deployment_review review"
                " WHERE review.state = 'open' AND review.reviewer_id = person.id AND NOT review.id = ANY(%s)"
                " ORDER BY review.priority, review.deadline, review.id LIMIT person.room + 1) queue"
                " GROUP BY person.id ORDER BY person.id",
                list(room),
                list(room.values()),
                list(pointed),
            )
        )

    def _count_of_rest(self, pointed):
        """{user id: how many open reviews have no activity}; at most `MOST_COUNTED` are counted, and one more.

        :param pointed: {user id: how many have one}
        """
        if not pointed:
            return {}
        self.flush_model(["state", "reviewer_id"])
        counts = self.env.execute_query(
            SQL(
                "SELECT person.id, (SELECT COUNT(*) FROM (SELECT FROM ai_deployment_review review"
                " WHERE review.state = 'open' AND review.reviewer_id = person.id LIMIT person.most) AS counted)"
                " FROM unnest(%s::int[], %s::int[]) AS person (id, most)",
                list(pointed),
                [count + MOST_COUNTED + 1 for count in pointed.values()],
            )
        )
        return {user_id: count - pointed[user_id] for user_id, count in counts}

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
    def _summarise(self, rest, kind, people=None):
        """Keep one activity for each reviewer who has more reviews than activities; gone when they are done.

        :param rest: {user id: (the next of these reviews, how many there are)}
        :param people: users of whom those that stand already are left as they are, see `_point_with_activities`
        """
        for activity in self._activities(kind) if people is None else ():
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
        if count > MOST_COUNTED:
            return words(
                "More than %s reviews wait for you in the queue",
                number(self.with_context(lang=user.lang).env, MOST_COUNTED),
            )
        return words("%s more reviews wait for you in the queue", count)
