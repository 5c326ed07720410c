"""Value in words: intervals, the caveat, nothing said of too little, and texts stay texts."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.value_texts import ValueTexts
from odoo.addons.ai_deployment.models.governance.value_texts import _rounded as rounded
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, ValueCase

PLAIN = {0xA0: None, 0xFEFF: None}  # what keeps an amount on one line


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
        self.assertEqual(texts.unit("money", 99.5), "$\xa099.50")
        self.assertEqual(texts.unit("money", 100.4), "$\xa0100")
        self.assertEqual(texts.unit("share", 0.1234, 0.1, 0.15), "12.3 % (10.0 % – 15.0 %)")
        self.assertEqual(texts.unit("share", 0.02, 0.0, 0.04, signed=True), "+2.0 points (0.0 to +4.0)")
        self.assertEqual(texts.unit("days", 3.0, -1.0, 7.0, signed=True), "+3.0 (-1.0 – +7.0)")
        self.assertEqual(texts.unit("days", 3.0, 3.0, 3.0), "3.0")
        self.assertEqual(texts.unit("days", 0.0, signed=True), "0.0")

    def test_html_in_texts_is_text(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.baseline()
        self.deployment.holdout_reason = "<b>x</b>"
        self.assertNotIn("<script", self.deployment.value_html)

    def store(self, code="hours", period="after", **values):
        """A stored row of the deployment, as a measurement writes it."""
        row = self.env["ai.deployment.value"].create(
            {
                "deployment_id": self.deployment.id,
                "code": code,
                "period": period,
                "unit": "days",
                "date": NOW,
                "start_date": date(2026, 1, 1),
                "end_date": date(2026, 1, 31),
                "row_count": 40,
                "base_count": 30,
                "has_enough_records": True,
                **values,
            }
        )
        self.env.invalidate_all()
        return row

    def test_the_net_is_that_of_the_hold_out_where_there_is_one(self):
        texts, money = ValueTexts(self.deployment), {"unit": "money", "is_money": True}
        self.assertEqual(texts.net_text(), "not measured yet")
        self.store("net", unit="money")  # nothing in money
        self.store("running", **money, money=-20)
        self.assertFalse(texts.net())
        self.assertEqual(texts.net_text(), "nothing in money")
        after = self.store("net", "before", **money, money=1249, money_low=-96, money_high=2351)
        self.assertEqual(texts.net(), after)
        self.assertEqual(texts.net_text().translate(PLAIN), "$1,200 a month ($-96 to $2,400)")
        self.assertIn("Before/after comparison", texts.caveat())
        holdout = self.store("net", "holdout", **money, money=10)
        self.assertEqual(texts.net(), holdout)
        self.assertIn("chosen at random", texts.caveat())

    def test_the_caveat_without_a_net_is_that_of_what_was_compared(self):
        texts = ValueTexts(self.deployment)
        self.assertIn("Before/after comparison", texts.caveat())
        self.store("hours", "holdout")
        self.assertIn("chosen at random", texts.caveat())
        self.store("net", unit="money", is_money=True)
        self.assertIn("Before/after comparison", texts.caveat(), "the net speaks of the two periods")

    def test_why_nothing_is_compared_yet(self):
        texts = ValueTexts(self.deployment)
        self.assertEqual(texts.why_not(), "The baseline has not been measured.")
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        self.assertEqual(texts.why_not(), "It is not live yet.")
        self.go_live()
        with clock.at(NOW + timedelta(days=30)):
            self.assertEqual(texts.why_not(), "The first outcomes since going live are due on 04/02/2026.")
        with clock.at(NOW + timedelta(days=31)):
            self.assertEqual(texts.why_not(), "Not measured since going live.")
        self.store("conversion")
        self.assertEqual(texts.why_not(), "")

    def test_a_table_for_each_comparison_and_the_baseline_alone_until_there_is_one(self):
        texts = ValueTexts(self.deployment)
        self.assertEqual(texts.tables(), [])
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        [table] = texts.tables()
        self.assertEqual((table["is_before"], table["first_column"]), (True, "Before"))
        self.assertEqual({row["name"] for row in table["rows"]}, {row.name for row in self.rows("before").values()})
        self.store("conversion", unit="share")
        [table] = texts.tables()
        self.assertEqual((table["is_before"], table["first_column"]), (False, "Before"))
        self.assertEqual(table["period"], "01/01/2026 to 01/31/2026")
        self.store("conversion", "holdout", unit="share")
        self.assertEqual([one["first_column"] for one in texts.tables()], ["Hold-out group", "Before"])

    def test_a_row_says_what_was_found_against_what_and_what_it_is_worth(self):
        texts = ValueTexts(self.deployment)
        change = {"is_compared": True, "value": 5, "base_value": 4, "change": 1, "change_low": -1, "change_high": 3}
        money = {"is_money": True, "money": 200, "money_low": -100, "money_high": 500}
        none = {"found": "", "base": "", "change": "", "money": ""}
        for values, expected in (
            (
                {"value": 5, "low": 4, "high": 6},
                {"found": "5.0 (4.0 – 6.0)", "base": "", "change": "not enough records"},
            ),
            ({"value": 5, "has_enough_records": False}, {"found": "not enough records", "money": ""}),
            (change, {"found": "5.0", "base": "4.0", "change": "+1.0 (-1.0 – +3.0)", "count": 40}),
            ({"row_count": 0, **change}, {"found": "5.0", "count": "", "base_count": 30}),
            ({"row_count": 0, "is_money": True}, {**none, "money": "$0.00"}),
            ({**change, **money}, {"money": "+$200 ($-100 – +$500)", "is_net": False, "assumption": ""}),
            ({"code": "net", **money, "assumption": "x"}, {"is_net": True, "assumption": "x"}),
        ):
            with self.subTest(values), self.env.cr.savepoint() as savepoint:
                row = {
                    name: str(text).translate(PLAIN) for name, text in texts._row_texts(self.store(**values)).items()
                }
                self.assertEqual({name: row[name] for name in expected}, {k: str(v) for k, v in expected.items()})
                savepoint.rollback()

    def test_the_usual_amount_is_told_only_where_the_mean_is_too_noisy(self):
        texts, share = (
            ValueTexts(self.deployment),
            {"unit": "share", "change": 0.1, "change_low": 0.1, "change_high": 0.1},
        )
        noisy = {"unit": "money", "is_compared": True, "change": 1, "change_low": -1, "change_high": 1}
        self.past_leads(40, BEFORE, won=20, lost=20, revenue=1000)
        revenue = self.store("revenue", **noisy)
        self.assertIsNone(texts._usual_texts(revenue), "the win rate was not compared")
        rate = self.store("conversion", is_compared=True, row_count=61, end_date=date(2026, 3, 2), **share)
        usual = texts._usual_texts(revenue)
        # of 61 leads in 61 days a tenth more is won, at a margin of a quarter of 1,000
        self.assertEqual(usual["money"].translate(PLAIN), "+$761")
        self.assertEqual((usual["count"], usual["base_count"], usual["is_net"]), (61, 30, False))
        for low, high, told in ((0, 1, True), (-1, 0, True), (0.5, 1, False), (-1, -0.5, False)):
            revenue.write({"change_low": low, "change_high": high})
            self.assertEqual(bool(texts._usual_texts(revenue)), told, (low, high))
        self.assertIsNone(texts._usual_texts(rate))
        revenue.write({"change_high": 1, "is_compared": False})
        self.assertIsNone(texts._usual_texts(revenue))

    def test_a_baseline_in_a_sentence_begins_with_what_rests_on_no_assumption(self):
        texts = ValueTexts(self.deployment)
        rows = self.store("a", "before", row_count=5, value=1, assumption="y")
        rows += self.store("b", "before", row_count=5, value=2)
        rows += self.store("c", "before", row_count=9, value=3)
        rows += self.store("d", "before", row_count=70, value=4, has_enough_records=False)
        span = "70 leads of 01/01/2026 to 01/31/2026."
        told = texts.baseline(rows).replace(" (0.0 – 0.0)", "")
        self.assertEqual(told, f"{span} c: 3.0; b: 2.0; a: 1.0 [rests on: y]")
        self.assertEqual(texts.baseline(rows[-1]), f"{span} Not enough data.")
        many = self.store("e", "before", row_count=4033, value=4)
        self.assertIn("4,033 leads of 01/01/2026", texts.baseline(many))

    def test_numbers_in_their_units(self):
        texts = ValueTexts(self.deployment)
        for expected, arguments, signed in (
            ("$100", ("money", 100.0), False),
            ("$99.99", ("money", 99.99), False),
            ("$-100", ("money", -100.4), False),
            ("+$5.00", ("money", 5.0), True),
            ("10.0 %", ("share", 0.1, 0.1, 0.1), False),
            ("+10.0 points (+10.0 to +10.0)", ("share", 0.1, 0.1, 0.1), True),
            ("+10.0 %", ("share", 0.1), True),
            ("1.0", ("days", 1.0, None, 2.0), False),
            ("1.0", ("days", 1.0, 0.0, None), False),
            ("+1.0", ("days", 1.0, 1.0, 1.0), True),
        ):
            with self.subTest(arguments):
                self.assertEqual(texts.unit(*arguments, signed=signed).translate(PLAIN), expected)
        self.assertEqual(
            [rounded(10.4), rounded(-99.6), rounded(0.5), rounded(9.4), rounded(104)], [10, -100, 0, 9, 100]
        )
