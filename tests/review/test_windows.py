"""Parts of the queue: how many reviews a pass looks at, and where the next one goes on."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review import windows
from odoo.addons.ai_deployment.tests.review.common import QueueCase


@tagged("post_install", "-at_install")
class TestWindows(QueueCase):
    def setUp(self):
        super().setUp()
        self.without_activities()
        self.commits = self.enterContext(patch.object(self.registry["ir.cron"], "_commit_progress"))

    def looked_at(self, look, queue=windows.OPEN):
        """(records of the next part, whether these are all) of the only deployment that has any."""
        self.env.flush_all()
        [(deployment, ids, are_all)] = windows.turns(self.env, queue, look)
        self.assertEqual(deployment, self.deployment)
        return self.env["ai.deployment.review"].browse(ids).mapped("res_id"), are_all

    def test_parts_follow_each_other_and_begin_anew(self):
        leads = self.make_leads(5)
        self.ask(leads)
        parts = [self.looked_at(2) for _pass in range(4)]
        expected = [leads.ids[:2], leads.ids[2:4], leads.ids[4:], leads.ids[:2]]
        self.assertEqual(parts, [(part, False) for part in expected])

    def test_a_part_says_when_it_is_all(self):
        leads = self.make_leads(3)
        self.ask(leads)
        self.assertEqual(self.looked_at(4), (leads.ids, True))
        self.assertEqual(self.deployment.open_position, 0)
        self.assertFalse(self.commits.called, "the position is not written where it stays")
        self.assertEqual(self.looked_at(3), (leads.ids, False), "a fourth may follow")
        self.assertEqual(self.looked_at(3), (leads.ids, False), "none did: it begins anew")

    def test_reviews_of_one_record_stay_together(self):
        leads = self.make_leads(3)
        reviews = self.ask(leads)
        leads.action_set_lost()
        self.run_cron("tidy_reviews")
        self.multiply(reviews[0], 3, res_id=str(leads[0].id))
        self.assertEqual(self.looked_at(2, windows.LEFT), (leads[0].ids * 4, False))
        self.assertEqual(self.looked_at(2, windows.LEFT), (leads.ids[1:], False))

    def test_each_queue_has_its_position(self):
        leads = self.make_leads(4)
        self.ask(leads)
        leads[:2].action_set_lost()
        self.run_cron("tidy_reviews")
        self.assertEqual(self.looked_at(1, windows.LEFT), ([leads[0].id], False))
        self.assertEqual(self.looked_at(1), ([leads[2].id], False))
        self.assertEqual((self.deployment.left_position, self.deployment.open_position), (leads[0].id, leads[2].id))

    def test_where_nothing_is_open_there_is_nothing_to_look_at(self):
        self.assertEqual(list(windows.turns(self.env, windows.OPEN)), [])

    def test_the_position_is_kept_before_the_work(self):
        """A pass that ends in the middle does not begin at the same place for ever."""
        self.without_activities()
        leads = self.make_leads(6)
        self.ask(leads)
        self.run_cron()
        crons, seen = self.registry["ir.cron"], []
        with patch.object(windows, "LOOK", 2), patch.object(crons, "_commit_progress") as commit:
            for number in range(3):
                _deployment, ids, _are_all = next(windows.turns(self.env, windows.OPEN))
                self.assertEqual(commit.call_count, number + 1)
                seen += self.env["ai.deployment.review"].browse(ids).mapped("res_id")
        self.assertEqual(seen, sorted(leads.ids))
