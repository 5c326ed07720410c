"""The daily run over all deployments at work: each by itself, in steps that stand in files of their own.

`ai_deployment_drift` looks at what comes in, `ai_deployment_performance` at what came true. One deployment that fails
becomes an alert and stops no other.
"""

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import turns

MONITOR = turns.TurnWork(
    "monitor",
    run=lambda deployment: deployment._monitor(),
    describe=lambda deployment, why: deployment.env._(
        "“%(what)s” could not be watched: %(why)s", what=deployment.name, why=why
    ),
    taken="monitor_taken",
)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    monitor_taken = fields.Boolean(readonly=True, copy=False)

    @api.model
    def _cron_monitor(self):
        """Report on every deployment at work. One that fails becomes an alert and does not stop the others."""
        for res_model in self._target_models():
            self.env[res_model].sudo()._ai_keep_outcomes()
        self.env["ir.cron"]._commit_progress()
        turns.take_turns(MONITOR, self.search(Domain("state", "in", self._at_work_states()), order="id"))

    def _monitor(self):
        self._refresh_routing_lines()
        self.env["ai.deployment.sum"]._check(self)
        self._report_drift()
        self._report_performance()
        self._report_verdicts()
        self.env["ai.deployment.trigger"]._evaluate(self)
