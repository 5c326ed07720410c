"""The review desk: which cards come, to whom, what stands on them, and that no answer is lost or given twice."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.review.test_ai_deployment_review import ReviewCase


class DeskCase(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.write({"blind_share": 0.0, "double_share": 0.0})
        cls.selling_reviewer = new_test_user(
            cls.env,
            "ai_desk_seller",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman",
        )
        cls.deployment.reviewer_ids += cls.selling_reviewer

    def desk(self, person=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ai.deployment.review"].with_user(person or self.reviewer).with_context(**QUIET)

    def give(self, reviews, person, **values):
        reviews.sudo().write({"reviewer_id": person.id, "is_assigned": True, **values})

    def opened(self, person=None, deployment_id=None, **filters):
        return self.desk(person).desk_open(deployment_id, filters)


@tagged("post_install", "-at_install")
class TestDeskQueue(DeskCase):
    def test_mine_come_first_by_urgency_then_nobodys(self):
        pool, late, early, urgent = self.ask(self.make_leads(4))
        self.give(late, self.reviewer, deadline=NOW + timedelta(days=3))
        self.give(early, self.reviewer, deadline=NOW + timedelta(days=1))
        self.give(urgent, self.reviewer, deadline=NOW + timedelta(days=9), priority=10)
        order, skipped = [], []
        answer = self.opened()
        self.assertEqual((answer["mine"], answer["pool"]), (3, 1))
        while answer["queue"][0] not in skipped:
            order.append(answer["queue"][0])
            answer = self.desk().desk_skip(order[-1], {"skipped": skipped})
            skipped.append(order[-1])
        self.assertEqual(order, [urgent.id, early.id, late.id, pool.id])

    def test_two_cards_come_at_once_and_none_twice(self):
        reviews = self.ask(self.make_leads(4))
        answer = self.opened()
        self.assertEqual([card["id"] for card in answer["cards"]], reviews[:2].ids)
        answer = self.desk().desk_decide(reviews[0].id, "confirmed", sitting={"known": reviews[1].ids})
        self.assertEqual(answer["queue"], reviews[1:3].ids)
        self.assertEqual([card["id"] for card in answer["cards"]], reviews[2].ids)

    def test_what_is_skipped_comes_last_and_stays_open(self):
        first, second = self.ask(self.make_leads(2))
        answer = self.desk().desk_skip(first.id, {})
        self.assertEqual(answer["queue"], [second.id, first.id])
        self.assertEqual(first.state, "open")
        answer = self.desk().desk_decide(second.id, "unsure", sitting={"skipped": first.ids})
        self.assertEqual(answer["queue"], first.ids)

    def test_filters(self):
        mine, pool, theirs = self.ask(self.make_leads(3))
        self.give(mine, self.reviewer)
        self.give(theirs, self.owner)
        for whose, expected in (("mine", mine.ids), ("pool", pool.ids), ("all", [mine.id, pool.id])):
            with self.subTest(whose=whose):
                self.assertEqual(self.opened(whose=whose)["queue"], expected)
        other = self.make_deployment(name="Other", reviewer_ids=[(6, 0, self.reviewer.ids)])
        self.assertEqual(self.opened(deployment_id=other.id)["queue"], [])
        names = [count["name"] for count in self.opened()["deployments"]]
        self.assertEqual(names, ["Other", "Which leads to call"])

    def test_a_review_can_be_asked_for_whoever_it_is_given_to(self):
        pool, theirs = self.ask(self.make_leads(2))
        self.give(theirs, self.owner)
        self.assertEqual(self.opened(first=theirs.ids)["queue"], [theirs.id, pool.id])

    def test_nonsense_from_a_browser_is_ignored(self):
        review = self.ask(self.make_leads())
        for told in ({"skipped": "x", "known": [None, "1", True], "first": {"a": 1}, "whose": 7}, [], None, "x"):
            with self.subTest(told=told):
                answer = self.desk().desk_open("x", told)
                self.assertEqual(answer["queue"], review.ids)

    # Who gets cards

    def test_nobody_gets_a_card_about_a_record_that_is_hidden_from_them(self):
        theirs, mine = self.make_leads(user_id=self.other_seller.id), self.make_leads(user_id=self.selling_reviewer.id)
        hidden, shown = self.ask(theirs + mine)
        self.give(hidden, self.selling_reviewer)
        answer = self.opened(self.selling_reviewer, first=hidden.ids)
        self.assertEqual((answer["queue"], answer["mine"], answer["pool"]), (shown.ids, 0, 1))
        desk = self.desk(self.selling_reviewer)
        self.assertFalse(desk.desk_card(hidden.id))
        self.assertEqual(desk.desk_decide(hidden.id, "confirmed")["result"], "gone")
        self.assertEqual(hidden.state, "open")
        for refused in (desk.desk_undo, desk.desk_look_alikes):
            with self.assertRaises(UserError):
                refused(hidden.id)

    def test_nobody_gets_a_card_who_is_no_reviewer(self):
        review = self.ask(self.make_leads())
        for person in (self.seller, self.auditor, self.other_owner):
            with self.subTest(person=person.login):
                try:
                    answer = self.opened(person)
                except AccessError:
                    continue
                self.assertEqual((answer["may_review"], answer["queue"]), (False, []))
                self.assertFalse(self.desk(person).desk_card(review.id))

    def test_an_auditor_who_reviews_as_well_gets_cards_of_readable_records_only(self):
        self.selling_reviewer.group_ids += self.env.ref("ai_deployment.group_auditor")
        theirs, mine = self.make_leads(user_id=self.other_seller.id), self.make_leads(user_id=self.selling_reviewer.id)
        hidden, shown = self.ask(theirs + mine)
        answer = self.opened(self.selling_reviewer, first=hidden.ids)
        self.assertEqual((answer["queue"], answer["pool"]), (shown.ids, 1))
        self.assertFalse(self.desk(self.selling_reviewer).desk_card(hidden.id))
        [card] = answer["cards"]
        self.assertEqual({reason["value"] for reason in card["reasons"]}, {"protected"})

    def test_nobody_gets_a_card_about_what_they_made(self):
        lead = self.make_leads(user_id=self.reviewer.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_uid = %s WHERE id = %s", [self.reviewer.id, lead.id])
        self.env.invalidate_all()
        review = self.ask(lead)
        self.assertFalse(self.opened()["queue"])
        self.assertFalse(self.desk().desk_card(review.id))

    def test_queries_do_not_grow_with_the_queue(self):
        self.ask(self.make_leads(40))
        self.opened()
        self.env.flush_all()
        self.env.invalidate_all()
        desk = self.env["ai.deployment.review"].with_user(self.reviewer)
        with self.assertQueryCount(60):
            desk.desk_open()


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

    def test_scored_again_and_still_a_question_comes_at_once(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        failed, other = self.ask(lead + self.make_leads())
        lead.country_id = self.belgium
        answer = self.desk().desk_decide(failed.id, "rescored", sitting={"known": other.ids})
        self.assertEqual(answer["queue"][0], (self.reviews_of(lead) - failed).id)

    # Similar cases

    def test_the_most_similar_cases_come_with_how_they_ended(self):
        alike, other = self.make_leads(2, name="Alike"), self.make_leads(expected_revenue=10, country_id=self.usa.id)
        for review in self.ask(alike + other):
            review.with_user(self.reviewer)._decide("overridden")
        won = self.make_leads(name="Won one")
        self.ask(won).with_user(self.reviewer)._decide("unsure")
        won.action_set_won()
        review = self.ask(self.make_leads(name="Now"))
        similar = self.card_of(review)["similar"]
        self.assertEqual({case["id"] for case in similar}, set((alike + won).ids))
        endings = {case["id"]: case["ending"] for case in similar}
        self.assertEqual(endings[won.id], "Won")
        self.assertEqual(endings[alike[0].id], "reviewed: will not win")
        self.assertEqual({case["share"] for case in similar}, {"100 %"})

    def test_similar_cases_are_of_readable_records_only(self):
        theirs = self.make_leads(5, name="Secret", user_id=self.other_seller.id)
        mine = self.make_leads(name="Own", user_id=self.selling_reviewer.id, expected_revenue=7000)
        for review in self.ask(theirs + mine):
            review.with_user(self.reviewer)._decide("confirmed")
        review = self.ask(self.make_leads(user_id=self.selling_reviewer.id))
        self.assertEqual([case["id"] for case in self.card_of(review, self.selling_reviewer)["similar"]], mine.ids)
        self.assertEqual(len(self.card_of(review)["similar"]), 3)

    def test_cases_of_another_version_are_not_compared(self):
        self.ask(self.make_leads()).with_user(self.reviewer)._decide("confirmed")
        self.serve(self.deployment, self.card())
        self.assertFalse(self.card_of(self.ask(self.make_leads()))["similar"])

    def test_a_taken_back_answer_is_no_case(self):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed")
        review.with_user(self.reviewer).action_undo()
        self.assertFalse(self.card_of(self.ask(self.make_leads()))["similar"])

    # Look-alikes

    def test_look_alikes_ask_the_same_for_the_same_strongest_input(self):
        alike = self.make_leads(2, expected_revenue=20000)
        others = self.make_leads(expected_revenue=10, country_id=self.usa.id) + self.make_leads()
        reviews = self.ask(alike + others)
        action = self.desk().desk_look_alikes(reviews[0].id)
        found = self.env["ai.deployment.review"].search(action["domain"])
        self.assertEqual(found, reviews[:2])

    def test_look_alikes_are_of_readable_records_only(self):
        mine = self.make_leads(user_id=self.selling_reviewer.id)
        review = self.ask(mine + self.make_leads(user_id=self.other_seller.id))[0]
        action = self.desk(self.selling_reviewer).desk_look_alikes(review.id)
        self.assertEqual(action["domain"], [("id", "in", review.ids)])

    # Hidden scores

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
class TestDeskAnswer(DeskCase):
    def test_an_answer_is_kept_with_its_reason_note_seconds_and_what_was_seen(self):
        review = self.ask(self.make_leads())
        code = self.deployment.answer_ids.filtered(lambda answer: answer.decision == "any" and not answer.asks_text)[:1]
        seen = {"similar": [1, 2], "score": True, "why": "Because", "evil": "x"}
        answer = self.desk().desk_decide(review.id, "overridden", "They moved", 12.5, code.id, seen)
        self.assertEqual((answer["result"], answer["undo_id"]), ("decided", review.id))
        self.assertEqual((review.state, review.decision, review.note), ("decided", "overridden", "They moved"))
        self.assertEqual((review.decided_by_id, review.seconds_spent, review.answer_id), (self.reviewer, 12.5, code))
        screen = review.sudo().seen["screen"]
        self.assertEqual((screen["similar"], screen["score"], screen["why"]), ([1, 2], True, "Because"))
        self.assertNotIn("evil", screen)

    def test_the_second_of_two_people_is_told_and_moves_on(self):
        review, following = self.ask(self.make_leads(2))
        self.assertEqual(self.opened(self.owner)["queue"][0], review.id)
        self.desk().desk_decide(review.id, "confirmed")
        answer = self.desk(self.owner).desk_decide(review.id, "overridden", sitting={"known": following.ids})
        self.assertEqual((answer["result"], answer["queue"]), ("gone", following.ids))
        self.assertIn(self.reviewer.name, answer["text"])
        self.assertEqual((review.decision, review.decided_by_id), ("confirmed", self.reviewer))

    def test_a_card_that_a_colleague_answered_is_not_shown_from_the_store(self):
        first, second, third = self.ask(self.make_leads(3))
        self.desk(self.owner).desk_decide(second.id, "confirmed")
        answer = self.desk().desk_decide(first.id, "confirmed", sitting={"known": second.ids})
        self.assertEqual(answer["queue"], third.ids)

    def test_the_same_answer_sent_twice_is_one_answer(self):
        review = self.ask(self.make_leads())
        self.desk().desk_decide(review.id, "confirmed", "Once")
        answer = self.desk().desk_decide(review.id, "confirmed", "Once")
        self.assertEqual(answer["result"], "decided")
        self.assertEqual(self.desk().desk_decide(review.id, "overridden")["result"], "gone")
        self.assertEqual((review.decision, len(review._chain())), ("confirmed", 1))

    def test_a_refused_answer_changes_nothing(self):
        review = self.ask(self.make_leads())
        asks = self.deployment.answer_ids.filtered("asks_text")[:1]
        with self.assertRaisesRegex(UserError, "a few words"):
            self.desk().desk_decide(review.id, "overridden", "", 1.0, asks.id)
        with self.assertRaisesRegex(UserError, "one of the answers"):
            self.desk().desk_decide(review.id, "expired")
        self.assertEqual(review.state, "open")

    def test_an_answer_can_be_taken_back_for_a_minute(self):
        first, second = self.ask(self.make_leads(2))
        self.desk().desk_decide(first.id, "confirmed")
        answer = self.desk().desk_undo(first.id)
        again = first._chain()[-1]
        self.assertEqual(answer["queue"], [again.id, second.id])
        self.assertEqual((again.state, again.previous_id, first.is_label), ("open", first, False))
        self.desk().desk_decide(again.id, "overridden")
        with clock.at(NOW + timedelta(seconds=61)), self.assertRaises(UserError):
            self.desk().desk_undo(again.id)

    def test_nobody_takes_back_what_somebody_else_answered(self):
        review = self.ask(self.make_leads())
        self.desk().desk_decide(review.id, "confirmed")
        with self.assertRaises(UserError):
            self.desk(self.owner).desk_undo(review.id)


@tagged("post_install", "-at_install")
class TestWantsMyReview(DeskCase):
    def test_the_filter_finds_what_is_asked_of_me(self):
        mine, pool, theirs = leads = self.make_leads(3)
        reviews = self.ask(leads)
        self.give(reviews[0], self.reviewer)
        self.give(reviews[2], self.owner)
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["crm.lead"].with_user(self.reviewer)
        self.assertEqual(rows.search([("ai_wants_my_review", "=", True)]).ids, mine.ids)
        found = rows.search([("ai_wants_my_review", "=", False), ("id", "in", leads.ids)])
        self.assertEqual(set(found.ids), set((pool + theirs).ids))
        self.assertEqual(leads.with_user(self.reviewer).mapped("ai_wants_my_review"), [True, False, False])
        groups = rows._read_group([("id", "in", leads.ids)], ["ai_wants_my_review"], ["__count"])
        self.assertEqual(dict(groups), {True: 1, False: 2})
        self.desk().desk_decide(reviews[0].id, "confirmed")
        self.assertFalse(rows.search([("ai_wants_my_review", "=", True)]))

    def test_a_lead_says_why_it_waits_to_who_may_review(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.assertEqual(lead.with_user(self.reviewer).ai_review_text, review.why_text)
        action = lead.with_user(self.reviewer).action_ai_review()
        self.assertEqual((action["tag"], action["params"]), ("ai_deployment.desk", {"review_id": review.id}))
        self.assertFalse(lead.with_user(self.other_owner).sudo(False).ai_review_text)
        with self.assertRaises(AccessError):
            lead.with_user(self.seller).read(["ai_review_text"])

    def test_a_seller_who_reviews_nothing_pays_nothing(self):
        lead = self.make_leads(user_id=self.seller.id)
        self.ask(lead)
        view = self.env["crm.lead"].with_user(self.seller).get_view(self.env.ref("crm.crm_lead_view_form").id, "form")
        self.assertNotIn("ai_review_text", view["arch"])
        self.assertNotIn("ai_wants_my_review", view["arch"])
        view = self.env["crm.lead"].with_user(self.reviewer).get_view(self.env.ref("crm.crm_lead_view_form").id, "form")
        self.assertIn("ai_review_text", view["arch"])


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
        warnings = [text for label, text in essentials if label == "Odoo Warns"]
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
