"""Filters that people write: which fields they may ask for; see also the filter of a deployment."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.filters import check_readable
from odoo.addons.ai_deployment.models.tools.limits import MOST_CONDITIONS
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestFilters(AiDeploymentCase):
    def check(self, *domain, person=None):
        check_readable(self.env["crm.lead"].with_user(person or self.owner), list(domain))

    def test_what_can_be_read_can_be_asked_for(self):
        self.check()
        self.check(("country_id.code", "=", "BE"), ("expected_revenue", ">", 0))

    def test_a_field_that_does_not_exist(self):
        with self.assertRaises(ValueError):
            self.check(("no_such_field", "=", 1))

    def test_a_score_and_what_the_user_may_not_read(self):
        with self.assertRaises(AccessError):
            self.check(("ai_score", ">", 0.5))
        self.patch(type(self.env["crm.lead"])._fields["country_id"], "groups", "base.group_system")
        with self.assertRaises(AccessError):
            self.check(("country_id", "=", 1))
        self.patch(type(self.env["crm.team"])._fields["name"], "groups", "base.group_system")
        with self.assertRaises(AccessError):
            self.check(("team_id", "any", [("name", "!=", False)]))

    def test_too_many_conditions(self):
        conditions = [("expected_revenue", ">", number) for number in range(MOST_CONDITIONS + 1)]
        with self.assertRaises(ValidationError):
            self.check(*conditions)
