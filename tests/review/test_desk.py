"""The review desk: which cards come, to whom, and that no answer is lost or given twice."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DeskCase


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

    def test_who_may_not_read_the_records_is_told_so(self):
        self.ask(self.make_leads(2))
        self.assertEqual(self.opened()["unreadable"], 0)
        self.reviewer.group_ids -= self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.reviewer.group_ids -= self.env.ref("sales_team.group_sale_salesman")
        answer = self.opened()
        self.assertEqual((answer["queue"], answer["unreadable"]), ([], 2))

    def test_what_a_failed_record_lacks_is_filled_in_beside_the_desk(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.deployment.feature_ids.filtered(lambda one: one.key == "country_id").required = True
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        review = self.reviews_of(lead)
        self.assertTrue(self.desk().desk_card(review.id)["can_complete"])
        action = self.desk().desk_complete(review.id)
        self.assertEqual((action["res_id"], action["context"]["ai_complete_view_ref"]), (lead.id, "country_id"))
        lead.country_id = self.belgium
        self.commit()
        self.assertEqual(self.desk().desk_decide(review.id, "rescored")["result"], "decided")
        self.assertEqual(self.score_of(lead).state, "scored")
        with self.assertRaisesRegex(UserError, "Nothing is missing"):
            self.desk().desk_complete(review.id)


@tagged("post_install", "-at_install")
class TestDeskAnswer(DeskCase):
    def test_an_answer_is_kept_with_its_reason_note_seconds_and_what_was_seen(self):
        review = self.ask(self.make_leads())
        code = self.deployment.answer_ids.filtered(lambda answer: answer.decision == "any" and not answer.asks_text)[:1]
        seen = {"similar": [1, 2], "score": True, "why": "Reason", "evil": "x"}
        answer = self.desk().desk_decide(review.id, "overridden", "They moved", 12.5, code.id, seen)
        self.assertEqual((answer["result"], answer["undo_id"]), ("decided", review.id))
        self.assertEqual((review.state, review.decision, review.note), ("decided", "overridden", "They moved"))
        self.assertEqual((review.decided_by_id, review.seconds_spent, review.answer_id), (self.reviewer, 12.5, code))
        screen = review.sudo().screen_context["screen"]
        self.assertEqual((screen["similar"], screen["score"], screen["why"]), ([1, 2], True, "Reason"))
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
        with self.assertRaisesRegex(UserError, "requires a note"):
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
        self.assertEqual(rows.search([("ai_needs_my_review", "=", True)]).ids, mine.ids)
        found = rows.search([("ai_needs_my_review", "=", False), ("id", "in", leads.ids)])
        self.assertEqual(set(found.ids), set((pool + theirs).ids))
        self.assertEqual(leads.with_user(self.reviewer).mapped("ai_needs_my_review"), [True, False, False])
        groups = rows._read_group([("id", "in", leads.ids)], ["ai_needs_my_review"], ["__count"])
        self.assertEqual(dict(groups), {True: 1, False: 2})
        self.desk().desk_decide(reviews[0].id, "confirmed")
        self.assertFalse(rows.search([("ai_needs_my_review", "=", True)]))

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
        self.assertNotIn("ai_needs_my_review", view["arch"])
        view = self.env["crm.lead"].with_user(self.reviewer).get_view(self.env.ref("crm.crm_lead_view_form").id, "form")
        self.assertIn("ai_review_text", view["arch"])
