"""The rules about people: each says who is missing, and the button of a row does what only that person may do."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.planning import Planning
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestEvidenceOrganisational(EvidenceCase):
    def test_an_owner_accepts_by_the_button_of_the_row_and_nobody_else_does(self):
        self.deployment.write({"accepted_by_id": False, "accepted_date": False})
        self.assertMissing("owner_accepted", "has not accepted yet")
        with self.assertRaisesRegex(UserError, "in person"), self.env.cr.savepoint():
            self.satisfy("owner_accepted", self.manager)
        self.assertIs(self.satisfy("owner_accepted"), True, "there is nothing to open")
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

    def test_an_approver_neither_built_it_nor_answers_for_it(self):
        role = self.env.ref("ai_deployment.group_reviewer")
        other = self.make_users(ai_other_reviewer="ai_deployment.group_reviewer")
        self.deployment.write({"reviewer_ids": False, "approver_id": self.reviewer.id})
        for person in (self.owner, self.deputy):
            person.group_ids += role
            self.alter("ai_deployment", self.deployment, approver_id=person.id)
            self.assertMissing("approver", f"{person.name} is the owner or deputy, so another person has to approve.")
        self.alter("ai_deployment", self.deployment, approver_id=self.reviewer.id)
        for reviewers in (self.reviewer + other, self.env["res.users"], other):
            self.deployment.sudo().reviewer_ids = [(6, 0, reviewers.ids)]
            self.assertMet("approver", "is neither builder nor owner")
        self.alter("ai_deployment_version", self.version, create_uid=self.reviewer.id)
        self.alter("ai_deployment", self.deployment, create_uid=self.reviewer.id)
        if not self.look("approver").is_met:
            self.assertMissing("approver", "built it, so another person has to approve")
        self.reviewer.group_ids -= role
        self.assertMissing("approver", "no longer has a role in AI deployments")

    def test_signatures_are_of_the_text_as_it_is_by_people_who_are_here(self):
        self.deployment.limits = "It knows nothing of leads from trade fairs."
        self.assertMissing("explained", "No signatory")
        signatures = self.env["ai.deployment.signature"].with_user(self.owner)
        for role, person in (("it", self.manager), ("finance", self.accountant)):
            signatures.create({"deployment_id": self.deployment.id, "role": role, "user_id": person.id})
        signed = self.deployment.signature_ids
        signed[0].with_user(self.manager).action_sign()
        self.assertMissing("explained", f"{self.accountant.name} has not signed it yet.")
        with clock.at(NOW + timedelta(days=1)):
            signed[1].with_user(self.accountant).action_sign()
        found = self.assertMet("explained", "Signed by ")
        for person in (self.manager, self.accountant):
            self.assertIn(person.name, found.sentence)
        self.assertEqual(found.date, NOW, "the oldest counts")
        self.assertEqual(self.satisfy("explained", self.manager)["res_model"], "ai.deployment", "it is signed")
        self.alter("ai_deployment", self.deployment, deputy_id=self.accountant.id)
        self.assertMissing("explained", f"{self.accountant.name} built it or is its owner or deputy")
        self.deployment.check_template_id.one_person = True
        self.assertMet("explained", "Signed by")
        self.deployment.check_template_id.one_person = False
        self.alter("ai_deployment", self.deployment, deputy_id=self.deputy.id)
        self.accountant.active = False
        self.assertMissing("explained", f"{self.accountant.name}, who signed it, is no longer active.")
        self.accountant.active = True
        self.deployment.limits = "It knows nothing of leads from any trade fairs."
        self.assertMissing("explained", "The text has changed since ")

    def test_a_retraining_has_hours_a_day_and_its_owner(self):
        planning = Planning(self.deployment.with_user(self.owner))
        planning.plan_training(7.96, 100, NOW + timedelta(seconds=1))
        self.assertMet("budget", "8 hours and ")
        event = self.deployment.retrain_event_id
        self.alter("calendar_event", event, start=NOW)
        self.assertMissing("budget", "The retraining date has passed")
        self.alter("calendar_event", event, start=NOW + timedelta(days=1))
        event.partner_ids = self.deputy.partner_id
        self.assertMissing("budget", f"{self.owner.name} is not an attendee")
        event.active = False
        self.assertMissing("budget", "No date for retraining is scheduled.")
        self.deployment.sudo().retrain_event_id = False
        self.assertMissing("budget", "No date for retraining is scheduled.")

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
