"""What a card of the desk shows, and what it masks and hides."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.ai_deployment.models.review.desk_card import latest_failure
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DeskCase


@tagged("post_install", "-at_install")
class TestDeskCard(DeskCase):
    def card_of(self, review, person=None):
        return self.desk(person).desk_card(review.id)

    def test_a_card_says_what_one_needs_to_decide(self):
        lead = self.make_leads(expected_revenue=20000, partner_name="ACME", user_id=self.seller.id)
        review = self.ask(lead)
        self.give(review, self.reviewer, deadline=NOW - timedelta(hours=1))
        card = self.card_of(review)
        self.assertEqual((card["name"], card["url"]), (lead.display_name, f"/odoo/crm.lead/{lead.id}"))
        self.assertEqual(card["why"], review.why_text)
        self.assertTrue(card["is_mine"] and card["is_overdue"])
        essentials = dict(card["essentials"])
        self.assertEqual((essentials["Customer"], essentials["Country"]), ("ACME", "Belgium"))
        self.assertIn("20,000.00", essentials["Expected Revenue"])
        self.assertEqual(essentials["Salesperson"], self.seller.name)
        self.assertIn("81.8 %", card["score"]["text"])
        self.assertIn("will win", card["score"]["text"])
        self.assertEqual([button["decision"] for button in card["buttons"]], ["confirmed", "overridden", "unsure"])
        self.assertEqual([button["hint"] for button in card["buttons"]], ["will win", "will not win", ""])

    def test_a_score_that_no_longer_holds_says_so(self):
        lead = self.make_leads(expected_revenue=20000)
        review = self.ask(lead)
        self.assertEqual(self.card_of(review)["stale"], "")
        lead.expected_revenue = 10
        self.commit()
        self.assertIn("has changed since", self.card_of(review)["stale"])
        self.deployment._score(lead)
        self.assertIn("By now it is 27 %", self.card_of(review)["stale"].replace("26.9", "27"))
        lead.expected_revenue = 20000
        self.commit()
        self.deployment._score(lead)
        self.assertEqual(self.card_of(review)["stale"], "")

    def test_reasons_are_the_points_of_the_inputs(self):
        review = self.ask(self.make_leads(expected_revenue=20000, country_id=self.usa.id))
        reasons = self.card_of(review)["reasons"]
        self.assertEqual(
            [(reason["name"], reason["text"], reason["width"]) for reason in reasons],
            [("Expected Revenue", "+1.50", 100), ("Country", "-0.50", 33)],
        )

    def test_sensitive_inputs_are_masked_as_everywhere(self):
        self.deployment.feature_ids.filtered(lambda f: f.path == "country_id").sensitive = True
        review = self.ask(self.make_leads(expected_revenue=20000))
        values = {reason["name"]: reason["value"] for reason in self.card_of(review)["reasons"]}
        self.assertEqual(values["Country"], "protected")
        self.assertNotEqual(values["Expected Revenue"], "protected")
        self.reviewer.group_ids += self.env.ref("ai_deployment.group_sensitive")
        values = {reason["name"]: reason["value"] for reason in self.card_of(review)["reasons"]}
        self.assertEqual(values["Country"], "Belgium")

    def test_essentials_hold_only_what_the_reader_may_read(self):
        field = self.env["crm.lead"]._fields["expected_revenue"]
        self.addCleanup(setattr, field, "groups", field.groups)
        field.groups = "base.group_system"
        review = self.ask(self.make_leads())
        self.assertNotIn("Expected Revenue", dict(self.card_of(review)["essentials"]))

    def test_a_failure_shows_its_context_and_can_be_scored_again(self):
        self.deployment.min_confidence = 0.0
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        review = self.ask(lead)
        card = self.card_of(review)
        self.assertFalse(card["score"] or card["reasons"])
        self.assertEqual(card["failure"]["type"], "A required input is missing")
        self.assertIn("Country", card["failure"]["message"])
        self.assertIn("Expected Revenue: 5,000", card["failure"]["inputs"])
        self.assertEqual([button["decision"] for button in card["buttons"]], ["rescored", "unsure"])
        answer = self.desk().desk_decide(review.id, "rescored", sitting={"known": review.ids})
        self.assertEqual((answer["result"], answer["queue"]), ("failed", review.ids))
        self.assertIn("still cannot be scored", answer["text"])
        self.assertEqual([card["id"] for card in answer["cards"]], review.ids)
        lead.country_id = self.belgium
        answer = self.desk().desk_decide(review.id, "rescored")
        self.assertEqual((answer["result"], review.decision), ("decided", "rescored"))

    def test_a_score_that_cannot_be_had_again_stays_with_its_review(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        review = self.ask(self.make_leads(country_id=False))
        answer = self.desk().desk_decide(review.id, "rescored")
        self.assertEqual((answer["result"], review.state), ("failed", "open"))
        self.assertIn("Country", answer["text"])

    def test_the_latest_failure_is_told_and_the_one_of_the_review_where_it_is_gone(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        review = self.ask(self.make_leads(country_id=False))
        failures = dict(self.env["ai.deployment.inference"]._fields["failure_type"]._description_selection(self.env))
        for kept, told in (("prediction_invalid", "prediction_invalid"), (None, "missing_feature")):
            self.env.cr.execute(
                "UPDATE ai_deployment_inference SET failure_type = %s, failure_message = 'x' WHERE id = %s",
                [kept, review.inference_id.id],
            )
            self.env.invalidate_all()
            self.assertEqual(latest_failure(review)["type"], failures[told])

    def test_scored_again_and_still_a_question_comes_at_once(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        failed, other = self.ask(lead + self.make_leads())
        lead.country_id = self.belgium
        answer = self.desk().desk_decide(failed.id, "rescored", sitting={"known": other.ids})
        self.assertEqual(answer["queue"][0], (self.reviews_of(lead) - failed).id)

    def test_a_hidden_score_shows_nowhere_until_answered(self):
        review = self.ask(self.make_leads(expected_revenue=20000))
        self.give(review, self.reviewer, is_blind=True)
        card = self.card_of(review)
        self.assertTrue(card["is_blind"])
        self.assertFalse(card["score"] or card["reasons"] or card["remarks"])
        self.assertNotIn("81.8", str(card))
        self.assertFalse({"confirmed", "overridden"} & {answer["decision"] for answer in card["answers"]})
        self.assertEqual([button["label"] for button in card["buttons"]], ["will win", "will not win", "Cannot Tell"])
        with self.assertRaises(UserError):
            self.desk().desk_decide(review.id, "confirmed")
        answer = self.desk().desk_decide(review.id, "negative")
        self.assertIn("81.8", answer["text"])
        self.assertEqual((review.decision, review.ground_truth), ("overridden", "negative"))


@tagged("post_install", "-at_install")
class TestBillEssentials(AccountTestInvoicingCommon):
    def bill(self, **values):
        return self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.partner_a.id,
                "invoice_date": NOW.date(),
                "ref": "A 1",
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100, "tax_ids": [(5,)]})],
                **values,
            }
        )

    def test_a_bill_shows_what_an_accountant_looks_at_first(self):
        for number in range(12):
            self.bill(ref=f"Usual {number}", invoice_date=NOW.date() - timedelta(days=30 * number + 30))._post()
        self.bill(partner_id=self.partner_b.id)._post()
        bill = self.bill(
            ref="Usual 0", invoice_line_ids=[(0, 0, {"name": "x", "price_unit": 90000, "tax_ids": [(5,)]})]
        )
        essentials = bill._ai_essentials()
        texts = dict(essentials)
        self.assertEqual([label for label, _text in essentials][:3], ["Vendor", "Total", "Bill Date"])
        self.assertEqual((texts["Vendor"], texts["Reference"]), (self.partner_a.name, "Usual 0"))
        self.assertIn("90,000.00", texts["Total"])
        self.assertIn(bill.currency_id.symbol, texts["Total"])
        self.assertEqual(texts["Journal"], bill.journal_id.display_name)
        self.assertEqual(texts["Earlier Bills"], "12")
        warnings = [text for label, text in essentials if label == "Odoo Warning"]
        self.assertTrue(any("amount" in text for text in warnings), warnings)
        self.assertTrue(any("duplicate" in text for text in warnings), warnings)

    def test_earlier_bills_are_those_that_the_reader_may_read(self):
        self.bill()._post()
        company = self.company_data["company"].id
        self.env["ir.rule"].create(
            {
                "name": "test",
                "model_id": self.env["ir.model"]._get("account.move").id,
                "domain_force": f"[('state', '=', 'draft'), ('company_id', '=', {company})]",
            }
        )
        texts = dict(self.bill(ref="B").with_user(self.env.user).sudo(False)._ai_essentials())
        self.assertEqual(texts["Earlier Bills"], "0")
