"""Jobs whose connection is lost: the log says so in a few lines."""

import traceback
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestIrCron(AiDeploymentCase):
    def logged(self, name):
        """What Odoo logs of a job of that name that loses its connection."""

        def lose(_action):
            try:
                raise psycopg2.InterfaceError("connection already closed")
            except psycopg2.InterfaceError:
                raise psycopg2.InterfaceError("cursor already closed")  # noqa: B904 - as the end of a savepoint does

        job = self.env.ref("ai_deployment.ir_cron_worker_1")
        actions = self.env.registry["ir.actions.server"]
        with patch.object(actions, "run", lose), patch.object(self.env.cr, "rollback"):
            try:
                job._callback(name, job.ir_actions_server_id.id)
            except psycopg2.InterfaceError as error:
                return "".join(traceback.format_exception(error))
        raise AssertionError("nothing was raised")

    def test_a_lost_connection_of_ours_is_logged_in_a_few_lines(self):
        text = self.logged("AI Deployment: worker 1")
        self.assertIn("cursor already closed", text)
        self.assertNotIn("connection already closed", text)
        self.assertLess(len(text), 1000)

    def test_the_jobs_of_others_are_logged_as_ever(self):
        self.assertIn("connection already closed", self.logged("Mail: send"))
