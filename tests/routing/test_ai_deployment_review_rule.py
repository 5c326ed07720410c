"""Reasons to ask a person: each on, off, capped and in its order; who may change them; what they cost."""

from datetime import date, timedelta

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.routing.rules import DEFAULTS
from odoo.addons.ai_deployment.models.scoring.reasons import REVIEW_REASONS
from odoo.addons.ai_deployment.models.scoring.standing import READ_TO_SCORE
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


@tagged("post_install", "-at_install")
class TestReviewRules(RuleCase):
    # The list

    def test_every_deployment_has_the_reasons_that_fit_it(self):
        everywhere = {"failed", "low_confidence", "amount", "disagreement", "audit"}
        self.assertEqual(set(self.deployment.review_rule_ids.mapped("reason")), everywhere | {"out_of_support"})
        self.assertEqual(set(self.bills.review_rule_ids.mapped("reason")), everywhere | {"flagged", "new_vendor"})

    def test_every_reason_has_a_default_and_a_sentence(self):
        optional = {reason for reason, _label in REVIEW_REASONS} - {"edge_case"}  # which nobody may switch off
        self.assertEqual(set(DEFAULTS), optional)
        for deployment in self.deployment + self.bills:
            for rule in deployment.review_rule_ids:
                for values in ({"is_on": False}, {"is_on": True, "cap": 0}, {"cap": 3}):
                    rule.write(values)
                    with self.subTest(reason=rule.reason, **values):
                        self.assertRegex(rule.sentence, r"^(A person looks|Off: ).*\.$")

    def test_new_reasons_are_off_until_somebody_wants_them(self):
        on = {rule.reason for rule in (self.deployment + self.bills).review_rule_ids if rule.is_on}
        self.assertEqual(on, {"failed", "flagged", "low_confidence", "out_of_support", "audit"})

    def test_another_kind_of_document_gets_its_own_reasons(self):
        deployment = self.make_deployment(features=[])
        deployment.write({"model_id": self.env["ir.model"]._get_id("account.move"), "method": "anomaly"})
        reasons = [set(each.review_rule_ids.mapped("reason")) for each in (deployment, self.bills)]
        self.assertEqual(*reasons)

    def test_a_copy_asks_for_the_same_reasons(self):
        self.rule("amount", is_on=True, amount=700, cap=4, priority=5, points=3)
        made = self.deployment.with_user(self.owner).copy()._review_rule("amount")
        self.assertEqual((made.is_on, made.amount, made.cap, made.priority, made.points), (True, 700, 4, 5, 3))

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
            ("low_confidence", {}, "A person looks at leads whose score is less than 60 % sure."),
            ("amount", {"is_on": True, "amount": 5000}, "A person looks at leads of $\xa05,000.00 and more."),
            ("failed", {"is_on": False}, "Off: leads that could not be scored wait and are tried again."),
            (
                "audit",
                {"cap": 3},
                "A person looks at 1% of what nobody else looked at, drawn by lot, 3 a day at most; the estimate from "
                "these checks gets coarser by that.",
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
        notes = self.deployment.message_ids.filtered(lambda message: "Reasons to ask" in (message.body or ""))
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

    def test_what_nobody_chose_yet_is_asked_as_ever(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET routing_rules = NULL WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        self.deployment.min_confidence = 0.7
        self.assertEqual(self.why(self.make_leads(**self.unsure)), ["low_confidence"])

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

    def test_the_review_takes_priority_and_work_from_its_reason(self):
        self.rule("amount", is_on=True, amount=1000, priority=7, points=4)
        lead = self.make_leads(**self.sure)
        self.why(lead)
        review = self.reviews_of(lead)
        self.assertEqual((review.priority, review.points, review.threshold), (7, 4, 1000))

    def test_a_review_after_scoring_again_takes_them_too(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("amount", is_on=True, amount=1000, priority=7, points=4)
        lead = self.make_leads(country_id=False)
        self.why(lead)
        lead.country_id = self.belgium
        with clock.at(NOW + timedelta(hours=1)):
            self.reviews_of(lead).with_user(self.owner).action_score_again()
        new = self.reviews_of(lead)[-1]
        self.assertEqual((new.reason, new.priority, new.points, new.threshold), ("amount", 7, 4, 1000))
        self.assertIn("5,000", new.with_user(self.owner).why_text)

    # Caps

    def test_no_more_of_a_reason_a_day_than_its_cap_those_in_most_need_first(self):
        self.rule("amount", is_on=True, amount=1000, cap=2)
        leads = self.env["crm.lead"].union(*(self.make_leads(expected_revenue=1000 + 100 * n) for n in range(5)))
        self.assertEqual(self.why(leads), ["automatic"] * 3 + ["amount"] * 2)
        more = self.make_leads(expected_revenue=90000)
        self.assertEqual(self.why(more, now=NOW + timedelta(hours=2)), ["automatic"])
        self.assertEqual(self.why(more, now=NOW + timedelta(days=1), again=True), ["amount"])
        rooms = self.env["ai.deployment.room"].search([("deployment_id", "=", self.deployment.id)])
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
        rooms = self.env["ai.deployment.room"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual({room.reason: room.used for room in rooms}, {"capacity": 2, "low_confidence": 2})

    def test_without_a_cap_no_room_is_touched(self):
        self.rule("amount", is_on=True, amount=1000)
        self.why(self.make_leads(3))
        self.assertFalse(self.env["ai.deployment.room"].search([("deployment_id", "=", self.deployment.id)]))

    def test_two_at_a_time_do_not_exceed_a_cap(self):
        """With real transactions: the second is refused by the database, and does its records again."""
        with self.registry.cursor() as cursor:
            env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
            deployment = env["ai.deployment"].create(
                {
                    "name": "Concurrent",
                    "purpose": "A test.",
                    "user_id": env.ref("base.user_admin").id,
                    "model_id": env["ir.model"]._get("crm.lead").id,
                }
            )
            deployment._review_rule("failed").cap = 3
        try:
            for started in (False, True):  # the first of a day makes the row, the others find it
                with self.subTest(started=started), clock.at(NOW + timedelta(days=int(started))):
                    if started:
                        with self.registry.cursor() as cursor:
                            self.seen_by(cursor, deployment, [1])
                    with self.registry.cursor() as one, self.registry.cursor() as two:
                        for cursor in (one, two):
                            cursor.execute("SELECT COUNT(*) FROM ai_deployment_room")  # both stand at the same moment
                        taken = sum(self.seen_by(one, deployment, [2, 3]))
                        one.commit()
                        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.SerializationFailure):
                            self.seen_by(two, deployment, [4, 5])
                        two.rollback()
                        taken += sum(self.seen_by(two, deployment, [4, 5]))
                    self.assertEqual(taken + started, 3)
        finally:
            with self.registry.cursor() as cursor:
                api.Environment(cursor, SUPERUSER_ID, {})["ai.deployment"].browse(deployment.id).unlink()

    def seen_by(self, cursor, deployment, ids):
        """Which of `ids`, all of which fail, a worker with this cursor asks a person about."""
        env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
        deployment = env["ai.deployment"].browse(deployment.id)
        return deployment._router().reviews_failed(ids)

    # Random checks

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
        room = self.env["ai.deployment.room"].search([("deployment_id", "=", self.deployment.id)])
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

    # What it costs

    def queries_of(self, records):
        self.env.flush_all()
        self.env.invalidate_all()
        deployment = records.env["ai.deployment"].browse(
            (self.deployment if records._name == "crm.lead" else self.bills).id
        )
        deployment.fetch(READ_TO_SCORE)
        before = self.env.cr.sql_log_count
        deployment._score(records, now=NOW, again=True)
        return self.env.cr.sql_log_count - before

    def test_reasons_cost_no_query(self):
        self.make_bill(day=date(2026, 1, 5), post=True)
        for records in (self.make_leads(), self.make_leads(40), self.make_bill()):
            deployment = self.deployment if records._name == "crm.lead" else self.bills
            with self.subTest(model=records._name, count=len(records)):
                deployment.review_rule_ids.is_on = False
                self.queries_of(records)  # fills what is kept per process
                off = self.queries_of(records)
                deployment.review_rule_ids.write({"is_on": True, "amount": 10**6})
                for record in records if records._name == "crm.lead" else ():
                    self.with_opinion(record, 60)
                self.assertEqual(self.queries_of(records), off)
                self.assertFalse(self.reviews_of(records))

    def test_one_fetch_reads_all_that_scoring_one_record_needs(self):
        lead = self.make_leads()
        self.queries_of(lead)
        self.deployment.fetch(READ_TO_SCORE)
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertTrue(statements)
        self.assertFalse([s for s in statements if "ai_deployment_review_rule" in s or 'FROM "ai_deployment"' in s])

    def test_what_no_reason_needs_is_not_read(self):
        bill = self.make_bill()
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.bills._score(bill, now=NOW)
        self.assertFalse([s for s in statements if "earlier.partner_id" in s or 'amount_total_signed")::float8' in s])
        self.rule("new_vendor", self.bills, is_on=True)
        self.bills._score(bill, now=NOW, again=True)
        self.assertEqual(len([s for s in statements if "earlier.partner_id" in s]), 1)
