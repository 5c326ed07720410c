"""A call that failed is told in the language of who reads it, and costs what the other side says."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestFailedCalls(RemoteCase):
    protocol = "chat"

    def test_the_failure_in_words_and_the_price_of_tokens(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        self.endpoint.price_per_token = 1.0
        self.server.fault = "prose_around_json"
        self.ask(self.make_leads(6, expected_revenue=50_000))
        self.work()
        call = self.calls()[0]
        self.assertEqual((call.tokens, round(call.price, 2)), (120, 0.12))
        english = call.with_context(lang="en_US").failure_text
        german = call.with_context(lang="de_DE").failure_text
        self.assertTrue(english and german and english != german)
        self.assertNotIn("endpoint", german.lower().replace("endpunkt", ""))

    def test_the_test_button_answers_in_the_language_of_its_user(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        self.server.fault = "status_503"
        message = self.endpoint.with_user(self.manager).with_context(lang="de_DE").action_test()["params"]["message"]
        self.assertNotIn("It took", message)
        self.assertNotIn("was busy", message)
