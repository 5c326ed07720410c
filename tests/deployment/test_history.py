"""When a deployment, or a version of it, was in production."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.history import versions_at, was_live, went_live
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestHistory(AiDeploymentCase):
    def test_it_was_live_from_the_first_day_in_production_on(self):
        self.assertEqual((went_live(self.deployment), was_live(self.deployment)), (None, False))
        with clock.at(NOW):
            self.go_live()
        self.assertEqual((went_live(self.deployment), was_live(self.deployment)), (NOW, True))
        with clock.at(NOW + timedelta(days=1)):
            self.deployment.suspend()
        self.assertEqual((went_live(self.deployment), was_live(self.deployment)), (NOW, True))

    def test_a_version_was_live_where_it_served_in_production(self):
        with clock.at(NOW):
            self.go_live()
        first = self.deployment.champion_id
        self.assertTrue(was_live(self.deployment, first))
        with clock.at(NOW + timedelta(days=1)):
            self.deployment.suspend()
        with clock.at(NOW + timedelta(days=2)):
            second = self.keep(self.deployment, self.card(low=-2.0))
            self.deployment._assign_champion(second, "test")
        self.assertFalse(was_live(self.deployment, second))
        self.assertTrue(was_live(self.deployment, first))

    def test_which_version_served_at_a_moment(self):
        first = self.deployment.champion_id
        second = self.keep(self.deployment, self.card(low=-2.0))
        with clock.at(NOW + timedelta(hours=2)):
            self.deployment._assign_champion(second, "test")
        for moment, version in (
            (NOW - timedelta(seconds=1), False),
            (NOW, first.id),
            (NOW + timedelta(hours=1, minutes=59), first.id),
            (NOW + timedelta(hours=2), second.id),
            (NOW + timedelta(days=900), second.id),
        ):
            with self.subTest(moment=moment):
                self.assertEqual(versions_at(self.deployment, moment), {self.deployment.id: version})
