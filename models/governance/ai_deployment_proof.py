"""A proof of concept: who pays for it, until when, and when it is a reason not to build it.

It ends on a day, unless somebody extends it with a reason. Before anybody trains, the page shows what was learned from
one like it.
"""

import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..deployment.life_cycle import keep_transitions
from ..tools import clock

PROOF_DAYS = 90
MOST_PROOF_DAYS = 365
ALIKE_INPUTS = 0.5  # share of the inputs of both that are the same
ALIKE_WORDS = 2
WORD = re.compile(r"\w{4,}")
COMMON_WORDS = frozenset(
    "about after also because been call does find from have into lead leads bill bills more most only other predict "
    "records score scores should some tell tells than that their them then there these they this those unusual what "
    "when where which will with without worth would your".split()
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    budget_holder_id = fields.Many2one(
        "res.users",
        "Pays for the Proof",
        tracking=True,
        domain=[("share", "=", False)],
        help="Hears of it when a proof of concept has nobody to own it, or nothing happens.",
    )
    expiry_date = fields.Date(
        "Proof Ends On",
        tracking=True,
        copy=False,
        default=lambda self: clock.today() + timedelta(days=PROOF_DAYS),
        help="A proof of concept that has not shown anything by then ends, unless somebody extends it with a reason.",
    )
    proof_idle_weeks = fields.Integer(
        "Idle After Weeks", default=4, help="A proof of concept that nobody worked on for so long is called idle."
    )
    proof_text = fields.Char(compute="_compute_proof_text")
    lessons_html = fields.Html(compute="_compute_lessons_html", sanitize=False, unsaved=True)

    _proof_idle_weeks_positive = models.Constraint(
        "CHECK(proof_idle_weeks > 0)", "A proof of concept is idle after one week at the earliest."
    )

    def _check_new_expiry(self):
        today = clock.today()
        for deployment in self.filtered("expiry_date"):
            if not self.env.su and not today <= deployment.expiry_date <= today + timedelta(days=MOST_PROOF_DAYS):
                raise ValidationError(self.env._("A proof of concept ends on a day to come, within a year."))

    def _follow_written_poc(self, vals):
        if "expiry_date" in vals and not self.env.su:
            day = fields.Date.to_date(vals["expiry_date"])
            if not day or any(one.expiry_date and day > one.expiry_date for one in self):
                raise UserError(self.env._("A proof of concept is extended with a reason, under “Extend”."))
        yield

    @api.constrains("budget_holder_id")
    def _check_budget_holder(self):
        for deployment in self.filtered("budget_holder_id"):
            person = deployment.budget_holder_id
            if not person.active or person.share or person in self._system_users():
                raise ValidationError(self.env._("%s cannot pay for it: an active internal user has to.", person.name))

    # A reason not to build it

    def _is_expired(self):
        self.ensure_one()
        return self.state == "proof" and bool(self.expiry_date) and self.expiry_date < clock.today()

    def _worked_on(self):
        """When somebody last worked on this proof of concept: declared an input, trained, extended or wrote it."""
        self.ensure_one()
        deployment = self.sudo()
        moments = [
            deployment.accepted_date,
            *deployment.version_ids.mapped("trained_date"),
            *deployment.feature_ids.mapped("write_date"),
            *deployment.transition_ids.mapped("date"),
            *deployment.check_ids.mapped("signed_date"),
        ]
        return max((moment for moment in moments if moment and moment <= clock.now()), default=self._began())

    def _began(self):
        """When it was made, by the clock."""
        self.ensure_one()
        return min(self.sudo().transition_ids.mapped("date"), default=self.create_date)

    def _proof_reason(self):
        """The sentence that says why this should not be built; empty where nothing speaks against it."""
        self.ensure_one()
        if self.state != "proof":
            return ""
        gap = self._person_gap(self.user_id)
        if gap:
            return self.env._("%s Without an owner, this is a reason not to build it.", gap)
        if not self.has_accepted:
            return self.env._(
                "%s has not accepted to own it. As long as nobody does, this is a reason not to build it.",
                self.user_id.name,
            )
        if self._is_expired():
            return self.env._(
                "Its time ended on %s. That it has shown nothing by then is a reason not to build it.",
                format_date(self.env, self.expiry_date),
            )
        since = self._worked_on()
        if clock.now() - since > timedelta(weeks=self.proof_idle_weeks):
            return self.env._(
                "Nobody has worked on it since %s. That nobody finds the time is a reason not to build it.",
                format_date(self.env, since),
            )
        return ""

    @api.depends("state", "user_id", "has_accepted", "expiry_date", "proof_idle_weeks")
    @api.depends_context("lang")
    def _compute_proof_text(self):
        for deployment in self:
            kept = deployment._origin
            known = bool(kept) and kept.user_id == deployment.user_id
            deployment.proof_text = kept._proof_reason() if known else False

    def _watch_proof(self):
        """Tell who pays for it. A new one has a week before anybody is told that its owner has not accepted yet."""
        self.ensure_one()
        alerts, reason = self.env["ai.deployment.alert"].sudo(), self._proof_reason()
        if not reason or clock.now() - self._began() < timedelta(weeks=1):
            alerts._resolve(self, "proof")
            return
        alert = alerts._raise(
            self,
            "proof",
            name=reason,
            suggestion=self.env._("Find an owner and the time, or retire it and write down what was learned."),
        )
        holder = self.budget_holder_id
        if holder.active and holder not in alert.activity_ids.user_id and alert.state == "firing":
            alert._point(holder, reason)

    # Its time

    def _missing_poc(self, target):
        if target == "shadow" and self._is_expired():
            return self.env._(
                "its time as a proof of concept ended on %s: somebody extends it with a reason first.",
                format_date(self.env, self.expiry_date),
            )
        return ""

    def _extend(self, day, reason):
        """Give a proof of concept more time. Kept as a step of its life from the proof to the proof."""
        self.ensure_one()
        self._check_decides()
        if self.state != "proof":
            raise UserError(self.env._("“%s” is no proof of concept any more.", self.name))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it needs more time, and what will be shown by then."))
        if not day or day <= clock.today() or (self.expiry_date and day <= self.expiry_date):
            raise ValidationError(self.env._("It is extended to a day that is still to come, and later than before."))
        if day > clock.today() + timedelta(days=MOST_PROOF_DAYS):
            raise ValidationError(self.env._("A proof of concept is extended by a year at most."))
        self.sudo().expiry_date = day
        text = self.env._("Extended until %(day)s: %(why)s", day=format_date(self.env, day), why=reason.strip())
        keep_transitions(self, {self.id: "proof"}, "proof", text)

    def action_extend(self):
        self.ensure_one()
        self._check_decides()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Extend"),
            "view_mode": "form",
            "target": "new",
            "res_model": "ai.deployment.extend",
            "context": {"default_deployment_id": self.id},
        }

    # What was learned before

    def _words(self):
        """Words of name and purpose that tell what it is about."""
        return set(WORD.findall(f"{self.name or ''} {self.purpose or ''}".lower())) - COMMON_WORDS

    def _resembles(self, other):
        """Whether `other` was about the same: half of the inputs, or some of the words."""
        mine, its = set(self.feature_ids.mapped("key")), set(other.feature_ids.mapped("key"))
        mine.discard(False)
        if mine and len(mine & its) >= ALIKE_INPUTS * min(len(mine), len(its)) and mine & its:
            return True
        return len(self._words() & other._words()) >= ALIKE_WORDS

    def _retired_alike(self):
        """Retired deployments of the same kind that resemble this one, the latest first. In sudo.

        Who retires one writes the lesson for whoever begins something like it, so it is shown to people of the company
        who could not see that deployment.
        """
        self.ensure_one()
        if not self.res_model and not self.model_id:
            return self.sudo().browse()
        retired = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                Domain("state", "=", "retired")
                & Domain("lesson", "!=", False)
                & Domain("res_model", "=", self.model_id.sudo().model)
                & Domain("method", "=", self.method)
                & Domain("company_id", "in", self.company_id._ai_above_sql())
                & Domain("id", "!=", self._origin.id),
                order="id desc",
            )
        )
        return retired.filtered(self._resembles)[:3]

    @api.depends("state", "name", "purpose", "model_id", "method", "company_id", "feature_ids.key")
    @api.depends_context("lang")
    def _compute_lessons_html(self):
        for deployment in self:
            alike = deployment._retired_alike() if deployment.state in (False, "proof") else self.browse()
            deployment.lessons_html = bool(alike) and self.env["ir.qweb"]._render(
                "ai_deployment.lessons", {"lessons": [(one.name, one.lesson) for one in alike]}
            )
