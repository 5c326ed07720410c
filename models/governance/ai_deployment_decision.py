"""A go or no-go, signed by the named decider, with the evidence as it stood. Written once, never changed.

Nobody decides on what they built or answer for, unless the template of the checklist says that one person may do it
all; then the decision says so, and holds until the next review only.

A go is for the version that served when it was signed. One that is promoted or rolled back to while the deployment is
in production passed a test of its own, and the go goes on; to come back into production with a version that was never
there takes a new decision (`_go_gap`).
"""

from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from ..tools import clock

# What a version learns from and is asked about: whoever writes it has built the deployment.
BUILT = {
    "alarm_rate",
    "domain",
    "feature_ids",
    "horizon_days",
    "method",
    "model_id",
    "most_pairs",
    "positive_weight",
}
ANSWERED = "ai.deployment.hand.over"  # in `ai.deployment.edit`: who answered for a deployment before
OUTCOMES = [("go", "Go"), ("conditions", "Go with conditions"), ("no_go", "No-go")]
LEAST_DAYS = 90  # from going live to the first review
MOST_DAYS = 730  # to the next review, whichever


class AiDeploymentDecision(models.Model):
    _name = "ai.deployment.decision"
    _description = "Go or No-Go"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False
    _rec_name = "outcome"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="deployment_id.company_id")
    is_demonstration = fields.Boolean(related="deployment_id.is_demonstration")
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
        "By Who Built It",
        readonly=True,
        help="Who decided also built it or answers for it: the checklist's template permits one person to do it all.",
    )

    @api.depends("outcome", "date", "deployment_id")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for decision in self:
            decision.display_name = self.env._(
                "%(outcome)s: %(what)s, %(day)s",
                outcome=outcomes.get(decision.outcome, ""),
                what=decision.deployment_id.sudo().name,
                day=format_date(self.env, decision.date),
            )

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_html(self):
        for decision in self:
            decision.evidence_html = self.env["ir.qweb"]._render(
                "ai_deployment.decision_evidence", {"groups": self._by_dimension(decision.evidence or [])}
            )

    @api.model
    def _by_dimension(self, rows):
        """The frozen `rows` of a checklist by dimension: [(label, rows, number of those that do not block)]."""
        groups = []
        for dimension, label in self.env["ai.deployment.check"]._fields["dimension"]._description_selection(self.env):
            own = [row for row in rows if row["dimension"] == dimension]
            if own:
                groups.append((label, own, sum(row["state"] in ("met", "waived") for row in own)))
        return groups

    @api.constrains("user_id", "deployment_id")
    def _check_apart(self):
        for decision in self:
            deployment = decision.deployment_id.sudo()
            if decision.user_id in deployment._builders() and not deployment.check_template_id.one_person:
                raise ValidationError(self.env._("%s built it, so somebody else decides.", decision.user_id.name))

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("A decision is never changed: decide anew."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Decisions are kept."))


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

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

    @api.constrains("decider_id", "user_id", "deputy_id")
    def _check_decider(self):
        for deployment in self.filtered("decider_id"):
            person = deployment.decider_id
            if not person.active or person.share or person.id == self.env.ref("base.user_root").id:
                raise ValidationError(self.env._("%s cannot decide: an active internal user has to.", person.name))
            if deployment.sudo().check_template_id.one_person:
                continue
            if person in deployment._builders():
                raise ValidationError(self.env._("%s built it, so somebody else has to decide.", person.name))
            if person in deployment._partisans():
                raise ValidationError(self.env._("%s answers for it, so somebody else has to decide.", person.name))

    def _follow_written_approval(self, vals):
        if "review_date" in vals and not self.env.su:
            self._check_review_date(fields.Date.to_date(vals["review_date"]))
        if BUILT & vals.keys():
            self.env["ai.deployment.edit"]._note(self)
        yield

    def _check_review_date(self, day):
        """From the first go on, in whichever state, a review is not put off by writing a later date."""
        for deployment in self.sudo().filtered("decision_ids"):
            last = deployment._latest_review_date()
            if day and last and day > last and day != deployment.review_date:
                raise UserError(
                    self.env._(
                        "“%(name)s” was decided on: its review moves on when it is decided on anew.",
                        name=deployment.name,
                    )
                )

    def _latest_review_date(self):
        """The day on which the next review is due at the latest; None before the first go."""
        decisions = self.sudo().decision_ids
        if all(decision.outcome == "no_go" for decision in decisions):
            return None
        return self.sudo().latest_decision_id.next_review_date

    def _builders(self):
        """Who made the deployment, wrote what it learns from, or trained a version of it."""
        self.ensure_one()
        system, wrote = self.env.ref("base.user_root"), self.env["ai.deployment.edit"]._people(self._origin)
        return (self.sudo().create_uid | self.sudo().version_ids.trained_by_id | wrote) - system

    def _partisans(self):
        """Who does not decide: who built it, and who answers for it or did so before."""
        before = self.env["ai.deployment.edit"]._people(self._origin, ANSWERED)
        return self._builders() | self.sudo().user_id | self.sudo().deputy_id | before

    def _decide(self, outcome, minutes, next_review_date=None, conditions="", seen=None):
        """Sign a go or no-go as the named decider; the decision. A go brings a deployment in shadow into production.

        :param seen: (serving version, latest decision) as the decider saw them; refused where they are others by now
        """
        self.ensure_one()
        self._check_may_sign()
        # Two who decide at once would both see the other's decision missing. Who comes second waits; where the first
        # one has written meanwhile, PostgreSQL says so and Odoo begins anew.
        self.env.execute_query(SQL("SELECT id FROM ai_deployment WHERE id = %s FOR NO KEY UPDATE", self.id))
        self._check_decision(outcome, minutes, next_review_date, conditions)
        deployment = self.sudo()
        if seen and seen != (deployment.champion_id, deployment.latest_decision_id):
            raise UserError(
                self.env._("Somebody decided, or another version serves, since you opened this. Look at it once more.")
            )
        gap = deployment._checklist_gap()
        if outcome != "no_go" and gap:
            raise UserError(self.env._("“%(name)s” is not ready: %(why)s", name=self.name, why=gap))
        by_builder = self.env.user in self._partisans()
        review_date = next_review_date or clock.today() + timedelta(days=LEAST_DAYS)
        decision = (
            self.env["ai.deployment.decision"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id,
                    "version_id": deployment.champion_id.id,
                    "outcome": outcome,
                    "kind": "review" if deployment._was_live() else "first",
                    "date": clock.now(),
                    "user_id": self.env.uid,
                    "conditions": (conditions or "").strip(),
                    "minutes": minutes.strip(),
                    "next_review_date": review_date,
                    "evidence": deployment._frozen_checklist(),
                    "by_builder": by_builder,
                }
            )
        )
        deployment.review_date = review_date
        self._follow_decision(decision)
        return decision

    def action_decide(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "ai.deployment.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    def _check_may_sign(self):
        if self.env.user != self.sudo().decider_id:
            raise AccessError(
                self.env._("Only %s decides on this.", self.sudo().decider_id.name)
                if self.sudo().decider_id
                else self.env._("Nobody is named yet who decides on this: the owner names somebody first.")
            )
        if self.env.user in self._partisans() and not self.sudo().check_template_id.one_person:
            raise AccessError(
                self.env._("Who built it or answers for it does not decide on it: the owner names somebody else.")
            )

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
        if next_review_date and next_review_date > clock.today() + timedelta(days=MOST_DAYS):
            raise ValidationError(self.env._("The next review comes within two years."))
        least = clock.today() + timedelta(days=LEAST_DAYS)
        if not self._was_live() and outcome != "no_go" and next_review_date and next_review_date < least:
            raise ValidationError(self.env._("The first review comes %s days after going live, or later.", LEAST_DAYS))

    def _follow_decision(self, decision):
        """A go makes a deployment in shadow live; a no-go takes one that is live back into shadow."""
        deployment = self.sudo()
        if decision.outcome == "no_go" and deployment.state == "production":
            # A no-go is always followed: without a version that could go on in shadow, it is switched off.
            missing = deployment._missing_for("shadow")
            deployment._move("suspended" if missing else "shadow", decision.minutes)
        elif decision.outcome != "no_go" and deployment.state == "shadow":
            deployment._move("production", decision.minutes)

    def _frozen_checklist(self):
        """The checklist as it stands, as plain data."""
        states = dict(self.env["ai.deployment.check"]._fields["state"]._description_selection(self.env))
        return [
            {
                "dimension": check.dimension,
                "code": check.code,
                "name": check.name,
                "state": check.state,
                "requirement": check.requirement or "",
                "state_name": states[check.state],
                "evidence": check.evidence or "",
                "evidence_date": str(check.evidence_date or ""),
                "waived_by": check.waived_by_id.name or "",
                "waiver_reason": check.waiver_reason or "",
                "waived_until": str(check.waived_until or ""),
            }
            for check in self.sudo().check_ids
        ]

    def _missing_approval(self, target):
        return self._go_gap() if target == "production" else ""

    def _go_gap(self):
        """Why no go stands behind going into production now; empty where one does."""
        self.ensure_one()
        latest = self.sudo().latest_decision_id
        if not latest:
            return self.env._("nobody has signed a go yet.")
        if latest.outcome == "no_go":
            return self.env._("the latest decision, by %s, is a no-go.", latest.user_id.name)
        if latest.by_builder and latest.next_review_date < clock.today():
            return self.env._(
                "who built it decided, and that held until %s only: it has to be decided anew.",
                format_date(self.env, latest.next_review_date),
            )
        if self.review_date > latest.next_review_date:
            return self.env._(
                "it was decided that its next review is on %s: set that day.",
                format_date(self.env, latest.next_review_date),
            )
        decided, serving = latest.version_id, self.sudo().champion_id
        if decided and decided != serving and not self._was_live(serving):
            return self.env._(
                "the go was for %(old)s, and %(new)s was never in production: it has to be decided on.",
                old=decided.name,
                new=serving.name,
            )
        return ""

    def _was_live(self, version=None):
        """Whether this deployment, or `version` as its serving one, was in production before or is."""
        self.ensure_one()
        steps = self.sudo().transition_ids.sorted("id")
        ends = [*(step.date for step in steps[1:]), datetime.max]
        live = [(step.date, end) for step, end in zip(steps, ends, strict=True) if step.to_state == "production"]
        if version is None:
            return bool(live)
        served = self.sudo().assignment_ids.filtered(lambda one: one.role == "champion" and one.version_id == version)
        return any(
            one.start_date < end and begin < (one.end_date or datetime.max) for one in served for begin, end in live
        )
