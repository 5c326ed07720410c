"""Answer fields: fields of the record that values can be proposed for, declared by who answers for the deployment."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestAnswerField(TaskCase):
    def add(self, key, **values):
        return self.env["ai.deployment.answer.field"].create({"deployment_id": self.task.id, "key": key, **values})

    def test_what_no_value_can_be_proposed_for_is_refused_in_a_sentence(self):
        for key in ("nothing", "ai_score", "company_id", "tag_ids", "create_date", "id", "active"):
            with self.subTest(key), self.assertRaises(ValidationError):
                self.add(key)
        with self.assertRaises(ValidationError):
            self.add("user_id", domain="[('nothing', '=', 1)]")
        with self.assertRaises(ValidationError):
            self.add("user_id", domain="x")

    def test_what_odoo_computes_can_be_proposed_and_not_written(self):
        answer = self.add("won_status")
        with self.assertRaises(ValidationError):
            answer.writing = "confirmed"

    def test_who_lets_values_be_written_is_noted(self):
        self.task.answer_field_ids.with_user(self.owner).writing = "proved"
        noted = self.task.message_ids.filtered(lambda message: "Sales Team" in (message.body or ""))
        self.assertEqual(noted.author_id, self.owner.partner_id)

    def test_it_is_named_like_the_field_and_a_key_that_is_asked_for_stays(self):
        self.assertEqual(self.add("user_id").name, "Salesperson")
        answer = self.task.answer_field_ids.filtered(lambda one: one.key == "team_id")
        with self.assertRaises(UserError):
            answer.key = "medium_id"
        with self.assertRaises(UserError):
            answer.unlink()

    def test_agreement_is_said_with_its_interval_and_what_is_missing_for_a_proof(self):
        answer = self.task.answer_field_ids
        self.assertFalse(answer.agreement_text)
        lead = self.scored("Perhaps a pump")
        self.reviews_of(lead).with_user(self.reviewer)._decide("confirmed")
        answer.invalidate_recordset()
        self.assertIn("1", answer.agreement_text)
        self.assertIn("59", answer.proved_text)  # without an error, so many are needed for 95 %
