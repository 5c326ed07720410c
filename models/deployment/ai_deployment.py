"""The deployment: one AI use case at work on one kind of document, with the people who answer for it.

This file holds what is registered, who may change it, and its life. What a deployment does is added by the files of
this model in the packages below (`models/__init__.py`); what follows from a change is listed in `events`.
"""

import ast
import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import mute_logger, ormcache

from ..tools import clock, settings
from ..tools.existence import has_any
from ..tools.shipped import shipped
from . import events
from .filters import FILTER_ERRORS, check_readable
from .life_cycle import (
    LIVE,
    STATES,
    Reason,
    check_begins,
    check_transition,
    has_shadow_inference,
    keep_transitions,
    missing_for,
    missing_version,
    states_at,
    sync_action_menu,
    sync_batches,
)
from .serving import assign_challenger, assign_champion, withdraw_challenger
from .viewers import VIEWED_FIELDS, viewed

_logger = logging.getLogger(__name__)

METHODS = [
    ("scorecard", "Predict an outcome"),
    ("anomaly", "Detect unusual records"),
    ("classify", "Choose a value"),
    ("extract", "Extract fields"),
]
TASKS = ("classify", "extract")  # methods that propose values for fields of the record, see the package `proposals`
ADMINISTRATOR_FIELDS = {
    "viewer_group_ids",
    "is_primary",
    "company_id",
    "retention_days",
    "gate_maker_may_pass",
    "grace_days",
    "fallback_action_id",
    "poc_idle_weeks",
    "push_user_id",
}


def _without_score(vals):
    """Return `vals` of a deployment; one that proposes values has no score to be shown on records."""
    return {**vals, "is_primary": False} if vals.get("method") in TASKS else vals


