"""The pass that keeps the queue in order: obsolete reviews, lost reviewers, late reviews, activities.

It looks at a part of the queue at a time, see `windows`, and commits the progress of the cron after each part.
"""

from odoo.models import BaseModel

from .activities import ReviewActivities
from .assigner import Assigner
from .deadlines import Escalation
from .expiry import expire_obsolete, reopen_returned
from .reassignment import release_unable
from .windows import LEFT, OPEN, turns


def keep_queue(reviews: BaseModel) -> None:
    """Close what is obsolete, release, assign, escalate what is late and bring activities up to date.

    :param reviews: ai.deployment.review with all rights, whichever: the way to the model
    """
    env = reviews.env
    cron, assigner, activities = env["ir.cron"], Assigner(reviews), ReviewActivities(env)
    pointed: dict[int, list[int]] | None = None
    for deployment, ids, are_all in turns(env, OPEN):
        if not are_all:  # reviews with an activity are looked at each time
            pointed = activities.open_reviews() if pointed is None else pointed
            ids = list(dict.fromkeys([*ids, *pointed.get(deployment.id, ())]))
        _keep(reviews.browse(ids), assigner)
        if not cron._commit_progress():
            return
    for deployment, ids, _are_all in turns(env, LEFT):
        reopen_returned(reviews.browse(ids), deployment)
        if not cron._commit_progress():
            return
    assigner.assign_new()
    Escalation(reviews, assigner.hours).run()
    cron._commit_progress()
    activities.update()


def _keep(reviews: BaseModel, assigner: Assigner) -> None:
    """Look at these open reviews of one deployment again: is there still a question, and somebody to answer?"""
    expire_obsolete(reviews)
    still = reviews.filtered(lambda review: review.state == "open")
    release_unable(still)
    pool = still.filtered(
        lambda review: review.is_assigned and not (review.reviewer_id or review.returned_by_id)
    ).try_lock_for_update()
    assigner.assign(pool.filtered(lambda review: review.state == "open" and not review.reviewer_id))
