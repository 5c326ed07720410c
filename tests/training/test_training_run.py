"""One training from its first step to its last: what is stored, what resumes, and every bad end with its sentence."""

from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config, mute_logger

from odoo.addons.ai_deployment.ml import child, frames
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training import training_run
from odoo.addons.ai_deployment.models.training.ai_deployment_training import WORKERS
from odoo.addons.ai_deployment.models.training.child_process import FAULT, KILLED, MEMORY, TIME, ChildEnded
from odoo.addons.ai_deployment.models.training.progress import CALIBRATE, FIT, STEPS
from odoo.addons.ai_deployment.models.training.trainer import Trainer
from odoo.addons.ai_deployment.models.training.training_run import MOST_INTERRUPTIONS, ChildCarrier
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import RunCase

LOG = "odoo.addons.ai_deployment.models.training.training_run"


class HereChild:
    """Answers as a child process does, in this one; ends as told before its call number `at`."""

    def __init__(self, end=None, at=1):
        self.end, self.at, self.calls, self.limits = end, at, 0, None
        self.libraries = {"python": "3"}

    def __call__(self, seconds, megabytes):
        self.limits = seconds, megabytes
        return self

    def call(self, request, look):
        self.calls += 1
        if self.end and self.calls == self.at:
            raise ChildEnded(self.end, "its last words")
        look()
        return child.answer(request)

    def close(self):
        pass


