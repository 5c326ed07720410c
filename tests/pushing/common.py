"""Shared set-up of the tests of results from outside: a technical user, and a version of an external program."""

from odoo.tests import new_test_user

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase

INPUTS = ["expected_revenue", "country_id"]


class PushCase(BatchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.samples = cls.make_leads(2, expected_revenue=10) | cls.make_leads(2, expected_revenue=50_000)
        cls.robot = new_test_user(cls.env, "ai_robot", groups="ai_deployment.group_pusher", context=QUIET)
        cls.deployment.push_user_id = cls.robot
        with clock.at(NOW):
            made = cls.deployment.with_user(cls.robot).register_version("forest 3.1", INPUTS)
            cls.version = cls.env["ai.deployment.version"].browse(made["id"])
            cls.deployment._assign_champion(cls.version, "test")
        cls.env.flush_all()

    def push(self, rows, key="key", user=None):
        with clock.at(NOW):
            return self.deployment.with_user(user or self.robot).record_inferences(rows, key)
