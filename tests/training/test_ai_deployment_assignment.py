"""What the gate finds is kept by the system, and nobody else writes it."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAssignment(AiDeploymentCase):
    def test_a_verdict_is_not_written_by_people(self):
        self.deployment._assign_challenger(self.keep(self.deployment, self.card(low=-2.0)), "test")
        assignment = self.deployment.assignment_ids.filtered(lambda one: one.role == "challenger")
        for user in (self.owner, self.manager, self.reviewer, self.seller):
            for values in ({"verdict": "better"}, {"end_date": False}, {"failure_count": 9}, {"way": "rollback"}):
                with self.assertRaises(AccessError):
                    assignment.with_user(user).write(values)
