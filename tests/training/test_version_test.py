"""The test of a version: the rows that test it, and what is stored of them."""

from dataclasses import dataclass
from unittest.mock import patch

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.models.training import version_test
from odoo.addons.ai_deployment.models.training.version_test import (
    TEST_SHARE,
    held_out,
    learned,
    stakes,
    test_rows,
    untested_text,
)
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@dataclass
class Said:
    values: np.ndarray
    predictions: np.ndarray
    confidences: np.ndarray


class Saying:
    """A card that says what its input says."""

    threshold = 0.25

    def score(self, columns):
        values = columns["said"].values
        return Said(values, values >= 0.5, np.maximum(values, 1 - values))


def said(values):
    return {"said": make_column("said", NUMBER, values)}


@tagged("post_install", "-at_install")
class TestVersionTest(AiDeploymentCase):
    def test_the_latest_rows_test(self):
        for count in (0, 1, 100, 401):
            rows = test_rows(list(range(1000, 1000 + count)))
            self.assertEqual(len(rows), count - round(count * (1 - TEST_SHARE)))
            self.assertEqual(rows.tolist(), list(range(count - len(rows), count)))

    def test_no_record_is_learned_from_and_tests_and_each_tests_once(self):
        ids = np.repeat(np.arange(1000, 1100), 3).tolist()
        rows, last = test_rows(ids), learned(self.deployment, ids, np.arange(300.0))["learned"]["id"]
        self.assertEqual([ids[row] for row in rows], list(range(last + 1, 1100)))

    def test_the_last_row_that_was_learned_from_is_the_one_before_them(self):
        moments = np.arange(100.0)
        self.assertEqual(
            learned(self.deployment, list(range(1000, 1100)), moments), {"learned": {"id": 1084, "moment": 84.0}}
        )
        self.assertEqual(learned(self.deployment, [], moments[:0]), {})

    def test_one_outcome_alone_proves_nothing(self):
        labels, ids = np.zeros(100, dtype=bool), list(range(100))
        self.assertIn("no wins among the latest 15", untested_text(self.deployment, ids, labels))
        self.assertIn("no leads without a win", untested_text(self.deployment, ids, ~labels))
        labels[-1] = True
        self.assertFalse(untested_text(self.deployment, ids, labels))

    def test_what_is_kept_of_the_test(self):
        values = [number / 1000 for number in range(200)]
        values[175] = None
        labels, moments = np.arange(200) % 2 == 0, np.arange(200.0) / 2
        with patch.object(version_test, "MOST_OUTCOMES", 10):
            kept = held_out(self.deployment, Saying(), list(range(200)), said(values), moments, labels)
        self.assertEqual(kept["outcomes"]["labels"], [1, 0] * 5)
        self.assertEqual(kept["outcomes"]["values"], [round(number / 1000, 4) for number in range(190, 200)])
        self.assertEqual(len(kept["sureness"]), 29, "the latest 30 but the one without a value")
        self.assertAlmostEqual(max(kept["sureness"]), 0.83)
        self.assertEqual(kept["per_day"], 30 / 14.5)
        self.assertEqual([len(week) for week in kept["weeks"]], [2, 2, 2], "in 14.5 days three weeks begin")
        self.assertEqual(set(kept["curves"]), {"positive", "negative"})

    def test_of_a_test_that_proves_nothing_only_how_sure_it_was_is_kept(self):
        labels, moments = np.zeros(100, dtype=bool), np.zeros(100)
        kept = held_out(self.deployment, Saying(), list(range(100)), said([0.2] * 100), moments, labels)
        self.assertEqual((kept["curves"], kept["outcomes"], kept["weeks"]), ({}, {}, []))
        self.assertEqual(kept["per_day"], 15.0, "a test within one day is one of a day")
        nothing = held_out(self.deployment, Saying(), list(range(100)), said([None] * 100), moments, labels)
        self.assertEqual(nothing, {})

    def test_out_of_fold_all_records_test(self):
        labels, moments = np.arange(100) % 2 == 0, np.arange(100.0)
        chances = np.full(100, 0.3)
        kept = held_out(self.deployment, Saying(), list(range(100)), said([0.1] * 100), moments, labels, chances)
        self.assertEqual(kept["outcomes"]["values"], [0.3] * 100)
        self.assertEqual(set(kept["sureness"]), {0.7})
        self.assertTrue(kept["curves"]["positive"], "0.3 is above the card's own threshold")
        self.assertFalse(kept["curves"]["negative"])

    def test_what_is_at_stake_in_the_latest_records(self):
        leads = self.make_leads(40)
        for number, lead in enumerate(leads):
            lead.expected_revenue = 100 * number
        values = [number / 100 for number in range(40)]
        values[38] = None
        labels = np.arange(40) % 2 == 0
        with patch.object(version_test, "MOST_OUTCOMES", 4):
            found = stakes(self.deployment, Saying(), said(values), leads.ids, labels)
        self.assertEqual(
            found,
            {"values": [0.36, 0.37, 0.39], "labels": [1, 0, 0], "amounts": [3600.0, 3700.0, 3900.0], "threshold": 0.25},
        )
        self.assertEqual(stakes(self.deployment, Saying(), said(values), leads.ids, labels & False), {})
