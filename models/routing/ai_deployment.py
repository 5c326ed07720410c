"""Which records are reviewed: thresholds, reasons, edge cases and the hold-out of a deployment.

`Router` says what scoring does with them.
"""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, ormcache

from ..tools.wording import plain
from .cost_words import cost_table
from .costs import COST_FIELDS
from .forecast import forecast
from .holdout import find_holdouts, held_out_ids, hold_out
from .router import Router, rules_on
from .routing_words import routing_text
from .rules import DEFAULTS, EDITABLE
from .thresholds import FLAGGED_BY_NEED, compute_thresholds

THRESHOLD_FIELDS = (
    "champion_id",
    "method",
    "min_confidence",
    "reviews_per_day",
    "routing",
    "target_error",
    "target_risk",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    routing = fields.Selection(
        [
            ("threshold", "Confidence threshold"),
            ("error", "Maximum error rate"),
            ("risk", "Average error rate"),
            ("capacity", "Fixed number of reviews a day"),
            ("cost", "Lowest cost"),
        ],
        string="Human Review",
        required=True,
        default="threshold",
        tracking=True,
    )
    min_confidence = fields.Float(
        "Confidence Threshold",
        default=0.6,
        tracking=True,
        help="Scores with a lower confidence are sent to human review.",
    )
    target_error = fields.Float(
        "Maximum Error Rate",
        default=0.1,
        tracking=True,
        help="Maximum share of automatic decisions that may be wrong, for each answer separately. If the test "
        "records of the version cannot prove it, records are reviewed.",
    )
    target_risk = fields.Float(
        "Average Error Rate",
        default=0.05,
        tracking=True,
        help="Share of all records of an answer, the reviewed ones included, that is decided wrongly without a person, "
        "on average over time. Needs fewer test records than a maximum error rate, and promises less: in one "
        "period it may be exceeded. For example: 5 % needs 19 test records without an error.",
    )
    reviews_per_day = fields.Integer(
        "Reviews per Day",
        default=20,
        tracking=True,
        help="Records are reviewed in order of priority; the rest is decided automatically.",
    )
    audit_share = fields.Float(
        "Random Checks",
        default=0.01,
        tracking=True,
        help="Share of automatic decisions that are reviewed nevertheless; four times that close to the threshold.",
    )
    loss_missed = fields.Monetary(
        "Loss per Missed Case",
        tracking=True,
        copy=False,
        help="Lost when nobody follows a lead that would have been won, or a wrong bill is paid. If empty: the "
        "expected revenue of the lead times the margin on won revenue, or the amount of the bill.",
    )
    loss_false = fields.Monetary(
        "Loss per False Positive",
        tracking=True,
        copy=False,
        help="Lost when a lead is pursued in vain because the score said that it will be won. For example: the "
        "seller's time.",
    )
    review_minutes = fields.Float(
        "Minutes per Review",
        tracking=True,
        copy=False,
        help="If empty: the average of answered reviews, from 20 answers on. Their hourly cost is entered under "
        "Business Value.",
    )
    routing_thresholds = fields.Json(compute="_compute_routing_thresholds", store=True, copy=False, unsaved=True)
    routing_text = fields.Text("Current Routing", compute="_compute_routing_text", unsaved=True)
    cost_html = fields.Html("Cost of Thresholds", compute="_compute_cost_html", sanitize=False)

    _min_confidence_is_probability = models.Constraint(
        "CHECK(min_confidence BETWEEN 0 AND 1)", "The minimum confidence must be between 0 and 1."
    )
    _target_error_is_share = models.Constraint(
        "CHECK(target_error > 0 AND target_error < 0.5)", "The maximum error rate must be between 0 and 50 %."
    )
    _target_risk_is_share = models.Constraint(
        "CHECK(target_risk > 0 AND target_risk < 0.5)", "The average error rate must be between 0 and 50 %."
    )
    _costs_not_negative = models.Constraint(
        "CHECK(loss_missed >= 0 AND loss_false >= 0 AND review_minutes >= 0)",
        "Losses and minutes cannot be negative.",
    )
    _reviews_per_day_not_negative = models.Constraint(
        "CHECK(reviews_per_day >= 0)", "The number of reviews a day cannot be negative."
    )
    _audit_share_is_share = models.Constraint(
        "CHECK(audit_share BETWEEN 0 AND 1)", "The share of random checks must be between 0 and 1."
    )

    # Reasons, edge cases

    review_rule_ids = fields.One2many("ai.deployment.review.rule", "deployment_id", "Review Reasons", copy=False)
    routing_rules = fields.Json(compute="_compute_routing_rules", store=True, copy=False)

    edge_case_ids = fields.One2many("ai.deployment.edge.case", "deployment_id", "Excluded Edge Cases")

    has_edge_cases = fields.Boolean(compute="_compute_has_edge_cases", store=True, copy=False)

    # Hold-out

    holdout_share = fields.Float(
        "Hold-out Share",
        readonly=True,
        copy=False,
        tracking=True,
        help="Share of new records that are scored without showing the score.",
    )
    holdout_since = fields.Datetime("Hold-out Since", readonly=True, copy=False)
    holdout_reason = fields.Char("Hold-out Reason", readonly=True, copy=False)
    holdout_text = fields.Char("Hold-out Info", compute="_compute_holdout_text")
    may_hold_out = fields.Boolean(compute="_compute_may_hold_out", unsaved=True)

    _holdout_share_in_reach = models.Constraint(
        "CHECK(holdout_share BETWEEN 0 AND 0.5)", "The hold-out group can be at most half of the records."
    )
    _holdout_has_started = models.Constraint(
        "CHECK(COALESCE(holdout_share, 0) = 0 OR holdout_since IS NOT NULL)",
        "A hold-out group needs a start.",
    )

    def _router(self):
        """Return the `Router` of this deployment, with all rights."""
        return Router(self.sudo())

    def _review_forecast(self, ids, again):
        """Return how many of the records `ids` are expected to need human review; None where no version can tell."""
        return forecast(self, ids, again)

    # Thresholds

    @api.constrains("routing", "method")
    def _check_routing(self):
        for deployment in self:
            if deployment.routing == "cost" and deployment.is_task:
                raise ValidationError(
                    self.env._("Proposed values have no costs of errors. Select an error target, or a threshold.")
                )
            if deployment.routing in ("error", "risk") and deployment.method == "anomaly":
                raise ValidationError(
                    self.env._(
                        "False alarms of unusual records are known only from reviews, so no error target can "
                        "be guaranteed beforehand. Select a threshold or a number of reviews a day."
                    )
                )

    @api.depends(*THRESHOLD_FIELDS, *COST_FIELDS)
    def _compute_routing_thresholds(self):
        for deployment in self:
            deployment.routing_thresholds = compute_thresholds(deployment)

    @api.depends("routing_thresholds", "method", "res_model", *COST_FIELDS)
    @api.depends_context("lang")
    def _compute_routing_text(self):
        for deployment in self:
            deployment.routing_text = routing_text(deployment)

    @api.depends("routing_thresholds", "method", "res_model", "may_decide", *COST_FIELDS)
    @api.depends_context("lang", "uid")
    def _compute_cost_html(self):
        """Losses tell of amounts, so the figures are for those who answer for the deployment."""
        for deployment in self:
            deployment.cost_html = deployment.may_decide and self.env["ir.qweb"]._render(
                "ai_deployment.cost_table", cost_table(deployment)
            )

    def _refresh_routing_thresholds(self):
        """Compute the threshold of a capacity or of costs again: they follow what comes in and what was answered."""
        moving = self.filtered(lambda deployment: deployment.routing in FLAGGED_BY_NEED or deployment.is_task)
        self.env.add_to_compute(self._fields["routing_thresholds"], moving)
        moving.flush_recordset(["routing_thresholds"])

    # Reasons

    @api.depends(*(f"review_rule_ids.{name}" for name in ("reason", *sorted(EDITABLE))))
    def _compute_routing_rules(self):
        for deployment in self:
            rules = deployment.review_rule_ids.filtered("is_on").sorted(lambda rule: (rule.priority, rule.id))
            names = ("reason", "priority", "cap", "points", "amount")
            # In a key: an empty list would be kept as nothing, and nothing is not the same as all off.
            deployment.routing_rules = {"on": [{name: rule[name] for name in names} for rule in rules]}

    def _follow_written_review_rules(self, vals):
        yield
        if {"method", "model_id"} & vals.keys():
            self._make_review_rules()

    def copy(self, default=None):
        copies = super().copy(default)
        for original, made in zip(self.sudo(), copies.sudo(), strict=True):
            for rule in made.review_rule_ids:
                like = original._review_rule(rule.reason)
                if like:
                    rule.write({name: like[name] for name in EDITABLE})
        return copies

    def _make_review_rules(self):
        """One row for each reason that fits; those that fit no more are gone."""
        rules = self.env["ai.deployment.review.rule"].sudo()
        for deployment in self.sudo():
            fitting = rules._fitting(deployment.res_model, deployment.method)
            deployment.review_rule_ids.filtered(lambda rule, fitting=fitting: rule.reason not in fitting).unlink()
            there = set(deployment.review_rule_ids.mapped("reason"))
            rules.create(
                [
                    {"deployment_id": deployment.id, "reason": reason, "is_on": is_on, "priority": priority}
                    for reason, (is_on, priority) in DEFAULTS.items()
                    if reason in fitting and reason not in there
                ]
            )

    def _review_rule(self, reason):
        """The row of a reason, empty where it does not fit."""
        self.ensure_one()
        return self.review_rule_ids.filtered(lambda rule: rule.reason == reason)

    def _rules_on(self):
        return rules_on(self)

    def _review_values(self, inference):
        """Return what a review of one line of the log takes from the rule by which it comes."""
        return self._router().review_values(inference)

    # Edge cases

    @api.depends("edge_case_ids.instead")
    def _compute_has_edge_cases(self):
        """Stored, so that scoring looks for none where there is none."""
        for deployment in self:
            deployment.has_edge_cases = any(case.instead == "person" for case in deployment.edge_case_ids)

    # Hold-out

    @api.depends("holdout_share", "holdout_since")
    @api.depends_context("lang")
    def _compute_holdout_text(self):
        for deployment in self:
            if not deployment.holdout_share:
                deployment.holdout_text = False
                continue
            deployment.holdout_text = self.env._(
                "%(share)s %% of the %(records)s created since %(day)s are held out at random without a "
                "score, to measure the effect of the score.",
                share=plain(self.env, 100 * deployment.holdout_share),
                day=format_date(self.env, deployment.holdout_since),
                records=self.env[deployment.res_model]._ai_words()["records"],
            )

    @api.depends("res_model")
    def _compute_may_hold_out(self):
        for deployment in self:
            documents = self.env.get(deployment.res_model)
            deployment.may_hold_out = getattr(documents, "_ai_may_hold_out", False)

    @api.model
    @ormcache("res_model")
    def _holdouts(self, res_model):
        """Return the hold-outs that are on, as a tuple of `HoldoutRule`: remembered, as every list of records asks."""
        return find_holdouts(self.sudo(), res_model)

    def _held_out_ids(self, ids):
        """Return those of `ids` whose score nobody is shown."""
        return held_out_ids(self, ids)

    def _hold_out(self, share, reason):
        """Hide the score of a share of new records from now on; 0 ends it. Only the owner begins it."""
        hold_out(self, share, reason)

    def _follow_written_holdout(self, vals):
        changed = {"holdout_share", "holdout_since", "holdout_reason"} & vals.keys()
        if changed:
            self.env.registry.clear_cache()
        yield
        if changed:
            self.flush_recordset(["holdout_share", "holdout_since"])

    def action_hold_out(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold-out Group"),
            "res_model": "ai.deployment.holdout",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }
