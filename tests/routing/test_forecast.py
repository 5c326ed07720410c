"""What a batch will ask of people is told before, as an estimate; what nobody could answer has to be confirmed."""

import json
import math
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml import routing
from odoo.addons.ai_deployment.models.routing import forecast as forecast_file
from odoo.addons.ai_deployment.models.routing.forecast import Forecast, forecast
from odoo.addons.ai_deployment.models.scoring.ai_deployment_batch import FLOOD
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase


class ForecastCase(BatchCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.deployment.batch_above = 5

    def mixed(self, count):
        """Leads of which half are 73 % sure, half 82 %."""
        return self.make_leads(count // 2, expected_revenue=500) + self.make_leads(count // 2, expected_revenue=50000)

    def flood(self):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", FLOOD)]
        )


@tagged("post_install", "-at_install")
class TestForecast(ForecastCase):
    def test_the_present_lines_are_held_against_what_was_scored_lately(self):
        self.deployment._score(self.mixed(60))
        new = self.mixed(40)
        for line, expected in ((0.0, 0), (0.78, 20), (0.9, 40)):
            self.deployment.min_confidence = line
            found = forecast(self.deployment, new.ids)
            with self.subTest(line=line):
                self.assertEqual((found.records, found.reviews, found.basis), (40, expected, 60))
        self.deployment.min_confidence = 0.78
        self.assertEqual(self.deployment._score(new)["review"], 20, "and so it comes")

    def test_what_this_version_has_scored_asks_nobody_again(self):
        leads = self.mixed(60)
        self.deployment._score(leads)
        self.deployment.min_confidence = 0.9
        self.assertEqual(forecast(self.deployment, (leads + self.mixed(10)).ids).reviews, 10)
        self.assertEqual(forecast(self.deployment, leads.ids, again=True).reviews, 60)

    def test_each_reason_has_the_share_that_it_had_lately(self):
        leads = self.mixed(60)
        self.deployment._score(leads)
        self.deployment.write({"min_confidence": 0, "audit_share": 0.5})
        self.env.flush_all()
        log = self.env["ai.deployment.inference"].search([("deployment_id", "=", self.deployment.id)], order="id desc")
        for reason, lines in ((routing.EDGE_CASE, log[:15]), (routing.AUDIT, log[15:30])):
            statement = "UPDATE ai_deployment_inference SET review_reason = %s WHERE id = ANY(%s)"
            self.env.cr.execute(statement, [reason, lines.ids])
        shares, count = forecast_file._shares_of_late(self.deployment, self.deployment.champion_id.sudo())
        self.assertEqual(shares, {routing.EDGE_CASE: 15 / count, routing.AUDIT: (1 - 15 / count) * 0.5})

    def test_four_weeks_up_to_today_count_and_fifty_records_are_enough(self):
        self.deployment._score(self.mixed(60))
        profiles, version = type(self.env["ai.deployment.profile"]), self.deployment.champion_id.sudo()
        today = NOW.date()
        for count, is_known in ((49, False), (50, True)):
            with clock.at(NOW), patch.object(profiles, "_counts_by_day", return_value={today: count}) as asked:
                shares, _records = forecast_file._shares_of_late(self.deployment, version)
            self.assertEqual(shares is not None, is_known)
            self.assertEqual(asked.call_args.args[-2:], (today - timedelta(days=28), today + timedelta(days=1)))

    def test_answers_of_a_day_are_known_from_five_days_on(self):
        self.deployment.reviews_per_day = 30
        leads = self.make_leads(12)
        reviews = self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.deployment.id,
                    "company_id": self.env.company.id,
                    "res_model": "crm.lead",
                    "res_id": lead.id,
                    "opened_date": NOW,
                    "reason": "flagged",
                    "state": "decided",
                    "decision": "confirmed",
                    "decided_by_id": self.reviewer.id,
                    "decided_date": NOW - timedelta(days=number % 4),
                }
                for number, lead in enumerate(leads)
            ]
        )
        with clock.at(NOW):
            self.assertEqual(forecast_file.answers_per_day(self.deployment), 30.0)
            reviews[0].decided_date = NOW - timedelta(days=5)
            self.assertEqual(forecast_file.answers_per_day(self.deployment), 12 / 5)
            reviews[0].decided_date = NOW - timedelta(days=28)
            reviews[1].decided_date = NOW - timedelta(days=27, hours=23)
            reviews[2].decided_date = NOW - timedelta(days=6)
            self.assertEqual(forecast_file.answers_per_day(self.deployment), 11 / 6)

    def test_caps_and_the_reviews_of_a_day_are_kept(self):
        self.deployment._score(self.mixed(60))
        self.deployment.min_confidence = 0.9
        rule = self.deployment.review_rule_ids.filtered(lambda rule: rule.reason == "low_confidence")
        rule.cap = 7
        self.assertEqual(forecast(self.deployment, self.mixed(40).ids).reviews, 7)
        rule.cap = 0
        self.deployment.write({"routing": "capacity", "reviews_per_day": 5})
        self.assertLessEqual(forecast(self.deployment, self.mixed(40).ids).reviews, 5)
        self.deployment.write({"routing": "threshold"})
        rule.is_on = False
        self.assertEqual(forecast(self.deployment, self.mixed(40).ids).reviews, 0)

    def test_without_a_past_the_records_of_the_test_say_it(self):
        self.deployment.min_confidence = 0.8
        leads = self.mixed(40)
        self.assertIsNone(forecast(self.deployment, leads.ids), "neither scored nor tested")
        curves = {"positive": [[0.9, 10, 0], [0.8, 25, 2], [0.5, 50, 9]], "negative": [[0.9, 20, 1], [0.5, 50, 5]]}
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET held_out = %s WHERE id = %s",
            [json.dumps({"curves": curves}), self.version.id],
        )
        self.version.invalidate_recordset(["held_out"])
        found = forecast(self.deployment, leads.ids)
        self.assertEqual((found.reviews, found.basis), (22, 0))  # 45 of 100 were surer than the line
        self.assertIn("test records of this version", found.sentence(self.env))

    def test_random_checks_are_counted(self):
        self.deployment._score(self.mixed(60))
        self.deployment.write({"min_confidence": 0.78, "audit_share": 0.2})
        self.assertEqual(forecast(self.deployment, self.mixed(100).ids).reviews, 60)

    def test_the_pace_is_that_of_the_answers_where_there_are_some(self):
        self.deployment.min_confidence = 1.0
        self.deployment._score(self.mixed(60))
        reviews = self.env["ai.deployment.review"].search([("state", "=", "open")])
        self.deployment.reviews_per_day = 30
        self.assertEqual(forecast(self.deployment, self.mixed(60).ids).days, 2.0)
        for day in range(forecast_file.ENOUGH_DAYS):
            reviews[4 * day : 4 * day + 4].sudo().write(
                {"state": "decided", "decided_date": NOW - (day + 1) * forecast_file.RECENT / 10}
            )
        self.assertEqual(forecast(self.deployment, self.mixed(60).ids).days, 15.0)

    def test_who_asks_and_the_page_of_the_batch_tell_it(self):
        self.deployment._score(self.mixed(60))
        self.deployment.write({"min_confidence": 0.78, "reviews_per_day": 4})
        action = self.env["ir.actions.server"].create(
            {
                "name": "Score",
                "model_id": self.lead_model.id,
                "state": "ai_deployment_score",
                "ai_deployment_id": self.deployment.id,
            }
        )
        leads = self.mixed(40)
        shown = action.with_context(active_model="crm.lead", active_ids=leads.ids).run()["params"]
        told = (
            "About 20 of 40 new records will be sent to human review (50 %): estimated from 60 records recently "
            "scored by this version. That is 5 days of work (answers a day: 4)."
        )
        self.assertEqual(shown["type"], "success")
        self.assertIn(told, shown["message"])
        batch = self.env["ai.deployment.batch"].search([], limit=1)
        self.assertEqual((batch.forecast_text, batch.expected_reviews, batch.state), (told, 20, "running"))

    def test_a_flood_has_to_be_confirmed(self):
        self.deployment._score(self.mixed(60))
        self.deployment.write({"min_confidence": 0.9, "reviews_per_day": 1})
        leads = self.mixed(30)
        for asks in (lambda: self.deployment._ask(leads), lambda: self.deployment._ask_nightly()):
            with self.subTest():
                asks()
                batch = self.env["ai.deployment.batch"].search([], limit=1)
                self.assertEqual(batch.state, "paused")
                self.assertIn("About 30 of", batch.paused_reason)
                self.assertEqual(self.flood().state, "firing")
                self.assertIn("About 30 of", self.flood().name)
                self.assertEqual(self.flood().activity_ids.user_id, self.owner)
                self.work()
                self.assertFalse(self.reviews_of(leads))
                batch.with_user(self.owner).action_cancel()
                self.assertEqual(self.flood().state, "resolved")
        self.deployment._ask(leads)
        batch = self.env["ai.deployment.batch"].search([], limit=1)
        batch.with_user(self.owner).action_resume()
        self.assertEqual(self.flood().state, "resolved")
        self.work()
        self.assertEqual(len(self.reviews_of(leads)), 30)
        self.assertEqual(batch.state, "done")


@tagged("post_install", "-at_install")
class TestForecastSentence(TransactionCase):
    def test_days_of_work_are_whole_and_at_least_one(self):
        for reviews, per_day, days, told in (
            (10, 4.0, 2.5, "That is 3 days of work (answers a day: 4)."),
            (10, 1.0, 10.0, "That is 10 days of work (answers a day: 1)."),
            (1, 0.5, 2.0, "That is 2 days of work (answers a day: 0.5)."),
            (1, 4.0, 0.25, "That is 1 day of work (answers a day: 4)."),
            (10, 0.0, math.inf, "from 10 records recently scored by this version."),
            (0, 4.0, 0.0, "from 10 records recently scored by this version."),
        ):
            with self.subTest(reviews=reviews, per_day=per_day):
                found = Forecast(100, reviews, 10, per_day)
                self.assertEqual(found.days, days)
                self.assertTrue(found.sentence(self.env).endswith(told), found.sentence(self.env))
                self.assertEqual(found.is_far_beyond, reviews > 0 and days > forecast_file.FAR)
        self.assertEqual(Forecast(0, 3, 10, 1.0).sentence(self.env), "")
        self.assertIn("from the test records of this version", Forecast(9, 3, 0, 1.0).sentence(self.env))
