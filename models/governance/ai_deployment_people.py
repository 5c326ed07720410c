"""Who answers for a deployment: people who can, and who accepted in person; and what follows when they cannot any more.

An owner who left, lost the role or the access, or a review that was missed, starts days of grace: the scores stay and
the page says why. When they are over (`shown_until`), no score is shown until a person answers for it again.
"""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..health.people import Owner
from ..review.eligibility import able_by_review, people_at_work
from ..review.reassignment import release
from ..tools import clock
from ..tools.trust import OWN, own
from .ai_deployment_checklist import Evidence
from .ai_deployment_decision import ANSWERED

# Whom only the owner or an administrator names: a deputy stands in, and hands nothing over.
HANDED_OVER = ("user_id", "deputy_id", "decider_id", "budget_holder_id")
NAMED = {"user_id", "deputy_id", "decider_id", "budget_holder_id", "model_id"}  # people, and what they have to see


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    accepted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    accepted_date = fields.Datetime("Accepted On", readonly=True, copy=False)
    has_accepted = fields.Boolean(compute="_compute_has_accepted", unsaved=True)
    is_owner = fields.Boolean(compute="_compute_is_owner", unsaved=True)
    lesson = fields.Text("What Was Learned", readonly=True, copy=False, tracking=True)

    grace_days = fields.Integer(
        "Days of Grace",
        default=14,
        tracking=True,
        help="So many days scores stay when nobody answers for them any more, or the review was missed.",
    )
    unowned_date = fields.Date(
        readonly=True, copy=False, help="Since when its owner cannot answer for it, as far as that was noticed."
    )
    shown_until = fields.Date("Scores Stay Until", compute="_compute_shown_until", store=True)
    grace_text = fields.Char(compute="_compute_grace_text")

    _grace_days_in_reach = models.Constraint(
        "CHECK(grace_days BETWEEN 0 AND 90)", "The days of grace lie between 0 and 90."
    )

    # Who can

    def _person_gap(self, person):
        """Why `person` cannot answer for this deployment (any more); empty where nothing speaks against it.

        What is looked at: the account is active and internal, is not Odoo's own, has the role Owner, and may read the
        records that are scored. Cheap: nothing of it is looked up per person in the database twice.
        """
        self.ensure_one()
        person = person.sudo()
        if not person.active:
            return self.env._("%s is not active any more.", person.name)
        if person.share or person in self._system_users():
            return self.env._("%s is not a colleague: an active internal user has to answer for it.", person.name)
        if not person.has_group("ai_deployment.group_owner"):
            return self.env._("%s has not the role “Owner” of AI Deployment.", person.name)
        documents = self.env[self.res_model].with_user(person).sudo(False) if self.res_model in self.env else None
        if documents is not None and not documents.has_access("read"):
            words = documents._ai_words()
            return self.env._("%(person)s may not read %(records)s.", person=person.name, records=words["records"])
        return ""

    def _shared_login_gap(self, person):
        """Why the account of `person` looks as if nobody, or several people, stood behind it.

        A person has an e-mail address; one that another active account has too, or that is the company's own, is a
        shared one. A login that several people use under one address of its own cannot be told from a person.
        """
        person = person.sudo()
        address = person.partner_id.email_normalized
        if not address:
            return self.env._("%s has no e-mail address, so nobody can be asked in person.", person.name)
        if address in person.company_ids.mapped("partner_id.email_normalized"):
            return self.env._("The address of %s is the company's own, so it is no person's login.", person.name)
        others = (
            self.env["res.users"]
            .sudo()
            .search(
                [("partner_id.email_normalized", "=", address), ("id", "!=", person.id), ("share", "=", False)], limit=1
            )
        )
        if others:
            return self.env._(
                "%(person)s and %(other)s have the same e-mail address, so it is no person's login.",
                person=person.name,
                other=others.name,
            )
        return ""

    def _system_users(self):
        """Accounts of Odoo itself that are never a person."""
        known = self.env["ir.model.data"]._xmlid_to_res_id  # remembered, where `ref` looks into the database each time
        return self.env["res.users"].sudo().browse([known("base.user_root"), known("base.public_user")])

    def _check_all_named(self):
        self._check_named(NAMED)

    def _check_named(self, names):
        """Who names somebody hears at once of what speaks against it; of what code writes the checklist tells.

        Constraints run in sudo, so they cannot tell the two apart.
        """
        if self.env.su:
            return
        for deployment in self.sudo():
            answering = deployment.browse().user_id.union(
                *(deployment[name] for name in ("user_id", "deputy_id") if name in names or "model_id" in names)
            )
            for person in answering:
                gap = deployment._person_gap(person)
                if not gap and person.partner_id.email_normalized:  # who has none yet is asked for one when accepting
                    gap = deployment._shared_login_gap(person)
                if gap:
                    raise ValidationError(gap)
            for name in {"decider_id", "budget_holder_id"} & names:
                person = deployment[name]
                if person and not person.has_group("ai_deployment.group_reviewer"):
                    raise ValidationError(
                        self.env._("%s has no part in AI deployments yet: an administrator gives one.", person.name)
                    )

    @api.depends("accepted_by_id", "user_id")
    def _compute_has_accepted(self):
        for deployment in self:
            deployment.has_accepted = bool(deployment.user_id) and deployment.accepted_by_id == deployment.user_id

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_owner(self):
        for deployment in self:
            deployment.is_owner = deployment.user_id == self.env.user

    def action_accept(self):
        """The owner takes it on, in person: nobody accepts for somebody else."""
        for deployment in self:
            deployment.check_access("read")
            if self.env.user != deployment.user_id:
                raise AccessError(self.env._("Only %s accepts this, in person.", deployment.user_id.name))
            gap = deployment._person_gap(self.env.user) or deployment._shared_login_gap(self.env.user)
            if gap:
                raise UserError(gap)
            deployment.sudo().write({"accepted_by_id": self.env.uid, "accepted_date": clock.now()})
            own(deployment)._message_log(
                body=self.env._("%s answers for this deployment.", self.env.user.name),
                author_id=self.env.user.partner_id.id,
            )
        return True

    def _follow_written_ownership(self, vals):
        """An acceptance is one person's: it ends with the owner, and does not come back with the same one."""
        self._check_hands_over(vals)
        changed = self.browse()
        if "user_id" in vals:
            changed = self.filtered(lambda deployment: deployment.user_id.id != vals["user_id"])
        if {"user_id", "deputy_id"} & vals.keys():
            for deployment in self:
                people = (deployment.user_id | deployment.deputy_id).ids
                self.env["ai.deployment.edit"]._note(deployment, people, kind=ANSWERED)
        apart = self.browse()
        if {"reviewer_ids", "decider_id"} & vals.keys() and not self.env.su:
            apart = self.filtered(lambda one: one.state == "production" and one._has_independent_reviewer())
        yield
        if any(not one._has_independent_reviewer() for one in apart):
            raise UserError(
                self.env._("Somebody who neither built it nor decides on it has to stay among those who review.")
            )
        if changed:
            changed.sudo().write({"accepted_by_id": False, "accepted_date": False})
        if {"user_id", "model_id"} & vals.keys():
            self.sudo()._look_at_owner()
        if NAMED & vals.keys():
            self._check_named(NAMED & vals.keys())

    def _check_hands_over(self, vals):
        """Raise where somebody else than the owner or an administrator names other people who stand for it."""
        asked = [name for name in HANDED_OVER if name in vals]
        if not asked or self.env.su or self.env.user.has_group("ai_deployment.group_manager"):
            return
        for deployment in self:
            if deployment.user_id != self.env.user and any(
                (vals[name] or False) != deployment[name].id for name in asked
            ):
                raise AccessError(self.env._("Only the owner or an administrator hands a deployment over."))

    def _has_independent_reviewer(self):
        """Whether somebody reviews who neither built it nor decides on it, or one person may do it all."""
        deployment = self.sudo()
        apart = deployment.reviewer_ids - deployment._builders() - deployment.decider_id
        return bool(apart) or deployment.check_template_id.one_person

    # Days of grace

    def _look_at_owner(self):
        """Keep since when the owner cannot answer for it."""
        for deployment in self:
            gap = deployment._person_gap(deployment.user_id)
            if gap and not deployment.unowned_date:
                deployment.unowned_date = clock.today()
            elif not gap and deployment.unowned_date:
                deployment.unowned_date = False

    @api.model
    def _people_changed(self, users):
        """Somebody was archived, or has other roles: those who are left hear of it at once, not with the next job."""
        theirs = self.sudo().search([("user_id", "in", users.ids), ("state", "!=", "retired")])
        theirs._look_at_owner()
        theirs._sync_review_activity()
        for deployment in theirs.filtered(lambda deployment: deployment.state in deployment._at_work_states()):
            finding = next((one for one in Owner().find(deployment, None) if one.code == "owner"), None)
            alerts = self.env["ai.deployment.alert"].sudo()
            if finding:
                alerts._raise(
                    deployment, "health:owner", name=finding.sentence, suggestion=finding.suggestion, level="alert"
                )
            else:
                alerts._resolve(deployment, "health:owner")

    @api.depends("review_date", "unowned_date", "grace_days")
    def _compute_shown_until(self):
        for deployment in self:
            begins = min(filter(None, (deployment.review_date, deployment.unowned_date)), default=None)
            days = timedelta(days=deployment.grace_days)
            deployment.shown_until = begins and min(begins, date.max - days) + days

    def _grace_over(self):
        """Whether the days of grace are over, so that no score is shown."""
        self.ensure_one()
        return bool(self.shown_until) and self.shown_until < clock.today()

    def _grace_reason(self):
        """Why the days of grace began; empty where they did not."""
        self.ensure_one()
        deployment = self.sudo()
        if deployment.unowned_date:
            gap = deployment._person_gap(deployment.user_id)
            return gap or self.env._("%s could not answer for it.", deployment.user_id.name)
        if deployment.review_date and deployment.review_date < clock.today():
            return self.env._("The review was due on %s.", format_date(self.env, deployment.review_date))
        return ""

    @api.depends("shown_until", "state", "user_id")
    @api.depends_context("lang")
    def _compute_grace_text(self):
        for deployment in self:
            reason = deployment._grace_reason() if deployment.state == "production" else ""
            until = format_date(self.env, deployment.shown_until)
            if not reason:
                deployment.grace_text = False
            elif deployment._grace_over():
                deployment.grace_text = self.env._(
                    "Scores are not shown any more since %(day)s. %(why)s", day=until, why=reason
                )
            else:
                deployment.grace_text = self.env._("Scores stay until %(day)s only. %(why)s", day=until, why=reason)

    # Handing over

    def _hand_over(self, owner, deputy, decider, note):
        """Others answer for it from now on. The new owner has yet to accept; what was open goes along."""
        self.ensure_one()
        self._check_decides()
        if self.state == "retired":
            raise UserError(self.env._("“%s” is retired: there is nothing to hand over.", self.name))
        if not (note or "").strip():
            raise UserError(self.env._("Tell the new people what they have to know."))
        former, change = self.user_id, self.env.user
        everything = own(self)
        activities = everything._activities_of(former)
        self.write({"user_id": owner.id, "deputy_id": deputy.id, "decider_id": decider.id})
        if owner != former:
            everything._pass_on(activities, former, owner)
        everything.message_subscribe(partner_ids=(owner | deputy | decider).partner_id.ids)
        everything._message_log(
            body=self.env._(
                "%(who)s handed this over from %(old)s to %(new)s: %(note)s",
                who=change.name,
                old=former.name,
                new=owner.name,
                note=note.strip(),
            ),
            author_id=change.partner_id.id,
        )

    def _activities_of(self, person):
        """Open activities of `person` on this deployment and its alerts."""
        domain = Domain("user_id", "=", person.id) & (
            Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids)
            | Domain("res_model", "=", "ai.deployment.alert") & Domain("res_id", "in", self.alert_ids.ids)
        )
        return self.env["mail.activity"].sudo().search(domain)

    def _pass_on(self, activities, former, owner):
        own(activities.exists()).with_context(mail_activity_quick_update=OWN).write({"user_id": owner.id})
        alerts = self.alert_ids.filtered(lambda alert: alert.state in ("firing", "acknowledged"))
        alerts.filtered(lambda alert: alert.state == "acknowledged").write(
            {"state": "firing", "acknowledged_by_id": False, "acknowledged_date": False}
        )
        for alert in alerts.filtered(lambda alert: alert.level == "alert" and not alert._is_kept_quiet()):
            if owner not in alert.activity_ids.user_id:
                alert._point(owner, alert.name)
        reviews = (
            self.env["ai.deployment.review"]
            .sudo()
            .search(
                Domain("deployment_id", "=", self.id)
                & Domain("state", "=", "open")
                & Domain("reviewer_id", "=", former.id)
            )
        )
        if former not in self.reviewer_ids:  # asked as the owner, not as a reviewer
            release(reviews)
            able = able_by_review(reviews, people_at_work(self.sudo(), owner.sudo()))
            taken = reviews.filtered(lambda review: able[review.id])
            taken.write({"reviewer_id": owner.id, "is_assigned": True})

    def action_hand_over(self):
        self.ensure_one()
        self._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand Over"),
            "view_mode": "form",
            "target": "new",
            "res_model": "ai.deployment.hand.over",
            "context": {"default_deployment_id": self.id},
        }

    # Retiring

    def _retire(self, lesson):
        """Retire for good, with what was learned."""
        self.ensure_one()
        if not (lesson or "").strip():
            raise UserError(self.env._("Write down what was learned: the next one begins with it."))
        self._check_decides()
        self.sudo().lesson = lesson.strip()
        self._move("retired", lesson.strip())

    def _missing_lesson(self, target):
        return self.env._("write down what was learned first.") if target == "retired" and not self.lesson else ""

    # Evidence

    def _evidence_owner_accepted(self, check):
        gap = self._person_gap(self.user_id) or self._shared_login_gap(self.user_id)
        if gap:
            return Evidence(False, gap)
        if not self.has_accepted:
            return Evidence(False, self.env._("%s has not accepted yet.", self.user_id.name))
        return Evidence(True, self.env._("%s has accepted.", self.user_id.name), self.accepted_date)

    def _satisfy_owner_accepted(self, check):
        if self.env.user != self.user_id:
            raise UserError(self.env._("Only %s accepts this, in person.", self.user_id.name))
        self.action_accept()
        check._refresh()
        return True
