"""The inputs with which bills are usually compared."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.documents.usual_bill_inputs import usual_bill_inputs


@tagged("post_install", "-at_install")
class TestUsualBillInputs(TransactionCase):
    def test_they_are_those_of_bills_and_name_each_input_once(self):
        declarations = usual_bill_inputs(self.env)
        self.assertEqual(self.env["account.move"]._ai_usual_inputs(), declarations)
        self.assertFalse(self.env["crm.lead"]._ai_usual_inputs())
        names = [declaration.get("name", declaration.get("path")) for declaration in declarations]
        self.assertEqual(len(names), len(set(names)))
        repeats = [one for one in declarations if one.get("measure") == "repeat"]
        self.assertEqual([(one["tail"], one["window_days"]) for one in repeats], [("low", 31)])
