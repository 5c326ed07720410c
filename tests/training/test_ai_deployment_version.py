"""Versions: who may promote what, and which have served."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


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
