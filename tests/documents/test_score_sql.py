"""Whose scores a user is shown; what that means on records is tested with the mixin of documents."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestScoreSql(AiDeploymentCase):
    def shown(self, person, leads=None):
        leads = self.env["crm.lead"] if leads is None else leads
        with clock.at(NOW):
            return ShownScores(leads.with_user(person))

    def test_viewers_are_shown_scores_of_what_is_in_production(self):
        self.assertEqual(self.shown(self.seller).deployment_ids(), ())
        self.go_live()
        with clock.at(NOW):
            self.assertEqual(self.shown(self.seller).deployment_ids(), (self.deployment.id,))
            self.assertEqual(self.shown(self.accountant).deployment_ids(), ())
            shown = self.shown(self.accountant).shown(beside=self.deployment.ids)
        self.assertEqual(shown.deployments, self.deployment)
        self.assertIn(self.env.company.id, shown.companies(self.deployment))

    def test_columns_of_the_shown_score(self):
        lead, other = self.make_leads(2)
        with clock.at(NOW):
            self.deployment._score(lead)
        self.go_live()
        self.env.flush_all()
        with clock.at(NOW):
            scores, fallbacks = self.shown(self.seller, lead + other).lines()
        self.assertEqual(({lead.id: "scored"}, {}), ({one: line.state for one, line in scores.items()}, fallbacks))
