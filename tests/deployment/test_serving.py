"""Which version serves from when on, and what of it is kept."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestServing(AiDeploymentCase):
    def served_at(self, moment):
        """The version that served at `moment`, as the history says."""
        serving = self.deployment.assignment_ids.filtered(
            lambda one: one.role == "champion" and one.start_date <= moment
        )
        return serving.filtered(lambda one: not one.end_date or one.end_date > moment).version_id

    def test_what_served_at_a_moment(self):
        hour = timedelta(hours=1)
        second, third = self.keep(self.deployment, self.card()), self.keep(self.deployment, self.card())
        with clock.at(NOW + hour):
            self.deployment._assign_champion(second, "second")
        with clock.at(NOW + 2 * hour):
            self.deployment._assign_champion(third, "third")
        for moment, version in (
            (NOW - hour, self.version.browse()),
            (NOW, self.version),
            (NOW + hour / 2, self.version),
            (NOW + hour, second),
            (NOW + hour * 1.5, second),
            (NOW + 2 * hour, third),
            (NOW + 100 * hour, third),
        ):
            with self.subTest(moment=moment):
                self.assertEqual(self.served_at(moment), version)
        self.assertEqual(self.deployment.champion_id, third)
        history = self.deployment.assignment_ids.sorted("start_date")
        self.assertEqual(history.version_id.ids, [self.version.id, second.id, third.id])
        self.assertEqual(history.mapped("end_date"), [NOW + hour, NOW + 2 * hour, False])
        self.assertEqual(set(history.mapped("role")), {"champion"})

    def test_where_nothing_served_there_is_no_version(self):
        hour = timedelta(hours=1)
        self.deployment.assignment_ids.end_date = NOW + hour
        self.assertEqual(self.served_at(NOW), self.version)
        self.assertFalse(self.served_at(NOW + hour))
        self.assertFalse(self.served_at(NOW + 2 * hour))
        self.assertFalse(self.deployment.champion_id)

    def test_assigning_what_serves_changes_nothing(self):
        before = self.deployment.assignment_ids
        self.assertEqual(self.deployment._assign_champion(self.version, "again"), before)
        self.assertEqual(self.deployment.assignment_ids, before)
        self.assertFalse(before.end_date)

    def test_a_version_of_another_deployment_never_serves(self):
        other = self.make_deployment()
        with self.assertRaisesRegex(UserError, "belongs to another deployment"):
            other._assign_champion(self.version, "mixed up")
