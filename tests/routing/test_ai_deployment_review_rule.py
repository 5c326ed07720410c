"""Review reasons a person: each on, off, capped and in its order; who may change them; what they cost."""

from datetime import date, timedelta

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestReviewRules(RuleCase):
    # The list

    def test_a_reason_is_in_the_list_once(self):
        values = {"deployment_id": self.deployment.id, "reason": "amount"}
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env["ai.deployment.review.rule"].create(values)

    def test_numbers_that_make_no_sense_are_refused(self):
        for values in ({"cap": -1}, {"points": 0}, {"amount": -5}, {"priority": -1}):
            with (
                self.subTest(**values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.rule("amount", **values).flush_recordset()

    def test_the_sentence_says_what_it_does_now(self):
        self.deployment.write({"min_confidence": 0.6, "audit_share": 0.01})
        for reason, values, sentence in (
            ("low_confidence", {}, "Review of leads with a confidence below 60 %."),
            ("amount", {"is_on": True, "amount": 5000}, "Review of leads of $\xa05,000.00 and more."),
            ("failed", {"is_on": False}, "Off: leads that could not be scored wait and are retried."),
            (
                "audit",
                {"cap": 3},
                "1% of the automatic decisions are reviewed, chosen at random, at most 3 a day; the limit makes the "
                "error estimate from random checks less precise.",
            ),
        ):
            with self.subTest(reason=reason):
                text = self.rule(reason, **values).sentence
                self.assertEqual(text.replace("$5", "$\xa05").replace("1 %", "1%"), sentence)

    def test_deployments_from_before_keep_what_they_asked_for(self):
        """As on an upgrade: no rows yet, and the column of the setting still there."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_review_rule")
        self.env.cr.execute("ALTER TABLE ai_deployment ADD COLUMN review_unknown BOOLEAN DEFAULT TRUE")
        other = self.make_deployment()
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_review_rule")
        self.env.cr.execute("UPDATE ai_deployment SET review_unknown = FALSE WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        for _time in range(2):
            self.env["ai.deployment.review.rule"].init()
            self.env.flush_all()
            self.env.invalidate_all()
        self.assertFalse(self.deployment._review_rule("out_of_support").is_on)
        self.assertTrue(other._review_rule("out_of_support").is_on)
        self.assertEqual(len(self.deployment.review_rule_ids), 6)
        self.assertEqual(len(self.bills.review_rule_ids), 7)
        self.assertEqual(list(self.deployment._rules_on()), ["failed", "low_confidence", "audit"])
        self.assertEqual(list(self.bills._rules_on()), ["failed", "flagged", "low_confidence", "audit"])

    # Who may change them

    def test_owner_deputy_and_administrator_change_them_and_the_change_is_noted(self):
        people = self.owner + self.deputy + self.manager
        for person in people:
            rule = self.deployment._review_rule("amount").with_user(person)
            rule.write({"is_on": not rule.is_on, "amount": 900 + person.id})
        notes = self.deployment.message_ids.filtered(lambda message: "Review reasons" in (message.body or ""))
        self.assertEqual(set(notes.mapped("author_id").ids), set(people.partner_id.ids))

    def test_others_change_nothing(self):
        for person in (self.reviewer, self.other_owner, self.auditor, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment._review_rule("amount").with_user(person).write({"is_on": True})

    def test_nobody_adds_moves_or_deletes_one_by_hand(self):
        own = self.deployment._review_rule("amount")
        for person in (self.owner, self.manager, self.env.ref("base.user_admin")):
            rule = own.with_user(person)
            for values in ({"deployment_id": self.bills.id}, {"reason": "flagged"}):
                with self.subTest(person=person.login, **values), self.assertRaises(AccessError):
                    rule.write(values)
            with self.subTest(person=person.login), self.assertRaises(UserError):
                rule.unlink()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                rule.create({"deployment_id": self.deployment.id, "reason": "new_vendor"})
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person).write({"routing_rules": []})

    def test_a_duplicate_through_the_form_of_the_deployment_is_refused(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).write({"review_rule_ids": [Command.create({"reason": "new_vendor"})]})

    def test_the_form_of_the_deployment_switches_them(self):
        with Form(self.deployment.with_user(self.owner)) as form:
            reasons = self.deployment.review_rule_ids.mapped("reason")
            with form.review_rule_ids.edit(reasons.index("amount")) as line:
                line.is_on = True
                line.amount = 750
        self.assertEqual(self.deployment._rules_on()["amount"]["amount"], 750)

    def test_all_of_them_can_be_off(self):
        self.deployment.min_confidence = 1.0
        self.deployment.review_rule_ids.is_on = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.deployment._rules_on(), {})
        self.assertEqual(self.why(self.make_leads()), ["automatic"])

    # Each reason

    def test_a_score_that_is_not_sure_goes_to_a_person_where_that_is_on(self):
        self.deployment.min_confidence = 0.7
        self.assertEqual(self.why(self.make_leads(**self.unsure)), ["low_confidence"])
        self.rule("low_confidence", is_on=False)
        self.assertEqual(self.why(self.make_leads(**self.unsure)), ["automatic"])

    def test_an_unusual_bill_goes_to_a_person_where_that_is_on(self):
        self.assertEqual(self.why(self.make_bill(20000)), ["flagged"])
        self.rule("flagged", self.bills, is_on=False)
        self.assertEqual(self.why(self.make_bill(20000)), ["automatic"])

    def test_money_at_stake_counts_from_the_amount_on(self):
        leads = self.make_leads(expected_revenue=4999) + self.make_leads(expected_revenue=5000)
        self.assertEqual(self.why(leads), ["automatic", "automatic"])
        self.rule("amount", is_on=True, amount=5000)
        self.assertEqual(self.why(leads, again=True), ["automatic", "amount"])

    def test_an_amount_that_rises_is_noticed_though_the_score_stays_what_it_was(self):
        lead = self.make_leads(expected_revenue=4000)
        self.why(lead)
        self.rule("amount", is_on=True, amount=5000)
        self.deployment._score(lead, now=NOW)
        self.assertEqual(len(self.inferences_of(lead)), 1, "what has not changed is left alone")
        self.deployment._score(lead, now=NOW, again=True)
        lead.expected_revenue = 6000  # the same bin
        self.assertEqual(self.why(lead), ["amount"])
        self.reviews_of(lead)._decide("confirmed")
        lead.expected_revenue = 7000
        outcome = self.deployment._score(lead, now=NOW)
        self.assertEqual((outcome["unchanged"], len(self.reviews_of(lead))), (1, 1), "asked about once")

    def test_money_at_stake_in_a_bill_is_in_the_currency_of_the_company_whatever_its_sign(self):
        self.rule("amount", self.bills, is_on=True, amount=500)
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        currency.active = True
        self.env["res.currency.rate"].create({"currency_id": currency.id, "name": date(2026, 1, 1), "rate": 100})
        bills = self.make_bill(600) + self.make_bill(600, move_type="in_refund")
        bills += self.make_bill(20000, currency_id=currency.id) + self.make_bill(70000, currency_id=currency.id)
        self.rule("flagged", self.bills, is_on=False)
        self.assertEqual(self.why(bills), ["amount", "amount", "automatic", "amount"])

    def test_the_first_bill_of_a_vendor_is_the_first_in_the_books_whatever_its_date(self):
        self.rule("new_vendor", self.bills, is_on=True)
        contact = self.env["res.partner"].create({"name": "Their bookkeeper", "parent_id": self.vendor.id})
        first = self.make_bill()
        self.assertEqual(self.why(first), ["new_vendor"])
        draft_before = self.make_bill(day=date(2026, 2, 3))
        self.assertEqual(self.why(draft_before), ["new_vendor"], "nothing is posted")
        first.action_post()
        later = self.make_bill(day=date(2026, 2, 9), partner_id=contact.id)
        same_day, older = self.make_bill(), self.make_bill(day=date(2026, 1, 5))
        self.assertEqual(self.why(later + same_day + older), ["automatic"] * 3)
        self.assertEqual(self.why(first, again=True), ["new_vendor"], "itself is no earlier bill")
        nobody = self.make_bill(partner_id=False)
        self.assertEqual(self.why(nobody), ["automatic"])

    def test_of_first_bills_judged_together_one_is_the_first(self):
        self.rule("new_vendor", self.bills, is_on=True)
        bills = self.make_bill(day=date(2026, 2, 9)) + self.make_bill(day=date(2026, 2, 3))
        self.assertEqual(self.why(bills[::-1]), ["automatic", "new_vendor"])

    def test_a_vendor_is_not_new_again_in_another_currency(self):
        self.rule("new_vendor", self.bills, is_on=True)
        self.make_bill(post=True)
        currency = self.env.ref("base.JPY")
        currency.active = True
        self.assertEqual(self.why(self.make_bill(currency_id=currency.id)), ["automatic"])

    def test_what_was_sold_to_a_vendor_makes_it_no_older_vendor(self):
        self.rule("new_vendor", self.bills, is_on=True)
        self.make_bill(move_type="out_invoice", day=date(2026, 1, 5), post=True)
        self.assertEqual(self.why(self.make_bill()), ["new_vendor"])

    def test_odoos_own_opinion_differs_where_it_falls_on_the_other_side(self):
        self.rule("disagreement", is_on=True)
        likely, doubtful = self.make_leads(**self.sure), self.make_leads(**self.sure)
        unlikely = self.make_leads(expected_revenue=10, country_id=self.usa.id)
        for lead, opinion in ((likely, 60), (doubtful, 20), (unlikely, 60)):
            self.with_opinion(lead, opinion)
        self.assertEqual(self.why(likely + doubtful + unlikely), ["automatic", "disagreement", "disagreement"])

    def test_a_warning_of_odoo_that_the_score_does_not_share_is_a_disagreement(self):
        self.rule("disagreement", self.bills, is_on=True)
        self.rule("flagged", self.bills, is_on=False)
        twice = self.make_bill(ref="2026/1", post=True), self.make_bill(ref="2026/1")
        alone, flagged = self.make_bill(55, ref="2026/2"), self.make_bill(20000, ref="2026/3")
        self.assertTrue(twice[1].duplicated_ref_ids)
        self.assertEqual(
            self.why(twice[1] + alone + flagged + twice[0]),
            ["disagreement", "automatic", "disagreement", "automatic"],  # Odoo has no opinion of what is posted
        )

    def test_a_value_never_seen_passes_where_that_is_off(self):
        lead = self.make_leads(country_id=self.env.ref("base.jp").id)
        self.assertEqual(self.why(lead), ["out_of_support"])
        self.rule("out_of_support", is_on=False)
        self.assertEqual(self.why(lead, again=True), ["automatic"])

    # What could not be scored

    def test_what_fails_waits_and_is_tried_again_where_nobody_is_asked(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("failed", is_on=False)
        good, bad = self.make_leads(2), self.make_leads(3, country_id=False)
        outcome = self.deployment._score(good + bad, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"], outcome["waiting"]), (2, 0, 3))
        self.assertFalse(self.reviews_of(bad))
        requests = self.env["ai.deployment.request"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((set(requests.mapped("res_id")), requests[0].failure_type), (set(bad.ids), "missing_feature"))
        self.assertBalanced()
        bad[0].country_id = self.belgium
        self.retry(NOW + timedelta(hours=1))
        self.assertEqual(self.score_of(bad[0]).state, "scored")
        self.assertEqual(self.score_of(bad[1]).state, "waiting")
        self.assertBalanced()

    def test_switched_on_again_what_waited_goes_to_a_person(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("failed", is_on=False)
        bad = self.make_leads(2, country_id=False)
        self.deployment._score(bad, now=NOW)
        with clock.at(NOW + timedelta(minutes=1)):
            self.rule("failed", is_on=True)
        self.retry(NOW + timedelta(minutes=2))
        self.assertEqual(self.reviews_of(bad).mapped("reason"), ["failed", "failed"])
        self.assertFalse(self.env["ai.deployment.request"].search([("deployment_id", "=", self.deployment.id)]))
        self.assertBalanced()

    def test_beyond_its_cap_what_fails_waits_for_another_day(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("failed", cap=2)
        bad = self.make_leads(5, country_id=False)
        outcome = self.deployment._score(bad, now=NOW)
        self.assertEqual((outcome["review"], outcome["waiting"]), (2, 3))
        self.assertBalanced()
        self.retry(NOW + timedelta(days=1))
        self.assertEqual(len(self.reviews_of(bad)), 4)
        self.assertBalanced()

    def test_a_record_that_breaks_the_reading_waits_too_where_nobody_is_asked(self):
        self.rule("failed", is_on=False)
        leads = self.make_leads(3)
        read, log = FeatureReader.read, "odoo.addons.ai_deployment.models.scoring"

        def break_on_one(reader, ids):
            if leads[1].id in ids:
                raise RuntimeError("cannot be read")
            return read(reader, ids)

        self.patch(FeatureReader, "read", break_on_one)
        with mute_logger(log):
            outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["waiting"]), (2, 1))
        self.assertBalanced()

    def test_what_fails_has_no_other_reason(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("failed", is_on=False)
        self.rule("amount", is_on=True, amount=10, priority=1)
        self.assertEqual(self.why(self.make_leads(country_id=False)), ["retry"])

    def retry(self, now):
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_retry").method_direct_trigger()
        self.env.invalidate_all()

    # Order

    def test_of_several_reasons_the_one_of_best_priority_is_told(self):
        self.deployment.min_confidence = 0.7
        self.rule("amount", is_on=True, amount=1000)
        lead = self.make_leads(**self.unsure)
        self.assertEqual(self.why(lead), ["amount"])
        self.rule("amount", priority=99)
        self.assertEqual(self.why(lead, again=True), ["low_confidence"])
