"""By when a review is due, in working hours of the company, and who hears of it when it is late.

Each step comes `review_hours` after the one before: due, reminded, the owner, the deputy. All that are late are taken
in one pass: what a step costs does not grow with their number, and nobody gets a message for each.
"""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import clock
from ..tools.shipped import wake_mail_queue
from ..tools.trust import own

HOUR = timedelta(hours=1)
STEPS_APART = timedelta(days=1)  # by which a step may lie later than its hours say, as when a calendar was changed
QUEUE_PATH = "/odoo/ai-reviews"


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    review_hours = fields.Integer(
        "Working Hours to Review",
        default=16,
        required=True,
        help="A review is due after so many working hours of the company. After as many again the owner is asked, "
        "after as many again the deputy.",
    )

    _review_hours_positive = models.Constraint("CHECK(review_hours > 0)", "A review needs at least one working hour.")

    def _after_working_hours(self, moment, planned):
        """`review_hours` working hours of the company after `moment`, as naive UTC.

        A begun hour does not count, so that all reviews of one hour share one look into the calendar; where the
        company has none, or one without working time, plain hours count.

        :param planned: dict that keeps what was worked out, for one pass
        """
        self.ensure_one()
        company, hours = self.company_id.sudo(), self.review_hours
        start = moment.replace(minute=0, second=0, microsecond=0)
        start += HOUR if start < moment else timedelta()
        key = (company.id, hours, start)
        if key not in planned:
            own = [("time_type", "=", "leave"), ("company_id", "in", [company.id, False])]
            calendar = company.resource_calendar_id
            until = calendar and calendar.plan_hours(hours, start, compute_leaves=True, domain=own)
            planned[key] = until or start + hours * HOUR
        return planned[key]


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    escalation = fields.Selection(
        [("none", "On time"), ("reminded", "Reminded"), ("owner", "Asked the owner"), ("deputy", "Asked the deputy")],
        "Late",
        readonly=True,
        default="none",
    )
    next_step_date = fields.Datetime("Next Step", readonly=True, help="When somebody else hears of it, if still open.")
    reminded_date = fields.Datetime("Reminded On", readonly=True)

    _next_step_idx = models.Index("(next_step_date) WHERE state = 'open' AND next_step_date IS NOT NULL")
    _reminded_idx = models.Index("(reminded_date) WHERE reminded_date IS NOT NULL")

    @api.model
    def _take_next_steps(self, planned):
        """Take the next step with all open reviews that are late: remind, ask the owner, ask the deputy."""
        now = clock.now()
        self._pull_in_steps(planned)
        late = self.search(Domain("state", "=", "open") & Domain("next_step_date", "<=", now), order="id")
        for deployment, reviews in late.grouped("deployment_id").items():
            reviews = reviews.try_lock_for_update().filtered(
                lambda review: review.state == "open" and review.next_step_date and review.next_step_date <= now
            )
            after = deployment._after_working_hours(now, planned)
            fresh = reviews.filtered(lambda review: review.escalation == "none" and review.reviewer_id)
            fresh._remind(now)
            fresh.write({"escalation": "reminded", "reminded_date": now, "next_step_date": after})
            (reviews - fresh)._ask_above(deployment, after)
            if not self.env["ir.cron"]._commit_progress():
                return

    @api.model
    def _pull_in_steps(self, planned):
        """Set steps that lie later than one that begins now, as after a clock that was ahead, to where that lies."""
        [[last]] = self._read_group([("state", "=", "open")], [], ["next_step_date:max"])
        running = (
            self.env["ai.deployment"].sudo().search([("state", "in", self.env["ai.deployment"]._at_work_states())])
        )
        for deployment in running if last else running.browse():
            after = deployment._after_working_hours(clock.now(), planned)
            if last <= after + STEPS_APART:
                continue
            beyond = Domain("state", "=", "open") & Domain("next_step_date", ">", after + STEPS_APART)
            reviews = self.search(Domain("deployment_id", "=", deployment.id) & beyond, order="id")
            for review in reviews.try_lock_for_update() if reviews else reviews:
                review.write({"next_step_date": after, "deadline": min(review.deadline or after, after)})

    def _remind(self, now):
        """Tell the reviewers of these how many of theirs are late: one message each, at most once a day."""
        people = self.reviewer_id
        if not people:
            return
        theirs = Domain("reviewer_id", "in", people.ids)
        today = now.replace(hour=0, minute=0, second=0)
        this_day = Domain("reminded_date", ">=", today) & Domain("reminded_date", "<=", now)
        told = {user.id for (user,) in self._read_group(theirs & this_day, ["reviewer_id"])}
        late = theirs & Domain("state", "=", "open") & Domain("deadline", "<=", now)
        wake_mail_queue(self.env)
        for user, count in self._read_group(late, ["reviewer_id"], ["__count"]):
            if user.id not in told:
                words = self.with_context(lang=user.lang).env._
                own(self.env["mail.thread"]).message_notify(
                    partner_ids=user.partner_id.ids,
                    force_send=False,
                    subject=words("%s reviews of yours are overdue", count)
                    if count > 1
                    else words("A review of yours is overdue"),
                    body=Markup('<p>%s</p><p><a href="%s">%s</a></p>')
                    % (
                        words("What stays open goes to the owner next."),
                        QUEUE_PATH,
                        words("Open the reviews"),
                    ),
                )

    def _ask_above(self, deployment, after):
        """Give these to the owner, or to the deputy where the owner has them or cannot; else they stay where they are.

        :param after: when the step after this one is due
        """
        left = self
        for step, person, before in (
            ("owner", deployment.user_id, ("none", "reminded")),
            ("deputy", deployment.deputy_id, ("none", "reminded", "owner")),
        ):
            able = left._able(person & deployment._at_work(person))
            moved = left.filtered(
                lambda review, able=able, before=before: able[review.id] and review.escalation in before
            )
            known = moved.filtered(lambda review, person=person: review.reviewer_id == person)
            known.escalation = step
            moved -= known
            moved._pointers().unlink()
            moved.write(
                {
                    "reviewer_id": person.id,
                    "is_assigned": True,
                    "begun_date": False,
                    "escalation": step,
                    "next_step_date": after if step == "owner" else False,
                }
            )
            left -= moved
        left.next_step_date = after  # whoever is away now may be back by then
