"""Random checks: drawn among what no reason took, with chances that say how many records each stands for."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestRandomChecks(RuleCase):
    def test_switched_off_nothing_is_drawn(self):
        self.deployment.audit_share = 1.0
        self.rule("audit", is_on=False)
        leads = self.make_leads(3)
        self.assertEqual(self.why(leads), ["automatic"] * 3)
        self.assertEqual(set(self.lines_of(leads).mapped("audit_chance")), {0.0})

    def test_random_checks_are_drawn_among_what_no_other_reason_took_whatever_their_priority(self):
        self.deployment.write({"audit_share": 1.0, "min_confidence": 0.7})
        self.rule("audit", priority=1)
        leads = self.make_leads(**self.unsure) + self.make_leads(**self.sure)
        self.assertEqual(self.why(leads), ["low_confidence", "audit"])
        self.assertEqual(self.reviews_of(leads[1]).priority, 1)

    def test_a_cap_on_random_checks_lowers_their_chance_beforehand_over_the_whole_day(self):
        self.deployment.audit_share = 0.5
        self.rule("audit", cap=10)
        leads = self.make_leads(100)
        self.assertEqual(self.why(leads).count("audit"), 8)  # a fifth is kept back: others may come
        [chance] = set(self.lines_of(leads).mapped("audit_chance"))
        self.assertAlmostEqual(chance, 0.08, 6)
        more = self.make_leads(20)
        self.assertIn(self.why(more, now=NOW + timedelta(hours=1)).count("audit"), (0, 1))
        [later] = set(self.lines_of(more).mapped("audit_chance"))
        self.assertAlmostEqual(later, 0.5 * 2 / 25, 6, "what comes late has a chance, too")
        room = self.env["ai.deployment.quota"].search([("deployment_id", "=", self.deployment.id)])
        self.assertAlmostEqual(room.offered, 60, 6)
        self.assertAlmostEqual(room.planned, 8.8, 6)

    def test_what_other_days_bring_is_expected_of_today(self):
        self.deployment.audit_share = 0.5
        self.rule("audit", cap=10)
        for days in (1, 2, 3):
            self.why(self.make_leads(80), now=NOW - timedelta(days=days))
        morning = self.make_leads(20)
        self.why(morning)
        [chance] = set(self.lines_of(morning).mapped("audit_chance"))
        self.assertAlmostEqual(chance, 0.5 * 10 / 50, 6)

    def test_a_cap_on_random_checks_that_does_not_bite_lowers_nothing(self):
        self.deployment.audit_share = 0.2
        self.rule("audit", cap=50)
        leads = self.make_leads(30)
        self.assertEqual(self.why(leads).count("audit"), 6)
        [chance] = set(self.lines_of(leads).mapped("audit_chance"))
        self.assertAlmostEqual(chance, 0.2, 6)

    def test_of_records_scored_together_the_least_certain_with_most_money_is_checked_most(self):
        self.deployment.write({"audit_share": 0.1, "min_confidence": 0.0})
        self.rule("amount", is_on=True, amount=10**9)
        near = self.make_leads(3, expected_revenue=5000, country_id=self.belgium.id)  # log odds 0
        far = self.make_leads(3, expected_revenue=200, country_id=self.usa.id)  # log odds -2.5
        large = self.make_leads(1, expected_revenue=9000, country_id=self.belgium.id)
        self.why(near + far + large)
        chances = {line.res_id: line.audit_chance for line in self.lines_of(near + far + large)}
        self.assertAlmostEqual(sum(chances.values()), 0.1 * 7, 6)
        self.assertGreater(chances[large.id], chances[near[0].id])
        self.assertGreater(chances[near[0].id], chances[far[0].id])
        self.assertGreaterEqual(min(chances.values()), 0.05)
