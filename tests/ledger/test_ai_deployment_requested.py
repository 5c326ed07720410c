"""A request is stored as it was made: one row per call, with its moment, person and action."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestRequested(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.requested = self.env["ai.deployment.requested"]

    def rows(self):
        self.env.invalidate_all()
        return self.requested.search([("deployment_id", "=", self.deployment.id)], order="id")

    def test_each_call_has_a_row_of_its_own(self):
        action = self.deployment.action_server_id
        self.requested._add(self.deployment, NOW.date(), 3)
        self.requested._add(self.deployment, NOW.date(), 2, self.seller, action)
        first, second = self.rows()
        self.assertEqual((first.day, first.count, first.date), (NOW.date(), 3, NOW))
        self.assertFalse(first.user_id or first.action_id)
        self.assertEqual((second.count, second.user_id, second.action_id), (2, self.seller, action))

    def test_scoring_keeps_the_day_the_number_and_who_asked(self):
        leads = self.make_leads(2)
        self.deployment.with_user(self.seller)._score(leads.with_user(self.seller))
        row = self.rows()
        self.assertEqual((row.day, row.count, row.date, row.user_id), (NOW.date(), 2, NOW, self.seller))
        self.assertEqual(self.inferences_of(leads).mapped("date"), [NOW, NOW], "the moment of its lines")

    def test_that_an_action_asked_stays_known_when_the_action_is_gone(self):
        action = self.env["ir.actions.server"].create({"name": "Gone", "model_id": self.lead_model.id, "state": "code"})
        self.requested._add(self.deployment, NOW.date(), 1, self.seller, action)
        action_id = action.id
        action.unlink()
        self.assertEqual(self.rows().action_id.id, action_id)
        self.assertFalse(self.rows().action_id.exists())

    def test_a_deployment_that_is_deleted_takes_its_rows_along(self):
        other = self.env["ai.deployment"].create(
            {
                "name": "Never used",
                "purpose": "Tells sellers which leads are worth a call.",
                "user_id": self.owner.id,
                "model_id": self.lead_model.id,
            }
        )
        self.requested._add(other, NOW.date(), 3)
        self.requested._add(self.deployment, NOW.date(), 2)
        other_id = other.id
        other.unlink()
        self.env.cr.execute("SELECT deployment_id, count FROM ai_deployment_requested")
        found = self.env.cr.fetchall()
        self.assertNotIn(other_id, [deployment_id for deployment_id, _count in found])
        self.assertIn((self.deployment.id, 2), found)
