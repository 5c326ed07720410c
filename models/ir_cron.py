"""Whichever job runs first after the clock was set back plans those of the addon anew, see `health/crons`."""

import logging

from odoo import models

from .health.crons import Crons
from .tools import faults

_logger = logging.getLogger(__name__)

OURS = "AI Deployment: "  # begins the names of our jobs; which they are, a lost connection cannot be asked


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        """Of a connection that is lost under one of our jobs, Odoo logs two lines and not where it was: that says
        nothing, and with each block that could not be ended it is 6 kB for every worker.
        """
        self._ai_put_back()
        try:
            return super()._callback(cron_name, server_action_id)
        except faults.OF_THE_MOMENT as error:
            if cron_name.startswith(OURS) and faults.kind_of(error) == faults.LOST_CONNECTION:
                raise error.with_traceback(None) from None
            raise

    def _ai_put_back(self):
        """Plan our jobs anew where a wrong clock planned them; nothing of this keeps a job from running."""
        try:
            with self.env.cr.savepoint(flush=False):
                moved = Crons(self.env).put_back()
        except faults.OF_THE_MOMENT as error:
            if faults.kind_of(error) == faults.LOST_CONNECTION:
                raise
            return
        except Exception as error:  # noqa: BLE001 - the job that is to run is not to blame
            faults.log_fault(_logger, "Jobs of AI Deployment could not be planned anew", error)
            return
        if moved:
            _logger.info("%s jobs of AI Deployment were planned too late, after a wrong clock: planned anew", moved)

    def _register_hook(self):
        super()._register_hook()
        self._ai_put_back()
