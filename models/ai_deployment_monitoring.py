"""The daily run over all deployments at work: each by itself, in steps that stand in files of their own.

`ai_deployment_drift` looks at what comes in, `ai_deployment_performance` at what came true. One deployment that fails
becomes an alert and stops no other.
"""

import logging

import psycopg2

from odoo import api, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    @api.model
    def _cron_monitor(self):
        """Report on every deployment at work. One that fails becomes an alert and does not stop the others."""
        cron = self.env["ir.cron"]
        due = self.search(Domain("state", "in", self._at_work_states()), order="id")
        cron._commit_progress(remaining=len(due))
        failed = self.browse()
        for deployment in due:
            locked = deployment.try_lock_for_update()
            if locked and not locked._monitor_or_alert():
                failed |= deployment
            if not cron._commit_progress(1):
                break
        if failed:
            _logger.warning("Monitoring failed for: %s", ", ".join(failed.mapped("name")))

    def _monitor_or_alert(self):
        """Monitor one deployment; False where that failed, which is an alert of its own."""
        self.ensure_one()
        alerts = self.env["ai.deployment.alert"]
        try:
            with self.env.cr.savepoint():
                self._monitor()
            alerts._resolve(self, "monitor")
            return True
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.exception("Monitoring of %s failed", self.name)
            alerts._raise(
                self, "monitor",
                name=self.env._("“%(what)s” could not be watched: %(why)s", what=self.name, why=type(error).__name__),
                suggestion=self.env._("Ask an administrator to look at the server log. Until then nobody sees drift."),
            )  # fmt: skip
            return False

    def _monitor(self):
        self._refresh_routing_lines()
        self.env["ai.deployment.sum"]._check(self)
        self._report_drift()
        self._report_performance()
        self.env["ai.deployment.trigger"]._evaluate(self)

    def _alert_version_broken(self, error):
        """The serving version cannot be used: one alert, however many records wait for it."""
        self.env["ai.deployment.alert"]._raise(
            self, "version",
            name=self.env._("The serving version of “%(what)s” cannot be used: %(why)s", what=self.name, why=error),
            suggestion=self.env._("Let an earlier version serve, or train a new one. What waits is scored then."),
        )  # fmt: skip
