"""Limits of reviews a day: what they leave, also to two workers at a time."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestQuota(RuleCase):
    def test_no_more_of_a_reason_a_day_than_its_cap_those_in_most_need_first(self):
        self.rule("amount", is_on=True, amount=1000, cap=2)
        leads = self.env["crm.lead"].union(*(self.make_leads(expected_revenue=1000 + 100 * n) for n in range(5)))
        self.assertEqual(self.why(leads), ["automatic"] * 3 + ["amount"] * 2)
        more = self.make_leads(expected_revenue=90000)
        self.assertEqual(self.why(more, now=NOW + timedelta(hours=2)), ["automatic"])
        self.assertEqual(self.why(more, now=NOW + timedelta(days=1), again=True), ["amount"])
        rooms = self.env["ai.deployment.quota"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(sorted((room.reason, room.used) for room in rooms), [("amount", 1), ("amount", 2)])
        self.assertBalanced()

    def test_beyond_a_cap_the_next_reason_counts(self):
        self.deployment.min_confidence = 0.7
        self.rule("amount", is_on=True, amount=1000, cap=1)
        leads = self.make_leads(3, **self.unsure)
        self.assertEqual(sorted(self.why(leads)), ["amount", "low_confidence", "low_confidence"])

    def test_each_reason_can_be_capped(self):
        self.deployment.min_confidence = 0.7
        japan = self.env.ref("base.jp").id
        for reason, values in (
            ("low_confidence", self.unsure),
            ("out_of_support", {"expected_revenue": 50000, "country_id": japan}),
            ("disagreement", self.sure),
        ):
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                for other in self.deployment.review_rule_ids:
                    other.is_on = other.reason == reason
                self.rule(reason, cap=2)
                leads = self.make_leads(4, **values)
                for lead in leads:
                    self.with_opinion(lead, 10)
                self.assertEqual(sorted(self.why(leads)), ["automatic"] * 2 + [reason] * 2)
                savepoint.rollback()
                self.env.invalidate_all()
        vendors = self.env["res.partner"].create([{"name": f"New {number}"} for number in range(4)])
        for reason, amount in (("flagged", 20000), ("new_vendor", 50)):
            for other in self.bills.review_rule_ids:
                other.is_on = other.reason == reason
            self.rule(reason, self.bills, cap=2)
            bills = self.env["account.move"].union(
                *(self.make_bill(amount + n, partner_id=vendors[n].id) for n in range(4))
            )
            with self.subTest(reason=reason):
                self.assertEqual(sorted(self.why(bills)), sorted(["automatic"] * 2 + [reason] * 2))

    def test_who_waits_for_a_decision_already_takes_no_room(self):
        self.rule("amount", is_on=True, amount=1000, cap=2)
        first, later = self.make_leads(2), self.make_leads(2)
        self.why(first)
        self.why(first + later, now=NOW + timedelta(days=1), again=True)
        self.assertEqual(len(self.reviews_of(later)), 2)

    def test_a_capacity_and_a_cap_both_hold(self):
        self.deployment.write({"routing": "capacity", "reviews_per_day": 3})
        self.rule("low_confidence", cap=2)
        self.rule("amount", is_on=True, amount=60000)
        leads = self.make_leads(5, **self.unsure) + self.make_leads(2, expected_revenue=70000)
        why = self.why(leads)
        self.assertEqual((why.count("low_confidence"), why.count("amount")), (2, 2))
        rooms = self.env["ai.deployment.quota"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual({room.reason: room.used for room in rooms}, {"capacity": 2, "low_confidence": 2})

    def test_without_a_cap_no_room_is_touched(self):
        self.rule("amount", is_on=True, amount=1000)
        self.why(self.make_leads(3))
        self.assertFalse(self.env["ai.deployment.quota"].search([("deployment_id", "=", self.deployment.id)]))
