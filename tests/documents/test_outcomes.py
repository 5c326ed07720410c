"""Documents that have no outcome by themselves."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.outcomes import Outcomes
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestOutcomes(AiDeploymentCase):
    def test_there_is_nothing_to_learn_from(self):
        outcomes = self.env["account.move"]._ai_outcomes(self.deployment)
        self.assertIs(type(outcomes), Outcomes)
        self.assertIsNone(outcomes.counts(NOW))
        self.assertEqual(
            (outcomes.leak_rows(NOW, 10), outcomes.closed_rows(NOW, 10), outcomes.to_come(NOW)), ([], [], [])
        )
        self.assertEqual(outcomes.decided_after(NOW), [])
        self.assertEqual((outcomes.ends({1: NOW}), outcomes.latest_ends()), ({}, (None, None)))
        self.assertEqual((outcomes.usual_amount(), outcomes.edited_after_closing("name", [1])), (0.0, 0.0))
