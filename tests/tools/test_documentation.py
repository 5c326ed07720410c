"""Each page of the product has a chapter, and links to it once an address is set."""

from odoo.tests import HttpCase, tagged
from odoo.tools.misc import file_path

from odoo.addons.ai_deployment.models.tools import documentation


@tagged("post_install", "-at_install")
class TestDocumentation(HttpCase):
    def test_every_chapter_is_there_and_every_model_is_known(self):
        for model, page in documentation.PAGES.items():
            with self.subTest(model=model):
                self.assertIn(model, self.env)
                self.assertTrue(file_path(f"ai_deployment/docs/{page}.md"))
        self.assertTrue(file_path(f"ai_deployment/docs/{documentation.OTHERS}.md"))

    def test_the_web_client_is_told_where_it_is(self):
        self.authenticate("admin", "admin")
        told = self.url_open("/web/session/get_session_info", json={"params": {}}).json()["result"]
        self.assertNotIn("ai_deployment_documentation", told)
        self.env["ir.config_parameter"].set_param("ai_deployment.documentation_url", "https://docs.example.com/ai/")
        told = self.url_open("/web/session/get_session_info", json={"params": {}}).json()["result"]
        self.assertEqual(told["ai_deployment_documentation"]["address"], "https://docs.example.com/ai")
        self.assertEqual(told["ai_deployment_documentation"]["pages"], documentation.PAGES)
