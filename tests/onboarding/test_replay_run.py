"""The months of a replay, and one from the records to the verdict."""

import datetime
import math
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml import child, frames
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.models.onboarding import replay_run
from odoo.addons.ai_deployment.models.onboarding.replay_run import (
    FEWEST_RATED,
    RATE_DAYS,
    ReplayRun,
    _money_in_top,
    _plain,
    month_starts,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training import workbench
from odoo.addons.ai_deployment.models.training.child_process import ChildEnded
from odoo.addons.ai_deployment.tests.common import NOW

from .common import StartCase

DAY = datetime.timedelta(days=1)


@tagged("post_install", "-at_install")
class TestMonths(TransactionCase):
    def test_whole_months_whose_outcomes_are_known(self):
        with clock.at(NOW):  # 2 March 2026; sixty days before are the first of January
            starts = month_starts([NOW - 200 * DAY, NOW], 60)
        self.assertEqual(
            (str(starts[0]), str(starts[-1])), ("2025-09-01", "2025-12-01" if NOW.day < 1 else "2026-01-01")
        )

    def test_at_most_twelve(self):
        with clock.at(NOW):
            self.assertEqual(len(month_starts([NOW - 2000 * DAY], 0)), 13)

    def test_a_month_counts_from_its_first_day_on(self):
        with clock.at(NOW):
            for first, starts in (
                (datetime.datetime(2026, 1, 1), ["2026-01-01", "2026-02-01", "2026-03-01"]),
                (datetime.datetime(2026, 1, 1, 0, 0, 1), ["2026-02-01", "2026-03-01"]),
                (datetime.date(2026, 1, 1), ["2026-01-01", "2026-02-01", "2026-03-01"]),
                (datetime.datetime(2026, 2, 1, 0, 0, 1), []),
            ):
                self.assertEqual([str(day) for day in month_starts([first, NOW], 0)], starts)

    def test_money_in_the_best_fifth(self):
        values, won = np.arange(10.0), np.array([1.0] * 8 + [3.0, 9.0])
        self.assertEqual(_money_in_top(values, won), 0.6)
        self.assertEqual(_money_in_top(np.array([0.1, 0.2]), np.array([1.0, 3.0])), 0.75)
        self.assertIsNone(_money_in_top(values, np.zeros(10)))
        self.assertIsNone(_money_in_top(np.array([]), np.array([])))
        self.assertEqual(_plain(0.123456), 0.1235)
        self.assertIsNone(_plain(math.nan))

    def test_none(self):
        with clock.at(NOW):
            self.assertEqual(month_starts([], 60), [])
            self.assertEqual(month_starts([NOW - 20 * DAY], 60), [])


@tagged("post_install", "-at_install")
class TestReplayRun(StartCase):
    ROWS, OPEN = 150, 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        features = [{"path": path} for path in ("expected_revenue", "country_id", "source_id")]
        cls.subject = cls.make_deployment(is_primary=False, features=features)

    def replay(self, deployment):
        with clock.at(NOW):
            record = self.env["ai.deployment.replay"]._ask(deployment.with_user(self.owner)).sudo()
        with patch.object(ReplayRun, "call", lambda run, name, *args, **kwargs: _here(name, *args, **kwargs)):
            self.work("ir_cron_replay")
        self.assertEqual(record.state, "done", record.failure_message)
        return record, record.result

    def test_months_learn_from_what_was_before_them(self):
        record, result = self.replay(self.subject)
        # a last month in which no lead came has no row
        self.assertIn(len(result["starts"]) - 1 - len(result["months"]), (0, 1))
        self.assertGreater(result["rows"], 60)
        self.assertGreater(result["auc"][0], 0.6, "revenue and country tell of the outcome")
        self.assertIsNotNone(result["incumbent_auc"])
        self.assertEqual(result["logged"], 0)
        self.assertIn(result["verdict"], ("worth", "as_incumbent", "as_rate"))
        self.assertTrue(0 < result["seconds"] < 60)
        self.assertEqual((record.progress, result["method"]), (100, "scorecard"))
        for share in ("top", "incumbent_top", "top_money", "incumbent_top_money"):
            self.assertTrue(0 <= result[share] <= 1, share)
        page = record.with_user(self.owner).result_html
        self.assertIn("Each month by a version trained on what was known before it", page)
        self.assertEqual(page.count("<tr>"), len(result["months"]) + 1)

    def test_a_month_says_how_many_reviews_a_day_its_scores_need(self):
        for confidence, of_all in ((1.0, True), (0.0, False)):
            self.subject.min_confidence = confidence
            _record, result = self.replay(self.subject)
            starts = [datetime.date.fromisoformat(day) for day in result["starts"]]
            for month, begin, end in zip(result["months"], starts, starts[1:], strict=False):
                wanted = round(month["rows"] / (end - begin).days, 1) if of_all and month["ours"] is not None else 0.0
                self.assertEqual(month["reviews_per_day"], wanted, month)
        self.subject.routing = "capacity"
        _record, result = self.replay(self.subject)
        self.assertNotIn("reviews_per_day", result["months"][0])

    def test_what_odoo_said_at_the_time_counts_before_what_it_would_say(self):
        with clock.at(NOW):
            self.deployment._score(self.open_leads)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_inference SET incumbent_value = 0.25 WHERE res_id = ANY(%s)", [self.open_leads.ids]
        )
        run = ReplayRun(self.env["ai.deployment.replay"].new({"deployment_id": self.subject.id}))
        ids = self.open_leads.ids
        self.assertEqual(run._logged([*ids, *self.past.ids]), dict.fromkeys(ids, 0.25))

    def test_unusual_records_have_examples(self):
        unusual = self.make_deployment(
            is_primary=False,
            method="anomaly",
            flag_rate=0.2,
            features=[{"path": "expected_revenue"}, {"path": "country_id"}],
        )
        _record, result = self.replay(unusual)
        self.assertEqual(result["verdict"], "look")
        months = [month for month in result["months"] if month["flagged"] is not None]
        self.assertEqual(result["rows"], sum(month["rows"] for month in months))
        self.assertEqual(result["flagged"], sum(month["flagged"] for month in months))
        self.assertTrue(result["flagged"])
        starts = [datetime.date.fromisoformat(day) for day in result["starts"]]
        self.assertEqual(len(result["months"]), len(starts) - 1)
        for month, begin, end in zip(result["months"], starts[:-1], starts[1:], strict=True):
            self.assertEqual(len(month["ids"]), min(month["flagged"] or 0, 3))
            if month["rows"] and month["flagged"] is not None:
                self.assertEqual(month["reviews_per_day"], round(month["flagged"] / (end - begin).days, 2))
            for lead in self.env["crm.lead"].browse(month["ids"]):
                self.assertTrue(begin <= lead.create_date.date() < end)


