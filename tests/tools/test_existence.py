"""Existence of records, without counting them."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools.existence import has_any


@tagged("post_install", "-at_install")
class TestExistence(TransactionCase):
    def test_any_record_of_the_domain(self):
        partners = self.env["res.partner"]
        domain = [("name", "=", "Somebody nobody knows")]
        self.assertIs(has_any(partners, domain), False)
        for _number in range(2):
            partners.create({"name": "Somebody nobody knows"})
            self.assertIs(has_any(partners, domain), True)
