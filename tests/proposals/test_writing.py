"""Values on records: written only where the owner allows and people's answers prove it, and taken back in one click."""

from unittest.mock import patch

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

    def test_what_a_person_has_entered_since_is_not_overwritten(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        retail = self.env["crm.team"].create({"name": "Retail"})
        lead.team_id = retail
        self.prove()
        self.run_cron()
        self.assertEqual(lead.team_id, retail)
        self.assertIn("changed since", self.proposals_of(lead).left_reason)

    def test_what_a_person_has_undone_is_not_written_again_when_the_record_is_scored_again(self):
        lead, proposal = self.written()
        proposal.with_user(self.reviewer).action_undo()
        lead.name = "Another pump"
        self.ask(lead, again=True)
        self.work()
        self.run_cron()
        self.assertEqual(len(self.proposals_of(lead)), 2)
        self.assertEqual(lead.team_id, self.valves)

    def test_an_owner_who_has_left_writes_nothing_and_the_next_owner_does(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.prove()
        self.owner.active = False
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)
        self.task.sudo().user_id = self.other_owner
        self.run_cron()
        self.assertEqual((lead.team_id, self.proposals_of(lead).written_by_id), (self.pumps, self.other_owner))

    def test_nothing_is_written_on_a_record_that_is_closed(self):
        lead = self.scored("A pump", team_id=self.valves.id)
        self.prove()
        lead.action_set_lost()
        self.run_cron()
        self.assertEqual(lead.team_id, self.valves)

    def test_a_value_before_that_was_deleted_cannot_be_restored_and_nothing_is_half_done(self):
        lead, proposal = self.written()
        self.valves.unlink()
        self.env.invalidate_all()
        self.assertFalse(proposal.with_user(self.reviewer).may_undo)
        with self.assertRaisesRegex(UserError, "has been deleted"):
            proposal.with_user(self.reviewer).action_undo()
        self.assertEqual((lead.team_id, proposal.verdict), (self.pumps, False))

    def test_where_odoo_refuses_the_old_value_nothing_of_the_attempt_stays(self):
        lead, proposal = self.written()
        write = type(lead).write

        def refusing(records, values):
            write(records, values)
            raise AccessError("No.")  # pylint: disable=translation-required

        with patch.object(type(lead), "write", refusing), self.assertRaises(AccessError):
            proposal.with_user(self.reviewer).action_undo()
        self.env.invalidate_all()
        self.assertEqual((lead.team_id, proposal.undone_date), (self.pumps, False))

    def test_a_field_that_is_gone_breaks_no_list_and_cannot_be_undone(self):
        _lead, proposal = self.written()
        self.env.cr.execute("UPDATE ai_deployment_proposal SET key = 'x_gone' WHERE id = %s", [proposal.id])
        self.env.invalidate_all()
        own = proposal.with_user(self.reviewer)
        self.assertFalse(own.read(["label_text", "value_text", "may_undo"])[0]["may_undo"])
        with self.assertRaisesRegex(UserError, "has been deleted"):
            own.action_undo()
