"""What a chart tells the browser."""

from odoo.fields import Domain
from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.models.monitoring.chart import chart, opens, row


@tagged("post_install", "-at_install")
class TestChart(BaseCase):
    def test_points_become_values_texts_and_lists(self):
        target = opens("crm.lead", "Leads", Domain("id", "=", 1))
        self.assertEqual(target["domain"], [("id", "=", 1)])
        self.assertEqual(
            row("Now", "bar", [(0.5, "50 %", target), (None, "", None)]),
            {"label": "Now", "kind": "bar", "values": [0.5, None], "texts": ["50 %", ""], "open": [target, None]},
        )

    def test_nothing_to_draw_is_a_sentence(self):
        found = chart("Scores", [], [], empty="No record yet.")
        self.assertEqual((found["series"], found["empty"], found["percents"]), ([], "No record yet.", False))
