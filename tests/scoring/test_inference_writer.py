"""What a scored chunk leaves behind: log lines, reviews, current scores, counts."""

from datetime import timedelta

import numpy as np

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER
from odoo.addons.ai_deployment.models.scoring.inference_writer import hex_rows, json_rows
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestInferenceWriter(AiDeploymentCase):
    def test_the_log_keeps_what_was_read(self):
        lead = self.make_leads(expected_revenue=123.5, country_id=False)
        self.deployment._score(lead, now=NOW)
        line = self.inferences_of(lead).sudo()
        self.assertEqual(line.inputs, [123.5, None, None])
        self.assertEqual(line.codes, "030000")

    def test_an_intake_is_counted_exactly_once(self):
        leads = self.make_leads(4, expected_revenue=500) + self.make_leads(3, country_id=False)
        self.deployment._score(leads, now=NOW)
        leads[0].expected_revenue = 50000
        self.deployment._score(leads, now=NOW + timedelta(days=1))
        profile = self.env["ai.deployment.profile"]._sum(self.version, NOW.date(), NOW.date() + timedelta(days=30))
        self.assertEqual(profile.rows, 7)
        self.assertEqual(profile.counts["expected_revenue"].tolist(), [0, 0, 0, 4, 3, 0])
        self.assertEqual(profile.counts["country_id"].tolist(), [3, 0, 0, 4, 0])
        self.assertEqual(
            profile.rows, self.env["ai.deployment.inference"].search_count([("is_first_inference", "=", True)])
        )

    def test_a_rolled_back_call_takes_its_counts_along(self):
        lead = self.make_leads()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.deployment._score(lead, now=NOW)
            raise ZeroDivisionError
        self.assertFalse(self.inferences_of(lead))
        self.assertFalse(self.env["ai.deployment.profile"].search([]))
        self.assertFalse(self.score_of(lead))

    def test_odoos_own_opinion_is_logged_with_it(self):
        lead = self.make_leads()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = 37 WHERE id = %s", [lead.id])
        lead.invalidate_recordset()
        self.deployment._score(lead, now=NOW)
        self.assertAlmostEqual(self.inferences_of(lead).incumbent_value, 0.37, 12)

    def test_a_random_share_is_checked_and_its_chance_is_logged(self):
        self.deployment.audit_share = 0.3
        leads = self.make_leads(200)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertGreater(outcome["review"], 30)
        self.assertLess(outcome["review"], 90)
        lines = self.inferences_of(leads)
        self.assertEqual(set(lines.mapped("audit_chance")), {0.3})
        self.assertEqual(set(lines.filtered("review_reason").mapped("review_reason")), {"audit"})
        checked = set(self.reviews_of(leads).mapped("res_id"))
        self.deployment._score(leads, now=NOW, again=True)
        again = self.inferences_of(leads)[200:].filtered("review_reason")
        self.assertEqual(set(again.mapped("res_id")), checked, "asking twice changes nothing")

    def test_a_record_waits_for_one_review_at_a_time(self):
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertEqual(len(self.reviews_of(lead)), 1)
        self.reviews_of(lead)._decide("unsure")
        self.deployment._score(lead, now=NOW, again=True)
        self.assertEqual(self.reviews_of(lead).mapped("state"), ["decided", "open"])


@tagged("post_install", "-at_install")
class TestRows(BaseCase):
    def test_codes_are_two_hexadecimal_digits_each(self):
        self.assertEqual(hex_rows(np.array([[0, 255], [16, 3]], dtype=np.uint8)), ["00ff", "1003"])

    def test_a_number_that_is_not_finite_is_null(self):
        columns = [np.array([1.5, np.nan, np.inf]), np.array(['a"b', None, "c"], dtype=object)]
        self.assertEqual(json_rows([NUMBER, CATEGORY], columns), ['[1.5, "a\\"b"]', "[null, null]", '[null, "c"]'])
