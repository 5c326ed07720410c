"""Whatever evidence is about changes its fingerprint, and nothing else does."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.fingerprint import evidence_fingerprint
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFingerprint(AiDeploymentCase):
    def test_the_version_an_input_and_the_filter_change_it(self):
        deployment = self.deployment.sudo()
        seen = {evidence_fingerprint(deployment)}
        deployment.purpose = "Other words."
        self.assertEqual({evidence_fingerprint(deployment)}, seen)
        for change in (
            lambda: deployment.write({"domain": "[('priority', '=', '3')]"}),
            lambda: deployment.feature_ids[0].write({"required": not deployment.feature_ids[0].required}),
            lambda: self.serve(self.deployment, self.card(low=-2.0)),
        ):
            change()
            self.env.invalidate_all()
            fingerprint = evidence_fingerprint(deployment)
            self.assertNotIn(fingerprint, seen)
            seen.add(fingerprint)

    def test_another_value_that_an_input_may_have_does_not(self):
        """A new source of leads is no other input: what was tried and signed still holds."""
        before = evidence_fingerprint(self.deployment.sudo())
        self.assertIn("source_id", self.deployment.feature_ids.mapped("key"))
        self.env["utm.source"].create({"name": "Tender portal"})
        self.env.invalidate_all()
        self.assertEqual(evidence_fingerprint(self.deployment.sudo()), before)
