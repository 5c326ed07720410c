from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.governance.evidence import RULES
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestEvidenceAudience(AiDeploymentCase):
    def look(self, code):
        return RULES[code](self.deployment.sudo()).find(self.deployment.check_ids[:1])

    def test_scores_reach_people(self):
        found = self.look("audience")
        self.assertFalse(found.is_met)
        self.assertIn("Nothing scores new leads", found.sentence)
        self.deployment.score_on_create = True
        self.assertTrue(self.look("audience").is_met)
        self.deployment.viewer_group_ids = self.env["res.groups"].create({"name": "Empty"})
        self.assertIn("has no members", self.look("audience").sentence)
        self.deployment.viewer_group_ids = False
        self.assertIn("Nobody will see", self.look("audience").sentence)

    def test_alerts_reach_a_reader(self):
        self.assertTrue(self.look("reader").is_met)
        self.owner.partner_id.email = False
        self.assertFalse(self.look("reader").is_met)
        program = {"kind": "webhook", "credential": "TRAINER", "frequency": "retraining"}
        self.env["ai.deployment.channel"].create({"deployment_id": self.deployment.id, **program})
        self.assertFalse(self.look("reader").is_met, "a program that trains reads no alerts")
        self.env["ai.deployment.channel"].create(
            {
                "deployment_id": self.deployment.id,
                "kind": "email",
                "partner_ids": [(6, 0, self.deputy.partner_id.ids)],
            }
        )
        self.assertTrue(self.look("reader").is_met)

    def test_members_who_have_left_or_are_guests_see_no_scores(self):
        self.deployment.score_on_create = True
        group = self.env["res.groups"].create({"name": "Few"})
        self.deployment.viewer_group_ids = group
        self.seller.group_ids += group
        self.assertTrue(self.look("audience").is_met)
        self.seller.active = False
        self.assertIn("has no members", self.look("audience").sentence)
        guest = new_test_user(self.env, "ai_guest", groups="base.group_portal", context=QUIET)
        guest.group_ids += group
        self.assertTrue(guest.share and guest in group.all_user_ids)
        self.assertIn("has no members", self.look("audience").sentence)

    def test_without_a_channel_nobody_is_notified_whatever_the_address(self):
        self.assertTrue(self.owner.partner_id.email_normalized)
        for active in (False, True):  # the activity of the owner is mandatory on screen
            self.env.cr.execute(
                "UPDATE ai_deployment_channel SET active = %s WHERE deployment_id = %s", [active, self.deployment.id]
            )
            self.env.invalidate_all()
            self.assertIs(self.look("reader").is_met, active)
        self.owner.active = False
        self.assertFalse(self.look("reader").is_met)

    def test_proposed_values_are_for_people_who_review_them(self):
        task = self.make_deployment(
            method="extract", is_primary=False, answer_field_ids=[(0, 0, {"key": "partner_id"})]
        ).sudo()

        def look():
            return RULES["audience"](task).find(task.check_ids[:1])

        self.assertIn("name reviewers", look().sentence)
        task.reviewer_ids = self.reviewer
        self.assertEqual((look().is_met, "No record comes to it" in look().sentence), (False, True))
        task.score_on_create = True
        self.assertEqual((look().is_met, self.reviewer.name in look().sentence), (True, True))
        self.reviewer.active = False
        self.assertIn("name reviewers", look().sentence)
