"""A replay is asked for with the first training, waits for it, and is carried out once."""

from unittest.mock import patch

import psycopg2.errors

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.onboarding.replay_run import ReplayRun
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase


@tagged("post_install", "-at_install")
class TestAiDeploymentReplay(StartCase):
    ROWS, OPEN = 40, 0
    RESULT = {"method": "scorecard", "months": [], "rows": 0, "verdict": "too_few", "seconds": 0.1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subject = cls.make_deployment(is_primary=False)

    def ask(self):
        with clock.at(NOW):
            return self.env["ai.deployment.replay"]._ask(self.subject.with_user(self.owner)).sudo()

    def test_it_waits_while_a_training_is_open(self):
        replay = self.ask()
        with clock.at(NOW):
            training = self.env["ai.deployment.training"]._ask(self.subject)
        with patch.object(ReplayRun, "replay", return_value=self.RESULT):
            self.work("ir_cron_replay")
            self.assertEqual(replay.state, "waiting")
            training.state = "cancelled"
            self.work("ir_cron_replay")
        self.assertEqual((replay.state, replay.verdict, replay.progress), ("done", "too_few", 100.0))

    def test_one_open_replay_of_a_deployment(self):
        self.assertEqual(self.ask(), self.ask())

    def test_who_does_not_answer_for_it_asks_for_none(self):
        for user in (self.other_owner, self.seller):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["ai.deployment.replay"]._ask(self.subject.with_user(user))

    def test_a_bad_end_is_a_sentence(self):
        replay = self.ask()
        with patch.object(ReplayRun, "replay", side_effect=UserError("Too bad.")):
            self.work("ir_cron_replay")
        self.assertEqual((replay.state, replay.failure_message), ("failed", "Too bad."))
        self.assertIn("Too bad.", replay.result_html)
        self.assertNotEqual(self.ask(), replay, "it can be asked for again")

    def test_a_collision_is_nobodys_fault_and_a_fault_quotes_no_record(self):
        replay = self.ask()
        with patch.object(ReplayRun, "replay", side_effect=psycopg2.errors.SerializationFailure("moved")):
            self.work("ir_cron_replay")
        self.assertEqual((replay.state, replay.starts), ("waiting", 0))
        with (
            patch.object(ReplayRun, "replay", side_effect=ZeroDivisionError("a name in a record")),
            self.assertLogs("odoo.addons.ai_deployment", "ERROR") as told,
        ):
            self.work("ir_cron_replay")
        self.assertEqual(replay.state, "failed")
        self.assertIn("ZeroDivisionError", replay.failure_message)
        self.assertNotIn("a name in a record", f"{replay.failure_message} {told.output}")

    def test_what_ended_its_process_twice_is_given_up(self):
        replay = self.ask()
        replay.starts = 2
        replay._carry_out()
        self.assertEqual(replay.state, "failed")

    def test_people_named_on_the_deployment_read_it(self):
        replay = self.ask()
        self.assertTrue(replay.with_user(self.owner).name)
        with self.assertRaises(AccessError):
            replay.with_user(self.other_owner).read(["result"])
        with self.assertRaises(AccessError):
            replay.with_user(self.owner).verdict = "worth"
