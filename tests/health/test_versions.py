"""The check of the serving version: none serves, or one that cannot be used."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, HealthCase


@tagged("post_install", "-at_install")
class TestVersionCheck(HealthCase):
    def test_no_version_serves(self):
        self.deployment.assignment_ids.sudo().end_date = NOW + DAY
        finding = self.findings()["no_version"]
        self.assertEqual(finding.sentence, "No version serves, so nothing can be scored.")
        self.assertTrue(finding.breaks)
        with clock.at(NOW + DAY):
            self.deployment._assign_champion(self.version, "again")
        self.assertEqual(self.findings(), {})

    def test_a_version_that_was_changed_in_the_database_is_found(self):
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [self.version.id],
        )
        self.env.registry.clear_cache()
        finding = self.findings()["version"]
        self.assertIn("The serving version cannot be used: The artifact is rejected", finding.sentence)
        self.assertEqual(finding.severity, "severe")
        self.serve(self.deployment, self.card())
        self.assertEqual(self.findings(), {})

    def test_a_broken_version_that_scoring_told_of_is_not_told_twice(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        with clock.at(NOW):
            self.deployment._score(self.make_leads())
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("version").state, "firing")
        self.assertFalse(self.alert("health:version"))
