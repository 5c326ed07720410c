"""The log is kept as long as its deployment says, and not a day longer."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestRetention(AiDeploymentCase):
    def collect(self, days):
        with clock.at(NOW + timedelta(days=days)):
            return self.env["ai.deployment.inference"]._gc_expired()

    def test_lines_leave_after_their_time(self):
        self.deployment.retention_days = 30
        old, young = self.make_leads(2)
        self.deployment._score(old, now=NOW)
        self.deployment._score(young, now=NOW + timedelta(days=5))
        self.assertEqual(self.collect(30), (0, False))
        self.assertEqual(self.collect(31), (1, False))
        self.assertFalse(self.inferences_of(old))
        self.assertTrue(self.inferences_of(young))
        self.assertEqual(self.score_of(old).state, "scored", "where the record stands stays")

    def test_every_deployment_keeps_its_own_time(self):
        other = self.make_deployment(name="Another", is_primary=False, retention_days=500)
        self.serve(other, self.card())
        other.state = "shadow"
        self.deployment.retention_days = 30
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        other._score(lead, now=NOW)
        self.collect(100)
        self.assertFalse(self.inferences_of(lead))
        self.assertTrue(self.inferences_of(lead, other))

    def test_a_line_behind_an_open_review_waits_for_the_decision(self):
        self.deployment.write({"retention_days": 30, "min_confidence": 1.0})
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.collect(100), (0, False))
        review = self.reviews_of(lead)
        review._decide("confirmed")
        self.assertEqual(self.collect(100), (1, False))
        review.invalidate_recordset()
        self.assertEqual((review.state, review.decision), ("decided", "confirmed"))
