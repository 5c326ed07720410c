"""The text that is signed: what it lacks, and what makes it another text."""

from odoo.exceptions import UserError
from odoo.tests import tagged

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
