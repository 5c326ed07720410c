"""The taxonomy of failures, the choices of the log and docs/operations.md say the same."""

from pathlib import Path

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml.errors import InferenceError

PAGE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text()


@tagged("post_install", "-at_install")
class TestFailureTypes(TransactionCase):
    def test_each_leaf_is_a_choice_and_has_one_heading(self):
        types = {leaf.failure_type for leaf in InferenceError.leaves()}
        for model in (
            "ai.deployment.inference",
            "ai.deployment.request",
            "ai.deployment.score",
            "ai.deployment.review",
        ):
            field = self.env[model]._fields["failure_type"]
            self.assertEqual(set(dict(field._description_selection(self.env))), types, model)
        for one in types:
            self.assertEqual(PAGE.count(f"\n### {one}\n"), 1, one)
