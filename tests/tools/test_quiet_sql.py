"""What a statement carries stays out of the server log, at every level and when the connection is lost."""

import logging

import psycopg2
import psycopg2.errors

from odoo import Command
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools.quiet_sql import quiet_sql
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

SECRET = "Zanzibar 4711"


@tagged("post_install", "-at_install")
class TestQuietSql(AiDeploymentCase):
    def fail(self):
        with self.assertRaises(psycopg2.errors.DivisionByZero), self.env.cr.savepoint():
            self.env.cr.execute(f"SELECT 1 / 0, '{SECRET}'")

    def test_a_failing_statement_is_told_by_its_description(self):
        with self.assertLogs("odoo.sql_db", "ERROR") as log, quiet_sql("5 rows"):
            self.fail()
        self.assertNotIn(SECRET, str(log.output))
        self.assertRegex(log.output[0], "5 rows: DivisionByZero")

    def test_the_description_ends_with_its_block(self):
        with self.assertLogs("odoo.sql_db", "ERROR") as log:
            with quiet_sql("outer"):
                with quiet_sql("inner"):
                    self.fail()
                self.fail()
            self.fail()
        inner, outer, after = log.output
        self.assertIn("inner", inner)
        self.assertIn("outer", outer)
        self.assertIn(SECRET, after, "Odoo's own line")

    def test_warnings_are_left_as_they_are(self):
        with self.assertLogs("odoo.sql_db", "WARNING") as log, quiet_sql("5 rows"):
            logging.getLogger("odoo.sql_db").warning("too many %s", "cursors")
        self.assertEqual(log.output, ["WARNING:odoo.sql_db:too many cursors"])

    def test_a_lost_connection_logs_no_statement_about_the_addons_tables(self):
        query = f"SELECT pg_terminate_backend(pg_backend_pid()), '{SECRET}' AS ai_deployment_inference"
        with self.assertLogs("odoo.sql_db", "ERROR") as log, self.assertRaises(psycopg2.Error):
            # Odoo logs it when it fails, and again when the savepoint around it cannot be taken back.
            with db_connect(self.env.cr.dbname).cursor() as cr, cr.savepoint(flush=False), quiet_sql("Rows"):
                cr.execute(query)
        self.assertGreater(len(log.output), 1)
        self.assertNotIn(SECRET, str(log.output))

    def test_a_collision_logs_no_statement_about_the_addons_tables(self):
        collide = f"DO $$ BEGIN RAISE EXCEPTION 'ai_deployment_gate_event {SECRET}' USING ERRCODE = '40001'; END $$"
        with self.assertLogs("odoo.sql_db", "ERROR") as log, self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            self.env.cr.execute(collide)
        self.assertNotIn(SECRET, str(log.output))
        self.assertRegex(log.output[0], "was not carried out: SerializationFailure 40001")

    def test_no_input_is_in_the_server_log_at_any_level(self):
        self.deployment.feature_ids = [Command.create({"path": "contact_name", "leak_override": "For the test."})]
        lead = self.make_leads(contact_name=SECRET)
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE ai_deployment_score ADD CONSTRAINT broken CHECK (res_id < 0) NOT VALID")
        with self.assertLogs("odoo", "DEBUG") as log, mute_logger("odoo.addons.base"):
            self.deployment.action_server_id.with_context(
                active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
            ).run()
        self.assertNotIn(SECRET, "\n".join(log.output))
        self.assertLess(max(map(len, log.output)), 10_000)
        self.assertIn("Rows written at once", str(log.output))
