"""Alerts on the charts: in the window in which they began, without what they say of records."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import DashboardCase


@tagged("post_install", "-at_install")
class TestAlertMarks(DashboardCase):
    def test_an_alert_stands_at_the_week_in_which_it_began(self):
        for number in range(6):
            self.week(number, country=number < 3)
        alerts = self.env["ai.deployment.alert"]
        drifted = alerts.search([("deployment_id", "=", self.deployment.id), ("cause", "=like", "drift:country%")])
        heat = self.page()["heat"]
        self.assertTrue(heat["marks"])
        listed = [self.env["ai.deployment.alert"].search(mark["open"]["domain"]) for mark in heat["marks"]]
        self.assertLessEqual(drifted, alerts.union(*listed))
        mark = next(mark for mark, found in zip(heat["marks"], listed, strict=True) if drifted[0] in found)
        self.assertEqual(heat["columns"][mark["place"]].partition(" to ")[0], f"Mar {drifted[0].onset_date.day}")
        self.assertIn("Alerts on inputs", mark["text"])
        self.assertNotIn("Belgium", mark["text"])

    def test_each_kind_has_its_chart_and_what_is_over_is_no_danger(self):
        for number in range(4):
            self.week(number)
        raised = self.env["ai.deployment.alert"]
        raised.search([("cause", "=like", "performance:%")]).unlink()
        outcome = raised._raise(self.deployment, "performance:auc", name="x", onset=NOW.date())
        raised._raise(self.deployment, "fails", name="y", onset=NOW.date() + timedelta(days=8))
        page = self.page()
        self.assertEqual([mark["place"] for mark in page["order"]["marks"]], [0])
        self.assertEqual(page["outcomes"]["marks"], page["order"]["marks"])
        self.assertEqual(page["order"]["marks"][0]["level"], "danger")
        [other] = page["volumes"]["marks"]
        self.assertEqual(page["volumes"]["labels"][other["place"]], "Mar 9")
        outcome.sudo().state = "resolved"
        self.assertEqual(self.page()["order"]["marks"][0]["level"], "info")
