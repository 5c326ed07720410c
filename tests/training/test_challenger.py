"""Rows of one moment, as an import leaves them; and what a version is compared with."""

import random
from datetime import timedelta
from types import SimpleNamespace

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import artifact, promotion
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.challenger import Challenger
from odoo.addons.ai_deployment.models.training.questions import answer
from odoo.addons.ai_deployment.models.training.version_test import test_rows
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import MomentsCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestRowsOfOneMoment(MomentsCase):
    def test_a_file_sorted_by_stage_has_both_outcomes_in_every_part(self):
        came = NOW - 100 * DAY
        leads = self.ended([True] * 128 + [False] * 192, [came] * 320)
        deployment = self.made(leads)
        rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
        self.assertEqual(rows, self.env["crm.lead"]._ai_training_rows(deployment, NOW), "the same every time")
        labels = [row[2] for row in rows]
        for start in range(0, 320, 48):  # the test part has 48 rows
            share = sum(labels[start : start + 48]) / len(labels[start : start + 48])
            self.assertTrue(0.15 < share < 0.7, (start, share))
        version = self.train(deployment)
        self.assertGreater(version.auc, 0.6)
        self.assertFalse(version.verdict_text)
        held_out = version.sudo().held_out
        self.assertEqual(len(set(held_out["outcomes"]["labels"])), 2)
        self.assertTrue(held_out["curves"]["positive"])

    def test_records_of_different_moments_stay_in_their_order(self):
        moments = [NOW - (100 + number % 50) * DAY for number in range(100)]
        leads = self.ended([number % 2 == 0 for number in range(100)], moments)
        rows = self.env["crm.lead"]._ai_training_rows(self.made(leads), NOW)
        self.assertEqual([row[1] for row in rows], sorted(row[1] for row in rows))

    def test_without_a_win_among_the_latest_all_records_test(self):
        moments = [NOW - timedelta(days=300 - number / 2) for number in range(400)]
        leads = self.ended([number < 300 and number % 2 == 0 for number in range(400)], moments)
        version = self.train(self.made(leads))
        self.assertGreater(version.auc, 0.5)
        held_out = version.sudo().held_out
        self.assertEqual(len(held_out["outcomes"]["labels"]), 400)
        self.assertEqual(len(set(held_out["outcomes"]["labels"])), 2)


@tagged("post_install", "-at_install")
class TestComparison(MomentsCase):
    def made_with_history(self, count=420):
        rng = random.Random(1)
        moments = [NOW - timedelta(days=300 - 210 * number / count) for number in range(count)]
        return self.made(self.ended([rng.random() < 0.4 for _number in range(count)], moments))

    def test_the_same_records_give_the_same_version(self):
        deployment = self.made_with_history()
        first, again = self.train(deployment), self.train(deployment)
        self.assertEqual(first.digest, again.digest)
        self.assertEqual(again.verdict, "same")
        if again.questions_text:
            answer(again.with_user(self.owner), "It is entered before the record is scored.")
        again.with_user(self.owner).action_promote()
        self.assertEqual(deployment.champion_id, again)

    def test_the_champion_is_judged_by_the_card_that_was_tested(self):
        deployment = self.made_with_history(700)
        first = self.train(deployment)
        twin = first._tested_card()
        self.assertNotEqual(twin.to_dict(), first._card().to_dict(), "it has not learned from the latest rows")
        with clock.at(NOW):
            rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
            ids = [row[0] for row in rows]
            columns = deployment._columns([feature._to_spec() for feature in deployment.feature_ids], ids)
        later = test_rows(ids)
        self.assertEqual(
            twin.score({key: column.take(later) for key, column in columns.items()}).values.round(4).tolist(),
            first.sudo().held_out["outcomes"]["values"],
        )

    def test_only_rows_that_neither_has_learned_from_are_compared(self):
        deployment = self.made_with_history()
        with clock.at(NOW - 70 * DAY):
            first = deployment._train()
        rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
        ids, learned = [row[0] for row in rows], first.sudo().held_out["learned"]["id"]
        moments = np.array([row[1].timestamp() / 86400 for row in rows])
        unseen = Challenger(deployment).unseen_by(first, ids, moments)
        self.assertTrue(len(unseen))
        self.assertGreater(unseen.min(), ids.index(learned))
        self.assertEqual(set(unseen) - set(test_rows(ids)), set())
        again = self.train(deployment)
        self.assertEqual(again.challenge["rows"], len(unseen))

    def test_the_card_that_was_tested_may_read_an_input_that_the_serving_one_left_out(self):
        """With few records an input can be empty, and so left out, in one of the two trainings only."""
        deployment = self.made_with_history()
        served = self.card(names=["expected_revenue"])
        version = self.keep(deployment, served, tested_artifact=artifact.dump(self.card()))
        with clock.at(NOW):
            deployment._assign_champion(version, "test")
        again = self.train(deployment)
        self.assertTrue(again.challenge["rows"])


