"""The questions of a version as its form shows them."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestVersionQuestions(AiDeploymentCase):
    def test_older_versions_ask_nothing(self):
        self.assertFalse(self.version.questions_text or self.version.not_judged_text)

    def test_the_dialog_is_for_those_who_answer_for_the_deployment(self):
        action = self.version.with_user(self.owner).action_answer()
        self.assertEqual(action["context"], {"default_version_id": self.version.id})
        with self.assertRaises(AccessError):
            self.version.with_user(self.reviewer).action_answer()
