"""Chunks of a batch: taken by one worker, done again after a collision, set aside where they end their process."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2.errors

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.scoring.ai_deployment_batch_chunk import JUST_TAKEN, MOST_ATTEMPTS
from odoo.addons.ai_deployment.models.scoring.scoring_run import ScoringRun
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import CHUNK_LOG, BatchCase


@tagged("post_install", "-at_install")
class TestChunks(BatchCase):
    def test_a_version_promoted_in_the_middle_scores_the_rest(self):
        leads = self.make_leads(12)
        self.ask(leads)
        with clock.at(NOW):
            self.env["ai.deployment.batch.chunk"]._take()._work()
        newer = self.serve(self.deployment, self.card(high=2.0))
        self.work()
        by_version = self.inferences_of(leads).grouped("version_id")
        self.assertEqual({version: len(lines) for version, lines in by_version.items()}, {self.version: 10, newer: 2})

    def test_a_collision_is_done_again_and_costs_nothing(self):
        leads, read, calls = self.make_leads(12), FeatureReader.read, []

        def collide(reader, ids):
            calls.append(ids)
            if len(calls) == 1:
                raise psycopg2.errors.SerializationFailure("could not serialize access")
            return read(reader, ids)

        self.ask(leads)
        self.env.cr.flush()
        with patch.object(FeatureReader, "read", collide):
            self.work()
        self.assertEqual(sorted(self.inferences_of(leads).mapped("res_id")), leads.ids)
        self.assertBalanced(requested=12, automatic=12)

    def test_a_piece_that_this_code_cannot_read_raises_its_first_error_alone(self):
        """A newer code works beside the update of its database: one traceback, and no piece is to blame."""
        chunk = self.ask(self.make_leads(12)).chunk_ids[:1]
        first, second = (psycopg2.errors.UndefinedColumn(text) for text in ("first", "second"))
        with (
            patch.object(type(chunk), "_end", side_effect=second),
            self.assertRaises(psycopg2.errors.UndefinedColumn) as caught,
        ):
            chunk._end_after(first)
        self.assertIs(caught.exception, first)
        self.assertTrue(first.__suppress_context__)
        chunk.interruptions = 1
        chunk._end_after(first)  # where it can be read, its start is taken back
        self.assertEqual(chunk.interruptions, 0)

    def test_a_batch_that_fails_by_itself_pauses_and_tells_the_owner(self):
        batch = self.ask(self.make_leads(12))
        with (
            patch.object(ScoringRun, "read_standings", side_effect=RuntimeError("broken")),
            self.assertLogs(CHUNK_LOG, "ERROR"),
        ):
            self.work()
        self.assertEqual(batch.state, "paused")
        self.assertIn("failed several times", batch.paused_reason)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "batch")])
        self.assertEqual((alert.state, alert.deployment_id), ("firing", self.deployment))
        self.assertBalanced(requested=12, waiting=12)
        batch.action_resume()
        self.work()
        self.assertEqual(batch.state, "done")
        self.assertEqual(alert.state, "resolved")

    def test_who_lost_the_right_to_the_records_scores_none_of_them(self):
        leads = self.make_leads(12)
        batch = self.ask(leads, user=self.seller)
        self.seller.group_ids = [(6, 0, self.env.ref("base.group_user").ids)]
        self.work()
        self.assertEqual(batch.state, "done")
        self.assertFalse(self.inferences_of(leads))
        self.assertBalanced(requested=12, cancelled=12)

    def test_a_chunk_pauses_its_batch_at_its_last_attempt(self):
        batch = self.ask(self.make_leads(12))
        chunk = batch.chunk_ids[0]
        for attempt in range(1, MOST_ATTEMPTS):
            chunk._failed()
            self.assertEqual((chunk.attempts, batch.state), (attempt, "running"))
        chunk._failed()
        self.assertEqual((chunk.attempts, batch.state), (MOST_ATTEMPTS, "paused"))

    def test_a_chunk_that_was_just_taken_is_left_to_its_worker(self):
        chunks = self.ask(self.make_leads(12)).chunk_ids
        for moment, taken in (
            (NOW - JUST_TAKEN - timedelta(seconds=1), chunks[0]),
            (NOW - JUST_TAKEN, chunks[1]),
            (NOW + JUST_TAKEN, chunks[1]),
            (NOW + JUST_TAKEN + timedelta(seconds=1), chunks[0]),  # the clock was ahead
        ):
            chunks[0].taken_date = moment
            self.env.flush_all()
            with self.subTest(moment=moment), clock.at(NOW):
                self.assertEqual(self.env["ai.deployment.batch.chunk"]._take(), taken)

    def test_the_end_of_a_start_takes_its_count_back_and_never_more(self):
        chunk = self.ask(self.make_leads(12)).chunk_ids[0]
        chunk.write({"interruptions": 1, "taken_date": NOW})
        for _end in range(2):
            chunk._end()
            self.assertEqual((chunk.interruptions, chunk.taken_date), (0, False))


@tagged("post_install", "-at_install")
class TestKilledPieces(BatchCase):
    """A start is counted before the work, so that a chunk that ends its process is not tried for ever."""

    def killed(self, now):
        """A lane that begins a piece and whose process then ends."""
        self.env.flush_all()
        with clock.at(now), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            chunk = self.env(cr=cr)["ai.deployment.batch.chunk"]._take()
            self.assertTrue(chunk._begin())
        self.env.invalidate_all()
        return chunk.with_env(self.env)

    def test_a_piece_that_ends_its_process_twice_is_set_aside_and_told(self):
        batch = self.ask(self.make_leads(22))
        first = self.killed(NOW)
        self.assertEqual(first.interruptions, 1)
        self.assertNotEqual(self.killed(NOW), first, "just taken")
        later = NOW + timedelta(minutes=5)
        self.assertEqual(self.killed(later), first)
        self.work(later + timedelta(minutes=5))
        self.assertEqual(batch.state, "paused")
        self.assertEqual(batch.chunk_ids.mapped("state").count("done"), 2)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "aside")])
        self.assertEqual((alert.state, "10 records" in alert.name), ("firing", True))
        self.assertBalanced(requested=22, automatic=12, waiting=10)
        batch.action_resume()
        self.work(later + timedelta(minutes=10))
        self.assertEqual(batch.state, "done")
        self.assertBalanced(requested=22, automatic=22, waiting=0)

    def test_what_ends_in_order_counts_no_start(self):
        batch = self.ask(self.make_leads(12))
        self.work()
        self.assertEqual(set(batch.chunk_ids.mapped("interruptions")), {0})

    def test_a_full_disk_is_told_and_pauses_nothing(self):
        batch = self.ask(self.make_leads(12))
        with (
            patch.object(FeatureReader, "read", side_effect=psycopg2.errors.DiskFull("no space")) as read,
            self.assertLogs(CHUNK_LOG, "ERROR") as log,
        ):
            self.work()
        self.assertEqual((batch.state, read.call_count, len(log.output)), ("running", 1, 1))
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "server:disk_full")])
        self.assertEqual(alert.state, "firing")
        self.work()
        self.assertEqual((batch.state, alert.state), ("done", "resolved"))
