"""What a version flags by strongest reason, and what reviewers confirmed of it."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.training.flagged import confirmed_by_reason
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import ReviewedCase


@tagged("post_install", "-at_install")
class TestFlagged(ReviewedCase):
    def test_a_new_version_tells_what_it_flags_of_the_later_half(self):
        found = self.first.flagged
        self.assertEqual(found["rows"], 200)
        self.assertEqual(found["flagged"], sum(reason["count"] for reason in found["reasons"]))
        self.assertEqual(found["reasons"][0]["key"], "expected_revenue")
        examples = self.env["crm.lead"].browse(found["reasons"][0]["ids"])
        self.assertLessEqual(set(examples.ids), set(self.leads[200:].ids))
        self.assertGreater(min(examples.mapped("expected_revenue")), 5000)

    def test_reviews_are_counted_by_the_reason_of_their_record(self):
        self.assertEqual(confirmed_by_reason(self.unusual), {})
        asked = self.make_leads(4, expected_revenue=9e6)
        self.unusual._score(asked, now=NOW)
        for lead, truth in zip(asked, ["positive", "negative", "negative", "negative"], strict=True):
            self.decide(lead, truth, inference_id=self.inferences_of(lead, self.unusual)[:1].id)
        self.assertEqual(confirmed_by_reason(self.unusual), {"expected_revenue": (4, 1)})
        self.assertIn("25 % of 4", self.first.flagged_html)
