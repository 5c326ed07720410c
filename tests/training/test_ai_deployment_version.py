"""What a version flags, on its form."""

import json

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.training.common import ReviewedCase


@tagged("post_install", "-at_install")
class TestAiDeploymentVersion(ReviewedCase):
    def test_reasons_are_told_with_examples(self):
        self.assertIn("Revenue", self.first.flagged_html)
        example = self.first.flagged["reasons"][0]["ids"][0]
        self.assertIn(f"/odoo/crm.lead/{example}", self.first.flagged_html)

    def test_examples_are_records_that_the_reader_may_read(self):
        page = self.first.with_user(self.auditor).flagged_html
        self.assertIn("Revenue", page)
        self.assertNotIn("/odoo/crm.lead/", page)

    def test_a_category_that_grows_has_its_sentence(self):
        flagged = {**self.first.flagged, "growing": {"country_id": 0.05}}
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET flagged = %s::jsonb WHERE id = %s",
            [json.dumps(flagged), self.first.id],
        )
        self.first.invalidate_recordset()
        self.assertIn("a new value alone is no warning", self.first.flagged_html)

    def test_a_scorecard_flags_nothing(self):
        self.assertFalse(self.version.flagged_html)
