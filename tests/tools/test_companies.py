"""What all companies share is changed by those who have access to all of them."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.ai_deployment.models.tools.companies import check_shared, has_all_companies


@tagged("post_install", "-at_install")
class TestCompanies(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other company"})
        cls.every = cls.env["res.company"].search([])
        cls.user = new_test_user(cls.env, "shared_user", "base.group_user")

    def allow(self, companies):
        self.user.write({"company_ids": [Command.set(companies.ids)]})
        return self.env(user=self.user.id)

    def test_who_has_access_to_each_active_company_has_all(self):
        self.assertTrue(has_all_companies(self.allow(self.every)))
        self.assertFalse(has_all_companies(self.allow(self.every - self.other)))

    def test_an_archived_company_is_not_missed(self):
        env = self.allow(self.every - self.other)
        self.other.active = False
        self.assertTrue(has_all_companies(env))

    def test_companies_that_are_switched_off_on_screen_count(self):
        env = self.allow(self.every)
        env = env(context={**env.context, "allowed_company_ids": self.user.company_id.ids})
        self.assertTrue(has_all_companies(env))

    def test_only_what_is_shared_is_refused_and_not_to_the_system(self):
        env = self.allow(self.every - self.other)
        with self.assertRaises(AccessError):
            check_shared(env, True)
        check_shared(env, False)
        check_shared(env(su=True), True)
        check_shared(self.allow(self.every), True)
