"""Lines of the log with the values proposed: on the screen, and on paper as evidence."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestInference(TaskCase):
    def test_the_evidence_on_a_record_says_what_was_proposed(self):
        line = self.inferences_of(self.scored("A pump"))
        self.assertEqual(line.with_user(self.owner)._proposed_text(), "Sales Team: Pumps")
        report = self.env["report.ai_deployment.record_evidence"].with_user(self.owner)
        self.assertIn("Sales Team: Pumps", report._answer(line.with_user(self.owner)))
