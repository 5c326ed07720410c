"""The daily run over all deployments at work: each by itself, in steps that stand in files of their own.

`ai_deployment_drift` looks at what comes in, `ai_deployment_performance` at what came true. One deployment that fails
becomes an alert and stops no other.
"""

import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..alerting.alert_kinds import FAILS, FILTER
from ..deployment import events
from ..tools import faults
from ..tools.faults import fault_text

_logger = logging.getLogger(__name__)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    # Had a turn in a pass that is not through yet, see `_take_turns`
    monitor_taken = fields.Boolean(readonly=True, copy=False)
    health_taken = fields.Boolean(readonly=True, copy=False)
    checks_taken = fields.Boolean(readonly=True, copy=False)

    @api.model
    def _cron_monitor(self):
        """Report on every deployment at work. One that fails becomes an alert and does not stop the others."""
        for res_model in self._target_models():
            self.env[res_model].sudo()._ai_keep_outcomes()
        self.env["ir.cron"]._commit_progress()
        self._take_turns("monitor", self.search(Domain("state", "in", self._at_work_states()), order="id"))

    @api.model
    def _take_turns(self, what, deployments):
        """Do `what` for each of `deployments`, each in a transaction of its own and at most once in a pass.

        A pass that is interrupted goes on where it was: that one had its turn is committed before the work, so that
        one that takes its process along keeps no other from being reached.
        """
        cron, taken = self.env["ir.cron"], f"{what}_taken"
        due = deployments.filtered(lambda deployment: not deployment[taken])
        if not due:  # the last pass was interrupted at its very end
            self._end_pass(taken, deployments)
            due = deployments
        cron._commit_progress(remaining=len(due))
        collided, goes_on = self.browse(), True
        for deployment in due:
            try:
                deployment._take_turn(what)
            except psycopg2.OperationalError:  # somebody wrote the same rows: once more, when the others are through
                self.env.cr.rollback()
                collided |= deployment
            goes_on = cron._commit_progress(1)
            if not goes_on:
                break
        for deployment in collided:
            try:
                deployment._take_turn(what)
            except psycopg2.OperationalError as error:
                self.env.cr.rollback()
                deployment._alert_broken(what, error)
            cron._commit_progress()
        if goes_on:
            self._end_pass(taken, deployments)

    def _end_pass(self, taken, deployments):
        try:
            deployments[taken] = False
            self.env["ir.cron"]._commit_progress()
        except psycopg2.OperationalError:  # somebody writes one of them: the next pass begins with this
            self.env.cr.rollback()

    def _take_turn(self, what):
        self[f"{what}_taken"] = True
        self.env["ir.cron"]._commit_progress()
        if self._lock_turn():
            getattr(self, f"_{what}_or_alert")()

    def _lock_turn(self):
        """Whether nobody else looks at this deployment now, until this transaction ends.

        Not a lock on its row: a look takes its time, and who switches the deployment off would have to wait for it.
        """
        self.ensure_one()
        [[is_free]] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", f"ai.deployment.turn,{self.id}")
        )
        return is_free and bool(self.exists())

    def _monitor_or_alert(self):
        return self._or_alert("monitor", self._monitor)

    def _health_or_alert(self):
        return self._or_alert("health", self._watch_health)

    def _checks_or_alert(self):
        return self._or_alert("checks", self._watch_daily)

    def _watch_daily(self):
        self.ensure_one()
        events.follow(self, events.DAILY)

    def _or_alert(self, what, work):
        """Do `work` for one deployment; False where that failed, which is an alert of its own."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                work()
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - it becomes an alert, and stops no other
            _logger.info("%s of deployment %s failed", what, self.id, exc_info=True)
            self._alert_broken(what, error)
            return False
        self.env["ai.deployment.alert"]._resolve(self, f"broken:{what}")
        return True

    def _alert_broken(self, what, error):
        """Tell what could not be done for this deployment; the traceback is in the server log, as information."""
        named = {"what": self.name, "why": fault_text(error)}
        text = {
            "monitor": self.env._("“%(what)s” could not be watched: %(why)s", **named),
            "health": self.env._("The health of “%(what)s” could not be looked at: %(why)s", **named),
            "drill": self.env._("What “%(what)s” shows instead of scores could not be tried: %(why)s", **named),
            "fallback": self.env._("What “%(what)s” shows instead could not be kept right: %(why)s", **named),
            "checks": self.env._("The checklist of “%(what)s” could not be looked at: %(why)s", **named),
        }[what]
        self.env["ai.deployment.alert"]._raise(
            self,
            f"broken:{what}",
            name=text,
            suggestion=self.env._("Ask an administrator to look at the server log. Until then nobody sees drift."),
        )

    def _monitor(self):
        self._refresh_routing_lines()
        self.env["ai.deployment.sum"]._check(self)
        self._report_drift()
        self._report_performance()
        self._report_verdicts()
        self.env["ai.deployment.trigger"]._evaluate(self)

    def _alert_took_too_long(self):
        """The database ended the reading of inputs at its time limit: one alert, however often."""
        self.env["ai.deployment.alert"]._raise(
            self,
            "slow",
            name=self.env._("Scoring “%s” took longer than the database allows", self.name),
            suggestion=self.env._(
                "What was asked for waits and is tried again. If it comes back, an administrator "
                "looks at the time limit of the database, or the owner takes out inputs about "
                "earlier records."
            ),
        )

    def _alert_version_fails(self, error):
        """Every record that was tried failed in the same way: one alert, however many wait."""
        self.env["ai.deployment.alert"]._raise(
            self,
            FAILS,
            name=self.env._("“%(what)s” fails on every record: %(why)s", what=self.name, why=error),
            suggestion=self.env._(
                "Ask an administrator to look at the server log, or let an earlier version serve. "
                "What waits is tried again by itself."
            ),
        )

    def _alert_filter_broken(self, error):
        """Which records it is for cannot be found out: one alert, however many wait."""
        self.env["ai.deployment.alert"]._raise(
            self,
            FILTER,
            name=self.env._("“%(what)s” does not know which records to score: %(why)s", what=self.name, why=error),
            suggestion=self.env._("Correct “Only Records”, or ask an administrator to. What waits is scored then."),
        )

    def _alert_version_broken(self, error):
        """The serving version cannot be used: one alert, however many records wait for it."""
        self.env["ai.deployment.alert"]._raise(
            self,
            "version",
            name=self.env._("The serving version of “%(what)s” cannot be used: %(why)s", what=self.name, why=error),
            suggestion=self.env._("Let an earlier version serve, or train a new one. What waits is scored then."),
        )
        events.follow(self, events.VERSION_BROKEN)