class HereCase(RunCase):
    def carry_out(self, training, end=None, at=1, now=NOW):
        here = HereChild(end, at)
        with patch.object(training_run, "ChildProcess", here):
            self.work(now)
        return here

    def alert(self, deployment=None):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", (deployment or self.subject).id), ("cause", "=", "training:failed")]
        )

    def assertEndsBadly(self, training, failure, text):
        self.assertEqual((training.state, training.failure), ("failed", failure))
        self.assertIn(text, training.result_text)
        self.assertFalse(training.version_id)
        self.assertEqual((self.alert().state, self.alert().level), ("firing", "alert"))
        self.assertIn(text, self.alert().name)
        self.env.cr.execute(
            "SELECT COUNT(*) FROM ai_deployment_training_step WHERE training_id = %s"
            " AND (answers IS NOT NULL AND answers::text NOT IN ('null', 'false', '{}'))",
            [training.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (0,), "answers hold nothing that outlives the training")


@tagged("post_install", "-at_install")
class TestCalls(HereCase):
    def test_what_comes_after_the_first_call_is_calibration(self):
        for step, begun in ((FIT, [CALIBRATE]), (STEPS[-1], [])):
            steps = []
            answers = SimpleNamespace(step=step, begin=steps.append, answer=lambda _key: frames.encode({"result": 7}))
            carrier = ChildCarrier(self.env["ai.deployment.training"])
            carrier.progress = answers
            self.assertEqual((carrier.call("one"), steps), (7, []))
            self.assertEqual((carrier.call("two"), steps), (7, begun))

    def test_what_an_answer_says_of_a_fault_is_raised(self):
        carrier = ChildCarrier(self.env["ai.deployment.training"])
        for answer, code in (
            ({"error": child.MEMORY, "name": "MemoryError", "args": []}, MEMORY),
            ({"error": child.FAULT, "name": "KeyError", "args": ["x", 3]}, FAULT),
        ):
            carrier.progress = SimpleNamespace(step=FIT, begin=None, answer=lambda _key, of=answer: frames.encode(of))
            carrier._is_first = True
            with self.assertRaises(ChildEnded) as caught:
                carrier.call("one")
            self.assertEqual(caught.exception.args[0], code)


@tagged("post_install", "-at_install")
class TestChildRun(HereCase):
    def test_a_real_child_gives_the_card_that_the_caller_would_get(self):
        training = self.trained()
        self.assertEqual((training.state, training.failure), ("done", False), training.result_text)
        version = training.version_id
        self.assertEqual((self.subject.champion_id, version.trained_by_id), (version, self.owner))
        self.assertEqual(training.step_ids.mapped("state"), ["done"] * len(STEPS))
        self.assertTrue(all(training.step_ids.mapped("text")), training.step_ids.mapped("text"))
        self.assertEqual(training.progress, 100.0)
        self.assertEqual((training.row_count, training.data_date, training.seed), (self.ROWS, NOW, 0))
        self.assertEqual(set(training.libraries), {"python", "numpy", "scipy"})
        self.assertEqual(len(training.data_digest), 64)
        self.assertGreater(training.child_megabytes, 50)
        self.assertEqual((training.decision, training.interruptions), ("promoted", 0))
        twin = self.made(self.past)
        with clock.at(NOW):
            self.assertEqual(Trainer(twin).train().digest, version.digest)


@tagged("post_install", "-at_install")
class TestTrainingRun(HereCase):
    def test_the_same_run_twice_gives_the_same_card(self):
        first = self.ask()
        self.carry_out(first)
        again = self.ask(deployment=self.made(self.past))
        self.carry_out(again)
        self.assertEqual((first.state, again.state), ("done", "done"))
        self.assertEqual(first.version_id.digest, again.version_id.digest)
        self.assertEqual(first.data_digest, again.data_digest)

    def test_nothing_new_is_said_and_nothing_is_made(self):
        first = self.ask()
        self.carry_out(first)
        second = self.ask()
        self.carry_out(second)
        self.assertEqual((second.state, second.failure), ("unchanged", False))
        self.assertIn("No new outcomes", second.result_text)
        self.assertEqual(second.step_ids.mapped("state"), ["done"] + ["waiting"] * (len(STEPS) - 1))
        self.assertEqual(self.subject.version_ids, first.version_id)
        self.assertFalse(self.subject.alert_ids, "who asked is told, nobody else")
        self.subject.positive_weight = 2.0  # another question: worth an answer
        third = self.ask()
        self.carry_out(third)
        self.assertEqual(third.state, "done")
        self.assertEqual((third.attempt, third.decision in ("kept", "proposed")), (1, True))

    def test_nothing_new_is_a_notice_where_a_trigger_asked(self):
        self.carry_out(self.ask())
        with mute_logger(LOG):
            failed = self.ask()
            self.subject.positive_weight = 2.0
            self.carry_out(failed, FAULT)
        self.subject.positive_weight = 1.0
        again = self.ask()
        again.is_automatic = True
        self.carry_out(again)
        self.assertEqual(again.state, "unchanged")
        notice = self.subject.alert_ids.filtered(lambda alert: alert.cause == "training:unchanged")
        self.assertEqual((notice.state, notice.level, notice.notified_date), ("firing", "notice", False))
        self.assertEqual((self.alert().state, self.alert().level), ("firing", "alert"), "a failure stays one")
        self.subject.positive_weight = 3.0
        self.carry_out(self.ask())
        self.assertEqual((notice.state, self.alert().state), ("resolved", "resolved"))

    def test_who_asked_reads_in_their_language_that_nothing_is_new(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        self.carry_out(self.ask())
        again = self.ask()
        again.user_id = self.deputy
        self.deputy.lang = "de_DE"
        with patch.object(type(self.env["res.users"]), "_bus_send") as send:
            self.carry_out(again)
        kind, message = send.call_args.args
        self.assertEqual((kind, message["type"]), ("simple_notification", "info"))
        self.assertIn("Keine neuen Ergebnisse", message["message"])

    @mute_logger(LOG)
    def test_a_child_without_memory_or_time_ends_in_a_sentence(self):
        self.subject.training_megabytes = 300
        for end, failure, text in ((MEMORY, "memory", "300 MB"), (TIME, "time", "3600 seconds")):
            with self.subTest(end=end), patch.dict(config.options, {"limit_time_real_cron": 0, "limit_time_real": 0}):
                training = self.ask()
                here = self.carry_out(training, end)
                self.assertEqual(here.limits, (3600, 300))
                self.assertEndsBadly(training, failure, text)
                failed = training.step_ids.filtered(lambda step: step.state == "failed")
                self.assertEqual((failed.code, text in failed.text), ("fit", True))

    @mute_logger(LOG)
    def test_a_child_that_fails_unexpectedly_is_for_the_log(self):
        training = self.ask()
        self.carry_out(training, FAULT)
        self.assertEndsBadly(training, "error", "unexpected error")

    def test_a_killed_child_goes_on_at_its_last_finished_step(self):
        whole = self.ask(deployment=self.made(self.past))
        calls = self.carry_out(whole).calls
        self.assertGreaterEqual(calls, 2)
        for at in range(1, calls + 1):
            with self.subTest(at=at):
                deployment = self.made(self.past)
                training = self.ask(deployment=deployment)
                self.carry_out(training, KILLED, at)
                self.assertEqual((training.state, deployment.version_ids.ids), ("running", []))
                workers = [self.env.ref(f"ai_deployment.{name}").id for name in WORKERS]
                woken = self.env["ir.cron.trigger"].search([("cron_id", "in", workers)])
                self.assertEqual(set(woken.cron_id.ids), set(workers))
                here = self.carry_out(training)
                self.assertEqual((training.state, here.calls), ("done", calls - at + 1))
                self.assertEqual(training.version_id.digest, whole.version_id.digest)
                self.assertEqual(len(deployment.version_ids), 1)

    @mute_logger(LOG)
    def test_one_that_is_killed_every_time_ends(self):
        training = self.ask()
        for _time in range(MOST_INTERRUPTIONS):
            self.carry_out(training, KILLED)
            self.assertEqual(training.state, "running")
        self.carry_out(training)
        self.assertEndsBadly(training, "killed", f"killed {MOST_INTERRUPTIONS} times")

    def test_what_the_server_allows_goes_on_in_the_next_run(self):
        training = self.ask()
        with patch.dict(config.options, {"limit_time_real_cron": 60}):
            here = self.carry_out(training, TIME)
        self.assertLess(here.limits[0], 60)
        self.assertEqual(training.state, "running")
        self.carry_out(training)
        self.assertEqual(training.state, "done")

    def test_a_class_that_vanished(self):
        self.carry_out(self.ask())
        self.env.cr.execute("UPDATE crm_lead SET won_status = 'lost' WHERE id = ANY(%s)", [self.past.ids])
        self.env.invalidate_all()
        training = self.ask()
        self.carry_out(training)
        self.assertEndsBadly(training, "one_class", "could not be trained")
        self.assertEqual(len(self.subject.version_ids), 1)

    def test_an_input_whose_field_is_gone(self):
        training = self.ask()
        feature = self.subject.feature_ids[0]
        self.env.cr.execute("UPDATE ai_deployment_feature SET path = 'x_old_name' WHERE id = %s", [feature.id])
        self.env.invalidate_all()
        self.carry_out(training)
        self.assertEndsBadly(training, "input_gone", "x_old_name")

    def test_cancelled_while_the_child_works(self):
        training = self.ask()

        def cancel(child_here, request, look):
            carrier = look.__self__  # of the worker: its transaction is the one that sees it
            carrier.training.action_cancel()
            carrier.env["ir.cron"]._commit_progress()
            look()

        with patch.object(HereChild, "call", cancel):
            self.carry_out(training)
        self.assertEqual((training.state, self.subject.version_ids.ids), ("cancelled", []))
        self.assertFalse(self.alert())

    @mute_logger(LOG)
    def test_an_unexpected_error_is_no_half_state(self):
        training = self.ask()
        with patch.object(Trainer, "train", side_effect=ValueError("odd")):
            self.carry_out(training)
        self.assertEndsBadly(training, "error", "unexpected error")

    def test_what_is_left_out_is_stored_with_examples(self):
        young = self.make_leads(2)
        self.subject.domain = f"[('id', 'in', {(self.past | young).ids})]"
        training = self.ask()
        self.carry_out(training)
        found = {each["code"]: each for each in training.dropped}
        self.assertEqual((found["too_young"]["count"], set(found["too_young"]["ids"])), (2, set(young.ids)))

    def test_the_budget_is_what_is_left_of_it(self):
        self.subject.training_seconds = 100
        training = self.ask()
        training.sudo().child_seconds = 95
        with patch.dict(config.options, {"limit_time_real_cron": 0, "limit_time_real": 0}):
            carrier = ChildCarrier(training.sudo())
            self.assertEqual(carrier._server_seconds(), float("inf"))
            here = self.carry_out(training)
        self.assertEqual(here.limits[0], 5)

    @mute_logger(LOG)
    def test_the_last_second_of_the_budget_is_used_and_no_more(self):
        self.subject.training_seconds = 100
        for spent, ending in ((100, ("failed", "time")), (99, ("done", False))):
            training = self.ask()
            training.sudo().child_seconds = spent
            with patch.dict(config.options, {"limit_time_real_cron": 0, "limit_time_real": 0}):
                self.carry_out(training)
            self.assertEqual((training.state, training.failure), ending)

    def test_a_child_that_got_on_has_used_its_start(self):
        training = self.ask()
        self.carry_out(training, KILLED, 2)
        self.assertEqual(training.interruptions, 1)
        self.carry_out(training, KILLED)
        self.assertEqual(training.interruptions, 2)
