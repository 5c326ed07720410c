"""The endpoint of a challenger is asked after the serving version has scored, once a record, and delays nobody."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase

LATER = NOW + timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestChallengerAsking(RemoteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with clock.at(NOW):
            cls.deployment._assign_champion(cls.keep(cls.deployment, cls.card()), "A card serves")
            cls.deployment._assign_challenger(cls.version, "test")
        cls.env.flush_all()

    def lines(self):
        self.env["ai.deployment.challenger.score"].invalidate_model()
        return self.env["ai.deployment.challenger.score"].search([], order="res_id")

    def scored(self, count, **values):
        leads = self.make_leads(count, **values)
        with clock.at(LATER):
            self.deployment._score(leads)
        return leads

    def test_records_are_asked_about_once_after_they_were_scored(self):
        leads = self.scored(5, expected_revenue=50_000)
        self.assertFalse(self.server.calls)
        self.retry(LATER)
        self.assertEqual(self.lines().mapped("res_id"), leads.ids)
        self.assertEqual({round(line.predicted_value, 2) for line in self.lines()}, {0.9})
        self.assertEqual(set(self.lines().mapped("is_first")), {True})
        self.assertEqual({round(line.serving_value, 3) for line in self.lines()}, {0.818})  # -1 + 1.5 + 1
        self.assertEqual(len(self.server.calls), 2)  # 4 records a call
        self.retry(LATER + timedelta(hours=1))
        self.assertEqual(len(self.server.calls), 2)

    def test_what_the_serving_version_says_is_the_same_with_and_without(self):
        lead = self.scored(1, expected_revenue=50_000)
        before = self.score_of(lead).predicted_value
        self.retry(LATER)
        self.assertEqual(self.score_of(lead).predicted_value, before)
        self.assertEqual(len(self.inferences_of(lead)), 1)

    def test_closed_records_and_those_from_before_are_not_asked_about(self):
        leads = self.scored(2, expected_revenue=50_000)
        leads[0].action_set_lost()
        with clock.at(NOW - timedelta(days=1)):
            self.deployment._score(self.make_leads(1))
        self.retry(LATER)
        self.assertEqual(self.lines().mapped("res_id"), leads[1].ids)

    def test_a_failing_endpoint_costs_each_record_one_try_and_the_serving_version_nothing(self):
        self.server.fault = "prose"
        leads = self.scored(3, expected_revenue=50_000)
        self.retry(LATER)
        self.assertEqual(self.lines().mapped("res_id"), leads.ids)
        self.assertFalse(any(self.lines().mapped("predicted_value")))
        self.assertTrue(all(self.lines().mapped("failure_type")))
        calls = len(self.server.calls)
        self.retry(LATER + timedelta(hours=1))
        self.assertEqual(len(self.server.calls), calls)
        self.assertEqual(set(self.inferences_of(leads).mapped("route")), {"automatic"})

    def test_a_paused_endpoint_is_not_called_and_nothing_is_lost(self):
        self.endpoint.is_paused = True
        leads = self.scored(2, expected_revenue=50_000)
        self.retry(LATER)
        self.assertFalse(self.server.calls or self.lines())
        self.endpoint.is_paused = False
        self.retry(LATER + timedelta(hours=1))
        self.assertEqual(self.lines().mapped("res_id"), leads.ids)
