"""Who can answer for a deployment, and why not."""

from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.deployment.eligibility import person_gap, shared_login_gap, system_users
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestEligibility(AiDeploymentCase):
    def user(self, login, groups="ai_deployment.group_owner,sales_team.group_sale_salesman", **values):
        return new_test_user(self.env, login, groups=groups, context=QUIET, **values)

    def test_each_gap_has_its_reason(self):
        for person, reason in (
            (self.owner, ""),
            (self.env.ref("base.user_root"), "is no longer active"),
            (self.user("ai_gap_portal", "base.group_portal"), "is not an active internal user"),
            (self.user("ai_gap_role", "sales_team.group_sale_salesman"), "does not have the role"),
            (self.user("ai_gap_leads", "ai_deployment.group_owner"), "may not read leads"),
        ):
            with self.subTest(person=person.login):
                gap = person_gap(self.deployment, person)
                self.assertIn(reason, gap) if reason else self.assertEqual(gap, "")
        self.owner.active = False
        self.assertIn("is no longer active", person_gap(self.deployment, self.owner))

    def test_a_shared_login_is_no_person(self):
        one = self.user("ai_gap_one", email="one@example.com")
        self.assertEqual(shared_login_gap(one), "")
        self.user("ai_gap_two", email="One@example.com")
        self.assertIn("have the same e-mail address", shared_login_gap(one))
        one.partner_id.email = False
        self.assertIn("has no e-mail address", shared_login_gap(one))
        self.env.company.partner_id.email = "office@example.com"
        one.partner_id.email = "office@example.com"
        self.assertIn("belongs to the company", shared_login_gap(one))

    def test_accounts_of_odoo_itself_are_no_people(self):
        self.assertEqual(system_users(self.env), self.env.ref("base.user_root") | self.env.ref("base.public_user"))
