"""Headline tiles: health and why, accuracy now and in the test, records, human review, value, the next date."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.alerting.alert_kinds import CHECKLIST
from odoo.addons.ai_deployment.models.monitoring.base_rate import SKILL
from odoo.addons.ai_deployment.models.overview.headlines import LONGEST_NOTE, Headlines
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

TODAY = NOW.date()
WEEK = timedelta(days=7)


@tagged("post_install", "-at_install")
class TestHeadlines(AiDeploymentCase):
    def tiles(self, user=None, moment=NOW):
        self.env.flush_all()
        self.env.invalidate_all()
        deployment = self.deployment.with_user(user or self.owner)
        with clock.at(moment):
            return {tile["name"]: tile for tile in Headlines(deployment).tiles()[deployment.id]}

    def test_a_deployment_that_proposes_values_has_an_agreement(self):
        task = self.make_deployment(
            name="Teams", method="classify", is_primary=False, answer_field_ids=[(0, 0, {"key": "team_id"})]
        )
        with clock.at(NOW):
            tile = Headlines(task.with_user(self.owner)).tiles()[task.id][1]
        self.assertEqual((tile["name"], tile["label"], tile["text"]), ("accuracy", "Agreement", "–"))
        rows = [{"key": "team_id", "verdict": verdict, "confidence": 0.9} for verdict in ("right", "right", "wrong")]
        fixed = {"deployment_id": task.id, "company_id": self.env.company.id, "res_model": "crm.lead", "date": NOW}
        version = self.keep(self.deployment, self.card())
        self.env.cr.execute("UPDATE ai_deployment_version SET deployment_id = %s WHERE id = %s", [task.id, version.id])
        self.env.invalidate_all()
        task._assign_champion(version, "test")
        self.env["ai.deployment.proposal"].sudo().create(
            [
                {**fixed, **row, "res_id": number, "version_id": version.id, "judged_date": NOW}
                for number, row in enumerate(rows, 1)
            ]
        )
        with clock.at(NOW):
            tile = Headlines(task.with_user(self.owner)).tiles()[task.id][1]
        self.assertEqual(tile["text"], "67 %")
        self.assertIn("of 3", tile["note"])

    def report(self, *lines):
        """A report on performance with lines (key, statistic, low, high, threshold, exceeded)."""
        return self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "kind": "performance",
                "date": NOW,
                "window_start": TODAY - WEEK,
                "window_end": TODAY,
                "verdict": "drifted" if any(line[-1] for line in lines) else "quiet",
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "key": key,
                            "label": key,
                            "test": "proposed",
                            "statistic": statistic,
                            "low": low,
                            "high": high,
                            "threshold": threshold,
                            "exceeded": exceeded,
                            "verdict": "drifted" if exceeded else "quiet",
                            "text": f"text of {key}",
                        },
                    )
                    for key, statistic, low, high, threshold, exceeded in lines
                ],
            }
        )

    def test_accuracy_stands_beside_the_test(self):
        self.assertEqual(self.tiles()["accuracy"]["text"], "–")
        self.assertIn("Test: 75 %", self.tiles()["accuracy"]["note"])
        report = self.report(("auc", 0.74, 0.68, 0.80, 0.6, False))
        tile = self.tiles()["accuracy"]
        self.assertEqual((tile["text"], tile["level"], tile["note"]), ("74 %", "success", "Test: 75 %"))
        lines = self.env["ai.deployment.report.line"].search(tile["open"]["domain"])
        self.assertEqual(lines, report.line_ids)

    def test_an_accuracy_surely_below_the_test_is_a_warning(self):
        self.report(("auc", 0.6, 0.55, 0.65, 0.6, False))
        self.assertEqual(self.tiles()["accuracy"]["level"], "warning")

    def test_what_is_worse_than_the_base_rate_is_red_on_tile_page_board_and_form(self):
        self.report(("auc", 0.65, 0.6, 0.7, 0.6, False), (SKILL, -0.1, -0.2, -0.05, 0.0, True))
        tile = self.tiles()["accuracy"]
        self.assertEqual(tile["level"], "danger")
        self.assertNotIn(f"text of {SKILL}", tile["note"], "it stands above the tiles already")
        self.env["ai.deployment.alert"]._raise(self.deployment, CHECKLIST, name=f"text of {SKILL}. More of it.")
        self.env.invalidate_all()
        with patch.object(type(self.deployment), "_health", lambda _self: {}):
            self.assertEqual(self.deployment.health_note, "More of it.")
        with clock.at(NOW):
            owned = self.deployment.with_user(self.owner)
            self.assertEqual(owned.worse_text, f"text of {SKILL}")
            self.assertEqual(owned.monitoring_page()["messages"][0]["level"], "danger")
            first = owned.env["ai.deployment.overview"].page()["deployments"][0]
        self.assertEqual((first["id"], first["worse"]), (self.deployment.id, f"text of {SKILL}"))

    def test_a_loss_that_may_be_chance_is_not_red(self):
        self.report(("auc", 0.65, 0.6, 0.8, 0.6, False), (SKILL, -0.01, -0.2, 0.2, 0.0, False))
        self.assertEqual(self.tiles()["accuracy"]["level"], "success")
        self.assertFalse(self.deployment.worse_text)

    def test_bills_flagged_worse_than_by_chance_are_red(self):
        self.report(("precision", 0.1, 0.05, 0.15, 0.0, False), ("audit", 0.3, 0.2, 0.4, 0.0, False))
        self.assertIn("10 % of the flagged records were unusual", self.deployment.worse_text)

    def test_records_of_seven_days_beside_the_seven_before_and_the_share_for_people(self):
        with clock.at(NOW - WEEK):
            self.deployment._score(self.make_leads(3), now=NOW - WEEK)
        self.deployment.min_confidence = 1.0
        self.deployment._score(self.make_leads(2), now=NOW)
        tiles = self.tiles()
        self.assertEqual((tiles["scored"]["text"], tiles["scored"]["note"]), ("2", "7 days before: 3"))
        logged = self.env["ai.deployment.inference"].search(tiles["scored"]["open"]["domain"])
        self.assertEqual(len(logged), 2)
        self.assertEqual(tiles["reviewed"]["text"], "40 %")
        self.assertEqual(len(self.env["ai.deployment.review"].search(tiles["reviewed"]["open"]["domain"])), 2)

    def test_the_next_date_is_the_nearest_and_red_when_it_is_over(self):
        check = self.deployment.sudo().check_ids[0]
        self.deployment.sudo().check_ids.write({"waived_until": False, "waiver_reason": False})
        self.deployment.review_date = TODAY + 30 * timedelta(days=1)
        self.assertEqual(self.tiles()["next"]["note"], "Periodic review")
        check.write({"state": "waived", "waived_until": TODAY + timedelta(days=3), "waiver_reason": "Later"})
        tile = self.tiles()["next"]
        self.assertEqual((tile["note"], tile["level"]), (f"The waiver of “{check.name}” ends", "warning"))
        self.assertEqual(self.tiles(moment=NOW + WEEK)["next"]["level"], "danger")

    def test_health_says_why_in_few_words(self):
        self.env["ir.cron"].search([("cron_name", "=like", "AI Deployment:%")]).active = False
        tile = self.tiles()["health"]
        self.assertIn(tile["level"], ("warning", "danger"))
        self.assertTrue(tile["note"])
        self.assertLessEqual(len(tile["note"]), LONGEST_NOTE)

    def test_tiles_of_many_deployments_ask_few_more_queries(self):
        others = [self.make_deployment(name=f"Other {number}", user_id=self.owner.id) for number in range(4)]

        def count(deployments):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with clock.at(NOW):
                Headlines(deployments.with_user(self.owner)).tiles()
            return self.env.cr.sql_log_count - before

        every = self.deployment.union(*others)
        count(every)
        one, five = count(self.deployment), count(every)
        self.assertLess(five - one, 20)

    def test_days_are_counted_from_today_backwards(self):
        """Seven days with today, the seven before them, and 28 of all."""
        day = timedelta(days=1)
        for ago, count in ((0, 1), (6, 2), (7, 4), (13, 8), (14, 16), (27, 32), (28, 64)):
            self.deployment._score(self.make_leads(count), now=NOW - ago * day)
        [counted] = self.counted()
        self.assertEqual((counted.week, counted.week_before, counted.month, counted.reviewed), (3, 12, 63, 0))
        self.assertEqual(self.tiles()["reviewed"]["text"], "0 %")
        self.assertIsNone(self.tiles()["reviewed"]["open"])

    def counted(self):
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(NOW):
            return list(Headlines(self.deployment)._counted.values())

    def test_without_a_record_there_is_nothing_to_open(self):
        tiles = self.tiles()
        self.assertEqual((tiles["scored"]["text"], tiles["scored"]["note"]), ("0", "7 days before: 0"))
        self.assertEqual((tiles["reviewed"]["text"], tiles["value"]["text"]), ("–", "–"))
        self.assertEqual(tiles["value"]["note"], "Not measured yet")
        for name in ("health", "accuracy", "scored", "reviewed", "value", "next"):
            self.assertIsNone(tiles[name]["open"], name)
        self.env["ai.deployment.alert"]._raise(self.deployment, "drift:x:shape", name="It moved")
        opened = self.tiles()["health"]["open"]
        self.assertEqual(len(self.env[opened["model"]].search(opened["domain"])), 1)

    def test_what_was_measured_without_money_is_not_called_unmeasured(self):
        measured = self.env["ai.deployment.value"].create(
            {
                "deployment_id": self.deployment.id,
                "code": "won",
                "period": "after",
                "unit": "share",
                "date": NOW,
                "start_date": TODAY,
                "end_date": TODAY,
            }
        )
        tile = self.tiles()["value"]
        self.assertEqual((tile["text"], tile["note"]), ("–", "Nothing in money"))
        measured.period = "before"  # a baseline alone says nothing about the score
        self.assertEqual(self.tiles()["value"]["note"], "Not measured yet")
        self.assertEqual(self.env["ai.deployment.value"].search(tile["open"]["domain"]), measured)

    def test_accuracy_is_a_warning_only_where_it_is_surely_lower(self):
        for low, high, exceeded, level in (
            (0.7, 0.76, False, "success"),
            (0.7, 0.75, False, "success"),
            (0.7, 0.7499, False, "warning"),
            (0.7, 0.8, True, "warning"),
        ):
            with self.subTest(high=high, exceeded=exceeded), self.env.cr.savepoint() as savepoint:
                self.report(("auc", 0.72, low, high, 0.6, exceeded))
                self.assertEqual(self.tiles()["accuracy"]["level"], level)
                savepoint.rollback()
        self.deployment.sudo().champion_id = False
        self.assertEqual(self.tiles()["accuracy"]["note"], "No version")

    def test_the_level_of_a_date_turns_a_week_before_and_on_its_day(self):
        known, day = self.deployment.sudo(), timedelta(days=1)
        known.check_ids.write({"waived_until": False, "waiver_reason": False})
        for ahead, level in ((8, ""), (7, "warning"), (1, "warning"), (0, "danger"), (-1, "danger")):
            known.review_date = TODAY + ahead * day
            self.assertEqual(self.tiles()["next"]["level"], level, ahead)
        known.review_date = TODAY + 90 * day
        event = self.env["calendar.event"].create(
            {"name": "Retraining", "start": NOW + 2 * day, "stop": NOW + 2 * day + timedelta(hours=1)}
        )
        known.retrain_event_id = event
        self.assertEqual(self.tiles()["next"]["note"], "Retraining is planned")
        for moment, told in (
            (NOW + 2 * day, "Periodic review"),
            (NOW + 2 * day - timedelta(seconds=1), "Retraining is planned"),
        ):
            self.assertEqual(self.tiles(moment=moment)["next"]["note"], told)
        event.active = False
        self.assertEqual(self.tiles()["next"]["note"], "Periodic review")
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET state = 'poc', expiry_date = %s WHERE id = %s", [TODAY, known.id])
        self.assertEqual(self.tiles()["next"]["note"], "The proof of concept ends")
        self.env.cr.execute("UPDATE ai_deployment SET state = 'retired' WHERE id = %s", known.ids)
        tile = self.tiles()["next"]
        self.assertEqual((tile["text"], tile["note"], tile["level"]), ("–", "", ""))
