"""Defaults of new deployments: chosen in the settings, the usual ones where what is stored makes no sense."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.models.tools import clock, settings
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestSettings(AiDeploymentCase):
    def test_new_deployments_take_them_and_old_ones_stay(self):
        before = self.deployment.retention_days
        with Form(self.env["res.config.settings"]) as form:
            form.ai_deployment_retention_days = 365
            form.ai_deployment_review_days = 30
            form.ai_deployment_grace_days = "0"
        form.save().execute()
        made = self.env["ai.deployment"].with_user(self.owner).new({})
        self.assertEqual((made.retention_days, made.grace_days), (365, 0))
        self.assertEqual(made.review_date, clock.today() + timedelta(days=30))
        self.assertEqual(self.deployment.retention_days, before)

    def test_a_number_out_of_reach_is_refused_with_its_limits(self):
        for values in (
            {"ai_deployment_retention_days": 0},
            {"ai_deployment_review_days": 4000},
            {"ai_deployment_grace_days": "soon"},
            {"ai_deployment_documentation_url": "http://docs.example.com"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.env["res.config.settings"].create(values).execute()

    def test_what_makes_no_sense_in_the_database_is_not_taken(self):
        for wrong in ("", "x", "-3", "99999"):
            self.env["ir.config_parameter"].set_param("ai_deployment.retention_days", wrong)
            self.assertEqual(settings.days(self.env, settings.RETENTION), settings.USUAL[settings.RETENTION])

    def test_the_ends_of_the_reach_may_be_chosen_and_nothing_beyond_them(self):
        for name, usual, low, high in (
            (settings.RETENTION, 730, 1, 3650),
            (settings.REVIEW, 90, 1, 366),
            (settings.GRACE, 14, 0, 90),
        ):
            for chosen, taken in ((low - 1, usual), (low, low), (high, high), (high + 1, usual)):
                with self.subTest(name, chosen=chosen):
                    self.env["ir.config_parameter"].set_param(f"ai_deployment.{name}", str(chosen))
                    self.assertEqual(settings.days(self.env, name), taken)

    def test_what_nobody_chose_is_the_usual(self):
        """Nothing stored is False, and `int(False)` would be no day of grace at all."""
        self.env["ir.config_parameter"].search([("key", "=like", "ai_deployment.%_days")]).unlink()
        for name, usual in settings.USUAL.items():
            self.assertEqual(settings.days(self.env, name), usual)
        self.assertEqual(self.make_deployment(is_primary=False).grace_days, 14)
