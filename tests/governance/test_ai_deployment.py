"""Buttons, entry points and steps of events that governance adds to a deployment."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment import events
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, DAY, LATER, NOW, ValueCase


@tagged("post_install", "-at_install")
class TestGovernance(ValueCase):
    def test_the_buttons_ask_about_this_deployment(self):
        owned = self.deployment.with_user(self.owner)
        for action, wizard in (
            (owned.action_hand_over, "ai.deployment.hand.over"),
            (owned.action_extend, "ai.deployment.extend"),
            (owned.action_decide, "ai.deployment.approve"),
            (owned.action_measure_baseline, "ai.deployment.baseline"),
            (owned.action_ask_record_evidence, "ai.deployment.record.evidence"),
            (owned.action_add_row, "ai.deployment.check"),
        ):
            with self.subTest(wizard=wizard):
                asked = action()
                self.assertEqual(asked["res_model"], wizard)
                self.assertEqual(asked["context"], {"default_deployment_id": self.deployment.id})

    def test_who_does_not_answer_for_it_is_asked_nothing(self):
        other = self.deployment.with_user(self.reviewer)
        for action in (other.action_hand_over, other.action_extend, other.action_add_row, other.action_measure_value):
            with self.subTest(action=action.__name__), self.assertRaises(AccessError), self.env.cr.savepoint():
                action()

    def test_nothing_is_printed_of_nothing(self):
        for action in ("action_print_model_card", "action_print_evidence_pack"):
            with self.assertRaisesRegex(UserError, "Choose what to print"):
                getattr(self.deployment.browse(), action)()

    def test_each_step_of_an_event_is_a_method(self):
        for name in (
            *events.WRITTEN,
            *events.CREATED,
            *events.STATE_CHANGED,
            *events.MISSING,
            *events.HOURLY,
            *events.DAILY,
            *events.HOLDOUT_CHANGES,
        ):
            self.assertTrue(callable(getattr(self.env["ai.deployment"], name, None)), name)

    def test_the_hold_out_so_far_is_measured_before_it_changes(self):
        self.go_live()
        self.deployment.sudo().write({"holdout_share": 0.5, "holdout_since": NOW, "holdout_reason": "To learn."})
        self.past_leads(60, NOW + 20 * DAY, won=20, lost=40)
        with clock.at(LATER):
            events.follow(self.deployment, events.HOLDOUT_CHANGES)
        with_score = self.rows("holdout")["conversion"].row_count
        self.assertTrue(0 < with_score < 60, f"{with_score} of 60 are compared with the others")

    def test_only_who_answers_for_it_measures_what_was_before(self):
        self.past_leads(60, BEFORE, won=20, lost=40)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.baseline(person=self.reviewer)
        self.assertTrue(self.baseline())
