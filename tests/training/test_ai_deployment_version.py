"""Versions: what one flags, its questions, who may promote what, and which have served."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
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


@tagged("post_install", "-at_install")
class TestVersionQuestions(AiDeploymentCase):
    def test_older_versions_ask_nothing(self):
        self.assertFalse(self.version.questions_text or self.version.not_judged_text)

    def test_the_dialog_is_for_those_who_answer_for_the_deployment(self):
        action = self.version.with_user(self.owner).action_answer()
        self.assertEqual(action["context"], {"default_version_id": self.version.id})
        with self.assertRaises(AccessError):
            self.version.with_user(self.reviewer).action_answer()


@tagged("post_install", "-at_install")
class TestVersion(AiDeploymentCase):
    def test_which_have_served(self):
        second = self.keep(self.deployment, self.card(low=-2.0))
        self.assertEqual((self.version.has_served, second.has_served), (True, False))

    def test_a_challenger_whose_input_is_gone_is_not_promoted(self):
        second = self.keep(self.deployment, self.card(low=-2.0), verdict="better")
        specs = [{**spec, "path": "x_gone"} for spec in second.sudo().feature_specs]
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET feature_specs = %s::jsonb WHERE id = %s",
            [json.dumps(specs), second.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self.assertRaisesRegex(UserError, "cannot be promoted.*x_gone"):
            second.with_user(self.owner).action_promote()
        self.assertEqual(self.deployment.champion_id, self.version)

    def test_nothing_to_score_again(self):
        with self.assertRaisesRegex(UserError, "No record shows a score"):
            self.version.with_user(self.owner).action_score_again()

    def test_the_golden_set_is_nobodys(self):
        version = self.keep(self.deployment, self.card(), golden=[{"codes": "00", "score": 0.5}])
        with self.assertRaises(AccessError):
            version.with_user(self.manager).read(["golden"])
