"""The rules about people: each says who is missing, and the button of a row does what only that person may do."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.planning import Planning
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestEvidenceOrganisational(EvidenceCase):
    def test_an_owner_accepts_by_the_button_of_the_row_and_nobody_else_does(self):
        self.deployment.write({"accepted_by_id": False, "accepted_date": False})
        self.assertMissing("owner_accepted", "has not accepted yet")
        with self.assertRaisesRegex(UserError, "in person"), self.env.cr.savepoint():
            self.satisfy("owner_accepted", self.manager)
        self.satisfy("owner_accepted")
        found = self.assertMet("owner_accepted", f"{self.owner.name} has accepted.")
        self.assertEqual(found.date, NOW)

    def test_an_approver_is_named_active_and_apart(self):
        self.deployment.reviewer_ids = False
        self.deployment.approver_id = False
        self.assertMissing("approver", "No approver is assigned.")
        self.deployment.approver_id = self.reviewer
        self.assertMet("approver", "is neither builder nor owner")
        self.deployment.check_template_id.one_person = True
        self.assertMet("approver", "allows one person in both roles")
        self.deployment.check_template_id.one_person = False
        self.reviewer.active = False
        self.assertMissing("approver", "is no longer active")

    def test_an_approver_who_is_the_only_reviewer_is_not_enough(self):
        self.deployment.sudo().write({"approver_id": self.reviewer.id, "reviewer_ids": [(6, 0, self.reviewer.ids)]})
        self.assertMissing("approver", "add another reviewer")

    def test_who_has_to_sign_gets_the_text_and_the_owner_the_form(self):
        self.deployment.limits = "It knows nothing of leads from trade fairs."
        self.assertEqual(self.satisfy("explained")["res_model"], "ai.deployment")
        signatures = self.env["ai.deployment.signature"].with_user(self.owner)
        signatures.create({"deployment_id": self.deployment.id, "role": "it", "user_id": self.manager.id})
        self.assertMissing("explained", f"{self.manager.name} has not signed it yet.")
        self.assertEqual(self.satisfy("explained", self.manager)["res_model"], "ai.deployment.signature")

    def test_training_again_is_planned_for_a_day_to_come(self):
        self.deployment.retrain_hours = 0
        self.assertMissing("budget", "The hours of retraining are missing")
        self.assertEqual(self.satisfy("budget")["res_model"], "ai.deployment.budget")
        Planning(self.deployment.with_user(self.owner)).plan_training(8, 100, NOW + timedelta(days=30))
        self.assertMet("budget", "8 hours and")
