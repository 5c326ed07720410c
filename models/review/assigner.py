"""Finding reviewers: the user responsible for the record where that is a reviewer, else who has the fewest points."""

from collections import defaultdict
from collections.abc import Iterator

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from .deadlines import WorkingHours
from .eligibility import able_by_review, barred_people, people_at_work, responsible_people
from .expiry import expire_obsolete

BATCH = 1000  # reviews that are locked and assigned together
FIELDS = ("reviewer_id", "responsible_id", "deadline", "escalation", "next_step_date")


class Assigner:
    """Assigns reviews for the length of one pass.

    It reads how much each candidate has to do when it first needs to know, and keeps count from then on; working hours
    are worked out once per hour in which reviews were opened.

    :param reviews: recordset of `ai.deployment.review` with all rights, whichever: it is the way to the model
    """

    def __init__(self, reviews: BaseModel):
        self._model = reviews.browse()
        self._loads: dict[int, int] = {}  # open points by user
        self.hours = WorkingHours()

    def assign(self, reviews: BaseModel) -> None:
        """Store a reviewer for each of `reviews` that has none, and by when to answer.

        Where nobody can, the review is marked as assigned without a reviewer: it lies in the pool.
        """
        alike = defaultdict(list)
        for deployment, mine in reviews.grouped("deployment_id").items():
            for review_id, values in self._values(deployment, mine):
                alike[values].append(review_id)
        for values, ids in alike.items():
            self._model.browse(ids).write({**dict(zip(FIELDS, values, strict=True)), "is_assigned": True})

    def assign_new(self) -> BaseModel:
        """Assign the open reviews for which no reviewer and no deadline were looked for yet, in batches.

        The progress of the cron is committed after each batch.

        :return: the users who were given some
        """
        env = self._model.env
        cron, people = env["ir.cron"], env["res.users"]
        self._model.flush_model(["deadline", "is_assigned", "state"])
        rows = env.execute_query(
            SQL(
                "SELECT id FROM ai_deployment_review"
                " WHERE state = 'open' AND (is_assigned IS NOT TRUE OR deadline IS NULL) ORDER BY id"
            )
        )
        ids = [review_id for (review_id,) in rows]
        cron._commit_progress(remaining=len(ids))
        for start in range(0, len(ids), BATCH):
            batch = self._model.browse(ids[start : start + BATCH]).try_lock_for_update()
            expire_obsolete(batch.filtered(lambda review: review.state == "open"))
            new = batch.filtered(lambda review: review.state == "open" and not (review.reviewer_id and review.deadline))
            self.assign(new)
            people |= new.reviewer_id
            if not cron._commit_progress(processed=len(ids[start : start + BATCH])):
                break
        return people

    def _values(self, deployment: BaseModel, reviews: BaseModel) -> Iterator[tuple[int, tuple]]:
        """Yield (review id, values of `FIELDS`) for reviews of one deployment."""
        responsible = responsible_people(reviews)
        chosen = self.choose(deployment, reviews.filtered(lambda review: not review.reviewer_id), responsible)
        for review in reviews:
            reviewer_id = review.reviewer_id.id or chosen.get(review.id, False)
            if review.is_assigned and review.deadline and not reviewer_id:
                continue  # it lies in the pool and stays there
            deadline = review.deadline or self.hours.after(deployment, review.opened_date)
            escalation = review.escalation or "none"
            following = review.next_step_date or (deadline if escalation == "none" else False)
            yield review.id, (reviewer_id, responsible.get(review.res_id, False), deadline, escalation, following)

    def choose(self, deployment: BaseModel, reviews: BaseModel, responsible: dict[int, int]) -> dict[int, int]:
        """Return {review id: user id} for those of `reviews` that somebody present can answer.

        Reviewers come first, then the owner, then the deputy.

        :param responsible: {record id: id of the user responsible for the record}
        """
        chosen: dict[int, int] = {}
        left, barred = reviews, barred_people(reviews)
        for people in (deployment.reviewer_ids, deployment.user_id, deployment.deputy_id):
            if not left:
                break
            present = people_at_work(deployment, people)
            able = able_by_review(left, present, barred)
            self._read_loads(present)
            for review in left:
                candidates = [user_id for user_id in able[review.id] if user_id != review.returned_by_id.id]
                if candidates:
                    chosen[review.id] = self._pick(review, candidates, responsible.get(review.res_id))
            left = left.filtered(lambda review: review.id not in chosen)
        return chosen

    def _pick(self, review: BaseModel, candidates: list[int], responsible: int | None) -> int:
        user_id = (
            responsible if responsible in candidates else min(candidates, key=lambda each: (self._loads[each], each))
        )
        self._loads[user_id] += review.points
        return user_id

    def _read_loads(self, people: BaseModel) -> None:
        """Read the open points of those of `people` whose load is not known yet."""
        unknown = [user.id for user in people if user.id not in self._loads]
        if unknown:
            self._loads.update(dict.fromkeys(unknown, 0))
            waiting = Domain("state", "=", "open") & Domain("reviewer_id", "in", unknown)
            groups = self._model._read_group(waiting, ["reviewer_id"], ["points:sum"])
            self._loads.update((user.id, points) for user, points in groups)
