"""Trainings: asked for in no time by those who may, once at a time, and shown with their steps."""

import time
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.ai_deployment_training import WORKERS
from odoo.addons.ai_deployment.models.training.ai_deployment_training_step import STEPS
from odoo.addons.ai_deployment.models.training.progress import STEPS as CODES
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import RunCase
from odoo.addons.base.tests.test_ir_cron import CronMixinCase


@tagged("post_install", "-at_install")
class TestTraining(RunCase, CronMixinCase):
    def test_the_request_only_asks(self):
        began = time.perf_counter()
        with self.capture_triggers() as captured, clock.at(NOW):
            action = self.subject.with_user(self.owner).action_train()
        self.assertLess(time.perf_counter() - began, 2.0, "nothing is trained in a request")
        training = self.env["ai.deployment.training"].browse(action["res_id"])
        self.assertEqual((action["res_model"], training.state, training.progress), (training._name, "waiting", 0.0))
        self.assertEqual((training.user_id, training.requested_date), (self.owner, NOW))
        self.assertEqual(training.step_ids.mapped("code"), [code for code, _name in STEPS])
        self.assertEqual(
            {record.cron_id for record in captured.records}, {self.env.ref(f"ai_deployment.{n}") for n in WORKERS}
        )

    def test_steps_are_those_of_the_trainer(self):
        self.assertEqual([code for code, _name in STEPS], list(CODES))

    def test_who_asks_twice_asks_once(self):
        first, second = self.ask(), self.ask(self.deputy)
        self.assertEqual(first, second)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            first.copy()

    def test_only_its_people_may_train_or_cancel(self):
        training = self.ask()
        for user in (self.other_owner, self.reviewer):
            with self.assertRaises(AccessError):
                self.subject.with_user(user).action_train()
            with self.assertRaises(AccessError):
                training.with_user(user).action_cancel()

    def test_a_cancelled_training_is_not_carried_out(self):
        training = self.ask()
        training.with_user(self.deputy).action_cancel()
        self.work()
        self.assertEqual((training.state, training.version_id.id), ("cancelled", False))
        self.assertIn(self.deputy.name, training.result_text)
        self.assertFalse(self.subject.version_ids)

    def test_a_training_is_kept(self):
        with self.assertRaises(UserError):
            self.ask().unlink()

    def test_two_workers_take_two_trainings(self):
        """The locks of one session do not exclude each other, so the second worker is told what the first has."""
        first = self.ask()
        second = self.ask(deployment=self.made(self.past))
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            trainings = self.env(cr=cr)["ai.deployment.training"]
            taken = trainings._take()
            other = trainings._take([taken.id])
            for training in (taken, other):
                training._give_back()
            self.assertEqual((taken.id, other.id), (first.id, second.id))

    def test_what_was_left_out_is_shown_to_who_may_read_it(self):
        training = self.ask()
        lead, left_out = self.past[0], training.deployment_id.feature_ids[0]
        training.sudo().dropped = [
            {"code": "too_young", "count": 7, "ids": [lead.id, 0]},
            {"code": "leaks", "count": 1, "keys": [left_out.key]},
        ]
        shown = training.with_user(self.owner).dropped_html
        self.assertIn(lead.display_name, shown)
        self.assertIn(f"/odoo/crm.lead/{lead.id}", shown)
        self.assertIn(left_out.name, shown)
        hidden = training.with_user(self.auditor).dropped_html
        self.assertNotIn(f"/odoo/crm.lead/{lead.id}", hidden)
        self.assertIn("7", hidden)

    def test_a_worker_stops_when_its_time_is_over(self):
        self.ask()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_kw: 0):
            self.env["ai.deployment.training"]._cron_train()
        self.assertEqual(self.subject.training_ids.state, "waiting")


@tagged("post_install", "-at_install")
class TestTrainingPage(RunCase):
    def test_the_number_of_trainings_stands_on_the_deployment(self):
        self.assertEqual(self.subject.training_count, 0)
        self.ask()
        self.subject.invalidate_recordset()
        self.assertEqual(self.subject.with_user(self.owner).training_count, 1)
        self.assertEqual(self.subject.action_view_trainings()["res_model"], "ai.deployment.training")

    def test_seconds_go_on_while_a_step_runs(self):
        training = self.ask().sudo()
        training.state = "running"
        training.step_ids[0].write({"state": "done", "seconds": 2.0})
        training.step_ids[1].write({"state": "running", "started_date": NOW})
        with clock.at(NOW.replace(second=30)):
            self.assertEqual((training.step, training.elapsed), ("clean", 32.0))
        self.assertAlmostEqual(training.progress, 100 / 7)
