"""Records that need nothing more without a line in the log: unchanged ones, and those that went away."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestRequestClosed(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.closed = self.env["ai.deployment.request.closed"]

    def rows(self):
        self.env.invalidate_all()
        found = self.closed.search([("deployment_id", "=", self.deployment.id)], order="id")
        return [(row.day, row.unchanged, row.cancelled) for row in found]

    def test_unchanged_and_cancelled_are_told_apart(self):
        self.closed._add(self.deployment, NOW.date(), unchanged=3)
        self.closed._add(self.deployment, NOW.date(), cancelled=2)
        self.closed._add(self.deployment, NOW.date(), 1, 4)
        self.assertEqual(self.rows(), [(NOW.date(), 3, 0), (NOW.date(), 0, 2), (NOW.date(), 1, 4)])

    def test_nothing_settled_is_no_row_and_no_statement(self):
        with self.assertQueryCount(0):
            self.closed._add(self.deployment, NOW.date())
        self.assertIsNone(self.closed._statement(self.deployment, NOW.date(), 0, 0))
        self.assertFalse(self.rows())

    def test_a_record_that_did_not_change_is_settled_without_a_line(self):
        leads = self.make_leads(2)
        self.deployment._score(leads)
        self.deployment._score(leads)
        self.assertEqual(self.rows(), [(NOW.date(), 2, 0)])
        self.assertEqual(len(self.inferences_of(leads)), 2)

    def test_a_record_that_who_asked_cannot_read_is_cancelled(self):
        theirs = self.make_leads(1, user_id=self.other_seller.id)
        self.deployment.with_user(self.seller)._score(theirs.with_user(self.seller))
        self.assertEqual(self.rows(), [(NOW.date(), 0, 1)])
