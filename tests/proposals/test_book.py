"""From the answer of a model to the log: a value per field, each with its confidence or with what is wrong with it."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.proposals.common import TaskCase, team_of


@tagged("post_install", "-at_install")
class TestBook(TaskCase):
    def test_a_value_is_proposed_and_nothing_is_written(self):
        lead = self.make_leads(1, name="We need a pump", team_id=self.valves.id)
        self.ask(lead)
        self.work()
        line, [proposal] = self.inferences_of(lead), self.proposals_of(lead)
        self.assertEqual((line.route, line.confidence, line.predicted_value), ("automatic", 0.9, 0.9))
        self.assertTrue(line.prediction)
        self.assertEqual((proposal.key, proposal.value_text, proposal.confidence), ("team_id", "Pumps", 0.9))
        self.assertEqual((proposal.inference_id, proposal.label_text), (line, "Sales Team"))
        self.assertEqual(lead.team_id, self.valves)
        asked = self.server.calls[0][2]["response_format"]["json_schema"]["schema"]["properties"]
        self.assertEqual(sorted(asked["team_id"]["enum"]), ["Pumps", "Valves"])  # none of the other company

    def test_an_uncertain_value_goes_to_a_person(self):
        lead = self.scored("Perhaps a valve")
        self.assertEqual(self.inferences_of(lead).review_reason, "low_confidence")
        self.assertBalanced(requested=1, in_review=1)

    def test_each_value_that_cannot_be_used_has_a_failure_of_its_own_and_goes_to_a_person(self):
        leads = self.scored("Something else", "An other thing", "bonjour, a pump")
        lines = self.inferences_of(leads).sorted("res_id")
        types = ["value_missing", "value_not_allowed", "document_unfamiliar"]
        self.assertEqual(lines.mapped("failure_type"), types)
        self.assertEqual(set(lines.mapped("route")), {"review"})
        self.assertEqual(set(self.reviews_of(leads).mapped("reason")), {"failed"})
        told = [(one.failure_type, one.value_text) for one in self.proposals_of(leads)]
        self.assertEqual(told, [("value_missing", ""), ("value_not_allowed", ""), (False, "Pumps")])
        self.assertBalanced(requested=3, in_review=3)

    def test_a_value_of_another_company_is_told_from_one_that_is_not_allowed(self):
        # bound while the team was shared: it has moved to another company since
        self.abroad.company_id = False
        self.bind_task(self.task)
        self.abroad.company_id = self.env["res.company"].search([("name", "=", "Another Company")])
        lead = self.scored("A pump? No: abroad")
        self.server.values = lambda inputs: {**team_of(inputs), "team_id": "Abroad"}
        lead |= self.scored("Anything")
        self.assertEqual(self.inferences_of(lead[1]).failure_type, "value_other_company")

    def test_an_answer_of_another_form_has_no_values(self):
        self.server.values = lambda inputs: {**team_of(inputs), "team_id_confidence": 1.7}
        lead = self.scored("A pump")
        self.assertEqual(self.inferences_of(lead).failure_type, "answer_out_of_range")
        self.assertFalse(self.proposals_of(lead))

    def test_asked_again_nothing_is_proposed_twice(self):
        lead = self.scored("A pump")
        self.ask(lead)
        self.work()
        self.assertEqual(len(self.proposals_of(lead)), 1)
        self.assertEqual(len(self.server.calls), 1)
