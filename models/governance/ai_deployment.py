"""The governance of a deployment: ownership, proof of concept, checklist, approval, business value.

Fields, constraints, buttons and the steps that follow events. The behaviour is in the services of this package.
"""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..alerting.alert_kinds import TEST_ALERT
from ..deployment.eligibility import system_users
from ..tools import clock
from .approval import Approval
from .business_value import BusinessValue
from .checklist import Checklist
from .duties import ANSWERED, BUILT, builders, conflicted_users, has_independent_reviewer
from .explanation import Explanation
from .ownership import NAMED, Ownership
from .planning import Planning
from .poc import MOST_PROOF_DAYS, PROOF_DAYS, ProofOfConcept
from .value_texts import ValueTexts


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    # Ownership
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

    # Proof of concept
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

    # Checklist
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
    progress_html = fields.Html("How Far", compute="_compute_progress_html", sanitize=False)
    progress_technical = fields.Float("Technical", compute="_compute_progress")
    progress_monitoring = fields.Float("Monitoring", compute="_compute_progress")
    progress_organisational = fields.Float("Organisational", compute="_compute_progress")
    progress_business = fields.Float("Business", compute="_compute_progress")
    progress = fields.Float("Ready", compute="_compute_progress", help="The least of the dimensions.")

    # Approval
    decider_id = fields.Many2one(
        "res.users",
        "Decides on Go",
        tracking=True,
        domain=[("share", "=", False)],
        help="Signs the go or no-go. Not somebody who built it.",
    )
    decision_ids = fields.One2many("ai.deployment.decision", "deployment_id", "Decisions", readonly=True)
    latest_decision_id = fields.Many2one("ai.deployment.decision", compute="_compute_latest_decision_id")
    is_decider = fields.Boolean(compute="_compute_is_decider", unsaved=True)

    # Explanation and sign-offs
    limits = fields.Text(
        "What It Cannot Do",
        tracking=True,
        help="Which records it judges badly, what it does not know, and what nobody should conclude from a score.",
    )
    signature_ids = fields.One2many("ai.deployment.signature", "deployment_id", "Read and Signed By")
    explanation_html = fields.Html(
        "In Plain Words", compute="_compute_explanation_html", sanitize=False, compute_sudo=True
    )

    # Planning
    retraining_plan = fields.Text(
        "Training Again",
        tracking=True,
        help="When it is trained again, by whom and on what, and who lets the new version serve.",
    )
    retrain_hours = fields.Float("Hours for Training Again", tracking=True, help="Work of people, per time.")
    retrain_cost = fields.Monetary("Computing for Training Again", tracking=True, help="Per time; 0 on your own.")
    retrain_event_id = fields.Many2one("calendar.event", "Trained Again On", readonly=True, copy=False, index=True)

    # Business value
    value_ids = fields.One2many("ai.deployment.value", "deployment_id", "What It Is Worth", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_margin = fields.Float(
        "Left of a Won Euro",
        tracking=True,
        copy=False,
        help="What the company keeps of won revenue. Without it, no money is told for leads. Assumed, not measured.",
    )
    value_minutes = fields.Float(
        "Minutes a Bill Takes a Person",
        tracking=True,
        copy=False,
        help="For bills that a person posted and nobody's time was taken for. Assumed, not measured.",
    )
    value_hourly_cost = fields.Monetary(
        "An Hour of a Colleague", tracking=True, copy=False, help="What reviewers' and clerks' hours are counted at."
    )
    value_running_cost = fields.Monetary(
        "Running It, a Month", tracking=True, copy=False, help="Endpoint, computing, licences."
    )
    value_text = fields.Char("Worth", compute="_compute_value_text")
    value_caveat = fields.Char("How Sure That Is", compute="_compute_value_html")
    value_html = fields.Html("What Was Measured", compute="_compute_value_html", sanitize=False)

    _grace_days_in_reach = models.Constraint(
        "CHECK(grace_days BETWEEN 0 AND 90)", "The days of grace lie between 0 and 90."
    )
    _proof_idle_weeks_positive = models.Constraint(
        "CHECK(proof_idle_weeks > 0)", "A proof of concept is idle after one week at the earliest."
    )
    _retrain_not_negative = models.Constraint(
        "CHECK(retrain_hours >= 0 AND retrain_cost >= 0)", "Hours and costs are not negative."
    )
    _value_margin_is_share = models.Constraint(
        "CHECK(value_margin BETWEEN 0 AND 1)", "What is left of a won euro lies between 0 and 100 %."
    )
    _value_costs_not_negative = models.Constraint(
        "CHECK(value_minutes >= 0 AND value_hourly_cost >= 0 AND value_running_cost >= 0)",
        "Minutes and costs cannot be negative.",
    )

    # Constraints

    @api.constrains("decider_id", "user_id", "deputy_id")
    def _check_decider(self):
        for deployment in self.filtered("decider_id"):
            person = deployment.decider_id
            if not person.active or person.share or person.id == self.env.ref("base.user_root").id:
                raise ValidationError(self.env._("%s cannot decide: an active internal user has to.", person.name))
            if deployment.sudo().check_template_id.one_person:
                continue
            if person in builders(deployment):
                raise ValidationError(self.env._("%s built it, so somebody else has to decide.", person.name))
            if person in conflicted_users(deployment):
                raise ValidationError(self.env._("%s answers for it, so somebody else has to decide.", person.name))

    @api.constrains("budget_holder_id")
    def _check_budget_holder(self):
        for deployment in self.filtered("budget_holder_id"):
            person = deployment.budget_holder_id
            if not person.active or person.share or person in system_users(self.env):
                raise ValidationError(self.env._("%s cannot pay for it: an active internal user has to.", person.name))

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

    @api.depends("state", "user_id", "has_accepted", "expiry_date", "proof_idle_weeks")
    @api.depends_context("lang")
    def _compute_proof_text(self):
        for deployment in self:
            kept = deployment._origin
            known = bool(kept) and kept.user_id == deployment.user_id
            deployment.proof_text = ProofOfConcept(kept).reason() if known else False

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

    @api.depends("decision_ids")
    def _compute_latest_decision_id(self):
        for deployment in self:
            # By number: the dates of two decisions lie the wrong way round where a clock was ahead.
            deployment.latest_decision_id = deployment.sudo().decision_ids.sorted("id", reverse=True)[:1]

    @api.depends_context("uid")
    @api.depends("decider_id")
    def _compute_is_decider(self):
        for deployment in self:
            deployment.is_decider = deployment.decider_id == self.env.user

    @api.depends("purpose", "limits", "feature_ids.name", "feature_ids.sensitive", "method", "model_id")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for deployment in self:
            deployment.explanation_html = Explanation(deployment).html()

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
                raise ValidationError(self.env._("A proof of concept ends on a day to come, within a year."))

    def _follow_written_planning(self, vals):
        yield
        if {"review_date", "user_id"} & vals.keys() and "state" not in vals:
            self._sync_review_activity()

    def _follow_written_poc(self, vals):
        if "expiry_date" in vals and not self.env.su:
            day = fields.Date.to_date(vals["expiry_date"])
            if not day or any(one.expiry_date and day > one.expiry_date for one in self):
                raise UserError(self.env._("A proof of concept is extended with a reason, under “Extend”."))
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
        if {"reviewer_ids", "decider_id"} & vals.keys() and not self.env.su:
            apart = self.filtered(lambda one: one.state == "production" and has_independent_reviewer(one))
        yield
        if not all(has_independent_reviewer(one) for one in apart):
            raise UserError(
                self.env._("Somebody who neither built it nor decides on it has to stay among those who review.")
            )
        if changed:
            changed.sudo().write({"accepted_by_id": False, "accepted_date": False})
        if {"user_id", "model_id"} & vals.keys():
            self.sudo()._look_at_owner()
        if NAMED & vals.keys():
            Ownership(self).check_named(NAMED & vals.keys())

    def _follow_written_approval(self, vals):
        if "review_date" in vals and not self.env.su:
            day = fields.Date.to_date(vals["review_date"])
            for deployment in self.sudo().filtered("decision_ids"):
                Approval(deployment).check_review_date(day)
        if BUILT & vals.keys():
            self.env["ai.deployment.edit"]._note(self)
        yield

    def _sync_review_activity(self):
        Planning(self).sync_review_activities()

    def _missing_poc(self, target):
        return ProofOfConcept(self).expired_text() if target == "shadow" else ""

    def _missing_lesson(self, target):
        return self.env._("write down what was learned first.") if target == "retired" and not self.lesson else ""

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
        self._take_turns("checks", self.search(Domain("state", "!=", "retired"), order="id"))

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
            raise UserError(self.env._("Write down what was learned: the next one begins with it."))
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
        return self._open_wizard("ai.deployment.decide", self.env._("Decide"))

    def action_measure_baseline(self):
        return self._open_wizard("ai.deployment.baseline", self.env._("Measure What Was Before"))

    def action_ask_record_evidence(self):
        return self._open_wizard("ai.deployment.record.evidence", self.env._("Why Did a Record Have Its Score?"))

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

    def action_measure_value(self):
        for deployment in self:
            deployment._check_decides()
            told = deployment.sudo()
            if not BusinessValue(told).measure_since_live():
                raise UserError(ValueTexts(told).why_not())
        return True

    def action_send_test_alert(self):
        """A marked alert, told to the owner and through every channel; who opens it ends it."""
        self.ensure_one()
        self._check_decides()
        deployment = self.sudo()
        alert = self.env["ai.deployment.alert"]._raise(
            deployment,
            TEST_ALERT,
            name=self.env._("A test: does somebody read this about “%s”?", deployment.name),
            suggestion=self.env._("Nothing is wrong. Opening this alert is all that is asked, and ends it."),
        )
        person = deployment._person_to_tell()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("“%(what)s” went to %(person)s.", what=alert.name, person=person.name),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_print_model_card(self):
        return self._print("ai_deployment.action_report_model_card")

    def action_print_evidence_pack(self):
        return self._print("ai_deployment.action_report_evidence_pack")

    def _print(self, xmlid):
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Choose what to print."))
        return self.env.ref(xmlid).sudo().report_action(self, config=False)
