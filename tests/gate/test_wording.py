"""What people read about a held bill: the sentence, the list, the banner, the notification."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestWording(GateCase):
    def test_the_sentence_names_the_bill_why_and_what_to_do(self):
        bill = self.make_bill(ref="INV-7")
        with self.stopped("INV-7", "Vendor", "Looks unusual", "A reviewer was asked to review it"):
            bill.with_user(self.ann).action_post()
        with self.stopped(self.ben.name, "was asked to review it"):
            bill.with_user(self.ann).action_post()

    def test_a_long_list_is_cut(self):
        bills = self.env["account.move"].union(*(self.make_bill(ref=f"B{number:02}") for number in range(13)))
        with self.stopped("and 3 more"):
            bills._post()

    def test_where_another_dialog_follows_the_held_ones_stand_in_a_notification(self):
        later = self.make_bill(100, day=self.today + timedelta(days=5))
        risky = self.make_bill(ref="INV-7")
        action = (later + risky).action_validate_moves_with_confirmation()
        self.assertIn("INV-7", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "validate.account.move")

    def test_the_banner_says_it_and_leads_to_the_review(self):
        bill = self.make_bill()
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())
        with self.stopped():
            bill.action_post()
        alert = bill.with_user(self.ann)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["level"], "danger")
        self.assertNotIn("action", alert)
        self.assertNotIn("unusual", alert["message"])
        alert = bill.with_user(self.ben)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["action"]["res_id"], self.review_of(bill).id)
        self.assertIn("Looks unusual", alert["message"])
        self.look(bill)
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())
