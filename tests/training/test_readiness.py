"""What is missing before a first version; see also the start date."""

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.readiness import missing_outcomes, readiness
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestReadiness(AiDeploymentCase):
    def test_how_many_outcomes_are_missing(self):
        self.deployment.domain = "[('id', '=', 0)]"
        with clock.at(NOW):
            self.assertIn("About 15 more wins are needed", missing_outcomes(self.deployment.sudo()))

    def test_figures_only_for_who_may_read_each_record(self):
        self.deployment.domain = "[('id', '=', 0)]"
        with clock.at(NOW):
            self.assertIn("About 15", readiness(self.deployment.with_user(self.owner)))
            text = readiness(self.deployment.with_user(self.reviewer))
            self.assertEqual("About 15" in text, self.reviewer.has_group("sales_team.group_sale_salesman_all_leads"))
            groups = "ai_deployment.group_reviewer,sales_team.group_sale_salesman"
            self.env["crm.lead"].create({"name": "Of a colleague", "type": "opportunity", "user_id": self.seller.id})
            of_own_leads = new_test_user(self.env, "ai_own_leads", groups=groups)
            self.assertIn("More outcomes are needed", readiness(self.deployment.with_user(of_own_leads)))

    def test_what_finds_unusual_records_needs_none(self):
        unusual = self.make_deployment(method="anomaly", is_primary=False)
        self.assertFalse(missing_outcomes(unusual.sudo()))
