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

REVIEW_GRACE = timedelta(days=14)


class Owner(Check):
    """Somebody answers for it, and somebody stands in."""

    codes = ("owner", "deputy")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, owner = deployment.env, deployment.user_id
        if not owner.active:
            yield severe(
                "owner",
                env._("%s, who answers for it, is not active any more.", owner.name),
                env._("Name a new owner."),
            )
        elif gap := person_gap(deployment, owner):
            yield severe(
                "owner", gap, env._("An administrator names a new owner, or gives the role or the access back.")
            )
        if deployment.deputy_id and (gap := person_gap(deployment, deployment.deputy_id)):
            yield notice("deputy", gap, env._("Name a new deputy."))


class PeriodicReview(Check):
    """The owner's review of the deployment is not overdue."""

    codes = ("review",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, late = deployment.env, clock.today() - deployment.review_date
        if late <= timedelta(0):
            return
        sentence = env._("The review was due on %s.", format_date(env, deployment.review_date))
        if deployment.state == "production":  # here somebody is told on the first day
            yield severe("review", sentence, env._("Whoever decides on it signs the periodic review under “Decide”."))
            return
        grade = severe if late > REVIEW_GRACE else notice
        yield grade("review", sentence, env._("Look whether it still does what it is for, and set the next review."))


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
        cure = env._(
            "Name reviewers who work here and have the role “Reviewer”, on the deployment under “To a Person”."
        )
        if not able:
            if not (count or reviewers):
                return
            sentence = env._("Nobody is left who could answer a review.")
            if count:
                sentence = env._(
                    "Nobody is left who can answer its reviews; %(count)s are open, the oldest since %(date)s.",
                    count=number(env, count),
                    date=format_date(env, since),
                )
            yield severe("reviewers", sentence, cure)
        elif reviewers:
            yield notice(
                "reviewers",
                env._("None of its reviewers can answer any more; reviews go to %s.", able[0].name),
                cure,
            )
