"""Questions about a version: found at training, answered in writing, and until then neither promoted nor live."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.life_cycle import missing_for
from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.questions import answer, open_questions
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

INPUT = {"code": "input", "key": "country_id", "reason": "alone"}
CARD = {"code": "card", "auc": 0.97, "key": None, "share": None}


@tagged("post_install", "-at_install")
class TestQuestions(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def asked(self, *questions, **values):
        return self.keep(self.deployment, self.card(), questions=list(questions), **values)

    def test_a_version_with_an_open_question_is_not_promoted(self):
        version = self.asked(INPUT, CARD)
        self.assertIn("“Country”: Determines the outcome almost alone", version.questions_text)
        self.assertIn("An AUC of 0.970", version.questions_text)
        with self.assertRaisesRegex(UserError, "cannot be promoted: answer in writing"):
            version.with_user(self.owner).action_promote()
        answer(version.with_user(self.owner), " The country stands on the web form. ")
        kept = version.answer_ids
        self.assertEqual(
            (kept.user_id, kept.date, kept.reason), (self.owner, NOW, "The country stands on the web form.")
        )
        self.assertIn("“Country”", kept.questions_text)
        self.assertFalse(version.questions_text)
        version.with_user(self.owner).action_promote()
        self.assertEqual(self.deployment.champion_id, version)

    def test_production_and_the_checklist_wait_for_the_answer(self):
        version = self.asked(CARD)
        self.deployment._assign_champion(version, "test")
        self.assertIn("answer in writing", self.deployment._missing_answers("production"))
        self.assertFalse(self.deployment._missing_answers("shadow"))
        row = self.deployment.check_ids.filtered(lambda check: check.code == "inputs_in_time").sudo()
        find = Checklist(self.deployment.sudo()).find
        self.assertFalse(find(row).is_met)
        action = row.with_user(self.owner).sudo(False).action_satisfy()
        self.assertEqual(action["res_model"], "ai.deployment.answer")
        wizard = self.env["ai.deployment.answer"].with_user(self.owner).with_context(**action["context"])
        wizard.create({"reason": "Checked with sales."}).action_answer()
        self.assertTrue(find(row).is_met)
        self.assertIn(f"Explained by {self.owner.name}", find(row).sentence)
        self.assertNotIn("answer in writing", missing_for(self.deployment, "production"))

    def test_what_was_not_judged_is_said_on_version_and_checklist(self):
        version = self.asked(not_judged=["country_id"])
        self.assertEqual(version.not_judged_text, "Country")
        self.deployment._assign_champion(version, "test")
        row = self.deployment.check_ids.filtered(lambda check: check.code == "inputs_in_time").sudo()
        found = Checklist(self.deployment.sudo()).find(row)
        self.assertTrue(found.is_met)
        self.assertIn("Not judged, as there were no open records to compare with: Country.", found.sentence)

    def test_an_answer_holds_for_later_versions_of_the_same_inputs(self):
        answer(self.asked(INPUT, CARD).with_user(self.owner), "Known from the form.")
        self.assertFalse(open_questions(self.asked(INPUT, CARD)))
        feature = self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id")
        self.assertEqual(feature.leak_override, "Known from the form.")
        self.assertEqual((feature.leak_answered_by_id, feature.leak_answered_date), (self.owner, NOW))

    def test_a_card_with_another_input_asks_again(self):
        few = self.keep(self.deployment, self.card(names=["expected_revenue"]), questions=[CARD])
        answer(few.with_user(self.owner), "A small market.")
        self.assertEqual(open_questions(self.asked(CARD)), [CARD])
        self.assertFalse(open_questions(self.keep(self.deployment, self.card(names=["expected_revenue"]))))

    def test_a_reason_on_the_input_answers_as_well(self):
        version = self.asked(INPUT)
        feature = self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id")
        feature.with_user(self.owner).leak_override = "Always there."
        self.assertFalse(open_questions(version))
        self.assertEqual(feature.leak_answered_by_id, self.owner)
        feature.with_user(self.owner).leak_override = "  "
        self.assertEqual(open_questions(version), [INPUT])
        self.assertFalse(feature.leak_answered_by_id or feature.leak_answered_date)

    def test_nobody_else_answers_and_nothing_is_changed_afterwards(self):
        version = self.asked(CARD)
        for person in (self.reviewer, self.seller):
            with self.assertRaises(AccessError):
                answer(version.with_user(person), "I say so.")
        with self.assertRaisesRegex(UserError, "Enter why"):
            answer(version.with_user(self.owner), "  ")
        kept = answer(version.with_user(self.owner), "A small market.")
        with self.assertRaisesRegex(UserError, "no open question"):
            answer(version.with_user(self.owner), "Again.")
        with self.assertRaises(AccessError):
            self.env["ai.deployment.version.answer"].with_user(self.owner).create({"reason": "x"})
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            kept.reason = "Another one."
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            kept.unlink()
