"""Who decides: the line, the promise, the capacity, the unknown, and the random check."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import routing
from odoo.addons.ai_deployment.models.routing import thresholds
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import PERFECT, POOR, TestedCase


@tagged("post_install", "-at_install")
class TestThresholds(TestedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unsure = {"expected_revenue": 50000, "country_id": False}  # 1.5 - 1.0: a chance of .62
        cls.sure_win = {"expected_revenue": 50000}  # 1.5 + 1.0 - 1.0: .82

    def score(self, **values):
        lead = self.make_leads(**values)
        self.deployment._score(lead, now=NOW)
        line = self.inferences_of(lead)
        return line.review_reason or line.route

    def test_a_line_sends_what_is_less_sure(self):
        self.deployment.min_confidence = 0.7
        self.assertEqual(self.score(**self.unsure), "low_confidence")
        self.assertEqual(self.score(**self.sure_win), "automatic")

    def test_the_promise_holds_for_each_side_by_itself(self):
        self.serve_tested(positive=PERFECT, negative=POOR)
        self.deployment.write({"routing": "error", "target_error": 0.05})
        self.assertEqual(self.deployment.routing_thresholds["positive"], 0.7)
        self.assertIsNone(self.deployment.routing_thresholds["negative"])
        self.assertEqual(self.score(**self.sure_win), "automatic")
        self.assertEqual(self.score(expected_revenue=10, country_id=self.usa.id), "low_confidence")  # .92 sure

    def test_a_version_without_a_test_promises_nothing(self):
        self.deployment.write({"routing": "error"})
        self.assertEqual(self.score(**self.sure_win), "low_confidence")
        self.assertIn("All records are reviewed", self.deployment.routing_text)

    def test_another_version_draws_its_own_line(self):
        self.deployment.write({"routing": "error", "target_error": 0.05})
        self.assertIsNone(self.deployment.routing_thresholds["positive"])
        self.serve_tested(positive=PERFECT)
        self.assertEqual(self.deployment.routing_thresholds["positive"], 0.7)
        self.deployment.target_error = 0.005  # 300 cases prove one in a hundred, not one in two hundred
        self.assertIsNone(self.deployment.routing_thresholds["positive"])

    def test_four_weeks_up_to_today_count_and_fifty_records_are_enough(self):
        self.serve_tested(sureness=[0.5, 0.6], per_day=10)
        profiles = type(self.env["ai.deployment.profile"])
        today = NOW.date()
        for count, per_day in ((49, 10), (50, 25)):
            days = {today: count - 25, today - timedelta(days=28): 25}
            with clock.at(NOW), patch.object(profiles, "_counts_by_day", return_value=days) as asked:
                self.assertEqual(thresholds.recent_confidences(self.deployment)[1], per_day)
            self.assertEqual(asked.call_args.args[-2:], (today - timedelta(days=28), today + timedelta(days=1)))

    def test_capacity_draws_the_line_from_the_test_until_there_is_a_log(self):
        self.serve_tested(sureness=[0.5, 0.6, 0.7, 0.8, 0.9], per_day=10)
        self.deployment.write({"routing": "capacity", "reviews_per_day": 4})
        self.assertEqual(self.deployment.routing_thresholds["positive"], 0.7)  # 2 of 5 are below, as are 4 of 10
        self.assertIn("Below 70 % confidence, up to 4 a day", self.deployment.routing_text)

    def test_capacity_follows_the_usual_day_of_the_log_not_its_first_load(self):
        self.serve_tested()
        self.deployment._score(self.make_leads(300, **self.sure_win), now=NOW - timedelta(days=9))
        for day in range(1, 9):
            self.deployment._score(self.make_leads(2, **self.sure_win), now=NOW - timedelta(days=day))
        self.deployment._score(self.make_leads(100, **self.unsure), now=NOW - timedelta(days=1))
        self.deployment.write({"routing": "capacity", "reviews_per_day": 1})
        with clock.at(NOW):
            sureness, per_day = thresholds.recent_confidences(self.deployment)
        self.assertEqual((len(sureness), per_day), (416, 2))

    def test_of_many_records_the_latest_days_say_how_sure_they_are(self):
        self.serve_tested()
        self.deployment._score(self.make_leads(60, **self.unsure), now=NOW - timedelta(days=20))
        for day in range(9):
            self.deployment._score(self.make_leads(10, **self.sure_win), now=NOW - timedelta(days=day))
        with clock.at(NOW), patch.object(thresholds, "MOST", 70):
            sureness, per_day = thresholds.recent_confidences(self.deployment)
        self.assertEqual((len(sureness), per_day), (80, 10))
        self.assertEqual(len(set(sureness)), 1)

    def test_the_line_of_a_capacity_moves_with_what_comes_in(self):
        self.serve_tested(sureness=[0.5, 0.9], per_day=10)
        self.deployment.write({"routing": "capacity", "reviews_per_day": 5})
        self.assertEqual(self.deployment.routing_thresholds["positive"], 0.9)
        leads = self.make_leads(30, **self.unsure) + self.make_leads(60, **self.sure_win)
        self.deployment._score(leads, now=NOW)
        with clock.at(NOW):
            self.deployment._monitor()
        sureness = set(self.inferences_of(leads).mapped("confidence"))
        self.assertAlmostEqual(self.deployment.routing_thresholds["positive"], max(sureness), 4)

    def test_a_capacity_asks_as_many_as_a_day_has_room_for_where_all_are_equally_sure(self):
        self.serve_tested(sureness=[0.5, 0.9], per_day=10)
        self.deployment.write({"routing": "capacity", "reviews_per_day": 5})
        self.deployment._score(self.make_leads(60, **self.unsure), now=NOW)
        with clock.at(NOW):
            self.deployment._monitor()
        self.assertIsNone(self.deployment.routing_thresholds["positive"])
        more = self.make_leads(20, **self.unsure)
        self.deployment._score(more, now=NOW + timedelta(days=1))
        self.assertEqual(len(self.reviews_of(more)), 5)

    def test_no_more_reviews_a_day_than_can_be_looked_at(self):
        self.serve_tested(sureness=[0.9] * 10, per_day=10)
        self.deployment.write({"routing": "capacity", "reviews_per_day": 3})
        sure, unsure = self.make_leads(4, **self.sure_win), self.make_leads(2, **self.unsure)
        self.deployment._score(sure + unsure, now=NOW)
        reviews = self.reviews_of(sure + unsure)
        self.assertEqual(len(reviews), 3)
        self.assertLessEqual(set(unsure.ids), set(reviews.mapped("res_id")))  # those in most need come first
        more = self.make_leads(5, **self.unsure)
        self.deployment._score(more, now=NOW + timedelta(hours=3))
        self.assertFalse(self.reviews_of(more))
        next_day = self.make_leads(5, **self.unsure)
        self.deployment._score(next_day, now=NOW + timedelta(days=1))
        self.assertEqual(len(self.reviews_of(next_day)), 3)

    def test_records_that_are_not_logged_again_take_no_room(self):
        self.serve_tested(sureness=[0.9] * 10, per_day=10)
        self.deployment.write({"routing": "capacity", "reviews_per_day": 3})
        first, later = self.make_leads(3, **self.unsure), self.make_leads(3, **self.sure_win)
        self.deployment._score(first, now=NOW)
        self.deployment._score(first + later, now=NOW + timedelta(days=1))
        self.assertEqual(len(self.reviews_of(later)), 3)

    def test_what_fails_or_waits_for_a_decision_already_takes_no_room(self):
        self.serve_tested(sureness=[0.9] * 10, per_day=10)
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.deployment.write({"routing": "capacity", "reviews_per_day": 3})
        open_before = self.make_leads(3, **self.sure_win)
        self.deployment._score(open_before, now=NOW - timedelta(days=1))
        self.assertEqual(len(self.reviews_of(open_before)), 3)
        failing, fresh = self.make_leads(4, country_id=False), self.make_leads(5, **self.sure_win)
        self.deployment._score(open_before + failing + fresh, now=NOW, again=True)
        self.assertEqual(set(self.reviews_of(failing).mapped("reason")), {"failed"})
        self.assertEqual(len(self.reviews_of(fresh)), 3)
        self.assertEqual(self.env["ai.deployment.quota"].search([("day", "=", NOW.date())]).used, 3)

    def test_a_value_never_seen_goes_to_a_person_however_sure_the_score_is(self):
        lead = {"expected_revenue": 50000, "country_id": self.env.ref("base.jp").id}
        self.assertEqual(self.score(**lead), "out_of_support")
        self.deployment._review_rule("out_of_support").is_on = False
        self.assertEqual(self.score(**lead), "automatic")

    def test_a_number_beyond_all_others_is_a_value_never_seen(self):
        self.assertEqual(self.score(expected_revenue=10**7), "out_of_support")

    def test_random_checks_are_denser_beside_the_line_and_their_chance_is_kept(self):
        self.deployment.write({"min_confidence": 0.60, "audit_share": 0.1})
        near, far = self.make_leads(1, **self.unsure), self.make_leads(1, **self.sure_win)
        self.deployment._score(near + far, now=NOW)
        chances = {line.res_id: round(line.audit_chance, 6) for line in self.inferences_of(near + far)}
        self.assertEqual(chances, {near.id: 0.4, far.id: 0.1})

    def test_every_reason_of_the_statistics_has_words(self):
        known = dict(self.env["ai.deployment.review"]._fields["reason"]._description_selection(self.env))
        self.assertLessEqual(set(routing.REASONS), set(known))
