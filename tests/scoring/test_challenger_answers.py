"""What a challenger outside Odoo says of records: one line each beside the serving score, a pair where that is fair."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import OutsideFailure
from odoo.addons.ai_deployment.models.scoring.challenger_answers import keep_answers, latest_answers
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import INPUTS, PushCase

LATER = NOW + timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestChallengerAnswers(PushCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.make_leads(1)
        with clock.at(NOW):
            cls.deployment.with_user(cls.robot).record_inferences([{"res_id": cls.before.id, "score": 0.4}], "before")
        with clock.at(LATER):
            made = cls.deployment.with_user(cls.robot).register_version("forest 4", INPUTS)
        cls.challenger = cls.env["ai.deployment.version"].browse(made["id"])
        cls.made = made

    def lines(self):
        self.env["ai.deployment.challenger.score"].invalidate_model()
        return self.env["ai.deployment.challenger.score"].search([], order="id")

    def push_serving(self, leads, score=0.4):
        with clock.at(LATER):
            rows = [{"res_id": lead.id, "score": score} for lead in leads]
            self.deployment.with_user(self.robot).record_inferences(rows, f"serving {leads.ids}")

    def test_a_registered_version_becomes_the_challenger_where_another_one_serves(self):
        self.assertTrue(self.made["is_challenger"])
        self.assertFalse(self.made["is_serving"])
        self.assertEqual(self.deployment.challenger_id, self.challenger)

    def test_a_pair_is_a_record_that_was_new_to_both_and_is_open(self):
        new, closed = self.make_leads(1), self.make_leads(1)
        self.push_serving(new | closed)
        closed.action_set_lost()
        self.env.flush_all()
        with clock.at(LATER):
            keep_answers(
                self.deployment.sudo(),
                {new.id: (0.9, 0.8), closed.id: (0.9, 0.8), self.before.id: (0.9, 0.8)},
            )
            keep_answers(self.deployment.sudo(), {new.id: (0.7, 0.7)})
        firsts = {line.res_id: line.is_first for line in self.lines()[:3]}
        self.assertEqual(firsts, {new.id: True, closed.id: False, self.before.id: False})
        first, again = self.lines().filtered(lambda line: line.res_id == new.id)
        self.assertFalse(again.is_first)
        self.assertEqual((round(first.serving_value, 2), first.serving_prediction), (0.4, False))
        self.assertEqual((round(first.predicted_value, 2), first.prediction, first.date), (0.9, True, LATER))
        self.assertEqual(latest_answers(self.deployment.sudo(), [new.id]), {new.id: (0.7, 0.7)})

    def test_a_failure_is_a_line_without_a_score(self):
        lead = self.make_leads(1)
        self.push_serving(lead)
        with clock.at(LATER):
            keep_answers(self.deployment.sudo(), {lead.id: OutsideFailure("It is empty.")})
        [line] = self.lines()
        self.assertEqual((line.failure_type, line.prediction), ("outside_failure", False))
        self.assertFalse(latest_answers(self.deployment.sudo(), [lead.id]))

    def test_without_a_challenger_nothing_is_kept(self):
        self.deployment.sudo()._withdraw_challenger("A test")
        self.assertEqual(keep_answers(self.deployment.sudo(), {self.before.id: (0.9, 0.8)}), 0)
        self.assertFalse(self.lines())
