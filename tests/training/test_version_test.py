"""The test of a version: the rows that test it, and what is stored of them."""

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.training.version_test import TEST_SHARE, learned, test_rows, untested_text
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


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