@tagged("post_install", "-at_install")
class TestUnseen(MomentsCase):
    """Which rows are new to a version, and how often these have tested others."""

    def seen(self, res_id, moment):
        return SimpleNamespace(held_out={"learned": {"id": res_id, "moment": moment}}, number=self.version.number)

    def test_rows_after_the_last_that_was_learned_from_are_unseen(self):
        ids, moments = np.repeat(np.arange(1000, 1100), 3).tolist(), np.arange(300.0)
        tested = test_rows(ids)
        unseen = Challenger(self.deployment).unseen_by(self.seen(1090, 0.0), ids, moments)
        self.assertEqual([ids[row] for row in unseen], [ids[row] for row in tested if ids[row] > 1090])
        gone = Challenger(self.deployment).unseen_by(self.seen(7, float(tested[3])), ids, moments)
        self.assertEqual(gone.tolist(), tested[4:].tolist(), "later than the last one, whose record is gone")
        nothing = SimpleNamespace(held_out=None)
        self.assertEqual(Challenger(self.deployment).unseen_by(nothing, ids, moments).tolist(), tested.tolist())

    def test_attempts_at_a_champion_on_shared_rows_are_counted(self):
        moments, rows = np.arange(100.0), np.arange(80, 100)
        compared = Challenger(self.deployment)
        self.assertEqual(compared.attempt(self.version, rows, moments)[1], 1)
        number = self.version.number
        for span, champion in (([70.0, 80.0], number), ([70.0, 79.0], number), ([70.0, 80.0], number + 9)):
            self.keep(self.deployment, self.card(), challenge={"span": span, "champion": champion})
        same, attempts = compared.attempt(self.version, rows, moments)
        self.assertEqual((same.tolist(), attempts), (rows.tolist(), 2))
        for _more in range(promotion.MOST_ATTEMPTS - 1):
            self.keep(self.deployment, self.card(), challenge={"span": [70.0, 90.0], "champion": number})
        later, attempts = compared.attempt(self.version, rows, moments)
        self.assertEqual((later.tolist(), attempts), (list(range(91, 100)), 1), "a used up test set is left behind")
        latest = self.deployment.version_ids.sorted("number")[-1]
        self.assertEqual(compared.attempt(latest, rows, moments)[1], 1, "those before it were no attempts at it")
        self.assertEqual(compared.attempt(self.version, rows[:0], moments)[1], 1)

    def test_what_a_comparison_came_to(self):
        def text(verdict, more=0, auc=0.01, brier=0.001):
            result = SimpleNamespace(more_needed=more, auc_gain=auc, brier_gain=brier, rows=77)
            return Challenger(self.deployment)._text(SimpleNamespace(verdict=verdict, comparison=result))

        self.assertIn("Better in one measure", text("inconclusive", brier=-0.001))
        self.assertIn("About as good", text("inconclusive"))
        self.assertIn("About as good", text("inconclusive", auc=None))
        self.assertIn("about 40 more", text("inconclusive", 40, brier=-0.001))
        self.assertIn("77", text("better"))
        self.assertIn("77", text("worse"))

    def test_what_verdicts_say_of_a_version(self):
        def text(kind="reviewed", **metrics):
            metrics = {"test_rows": 1200, "test_random_checks": 3, "average_precision": 0.756, **metrics}
            metrics = {"average_precision_before": 0.5, **metrics}
            tested = SimpleNamespace(card=SimpleNamespace(kind=kind), metrics=metrics)
            return Challenger(self.deployment)._judged_text(tested)

        too_few = "Too few cases have been reviewed."
        self.assertEqual((text("anomaly"), text(average_precision=None)), (too_few, too_few))
        told = "On the latest 1,200 reviewed records: average precision 76 %, before 50 %."
        self.assertEqual(text(), told)
        self.assertIn("76 %, before 0 %.", text(average_precision_before=None))
        self.assertEqual(text(average_precision=0.0), told.replace("76", "0"))
        self.assertTrue(text(test_random_checks=0).startswith(f"{told} None of them was a random check"))

    def test_scores_from_elsewhere_are_not_compared(self):
        for kind in ("remote", "pushed"):
            champion = SimpleNamespace(digest="another", _card=lambda kind=kind: SimpleNamespace(kind=kind))
            training = SimpleNamespace(card=self.card())
            found = Challenger(self.deployment).compare(champion, None, training, {}, [], np.array([]), np.array([]))
            self.assertEqual(found["verdict"], "inconclusive")
            self.assertIn("runs elsewhere", found["verdict_text"])
        champion.digest = artifact.digest(artifact.dump(training.card))
        found = Challenger(self.deployment).compare(champion, None, training, {}, [], np.array([]), np.array([]))
        self.assertEqual(found["verdict"], "same")
