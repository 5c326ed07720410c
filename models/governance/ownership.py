"""Ownership of a deployment: acceptance in person, grace period without an owner, and hand-over.

An owner who left, lost the role or the access, or a periodic review that was missed, starts days of grace: scores stay
visible and the form says why. When they are over (`shown_until`), no score is shown until a person answers for the
deployment again.
"""

from functools import partial

from odoo.api import Environment
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..alerting.alert_kinds import OWNER_GONE
from ..deployment.eligibility import person_gap, shared_login_gap
from ..health.check import Finding
from ..health.people import Owner
from ..review.eligibility import able_by_review, people_at_work
from ..review.reassignment import release
from ..tools import clock
from ..tools.told import told
from ..tools.trust import OWN, own
from .planning import Planning

# Named by the owner or an administrator only: a deputy stands in, and hands nothing over.
HANDED_OVER = ("user_id", "deputy_id", "approver_id", "budget_holder_id")
NAMED = {"user_id", "deputy_id", "approver_id", "budget_holder_id", "model_id"}  # people, and what they have to see


class Ownership:
    """The owner, deputy and other named people of deployments, with the rights of the records handed in."""

    def __init__(self, deployments: BaseModel) -> None:
        self.deployments = deployments
        self.env = deployments.env

    # Naming people

    def check_named(self, names: set[str]) -> None:
        """Refuse people who cannot do what they are named for, in the fields `names`, while a person writes.

        Nothing is refused in sudo; the checklist says it of what code writes. Constraints run in sudo, so they cannot
        tell the two apart.

        :raise ValidationError: with the reason
        """
        if self.env.su:
            return
        for deployment in self.deployments.sudo():
            answering = deployment.browse().user_id.union(
                *(deployment[name] for name in ("user_id", "deputy_id") if name in names or "model_id" in names)
            )
            for person in answering:
                gap = person_gap(deployment, person)
                if not gap and person.partner_id.email_normalized:  # without an address: asked for it when accepting
                    gap = shared_login_gap(person)
                if gap:
                    raise ValidationError(gap)
            for name in {"approver_id", "budget_holder_id"} & names:
                person = deployment[name]
                if person and not person.has_group("ai_deployment.group_reviewer"):
                    raise ValidationError(
                        self.env._(
                            "%s has no role in AI deployments yet: an administrator can assign one.", person.name
                        )
                    )

    def check_hands_over(self, vals: dict) -> None:
        """Refuse `vals` that name other people, unless the owner or an administrator writes them.

        :raise AccessError: for everybody else
        """
        asked = [name for name in HANDED_OVER if name in vals]
        if not asked or self.env.su or self.env.user.has_group("ai_deployment.group_manager"):
            return
        for deployment in self.deployments:
            if deployment.user_id != self.env.user and any(
                (vals[name] or False) != deployment[name].id for name in asked
            ):
                raise AccessError(self.env._("Only the owner or an administrator can hand over a deployment."))

    def accept(self) -> None:
        """Accept as the owner, in person: nobody accepts for somebody else."""
        for deployment in self.deployments:
            deployment.check_access("read")
            if self.env.user != deployment.user_id:
                raise AccessError(self.env._("Only %s can accept ownership, in person.", deployment.user_id.name))
            gap = person_gap(deployment, self.env.user) or shared_login_gap(self.env.user)
            if gap:
                raise UserError(gap)
            deployment.sudo().write({"accepted_by_id": self.env.uid, "accepted_date": clock.now()})
            own(deployment)._message_log(
                body=self.env._("%s is responsible for this deployment.", self.env.user.name),
                author_id=self.env.user.partner_id.id,
            )

    # Days of grace

    def sync_unowned_date(self) -> None:
        """Store since when the owner cannot answer for the deployment."""
        for deployment in self.deployments:
            gap = person_gap(deployment, deployment.user_id)
            if gap and not deployment.unowned_date:
                deployment.unowned_date = clock.today()
            elif not gap and deployment.unowned_date:
                deployment.unowned_date = False

    def grace_reason(self) -> str:
        """Return why the days of grace of one deployment began, or an empty string."""
        self.deployments.ensure_one()
        deployment = self.deployments.sudo()
        if deployment.unowned_date:
            gap = person_gap(deployment, deployment.user_id)
            return gap or self.env._("%s cannot be its owner.", deployment.user_id.name)
        if deployment.review_date and deployment.review_date < clock.today():
            return self.env._("The periodic review was due on %s.", format_date(self.env, deployment.review_date))
        return ""

    def grace_text(self) -> str | bool:
        """Return until when scores of one deployment stay visible and why, or False where nothing ends it."""
        deployment = self.deployments
        reason = self.grace_reason() if deployment.state == "production" else ""
        if not reason:
            return False
        until = format_date(self.env, deployment.shown_until)
        if deployment._grace_over():
            return self.env._("Scores have not been shown since %(day)s. %(why)s", day=until, why=reason)
        return self.env._("Scores are shown until %(day)s only. %(why)s", day=until, why=reason)

    # Handing over

    def hand_over(self, owner: BaseModel, deputy: BaseModel, approver: BaseModel, note: str | None) -> None:
        """Name other people, as somebody who answers for one deployment, and pass on what is open.

        The new owner has yet to accept.

        :param note: what the new people have to know; required
        """
        deployment = self.deployments
        deployment.ensure_one()
        deployment._check_decides()
        if deployment.state == "retired":
            raise UserError(self.env._("“%s” is retired: there is nothing to hand over.", deployment.name))
        note = (note or "").strip()
        if not note:
            raise UserError(self.env._("Describe what the new owner needs to know."))
        former, change = deployment.user_id, self.env.user
        everything = own(deployment)
        activities = _activities_of(everything, former)
        deployment.write({"user_id": owner.id, "deputy_id": deputy.id, "approver_id": approver.id})
        if owner != former:
            own(activities.exists()).with_context(mail_activity_quick_update=OWN).write({"user_id": owner.id})
            _pass_on_alerts(everything, owner)
            if former not in everything.reviewer_ids:  # assigned as the owner, not as a reviewer
                _pass_on_reviews(everything, former, owner)
        everything.message_subscribe(partner_ids=(owner | deputy | approver).partner_id.ids)
        everything._message_log(
            body=self.env._(
                "%(who)s handed this over from %(old)s to %(new)s: %(note)s",
                who=change.name,
                old=former.name,
                new=owner.name,
                note=note,
            ),
            author_id=change.partner_id.id,
        )


