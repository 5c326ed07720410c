"""What is tried within the block is undone, and nothing of it happens after the transaction."""

import psycopg2

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.ai_deployment.models.resilience.rollback import undone


@tagged("post_install", "-at_install")
class TestUndone(TransactionCase):
    def limits(self):
        names = ("statement_timeout", "lock_timeout")
        return [self.env.execute_query(SQL("SELECT current_setting(%s)", name)) for name in names]

    def test_writes_hooks_and_limits_are_gone_afterwards(self):
        partner = self.env["res.partner"].create({"name": "Before"})
        ran, hooks, before = [], self.env.cr.postcommit, self.limits()
        with undone(self.env):
            partner.name = "Within"
            partner.flush_recordset()
            self.env.cr.postcommit.add(lambda: ran.append(True))
            self.assertEqual(self.limits(), [[("5s",)], [("1s",)]])
        self.assertEqual((partner.name, self.limits()), ("Before", before))
        self.assertIs(self.env.cr.postcommit, hooks)
        self.assertFalse(ran)

    @mute_logger("odoo.sql_db")
    def test_an_error_of_the_database_goes_on_and_the_transaction_is_usable(self):
        with self.assertRaises(psycopg2.errors.DivisionByZero), undone(self.env):
            self.env.cr.execute("SELECT 1 / 0")
        self.assertTrue(self.env["res.partner"].search_count([], limit=1))
