"""The log of a challenger: never changed, kept as long as the log, hidden from all but the auditor."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestChallengerScore(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with clock.at(NOW):
            cls.deployment._assign_challenger(cls.keep(cls.deployment, cls.card(low=-3.0)), "test")
            cls.deployment._score(cls.make_leads(2))
        cls.lines = cls.env["ai.deployment.challenger.score"].search([("deployment_id", "=", cls.deployment.id)])

    def test_it_is_never_changed(self):
        for lines in (self.lines, self.lines.sudo(), self.lines.with_user(self.auditor)):
            with self.assertRaises(AccessError):
                lines.write({"predicted_value": 0.0})
            with self.assertRaises(AccessError):
                lines.unlink()

    def test_it_is_kept_as_long_as_the_log(self):
        days = self.deployment.retention_days
        for moment, left in ((NOW + timedelta(days=days), 2), (NOW + timedelta(days=days, hours=1), 0)):
            with clock.at(moment):
                self.env["ai.deployment.challenger.score"]._gc_expired()
            self.env.invalidate_all()
            self.assertEqual(len(self.lines.exists()), left)
