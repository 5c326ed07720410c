"""One line for a job of ours that met a fault of the moment; whatever else fails keeps its traceback."""

import logging

import psycopg2

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools import quiet_jobs

_logger = logging.getLogger("odoo.addons.base.models.ir_cron")


@tagged("post_install", "-at_install")
class TestQuietJobs(TransactionCase):
    def logged(self, error, job):
        with self.assertLogs(_logger, "ERROR") as logged:
            try:
                raise error
            except type(error):
                _logger.exception("Job %r (%s) server action #%s failed", job, 7, 12)
        return logged.records[0]

    def test_a_job_without_a_database_is_one_line(self):
        record = self.logged(
            psycopg2.OperationalError("server closed the connection\nunexpectedly"), "AI Deployment: x"
        )
        self.assertEqual(record.getMessage(), "Job 'AI Deployment: x' (7) server action #12 failed: OperationalError")
        self.assertFalse(record.exc_info)
        self.assertNotIn("\n", record.getMessage())

    def test_others_and_other_faults_keep_their_traceback(self):
        for error, job in (
            (psycopg2.OperationalError("gone"), "Mail: Email Queue Manager"),
            (ValueError("a fault of ours"), "AI Deployment: x"),
        ):
            with self.subTest(job=job):
                self.assertTrue(self.logged(error, job).exc_info)

    def test_all_our_jobs_are_known_by_their_name(self):
        ours = self.env["ir.model.data"].search([("module", "=", "ai_deployment"), ("model", "=", "ir.cron")])
        jobs = self.env["ir.cron"].browse(ours.mapped("res_id")).exists()
        self.assertTrue(jobs)
        self.assertEqual([job.name for job in jobs if not job.name.startswith(quiet_jobs.JOBS)], [])
