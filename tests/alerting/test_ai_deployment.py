"""What a deployment says of its alerts: who is told, and for how many days they may stay unread."""

import psycopg2.errors

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAiDeployment(AiDeploymentCase):
    def test_an_unread_alert_goes_on_after_three_days_unless_told_otherwise(self):
        self.assertEqual(self.make_deployment(is_primary=False).escalation_days, 3)

    def test_it_goes_on_after_1_to_90_days(self):
        for days in (1, 90):
            self.deployment.with_user(self.owner).escalation_days = days
            self.env.flush_all()
        for days in (0, 91, -1):
            with (
                self.subTest(days=days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.deployment.with_user(self.owner).escalation_days = days
                self.env.flush_all()
            self.assertEqual(self.deployment.escalation_days, 90)

    def test_the_owners_activity_is_added_where_it_is_missing(self):
        other = self.make_deployment(name="Another", is_primary=False)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_channel WHERE deployment_id = %s", [other.id])
        self.env.invalidate_all()
        for _again in range(2):
            (self.deployment | other)._add_activity_channels()
            for deployment in self.deployment | other:
                self.assertEqual(deployment.channel_ids.mapped("kind"), ["activity"])