@tagged("post_install", "-at_install")
class TestMonthByMonth(StartCase):
    """Records on known days, and a card that says of each what is in its only column."""

    ROWS, OPEN = 2, 1
    BEGIN, END, LAST, HORIZON = 100.0, 130.0, 160.0, 10

    def outcomes(self, days, labels, *, said=None, logged=None, **values):
        """Replay the months from `BEGIN` to `END` and to `LAST`; (result, what was compared, {month: rows learned})."""
        run = ReplayRun(self.env["ai.deployment.replay"].new({"deployment_id": self.deployment.id}))
        self.deployment.write({"horizon_days": self.HORIZON, **values})
        columns = {"x": make_column("x", NUMBER, said or [0.7] * len(days))}
        learned, compared = [], []
        card = SimpleNamespace(score=lambda taken: SimpleNamespace(values=taken["x"].values))
        summary = replay_run.statistics.summary

        def train(_columns, _labels, _moments, past, *_options):
            learned.append(past.tolist())
            return SimpleNamespace(card=card, recipe="recipe") if len(past) else None

        def keep(replayed):
            compared.append(replayed)
            return summary(replayed)

        rows = [(number, None, label) for number, label in enumerate(labels)]
        none = ({}, [], np.zeros(len(days), bool), np.full(len(days), np.nan))
        with (
            patch.object(run, "_train", train),
            patch.object(run, "_incumbent_past", lambda ids: none),
            patch.object(run, "_logged", lambda ids: logged or {}),
            patch.object(run, "_tell", lambda done, of_all: None),
            patch.object(run, "documents", SimpleNamespace()),
            patch.object(replay_run, "scorecard_options", lambda deployment, specs: {}),
            patch.object(replay_run.statistics, "summary", keep),
        ):
            edges = np.array([self.BEGIN, self.END, self.LAST])
            run.documents.browse = lambda ids: SimpleNamespace(_ai_amounts=lambda: dict.fromkeys(ids[:-1], 10.0))
            run.documents._ai_amounts = None
            result = run._outcomes([], columns, rows, np.array(days, dtype=float), edges)
        return result, compared[0], learned

    def test_a_month_is_from_its_first_moment_to_the_next_ones(self):
        days = [0, self.BEGIN, self.END - 0.01, self.END, self.LAST - 0.01, self.LAST]
        _result, compared, _learned = self.outcomes(days, [True, False] * 3)
        self.assertEqual(compared.month.tolist(), [0, 0, 1, 1])

    def test_a_month_learns_from_outcomes_that_were_due_before_it(self):
        due = self.BEGIN - self.HORIZON
        days = [due - 1, due, due + 0.01, self.BEGIN, self.END - self.HORIZON, self.END]
        _result, compared, learned = self.outcomes(days, [True] * 6)
        self.assertEqual(learned, [[0, 1], [0, 1, 2, 3, 4]])
        self.assertEqual(compared.ours.tolist(), [0.7] * 3)

    def test_without_a_past_a_month_has_no_score_and_no_rate(self):
        _result, compared, learned = self.outcomes([self.BEGIN, self.END + 1], [True, False])
        self.assertEqual(learned, [[], [0]])
        self.assertEqual(np.isnan(compared.ours).tolist(), [True, False])
        self.assertEqual(np.isnan(compared.rate).tolist(), [True, False])
        self.assertEqual(compared.rate[1], 1.0)

    def test_the_rate_is_that_of_the_latest_outcomes_where_there_are_enough(self):
        due = self.BEGIN - self.HORIZON
        for latest, rate in ((FEWEST_RATED, 1.0), (FEWEST_RATED - 1, 0.75)):
            older = 3
            days = [due - RATE_DAYS] * older + [due - RATE_DAYS + 0.01] * latest + [self.BEGIN]
            labels = [False] * older + [True] * latest + [True]
            _result, compared, _learned = self.outcomes(days, labels)
            self.assertEqual(compared.rate.tolist(), [rate])

    def test_an_estimate_that_was_logged_stands_for_odoo(self):
        result, compared, _learned = self.outcomes(
            [0, self.BEGIN, self.BEGIN + 1, self.LAST], [True, True, False, True], logged={0: 0.1, 1: 0.4, 3: 0.2}
        )
        self.assertEqual(compared.incumbent[0], 0.4)
        self.assertTrue(np.isnan(compared.incumbent[1]))
        self.assertEqual(result["logged"], 1, "of the records of the months")
        self.assertEqual((result["top"], result["incumbent_top"]), (1.0, 1.0))
        self.assertEqual((result["top_money"], result["incumbent_top_money"]), (1.0, 1.0))

    def test_without_a_win_no_share_of_wins_is_in_the_best_fifth(self):
        result, _compared, _learned = self.outcomes([0, self.BEGIN, self.LAST], [True, False, True], logged={1: 0.4})
        self.assertIsNone(result["top"])
        self.assertIsNone(result["top_money"])

    def test_reviews_a_day_are_the_scores_below_the_confidence(self):
        said = [0.5, 0.7, 0.3, 0.69, 0.31, 0.9, 0.71]
        days = [0] + [self.BEGIN] * 5 + [self.END]
        result, _compared, _learned = self.outcomes(
            days, [True] * 7, said=said, routing="threshold", min_confidence=0.7
        )
        self.assertEqual([month["reviews_per_day"] for month in result["months"]], [0.1, 0.0])  # 2 in 30 days

    def test_one_model_serves_on_where_training_takes_too_long(self):
        with patch.object(replay_run, "SECONDS", 0):
            _result, compared, learned = self.outcomes([0, self.BEGIN, self.END], [True] * 3)
        self.assertEqual(learned, [[0]])
        self.assertEqual(compared.ours.tolist(), [0.7, 0.7])

    def test_a_child_that_fails_is_told_by_its_code(self):
        run = ReplayRun(self.env["ai.deployment.replay"].new({"deployment_id": self.deployment.id}))
        run._child = SimpleNamespace(call=lambda request, look: self.answer)
        self.answer = frames.encode({"result": 7})
        self.assertEqual((run.call("one"), run.trained), (7, 1))
        self.answer = frames.encode({"error": child.MEMORY, "name": "MemoryError", "args": []})
        with self.assertRaises(ChildEnded) as caught:
            run.call("one")
        self.assertEqual((caught.exception.args[0], run.trained), (child.MEMORY, 1))


def _here(name, *args, **kwargs):
    """Train in this process, as without a carrier."""
    token = workbench._carrier.set(None)
    try:
        return getattr(workbench, name)(*args, **kwargs)
    finally:
        workbench._carrier.reset(token)
