"""What can be shown instead of a score, by its kind."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.resilience import fallbacks
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, probability
from odoo.addons.ai_deployment.tests.resilience.common import FallbackCase


@tagged("post_install", "-at_install")
class TestFallbacks(FallbackCase):
    def test_the_registry_holds_every_choice_of_the_field(self):
        self.assertEqual({*fallbacks.FALLBACKS}, {*self.deployment._fields["fallback"].get_values(self.env)})

    def test_each_kind_gives_a_figure_in_sql(self):
        self.deployment.fallback_value = 0.25
        expected = {"none": None, "incumbent": 0.1, "previous": None, "constant": 0.25, "rule": None}
        for code, kind in fallbacks.FALLBACKS.items():
            with self.subTest(kind=code):
                figure = kind(self.deployment).sql("crm_lead")
                query = SQL("SELECT %s FROM crm_lead WHERE id = %s", figure, self.leads[0].id)
                self.assertEqual(self.env.execute_query(query), [(expected[code],)])

    def test_searching_sorting_and_grouping_show_what_the_form_shows(self):
        self.deployment.fallback = "incumbent"
        self.deployment.state = "suspended"
        self.assertEqual(self.found(("ai_score", ">", 0.15), order="ai_score desc"), self.leads[2] + self.leads[1])
        self.assertEqual(self.found(("ai_is_fallback", "=", True), order="id"), self.leads)
        self.assertFalse(self.found(("ai_is_fallback", "=", False)))
        self.assertFalse(self.found(("ai_score_date", "!=", False)))
        leads = self.env["crm.lead"].with_user(self.seller)
        [(average, count)] = leads._read_group([("id", "in", self.leads.ids)], [], ["ai_score:avg", "__count"])
        self.assertEqual((round(average, 4), count), (0.2, 3))
        self.assertEqual(
            leads._read_group([("id", "in", self.leads.ids)], ["ai_is_fallback"], ["__count"]), [(True, 3)]
        )

    def test_what_the_version_before_said(self):
        self.deployment.fallback = "previous"
        with clock.at(NOW + timedelta(hours=1)):
            other = self.keep(self.deployment, self.card(low=-2.0))
            self.deployment._assign_champion(other, "test")
            self.make_leads(1)
            self.deployment._score(self.leads)
        self.deployment.state = "suspended"
        rows = self.seen()
        self.assertAlmostEqual(rows[0]["ai_score"], probability(0.0), 4)
        self.assertEqual(rows[2]["ai_score"], 0.0, "it has never scored this one")
        self.assertIn("Score of the version before", rows[0]["ai_reasons"])

    def test_bills_have_no_estimate_of_odoos_own(self):
        move = self.env["ir.model"]._get("account.move")
        values = {"model_id": move.id, "method": "anomaly", "features": [{"path": "ref"}], "is_primary": False}
        with self.assertRaisesRegex(ValidationError, "no estimate of its own for bills"):
            self.make_deployment(fallback="incumbent", **values)
        self.assertTrue(self.make_deployment(fallback="constant", **values))
