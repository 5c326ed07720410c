"""Reviews about values: the desk proposes, a person confirms or corrects, and the corrected value is the label."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.remote.answer_fields import AnswerField
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestValues(TaskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.task.min_confidence = 1.0  # everything is reviewed

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def desk(self, person=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ai.deployment.review"].with_user(person or self.reviewer).with_context(**QUIET)

    def case(self, subject, **values):
        """A lead with this subject, its review and its case at the desk."""
        lead = self.scored(subject, **values)
        review = self.reviews_of(lead)
        return lead, review, self.desk().desk_card(review.id)

    def valued(self, review, team, **more):
        values = {"team_id": str(team.id) if team else ""}
        return self.desk().desk_decide(review.id, "valued", values=values, **more)

    def test_the_case_shows_the_proposed_value_with_its_confidence_and_what_there_is_to_choose(self):
        _lead, _review, card = self.case("A pump", team_id=self.valves.id)
        [field] = card["values"]
        self.assertEqual((field["key"], field["label"], field["kind"]), ("team_id", "Sales Team", "choice"))
        self.assertEqual((field["value"], field["text"]), (str(self.pumps.id), "Pumps"))
        self.assertEqual([one["text"] for one in field["options"]], ["Pumps", "Valves"])
        self.assertEqual(field["current"], "Valves")
        self.assertIn("90", field["confidence"])
        self.assertEqual([button["decision"] for button in card["buttons"]], ["valued", "unsure"])
        self.assertFalse(card["score"] or card["reasons"] or card["similar"] or card["answers"])

    def test_confirmed_the_value_is_right_and_the_label(self):
        lead, review, _card = self.case("A pump")
        answer = self.valued(review, self.pumps)
        self.assertEqual(answer["result"], "decided")
        proposal = self.proposals_of(lead)
        self.assertEqual((review.decision, review.ground_truth, review.is_label), ("confirmed", "positive", True))
        self.assertEqual((proposal.verdict, proposal.answer_text), ("right", "Pumps"))
        self.assertEqual(proposal.judged_by_id, self.reviewer)
        self.assertFalse(proposal.written_date)

    def test_corrected_the_other_value_is_the_label(self):
        lead, review, _card = self.case("A pump")
        answer = self.valued(review, self.valves)
        self.assertIn("Valves", answer["text"])
        proposal = self.proposals_of(lead)
        self.assertEqual((review.decision, review.ground_truth), ("overridden", "negative"))
        self.assertEqual((proposal.verdict, proposal.answer_text, proposal.value_text), ("wrong", "Valves", "Pumps"))
        self.assertIn("Sales Team: Valves", " ".join(lead.message_ids.mapped("body")))

    def test_where_the_model_had_no_usable_value_the_reviewer_enters_it(self):
        lead, review, card = self.case("An other thing")
        [field] = card["values"]
        self.assertEqual((field["value"], field["said"]), ("", "Retail"))
        self.assertTrue(field["problem"])
        self.assertEqual([button["decision"] for button in card["buttons"]], ["valued", "rescored", "unsure"])
        self.valued(review, self.pumps)
        self.assertEqual((self.proposals_of(lead).verdict, review.decision), ("wrong", "overridden"))

    def test_where_there_was_no_answer_at_all_the_value_is_kept_all_the_same(self):
        self.server.values = lambda inputs: {"team_id": "Pumps"}
        lead, review, _card = self.case("A pump")
        self.assertEqual(review.failure_type, "answer_schema")
        self.valued(review, self.pumps)
        proposal = self.proposals_of(lead)
        self.assertEqual(
            (proposal.verdict, proposal.answer_text, proposal.failure_type), ("wrong", "Pumps", "answer_schema")
        )

    def test_a_value_that_is_missing_or_not_allowed_is_refused_and_the_review_stays_open(self):
        _lead, review, _card = self.case("A pump")
        for values in (None, {}, {"team_id": 7}, {"team_id": str(self.abroad.id)}, {"team_id": "x"}):
            with self.subTest(values), self.assertRaises(UserError):
                self.desk().desk_decide(review.id, "valued", values=values)
        with self.assertRaises(UserError):
            review.with_user(self.reviewer)._decide("overridden")
        self.assertEqual(review.state, "open")

    def test_undone_the_value_is_no_label_any_more(self):
        lead, review, _card = self.case("A pump")
        self.valued(review, self.valves)
        self.desk().desk_undo(review.id)
        self.assertFalse(self.proposals_of(lead).verdict)
        self.assertEqual(self.reviews_of(lead).filtered(lambda one: one.state == "open").kind, "reopened")

    def test_hidden_the_proposal_is_shown_to_nobody_before_the_answer(self):
        lead, review, _card = self.case("A pump")
        review.sudo().write({"is_blind": True})
        card = self.desk().desk_card(review.id)
        self.assertEqual([(one["value"], one["text"], one["confidence"]) for one in card["values"]], [("", "", "")])
        proposals = self.env["ai.deployment.proposal"].with_user(self.reviewer)
        self.assertFalse(proposals.search([("res_id", "=", lead.id)]))
        self.valued(review, self.pumps)
        self.assertEqual(review.decision, "confirmed")

    def test_the_document_stands_beside_the_values(self):
        _lead, review, card = self.case("A pump")
        self.assertFalse(card["document"])
        self.env["ir.attachment"].create(
            {"name": "mail.txt", "raw": b"We need a pump", "res_model": "crm.lead", "res_id": review.res_id}
        )
        document = self.desk().desk_card(review.id)["document"]
        self.assertEqual((document["kind"], document["text"]), ("text", "We need a pump"))

    def test_records_are_found_by_name_among_those_allowed(self):
        _lead, review, _card = self.case("A pump")
        found = self.desk().desk_values(review.id, "team_id", "pum")
        self.assertEqual(found, [{"value": str(self.pumps.id), "text": "Pumps"}])
        self.assertFalse(self.desk().desk_values(review.id, "user_id", ""))
        self.assertFalse(self.desk(self.other_owner).desk_values(review.id, "team_id", "pum"))

    def test_a_field_that_the_reviewer_may_not_read_is_neither_shown_nor_answered(self):
        _lead, review, card = self.case("A pump", team_id=self.valves.id)
        self.assertTrue(card["values"])
        with patch.object(self.env["crm.lead"]._fields["team_id"], "groups", "base.group_system"):
            self.assertEqual(self.desk().desk_card(review.id)["values"], [])
            with self.assertRaisesRegex(UserError, "hidden from you"):
                review.with_user(self.reviewer)._decide("confirmed")
            with self.assertRaisesRegex(UserError, "hidden from you"):
                self.valued(review, self.pumps)

    def test_a_field_that_is_gone_leaves_the_desk_working(self):
        _lead, review, _card = self.case("A pump")
        version = self.task_version
        query = "UPDATE ai_deployment_answer_field SET key = 'x_gone' WHERE deployment_id = %s"
        self.env.cr.execute(query, [self.task.id])
        asked = (AnswerField("x_gone", "Gone", "text"),)
        with patch.object(type(version), "_answer_fields", lambda _version: asked):
            self.assertEqual(self.desk().desk_card(review.id)["values"], [])
