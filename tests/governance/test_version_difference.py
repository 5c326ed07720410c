"""The difference of two versions on paper."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestVersionDifference(ReportCase):
    def test_points_that_changed_and_inputs_that_came_and_went(self):
        new = self.keep(self.deployment, self.card(high=3.0, names=["expected_revenue", "country_id"]))
        text = self.paper("version_difference", self.version + new)
        for words in (
            "Version 1",
            "Version 2",
            "No longer read: Source",
            "New: none",
            "+3.00",
            "+1.50",
            "10,000 to 100,000",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Belgium", text)  # worth the same in both

    def test_levels_of_sensitive_inputs_are_masked(self):
        card = self.card()
        card.features[1].points[3] = 0.25
        new = self.keep(self.deployment, card)
        self.assertIn("Belgium", self.paper("version_difference", self.version + new))
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        text = self.paper("version_difference", self.version + new)
        self.assertNotIn("Belgium", text)
        self.assertIn("protected", text)

    def test_two_versions_of_one_deployment_it_takes(self):
        other = self.serve(self.make_deployment(name="Another"), self.card())
        for versions in (self.version, self.version + other):
            with self.assertRaisesRegex(UserError, "two versions of the same"):
                self.paper("version_difference", versions)
        with self.assertRaisesRegex(UserError, "no other version"):
            self.version.with_user(self.owner).action_print_difference()

    def test_only_its_people_print_it(self):
        new = self.keep(self.deployment, self.card(high=3.0))
        with self.assertRaises(AccessError):
            self.paper("version_difference", self.version + new, self.other_owner)
