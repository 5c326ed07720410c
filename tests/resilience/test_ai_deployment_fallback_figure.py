"""Figures of a rule: one per record and deployment, written by nobody."""

import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFallbackFigure(AiDeploymentCase):
    def test_a_record_has_one_figure(self):
        values = {"deployment_id": self.deployment.id, "res_id": 1, "value": 0.5}
        figures = self.env["ai.deployment.fallback.figure"]
        figures.create(values)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            figures.create(values)

    def test_nobody_writes_one(self):
        values = {"deployment_id": self.deployment.id, "res_id": 1, "value": 0.5}
        for person in (self.owner, self.manager, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.env["ai.deployment.fallback.figure"].with_user(person).create(values)
