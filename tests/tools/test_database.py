"""A database knows itself again: by what PostgreSQL says of it, beside what was kept when it last told somebody."""

import datetime
from unittest.mock import patch

import psycopg2

from odoo.tests import TransactionCase, tagged
from odoo.tools import config

from odoo.addons.ai_deployment.models.tools import database

NOW = datetime.datetime(2026, 3, 2, 9, 0)
LATER = datetime.datetime(2026, 3, 3, 9, 0)


@tagged("post_install", "-at_install")
class TestHeld(TransactionCase):
    def setUp(self):
        super().setUp()
        self.parameters = self.env["ir.config_parameter"].sudo()
        self.parameters.set_param(database.PARAMETER, False)

    def restore(self):
        """As if it had been restored from a dump of itself."""
        self.enterContext(patch.object(database, "identity", return_value="another/1"))

    def test_one_that_never_told_anybody_anything_is_not_held(self):
        self.restore()
        self.assertFalse(database.is_marked(self.env))
        self.assertIsNone(database.held(self.env))

    def test_once_confirmed_it_is_held_where_its_identity_differs(self):
        database.confirm(self.env)
        self.assertTrue(database.is_marked(self.env))
        self.assertIsNone(database.held(self.env))
        self.restore()
        self.assertEqual(database.held(self.env), database.Held(None, None))

    def test_when_it_was_noticed_is_kept_once_until_somebody_confirms(self):
        database.confirm(self.env)
        self.restore()
        database.note(self.env, NOW, LATER)
        database.note(self.env, LATER, LATER + datetime.timedelta(days=1))
        self.assertEqual(database.held(self.env), database.Held(NOW, LATER))
        database.confirm(self.env)
        self.assertIsNone(database.held(self.env))

    def test_a_parameter_that_somebody_broke_is_no_mark(self):
        for text in ("{broken", "[1, 2]", "7", '"words"', "null", "{}"):
            with self.subTest(text=text):
                self.parameters.set_param(database.PARAMETER, text)
                self.assertFalse(database.is_marked(self.env))
                self.assertIsNone(database.held(self.env))


@tagged("post_install", "-at_install")
class TestIdentity(TransactionCase):
    def test_it_is_the_same_each_time(self):
        self.assertEqual(database.identity(self.env), database.identity(self.env))

    def test_a_copy_of_a_database_has_another_and_a_renamed_one_the_same(self):
        """Made by PostgreSQL: what tells them apart is not what the addon keeps."""
        name = f"{self.env.cr.dbname[:40]}_identity"
        connection = psycopg2.connect(dbname="postgres", **_server())
        connection.autocommit = True
        self.addCleanup(connection.close)
        cursor = connection.cursor()

        def numbers():
            cursor.execute("SELECT datname, oid FROM pg_database WHERE starts_with(datname, %s)", [name])
            return dict(cursor.fetchall())

        def drop():
            for each in (name, f"{name}_2", f"{name}_3"):
                cursor.execute(f'DROP DATABASE IF EXISTS "{each}"')

        drop()
        self.addCleanup(connection.close)
        self.addCleanup(drop)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        cursor.execute(f'CREATE DATABASE "{name}_2" TEMPLATE "{name}"')
        before = numbers()
        self.assertNotEqual(before[name], before[f"{name}_2"])
        cursor.execute(f'ALTER DATABASE "{name}_2" RENAME TO "{name}_3"')
        self.assertEqual(numbers()[f"{name}_3"], before[f"{name}_2"])


def _server():
    names = {"host": config["db_host"], "port": config["db_port"], "user": config["db_user"]}
    return {name: value for name, value in names.items() if value}
