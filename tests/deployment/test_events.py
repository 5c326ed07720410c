"""Steps that follow an event: each is a method of the deployment, and they run in the order of their list."""

import inspect
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment import events
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

LISTS = {name: steps for name, steps in vars(events).items() if name.isupper() and isinstance(steps, tuple)}


@tagged("post_install", "-at_install")
class TestEvents(AiDeploymentCase):
    def test_every_step_is_a_method_and_listed_once(self):
        self.assertGreater(len(LISTS), 8)
        for name, steps in LISTS.items():
            with self.subTest(event=name):
                self.assertEqual(len(steps), len(set(steps)))
                for step in steps:
                    self.assertTrue(callable(getattr(self.deployment, step, None)), step)

    def test_steps_of_write_have_a_before_and_an_after(self):
        for step in events.WRITTEN:
            with self.subTest(step=step):
                self.assertTrue(inspect.isgeneratorfunction(getattr(type(self.deployment), step)))

    def record_steps(self, steps, fails=""):
        """Replace `steps` by functions that add (name, ids) to the list that is returned."""
        done = []

        def follow(step):
            def run(deployments):
                done.append((step, deployments.ids))
                if step == fails:
                    raise ZeroDivisionError(step)

            return run

        for step in steps:
            self.enterContext(patch.object(self.env.registry["ai.deployment"], step, follow(step)))
        return done

    def test_steps_run_in_order_with_the_deployments_of_the_event(self):
        both = self.deployment | self.make_deployment(name="Another", is_primary=False)
        done = self.record_steps(events.STATE_CHANGED)
        events.follow(both, events.STATE_CHANGED)
        self.assertEqual(done, [(step, both.ids) for step in events.STATE_CHANGED])

    def test_a_step_that_fails_is_the_last_one(self):
        first, second, *_others = events.STATE_CHANGED
        done = self.record_steps(events.STATE_CHANGED, fails=second)
        with self.assertRaises(ZeroDivisionError):
            events.follow(self.deployment, events.STATE_CHANGED)
        self.assertEqual([step for step, _ids in done], [first, second])

    def test_no_step_is_no_work(self):
        with self.assertQueryCount(0):
            events.follow(self.deployment, ())

    def test_before_a_change_steps_run_in_order_and_afterwards_backwards(self):
        done = []

        def follow(step):
            def run(deployments, vals):
                done.append(("before", step))
                yield
                done.append(("after", step))

            return run

        for step in events.WRITTEN:
            self.enterContext(patch.object(self.env.registry["ai.deployment"], step, follow(step)))
        self.deployment.write({"name": "Renamed"})
        before = [("before", step) for step in events.WRITTEN]
        self.assertEqual(done, before + [("after", step) for step in reversed(events.WRITTEN)])
