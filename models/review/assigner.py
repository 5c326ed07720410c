"""Finding reviewers: the record's own person where that is a reviewer, else whoever has the fewest open points."""

from collections import defaultdict

from odoo.fields import Domain


class Assigner:
    """Assigns reviews for the length of one pass.

    It reads how much each candidate has to do when it first needs to know, and keeps count from then on; working hours
    are worked out once per hour in which reviews were opened.

    :param reviews: recordset of `ai.deployment.review` with the rights to write, whichever: it is the way to the model
    """

    def __init__(self, reviews):
        self._model = reviews.browse()
        self._loads: dict[int, int] = {}  # open points by user
        self.planned: dict = {}  # see `ai.deployment._after_working_hours`

    def assign(self, reviews) -> None:
        """Store a reviewer for each of `reviews` that has none, and by when to answer.

        Where nobody can, the review is marked as looked after and lies in the pool.
        """
        alike = defaultdict(list)
        for deployment, mine in reviews.grouped("deployment_id").items():
            for review_id, values in self._values(deployment, mine):
                alike[values].append(review_id)
        names = ("reviewer_id", "responsible_id", "deadline", "escalation", "next_step_date")
        for values, ids in alike.items():
            self._model.browse(ids).write({**dict(zip(names, values, strict=True)), "is_assigned": True})

    def _values(self, deployment, reviews):
        """Yield (review id, values of the fields that `assign` writes) for reviews of one deployment."""
        own = reviews._responsible()
        chosen = self.choose(deployment, reviews.filtered(lambda review: not review.reviewer_id), own)
        for review in reviews:
            reviewer_id = review.reviewer_id.id or chosen.get(review.id, False)
            if review.is_assigned and review.deadline and not reviewer_id:
                continue  # it lies in the pool and stays there
            deadline = review.deadline or deployment._after_working_hours(review.opened_date, self.planned)
            escalation = review.escalation or "none"
            following = review.next_step_date or (deadline if escalation == "none" else False)
            yield review.id, (reviewer_id, own.get(review.res_id, False), deadline, escalation, following)

    def choose(self, deployment, reviews, own: dict[int, int]) -> dict[int, int]:
        """Return {review id: user id} for those of `reviews` that somebody at work can answer.

        Reviewers are asked first, then the owner, then the deputy.

        :param own: {record id: user id of the record's own person}
        """
        chosen, left = {}, reviews
        barred = reviews._barred()
        for people in (deployment.reviewer_ids, deployment.user_id, deployment.deputy_id):
            if not left:
                break
            at_work = deployment._at_work(people)
            able = left._able(at_work, barred)
            self._learn(at_work)
            for review in left:
                candidates = [user_id for user_id in able[review.id] if user_id != review.given_back_by_id.id]
                if candidates:
                    chosen[review.id] = self._pick(review, candidates, own.get(review.res_id))
            left = left.filtered(lambda review: review.id not in chosen)
        return chosen

    def _pick(self, review, candidates, mine):
        user_id = mine if mine in candidates else min(candidates, key=lambda each: (self._loads[each], each))
        self._loads[user_id] += review.points
        return user_id

    def _learn(self, people):
        """Read the open points of those of `people` whose load is not known yet."""
        unknown = [user.id for user in people if user.id not in self._loads]
        if unknown:
            self._loads.update(dict.fromkeys(unknown, 0))
            waiting = Domain("state", "=", "open") & Domain("reviewer_id", "in", unknown)
            groups = self._model._read_group(waiting, ["reviewer_id"], ["points:sum"])
            self._loads.update((user.id, points) for user, points in groups)
