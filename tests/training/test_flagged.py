"""What a version flags by strongest reason, and what reviewers confirmed of it."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.models.training.flagged import confirmed_by_reason, flagged_by_reason
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

    def found(self, revenues, countries=None, flag_rate=0.25):
        card, count = self.first._card(), len(revenues)
        specs = [
            {"key": "expected_revenue", "kind": NUMBER, "stands_alone": True},
            {"key": "country_id", "kind": CATEGORY, "stands_alone": True},
        ]
        columns = {
            "expected_revenue": make_column("expected_revenue", NUMBER, revenues),
            "country_id": make_column("country_id", CATEGORY, countries or [str(self.usa.id)] * count),
            "color": make_column("color", NUMBER, [1] * count),
        }
        return flagged_by_reason(card, specs, columns, list(range(100, 100 + count)), flag_rate)

    def test_of_the_later_half_as_many_as_shall_be_flagged(self):
        usual = [1000.0 + number for number in range(8)]
        found = self.found([9e6] * 8 + usual)
        self.assertEqual((found["rows"], found["flagged"]), (8, 2), "the earlier half is not looked at")
        self.assertEqual(sum(reason["count"] for reason in found["reasons"]), 2)
        self.assertEqual(self.found(usual * 2, flag_rate=0.1)["flagged"], 0, "less than one")
        found = self.found(usual + [9e6, 8e6, 7e6, 6e6, 5e6, 1.0, 1.0, 1.0])
        self.assertEqual([(one["key"], one["count"]) for one in found["reasons"]], [("expected_revenue", 5)])
        self.assertEqual(found["reasons"][0]["ids"], sorted(found["reasons"][0]["ids"]))
        self.assertEqual(len(found["reasons"][0]["ids"]), 3)
        self.assertEqual(self.found([1000.0] * 3)["rows"], 2)

    def test_categories_that_are_new_more_often_than_is_flagged_are_named(self):
        old, new = [str(self.usa.id)], [str(self.belgium.id)]
        for count, share in ((2, {}), (3, {"country_id": 0.375})):
            found = self.found([1000.0] * 16, old * (16 - count) + new * count)
            self.assertEqual(found["growing"], share)
