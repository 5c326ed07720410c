"""Settings: who may change them, and a host that is none is refused with its name."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestResConfigSettings(TransactionCase):
    def allowed(self):
        return self.env["ir.config_parameter"].get_param("ai_deployment.allowed_hosts")

    def test_hosts_are_kept_and_what_is_none_is_refused(self):
        settings = Form(self.env["res.config.settings"])
        settings.ai_deployment_allowed_hosts = "models.example.com:8443, 10.0.0.5"
        settings.save().execute()
        self.assertEqual(self.allowed(), "models.example.com:8443, 10.0.0.5")
        for wrong in ("https://models.example.com", "10.0.0.5/path", "host:port", "a@b.example.com"):
            with self.subTest(wrong=wrong), self.assertRaises(UserError) as refused:
                self.env["res.config.settings"].create({"ai_deployment_allowed_hosts": wrong}).execute()
            self.assertIn(f"“{wrong}”", str(refused.exception))
        self.assertEqual(self.allowed(), "models.example.com:8443, 10.0.0.5")

    def test_administrators_of_deployments_do_not_change_settings_of_the_server(self):
        person = new_test_user(self.env, "ai_settings", groups="ai_deployment.group_manager")
        with self.assertRaises(AccessError):
            settings = self.env["res.config.settings"].with_user(person)
            settings.create({"ai_deployment_allowed_hosts": "evil.example.com"}).execute()
        self.assertNotEqual(self.allowed(), "evil.example.com")

    def test_every_role_can_be_given_on_the_form_of_a_user(self):
        groups = self.env["ir.model.data"].search([("module", "=", "ai_deployment"), ("model", "=", "res.groups")])
        groups = self.env["res.groups"].browse(groups.mapped("res_id"))
        groups -= self.env.ref("ai_deployment.group_pusher")  # of programs, set where their user is made
        self.assertEqual(len(groups), 7)
        self.assertTrue(all(group.privilege_id.category_id for group in groups))
