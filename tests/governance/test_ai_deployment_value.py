"""Figures: a baseline is frozen, nobody writes one, and what is entered has bounds."""

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.governance.common import BEFORE, ValueCase


@tagged("post_install", "-at_install")
class TestValue(ValueCase):
    def test_a_baseline_is_frozen(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        rows = self.baseline()
        for act in (lambda: rows.write({"value": 0.01}), lambda: rows.sudo().write({"value": 0.01}), rows.unlink):
            with self.assertRaises(UserError):
                act()
        for person in (self.owner, self.manager):
            with self.assertRaises(UserError):
                rows[0].with_user(person).write({"value": 0.01})
            with self.assertRaises(AccessError):
                rows[0].with_user(person).copy()

    def test_figures_are_told_in_their_unit(self):
        share = next(row for row in self.measured().values() if row.unit == "share").with_context(lang="en_US")
        self.assertRegex(share.figure_text, r"^50\.0 % \(\d\d\.\d % – \d\d\.\d %\)$")
        self.assertRegex(share.change_text, r"^\+25\.0 points \(\+\d+\.\d to \+\d+\.\d\)$")
        share.sudo().write({"has_enough_records": False, "is_compared": False})
        self.assertEqual((share.figure_text, share.change_text), (False, False))

    def test_nobody_writes_a_figure(self):
        rows = self.measured()
        for person in (self.owner, self.manager, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                rows["net"].with_user(person).write({"money": 1000000})
            with self.assertRaises(AccessError):
                self.env["ai.deployment.value"].with_user(person).create(
                    {"deployment_id": self.deployment.id, "code": "net", "period": "holdout", "unit": "money"}
                )

    def test_what_is_entered_has_bounds(self):
        for values in ({"value_margin": 1.5}, {"value_hourly_cost": -1}, {"value_running_cost": -1}):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
                with self.env.cr.savepoint():
                    self.deployment.write(values)
                    self.env.flush_all()
