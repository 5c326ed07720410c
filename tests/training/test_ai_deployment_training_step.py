"""Steps of a training: one row each, kept by the system."""

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestTrainingStep(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.step = self.env["ai.deployment.training"]._ask(self.deployment).step_ids[0]

    def test_each_step_once(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.step.copy()

    def test_people_read_and_nobody_writes(self):
        self.assertEqual(self.step.with_user(self.owner).code, "collect")
        self.assertEqual(self.step.with_user(self.auditor).state, "waiting")
        for user in (self.owner, self.manager):
            with self.assertRaises(AccessError):
                self.step.with_user(user).state = "done"
        with self.assertRaises(AccessError):
            self.step.with_user(self.other_owner).read(["text"])

    def test_what_the_child_answered_is_nobodys(self):
        with self.assertRaises(AccessError):
            self.step.with_user(self.manager).read(["answers"])
