"""What the company's own records say; `test_ai_deployment_onboarding` has the sentences about too few."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.onboarding.deployment_maker import DeploymentMaker
from odoo.addons.ai_deployment.models.onboarding.survey import survey
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase


@tagged("post_install", "-at_install")
class TestSurvey(StartCase):
    ROWS, OPEN = 60, 5

    def look(self, user, template="template_leads"):
        onboarding = self.begin(user, self.env.ref(f"ai_deployment.{template}"))
        with clock.at(NOW):
            return survey(DeploymentMaker(onboarding).draft())

    def test_counts_period_and_share(self):
        found = self.look(self.owner)
        rows = dict(found.rows)
        wins = len(self.past.filtered(lambda lead: lead.won_status == "won"))
        self.assertTrue(found.is_enough)
        self.assertEqual((rows["Records"], rows["Open Now"]), ("65 leads", "5"))
        self.assertIn(f"{wins} wins and {60 - wins} leads without a win", rows["Outcome Known"])
        self.assertIn(str(round(100 * wins / 60)), rows["Share Won"])

    def test_who_may_not_read_all_is_told_no_figures_of_the_others(self):
        every, own = "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"
        self.owner.write({"group_ids": [(3, self.env.ref(every).id), (4, self.env.ref(own).id)]})
        self.past.user_id = self.seller
        found = self.look(self.owner)
        self.assertIsNone(found.is_enough)
        self.assertIn("may not read all", found.sentence)
        self.assertFalse({"Outcome Known", "Share Won"} & dict(found.rows).keys())

    def test_bills_without_any(self):
        self.owner.write({"group_ids": [(4, self.env.ref("account.group_account_user").id)]})
        found = self.look(self.owner, "template_bills")
        if found.is_enough is not None:
            self.assertFalse(found.is_enough)
            self.assertRegex(found.sentence, "Not enough")
