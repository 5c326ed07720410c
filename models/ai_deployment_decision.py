"""A go or no-go, signed by the named decider, with the evidence as it stood. Written once, never changed.

Nobody decides on what they built, unless the template of the checklist says that one person may do it all; then the
decision says so, and holds until the next review only.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from . import clock

OUTCOMES = [("go", "Go"), ("conditions", "Go with conditions"), ("no_go", "No-go")]
LEAST_DAYS = 90  # from going live to the first review


class AiDeploymentDecision(models.Model):
    _name = "ai.deployment.decision"
    _description = "Go or No-Go"
    _order = "date desc, id desc"
    _log_access = False
    _rec_name = "outcome"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="deployment_id.company_id")
    version_id = fields.Many2one("ai.deployment.version", "About", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [("first", "Going live"), ("review", "Periodic review")], required=True, readonly=True, default="first"
    )
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Decided By", required=True, readonly=True, ondelete="restrict")
    conditions = fields.Text(readonly=True)
    minutes = fields.Text(required=True, readonly=True)
    next_review_date = fields.Date("Next Review", required=True, readonly=True)
    evidence = fields.Json("Checklist as It Stood", readonly=True)
    evidence_html = fields.Html("The Checklist", compute="_compute_evidence_html", sanitize=False)
    by_builder = fields.Boolean(
        "By Who Built It", readonly=True, help="The checklist's template permits one person to do it all."
    )

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_html(self):
        for decision in self:
            decision.evidence_html = self.env["ir.qweb"]._render(
                "ai_deployment.decision_evidence", {"rows": decision.evidence or []}
            )

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("A decision is never changed: decide anew."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Decisions are kept."))


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    decider_id = fields.Many2one(
        "res.users", "Decides on Go", tracking=True, domain=[("share", "=", False)],
        help="Signs the go or no-go. Not somebody who built it.",
    )  # fmt: skip
    decision_ids = fields.One2many("ai.deployment.decision", "deployment_id", "Decisions", readonly=True)
    latest_decision_id = fields.Many2one("ai.deployment.decision", compute="_compute_latest_decision_id")
    is_decider = fields.Boolean(compute="_compute_is_decider")

    @api.depends("decision_ids")
    def _compute_latest_decision_id(self):
        for deployment in self:
            deployment.latest_decision_id = deployment.sudo().decision_ids.sorted(
                lambda decision: (decision.date, decision.id), reverse=True
            )[:1]

    @api.depends_context("uid")
    @api.depends("decider_id")
    def _compute_is_decider(self):
        for deployment in self:
            deployment.is_decider = deployment.decider_id == self.env.user

    @api.constrains("decider_id")
    def _check_decider(self):
        for deployment in self:
            person = deployment.decider_id
            if person and (not person.active or person.share or person.id == self.env.ref("base.user_root").id):
                raise ValidationError(self.env._("%s cannot decide: an active internal user has to.", person.name))

    def _builders(self):
        """Who made the serving version, or the deployment."""
        self.ensure_one()
        system = self.env.ref("base.user_root")
        return (self.sudo().create_uid | self.sudo().champion_id.trained_by_id) - system

    def _decide(self, outcome, minutes, next_review_date=None, conditions=""):
        """Sign a go or no-go as the named decider; the decision. A go brings a deployment in shadow into production."""
        self.ensure_one()
        self._check_may_sign()
        # Two who decide at once would both see the other's decision missing.
        self.sudo().lock_for_update()
        self._check_decision(outcome, minutes, next_review_date, conditions)
        deployment = self.sudo()
        gap = deployment._checklist_gap()
        if outcome != "no_go" and gap:
            raise UserError(self.env._("“%(name)s” is not ready: %(why)s", name=self.name, why=gap))
        by_builder = self.env.user in self._builders()
        review_date = next_review_date or clock.today() + timedelta(days=LEAST_DAYS)
        decision = (
            self.env["ai.deployment.decision"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id, "version_id": deployment.champion_id.id, "outcome": outcome,
                    "kind": "review" if deployment.state == "production" else "first", "date": clock.now(),
                    "user_id": self.env.uid, "conditions": conditions, "minutes": minutes.strip(),
                    "next_review_date": review_date, "evidence": deployment._frozen_checklist(),
                    "by_builder": by_builder,
                }
            )
        )  # fmt: skip
        deployment.review_date = review_date
        self._follow_decision(decision)
        return decision

    def action_decide(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "name": self.env._("Decide"), "res_model": "ai.deployment.decide",
            "view_mode": "form", "target": "new", "context": {"default_deployment_id": self.id},
        }  # fmt: skip

    def _check_may_sign(self):
        if self.env.user != self.sudo().decider_id:
            raise AccessError(
                self.env._("Only %s decides on this.", self.sudo().decider_id.name)
                if self.sudo().decider_id
                else self.env._("Nobody is named yet who decides on this: the owner names somebody first.")
            )
        if self.env.user in self._builders() and not self.sudo().check_template_id.one_person:
            raise AccessError(self.env._("Who built it does not decide on it: the owner names somebody else."))

    def _check_decision(self, outcome, minutes, next_review_date, conditions):
        if outcome not in dict(OUTCOMES):
            raise UserError(self.env._("A decision is a go, a go with conditions, or a no-go."))
        if self.sudo().state not in ("shadow", "production", "suspended"):
            raise UserError(self.env._("There is nothing to decide yet: let it work in shadow first."))
        if not (minutes or "").strip():
            raise UserError(self.env._("Say in a few words why you decide so."))
        if outcome == "conditions" and not (conditions or "").strip():
            raise UserError(self.env._("Name the conditions."))
        if next_review_date and next_review_date <= clock.today():
            raise ValidationError(self.env._("The next review lies in the future."))
        least = clock.today() + timedelta(days=LEAST_DAYS)
        if self.sudo().state == "shadow" and outcome != "no_go" and next_review_date and next_review_date < least:
            raise ValidationError(self.env._("The first review comes %s days after going live, or later.", LEAST_DAYS))

    def _follow_decision(self, decision):
        """A go makes a deployment in shadow live; a no-go takes one that is live back into shadow."""
        deployment = self.sudo()
        if decision.outcome == "no_go" and deployment.state == "production":
            deployment._move("shadow", decision.minutes)
        elif decision.outcome != "no_go" and deployment.state == "shadow":
            deployment._move("production", decision.minutes)

    def _frozen_checklist(self):
        """The checklist as it stands, as plain data."""
        states = dict(self.env["ai.deployment.check"]._fields["state"]._description_selection(self.env))
        return [
            {
                "dimension": check.dimension, "code": check.code, "name": check.name, "state": check.state,
                "state_name": states[check.state], "evidence": check.evidence or "",
                "evidence_date": str(check.evidence_date or ""), "waived_by": check.waived_by_id.name or "",
                "waiver_reason": check.waiver_reason or "", "waived_until": str(check.waived_until or ""),
            }
            for check in self.sudo().check_ids
        ]  # fmt: skip

    def _missing_for(self, target):
        missing = super()._missing_for(target)
        if missing or target != "production":
            return missing
        latest = self.env["ai.deployment.decision"].sudo().search(
            Domain("deployment_id", "=", self.id), order="date desc, id desc", limit=1
        )  # fmt: skip
        if not latest:
            return self.env._("nobody has signed a go yet.")
        if latest.outcome == "no_go":
            return self.env._("the latest decision, by %s, is a no-go.", latest.user_id.name)
        return ""
