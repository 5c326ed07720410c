from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import StartCase


@tagged("post_install", "-at_install")
class TestAiDeploymentOnboardingLine(StartCase):
    ROWS, OPEN = 40, 0

    def test_a_line_is_seen_and_ticked_by_who_began(self):
        onboarding = self.begin()
        onboarding.action_to_inputs()
        line = onboarding.line_ids[0]
        line.is_chosen = not line.is_chosen
        for user in (self.other_owner, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                line.with_user(user).read(["example"])
        with self.assertRaises(AccessError):
            line.with_user(self.other_owner).is_chosen = True
