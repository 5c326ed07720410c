"""The text that is signed: what it lacks, and what makes it another text."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.explanation import Explanation
from odoo.addons.ai_deployment.tests.governance.common import SignatureCase


@tagged("post_install", "-at_install")
class TestExplanation(SignatureCase):
    def test_an_empty_text_is_not_signed(self):
        self.deployment.limits = "None."
        with self.assertRaisesRegex(UserError, "limitations are missing"), self.env.cr.savepoint():
            self.signature.with_user(self.accountant).action_sign()

    def test_a_word_or_an_input_that_changes_ends_it(self):
        for change in (
            lambda: self.deployment.write({"purpose": "Tells sellers which leads are not worth a call."}),
            lambda: self.deployment.write({"limits": "It knows nothing at all of anything."}),
            lambda: self.deployment.feature_ids[0].write({"sensitive": True}),
            lambda: self.deployment.feature_ids[1].unlink(),
            lambda: self.signature.write({"role": "legal"}),
        ):
            self.signature.with_user(self.accountant).action_sign()
            self.assertEqual(self.row("explained").state, "met")
            change()
            self.env.invalidate_all()
            self.assertEqual(self.row("explained").state, "missing")
            self.assertIn(self.signature.state, ("changed", "open"))

    def test_purpose_and_limits_are_sentences(self):
        explanation, words = Explanation(self.deployment), "It is of five words"
        for values, gap in (
            ({"purpose": words, "limits": words}, ""),
            ({"purpose": "It is of four"}, "The purpose is missing"),
            ({"limits": "It is of four"}, "The limitations are missing."),
            ({"limits": False}, "The limitations are missing."),
            ({"feature_ids": [(5,)]}, "There are no inputs"),
        ):
            with self.subTest(values):
                self.deployment.write({"purpose": words, "limits": words, **values})
                found = explanation.gap()
                self.assertTrue(found.startswith(gap) and bool(found) == bool(gap), found)

    def test_what_is_signed_is_plain_data(self):
        content = Explanation(self.deployment).content()
        self.assertEqual(content["purpose"], "Tells sellers which leads are worth a call.")
        self.assertEqual((content["model"], content["method"]), ("crm.lead", "scorecard"))
        self.assertEqual(
            [key for key, _name, _sensitive in content["inputs"]], ["country_id", "expected_revenue", "source_id"]
        )
        draft = Explanation(self.env["ai.deployment"].new({"method": "scorecard", "feature_ids": [(0, 0, {})]}))
        empty = {"name": "", "purpose": "", "limits": "", "model": "", "domain": "[]"}
        self.assertEqual({name: draft.content()[name] for name in empty}, empty)
        html = str(Explanation(self.deployment).html())
        for text in (content["limits"], "Predict an outcome", self.deployment.model_id.name, "Country"):
            self.assertIn(text, html)
