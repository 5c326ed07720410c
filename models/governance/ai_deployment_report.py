"""First reading of a report by the owner or deputy; opening its form counts."""

from odoo import fields, models

from ..tools import clock


class AiDeploymentReport(models.Model):
    _inherit = "ai.deployment.report"

    read_by_id = fields.Many2one("res.users", "First Read By", readonly=True)
    read_date = fields.Datetime("Read", readonly=True)

    def web_read(self, specification):
        """Opening the form of a report reads it, where whoever opens it answers for the deployment.

        Only the form asks for the lines; lists, which end here too, do not.
        """
        if len(self.ids) == 1 and "line_ids" in specification:
            self._mark_read()
        return super().web_read(specification)

    # Odoo would offer a read-only cursor for this method, and an opened form is written down.
    web_read._readonly = False

    def _mark_read(self):
        """A report is never edited; that it was read is no part of what it says."""
        self.ensure_one()
        self.check_access("read")
        report = self.sudo()
        if report.read_date or self.env.user not in report._addressees():
            return
        report._write_reader()

    def _addressees(self):
        deployment = self.deployment_id
        return deployment.user_id | deployment.deputy_id | deployment.approver_id

    def _write_reader(self):
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE ai_deployment_report SET read_by_id = %s, read_date = %s WHERE id = %s AND read_date IS NULL",
            [self.env.uid, clock.now(), self.id],
        )
        self.invalidate_recordset(["read_by_id", "read_date"])
