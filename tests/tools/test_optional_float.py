"""A number that was not computed is empty, never 0; a 0 that was computed stays one."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools.optional_float import OptionalFloat


@tagged("post_install", "-at_install")
class TestOptionalFloat(TransactionCase):
    def setUp(self):
        super().setUp()
        self.lines = self.env["ai.deployment.report.line"]
        self.field = self.lines._fields["statistic"]

    def test_empty_and_zero_are_told_apart_on_a_record(self):
        self.assertIsInstance(self.field, OptionalFloat)
        self.assertIs(self.lines.new({}).statistic, False)
        self.assertIs(self.lines.new({"statistic": False}).statistic, False)
        zero = self.lines.new({"statistic": 0}).statistic
        self.assertEqual((zero, type(zero)), (0.0, float))

    def test_empty_and_zero_are_told_apart_in_the_database(self):
        for value, stored in ((None, None), (False, None), (0, "0.0000"), (0.0, "0.0000"), (0.12345, "0.1235")):
            with self.subTest(value=value):
                self.assertEqual(self.field.convert_to_column(value, self.lines), stored)

    def test_empty_and_zero_are_told_apart_in_an_export(self):
        self.assertEqual(self.field.convert_to_export(False, self.lines), "")
        self.assertEqual(self.field.convert_to_export(None, self.lines), "")
        self.assertEqual(self.field.convert_to_export(0.0, self.lines), 0.0)
