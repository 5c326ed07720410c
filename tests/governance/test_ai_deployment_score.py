"""The button that prints why a record has its score."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestScoreButton(ReportCase):
    def test_from_the_score_one_gets_to_the_line_behind_it(self):
        score = self.score_of(self.lead)
        action = score.with_user(self.owner).action_print_evidence()
        self.assertEqual(action["context"]["active_ids"], self.line.ids)
        with clock.at(NOW):
            self.deployment.state = "production"
        with self.assertRaises(AccessError):
            score.with_user(self.seller).action_print_evidence()  # a viewer of scores is nobody of the deployment
