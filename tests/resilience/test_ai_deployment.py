"""Settings of fallbacks and the buttons of drills: who writes them and which make sense."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.resilience.common import FallbackCase


@tagged("post_install", "-at_install")
class TestFallbackSettings(FallbackCase):
    def test_nobody_writes_that_it_is_in_force(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).write({"fallback_since": NOW})
        copy = self.deployment.copy()
        self.assertFalse(copy.fallback_since)

    def test_a_rule_has_to_be_named(self):
        with self.assertRaisesRegex(ValidationError, "Select a rule"):
            self.deployment.fallback = "rule"

    def test_the_list_of_drills_is_of_this_deployment(self):
        action = self.deployment.action_view_drills()
        self.assertEqual(action["res_model"], "ai.deployment.drill")
        self.assertEqual(action["domain"], [("deployment_id", "=", self.deployment.id)])
