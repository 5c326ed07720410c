"""Limits of the words for scores: by default from the training of the serving version, else those of the owner."""

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.scoring import bands
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestBands(AiDeploymentCase):
    def test_by_default_they_follow_the_training(self):
        self.assertEqual((self.version.positive_count, self.version.row_count), (300, 1000))
        self.assertEqual(bands.of_version(self.deployment.sudo()), (0.18, 0.46))
        self.assertEqual((self.deployment.band_low, self.deployment.band_high), (0.18, 0.46))

    def test_without_a_version_they_are_even(self):
        self.assertEqual(bands.of_version(self.make_deployment(name="New").sudo()), (0.5, 0.5))

    def test_own_bands_stay_when_another_version_serves(self):
        self.deployment.with_user(self.owner).write({"has_own_bands": True, "band_low": 0.3, "band_high": 0.9})
        self.serve(self.deployment, self.card())
        self.assertEqual((self.deployment.band_low, self.deployment.band_high), (0.3, 0.9))
        lead = self.make_leads(expected_revenue=20000)
        with clock.at(NOW):
            self.deployment._score(lead)
            self.deployment.state = "production"
        self.assertEqual(lead.with_user(self.seller).ai_score_text, "82 % · Warm")
        self.deployment.has_own_bands = False
        self.assertEqual((self.deployment.band_low, self.deployment.band_high), (0.18, 0.46))

    @mute_logger("odoo.sql_db")
    def test_limits_in_the_wrong_order_are_refused(self):
        with self.assertRaises(psycopg2.IntegrityError):
            self.deployment.write({"has_own_bands": True, "band_low": 0.9, "band_high": 0.3})
            self.env.flush_all()