class AiDeployment(models.Model):
    _name = "ai.deployment"
    _description = "AI Deployment"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True
    _ai_fields_without_default = frozenset(ADMINISTRATOR_FIELDS)
    _ai_named_by_administrators = frozenset({"fallback_action_id"})
    _ai_judged_fields = frozenset({"state"})  # a step of life, see `life_cycle`

    # Registration
    name = fields.Char(required=True, tracking=True)
    state = fields.Selection(
        STATES,
        required=True,
        default="poc",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand="_group_expand_states",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    purpose = fields.Text(
        required=True, help="Purpose of the deployment, in words that a colleague in finance understands."
    )
    is_demonstration = fields.Boolean(
        readonly=True, help="Created by a demonstration: its figures prove nothing about your business."
    )
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    deputy_id = fields.Many2one("res.users", tracking=True, domain=[("share", "=", False)])
    reviewer_ids = fields.Many2many(
        "res.users", "ai_deployment_reviewer_rel", string="Reviewers", domain=[("share", "=", False)]
    )
    review_date = fields.Date(
        "Next Review",
        required=True,
        tracking=True,
        default=lambda self: clock.today() + timedelta(days=settings.days(self.env, settings.REVIEW)),
        help="Date on which the owner checks that the deployment still fulfils its purpose.",
    )

    # What it works on
    model_id = fields.Many2one(
        "ir.model",
        "Document",
        required=True,
        ondelete="cascade",
        domain=lambda self: [("model", "in", self._target_models())],
    )
    res_model = fields.Char(
        "Document Model", related="model_id.model", store=True, precompute=True, index=True, unsaved=True
    )
    domain = fields.Char("Only Records", default="[]", help="Only records matching this filter are scored.")
    method = fields.Selection(
        METHODS,
        required=True,
        default="scorecard",
        tracking=True,
    )
    horizon_days = fields.Integer(
        "Outcome Window (Days)",
        default=60,
        help="A record counts as won only if it is won within so many days; records still open by then count as "
        "not won. A bill counts as wrong if a credit note reverses it within so many days.",
    )
    max_interactions = fields.Integer(
        "Interactions",
        default=6,
        help="Maximum number of input pairs that get points of their own, if supported by the data. For example: "
        "industry with country.",
    )
    positive_weight = fields.Float(
        "Positive Class Weight",
        default=1.0,
        help="Training weight of won records. Above 1, the ranking of the best records improves at the cost of the "
        "rest; the probabilities remain calibrated. For example: 5.",
    )
    feature_ids = fields.One2many("ai.deployment.feature", "deployment_id", "Inputs", copy=True)
    is_task = fields.Boolean(compute="_compute_is_task", unsaved=True)
    answer_field_ids = fields.One2many("ai.deployment.answer.field", "deployment_id", "Answer Fields", copy=True)

    # Who sees scores
    is_primary = fields.Boolean(
        "Shown on Records",
        default=True,
        tracking=True,
        help="Its score is shown on the records. One deployment per document and company.",
    )
    viewer_group_ids = fields.Many2many(
        "res.groups",
        "ai_deployment_viewer_group_rel",
        string="Visible to Groups",
        copy=False,
        help="Members see the score on records that they may read. Set by an administrator.",
    )

    # Routing
    flag_rate = fields.Float(default=0.01, tracking=True, help="Expected share of normal records that are flagged.")

    # Watching
    drift_sensitivity = fields.Selection(
        [("sensitive", "Sensitive"), ("normal", "Normal"), ("calm", "Calm")], required=True, default="normal"
    )
    batch_above = fields.Integer(
        "Background Scoring Above",
        default=1000,
        help="More records than this are scored in the background, in chunks.",
    )
    score_nightly = fields.Boolean(
        "Score Every Night",
        default=True,
        tracking=True,
        help="All open records are scored again every night. Records with unchanged inputs are skipped.",
    )
    retention_days = fields.Integer(
        "Log Retention", default=lambda self: settings.days(self.env, settings.RETENTION), tracking=True
    )
    trigger_ids = fields.One2many("ai.deployment.trigger", "deployment_id", "Retraining Triggers", copy=True)

    # What came of it
    version_ids = fields.One2many("ai.deployment.version", "deployment_id", "Versions")
    assignment_ids = fields.One2many("ai.deployment.assignment", "deployment_id", "Serving History")
    champion_id = fields.Many2one(
        "ai.deployment.version", "Serving Version", compute="_compute_champion_id", store=True
    )
    challenger_id = fields.Many2one(
        "ai.deployment.version",
        compute="_compute_champion_id",
        store=True,
        help="Scores the same records as the serving version, at the same time. Its scores are shown to nobody.",
    )
    transition_ids = fields.One2many("ai.deployment.transition", "deployment_id", "History", readonly=True)
    action_server_id = fields.Many2one(
        "ir.actions.server", "Action Menu Entry", readonly=True, copy=False, ondelete="set null"
    )
    report_ids = fields.One2many("ai.deployment.report", "deployment_id", "Reports")
    alert_ids = fields.One2many("ai.deployment.alert", "deployment_id", "Alerts")
    channel_ids = fields.One2many("ai.deployment.channel", "deployment_id", "Notifications")
    escalation_days = fields.Integer(
        "Escalate Unread Alerts After Days",
        default=3,
        help="An alert not opened by the owner within this time is escalated to the deputy, otherwise to the "
        "administrators.",
    )
    open_alert_count = fields.Integer("Open Alerts", compute="_compute_counts")
    open_review_count = fields.Integer("Open Reviews", compute="_compute_counts")
    score_count = fields.Integer("Scored Records", compute="_compute_counts")
    proposal_count = fields.Integer("Proposed Values", compute="_compute_counts")
    is_administrator = fields.Boolean(compute="_compute_rights", unsaved=True)
    may_decide = fields.Boolean(compute="_compute_rights", unsaved=True)
    may_read_documents = fields.Boolean(compute="_compute_rights", unsaved=True)

    _flag_rate_is_share = models.Constraint(
        "CHECK(flag_rate > 0 AND flag_rate <= 0.5)", "The flag rate must be above 0 and at most 0.5."
    )
    _max_interactions_in_reach = models.Constraint(
        "CHECK(max_interactions BETWEEN 0 AND 20)", "At most 20 interactions are possible."
    )
    _positive_weight_in_reach = models.Constraint(
        "CHECK(positive_weight BETWEEN 0.01 AND 100)", "The weight of positive records must be between 0.01 and 100."
    )
    _horizon_in_reach = models.Constraint(
        "CHECK(horizon_days BETWEEN 1 AND 3650)", "The outcome window must be between one day and ten years."
    )
    _batch_above_not_negative = models.Constraint("CHECK(batch_above >= 0)", "A number of records is not negative.")
    _retention_positive = models.Constraint("CHECK(retention_days > 0)", "The log must be kept for at least one day.")
    _escalation_in_reach = models.Constraint(
        "CHECK(escalation_days BETWEEN 1 AND 90)", "Escalation of unread alerts takes 1 to 90 days."
    )
    _one_primary = models.UniqueIndex(
        "(company_id, res_model) WHERE is_primary AND active AND state = 'production'",
        "Another deployment already shows its score on these records. Only one per company can be the primary one.",
    )

    # Constraints

    @api.model
    def _target_models(self):
        """Models that can be scored: those that inherit `ai.deployment.scorable.mixin`."""
        return [
            name
            for name, model in self.env.registry.items()
            if getattr(model, "_ai_scorable", False) and not model._abstract
        ]

    @api.constrains("model_id", "method")
    def _check_target(self):
        for deployment in self:
            if deployment.res_model not in self._target_models():
                raise ValidationError(self.env._("Records of “%s” cannot be scored.", deployment.model_id.name))
            if deployment.method == "scorecard" and not self.env[deployment.res_model]._ai_has_outcome():
                raise ValidationError(
                    self.env._(
                        "“%s” has no outcome to predict. Choose “Detect unusual records”.", deployment.model_id.name
                    )
                )

    @api.constrains("method", "is_primary")
    def _check_task_not_shown(self):
        if any(deployment.is_task and deployment.is_primary for deployment in self):
            raise ValidationError(
                self.env._("Proposed values are no score: switch “Shown on Records” off for such a deployment.")
            )

    @api.constrains("domain", "model_id")
    def _check_domain(self):
        for deployment in self.filtered(lambda deployment: deployment.res_model in self._target_models()):
            documents = self.env[deployment.res_model].sudo().with_context(active_test=False)
            try:
                domain = deployment._record_domain()
                check_readable(documents.with_user(self.env.uid), domain)
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    documents.search(domain, limit=1)
            except FILTER_ERRORS as error:
                raise ValidationError(self.env._("“Only Records” is not a valid filter.")) from error

    @api.constrains("user_id", "deputy_id")
    def _check_people(self):
        for deployment in self:
            for person in deployment.user_id | deployment.deputy_id:
                if not person.active or person.share or person.id == self.env.ref("base.user_root").id:
                    raise ValidationError(
                        self.env._("%s cannot be owner or deputy: only active internal users can.", person.name)
                    )

    def _watch_agreement(self):
        self.env["ai.deployment.proposal"]._watch(self)

    def _add_activity_channels(self):
        self.env["ai.deployment.channel"]._add_activities(self)

    def _person_to_tell(self):
        """Return the person to notify: the owner, else the deputy, else an administrator of the company."""
        self.ensure_one()
        deployment = self.sudo()
        people = deployment.user_id | deployment.deputy_id | deployment._administrators()
        return people.filtered("active")[:1]

    def _administrators(self):
        """The people who administer deployments in this company; never Odoo's own system user."""
        self.ensure_one()
        group = shipped(self.env, "group_manager") or self.env.ref("base.group_system").sudo()
        members = group.all_user_ids
        system, company = self.env.ref("base.user_root"), self.sudo().company_id
        return members.filtered(
            lambda user: user.active and not user.share and user.id != system.id and company in user.company_ids
        ).sorted("id")

    def _company_ids(self):
        """Return the ids of the companies whose records it is for: its own and the branches below it."""
        self.ensure_one()
        return self.env["res.company"]._ai_branch_ids(self.sudo().company_id.id)

    def _company_domain(self):
        """Records of its company and of the branches below it, and those that belong to no company."""
        return Domain("company_id", "in", [*self._company_ids(), False])

    def _record_domain(self):
        self.ensure_one()
        return Domain(ast.literal_eval((self.domain or "[]").strip() or "[]"))

    # Computes

    @api.depends("assignment_ids.role", "assignment_ids.end_date", "assignment_ids.version_id")
    def _compute_champion_id(self):
        for deployment in self:
            standing = deployment.assignment_ids.filtered(lambda a: not a.end_date)
            deployment.champion_id = standing.filtered(lambda a: a.role == "champion")[:1].version_id
            deployment.challenger_id = standing.filtered(lambda a: a.role == "challenger")[:1].version_id

    @api.depends("method")
    def _compute_is_task(self):
        for deployment in self:
            deployment.is_task = deployment.method in TASKS

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_counts(self):
        def count(model, domain):
            groups = self.env[model]._read_group(
                Domain("deployment_id", "in", self.ids) & Domain(domain), ["deployment_id"], ["__count"]
            )
            return {deployment.id: number for deployment, number in groups}

        alerts = count("ai.deployment.alert", [("state", "in", ("firing", "acknowledged"))])
        reviews = count("ai.deployment.review", [("state", "=", "open")])
        scores = count("ai.deployment.score", self.env["ai.deployment.score"]._counting_domain())
        proposals = count("ai.deployment.proposal", [])
        for deployment in self:
            deployment.open_alert_count = alerts.get(deployment.id, 0)
            deployment.open_review_count = reviews.get(deployment.id, 0)
            deployment.score_count = scores.get(deployment.id, 0)
            deployment.proposal_count = proposals.get(deployment.id, 0)

    @api.depends_context("uid")
    @api.depends("user_id", "deputy_id")
    def _compute_rights(self):
        self.is_administrator = self.env.user.has_group("ai_deployment.group_manager")
        for deployment in self:
            deployment.may_decide = deployment._may_decide()
            documents = self.env.get(deployment.res_model)
            deployment.may_read_documents = documents is not None and documents.has_access("read")

    # Writing

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self.browse()._check_administrator_fields(vals)  # of nothing: a copy inherits no right of its original
            check_begins(self.env, vals.get("state", "poc"))
        deployments = super().create([_without_score(vals) for vals in vals_list])
        for deployment in deployments:  # whatever brought it in
            check_begins(self.env, deployment.state)
        events.follow(deployments, events.CREATED)
        return deployments

    def write(self, vals):
        """Write, with the steps of `events.WRITTEN` around it; a new state is written last.

        A step in the life of a deployment is judged by what the deployment is after the other values are written.
        """
        steps = [getattr(self, name)(vals) for name in events.WRITTEN]
        for step in steps:
            next(step)
        self._check_administrator_fields(vals)
        self._check_served_fields(vals)
        if "active" in vals and not vals["active"] and self.filtered(lambda d: d.state in d._at_work_states()):
            raise UserError(self.env._("A live deployment cannot be archived: suspend or retire it."))
        others = _without_score({name: value for name, value in vals.items() if name != "state"})
        result = True
        if others:
            result = super().write(others)
            for name in events.SETTINGS_WRITTEN:
                getattr(self, name)(others)
        if "state" in vals:
            for deployment in self:
                check_transition(deployment, vals["state"])
            result = super().write({"state": vals["state"]})
            self._follow_state(vals["state"])
        for step in reversed(steps):
            next(step, None)
        return result

    @api.model
    def _check_administrator_fields(self, vals):
        asked = ADMINISTRATOR_FIELDS & vals.keys()
        if self.env.su or self.env.user.has_group("ai_deployment.group_manager"):
            return
        changed = [
            name
            for name in asked
            if any(vals[name] != record._fields[name].convert_to_write(record[name], record) for record in self)
            or (not self and vals[name] not in (self.default_get([name]).get(name), False, []))
        ]
        if changed:
            labels = ", ".join(self._fields[name]._description_string(self.env) for name in changed)
            raise AccessError(self.env._("Only an administrator may change: %s.", labels))

    def _check_served_fields(self, vals):
        """Refuse to change the document or method below declared inputs and trained versions."""
        if {"model_id", "method"} & vals.keys() and any(
            deployment.version_ids
            and (
                vals.get("model_id", deployment.model_id.id) != deployment.model_id.id
                or vals.get("method", deployment.method) != deployment.method
            )
            for deployment in self.sudo()
        ):
            raise UserError(self.env._("Versions were trained on these records. Create a new deployment for others."))
        if "start_field_id" in vals and any(
            deployment.version_ids and (vals["start_field_id"] or False) != deployment.start_field_id.id
            for deployment in self.sudo()
        ):
            raise UserError(
                self.env._("Versions were trained with another start date. Create a new deployment for this one.")
            )
        if "landmarks" in vals and any(
            deployment.version_ids and bool(vals["landmarks"]) != deployment.landmarks for deployment in self.sudo()
        ):
            raise UserError(
                self.env._("Versions say something else without later moments. Create a new deployment for that.")
            )
        if "model_id" in vals and any(d.feature_ids and d.model_id.id != vals["model_id"] for d in self.sudo()):
            raise UserError(self.env._("Its inputs belong to other records: remove them first."))

    # Life

    @api.model
    def _group_expand_states(self, states, domain):
        """The columns that there are, in the order of life."""
        return [state for state, _label in STATES if state in states]

    @api.model
    def _at_work_states(self):
        return LIVE

    def _may_decide(self):
        """Return whether the user answers for it: its owner, its deputy, an administrator."""
        user = self.env.user
        return (
            self.env.su
            or user.has_group("ai_deployment.group_manager")
            or (user.has_group("ai_deployment.group_owner") and user in self.user_id | self.deputy_id)
        )

    def _check_decides(self):
        """Check that the user answers for these deployments."""
        self.check_access("read")
        if not all(deployment._may_decide() for deployment in self):
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))

    def _follow_state(self, state):
        """Carry out what follows from a new state; that it fails does not keep a deployment from being suspended."""
        self.env.flush_all()  # what is wrong with the step itself is told as such
        try:
            with self.env.cr.savepoint():
                self._sync_state()
        except psycopg2.OperationalError:
            raise  # somebody wrote the same rows: Odoo does it all once more
        except Exception:
            if state != "suspended":
                raise
            _logger.exception("Deployments %s were switched off; what goes with it failed", self.ids)

    def _sync_state(self):
        """Carry out what follows from the new state of these deployments."""
        events.follow(self, events.STATE_CHANGED)

    def _missing_for(self, target):
        return missing_for(self, target)

    def _missing_version(self, target):
        return missing_version(self, target)

    def _sync_action_menu(self):
        sync_action_menu(self.sudo())

    def _sync_batches(self):
        sync_batches(self.sudo())

    def _keep_first_transition(self):
        keep_transitions(self, {}, "poc")

    def _follow_written_history(self, vals):
        before = {deployment.id: deployment.state for deployment in self} if "state" in vals else {}
        yield
        if before:
            moved = self.filtered(lambda deployment: before[deployment.id] != deployment.state)
            reason = self.env.context.get("ai_deployment_reason")
            keep_transitions(moved, before, vals["state"], reason if isinstance(reason, Reason) else "")

    @api.model
    @ormcache("res_model")
    def _viewed(self, res_model):
        """Return the deployments on records of `res_model`, as a tuple of `Viewed`; remembered, as every list asks."""
        return viewed(self.sudo(), res_model)

    def _follow_viewers(self, vals):
        """Forget who views which scores where `vals`, just written, changes it."""
        if VIEWED_FIELDS & vals.keys():
            self._forget_remembered()

    @api.model
    def _forget_remembered(self):
        """Let all workers look up again what they remember of deployments: now, and once more after the commit.

        Another thread may have looked it up in between, and have found it as it was.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    def _move(self, state, reason=""):
        """Go to `state` and store why."""
        self.with_context(ai_deployment_reason=Reason(reason)).write({"state": state})

    def state_at(self, moment):
        """Return {id: the state of each deployment at `moment`}; False where it was not there yet.

        :param moment: datetime or its text, naive UTC
        """
        self.check_access("read")
        try:
            at = fields.Datetime.to_datetime(moment)
        except (ValueError, TypeError, OverflowError) as error:
            raise UserError(self.env._("“%s” is not a date.", moment)) from error
        if not at:
            raise UserError(self.env._("Enter a day."))
        return states_at(self, at)

    def _assign_champion(self, version, reason, way="promotion"):
        """Let `version` serve from now on; see `serving.assign_champion`."""
        return assign_champion(self, version, reason, way)

    def _assign_challenger(self, version, reason):
        """Let `version` score beside the serving one; see `serving.assign_challenger`."""
        return assign_challenger(self, version, reason)

    def _withdraw_challenger(self, reason):
        """Let the challenger score no more; see `serving.withdraw_challenger`."""
        return withdraw_challenger(self, reason)

    @api.ondelete(at_uninstall=True)
    def _unlink_remembered(self):
        self._forget_remembered()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_log(self):
        if has_any(self.env["ai.deployment.inference"].sudo(), [("deployment_id", "in", self.ids)]):
            raise UserError(self.env._("This deployment has a log, which is kept. Retire it instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_life(self):
        """Refuse to delete what has left the proof of concept; one with a log is refused for that."""
        for deployment in self.sudo():
            lived = deployment.transition_ids.filtered("from_state") or deployment.approval_ids
            if lived and not has_shadow_inference(deployment):
                raise UserError(self.env._("“%s” has a history, which is kept. Retire it instead.", deployment.name))

    # Buttons

    def _action_lines(self, model, name, **context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,kanban,form",
            "domain": [("deployment_id", "=", self.id)],
            "context": {"create": False, **context},
        }

    def action_view_scores(self):
        action = self._action_lines("ai.deployment.score", self.env._("Scores"))
        return {**action, "domain": [*action["domain"], *self.env["ai.deployment.score"]._counting_domain()]}

    def action_view_inferences(self):
        return self._action_lines("ai.deployment.inference", self.env._("Log"))

    def action_view_reconciliation(self):
        return {
            **self._action_lines("ai.deployment.ledger", self.env._("Reconciliation")),
            "view_mode": "list,kanban,pivot",
        }

    def action_view_reviews(self):
        return self._action_lines("ai.deployment.review", self.env._("Reviews"), search_default_open=1)

    def action_view_proposals(self):
        return self._action_lines("ai.deployment.proposal", self.env._("Proposed Values"))

    def action_view_alerts(self):
        return self._action_lines("ai.deployment.alert", self.env._("Alerts"), search_default_open=1)

    def action_view_reports(self):
        return self._action_lines("ai.deployment.report", self.env._("Reports"))

    def action_start_shadow(self):
        """Begin to score in shadow; what is open already is scored at once."""
        self.state = "shadow"
        events.follow(self, events.SHADOW_STARTED)

    def action_go_live(self):
        self.state = "production"

    def suspend(self):
        """Suspend: from now on no score is shown and nothing is scored.

        For programs: people are asked for a reason, see `action_suspend`. Of several, those that are not live are left
        as they are.
        """
        at_work = self.filtered(lambda deployment: deployment.state in deployment._at_work_states())
        (at_work or self).state = "suspended"

    def action_retire(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Retire"),
            "res_model": "ai.deployment.retire",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }
