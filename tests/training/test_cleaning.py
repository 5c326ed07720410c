"""What is left out of a training, with counts and examples."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import InvalidFeature
from odoo.addons.ai_deployment.models.training.cleaning import EXAMPLES, Cleaning
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestCleaning(AiDeploymentCase):
    def find(self, ids, columns, known=None):
        known = self.deployment.feature_ids if known is None else known
        return {each["code"]: each for each in Cleaning(self.deployment, known).find(ids, columns)}

    def test_records_that_are_not_due_are_counted_with_examples(self):
        leads = self.make_leads(9)
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"
        found = self.find(leads[:2].ids, {"country_id": make_column("country_id", CATEGORY, ["1", "2"])})
        self.assertEqual(set(found), {"too_young"})
        self.assertEqual((found["too_young"]["count"], len(found["too_young"]["ids"])), (7, EXAMPLES))
        self.assertLessEqual(set(found["too_young"]["ids"]), set(leads[2:].ids))

    def test_unreadable_values_and_empty_required_inputs(self):
        leads = self.make_leads(4)
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").required = True
        revenue = make_column("expected_revenue", NUMBER, [1.0, 2.0, 3.0, 4.0])
        revenue.errors[3] = InvalidFeature("expected_revenue", "odd")
        country = make_column("country_id", CATEGORY, ["1", None, "2", None])
        found = self.find(leads.ids, {"expected_revenue": revenue, "country_id": country})
        self.assertEqual(found["unreadable"], {"code": "unreadable", "count": 1, "ids": [leads[3].id]})
        self.assertEqual(found["required_empty"], {"code": "required_empty", "count": 1, "ids": [leads[1].id]})

    def test_inputs_that_say_nothing_and_inputs_that_leak(self):
        leads = self.make_leads(2)
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"
        source = self.deployment.feature_ids.filtered(lambda feature: feature.key == "source_id")
        columns = {
            "expected_revenue": make_column("expected_revenue", NUMBER, [None, None]),
            "country_id": make_column("country_id", CATEGORY, ["1", "1"]),
        }
        found = self.find(leads.ids, columns, self.deployment.feature_ids - source)
        self.assertEqual(
            {code: each["keys"] for code, each in found.items()},
            {
                "leaks": ["source_id"],
                "always_empty": ["expected_revenue"],
                "constant": ["country_id"],
            },
        )
