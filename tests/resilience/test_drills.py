"""Drills by their kind: who makes one, of what, and what the monthly one does."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.tests.resilience.common import DrillCase


@tagged("post_install", "-at_install")
class TestDrills(DrillCase):
    def test_the_registry_holds_every_kind_of_the_record(self):
        kinds = self.env["ai.deployment.drill"]._fields["kind"].get_values(self.env)
        self.assertEqual([*drills.DRILLS], kinds)
        self.assertEqual([drill.code for drill in drills.DRILLS.values()], kinds)

    def test_only_who_answers_for_it_and_only_what_is_at_work(self):
        for person in (self.reviewer, self.other_owner, self.seller, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.drill(user=person)
        with self.assertRaisesRegex(UserError, "start shadow first"):
            self.deployment.state = "suspended"
            self.drill()

    def test_without_a_version_there_is_nothing_to_try(self):
        deployment = self.make_deployment(is_primary=False)
        with self.assertRaisesRegex(UserError, "No version serves"):
            drills.make(deployment.sudo(), "faults")
