"""Checks of the people who answer for a deployment and of those who answer its questions."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from odoo.tools import format_date

from ..deployment.eligibility import person_gap
from ..tools import clock
from ..tools.wording import number
from .check import (
    Check,
    Finding,
    notice,
    severe,
)

REVIEW_GRACE = timedelta(days=14)  # after the review date, from which on it is severe


class Owner(Check):
    """Somebody answers for it, and somebody stands in."""

    codes = ("owner", "deputy")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, owner = deployment.env, deployment.user_id
        if not owner.active:
            yield severe(
                "owner",
                env._("The owner %s is no longer active.", owner.name),
                env._("Assign a new owner."),
            )
        elif gap := person_gap(deployment, owner):
            yield severe(
                "owner", gap, env._("Ask an administrator to assign a new owner, or to restore the role or access.")
            )
        if deployment.deputy_id and (gap := person_gap(deployment, deployment.deputy_id)):
            yield notice("deputy", gap, env._("Assign a new deputy."))


class PeriodicReview(Check):
    """The owner's review of the deployment is not overdue."""

    codes = ("review",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, late = deployment.env, clock.today() - deployment.review_date
        if late <= timedelta(0):
            return
        sentence = env._("The periodic review was due on %s.", format_date(env, deployment.review_date))
        if deployment.state == "production":  # here somebody is told on the first day
            yield severe("review", sentence, env._("The approver signs the periodic review under “Approve”."))
            return
        grade = severe if late > REVIEW_GRACE else notice
        yield grade("review", sentence, env._("Check that it still fulfils its purpose, and set the next review."))


class Reviewers(Check):
    """Somebody is left who can answer its open reviews. Who is away comes back and is not spoken of here."""

    codes = ("reviewers",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        reviewers = deployment.with_context(active_test=False).reviewer_ids
        able = deployment._able_people(reviewers | deployment.user_id | deployment.deputy_id)
        if reviewers & able:
            return
        count, since = facts.open_reviews(deployment) if not able else (0, None)
        cure = env._("Assign active reviewers with the role “Reviewer”, on the deployment under “Human Review”.")
        if not able:
            if not (count or reviewers):
                return
            sentence = env._("There is no available reviewer.")
            if count:
                sentence = env._(
                    "There is no available reviewer; %(count)s reviews are open, the oldest since %(date)s.",
                    count=number(env, count),
                    date=format_date(env, since),
                )
            yield severe("reviewers", sentence, cure)
        elif reviewers:
            yield notice(
                "reviewers",
                env._("None of its reviewers is available any more; reviews are assigned to %s.", able[0].name),
                cure,
            )
