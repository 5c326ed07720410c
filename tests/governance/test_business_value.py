"""The baseline, the comparison with it since going live, and the cost."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.value import other_season
from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, HORIZON, LATER, ValueCase


@tagged("post_install", "-at_install")
class TestBusinessValue(ValueCase):
    def test_the_baseline_is_what_the_records_say(self):
        self.past_leads(100, BEFORE, won=20, lost=60, days=5, revenue=2000)
        rows = {row.code: row for row in self.baseline()}
        conversion, days, revenue = rows["conversion"], rows["days_to_close"], rows["revenue"]
        self.assertEqual((conversion.row_count, conversion.value), (80, 0.25))
        self.assertAlmostEqual(conversion.low, 0.1599, 3)  # Clopper and Pearson, 20 of 80
        self.assertAlmostEqual(conversion.high, 0.3594, 3)
        self.assertEqual((days.row_count, days.value), (80, 5.0))
        self.assertEqual((revenue.row_count, revenue.value), (100, 400.0))
        self.assertEqual(revenue.start_date, (BEFORE - timedelta(days=10)).date())
        self.assertEqual((revenue.user_id, revenue.date), (self.owner, NOW))

    def test_too_few_records_say_nothing(self):
        self.past_leads(20, BEFORE, won=5, lost=15)
        rows = {row.code: row for row in self.baseline()}
        self.assertFalse(rows["conversion"].has_enough_records)
        self.assertIn("not enough records", self.deployment.value_html)

    def test_measuring_again_before_going_live_keeps_the_first_and_says_so(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        first = self.baseline()
        second = self.baseline(start=(BEFORE - timedelta(days=5)).date())
        self.assertTrue(first.exists())
        self.assertEqual(set(Measurement(self.deployment).baseline().values()), set(second))
        self.assertEqual(
            len(self.deployment.message_ids.filtered(lambda m: "measured and frozen" in (m.body or ""))), 2
        )

    def test_after_going_live_nothing_before_can_be_measured_any_more(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.go_live()
        with self.assertRaisesRegex(UserError, "already live"):
            self.baseline()

    def test_periods_that_make_no_sense_are_refused(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        day = NOW.date()
        for start, end, why in (
            (day, day - timedelta(days=60), "must be before its end"),
            (day - timedelta(days=300), day, "must end by"),
            (day - timedelta(days=300), day + timedelta(days=10), "must end by"),
        ):
            with self.assertRaisesRegex(ValidationError, why):
                self.baseline(start, end)
        with self.assertRaisesRegex(UserError, "no record"):
            self.baseline(date(2001, 1, 1), date(2001, 12, 31))

    def test_only_who_answers_for_it_measures(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        for person in (self.reviewer, self.auditor, self.other_owner, self.seller):
            with self.assertRaises(AccessError):
                self.baseline(person=person)
        self.assertTrue(self.baseline(person=self.deputy))

    def test_calls_to_remote_models_are_part_of_the_cost(self):
        endpoint = self.env["ai.deployment.endpoint"].create(
            {"name": "Service", "address": "https://models.example.com", "credential": "SERVICE"}
        )
        about = {"endpoint_id": endpoint.id, "deployment_id": self.deployment.id, "version_id": self.version.id}
        calls = self.env["ai.deployment.endpoint.call"]
        due = LATER - timedelta(days=HORIZON + 2)
        for days, attempts in ((0, 2), (10, 1)):
            paid = {"attempts": attempts, "tokens": 500, "price": 3.0, "record_count": 1}
            calls.create({**about, **paid, "date": due - timedelta(days=days)})
        rows = self.measured()
        start = (due - timedelta(days=10)).date()
        months = ((rows["conversion"].end_date - start).days + 1) / (365.25 / 12)
        self.assertAlmostEqual(rows["calls"].money, -6 / months, 2)
        self.assertIn(str(round(1000 / months)), rows["calls"].assumption.replace(",", ""))
        self.assertAlmostEqual(rows["net"].money, rows["revenue"].money - 6 / months, 1)

    def test_before_and_after_is_a_change_with_its_interval(self):
        rows = self.measured()
        conversion = rows["conversion"]
        self.assertTrue(conversion.is_compared)
        self.assertAlmostEqual(conversion.base_value, 0.25)
        self.assertAlmostEqual(conversion.value, 0.5)
        self.assertAlmostEqual(conversion.change, 0.25)
        # Newcombe: 80 of 160 against 40 of 160. The two periods lie in different months: a season of three points.
        season = other_season(
            *((row.start_date, row.end_date) for row in (self.rows("before")["conversion"], conversion))
        )
        self.assertGreater(season, 0.3)
        self.assertAlmostEqual(conversion.change_low, 0.1446 - 0.06 * season, 3)
        self.assertAlmostEqual(conversion.change_high, 0.3477 + 0.06 * season, 3)
        self.assertFalse(conversion.is_money)

    def test_money_is_what_is_kept_of_won_revenue_less_what_it_costs(self):
        self.deployment.value_running_cost = 500
        rows = self.measured()
        days = (rows["revenue"].end_date - rows["revenue"].start_date).days + 1
        monthly = 200 * 30.4375 / days
        gain = 80 * 1000 / 200 - 200.0
        self.assertAlmostEqual(rows["revenue"].money, gain * monthly * 0.25, 0)
        self.assertAlmostEqual(rows["running"].money, -500)
        self.assertAlmostEqual(rows["net"].money, rows["revenue"].money - 500, 1)
        self.assertLess(rows["net"].money_low, rows["net"].money)
        self.assertLess(rows["net"].money, rows["net"].money_high)
        self.assertIn("a month (", self.deployment.value_text)
        self.assertIn("Margin on won revenue: 25 %", self.deployment.value_html)

    def test_reviewers_time_is_subtracted_at_the_price_of_an_hour(self):
        self.deployment.value_hourly_cost = 60
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        self.go_live()
        leads = self.past_leads(200, NOW + timedelta(days=20), won=80, lost=80)
        self.deployment.min_confidence = 1.0
        with clock.at(NOW + timedelta(days=21)):
            self.deployment._score(leads[:4])
            for review in self.reviews_of(leads[:4]):
                review.with_user(self.reviewer)._decide("confirmed", seconds=900.0)
        with clock.at(LATER):
            self.deployment.action_measure_value()
        rows = self.rows()
        months = ((rows["revenue"].end_date - rows["revenue"].start_date).days + 1) / 30.4375
        self.assertAlmostEqual(rows["reviewing"].money, -60 / months, 1)  # four times a quarter of an hour
        self.assertAlmostEqual(rows["net"].money, rows["revenue"].money + rows["reviewing"].money, 1)

    def test_without_what_is_kept_of_a_euro_no_money_is_told(self):
        self.deployment.value_margin = 0
        rows = self.measured()
        self.assertTrue(rows["revenue"].is_compared)
        self.assertNotIn("net", rows)
        self.assertEqual(self.deployment.value_text, "nothing in money")

    def test_only_leads_whose_outcome_is_due_count(self):
        self.measured()
        self.past_leads(100, LATER - timedelta(days=HORIZON - 1))
        with clock.at(LATER):
            self.deployment.action_measure_value()
        self.assertEqual(self.rows()["revenue"].row_count, 200)

    def test_measuring_anew_replaces_the_last_result_only(self):
        self.measured()
        count = len(self.deployment.value_ids)
        with clock.at(LATER + timedelta(days=1)):
            self.deployment.action_measure_value()
        self.assertEqual(len(self.deployment.value_ids), count)

    def test_the_daily_look_measures_once_a_week(self):
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        self.go_live()
        self.past_leads(200, NOW + timedelta(days=20), won=80, lost=80)
        for days, expected in ((0, LATER), (3, LATER), (7, LATER + timedelta(days=7))):
            with clock.at(LATER + timedelta(days=days)):
                self.deployment._watch_daily()
            self.assertEqual(self.rows()["revenue"].date, expected)
