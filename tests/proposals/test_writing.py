"""Values on records: written only where the owner allows and people's answers prove it, and taken back in one click."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestWriting(TaskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.answer = cls.task.answer_field_ids
        cls.answer.write({"writing": "proved", "target_agreement": 0.9})
        cls.task.write({"min_confidence": 0.8})
        cls.produce()

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def prove(self, count=40, confidence=0.85):
        """So many answers of people that a value was right, at this confidence."""
        self.env["ai.deployment.proposal"].sudo().create(
            [
                {
                    "date": NOW,
                    "deployment_id": self.task.id,
                    "company_id": self.task.company_id.id,
                    "version_id": self.task_version.id,
                    "res_model": "crm.lead",
                    "res_id": self.samples[0].id,
                    "key": "team_id",
                    "value": str(self.pumps.id),
                    "confidence": confidence,
                    "verdict": "right",
                }
                for _number in range(count)
            ]
        )

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("ai_deployment.ir_cron_write_proposals").method_direct_trigger()
        self.env.invalidate_all()

    def written(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.prove()
        self.run_cron()
        return lead, self.proposals_of(lead)

    def test_nothing_is_written_before_it_is_proved_or_below_the_proved_confidence(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)
        self.prove(confidence=0.95)
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)

    def test_a_proved_value_is_written_by_the_owner_with_the_old_one_kept_and_a_note(self):
        lead, proposal = self.written()
        self.assertEqual(lead.team_id, self.pumps)
        self.assertEqual((proposal.written_text, proposal.old_text), ("Pumps", "Valves"))
        self.assertEqual(proposal.written_by_id, self.owner)
        self.assertIn("Valves → Pumps", " ".join(lead.message_ids.mapped("body")))
        self.run_cron()
        self.assertEqual(lead.message_ids.mapped("body"), lead.message_ids.mapped("body"))

    def test_it_is_written_in_production_only_and_not_where_the_owner_does_not_allow_it(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.prove()
        self.answer.writing = "confirmed"
        self.run_cron()
        self.answer.writing = "proved"
        self.task.state = "suspended"
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)

    def test_the_server_action_writes_with_the_rights_of_who_runs_it(self):
        mine = self.scored("A pump", team_id=self.valves.id, user_id=self.seller.id)
        other = self.scored("A pump", team_id=self.valves.id, user_id=self.other_seller.id)
        self.prove()
        action = self.env["ir.actions.server"].create(
            {
                "name": "Write",
                "model_id": self.lead_model.id,
                "state": "ai_deployment_write",
                "ai_deployment_id": self.task.id,
            }
        )
        run = action.with_user(self.owner).with_context(active_model="crm.lead", active_ids=mine.ids)
        run.run()
        self.assertEqual((mine.team_id, other.team_id), (self.pumps, self.valves))
        self.assertEqual(self.proposals_of(mine).written_by_id, self.owner)

    def test_one_click_takes_it_back_and_that_says_that_it_was_wrong(self):
        lead, proposal = self.written()
        self.assertTrue(proposal.with_user(self.reviewer).may_undo)
        proposal.with_user(self.reviewer).action_undo()
        self.assertEqual(lead.team_id, self.valves)
        self.assertEqual((proposal.verdict, proposal.undone_by_id), ("undone", self.reviewer))
        with self.assertRaises(UserError):
            proposal.with_user(self.reviewer).action_undo()
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)

    def test_what_was_changed_since_is_not_undone(self):
        lead, proposal = self.written()
        lead.team_id = self.abroad.copy({"company_id": False})
        self.assertFalse(proposal.with_user(self.reviewer).may_undo)
        with self.assertRaises(UserError):
            proposal.with_user(self.reviewer).action_undo()

    def test_who_may_not_write_the_record_may_not_undo(self):
        _lead, proposal = self.written()
        with self.assertRaises(AccessError):
            proposal.with_user(self.auditor).action_undo()

    def test_what_cannot_be_written_says_why_and_an_alert_tells(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.prove()
        self.owner.group_ids -= self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)
        self.assertTrue(self.proposals_of(lead).left_reason)
        self.assertTrue(self.task.alert_ids.filtered(lambda alert: alert.cause == "writing"))

    def test_an_answer_of_a_person_is_written_with_the_rights_of_the_person_and_undone_with_it(self):
        self.task.min_confidence = 1.0
        lead = self.scored("A pump", team_id=self.valves.id)
        review = self.reviews_of(lead)
        review.with_user(self.reviewer)._decide("confirmed")
        self.assertEqual((lead.team_id, self.proposals_of(lead).written_by_id), (self.pumps, self.reviewer))
        review.with_user(self.reviewer).action_undo()
        self.assertEqual(lead.team_id, self.valves)
        self.assertFalse(self.proposals_of(lead).verdict)
