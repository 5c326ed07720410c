"""The budget of an endpoint: it warns, then records wait until it is raised or the month is over."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.endpoints import budget
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestBudget(RemoteCase):
    def test_it_warns_from_four_fifths_and_alerts_from_the_whole_of_it(self):
        self.endpoint.monthly_budget = 10.0
        for spent, level in ((7.9, None), (8.0, "notice"), (9.9, "notice"), (10.0, "alert"), (12.0, "alert")):
            with self.subTest(spent=spent), clock.at(NOW), patch.object(budget, "spent", return_value=spent):
                budget.warn(self.deployment, self.endpoint)
                alert = self.env["ai.deployment.alert"].search([("cause", "=", "spending"), ("state", "=", "firing")])
                self.assertEqual(alert.level or None, level)
                self.assertEqual(budget.is_used_up(self.endpoint), spent >= 10)
                alert.unlink()
        self.endpoint.monthly_budget = 0
        self.assertFalse(budget.is_used_up(self.endpoint), "no budget is none that is used up")

    def test_what_it_leaves(self):
        self.assertIsNone(budget.left(self.endpoint), "there is no limit")
        self.endpoint.monthly_budget = 10.0
        for spent, left in ((0.0, 10.0), (2.5, 7.5), (12.0, -2.0)):
            with patch.object(budget, "spent", return_value=spent):
                self.assertEqual(budget.left(self.endpoint), left)

    def test_a_month_begins_on_its_first_day_at_midnight(self):
        with clock.at(NOW.replace(day=17, hour=5, minute=4, second=3)):
            self.assertEqual(budget.month_start(), NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0))

    def test_it_warns_then_lets_records_wait_until_the_next_month(self):
        self.endpoint.write({"price_per_call": 1.0, "monthly_budget": 2.5, "rows_per_call": 8})
        self.ask(self.make_leads(6, expected_revenue=50_000))
        self.work()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "spending")])
        self.assertFalse(alert)
        self.ask(self.make_leads(10, expected_revenue=50_000))  # two calls
        self.work()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "spending")])
        self.assertEqual((alert.state, alert.level), ("firing", "alert"))
        with clock.at(NOW):
            self.assertEqual(budget.spent(self.endpoint), 3.0)
            self.assertTrue(budget.is_used_up(self.endpoint))
        self.server.calls = []
        leads = self.make_leads(6, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        self.assertFalse(self.server.calls)
        self.assertBalanced(requested=22, automatic=16, waiting=6)
        self.work(NOW + timedelta(days=31))
        self.assertEqual(len(self.inferences_of(leads)), 6)
        self.assertEqual(alert.state, "resolved")

    def test_one_run_asks_no_more_than_the_budget_allows(self):
        self.endpoint.write({"price_per_call": 1.0, "monthly_budget": 3.0, "rows_per_call": 1, "concurrency": 4})
        leads = self.make_leads(10, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        self.assertEqual(len(self.server.calls), 3)
        self.work()
        self.assertEqual(len(self.server.calls), 3)
        with clock.at(NOW):
            self.assertEqual(budget.spent(self.endpoint), 3.0)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "spending")])
        self.assertEqual((alert.state, alert.level), ("firing", "alert"))
        self.assertEqual(self.sum_of().difference, 0)

    def test_what_was_paid_stays_as_it_was_when_the_price_changes_within_the_month(self):
        self.endpoint.write({"price_per_call": 1.0, "rows_per_call": 8})
        self.ask(self.make_leads(6, expected_revenue=50_000))
        self.work()
        self.endpoint.price_per_call = 5.0
        with clock.at(NOW):
            self.assertEqual(budget.spent(self.endpoint), 1.0)

    def test_an_endpoint_without_budget_says_so(self):
        self.endpoint.write({"price_per_call": 1.0, "monthly_budget": 1.0, "rows_per_call": 8})
        with clock.at(NOW):
            self.assertEqual(self.endpoint.status, "ready")
        self.ask(self.make_leads(6, expected_revenue=50_000))
        self.work()
        with clock.at(NOW):
            self.endpoint.invalidate_recordset()
            self.assertEqual(self.endpoint.status, "spent")
            self.assertIn("used up", self.endpoint.status_text)
