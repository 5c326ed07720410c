"""The fields of the way to production; the steps are in `test_next_step`."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAiDeployment(AiDeploymentCase):
    def test_who_looks_sees_where_it_stands_but_no_button_for_others(self):
        page = self.deployment.with_user(self.auditor)
        self.assertIn("Shadow", page.stepper_html)
        self.assertEqual(page.year_replay_count, 0)

    def test_a_suspended_one_has_no_way(self):
        self.deployment.state = "suspended"
        self.assertFalse(self.deployment.stepper_html)

    def test_take_action_opens_the_fields_of_the_row_and_never_the_page_itself(self):
        page = self.env.ref("ai_deployment.ai_deployment_view_form")
        deployment = self.deployment.with_user(self.owner)
        for code in ("stop_rule", "approver", "review_ahead", "audience", "reader", "retrained", "inputs_in_time"):
            check = deployment.check_ids.filtered(lambda check, code=code: check.rule == code)
            with self.subTest(code=code):
                action = check.action_satisfy()
                is_the_page = action["res_model"] == "ai.deployment" and action["views"][0][0] in (False, page.id)
                self.assertFalse(is_the_page)

    def test_a_row_is_done_when_it_is_done(self):
        check = self.deployment.check_ids.filtered(lambda check: check.rule == "stop_rule")
        check.sudo().write({"waived_until": False})
        check._refresh()
        self.assertEqual(check.state, "missing")
        self.assertIn("Proposed: 67 %", check.evidence)
        self.deployment.with_user(self.owner).action_use_proposed_floor()
        self.assertEqual((check.state, self.deployment.floor_auc, self.deployment.stop_after), ("met", 0.67, 3))
