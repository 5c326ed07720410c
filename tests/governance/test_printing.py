"""What is printed may be read by who prints it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.printing import report_action
from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestPrinting(ReportCase):
    def test_the_action_prints_the_records(self):
        action = report_action(self.deployment.with_user(self.owner), "action_report_model_card")
        self.assertEqual(action["report_name"], "ai_deployment.model_card")
        self.assertEqual(action["context"]["active_ids"], self.deployment.ids)

    def test_nothing_and_what_may_not_be_read_is_not_printed(self):
        with self.assertRaisesRegex(UserError, "Choose what to print"):
            report_action(self.deployment.browse(), "action_report_model_card")
        with self.assertRaises(AccessError):
            report_action(self.deployment.with_user(self.seller), "action_report_model_card")
