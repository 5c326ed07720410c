"""Batches carried by jobs: what is decided without `queue_job`, and what a job does with its piece.

That real jobs carry a batch is proved with the real package by `dev/drill carrier`; here only the call that gives a
piece to it has a stand-in.
"""

import ast
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.scoring import job_backend
from odoo.addons.ai_deployment.models.scoring.job_backend import QUIET
from odoo.addons.ai_deployment.models.scoring.scoring_run import ScoringRun
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase

JOB_LOG = "odoo.addons.ai_deployment.models.scoring.job_backend"


@tagged("post_install", "-at_install")
class TestWithoutQueueJob(BatchCase):
    def test_nothing_imports_or_needs_it(self):
        root = Path(__file__).parents[2]
        manifest = ast.literal_eval((root / "__manifest__.py").read_text())
        self.assertNotIn("queue_job", manifest["depends"])
        for file in (*root.rglob("models/**/*.py"), *root.glob("wizards/**/*.py"), root / "hooks.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [getattr(node, "module", "") or "", *(name.name for name in node.names)]
                    self.assertFalse([name for name in names if "queue_job" in name], file)

    def test_the_lanes_carry(self):
        if job_backend.is_installed(self.env):
            self.skipTest("queue_job is installed in this database.")
        with self.capture_triggers("ai_deployment.ir_cron_worker_1") as captured:
            batch = self.ask(self.make_leads(12))
        self.assertEqual(len(captured.records), 1)
        self.assertFalse(batch.jobs_since)
        self.work()
        self.assertEqual(batch.state, "done")
        self.assertFalse(any(batch.chunk_ids.mapped("job_date")))


@tagged("post_install", "-at_install")
class TestCarrier(BatchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.given = []
        cls.startClassPatcher(patch.object(job_backend, "is_installed", lambda env: True))
        cls.startClassPatcher(patch.object(job_backend, "delay", lambda chunks, eta=None: cls.given.extend(chunks.ids)))

    def setUp(self):
        super().setUp()
        self.given.clear()
        self.leads = self.make_leads(25)
        self.batch = self.ask(self.leads)
        self.pieces = self.batch.chunk_ids

    def test_each_piece_is_given_to_one_job(self):
        self.assertEqual(self.given, self.pieces.ids)
        self.assertEqual(self.batch.jobs_since, NOW)

    def test_lanes_leave_it_alone_while_jobs_may_come(self):
        self.work(NOW + QUIET - timedelta(seconds=1))
        self.assertEqual(set(self.pieces.mapped("state")), {"open"})

    def test_lanes_take_over_what_no_job_came_for(self):
        self.work(NOW + QUIET)
        self.assertEqual(self.batch.state, "done")
        self.assertBalanced(requested=25, automatic=25)
        self.assertIn("already processed", self.pieces[0]._run_job())
        self.assertEqual(len(self.inferences_of(self.leads)), 25)

    def test_a_piece_done_by_a_job_keeps_the_lanes_away_for_longer(self):
        later = NOW + QUIET - timedelta(seconds=1)
        with clock.at(later):
            self.pieces[0]._run_job()
        self.work(NOW + QUIET)
        self.assertEqual(self.pieces.mapped("state"), ["done", "open", "open"])
        self.work(later + QUIET)
        self.assertEqual(self.batch.state, "done")
        self.assertEqual(self.pieces.mapped(lambda piece: bool(piece.job_date)), [True, False, False])

    def test_lanes_take_over_when_queue_job_is_uninstalled(self):
        with patch.object(job_backend, "is_installed", lambda env: False):
            self.work()
        self.assertEqual(self.batch.state, "done")

    def test_jobs_score_each_record_once(self):
        for piece in self.pieces:
            self.assertIn("scored", piece._run_job())
            self.assertIn("already processed", piece._run_job())
        self.env["ai.deployment.batch"]._finish()
        self.assertEqual(self.batch.state, "done")
        self.assertEqual(sorted(self.inferences_of(self.leads).mapped("res_id")), self.leads.ids)
        self.assertBalanced(requested=25, automatic=25)

    def test_a_job_of_a_cancelled_batch_does_nothing_and_says_so(self):
        self.batch.action_cancel()
        self.assertIn("cancelled", self.pieces[0]._run_job())
        self.assertFalse(self.inferences_of(self.leads))
        self.assertBalanced(requested=25, cancelled=25)

    def test_a_paused_batch_gets_new_jobs_when_it_goes_on(self):
        self.pieces[0]._run_job()
        self.batch.action_pause()
        self.assertIn("paused", self.pieces[1]._run_job())
        self.given.clear()
        self.batch.action_resume()
        self.assertEqual(self.given, self.pieces[1:].ids)

    def test_a_job_finds_the_deployment_switched_off(self):
        self.deployment.suspend()
        self.batch._resume()
        self.assertIn("paused", self.pieces[0]._run_job())
        self.assertFalse(self.pieces[0].job_date)

    def test_a_job_that_fails_is_tried_again_and_then_asks_a_person(self):
        self.given.clear()
        with (
            patch.object(ScoringRun, "read_standings", side_effect=RuntimeError("broken")),
            self.assertLogs(JOB_LOG, "ERROR"),
        ):
            self.assertIn("tries again", self.pieces[0]._run_job())
            self.assertEqual(self.given, self.pieces[0].ids)
            self.pieces[0]._run_job()
            self.assertIn("batch is paused", self.pieces[0]._run_job())
        self.assertEqual(self.batch.state, "paused")
        self.assertTrue(self.env["ai.deployment.alert"].search([("cause", "=", "batch")]))
        self.assertBalanced(requested=25, waiting=25)
