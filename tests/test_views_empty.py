"""What a list of the addon says while it is empty: a title, and a sentence about what fills it."""

from lxml import html

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestEmptyViews(TransactionCase):
    def test_each_title_is_followed_by_a_sentence(self):
        ours = self.env["ir.model.data"].search(
            [("module", "=", "ai_deployment"), ("model", "=", "ir.actions.act_window")]
        )
        told = self.env["ir.actions.act_window"].browse(ours.mapped("res_id")).filtered("help")
        self.assertGreater(len(told), 20)
        for action in told:
            title, *sentences = (each.text_content().strip() for each in html.fragment_fromstring(action.help, "div"))
            with self.subTest(action=action.name):
                self.assertTrue(title)
                self.assertTrue(any(sentences), f"nothing but “{title}”")
