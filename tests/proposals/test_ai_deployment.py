"""Deployments that choose a value or extract fields: how they are set up, bound, pushed to and observed."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.proposals.common import INPUTS, TaskCase


@tagged("post_install", "-at_install")
class TestTask(TaskCase):
    def test_it_shows_no_score_and_has_no_answers_for_scores(self):
        self.assertFalse(self.task.is_primary)
        with self.assertRaises(ValidationError):
            self.task.is_primary = True
        self.assertFalse(self.task.answer_ids)
        self.assertFalse(self.task.review_rule_ids.filtered(lambda rule: rule.reason in ("disagreement", "flagged")))
        with self.assertRaises(ValidationError):
            self.task.routing = "cost"
        with self.assertRaises(UserError):
            self.task.with_user(self.owner).action_train()

    def test_what_is_asked_for_has_to_fit_before_a_model_is_bound(self):
        contract = {"protocol": "chat", "inputs": INPUTS, "model": "tiny", "prompt": "Which?"}
        task = self.make_task(answer_field_ids=[])
        with self.assertRaises(UserError):
            bind(task.sudo(), self.endpoint, contract)
        for keys in (["date_deadline"], ["team_id", "user_id"]):
            task = self.make_task(answer_field_ids=[(0, 0, {"key": key}) for key in keys])
            with self.subTest(keys), self.assertRaises(UserError):
                bind(task.sudo(), self.endpoint, contract)
        for more in ({"value": "x y"}, {"positive": "won"}, {"confidence": "chance"}, {"document": "scan"}):
            with self.subTest(more), self.assertRaises(UserError):
                bind(self.task.sudo(), self.endpoint, {**contract, **more})

    def test_another_value_to_choose_from_is_another_version(self):
        before = self.task_version.digest
        self.env["crm.team"].create({"name": "Turbines"})
        self.task.answer_field_ids.domain = "[]"
        self.assertNotEqual(self.bind_task(self.task).digest, before)

    def test_thresholds_follow_from_what_people_said(self):
        self.task.write({"routing": "error", "target_error": 0.1})
        lead = self.scored("A pump")
        self.assertEqual(self.inferences_of(lead).review_reason, "low_confidence")  # nothing is proved yet
        self.assertTrue(self.task.routing_text)
        leads = self.scored(*["A pump"] * 40)
        for review in self.reviews_of(leads | lead):
            review.with_user(self.reviewer)._decide("confirmed")
        self.task._refresh_routing_thresholds()
        self.assertEqual(self.task.routing_thresholds["positive"], 0.9)
        self.assertEqual(self.inferences_of(self.scored("Another pump")).route, "automatic")


@tagged("post_install", "-at_install")
class TestPushedValues(TaskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.robot = new_test_user(cls.env, "ai_robot", groups="ai_deployment.group_pusher", context=QUIET)
        cls.task.push_user_id = cls.robot
        with clock.at(NOW):
            made = cls.task.with_user(cls.robot).register_version("rules 2")
            cls.task._assign_champion(cls.env["ai.deployment.version"].browse(made["id"]), "test")
        cls.env.flush_all()

    def push(self, *rows):
        with clock.at(NOW):
            return self.task.with_user(self.robot).record_inferences(list(rows), str(rows)[:150])

    def test_values_are_pushed_with_their_confidence_and_judged_like_those_of_an_endpoint(self):
        good, bad = self.make_leads(2)
        self.push(
            {"res_id": good.id, "answers": {"team_id": "Pumps", "team_id_confidence": 0.9}},
            {"res_id": bad.id, "answers": {"team_id": "Retail", "team_id_confidence": 0.9}},
        )
        self.assertEqual(self.proposals_of(good).value_text, "Pumps")
        self.assertEqual(self.inferences_of(good).route, "automatic")
        self.assertEqual(self.inferences_of(bad).failure_type, "value_not_allowed")
        self.assertEqual(self.reviews_of(bad).reason, "failed")

    def test_rows_of_another_form_are_refused_and_nothing_is_stored(self):
        lead = self.make_leads(1)
        for row in (
            {"score": 0.9},
            {"answers": {"team_id": "Pumps"}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 1.7}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 0.9, "more": 1}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 0.9}, "confidence": 0.9},
            {"answers": "Pumps"},
        ):
            with self.subTest(row), self.assertRaisesRegex(ValidationError, "Row 1"):
                self.push({"res_id": lead.id, **row})
        self.assertFalse(self.proposals_of(lead))

    def test_code_of_ones_own_proposes_values_as_well(self):
        lead = self.make_leads(1)
        with clock.at(NOW), self.task.with_user(self.owner).observe(lead) as call:
            call.answers = {"team_id": "Valves", "team_id_confidence": 0.7}
        self.assertEqual(self.proposals_of(lead).value_text, "Valves")
        self.assertEqual(call.inference_id, self.inferences_of(lead).id)
