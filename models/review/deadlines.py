"""By when a review is due, in working hours of the company, and who is told when it is late.

Each step comes `review_hours` after the one before: due, reminded, the owner, the deputy. All late reviews are handled
in one pass: the cost of a step does not grow with their number, and nobody gets a message for each.
"""

from datetime import datetime, timedelta

from markupsafe import Markup

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from ..tools.shipped import wake_mail_queue
from ..tools.trust import own
from ..tools.wording import number
from .activities import activities_of
from .eligibility import able_by_review, people_at_work

HOUR = timedelta(hours=1)  # of working time, in which deadlines are set
STEPS_APART = timedelta(days=1)  # by which a step may lie later than its hours say, as when a calendar was changed
QUEUE_PATH = "/odoo/ai-reviews"


class WorkingHours:
    """Adds the working hours of companies to moments, and remembers the results for the length of one pass."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, datetime], datetime] = {}

    def after(self, deployment: BaseModel, moment: datetime) -> datetime:
        """Return `moment` plus `review_hours` working hours of the deployment's company, in naive UTC.

        A begun hour does not count, so that all reviews of one hour share one look into the calendar. Plain hours
        count where the company has no calendar, or one without working time.

        :param deployment: one ai.deployment, with all rights
        """
        deployment.ensure_one()
        company, hours = deployment.company_id, deployment.review_hours
        start = moment.replace(minute=0, second=0, microsecond=0)
        start += HOUR if start < moment else timedelta()
        key = (company.id, hours, start)
        if key not in self._known:
            leaves = [("time_type", "=", "leave"), ("company_id", "in", [company.id, False])]
            calendar = company.resource_calendar_id
            until = calendar and calendar.plan_hours(hours, start, compute_leaves=True, domain=leaves)
            self._known[key] = until or start + hours * HOUR
        return self._known[key]


class Escalation:
    """Takes the next step with open reviews that are late: reminds, assigns to the owner, then to the deputy.

    :param reviews: ai.deployment.review with all rights, whichever: the way to the model
    """

    def __init__(self, reviews: BaseModel, hours: WorkingHours):
        self._reviews = reviews.browse()
        self._hours = hours
        self._now = clock.now()

    def run(self) -> None:
        """Take the next step with all late reviews; the progress of the cron is committed per deployment."""
        now = self._now
        self._pull_in_steps()
        late = self._reviews.search(Domain("state", "=", "open") & Domain("next_step_date", "<=", now), order="id")
        for deployment, reviews in late.grouped("deployment_id").items():
            reviews = reviews.try_lock_for_update().filtered(
                lambda review: review.state == "open" and review.next_step_date and review.next_step_date <= now
            )
            after = self._hours.after(deployment, now)
            fresh = reviews.filtered(lambda review: review.escalation == "none" and review.reviewer_id)
            self._remind(fresh.reviewer_id)
            fresh.write({"escalation": "reminded", "reminded_date": now, "next_step_date": after})
            _assign_above(reviews - fresh, deployment, after)
            if not self._reviews.env["ir.cron"]._commit_progress():
                return

    def _pull_in_steps(self) -> None:
        """Bring forward steps that lie later than one that begins now, as after a clock that was ahead."""
        [[last]] = self._reviews._read_group([("state", "=", "open")], [], ["next_step_date:max"])
        deployments = self._reviews.env["ai.deployment"]
        running = deployments.search([("state", "in", deployments._at_work_states())])
        for deployment in running if last else running.browse():
            after = self._hours.after(deployment, self._now)
            if last <= after + STEPS_APART:
                continue
            beyond = Domain("state", "=", "open") & Domain("next_step_date", ">", after + STEPS_APART)
            reviews = self._reviews.search(Domain("deployment_id", "=", deployment.id) & beyond, order="id")
            for review in reviews.try_lock_for_update() if reviews else reviews:
                review.write({"next_step_date": after, "deadline": min(review.deadline or after, after)})

    def _remind(self, people: BaseModel) -> None:
        """Notify `people` of the number of their late reviews: one message each, at most once a day."""
        if not people:
            return
        theirs = Domain("reviewer_id", "in", people.ids)
        today = self._now.replace(hour=0, minute=0, second=0)
        this_day = Domain("reminded_date", ">=", today) & Domain("reminded_date", "<=", self._now)
        told = {user.id for (user,) in self._reviews._read_group(theirs & this_day, ["reviewer_id"])}
        late = theirs & Domain("state", "=", "open") & Domain("deadline", "<=", self._now)
        wake_mail_queue(self._reviews.env)
        for user, count in self._reviews._read_group(late, ["reviewer_id"], ["__count"]):
            if user.id not in told:
                self._notify(user, count)

    def _notify(self, user: BaseModel, count: int) -> None:
        words = self._reviews.with_context(lang=user.lang).env
        own(self._reviews.env["mail.thread"]).message_notify(
            partner_ids=user.partner_id.ids,
            force_send=False,
            subject=words._("%s of your reviews are overdue", number(words, count))
            if count > 1
            else words._("One of your reviews is overdue"),
            body=Markup('<p>%s</p><p><a href="%s">%s</a></p>')
            % (words._("Open reviews are escalated to the owner next."), QUEUE_PATH, words._("Open the reviews")),
        )


def _assign_above(reviews: BaseModel, deployment: BaseModel, after: datetime) -> None:
    """Assign `reviews` to the owner, or to the deputy where the owner has them or cannot; else leave them in place.

    :param after: when the step after this one is due
    """
    left = reviews
    for step, person, before in (
        ("owner", deployment.user_id, ("none", "reminded")),
        ("deputy", deployment.deputy_id, ("none", "reminded", "owner")),
    ):
        able = able_by_review(left, person & people_at_work(deployment, person))
        moved = left.filtered(lambda review, able=able, before=before: able[review.id] and review.escalation in before)
        known = moved.filtered(lambda review, person=person: review.reviewer_id == person)
        known.escalation = step
        moved -= known
        activities_of(moved).unlink()
        moved.write(
            {
                "reviewer_id": person.id,
                "is_assigned": True,
                "started_date": False,
                "escalation": step,
                "next_step_date": after if step == "owner" else False,
            }
        )
        left -= moved
    left.next_step_date = after  # whoever is away now may be back by then
