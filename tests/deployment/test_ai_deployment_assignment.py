"""Which version served when, by whose decision."""

from datetime import timedelta

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAssignment(AiDeploymentCase):
    @mute_logger("odoo.sql_db")
    def test_two_versions_never_serve_at_once(self):
        values = {
            "deployment_id": self.deployment.id,
            "version_id": self.keep(self.deployment, self.card()).id,
            "role": "champion",
            "start_date": NOW,
            "user_id": self.env.uid,
        }
        with self.assertRaises(UniqueViolation):
            self.env["ai.deployment.assignment"].create(values)
        self.env["ai.deployment.assignment"].create({**values, "role": "challenger"})
        self.assertEqual(self.deployment.champion_id, self.version)

    @mute_logger("odoo.sql_db")
    def test_nothing_ends_before_it_began(self):
        with self.assertRaises(CheckViolation):
            self.deployment.assignment_ids.end_date = NOW - timedelta(hours=1)
            self.env.flush_all()
