"""Code of people runs inside a transaction of ours, which it cannot end."""

from odoo.exceptions import UserError
from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools.kept_open import forbidden_names, kept_open


@tagged("post_install", "-at_install")
class TestKeptOpen(TransactionCase):
    def test_a_statement_that_ends_the_transaction_is_refused(self):
        for statement in (
            "COMMIT",
            "commit work",
            " \n Rollback",
            "END",
            "BEGIN",
            "START  TRANSACTION",
            "ABORT",
            "PREPARE TRANSACTION 'x'",
            "SELECT 1; COMMIT",
            "/* harmless */ COMMIT",
            "-- harmless\nROLLBACK",
            "SELECT 1 /* ; */ ; /* x */ END",
            SQL("COMMIT"),
        ):
            with self.subTest(statement=str(statement)), kept_open(self.env), self.assertRaises(UserError):
                self.env.cr.execute(statement)

    def test_other_statements_are_executed(self):
        with kept_open(self.env):
            self.env.cr.execute("SAVEPOINT mine; ROLLBACK TO SAVEPOINT mine; ROLLBACK WORK TO mine")
            for statement in ("SELECT 'commit'", SQL("SELECT %s", "commit"), "SELECT 'commit' AS end_of_it -- COMMIT"):
                self.env.cr.execute(statement)
                self.assertEqual(self.env.cr.fetchone(), ("commit",))
            self.env.cr.execute("SELECT %s", ["; COMMIT"])
            self.assertEqual(self.env.cr.fetchone(), ("; COMMIT",), "a value is no statement")
            self.assertTrue(self.env["res.partner"].create({"name": "New"}).id)

    def test_methods_of_the_cursor_are_refused(self):
        for name in ("commit", "rollback", "close"):
            with self.subTest(method=name), kept_open(self.env), self.assertRaises(UserError):
                getattr(self.env.cr, name)()

    def test_afterwards_the_cursor_is_as_before_also_after_a_fault(self):
        def methods():
            return {name: vars(self.env.cr).get(name) for name in ("commit", "rollback", "close", "execute")}

        before = methods()
        with self.assertRaises(ZeroDivisionError), kept_open(self.env):
            for name, method in methods().items():
                self.assertIsNot(method, before[name])
            raise ZeroDivisionError
        self.assertEqual(methods(), before)


@tagged("post_install", "-at_install")
class TestForbiddenNames(BaseCase):
    def test_names_are_found_at_any_depth(self):
        code = "def inner():\n    return [lambda: env.cr._cnx.close() for _ in 'x']\nenv.registry.cursor()"
        self.assertEqual(forbidden_names(code), ["_cnx", "close", "cursor", "registry"])

    def test_words_and_what_a_figure_needs_are_allowed(self):
        for code in ("", None, "value = len(records)", "env.cr.execute('COMMIT')", "text = 'commit' # rollback"):
            with self.subTest(code=code):
                self.assertEqual(forbidden_names(code), [])

    def test_code_that_does_not_compile_has_none(self):
        for code in ("commit(", "commit\0", "(" * 5000 + "commit"):
            with self.subTest(code=code[:10]):
                self.assertEqual(forbidden_names(code), [])
