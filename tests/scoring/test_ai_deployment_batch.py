"""Batches: kept before the work, worked off in pieces, steered by people, and told about at the end."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase


@tagged("post_install", "-at_install")
class TestBatch(BatchCase):
    def test_many_are_kept_with_their_ids_before_any_work(self):
        leads = self.make_leads(25)
        with self.capture_triggers("ai_deployment.ir_cron_worker_1") as captured:
            batch = self.ask(leads)
        self.assertEqual(len(captured.records), 1)
        self.assertEqual((batch.state, batch.record_count, batch.progress), ("running", 25, 0))
        self.assertEqual([chunk.record_count for chunk in batch.chunk_ids], [10, 10, 5])
        self.assertEqual(sorted(sum((chunk.record_ids for chunk in batch.chunk_ids), [])), leads.ids)
        self.assertFalse(self.inferences_of(leads))
        self.assertBalanced(requested=25, waiting=25)

    def test_a_lane_scores_all_of_it_once_and_says_so(self):
        leads = self.make_leads(25)
        batch = self.ask(leads)
        self.work(NOW + timedelta(hours=1))
        self.assertEqual((batch.state, batch.progress), ("done", 100))
        self.assertEqual(batch.end_date, NOW + timedelta(hours=1))
        self.assertIn("25 scored", batch.outcome_text)
        self.assertEqual(sorted(self.inferences_of(leads).mapped("res_id")), leads.ids)
        self.assertBalanced(requested=25, automatic=25, waiting=0)

    def test_work_on_another_day_counts_for_the_day_that_asked(self):
        self.ask(self.make_leads(12))
        self.work(NOW + timedelta(days=1))
        self.assertBalanced(requested=12, automatic=12)
        self.assertFalse(self.sum_of(NOW + timedelta(days=1)))

    def test_who_asks_is_who_scores(self):
        own, foreign = self.make_leads(6), self.make_leads(6, user_id=self.other_seller.id)
        batch = self.ask(own + foreign, user=self.seller)
        self.assertEqual(batch.user_id, self.seller)
        self.work()
        self.assertEqual(self.inferences_of(own + foreign).mapped("res_id"), own.ids)
        self.assertEqual(self.inferences_of(own).user_id, self.seller)
        self.assertBalanced(requested=12, automatic=6, cancelled=6)

    def test_what_is_gone_archived_or_moved_meanwhile_is_cancelled_not_lost(self):
        leads = self.make_leads(12)
        company = self.env["res.company"].create({"name": "Another"})
        self.ask(leads)
        leads[0].unlink()
        leads[1].write({"user_id": False, "team_id": False, "company_id": company.id})
        leads[2].active = False  # an archived lead may still be scored
        self.work()
        self.assertBalanced(requested=12, automatic=10, cancelled=2)

    def test_asked_again_what_has_not_changed_is_left_alone(self):
        leads = self.make_leads(12)
        self.ask(leads)
        self.work()
        self.ask(leads)
        self.work()
        self.assertEqual(len(self.inferences_of(leads)), 12)
        self.assertBalanced(requested=24, automatic=12, unchanged=12)
        self.ask(leads, again=True)
        self.work()
        self.assertBalanced(requested=36, automatic=24, unchanged=12)

    def test_nothing_to_score_is_done_at_once(self):
        batch = self.env["ai.deployment.batch"]._ask(self.deployment, [])
        self.assertEqual((batch.state, batch.progress), ("done", 100))

    # Steering

    def test_what_waits_already_is_not_asked_for_again(self):
        """However often the same is asked for: one batch, one place in the sum, and what is new beside it."""
        leads = self.make_leads(20)
        first = self.ask(leads)
        for _time in range(3):
            self.assertEqual(self.ask(leads), first)
        self.assertEqual(self.ask(leads[:7]), first)
        more = self.make_leads(6)
        second = self.env["ai.deployment.batch"]._ask(self.deployment, (leads + more).ids)
        self.assertEqual((second != first, second.record_count), (True, 6))
        self.assertEqual(sum(self.env["ai.deployment.batch"].search([]).mapped("record_count")), 26)
        again = self.env["ai.deployment.batch"]._ask(self.deployment, leads.ids, again=True)
        self.assertEqual(again.record_count, 20)
        self.assertEqual(self.env["ai.deployment.batch"]._ask(self.deployment, leads.ids, again=True), again)
        self.work()
        self.assertEqual(len(self.inferences_of(leads + more)), 26 + 20)
        self.assertFalse(self.env["ai.deployment.batch"].search([("state", "=", "running")]))

    def test_what_another_person_asked_for_is_worked_off_with_other_rights(self):
        leads = self.make_leads(20)
        self.ask(leads)
        self.assertEqual(self.ask(leads, user=self.owner).user_id, self.owner)

    def test_a_paused_batch_waits_and_goes_on(self):
        leads = self.make_leads(12)
        batch = self.ask(leads, user=self.seller)
        batch.with_user(self.seller).action_pause()
        self.work()
        self.assertFalse(self.inferences_of(leads))
        self.assertEqual((batch.state, batch.paused_reason), ("paused", f"Paused by {self.seller.name}"))
        batch.with_user(self.owner).action_resume()
        self.work()
        self.assertEqual(batch.state, "done")
        self.assertEqual(len(self.inferences_of(leads)), 12)

    def test_a_cancelled_batch_leaves_the_rest_as_it_is(self):
        leads = self.make_leads(12)
        batch = self.ask(leads)
        batch.with_user(self.owner).action_cancel()
        self.work()
        self.assertFalse(self.inferences_of(leads))
        self.assertEqual(batch.state, "cancelled")
        self.assertBalanced(requested=12, cancelled=12)

    def test_a_piece_that_was_in_hands_when_the_batch_was_cancelled_is_cancelled_later(self):
        batch = self.ask(self.make_leads(12))
        batch.state = "cancelled"
        self.work()
        self.assertBalanced(requested=12, cancelled=12)

    def test_only_who_asked_and_the_owner_steer(self):
        batch = self.ask(self.make_leads(12), user=self.seller)
        with self.assertRaises(AccessError):
            batch.with_user(self.reviewer).action_cancel()
        with self.assertRaises(AccessError):
            batch.with_user(self.other_seller).action_pause()
        self.assertEqual(self.env["ai.deployment.batch"].with_user(self.other_seller).search([]).ids, [])
        self.assertEqual(self.env["ai.deployment.batch"].with_user(self.seller).search([]), batch)
        with self.assertRaises(UserError):
            batch.unlink()

    def test_switched_off_pauses_and_retired_cancels(self):
        batch = self.ask(self.make_leads(12))
        self.deployment.state = "suspended"
        self.work()
        self.assertEqual((batch.state, batch.paused_reason), ("paused", "The deployment is suspended."))
        self.assertBalanced(requested=12, waiting=12)
        self.deployment.state = "shadow"
        self.assertEqual(batch.state, "running")  # it waited for the switch only
        self.deployment.state = "retired"
        self.assertEqual(batch.state, "cancelled")
        self.work()
        self.assertBalanced(requested=12, waiting=0, cancelled=12)

    # Faults

    def test_batches_are_forgotten_with_the_log_unless_they_have_not_ended(self):
        ended, cancelled, running = (self.ask(self.make_leads(8)) for _number in range(3))
        with clock.at(NOW):
            cancelled.action_cancel()
            running.action_pause()
        self.work()
        pieces = ended.chunk_ids
        late = NOW + timedelta(days=self.deployment.retention_days)
        with clock.at(late):
            self.env["ai.deployment.batch"]._gc_expired()
        self.assertEqual((ended + cancelled + running).exists(), ended + cancelled + running)
        with clock.at(late + timedelta(seconds=1)):
            self.assertEqual(self.env["ai.deployment.batch"]._gc_expired(), (2, False))
        self.assertEqual((ended + cancelled + running).exists(), running)
        self.assertFalse(pieces.exists())
