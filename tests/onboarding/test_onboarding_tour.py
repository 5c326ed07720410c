"""From an empty list of deployments to scores on screen, in at most 25 clicks."""

import re
from datetime import timedelta
from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.ai_deployment.models.tools import clock

from .common import StartCase

MOST_CLICKS = 25
TOUR = Path(__file__).parents[2] / "static" / "tests" / "tours" / "onboarding.js"


def clicks_of(*tours):
    """Return the clicks of these tours together, as they are written."""
    parts = re.split(r'\.add\("(\w+)"', TOUR.read_text())
    steps = dict(zip(parts[1::2], parts[2::2], strict=True))
    return sum(steps[tour].count('run: "click"') for tour in tours)


@tagged("post_install", "-at_install", "ai_tour")
class TestOnboardingTour(HttpCase, StartCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.deployment"].search([("state", "in", ("shadow", "production"))]).state = "suspended"
        cls.env["ai.deployment"].search([]).active = False
        shift = "UPDATE crm_lead SET create_date = create_date + %s, date_closed = date_closed + %s"
        gone = clock.now() - cls.env["crm.lead"].browse(cls.past.ids).mapped("create_date")[-1]
        cls.env.cr.execute(shift, [gone, gone])
        cls.env.invalidate_all()

    def test_administrator(self):
        self.assertLessEqual(clicks_of("ai_deployment_start", "ai_deployment_start_continued"), MOST_CLICKS)
        self.owner.group_ids += self.env.ref("ai_deployment.group_manager")
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start", login="ai_owner")
        onboarding = self.env["ai.deployment.onboarding"].search([("user_id", "=", self.owner.id)])
        self.assertEqual(onboarding.with_user(self.owner).training_state, "waiting")
        self.work(now=clock.now())
        self.env["ai.deployment.replay"].search([]).write({"state": "done", "verdict": "too_few", "result": {}})
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start_continued", login="ai_owner")
        scores = self.env["ai.deployment.score"].search([("deployment_id", "=", onboarding.deployment_id.id)])
        self.assertEqual(len(scores), self.OPEN)


@tagged("post_install", "-at_install", "ai_tour")
class TestOnboardingTourOfBills(HttpCase, AccountTestInvoicingCommon):
    def test_accountant_who_is_an_administrator(self):
        self.assertLessEqual(clicks_of("ai_deployment_start_bills", "ai_deployment_start_bills_continued"), MOST_CLICKS)
        self.env["ai.deployment"].sudo().search([]).active = False
        today = clock.today()
        bills = self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "partner_id": (self.partner_a if number % 3 else self.partner_b).id,
                    "invoice_date": today - timedelta(days=420 - number),
                    "ref": f"Usual {number}",
                    "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100 + number % 7, "tax_ids": [(5,)]})],
                }
                for number in range(400)
            ]
        )
        bills[:-5]._post()
        person = self.env["res.users"].create(
            {
                "name": "Accountant",
                "login": "ai_starting_accountant",
                "password": "ai_starting_accountant",
                "company_id": self.env.company.id,
                "company_ids": [(6, 0, self.env.company.ids)],
                "group_ids": [(6, 0, self.env.ref("account.group_account_manager").ids)],
            }
        )
        person.group_ids += self.env.ref("ai_deployment.group_manager")
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start_bills", login=person.login)
        self.env.ref("ai_deployment.ir_cron_train_1").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.start_tour("/odoo/ai-deployments", "ai_deployment_start_bills_continued", login=person.login)
        made = self.env["ai.deployment"].sudo().search([("user_id", "=", person.id)])
        self.assertEqual(made.state, "shadow")
        self.assertTrue(self.env["ai.deployment.score"].sudo().search_count([("deployment_id", "=", made.id)]))