def follow_changed_users(env: Environment, users: BaseModel) -> None:
    """Judge the owners anew after `users` were archived or got other roles, and notify at once.

    Without it, the next cron would notice.
    """
    deployments = env["ai.deployment"].sudo().search([("user_id", "in", users.ids), ("state", "!=", "retired")])
    Ownership(deployments).sync_unowned_date()
    Planning(deployments).sync_review_activities()
    alerts = deployments.env["ai.deployment.alert"]
    for deployment in deployments.filtered(lambda deployment: deployment.state in deployment._at_work_states()):
        if _owner_finding(deployment):
            alerts._raise(
                deployment,
                OWNER_GONE,
                name=told(env, partial(_finding_text, deployment, "sentence")),
                suggestion=told(env, partial(_finding_text, deployment, "suggestion")),
                level="alert",
            )
        else:
            alerts._resolve(deployment, OWNER_GONE)


def _owner_finding(deployment: BaseModel) -> Finding | None:
    return next((one for one in Owner().find(deployment, None) if one.code == "owner"), None)


def _finding_text(deployment: BaseModel, name: str, env: Environment) -> str:
    found = _owner_finding(deployment.with_context(lang=env.lang))
    return getattr(found, name) if found else ""


def _activities_of(deployment: BaseModel, person: BaseModel) -> BaseModel:
    """Return the open activities of `person` on a deployment, handed in as a sudo record, and on its alerts."""
    domain = Domain("user_id", "=", person.id) & (
        Domain("res_model", "=", deployment._name) & Domain("res_id", "in", deployment.ids)
        | Domain("res_model", "=", "ai.deployment.alert") & Domain("res_id", "in", deployment.alert_ids.ids)
    )
    return deployment.env["mail.activity"].search(domain)


def _pass_on_alerts(deployment: BaseModel, owner: BaseModel) -> None:
    """Open the acknowledged alerts again, and notify the new owner of those that are open."""
    alerts = deployment.alert_ids.filtered(lambda alert: alert.state in ("firing", "acknowledged"))
    alerts.filtered(lambda alert: alert.state == "acknowledged").write(
        {"state": "firing", "acknowledged_by_id": False, "acknowledged_date": False}
    )
    for alert in alerts.filtered(lambda alert: alert.level == "alert" and not alert._is_kept_quiet()):
        if owner not in alert.activity_ids.user_id:
            alert._point(owner, lambda there: there.name)


def _pass_on_reviews(deployment: BaseModel, former: BaseModel, owner: BaseModel) -> None:
    """Assign the open reviews of the former owner to the new one; those that they must not answer are unassigned."""
    assigned = Domain("deployment_id", "=", deployment.id) & Domain("state", "=", "open")
    assigned &= Domain("reviewer_id", "=", former.id)
    reviews = deployment.env["ai.deployment.review"].sudo().search(assigned)
    release(reviews)
    able = able_by_review(reviews, people_at_work(deployment.sudo(), owner.sudo()))
    reviews.filtered(lambda review: able[review.id]).write({"reviewer_id": owner.id, "is_assigned": True})
