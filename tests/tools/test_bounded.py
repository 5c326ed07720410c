"""A savepoint with limits of its own: they hold inside, and those from before hold again however it ends."""

import psycopg2.errors

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools.bounded import bounded_savepoint


@tagged("post_install", "-at_install")
class TestBounded(TransactionCase):
    def setUp(self):
        super().setUp()
        self.cr = self.env.cr
        self.cr.execute("SET LOCAL lock_timeout = '7s'; SET LOCAL statement_timeout = '11s'")
        self.partner = self.env["res.partner"].create({"name": "Before"})
        self.env.flush_all()

    def limits(self):
        self.cr.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
        return self.cr.fetchone()

    def test_limits_hold_inside_and_are_given_back(self):
        with bounded_savepoint(self.cr, "2s", "3s"):
            self.assertEqual(self.limits(), ("2s", "3s"))
            with bounded_savepoint(self.cr, "1s", "1500ms"):
                self.assertEqual(self.limits(), ("1s", "1500ms"))
            self.assertEqual(self.limits(), ("2s", "3s"))
        self.assertEqual(self.limits(), ("7s", "11s"))

    def test_what_was_written_inside_is_kept(self):
        with bounded_savepoint(self.cr, "2s", "3s"):
            self.partner.name = "Inside"
        self.cr.execute("SELECT name FROM res_partner WHERE id = %s", [self.partner.id])
        self.assertEqual(self.cr.fetchone(), ("Inside",))

    def test_a_fault_undoes_what_was_written_and_gives_the_limits_back(self):
        with self.assertRaises(ZeroDivisionError), bounded_savepoint(self.cr, "2s", "3s"):
            self.partner.name = "Inside"
            self.env.flush_all()
            raise ZeroDivisionError
        self.assertEqual(self.partner.name, "Before")
        self.assertEqual(self.limits(), ("7s", "11s"))

    def test_a_statement_that_takes_too_long_ends(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.QueryCanceled),
            bounded_savepoint(self.cr, "2s", "20ms"),
        ):
            self.cr.execute("SELECT pg_sleep(5)")
        self.assertEqual(self.limits(), ("7s", "11s"))
