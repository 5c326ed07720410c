"""Suspending asks for a reason, says what users will see, and stores both the step and why."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestSuspend(AiDeploymentCase):
    def wizard(self, person=None, **values):
        action = self.deployment.with_user(person or self.owner).action_suspend()
        wizards = self.env[action["res_model"]].with_user(person or self.owner).with_context(**action["context"])
        return wizards.create({"reason": "Wrong since Monday", **values})

    def test_the_reason_is_kept_with_the_step(self):
        self.go_live()
        self.wizard().action_suspend()
        self.assertEqual(self.deployment.state, "suspended")
        step = self.deployment.sudo().transition_ids.sorted("id")[-1]
        self.assertEqual((step.to_state, step.reason, step.user_id), ("suspended", "Wrong since Monday", self.owner))

    def test_it_says_what_users_will_see(self):
        self.assertIn("Users see no change", self.wizard().consequence)
        self.go_live()
        self.assertIn("Scores disappear from leads at once; nothing is shown instead.", self.wizard().consequence)
        self.deployment.fallback = "incumbent"
        self.assertIn("shown instead: Odoo's own estimate", self.wizard().consequence)

    def test_a_reason_is_needed(self):
        with self.assertRaises(UserError):
            self.wizard(reason="  ").action_suspend()
        self.assertEqual(self.deployment.state, "shadow")

    def test_only_who_answers_for_it_may(self):
        for person in (self.reviewer, self.other_owner):
            with self.assertRaises(AccessError):
                self.deployment.with_user(person).action_suspend()
        with self.assertRaises(AccessError):
            self.wizard(self.deputy).with_user(self.other_owner).action_suspend()
