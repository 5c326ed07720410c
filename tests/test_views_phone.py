"""On a phone every list of the addon is a list of cards, and opens."""

from lxml import etree

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestPhone(TransactionCase):
    def actions(self):
        known = self.env["ir.model.data"].search(
            [("module", "=", "ai_deployment"), ("model", "=", "ir.actions.act_window")]
        )
        return self.env["ir.actions.act_window"].browse(known.mapped("res_id")).exists()

    def test_every_list_has_cards_of_its_own(self):
        checked = 0
        for action in self.actions().filtered(lambda action: "list" in action.view_mode.split(",")):
            with self.subTest(action=action.name):
                self.assertIn("kanban", action.view_mode.split(","))
                chosen = action.view_ids.filtered(lambda view: view.view_mode == "kanban").view_id
                view = self.env[action.res_model].get_view(chosen.id or None, "kanban")
                self.assertTrue(view["id"], "a card that Odoo makes up shows a name alone")
                self.assertTrue(etree.fromstring(view["arch"]).xpath("//t[@t-name='card']//field"))
                checked += 1
        self.assertGreater(checked, 15)

    def test_searches_with_a_panel_open_with_it(self):
        panels = self.env["ir.ui.view"].search([("type", "=", "search"), ("model", "=like", "ai.deployment%")])
        found = panels.filtered(lambda view: "searchpanel" in view.arch)
        self.assertGreaterEqual(len(found), 4)
        for view in found:
            with self.subTest(model=view.model):
                self.assertTrue(self.env[view.model].search_panel_select_range("deployment_id")["values"] is not None)
