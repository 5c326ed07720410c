"""Code of one's own that is observed: logged with the caller's transaction, its failures kept beyond it."""

import numpy as np

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import PushCase


@tagged("post_install", "-at_install")
class TestObserving(PushCase):
    def observe(self, lead, user=None):
        return self.deployment.with_user(user or self.owner).observe(lead.with_user(user or self.owner))

    def end(self, committed=True):
        """End the transaction as far as a test can: what is kept afterwards is kept."""
        hooks = self.env.cr.postcommit if committed else self.env.cr.postrollback
        with self.enter_registry_test_mode(), clock.at(NOW):
            hooks.run()
        self.env.invalidate_all()

    def test_what_it_found_is_logged_and_routed(self):
        lead = self.make_leads(1, expected_revenue=10)
        with clock.at(NOW), self.observe(lead) as call:
            call.inputs = {"expected_revenue": 50_000}
            call.output = 0.9
            call.confidence = 0.7
        line = self.inferences_of(lead)
        self.assertEqual(
            (line.id, round(line.predicted_value, 2), round(line.confidence, 2)), (call.inference_id, 0.9, 0.7)
        )
        self.assertIn("50,000", line.inputs_text)
        self.assertBalanced(requested=1, automatic=1)

    def test_yes_and_no_with_a_confidence(self):
        for output, confidence, score in ((True, 0.8, 0.8), (False, 0.8, 0.2), (True, None, 1.0)):
            lead = self.make_leads(1)
            with clock.at(NOW), self.observe(lead) as call:
                call.output, call.confidence = output, confidence
            self.assertAlmostEqual(self.inferences_of(lead).predicted_value, score)

    def test_a_server_action_hands_in_a_function(self):
        lead = self.make_leads(1)
        with clock.at(NOW):
            self.observe(lead).run(lambda call: setattr(call, "output", 0.3))
        self.assertAlmostEqual(self.inferences_of(lead).predicted_value, 0.3)

    def test_it_is_rolled_back_with_the_caller(self):
        lead = self.make_leads(1)
        with clock.at(NOW), self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            with self.observe(lead) as call:
                call.output = 0.9
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertFalse(self.inferences_of(lead))

    def test_a_failure_is_raised_on_and_kept_after_commit_and_after_rollback(self):
        for committed in (True, False):
            lead = self.make_leads(1)
            self.env.flush_all()
            with self.assertRaises(ValueError) as caught, clock.at(NOW), self.observe(lead) as call:
                call.output = 0.9
                raise ValueError("the API said password=hunter2 and sk-abcdefgh12345")
            self.assertIn("hunter2", str(caught.exception))  # unchanged for the caller
            self.assertFalse(self.inferences_of(lead))
            self.end(committed)
            line = self.inferences_of(lead)
            self.assertEqual((line.failure_type, line.route), ("outside_failure", "review"))
            self.assertIn("ValueError", line.failure_message)
            self.assertNotIn("hunter2", line.failure_message)
            self.assertIn("Traceback", line.failure_details)
            self.assertNotIn("hunter2", line.failure_details)
            self.assertNotIn("abcdefgh12345", line.failure_details)
            self.end(not committed)
            self.assertEqual(len(self.inferences_of(lead)), 1)  # kept once

    def test_a_record_that_went_with_the_rollback_leaves_a_line_in_the_server_log_alone(self):
        lead = self.make_leads(1)
        with self.assertRaises(KeyError), self.observe(lead):
            raise KeyError("x")
        lead.unlink()
        with self.assertLogs("odoo.addons.ai_deployment.models.pushing.observing", "WARNING"):
            self.end()

    def test_what_it_must_say_and_about_which_records(self):
        lead = self.make_leads(1)
        with self.assertRaises(UserError), self.observe(lead):
            pass
        with self.assertRaises(ValidationError), self.observe(lead) as call:
            call.output = 1.7
        with self.assertRaises(UserError):
            self.deployment.observe(self.env.user.partner_id)
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.accountant).observe(lead.with_user(self.accountant))
        with self.assertRaises(AccessError):
            get_public_method(self.env["ai.deployment"], "observe")
        with self.assertRaises(ValueError):
            self.deployment.observe(self.samples)

    def test_an_output_that_is_none_is_a_failure_of_the_code_and_reaches_a_person(self):
        for output in (1.7, float("nan"), "high", None):
            lead = self.make_leads(1)
            self.env.flush_all()
            with self.assertRaises(UserError), clock.at(NOW), self.observe(lead) as call:
                call.output = output
            self.end(committed=False)
            line = self.inferences_of(lead)
            self.assertEqual((line.failure_type, line.route), ("outside_failure", "review"))

    def test_numbers_of_numpy_are_numbers(self):
        for output in (np.float32(0.75), np.float64(0.75), np.int64(1), np.bool_(True)):
            lead = self.make_leads(1)
            with clock.at(NOW), self.observe(lead) as call:
                call.inputs, call.output = {"expected_revenue": np.float32(50_000)}, output
            line = self.inferences_of(lead)
            self.assertAlmostEqual(line.predicted_value, float(output))
            self.assertIn("50,000", line.inputs_text)
