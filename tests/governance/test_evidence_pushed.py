"""Rows of the checklist of a deployment whose results are pushed: none asks for what cannot be done for it."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import INPUTS, PushCase


@tagged("post_install", "-at_install")
class TestEvidencePushed(PushCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def row(self, code):
        return self.deployment.check_ids.filtered(lambda check: check.code == code).sudo()

    def found(self, code):
        self.env.invalidate_all()
        return Checklist(self.deployment.sudo()).find(self.row(code))

    def satisfy(self, code):
        return self.row(code).with_user(self.owner).sudo(False).action_satisfy()

    def test_records_whose_scores_are_pushed_count(self):
        self.row("runs_here").minimum = 2
        leads = self.make_leads(2)
        self.push([{"res_id": leads[0].id, "score": 0.9}, {"res_id": leads[1].id, "failure": {"message": "Empty."}}])
        self.assertFalse(self.found("runs_here").is_met)
        self.push([{"res_id": leads[1].id, "score": 0.2}], key="again")
        self.assertTrue(self.found("runs_here").is_met)
        self.assertEqual(self.satisfy("runs_here")["res_model"], "ai.deployment.inference")

    def test_a_version_that_came_back_takes_the_place_of_a_training(self):
        self.deployment.retraining_plan = "Every quarter, where it is made."
        self.env["ai.deployment.transition"].sudo().create(
            {
                "deployment_id": self.deployment.id,
                "from_state": "poc",
                "to_state": "shadow",
                "date": NOW,
                "user_id": self.owner.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET trained_date = '2020-01-01'")
        self.env.cr.execute("UPDATE ai_deployment_transition SET date = %s", [NOW])
        self.assertFalse(self.found("retrained").is_met)
        with self.assertRaisesRegex(UserError, "register_version"):
            self.satisfy("retrained")
        made = self.deployment.with_user(self.robot).register_version("forest 3.2", INPUTS)
        challenge = self.deployment.assignment_ids.filtered(lambda one: one.version_id.id == made["id"])
        self.assertFalse(self.found("retrained").is_met, "it was not compared yet")
        challenge.sudo().verdict = "better"
        self.assertTrue(self.found("retrained").is_met)
        challenge.sudo().verdict = "worse"
        self.assertFalse(self.found("retrained").is_met)

    def test_nobody_is_asked_to_train_it_for_a_test_by_segment(self):
        self.assertFalse(self.found("later_and_segments").is_met)
        with self.assertRaisesRegex(UserError, "waives this row"):
            self.satisfy("later_and_segments")
        waive = self.row("later_and_segments").with_user(self.env.ref("base.user_admin")).sudo(False)
        self.assertEqual(waive.action_satisfy()["res_model"], "ai.deployment.check.waive")

    def test_the_way_to_production_has_no_training(self):
        self.deployment.state = "shadow"
        page = self.deployment.with_user(self.owner).stepper_html
        self.assertNotIn("Train", page)
        self.assertIn("Version", page)
