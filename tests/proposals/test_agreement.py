"""Agreement of values with people: what it proves, and when it has fallen."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.proposals.agreement import (
    FEWEST_BEFORE,
    _fallen,
    agreement_of,
    agreement_text,
    judged_values,
    proved_confidence,
    proved_text,
    record_curves,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestAgreement(TaskCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.answer = self.task.answer_field_ids

    def reviewed(self, right, wrong=0, confidence=0.9, days_ago=1):
        values = {
            "date": NOW - timedelta(days=days_ago),
            "deployment_id": self.task.id,
            "company_id": self.task.company_id.id,
            "version_id": self.task_version.id,
            "res_model": "crm.lead",
            "res_id": self.samples[0].id,
            "key": "team_id",
            "confidence": confidence,
        }
        verdicts = ["right"] * right + ["wrong"] * wrong
        self.env["ai.deployment.proposal"].sudo().create([{**values, "verdict": verdict} for verdict in verdicts])

    def alerts(self):
        self.task._watch_agreement()
        return self.task.alert_ids.filtered(lambda one: one.cause == "agreement:team_id" and one.state == "firing")

    def test_it_is_the_share_of_values_that_were_left_as_they_were(self):
        self.reviewed(27, 3)
        found = agreement_of(self.answer)
        self.assertEqual((found.cases, found.right, found.share), (30, 27, 0.9))
        # Clopper-Pearson, from a table
        self.assertAlmostEqual(found.low, 0.7347, places=3)
        self.assertAlmostEqual(found.high, 0.9789, places=3)

    def test_the_proved_confidence_is_the_lowest_from_which_the_target_holds(self):
        self.answer.target_agreement = 0.9
        self.reviewed(20, confidence=0.95)
        self.assertIsNone(proved_confidence(self.answer))  # 29 are needed for 90 %
        self.reviewed(30, confidence=0.9)
        self.assertEqual(proved_confidence(self.answer), 0.9)
        self.reviewed(10, 20, confidence=0.5)
        self.assertEqual(proved_confidence(self.answer), 0.9)

    def test_a_field_that_no_version_answers_has_no_reviewed_values(self):
        self.reviewed(60)
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET champion_id = NULL WHERE id = %s", [self.task.id])
        self.env.invalidate_all()
        self.assertEqual(judged_values(self.answer), [])
        self.assertIsNone(agreement_of(self.answer))
        self.assertIsNone(proved_confidence(self.answer))

    def test_answers_of_more_than_a_year_ago_prove_nothing(self):
        self.answer.target_agreement = 0.9
        self.reviewed(60, days_ago=400)
        self.assertIsNone(proved_confidence(self.answer))

    def test_an_alert_tells_when_it_falls_and_goes_when_it_is_back(self):
        self.reviewed(57, 3, days_ago=60)
        self.reviewed(19, 1)
        self.assertFalse(self.alerts())
        self.reviewed(5, 25)
        self.assertTrue(self.alerts())
        self.reviewed(400)
        self.assertFalse(self.alerts())

    def test_few_answers_ring_no_alert(self):
        self.reviewed(57, 3, days_ago=60)
        self.reviewed(0, 10)
        self.assertFalse(self.alerts())

    def test_values_written_by_themselves_are_held_to_the_target(self):
        """29 right answers prove 90 %, and are too few to look for a fall."""
        self.answer.target_agreement = 0.9
        self.reviewed(FEWEST_BEFORE - 1, confidence=0.95, days_ago=60)
        self.reviewed(20, confidence=0.95)
        self.reviewed(0, 20, confidence=0.94)
        self.assertFalse(self.alerts(), "below the threshold nothing is written by itself")
        self.reviewed(0, 10, confidence=0.95)
        self.assertIn("below its target of 90 %", self.alerts().name)

    def test_without_earlier_answers_no_threshold_was_proved(self):
        self.answer.target_agreement = 0.9
        self.reviewed(60, 30, confidence=0.95)
        self.assertFalse(self.alerts())

    def test_too_few_recent_answers_are_no_fall(self):
        rows = [(0.9, False, True)] * 19
        self.assertEqual(_fallen(self.env, self.answer, rows), "")

    def test_without_reviews_of_whole_records_there_are_no_curves(self):
        self.assertEqual(record_curves(self.task), {})

    def test_the_proof_in_words(self):
        self.answer.target_agreement = 0.9
        self.assertEqual(proved_text(self.env, self.answer), "none yet: 0 of 29 answers")
        self.reviewed(28)
        self.assertEqual(proved_text(self.env, self.answer), "none yet: 28 of 29 answers")
        self.assertIn("100 % of 28 (", agreement_text(self.env, agreement_of(self.answer)))
        self.reviewed(1)
        self.assertEqual(proved_text(self.env, self.answer), "from 90 % on")
        self.reviewed(0, 30)
        self.assertEqual(proved_text(self.env, self.answer), "none: too many corrections")
