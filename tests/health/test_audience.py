from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import HealthCase

OURS = {"viewers", "unfed", "no_floor", "no_fallback"}


@tagged("post_install", "-at_install")
class TestAudience(HealthCase):
    def found(self):
        return {code: finding for code, finding in self.findings().items() if code in OURS}

    def test_in_shadow_nobody_has_to_see_it(self):
        self.deployment.viewer_group_ids = False
        self.assertFalse(self.found())

    def test_in_production_each_gap_is_told_until_it_is_closed(self):
        self.go_live()
        self.deployment.viewer_group_ids = False
        found = self.found()
        self.assertEqual(found.keys(), OURS)
        self.assertEqual({code for code, finding in found.items() if finding.severity == "severe"}, {"viewers"})
        self.assertIn("67", found["no_floor"].suggestion)
        with clock.at(NOW):
            self.deployment.write(
                {
                    "viewer_group_ids": [(6, 0, self.viewer_group.ids)],
                    "score_on_change": True,
                    "floor_auc": 0.6,
                    "fallback": "incumbent",
                }
            )
        self.assertFalse(self.found())

    def test_a_group_without_members_sees_nothing(self):
        self.go_live()
        self.deployment.viewer_group_ids = self.env["res.groups"].create({"name": "Empty"})
        self.assertIn("viewers", self.found())
