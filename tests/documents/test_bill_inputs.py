"""The inputs to start with on vendor bills."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.bill_inputs import bill_inputs
from odoo.addons.ai_deployment.models.features.feature_reader import MEASURES, VALUE_MEASURES, walk_path
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestBillInputs(AiDeploymentCase):
    def test_names_are_told_apart_and_partners_are_there(self):
        declared = bill_inputs(self.env)
        names = [values["name"] for values in declared]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({values["together"] for values in declared if "together" in values}, set(names))
        self.assertTrue(any(values.get("stands_alone", True) for values in declared))

    def test_paths_lead_somewhere_and_amounts_are_named(self):
        for values in bill_inputs(self.env):
            paths = [path for path in values.get("group_paths", "").split(",") if path]
            paths += [values[name] for name in ("path", "value_path") if name in values]
            self.assertTrue(paths)
            for path in paths:
                self.assertTrue(walk_path(self.env["account.move"], path), path)
            if values["source"] == "history":
                self.assertIn(values["measure"], MEASURES)
                self.assertEqual(values["measure"] in VALUE_MEASURES, "value_path" in values)
