"""Monitoring of a deployment: the daily run, its settings, and the page that shows what came of it.

Each part of the run is a service: `DriftMonitor` looks at inputs, `PerformanceMonitor` and `AnomalyPerformance` at
outcomes. One deployment that fails becomes an alert and stops no other, see `tools.turns`.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import format_date

from ..alerting.alert_kinds import BROKEN, STOPPED, Cause
from ..deployment import events
from ..tools import turns
from ..tools.toast import toast
from ..tools.wording import number
from .anomaly_performance import AnomalyPerformance
from .base_rate import worse_than_base_rate
from .dashboard import Dashboard
from .dashboard_filters import DashboardFilters
from .drift import DriftMonitor
from .outcome_maturity import OutcomeMaturity
from .performance import PerformanceMonitor
from .reference_builder import ReferenceBuilder

MONITOR_TURN = turns.TurnWork(
    str(Cause(BROKEN, "monitor")),
    run=lambda deployment: deployment._monitor(),
    describe=lambda deployment, why: deployment.env._(
        "“%(what)s” could not be monitored: %(why)s", what=deployment.name, why=why
    ),
    taken="monitor_taken",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    monitor_taken = fields.Boolean(readonly=True, copy=False)
    floor_auc = fields.Float(
        "Minimum AUC",
        tracking=True,
        help="Minimum AUC: the probability that a positive record has a higher score than a negative one; 50 % is "
        "random. 0: no minimum.",
    )
    floor_precision = fields.Float(
        "Minimum Precision",
        tracking=True,
        help="Of the flagged records that were reviewed, at least this share has to be unusual. 0: no minimum.",
    )
    stop_after = fields.Integer(
        "Suspend After",
        tracking=True,
        help="Number of consecutive performance reports below a minimum that suspends the deployment. 0: never "
        "automatically.",
    )
    segment_field_id = fields.Many2one(
        "ir.model.fields",
        "Segment By",
        tracking=True,
        ondelete="set null",
        domain="[('model_id', '=', model_id), ('ttype', '=', 'many2one'), ('store', '=', True)]",
        help="Performance is also judged by team, country, salesperson …, to find segments with worse scores.",
    )
    # Evidence on the serving version so far, see `LifetimePerformance`.
    risk_state = fields.Json(groups=NO_ACCESS, readonly=True, copy=False)
    worse_text = fields.Char("Worse Than the Base Rate", compute="_compute_worse_text")
    maturity_text = fields.Char("Time to Outcome", compute="_compute_maturity_text")
    reference_text = fields.Char("Compared With", compute="_compute_reference_text")

    _floor_auc_is_share = models.Constraint(
        "CHECK(floor_auc >= 0 AND floor_auc < 1)", "The minimum AUC must be between 0 and 100 %."
    )
    _floor_precision_is_share = models.Constraint(
        "CHECK(floor_precision >= 0 AND floor_precision < 1)", "The minimum precision must be between 0 and 100 %."
    )
    _stop_after_not_negative = models.Constraint(
        "CHECK(stop_after >= 0)", "The number of reports before switching off is 0 or more."
    )

    @api.constrains("segment_field_id", "model_id")
    def _check_segment_field(self):
        """Names of what the field points to stand in reports: so it is one that who chooses it may read."""
        for deployment in self.filtered("segment_field_id"):
            chosen, documents = deployment.sudo().segment_field_id, self.env[deployment.res_model]
            field = documents._fields.get(chosen.name) if chosen.model == documents._name else None
            if not field or field.type != "many2one" or not field.store:
                raise ValidationError(
                    self.env._(
                        "“Segment By” needs a field of the record that refers to another record, such as the team."
                    )
                )
            if not documents._has_field_access(field, "read"):
                raise ValidationError(self.env._("You may not read “%s”.", chosen.field_description))

    @api.depends("champion_id")
    @api.depends_context("lang")
    def _compute_worse_text(self):
        texts = worse_than_base_rate(self.sudo())
        for deployment in self:
            deployment.worse_text = texts.get(deployment._origin.id, False)

    @api.depends("horizon_days", "model_id", "method")
    @api.depends_context("lang")
    def _compute_maturity_text(self):
        for deployment in self:
            if deployment.method != "scorecard":
                deployment.maturity_text = False
                continue
            text = OutcomeMaturity(deployment).text() if deployment._origin else ""
            deployment.maturity_text = text or self.env._("Not known yet: too few are decided")

    @api.depends("champion_id")
    @api.depends_context("lang")
    def _compute_reference_text(self):
        references = self.env["ai.deployment.reference"].sudo()
        for deployment in self:
            version = deployment.champion_id
            adopted = references.search(Domain("version_id", "=", version.id), limit=1) if version else references
            if adopted:
                deployment.reference_text = self.env._(
                    "%(rows)s records from %(start)s to %(end)s",
                    rows=number(self.env, adopted.row_count),
                    start=format_date(self.env, adopted.window_start),
                    end=format_date(self.env, adopted.window_end - timedelta(days=1)),
                )
            elif version:
                deployment.reference_text = self.env._(
                    "The %s training records (provisional)", number(self.env, version.sudo().row_count)
                )
            else:
                deployment.reference_text = False

    # The daily run

    @api.model
    def _cron_monitor(self):
        """Report on every deployment that is live, each in a turn of its own."""
        for res_model in self._target_models():
            self.env[res_model].sudo()._ai_keep_outcomes()
        self.env["ir.cron"]._commit_progress()
        turns.take_turns(MONITOR_TURN, self.search(Domain("state", "in", self._at_work_states()), order="id"))

    def _monitor(self):
        """Report on one deployment, as far as reports are due."""
        self._refresh_routing_thresholds()
        self.env["ai.deployment.ledger"]._check(self)
        deployment = self.sudo()
        DriftMonitor(deployment).report()
        PerformanceMonitor(deployment).report()
        AnomalyPerformance(deployment).report()
        events.follow(self, events.REPORTED)

    def _follow_written_stop(self, vals):
        yield
        if vals.get("state") in self._at_work_states():
            for deployment in self:
                self.env["ai.deployment.alert"]._resolve(deployment, STOPPED)

    # The page

    def action_view_monitoring(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Monitoring"),
            "res_model": "ai.deployment",
            "res_id": self.id,
            "views": [(self.env.ref("ai_deployment.ai_deployment_view_form_monitoring").id, "form")],
        }

    @api.readonly
    def monitoring_page(self, filters=None):
        """Return what the dashboard shows, for users who may read this deployment and its counts.

        :param filters: {"weeks": 4, 12, 26 or 52, "version": id, "segment": key}, each optional
        """
        self.ensure_one()
        self.check_access("read")
        self.env["ai.deployment.profile"].check_access("read")
        return Dashboard(self, DashboardFilters.read(self, filters)).page()

    def action_adopt_reference(self):
        """Compare with the latest weeks from now on: the owner says that they were ordinary."""
        self.ensure_one()
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        ReferenceBuilder(self.sudo()).adopt()
        return toast(self, self.env._("%s is compared with its latest weeks from now on.", "%s"), self.name)
