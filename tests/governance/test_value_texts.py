"""Value in words: intervals, the caveat, nothing said of too little, and texts stay texts."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.value_texts import ValueTexts
from odoo.addons.ai_deployment.models.governance.value_texts import _rounded as rounded
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, ValueCase


@tagged("post_install", "-at_install")
class TestValueTexts(ValueCase):
    def test_beside_money_that_is_too_noisy_stands_the_win_rate_at_the_usual_amount(self):
        self.past_leads(200, BEFORE, won=40, lost=160)
        self.past_leads(1, BEFORE, won=1, revenue=1_000_000)  # decides the mean
        self.baseline()
        self.measured(won=80, lost=120)
        revenue, conversion = (self.rows()[code] for code in ("revenue", "conversion"))
        self.assertTrue(revenue.change_low < 0 < revenue.change_high)
        table = ValueTexts(self.deployment).tables()[0]
        [usual] = [row for row in table["rows"] if "usual amount" in row["name"]]
        self.assertIn("half of all wins are above", usual["assumption"])
        self.assertGreater(conversion.change_low, 0)
        self.assertTrue(usual["money"].startswith("+"), usual)
        self.assertNotIn("-", usual["money"], "the whole interval is a gain")

    def test_money_that_says_something_stands_alone(self):
        self.past_leads(200, BEFORE, won=40, lost=160)
        self.baseline()
        self.measured(won=120, lost=80)
        rows = ValueTexts(self.deployment).tables()[0]["rows"]
        self.assertFalse([row for row in rows if "usual amount" in row["name"]])

    def test_it_never_claims_to_be_the_cause(self):
        self.measured()
        self.assertIn("Before/after comparison: other factors may have changed as well.", self.deployment.value_caveat)

    def test_a_loss_is_told_as_one(self):
        rows = self.measured(won=10, lost=150)
        self.assertLess(rows["net"].money_high, 0)
        self.assertEqual(ValueTexts(self.deployment).net(), rows["net"])
        self.assertIn("-", self.deployment.value_text)

    def test_before_the_first_outcomes_are_due_it_says_when(self):
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.assertIn("has not been measured", self.deployment.value_html)
        self.baseline()
        self.assertEqual(self.deployment.value_text, "not measured yet")
        self.assertIn("not live yet", self.deployment.value_html)
        self.go_live()
        with clock.at(NOW), self.assertRaisesRegex(UserError, "due on 04/02/2026"):
            self.deployment.action_measure_value()

    def test_a_sum_has_two_figures_and_cents_only_where_they_are_known(self):
        texts = ValueTexts(self.deployment)
        self.assertEqual([rounded(9.6), rounded(-0.4), rounded(14.4), rounded(-1249)], [10, 0, 14, -1200])
        self.assertEqual(texts._unit("money", 99.5), "$\xa099.50")
        self.assertEqual(texts._unit("money", 100.4), "$\xa0100")
        self.assertEqual(texts._unit("share", 0.1234, 0.1, 0.15), "12.3 % (10.0 % – 15.0 %)")
        self.assertEqual(texts._unit("share", 0.02, 0.0, 0.04, signed=True), "+2.0 points (0.0 to +4.0)")
        self.assertEqual(texts._unit("days", 3.0, -1.0, 7.0, signed=True), "+3.0 (-1.0 – +7.0)")
        self.assertEqual(texts._unit("days", 3.0, 3.0, 3.0), "3.0")
        self.assertEqual(texts._unit("days", 0.0, signed=True), "0.0")

    def test_html_in_texts_is_text(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.baseline()
        self.deployment.holdout_reason = "<b>x</b>"
        self.assertNotIn("<script", self.deployment.value_html)
