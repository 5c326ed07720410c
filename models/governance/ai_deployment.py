"""The governance of a deployment: ownership, proof of concept, checklist, approval, business value.

Fields, constraints, buttons and the steps that follow events. The behaviour is in the services of this package.
"""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..alerting.alert_kinds import BROKEN, TEST_ALERT, Cause
from ..deployment import events
from ..deployment.eligibility import system_users
from ..tools import clock, settings, turns
from ..tools.toast import toast
from ..tools.told import told
from .approval import Approval
from .business_value import BusinessValue
from .checklist import Checklist
from .duties import ANSWERED, BUILT, builders, conflicted_users, has_independent_reviewer
from .explanation import Explanation
from .ownership import NAMED, Ownership
from .planning import Planning
from .poc import MOST_PROOF_DAYS, PROOF_DAYS, ProofOfConcept
from .printing import report_action
from .value_texts import ValueTexts

PROPOSED_REPORTS = 3  # below the minimum, after which a deployment is proposed to be suspended
# Rows of the checklist that read a field of the deployment: {field: rule}.
ROWS_OF = {
    "accepted_by_id": "owner_accepted",
    "approver_id": "approver",
    "channel_ids": "reader",
    "floor_auc": "stop_rule",
    "floor_precision": "stop_rule",
    "limits": "explained",
    "retraining_plan": "retrained",
    "review_date": "review_ahead",
    "score_nightly": "audience",
    "score_on_change": "audience",
    "score_on_create": "audience",
    "signature_ids": "explained",
    "stop_after": "stop_rule",
    "viewer_group_ids": "audience",
}

