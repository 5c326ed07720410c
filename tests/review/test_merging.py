"""Questions about leads that are merged."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import ReviewCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestMerging(ReviewCase):
    def test_merged_leads_say_why_their_questions_closed(self):
        head, tail = self.make_leads(2)
        head.name, tail.name = "Head", "Tail"
        head.stage_id = self.env["crm.stage"].search([("is_won", "=", False)], order="sequence desc", limit=1)
        standing, gone = self.ask(head + tail)
        with clock.at(NOW + HOUR):
            self.assertEqual((head + tail).merge_opportunity(), head)
        self.assertEqual((gone.state, gone.expired_reason, gone.expired_date), ("expired", "merged", NOW + HOUR))
        self.assertIn("“Tail” was merged into “Head”", gone.message_ids[0].body)
        self.assertEqual(standing.state, "open")
        self.assertIn("“Tail” was merged into this record", standing.message_ids[0].body)
        self.assertFalse(gone.next_step_date)
