"""Flagged records against what reviewers and credit notes say."""

from datetime import date, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.intervals import clopper_pearson
from odoo.addons.ai_deployment.models.monitoring import anomaly_performance
from odoo.addons.ai_deployment.models.monitoring.anomaly_performance import MIN_FLAGGED, AnomalyPerformance, Verdict
from odoo.addons.ai_deployment.models.training.challenger import Challenger
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, AnomalyCase


class Fixed:
    """An anomaly card that asks about just these rows."""

    kind = "anomaly"

    def __init__(self, asks):
        self.asks = np.array(asks)

    def score(self, _columns):
        return SimpleNamespace(values=self.asks * 1.0, predictions=self.asks)


@tagged("post_install", "-at_install")
class TestAnomalyPerformance(AnomalyCase):
    def test_how_many_flagged_bills_were_right_and_what_is_in_them(self):
        self.flag(0, 8, 4)
        report = self.look(0)
        line = self.line(report, "precision")
        self.assertIn("8 of 12 flagged bills were unusual (35 % to 90 %)", line.text)
        self.assertIn("Of these: $ 800.00", line.text.replace("$8", "$\N{NO-BREAK SPACE}8"))
        self.assertEqual((report.verdict, report.summary), ("quiet", line.text))

    def test_what_is_flagged_counts_as_flagged_whatever_reason_it_came_by(self):
        bills = self.make_bills(12)
        self.bills._score(bills, now=NOW)
        self.decide(bills, "positive", reason="amount").prediction = True
        self.decide(self.make_bills(3, amount=7.0), "negative", reason="new_vendor")
        self.assertIn("12 of 12 flagged bills were unusual", self.line(self.look(0), "precision").text)

    def test_only_what_finds_unusual_records_has_such_a_report(self):
        reports = AnomalyPerformance(self.deployment.sudo()).report()
        self.assertEqual((reports._name, len(reports)), ("ai.deployment.report", 0))

    def test_too_few_verdicts_wait_for_more(self):
        self.flag(0, 2, 3)
        report = self.look(0)
        self.assertEqual(report.summary, "Not enough data yet: 5 of 10 answers on flagged bills.")
        self.flag(1, 3, 3)
        report = self.look(1)
        self.assertIn("5 of 11 flagged bills", report.summary)
        self.assertEqual(report.window_start, NOW.date())

    def test_random_checks_say_what_was_missed(self):
        bills = self.make_bills(20)
        self.bills.audit_share = 0.5
        self.bills._score(bills, now=NOW)
        audited = self.inferences_of(bills, self.bills).filtered(lambda line: line.audit_chance)
        checked = self.env["account.move"].browse(audited.mapped("res_id"))
        self.decide(checked, "negative", reason="audit")
        self.decide(self.make_bills(10, amount=7.0), "positive")
        line = self.line(self.look(0), "audit")
        self.assertIn(f"{len(checked)} random checks: 0 % of the automatic decisions were unusual (0 % to ", line.text)
        self.assertAlmostEqual(line.high, clopper_pearson(0, len(checked))[1], 3, "few checks are no certainty")

    def test_a_credit_note_within_the_horizon_says_that_a_bill_was_wrong(self):
        bills = self.make_bills(4, post=True)
        self.bills._score(bills, now=NOW)
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bills[:2].ids)
            .create({"journal_id": bills.journal_id.id, "date": date(2026, 2, 3)})
        )
        reversal.refund_moves()
        self.env.flush_all()
        for bill, days in ((bills[0], 5), (bills[1], 15)):
            self.env.cr.execute(
                "UPDATE account_move SET create_date = %s WHERE reversed_entry_id = %s",
                [NOW + timedelta(days=days), bill.id],
            )
        self.decide(self.make_bills(10, amount=7.0), "positive", NOW + 2 * WEEK)
        report = self.look(3)
        line = self.line(report, "reversed")
        self.assertIn(
            "1 of 4 bills were reversed within the outcome window (10 days); 1 of them had been accepted automatically",
            line.text,
        )

    def test_a_floor_that_is_not_reached_becomes_an_alert(self):
        self.bills.floor_precision = 0.5
        for week in (0, 1):
            self.flag(week, 1, 29)
            report = self.look(week)
        self.assertTrue(self.line(report, "precision").exceeded)
        self.assertIn("1 of 30 flagged bills were unusual", self.alerts("performance:precision").name)

    def test_versions_are_compared_on_cases_that_only_one_asks_about(self):
        bills = self.make_bills(24)
        self.bills._score(bills, now=NOW)
        self.decide(bills[:12], "positive", NOW + WEEK, reason="audit")
        self.decide(bills[12:], "negative", NOW + WEEK, reason="new_vendor")
        self.decide(self.make_bills(9, amount=7.0), "positive", NOW + WEEK)  # flagged: chosen by the card itself
        with patch.object(type(self.bill_version), "_card", return_value=Fixed([False] * 12 + [True] * 12)):
            values = Challenger(self.bills.sudo()).compare_verdicts(
                self.bill_version, SimpleNamespace(card=Fixed([True] * 12 + [False] * 12)), {}, bills.ids
            )
        self.assertEqual((values["verdict"], values["challenge"]["cases"]), ("better", 24))
        self.assertIn("Of 24 cases that only one of the versions would have sent", values["verdict_text"])

    def test_too_few_such_cases_say_how_many_are_missing(self):
        bills = self.make_bills(4)
        self.bills._score(bills, now=NOW)
        self.decide(bills, "positive", NOW + WEEK, reason="audit")
        with patch.object(type(self.bill_version), "_card", return_value=Fixed([False, False, True, True])):
            values = Challenger(self.bills.sudo()).compare_verdicts(
                self.bill_version, SimpleNamespace(card=Fixed([True, True, False, False])), {}, bills.ids
            )
        self.assertEqual(values["verdict"], "inconclusive")
        self.assertIn("About 16 more are needed", values["verdict_text"])

    def test_ten_verdicts_on_flagged_bills_are_enough(self):
        self.flag(0, 4, MIN_FLAGGED - 5)
        self.assertEqual(self.look(0).verdict, "cannot_judge")
        self.flag(1, 1, 0)
        report = self.look(1)
        self.assertEqual((report.verdict, report.row_count), ("quiet", MIN_FLAGGED))

    def test_precision_is_held_against_the_floor_where_there_is_one(self):
        performance = AnomalyPerformance(self.bills.sudo())
        verdicts = [Verdict(0, "flagged", number < 3, None) for number in range(30)]
        high = clopper_pearson(3, 30)[1]
        for floor, test, exceeded in ((0.0, "figure", False), (high, "floor", False), (high + 0.001, "floor", True)):
            performance.deployment.floor_precision = floor
            line = performance._precision_line(verdicts)
            self.assertEqual((line["test"], line["exceeded"]), (test, exceeded))
            self.assertEqual(line["verdict"], "drifted" if exceeded else "quiet")
            self.assertEqual((line["statistic"], "required" in line["text"]), (0.1, bool(floor)))

    def test_random_checks_without_a_known_chance_say_nothing(self):
        performance = AnomalyPerformance(self.bills.sudo())
        unknown = Verdict(1, "audit", True, None)
        self.assertEqual(performance._audit_lines([]), [])
        self.assertEqual(performance._audit_lines([unknown]), [])
        known = [Verdict(number, "audit", False, 0.5) for number in range(20)]
        [line] = performance._audit_lines([*known, unknown])
        self.assertEqual((line["statistic"], line["key"]), (0.0, "audit"))

    def test_of_the_reversed_those_that_nobody_saw_are_told(self):
        performance, asked = AnomalyPerformance(self.bills.sudo()), []

        def scores(_deployment, _version, start, end, _columns):
            asked.append((start, end))
            return [(1, NOW, True), (2, NOW, False), (3, NOW, False), (4, NOW, True)]

        came = {1: True, 2: True, 3: True, 4: False}
        documents = SimpleNamespace(_ai_came_true=lambda _deployment, landmarks: came if landmarks else None)
        start, end = NOW.date(), (NOW + WEEK).date()
        with (
            patch.object(anomaly_performance, "first_scores", scores),
            patch.object(performance, "documents", documents),
            patch.object(type(performance.wording), "with_money", lambda _self, text, ids: f"{text}: {ids}"),
        ):
            [line] = performance._reversal_lines(start, end)
            self.assertEqual(line["statistic"], 1 / 3)
            self.assertEqual(
                line["text"],
                "3 of 4 bills were reversed within the outcome window (10 days); "
                "1 of them had been accepted automatically: [1]",
            )
            self.assertEqual(asked, [(start - timedelta(days=10), end - timedelta(days=10))])
            came.update(dict.fromkeys(came, False))
            self.assertEqual(performance._reversal_lines(start, end), [])
