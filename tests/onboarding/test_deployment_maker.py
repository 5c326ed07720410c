"""One deployment, however often and by however many people it is asked for."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.onboarding.deployment_maker import DeploymentMaker
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase


@tagged("post_install", "-at_install")
class TestDeploymentMaker(StartCase):
    ROWS, OPEN = 80, 0

    def test_twice_pressed_is_one_deployment(self):
        onboarding = self.created()
        with clock.at(NOW):
            onboarding.action_create_deployment()
        self.assertEqual(DeploymentMaker(onboarding).make(), onboarding.deployment_id)
        self.assertEqual(len(onboarding.deployment_id.training_ids), 1)
        self.assertEqual(len(onboarding.deployment_id.replay_ids), 1)

    def test_a_colleague_who_began_at_the_same_time_is_told(self):
        theirs, mine = self.at_people(self.other_owner), self.at_people(self.owner)
        with clock.at(NOW):
            theirs.action_create_deployment()
            count = self.env["ai.deployment"].search_count([])
            self.assertEqual(DeploymentMaker(mine).make(), self.env["ai.deployment"])
            mine.action_create_deployment()
        self.assertEqual(self.env["ai.deployment"].search_count([]), count)
        self.assertEqual((mine.deployment_id.id, mine.twin_id, mine.stage), (False, theirs.deployment_id, "people"))
        with clock.at(NOW):
            mine.action_create_second()
        self.assertEqual(self.env["ai.deployment"].search_count([]), count + 1)
        self.assertFalse(mine.twin_id)

    def test_what_was_there_before_is_no_twin(self):
        theirs = self.created(self.other_owner)
        theirs.deployment_id.sudo()._write({"create_date": "2020-01-01"})
        theirs.invalidate_recordset()
        self.assertTrue(self.created().deployment_id)

    def test_both_transactions_write_the_row_of_the_template(self):
        self.template.last_started = False
        self.created()
        self.assertEqual(self.template.last_started, NOW)

    def test_the_checklist_of_the_template_is_taken(self):
        small = self.env.ref("ai_deployment.check_template_small")
        self.template.check_template_id = small
        deployment = self.created().deployment_id.sudo()
        self.assertEqual(deployment.check_template_id, small)
        self.assertEqual(set(deployment.check_ids.mapped("code")), set(small.line_ids.mapped("code")))

    def test_the_draft_is_not_stored(self):
        before = self.env["ai.deployment"].search_count([])
        draft = DeploymentMaker(self.begin()).draft()
        self.assertEqual((draft.res_model, draft.horizon_days, draft.landmarks), ("crm.lead", 60, False))
        self.assertEqual(self.env["ai.deployment"].search_count([]), before)
