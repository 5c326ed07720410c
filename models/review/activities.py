"""Activities that point to reviews. The review is the queue; an activity only says where to look next.

A cron makes them, not the scoring transaction: at most `MAX_ACTIVITIES` per reviewer, and above that one that says how
many more there are. That one is attached to the next of them, so that the activity menu leads to the queue. Reviews
that failed for one cause get one activity per reviewer together, however many there are.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date

from odoo import fields
from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock
from ..tools.shipped import shipped
from ..tools.trust import OWN, own
from ..tools.wording import number

MAX_ACTIVITIES = 20  # open ones of a reviewer, beyond which one says how many more there are
MOST_COUNTED = 1000  # of the reviews beyond these
REVIEW = "ai.deployment.review"


def activity_types(env: Environment) -> tuple[BaseModel, BaseModel]:
    """Return the types of activity (of one review, of the rest of the queue); empty where somebody deleted them."""
    none = env["mail.activity.type"]
    return tuple(shipped(env, f"mail_activity_type_{name}") or none for name in ("review", "queue"))


def activities_of(reviews: BaseModel) -> BaseModel:
    """Return the activities that point to `reviews`, without what a person planned beside them.

    :param reviews: ai.deployment.review with all rights
    """
    activities = reviews.env["mail.activity"]
    if not reviews:
        return activities
    types = reviews.env["mail.activity.type"].union(*activity_types(reviews.env))
    return activities.search(
        [("res_model", "=", REVIEW), ("res_id", "in", reviews.ids), ("activity_type_id", "in", types.ids)]
    )


class ReviewActivities:
    """Keeps activities in step with the queue.

    :param env: environment of the cron, with all rights
    """

    def __init__(self, env: Environment):
        self.env = env
        self._reviews = env[REVIEW]
        self._review_type, self._queue_type = activity_types(env)

    def update(self, people: BaseModel | None = None) -> None:
        """Delete the activities that point wrongly and create those that are missing.

        The transaction that locks the type of activity does so; a second one at the same time leaves it to that one.
        Without the two types there are no activities: reviews are assigned all the same, and shown at the desk.

        :param people: users who were just given reviews: they get as many as fit, nothing else is looked at; by default
            everybody, and the number of further reviews is brought up to date
        """
        if not self._review_type or not self._queue_type:
            return
        if (people is not None and not people) or not self._review_type.try_lock_for_update(allow_referencing=True):
            return
        ids = self._people_with_reviews() if people is None else people.ids
        pointed = self._keep_right(people)
        taken = Counter(pointed.values())
        summarised = [] if people is None else self._existing(self._queue_type, people).user_id.ids
        free = {user_id: max(MAX_ACTIVITIES - taken[user_id], 0) for user_id in ids}
        wanted_by = {user_id: count for user_id, count in free.items() if count or user_id not in summarised}
        wanted, rest = [], {}
        for user_id, review_ids in self._next_reviews(wanted_by, pointed):
            wanted += review_ids[: free[user_id]]
            if len(review_ids) > free[user_id] and user_id not in summarised:
                rest[user_id] = review_ids[free[user_id]]
        self._create(self._reviews.browse(wanted), self._review_type, self._reason_of)
        counts = self._count_rest({user_id: taken[user_id] + free[user_id] for user_id in rest})
        self._summarise({user_id: (review_id, counts[user_id]) for user_id, review_id in rest.items()}, people)

    def open_reviews(self) -> dict[int, list[int]]:
        """Return the open reviews that activities point to: {deployment id: review ids}."""
        ids = self._existing(self._review_type).mapped("res_id") if self._review_type else []
        rows = self._reviews.search_fetch([("id", "in", ids), ("state", "=", "open")], ["deployment_id"])
        return {deployment.id: reviews.ids for deployment, reviews in rows.grouped("deployment_id").items()}

    def _existing(self, kind: BaseModel, people: BaseModel | None = None) -> BaseModel:
        """Return the activities of the type `kind`, of `people` or of everybody."""
        theirs = [] if people is None else [("user_id", "in", people.ids)]
        return self.env["mail.activity"].search([("activity_type_id", "=", kind.id), *theirs], order="id")

    def _people_with_reviews(self) -> list[int]:
        """Return the ids of the users who have open reviews, found one after the other in an index of the queue."""
        self._reviews.flush_model(["state", "reviewer_id"])
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

    def _keep_right(self, people: BaseModel | None) -> dict[int, int]:
        """Delete the activities that point wrongly and return the others: {review id: user id}."""
        activities = self._existing(self._review_type, people)
        reviews = self._reviews.browse(activities.mapped("res_id")).exists()
        reviewers = {review.id: review.reviewer_id.id for review in reviews if review.state == "open"}
        right, wrong = {}, activities.browse()
        for activity in activities:
            reviewer = reviewers.get(activity.res_id) if activity.res_model == REVIEW else None
            if reviewer and reviewer == activity.user_id.id and activity.res_id not in right:
                right[activity.res_id] = reviewer
            else:
                wrong += activity
        wrong.unlink()
        return right

    def _next_reviews(self, free: dict[int, int], pointed: dict[int, int]) -> list[tuple[int, list[int]]]:
        """Return the next reviews of each user without an activity, as many as are free and one more.

        Of those that failed for one cause, only the first.

        :param free: {user id: number of activities that may be added}
        :param pointed: {review id: user id} of what activities point to
        :return: rows of (user id, review ids)
        """
        if not free:
            return []
        self._reviews.flush_model(["state", "reviewer_id", "priority", "deadline", "reason", "failure_type"])
        return self.env.execute_query(
            SQL(
                "SELECT person.id, array_agg(queue.id ORDER BY queue.priority, queue.deadline, queue.id)"
                " FROM unnest(%s::int[], %s::int[]) AS person (id, free) CROSS JOIN LATERAL ("
                " SELECT review.id, review.priority, review.deadline FROM ai_deployment_review review"
                " WHERE review.state = 'open' AND review.reviewer_id = person.id AND NOT review.id = ANY(%s)"
                " AND NOT (review.reason = 'failed' AND EXISTS (SELECT FROM ai_deployment_review other"
                "  WHERE other.state = 'open' AND other.reviewer_id = person.id AND other.reason = 'failed'"
                "  AND other.deployment_id = review.deployment_id AND other.failure_type = review.failure_type"
                "  AND (other.id < review.id OR other.id = ANY(%s))))"
                " ORDER BY review.priority, review.deadline, review.id LIMIT person.free + 1) queue"
                " GROUP BY person.id ORDER BY person.id",
                list(free),
                list(free.values()),
                list(pointed),
                list(pointed),
            )
        )

    def _count_rest(self, pointed: dict[int, int]) -> dict[int, int]:
        """Return {user id: number of open reviews without an activity}; at most `MOST_COUNTED` are counted, and one.

        :param pointed: {user id: number of reviews with an activity}
        """
        if not pointed:
            return {}
        self._reviews.flush_model(["state", "reviewer_id"])
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

    def _create(self, reviews: BaseModel, kind: BaseModel, summary: Callable[[BaseModel], str]) -> None:
        """Create one activity for each of `reviews`, for its reviewer, in one call and without a mail for each.

        :param summary: function from a review to the summary of its activity
        """
        reviews.mapped("display_name")  # all at once: an activity would look its own up
        model = self.env["ir.model"]._get(REVIEW)
        own(self.env["mail.activity"]).with_context(mail_activity_quick_update=OWN).create(
            [
                {
                    "res_model_id": model.id,
                    "res_id": review.id,
                    "activity_type_id": kind.id,
                    "user_id": review.reviewer_id.id,
                    "date_deadline": _due_day(review),
                    "summary": summary(review),
                    "automated": True,
                }
                for review in reviews
            ]
        )

    def _reason_of(self, review: BaseModel) -> str:
        there = review.with_context(lang=review.reviewer_id.lang).env
        if review.failure_type:  # all of this cause: that is what they have in common
            return dict(review._fields["failure_type"]._description_selection(there))[review.failure_type]
        return dict(review._fields["reason"]._description_selection(there))[review.reason]

    def _summarise(self, rest: dict[int, tuple[int, int]], people: BaseModel | None) -> None:
        """Keep one activity for each user who has more reviews than activities; delete it when these are done.

        :param rest: {user id: (id of the next of these reviews, number of them)}
        :param people: users whose existing activities are left as they are, see `update`
        """
        for activity in self._existing(self._queue_type) if people is None else ():
            review_id, count = rest.get(activity.user_id.id, (None, 0))
            if activity.res_model != REVIEW or activity.res_id != review_id:
                activity.unlink()
                continue
            words = self._rest_text(activity.user_id, count)
            if activity.summary != words:
                activity.summary = words
            del rest[activity.user_id.id]
        counts = {review_id: count for review_id, count in rest.values()}
        self._create(
            self._reviews.browse(counts),
            self._queue_type,
            lambda review: self._rest_text(review.reviewer_id, counts[review.id]),
        )

    def _rest_text(self, user: BaseModel, count: int) -> str:
        there = self._reviews.with_context(lang=user.lang).env
        if count == 1:
            return there._("One more review is waiting for you")
        if count > MOST_COUNTED:
            return there._("More than %s reviews are waiting for you", number(there, MOST_COUNTED))
        return there._("%s more reviews are waiting for you", number(there, count))


def _due_day(review: BaseModel) -> date:
    """Return the day on which the review is due, in the time zone of its reviewer."""
    there = review.with_context(tz=review.reviewer_id.tz or "UTC")
    return fields.Datetime.context_timestamp(there, review.deadline or clock.now()).date()