CHECKS_TURN = turns.TurnWork(
    str(Cause(BROKEN, "checks")),
    run=lambda deployment: deployment._watch_daily(),
    describe=lambda deployment, why: deployment.env._(
        "The checklist of “%(what)s” could not be updated: %(why)s", what=deployment.name, why=why
    ),
    taken="checks_taken",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    # Ownership
    accepted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    accepted_date = fields.Datetime("Accepted On", readonly=True, copy=False)
    has_accepted = fields.Boolean(compute="_compute_has_accepted", unsaved=True)
    is_owner = fields.Boolean(compute="_compute_is_owner", unsaved=True)
    lesson = fields.Text("Lessons Learned", readonly=True, copy=False, tracking=True)
    grace_days = fields.Integer(
        "Days of Grace",
        default=lambda self: settings.days(self.env, settings.GRACE),
        tracking=True,
        help="Scores remain visible for so many days without an owner or after a missed review.",
    )
    unowned_date = fields.Date(readonly=True, copy=False, help="Date from which the owner was found unavailable.")
    shown_until = fields.Date("Scores Visible Until", compute="_compute_shown_until", store=True)
    grace_text = fields.Char("Grace Period", compute="_compute_grace_text")

    # Proof of concept
    budget_holder_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain=[("share", "=", False)],
        help="Notified if a proof of concept has no owner or no activity.",
    )
    expiry_date = fields.Date(
        "Proof of Concept Ends On",
        tracking=True,
        copy=False,
        default=lambda self: clock.today() + timedelta(days=PROOF_DAYS),
        help="The proof of concept ends on this day unless it is extended with a reason.",
    )
    poc_idle_weeks = fields.Integer(
        "Idle After Weeks", default=4, help="After so many weeks without activity, a proof of concept counts as idle."
    )
    poc_text = fields.Char("Proof of Concept Note", compute="_compute_poc_text")
    lessons_html = fields.Html("Earlier Lessons", compute="_compute_lessons_html", sanitize=False, unsaved=True)

    # Checklist
    checks_taken = fields.Boolean(readonly=True, copy=False)  # see `tools.turns`
    check_template_id = fields.Many2one(
        "ai.deployment.check.template", "Checklist Template", readonly=True, ondelete="restrict", copy=False
    )
    check_ids = fields.One2many("ai.deployment.check", "deployment_id", "Checklist")
    technical_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Technical Rows", domain=[("dimension", "=", "technical")]
    )
    monitoring_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Monitoring Rows", domain=[("dimension", "=", "monitoring")]
    )
    organisational_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Organisational Rows", domain=[("dimension", "=", "organisational")]
    )
    business_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Business Rows", domain=[("dimension", "=", "business")]
    )
    progress_html = fields.Html("Progress", compute="_compute_progress_html", sanitize=False)
    progress_technical = fields.Float("Technical", compute="_compute_progress")
    progress_monitoring = fields.Float("Monitoring", compute="_compute_progress")
    progress_organisational = fields.Float("Organisational", compute="_compute_progress")
    progress_business = fields.Float("Business", compute="_compute_progress")
    progress = fields.Float(
        "Checklist Progress", compute="_compute_progress", help="Lowest readiness of all dimensions."
    )

    # Approval
    approver_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain=[("share", "=", False)],
        help="Approves or rejects going live. Must not be a builder.",
    )
    approval_ids = fields.One2many("ai.deployment.approval", "deployment_id", "Approvals", readonly=True)
    latest_approval_id = fields.Many2one("ai.deployment.approval", compute="_compute_latest_approval_id")
    is_approver = fields.Boolean(compute="_compute_is_approver", unsaved=True)

    # Explanation and sign-offs
    limits = fields.Text(
        "Limitations",
        tracking=True,
        help="Records it judges badly, missing information, and wrong conclusions to avoid.",
    )
    signature_ids = fields.One2many("ai.deployment.signature", "deployment_id", "Sign-offs")
    explanation_html = fields.Html(
        "Explanation", compute="_compute_explanation_html", sanitize=False, compute_sudo=True
    )

    # Planning
    retraining_plan = fields.Text(
        "Retraining",
        tracking=True,
        help="Time of retraining, responsible person, data, and who promotes the new version.",
    )
    retrain_hours = fields.Float("Retraining Hours", tracking=True, help="Working hours per retraining.")
    retrain_cost = fields.Monetary("Retraining Cost", tracking=True, help="Per retraining; 0 on your own server.")
    retrain_event_id = fields.Many2one("calendar.event", "Retraining Date", readonly=True, copy=False, index=True)

    # Business value
    value_ids = fields.One2many("ai.deployment.value", "deployment_id", "Business Value", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_margin = fields.Float(
        "Margin on Won Revenue",
        tracking=True,
        copy=False,
        help="Margin on won revenue. If empty, no monetary value is shown for leads. Assumed, not measured.",
    )
    value_minutes = fields.Float(
        "Minutes per Bill",
        tracking=True,
        copy=False,
        help="Used for bills posted by a person without measured time. Assumed, not measured.",
    )
    value_hourly_cost = fields.Monetary(
        "Hourly Cost", tracking=True, copy=False, help="Hourly cost of reviewers and clerks."
    )
    value_running_cost = fields.Monetary(
        "Monthly Running Cost", tracking=True, copy=False, help="For example: endpoint, computing, licences."
    )
    value_text = fields.Char("Monthly Value", compute="_compute_value_text")
    has_baseline = fields.Boolean(compute="_compute_has_baseline", compute_sudo=True)
    value_caveat = fields.Char("Value Limitations", compute="_compute_value_html")
    value_html = fields.Html("Measurements", compute="_compute_value_html", sanitize=False)

    _grace_days_in_reach = models.Constraint(
        "CHECK(grace_days BETWEEN 0 AND 90)", "The grace period must be between 0 and 90 days."
    )
    _poc_idle_weeks_positive = models.Constraint(
        "CHECK(poc_idle_weeks > 0)", "A proof of concept can be idle after one week at the earliest."
    )
    _retrain_not_negative = models.Constraint(
        "CHECK(retrain_hours >= 0 AND retrain_cost >= 0)", "Hours and costs cannot be negative."
    )
    _value_margin_is_share = models.Constraint(
        "CHECK(value_margin BETWEEN 0 AND 1)", "The margin on won revenue must be between 0 and 100 %."
    )
    _value_costs_not_negative = models.Constraint(
        "CHECK(value_minutes >= 0 AND value_hourly_cost >= 0 AND value_running_cost >= 0)",
        "Minutes and costs cannot be negative.",
    )

    # Constraints

    @api.constrains("approver_id", "user_id", "deputy_id")
    def _check_approver(self):
        for deployment in self.filtered("approver_id"):
            person = deployment.approver_id
            if not person.active or person.share or person.id == self.env.ref("base.user_root").id:
                raise ValidationError(
                    self.env._("%s cannot be the approver: only active internal users can.", person.name)
                )
            if deployment.sudo().check_template_id.one_person:
                continue
            if person in builders(deployment):
                raise ValidationError(self.env._("%s built it, so another person has to approve.", person.name))
            if person in conflicted_users(deployment):
                raise ValidationError(
                    self.env._("%s is the owner or deputy, so another person has to approve.", person.name)
                )

    @api.constrains("budget_holder_id")
    def _check_budget_holder(self):
        for deployment in self.filtered("budget_holder_id"):
            person = deployment.budget_holder_id
            if not person.active or person.share or person in system_users(self.env):
                raise ValidationError(
                    self.env._("%s cannot be the budget holder: only active internal users can.", person.name)
                )

    # Computes

    @api.depends("accepted_by_id", "user_id")
    def _compute_has_accepted(self):
        for deployment in self:
            deployment.has_accepted = bool(deployment.user_id) and deployment.accepted_by_id == deployment.user_id

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_owner(self):
        for deployment in self:
            deployment.is_owner = deployment.user_id == self.env.user

    @api.depends("review_date", "unowned_date", "grace_days")
    def _compute_shown_until(self):
        for deployment in self:
            begins = min(filter(None, (deployment.review_date, deployment.unowned_date)), default=None)
            days = timedelta(days=deployment.grace_days)
            deployment.shown_until = begins and min(begins, date.max - days) + days

    @api.depends("shown_until", "state", "user_id")
    @api.depends_context("lang")
    def _compute_grace_text(self):
        for deployment in self:
            deployment.grace_text = Ownership(deployment).grace_text()

    @api.depends("state", "user_id", "has_accepted", "expiry_date", "poc_idle_weeks")
    @api.depends_context("lang")
    def _compute_poc_text(self):
        for deployment in self:
            kept = deployment._origin
            known = bool(kept) and kept.user_id == deployment.user_id
            deployment.poc_text = ProofOfConcept(kept).reason() if known else False

    @api.depends("state", "name", "purpose", "model_id", "method", "company_id", "feature_ids.key")
    @api.depends_context("lang")
    def _compute_lessons_html(self):
        for deployment in self:
            lessons = ProofOfConcept(deployment).lessons()
            deployment.lessons_html = bool(lessons) and self.env["ir.qweb"]._render(
                "ai_deployment.lessons", {"lessons": lessons}
            )

    @api.depends("check_ids.state", "check_ids.dimension")
    def _compute_progress(self):
        for deployment in self:
            shares = Checklist(deployment).progress()
            for dimension, share in shares.items():
                deployment[f"progress_{dimension}"] = share
            deployment.progress = min(shares.values()) if deployment.check_ids else 0.0

    @api.depends("check_ids.state", "check_ids.dimension")
    @api.depends_context("lang")
    def _compute_progress_html(self):
        for deployment in self:
            deployment.progress_html = bool(deployment.check_ids) and self.env["ir.qweb"]._render(
                "ai_deployment.checklist_bars",
                {"bars": Checklist(deployment).bars(), "ready": round(100 * deployment.progress)},
            )

    @api.depends("approval_ids")
    def _compute_latest_approval_id(self):
        for deployment in self:
            # By number: the dates of two decisions lie the wrong way round where a clock was ahead.
            deployment.latest_approval_id = deployment.sudo().approval_ids.sorted("id", reverse=True)[:1]

    @api.depends_context("uid")
    @api.depends("approver_id")
    def _compute_is_approver(self):
        for deployment in self:
            deployment.is_approver = deployment.approver_id == self.env.user

    @api.depends("purpose", "limits", "feature_ids.name", "feature_ids.sensitive", "method", "model_id")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for deployment in self:
            deployment.explanation_html = Explanation(deployment).html()

    @api.depends("value_ids")
    def _compute_has_baseline(self):
        for deployment in self:
            deployment.has_baseline = any(row.period == "before" for row in deployment.value_ids)

    @api.depends("value_ids")
    @api.depends_context("lang")
    def _compute_value_text(self):
        for deployment in self:
            deployment.value_text = ValueTexts(deployment.sudo()).net_text()

    @api.depends("value_ids", "holdout_share")
    @api.depends_context("lang")
    def _compute_value_html(self):
        for deployment in self:
            texts = ValueTexts(deployment.sudo())
            deployment.value_caveat = texts.caveat()
            deployment.value_html = self.env["ir.qweb"]._render(
                "ai_deployment.value_table", {"tables": texts.tables(), "why_not": texts.why_not()}
            )

    # Steps of events

    def _start_checklists(self):
        for deployment in self.sudo():
            Checklist(deployment).start()

    def _check_all_named(self):
        Ownership(self).check_named(NAMED)

    def _check_new_expiry(self):
        today = clock.today()
        for deployment in self.filtered("expiry_date"):
            if not self.env.su and not today <= deployment.expiry_date <= today + timedelta(days=MOST_PROOF_DAYS):
                raise ValidationError(
                    self.env._("The end date of a proof of concept must be in the future, at most one year ahead.")
                )

    def _follow_written_checklist(self, vals):
        """Look again at the rows that read what was written, so that they are done when it is done."""
        yield
        rules = {ROWS_OF[name] for name in vals if name in ROWS_OF}
        if rules:
            self.sudo().check_ids.filtered(lambda check: check.rule in rules)._refresh()

    def _follow_written_planning(self, vals):
        yield
        if {"review_date", "user_id"} & vals.keys() and "state" not in vals:
            self._sync_review_activity()

    def _follow_written_poc(self, vals):
        if "expiry_date" in vals and not self.env.su:
            day = fields.Date.to_date(vals["expiry_date"])
            if not day or any(one.expiry_date and day > one.expiry_date for one in self):
                raise UserError(self.env._("To extend a proof of concept, use “Extend” and give a reason."))
        yield

    def _follow_written_ownership(self, vals):
        """An acceptance is one person's: it ends with the owner, and does not come back with the same one."""
        Ownership(self).check_hands_over(vals)
        changed = self.browse()
        if "user_id" in vals:
            changed = self.filtered(lambda deployment: deployment.user_id.id != vals["user_id"])
        if {"user_id", "deputy_id"} & vals.keys():
            for deployment in self:
                people = (deployment.user_id | deployment.deputy_id).ids
                self.env["ai.deployment.edit"]._note(deployment, people, kind=ANSWERED)
        apart = self.browse()
        if {"reviewer_ids", "approver_id"} & vals.keys() and not self.env.su:
            apart = self.filtered(lambda one: one.state == "production" and has_independent_reviewer(one))
        yield
        if not all(has_independent_reviewer(one) for one in apart):
            raise UserError(self.env._("At least one reviewer must be neither builder nor approver."))
        if changed:
            changed.sudo().write({"accepted_by_id": False, "accepted_date": False})
        if {"user_id", "model_id"} & vals.keys():
            self.sudo()._look_at_owner()
        if NAMED & vals.keys():
            Ownership(self).check_named(NAMED & vals.keys())

    def _follow_written_approval(self, vals):
        if "review_date" in vals and not self.env.su:
            day = fields.Date.to_date(vals["review_date"])
            for deployment in self.sudo().filtered("approval_ids"):
                Approval(deployment).check_review_date(day)
        if BUILT & vals.keys():
            self.env["ai.deployment.edit"]._note(self)
        yield

    def _sync_review_activity(self):
        Planning(self).sync_review_activities()

    def _missing_poc(self, target):
        return ProofOfConcept(self).expired_text() if target == "shadow" else ""

    def _missing_lesson(self, target):
        return self.env._("record the lessons learned first.") if target == "retired" and not self.lesson else ""

    def _missing_evidence(self, target):
        return Checklist(self.sudo()).gap() if target == "production" else ""

    def _missing_approval(self, target):
        return Approval(self).gap() if target == "production" else ""

    def _look_at_owner(self):
        Ownership(self).sync_unowned_date()

    def _watch_checklist(self):
        Checklist(self.sudo()).watch()

    def _watch_proof(self):
        ProofOfConcept(self).watch()

    def _measure_weekly(self):
        BusinessValue(self.sudo()).measure_weekly()

    def _measure_holdout(self):
        for deployment in self.sudo():
            BusinessValue(deployment).measure_holdout()

    @api.model
    def _cron_checklists(self):
        """Look at all checklists once a day; where a row of a running deployment is missing, its owner is told."""
        turns.take_turns(CHECKS_TURN, self.search(Domain("state", "!=", "retired"), order="id"))

    def _watch_daily(self):
        """Run the steps of the day."""
        self.ensure_one()
        events.follow(self, events.DAILY)

    # Entry points

    def _grace_over(self):
        """Return whether the days of grace are over, so that no score is shown."""
        self.ensure_one()
        return bool(self.shown_until) and self.shown_until < clock.today()

    def _measure_baseline(self, start, end):
        """Measure the period `start` to `end` before going live and freeze it, as who answers for the deployment."""
        self.ensure_one()
        self._check_decides()
        return BusinessValue(self.sudo()).measure_baseline(start, end)

    def _retire(self, lesson):
        """Retire for good, with what was learned."""
        self.ensure_one()
        if not (lesson or "").strip():
            raise UserError(self.env._("Record the lessons learned: the next deployment starts with them."))
        self._check_decides()
        self.sudo().lesson = lesson.strip()
        self._move("retired", lesson.strip())

    # Buttons

    def action_accept(self):
        """The owner takes it on, in person: nobody accepts for somebody else."""
        Ownership(self).accept()
        return True

    def action_hand_over(self):
        self._check_decides()
        return self._open_wizard("ai.deployment.hand.over", self.env._("Hand Over"))

    def action_extend(self):
        self._check_decides()
        return self._open_wizard("ai.deployment.extend", self.env._("Extend"))

    def action_decide(self):
        return self._open_wizard("ai.deployment.approve", self.env._("Approve"))

    def action_measure_baseline(self):
        return self._open_wizard("ai.deployment.baseline", self.env._("Measure the Baseline"))

    def action_ask_record_evidence(self):
        return self._open_wizard("ai.deployment.record.evidence", self.env._("Print Evidence of a Record"))

    def _open_wizard(self, wizard, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": wizard,
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    def action_look_at_checklist(self):
        self.check_access("read")
        self._start_checklists()
        self.check_ids._refresh()
        return True

    def action_add_row(self):
        """A row of somebody's own, beside those of the template."""
        self.ensure_one()
        self._check_decides()
        view = self.env.ref("ai_deployment.ai_deployment_check_view_form_new")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a Row"),
            "res_model": "ai.deployment.check",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    def action_use_proposed_floor(self):
        """Set the proposed minimum, and after how many reports below it the deployment is suspended."""
        self.ensure_one()
        self._check_decides()
        proposed = self._proposed_floor()
        if not proposed:
            raise UserError(self.env._("No minimum can be proposed: the test of the serving version says too little."))
        self.write({"floor_auc": proposed, "stop_after": self.stop_after or PROPOSED_REPORTS})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_measure_value(self):
        for deployment in self:
            deployment._check_decides()
            told = deployment.sudo()
            if not BusinessValue(told).measure_since_live():
                raise UserError(ValueTexts(told).why_not())
        return toast(
            self[:1], self.env._("Measured: %(value)s, %(link)s", value=self[:1].value_text, link="%s"), self[:1].name
        )

    def action_send_test_alert(self):
        """A marked alert, told to the owner and through every channel; who opens it ends it."""
        self.ensure_one()
        self._check_decides()
        deployment = self.sudo()
        alert = self.env["ai.deployment.alert"]._raise(
            deployment,
            TEST_ALERT,
            name=told(self.env, lambda env: env._("Test alert for “%s”: please open it", deployment.name)),
            suggestion=told(self.env, lambda env: env._("There is no problem. Opening this alert completes the test.")),
        )
        person = deployment._person_to_tell()
        return toast(alert, self.env._("“%(what)s” was sent to %(person)s.", what="%s", person=person.name), alert.name)

    def action_print_model_card(self):
        return report_action(self, "action_report_model_card")

    def action_print_evidence_pack(self):
        return report_action(self, "action_report_evidence_pack")
