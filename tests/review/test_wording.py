"""Why a review is here: in figures that were true when it was opened, and only what the reader may know."""

from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.desk_card import failure_of
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestWhy(RuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reviewer.group_ids += cls.env.ref("account.group_account_invoice")

    def told(self, records, person=None):
        self.env.invalidate_all()
        text = self.reviews_of(records).with_user(person or self.reviewer).mapped("why_text")
        return [each.replace("\xa0", " ").replace("$ ", "$") for each in text]

    def ask(self, records, deployment=None, **rules):
        for reason, values in rules.items():
            self.rule(reason, deployment, **{"is_on": True, **values})
        self.why(records)
        return records

    # In figures

    def test_how_sure_and_below_which_line(self):
        self.deployment.min_confidence = 0.7
        leads = self.ask(self.make_leads(**self.unsure))
        self.assertEqual(self.told(leads), ["The confidence is 62 %; records below 70 % are reviewed."])
        self.deployment.min_confidence = 0.1
        self.assertEqual(self.told(leads), ["The confidence is 62 %; records below 70 % are reviewed."])

    def test_two_shares_that_differ_do_not_read_the_same(self):
        self.deployment.min_confidence = 0.624
        leads = self.ask(self.make_leads(**self.unsure))
        self.assertEqual(self.told(leads), ["The confidence is 62.2 %; records below 62.4 % are reviewed."])

    def test_a_side_that_is_never_automatic(self):
        self.deployment.routing = "error"
        leads = self.ask(self.make_leads(**self.unsure))
        self.assertEqual(self.told(leads), ["The confidence is 62 %; all such answers are reviewed."])

    def test_how_much_is_at_stake_and_from_which_amount_on(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        expected = ["$12,400.00 are at stake; amounts from $5,000.00 on are reviewed."]
        self.assertEqual(self.told(leads), expected)
        leads.expected_revenue = 7
        self.rule("amount", amount=90000)
        self.assertEqual(self.told(leads), expected, "as it was when it was opened")

    def test_whose_first_bill_it_is(self):
        bills = self.ask(self.make_bill(), self.bills, new_vendor={})
        self.assertEqual(self.told(bills), ["First bill of Azure Interior."])

    def test_what_odoo_says_and_what_the_score_says(self):
        leads = self.with_opinion(self.make_leads(expected_revenue=10, country_id=self.usa.id), 80)
        self.ask(leads, disagreement={})
        self.assertEqual(self.told(leads), ["Odoo says 80 %, the score 8 %."])

    def test_who_warns_of_a_bill(self):
        self.rule("flagged", self.bills, is_on=False)
        self.make_bill(ref="1", post=True)
        bills = self.make_bill(ref="1") + self.make_bill(20000, ref="2")
        self.ask(bills, self.bills, disagreement={})
        self.assertEqual(
            self.told(bills), ["Odoo warns, the score says 12 %.", "The score says 62 %, Odoo does not warn."]
        )

    def test_what_happened(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        leads = self.ask(self.make_leads(country_id=False))
        self.assertEqual(self.told(leads), ["Could not be scored: “Country” has no value."])

    def test_a_failure_is_told_in_the_words_of_its_type_without_the_technical_rest(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        leads = self.ask(self.make_leads(country_id=False))
        self.env.cr.execute(
            "UPDATE ai_deployment_inference SET failure_type = 'answer_not_json', failure_message = %s WHERE id = %s",
            ["The answer of the endpoint is not JSON. It is a web page.", self.reviews_of(leads).inference_id.id],
        )
        self.reviews_of(leads).failure_type = "answer_not_json"
        self.assertEqual(self.told(leads), ["Could not be scored: The remote model did not answer in JSON"])
        self.assertEqual(self.reviews_of(leads).failure_message, "It is a web page.")
        failure = failure_of(self.reviews_of(leads).with_user(self.reviewer))
        self.assertEqual(
            (failure["type"], failure["message"]), ("The remote model did not answer in JSON", "It is a web page.")
        )

    def test_which_input_was_never_seen(self):
        leads = self.ask(self.make_leads(country_id=self.env.ref("base.jp").id))
        self.assertEqual(self.told(leads), ["Country: never seen before."])

    def test_how_unusual(self):
        bills = self.ask(self.make_bill(20000))
        self.assertEqual(self.told(bills), ["Likely to be judged unusual: 62 %."])
        self.env.cr.execute("UPDATE ai_deployment_version SET kind = 'anomaly' WHERE kind = 'scorecard'")
        self.env.invalidate_all()
        self.assertEqual(self.told(bills), ["More unusual than 62 % of earlier ones; from 50 % on they are reviewed."])
        self.env.cr.execute("UPDATE ai_deployment_review SET predicted_value = 1.0")
        self.env.invalidate_all()
        self.assertEqual(
            self.told(bills), ["More unusual than 99.9 % of earlier ones; from 50 % on they are reviewed."]
        )

    def test_by_lot(self):
        self.deployment.audit_share = 1.0
        leads = self.ask(self.make_leads())
        self.assertEqual(self.told(leads), ["Chosen at random for a check, like 100 % of such records."])

    def test_the_next_question_of_a_chain_is_here_for_the_same_reason(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        review = self.reviews_of(leads)
        review.with_user(self.owner)._decide("confirmed")
        review._follow("reopened")
        self.assertEqual(len(set(self.told(leads))), 1)
        self.assertIn("$12,400.00 are at stake", self.told(leads)[1])

    # What the reader may know

    def make_sensitive(self, deployment, path):
        deployment.feature_ids.filtered(lambda feature: feature.path == path).sensitive = True

    def test_an_amount_that_is_a_sensitive_input_is_not_told(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        self.make_sensitive(self.deployment, "expected_revenue")
        self.assertEqual(self.told(leads), ["High amount at stake"])
        self.reviewer.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.assertIn("$12,400.00", self.told(leads)[0])

    def test_an_auditor_reads_no_amount_and_no_name(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        bills = self.ask(self.make_bill(), self.bills, new_vendor={})
        self.assertEqual(self.told(leads, self.auditor), ["High amount at stake"])
        self.assertEqual(self.told(bills, self.auditor), ["First bill of this vendor"])

    def test_a_vendor_that_is_a_sensitive_input_is_not_told(self):
        self.env["ai.deployment.feature"].create(
            {"deployment_id": self.bills.id, "path": "partner_id", "name": "Vendor", "sensitive": True}
        )
        card = self.card(names=["expected_revenue", "country_id"])
        for feature, name in zip(card.features, ("amount_untaxed", "partner_id"), strict=True):
            feature.__dict__["name"] = name
        self.serve(self.bills, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        bills = self.ask(self.make_bill(), self.bills, new_vendor={})
        self.assertEqual(self.told(bills), ["First bill of this vendor"])

    def test_the_amount_itself_can_be_read_by_nobody(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        self.assertNotIn("amount", self.reviews_of(leads).with_user(self.owner).read()[0])

    def test_what_one_person_was_told_is_not_kept_for_the_next(self):
        leads = self.ask(self.make_leads(expected_revenue=12400), amount={"amount": 5000})
        review = self.reviews_of(leads)
        texts = [review.with_user(person).why_text for person in (self.reviewer, self.auditor, self.reviewer)]
        self.assertEqual(["12,400" in text for text in texts], [True, False, True])

    # What it costs

    def test_a_list_costs_no_query_per_row(self):
        self.deployment.min_confidence = 0.7
        self.rule("amount", is_on=True, amount=60000)
        self.rule("disagreement", is_on=True)
        self.rule("new_vendor", self.bills, is_on=True)
        self.serve(self.deployment, self.card(required=("source_id",)))
        source = self.env["utm.source"].create({"name": "Fair"}).id

        def leads(count, **values):
            return self.make_leads(count, **{"source_id": source, **values})

        japan = self.env.ref("base.jp").id
        few = []
        for count in (1, 16):
            each = (
                leads(count, **self.unsure)
                + leads(count, expected_revenue=70000)
                + leads(count, expected_revenue=10, country_id=japan)
                + leads(count, source_id=False)
            )
            self.deployment._score(each, now=NOW)
            vendors = self.env["res.partner"].create([{"name": f"V {n}", "is_company": True} for n in range(count)])
            bills = self.env["account.move"].union(
                *(self.make_bill(50, partner_id=vendor.id, day=date(2026, 2, 2)) for vendor in vendors)
            )
            self.bills._score(bills, now=NOW + timedelta(hours=1))
            reviews = self.env["ai.deployment.review"].search(
                [
                    "|",
                    "&",
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", each.ids),
                    "&",
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", bills.ids),
                ]
            )
            self.assertEqual(len(reviews), 5 * count)
            reviews.with_user(self.reviewer).mapped("why_text")  # fills what is kept per process
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            reviews.with_user(self.reviewer).mapped("why_text")
            few.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(few[1], few[0])
