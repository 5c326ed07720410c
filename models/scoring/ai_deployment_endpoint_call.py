"""Failures of calls, told in the language of who reads them."""

from odoo import api, fields, models

from .failure_words import failure_words, told_in_full


class AiDeploymentEndpointCall(models.Model):
    _inherit = "ai.deployment.endpoint.call"

    failure_text = fields.Char("Failure", compute="_compute_failure_text", compute_sudo=True)

    @api.depends("failure_type", "failure_message")
    @api.depends_context("lang")
    def _compute_failure_text(self):
        for call in self:
            failed = call.failure_type
            call.failure_text = self._failure_text(failed, call.failure_message or "") if failed else False

    @api.model
    def _failure_text(self, failure_type, message):
        """Return a failure in words: its kind, and what is known beyond it."""
        return told_in_full(failure_words(self.env, failure_type, message))
