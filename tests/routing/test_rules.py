"""Reasons for reviews as they are before an owner chooses."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.routing.rules import AMOUNT, DEFAULTS, POINTS
from odoo.addons.ai_deployment.models.scoring.reasons import REVIEW_REASONS
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestRules(RuleCase):
    def test_every_reason_has_a_default_and_a_sentence(self):
        optional = {reason for reason, _label in REVIEW_REASONS} - {"edge_case"}  # which nobody may switch off
        self.assertEqual(set(DEFAULTS), optional)
        for deployment in self.deployment + self.bills:
            for rule in deployment.review_rule_ids:
                for values in ({"is_on": False}, {"is_on": True, "cap": 0}, {"cap": 3}):
                    rule.write(values)
                    with self.subTest(reason=rule.reason, **values):
                        self.assertRegex(rule.sentence, r"^(Off: |.*[Rr]eview).*\.$")

    def test_new_reasons_are_off_until_somebody_wants_them(self):
        on = {rule.reason for rule in (self.deployment + self.bills).review_rule_ids if rule.is_on}
        self.assertEqual(on, {"failed", "flagged", "low_confidence", "out_of_support", "audit"})

    def test_what_nobody_chose_yet_is_asked_as_ever(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET routing_rules = NULL WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        self.deployment.min_confidence = 0.7
        self.assertEqual(self.why(self.make_leads(**self.unsure)), ["low_confidence"])

    def test_reasons_have_room_between_them_in_the_order_in_which_they_are_told(self):
        rules = (self.deployment + self.bills).review_rule_ids
        order = ("failed", "flagged", "amount", "new_vendor", "out_of_support", "low_confidence", "disagreement")
        expected = {**{reason: 10 * place for place, reason in enumerate(order, 1)}, "audit": 90}
        self.assertEqual({rule.reason: rule.priority for rule in rules if rule.reason in DEFAULTS}, expected)
        self.assertEqual((AMOUNT, POINTS), (5000.0, 1))
        self.assertEqual(set(rules.filtered(lambda rule: rule.reason == "amount").mapped("amount")), {AMOUNT})
