"""What an answer does: who may give it, what becomes a label, when a second person is asked, how it is taken back."""

from collections import Counter
from datetime import timedelta
from random import Random

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.review.ai_deployment_review_decision import UNDO, sane_seconds
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.verdicts import verdicts
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.review.test_ai_deployment_review import ReviewCase


class DecisionCase(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = new_test_user(
            cls.env,
            "ai_colleague",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman_all_leads",
        )
        cls.deployment.reviewer_ids += cls.colleague

    def decide(self, review, person, decision="confirmed", **values):
        self.env.invalidate_all()
        review.with_user(person)._decide(decision, **values)
        self.env.flush_all()
        return review._chain()[-1:]

    def labels(self, review):
        return review._chain().filtered("is_label")


@tagged("post_install", "-at_install")
class TestReviewDecision(DecisionCase):
    # Nobody judges what they made

    def made_by(self, person):
        lead = self.env["crm.lead"].with_user(person).create({"name": "Own", "expected_revenue": 5000})
        return lead.with_env(self.env)

    def test_nobody_judges_a_record_that_they_made(self):
        review = self.ask(self.made_by(self.reviewer))
        for decision in ("confirmed", "overridden", "unsure"):
            with self.assertRaisesRegex(AccessError, "You made this record"):
                self.decide(review, self.reviewer, decision)
        self.assertEqual(review.state, "open")
        self.decide(review, self.colleague)
        self.assertEqual((review.state, review.is_label), ("decided", True))

    def test_not_even_who_answers_for_the_deployment(self):
        for person in (self.owner, self.deputy):
            review = self.ask(self.made_by(person))
            with self.assertRaisesRegex(AccessError, "You made this record"):
                self.decide(review, person)

    def test_whoever_made_a_record_may_have_it_scored_again(self):
        self.deployment.min_confidence = 0.0
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.made_by(self.reviewer)
        review = self.ask(lead)
        lead.country_id = self.belgium
        review.with_user(self.reviewer).action_score_again()
        self.assertEqual((review.decision, review.is_label), ("rescored", False))

    def test_code_that_answers_in_the_name_of_the_maker_teaches_nothing(self):
        review = self.ask(self.made_by(self.reviewer))
        review.with_user(self.reviewer).sudo()._decide("confirmed")
        self.assertEqual((review.state, review.ground_truth, review.is_label), ("decided", "negative", False))

    # Seconds

    def test_seconds_are_a_number_between_nothing_and_an_hour(self):
        for told, kept in (
            (42, 42),
            (-5, 0),
            (1e12, 3600),
            ("12", 12),
            ("soon", 0),
            (None, 0),
            (float("nan"), 0),
            ([], 0),
            ({"a": 1}, 0),
        ):
            with self.subTest(told=told):
                self.assertEqual(sane_seconds(told), kept)
        review = self.ask(self.make_leads())
        self.decide(review, self.reviewer, seconds=99999999)
        self.assertEqual(review.seconds_spent, 3600)

    # Labels

    def test_where_a_label_comes_from(self):
        review = self.ask(self.make_leads())
        self.assertFalse(review.label_source)
        self.decide(review, self.reviewer)
        self.assertEqual((review.label_source, review.label_weight), ("reviewer", 0))

    def test_a_label_weighs_more_only_as_a_random_check(self):
        self.deployment.write({"min_confidence": 0.0, "audit_share": 1.0})
        review = self.ask(self.make_leads())
        self.assertEqual(review.reason, "audit")
        line = review.inference_id
        self.env.cr.execute("UPDATE ai_deployment_inference SET audit_chance = 0.25 WHERE id = %s", [line.id])
        line.invalidate_recordset()
        self.decide(review, self.reviewer)
        self.assertEqual((review.label_source, review.label_weight), ("audit", 4))
        line._purge()
        review.invalidate_recordset()
        self.assertEqual(review.label_weight, 4, "the chance is known for longer than the log")
        self.decide(review._reopen(), self.reviewer, "unsure")
        self.assertEqual(review.label_weight, 0)

    def test_an_answer_that_says_nothing_of_the_truth_is_no_label(self):
        review = self.ask(self.make_leads())
        self.decide(review, self.reviewer, "unsure")
        self.assertEqual((review.is_label, review.label_source), (False, False))

    # Asking again

    def test_asking_again_keeps_the_answer_and_withdraws_the_label(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.decide(review, self.reviewer, note="Sure.")
        self.env.invalidate_all()
        again = review.with_user(self.owner)._reopen("They called back.").with_env(self.env)
        self.assertEqual((again.kind, again.state, again.previous_id), ("reopened", "open", review))
        self.assertFalse(again.reviewer_id or again.is_assigned or again.decision)
        self.assertEqual(
            (review.state, review.decision, review.note, review.ground_truth, review.is_label),
            ("decided", "confirmed", "Sure.", "positive", False),
        )
        self.assertIn("They called back.", lead.message_ids[0].body)
        self.assertIn("asked again", lead.message_ids[0].body)
        self.decide(again, self.reviewer, "overridden")
        self.assertEqual(self.labels(review), again)
        self.assertEqual(verdicts(self.deployment)[0], {lead.id: False})

    def test_who_may_ask_again(self):
        review = self.ask(self.make_leads())
        self.decide(review, self.reviewer)
        for person in (self.reviewer, self.colleague, self.other_owner, self.auditor):
            self.env.invalidate_all()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                review.with_user(person).action_reopen()
            if person in (self.reviewer, self.colleague):
                self.assertFalse(review.with_user(person).may_ask_again)
        for person in (self.owner, self.deputy):
            self.env.invalidate_all()
            self.assertTrue(review.with_user(person).may_ask_again)
            action = review.with_user(person).action_reopen()
            self.assertFalse(review.with_user(person).may_ask_again)
            review = self.env["ai.deployment.review"].browse(action["res_id"])
            self.decide(review, self.reviewer)
        self.assertEqual(review._chain().mapped("kind"), ["first", "reopened", "reopened"])

    def test_only_the_latest_answer_is_asked_again_and_only_when_nothing_is_open(self):
        lead = self.make_leads()
        review = self.ask(lead)
        with self.assertRaisesRegex(UserError, "Only what was decided"):
            review._reopen()
        self.decide(review, self.reviewer)
        again = review._reopen()
        with self.assertRaisesRegex(UserError, "waits for a decision already"):
            review._reopen()
        self.decide(again, self.reviewer)
        with self.assertRaisesRegex(UserError, "Somebody has answered after this"):
            review._reopen()
        lead.expected_revenue = 20000
        other = self.ask(lead) - review - again
        self.assertEqual(other.state, "open")
        with self.assertRaisesRegex(UserError, "waits for a decision already"):
            again._reopen()
        self.assertTrue(again.is_label, "a refusal withdraws nothing")

    # Undo

    def test_an_answer_is_taken_back_within_a_minute(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.run_cron()
        self.decide(review, self.reviewer, note="Oops.")
        with clock.at(NOW + UNDO):
            self.assertTrue(review.with_user(self.reviewer).may_undo)
            action = review.with_user(self.reviewer).action_undo()
        again = self.env["ai.deployment.review"].browse(action["res_id"])
        self.assertEqual((again.kind, again.previous_id, again.state), ("reopened", review, "open"))
        self.assertEqual(again.reviewer_id, self.reviewer, "it is in the same hands")
        self.assertEqual(again.deadline, review.deadline)
        self.assertEqual((review.state, review.note, review.is_label), ("decided", "Oops.", False))
        self.assertIn("took the answer", lead.message_ids[0].body)
        self.decide(again, self.reviewer, "overridden")
        self.assertEqual(self.labels(review), again)

    def test_after_a_minute_or_by_somebody_else_it_is_not(self):
        review = self.ask(self.make_leads())
        self.decide(review, self.reviewer)
        for person, moment in ((self.reviewer, NOW + UNDO + timedelta(seconds=1)), (self.owner, NOW)):
            self.env.invalidate_all()
            with clock.at(moment), self.assertRaisesRegex(UserError, "within a minute"):
                review.with_user(person).action_undo()
        self.assertTrue(review.is_label)
        with self.assertRaisesRegex(UserError, "within a minute"):
            self.ask(self.make_leads()).with_user(self.reviewer).action_undo()

    def test_taking_back_takes_back_what_was_asked_because_of_it(self):
        self.deployment.four_eyes_amount = 1000
        review = self.ask(self.make_leads(expected_revenue=5000))
        second = self.decide(review, self.reviewer)
        self.run_cron()
        self.assertEqual((second.kind, second.state), ("four_eyes", "open"))
        action = review.with_user(self.reviewer).action_undo()
        again = self.env["ai.deployment.review"].browse(action["res_id"])
        self.assertEqual(second.state, "expired")
        self.assertFalse(self.activities_of(second))
        self.assertEqual(review._chain().mapped("kind"), ["first", "four_eyes", "reopened"])
        self.decide(again, self.reviewer)
        self.assertEqual(review._chain()[-1:].kind, "four_eyes", "the second person is asked about the new answer")

    def test_what_the_second_person_answered_is_not_undone(self):
        self.deployment.four_eyes_amount = 1000
        review = self.ask(self.make_leads())
        second = self.decide(review, self.reviewer)
        self.decide(second, self.colleague)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Somebody has answered after this"):
            review.with_user(self.reviewer).action_undo()
        self.assertEqual(self.labels(review), second)

    # A second person above an amount

    def test_from_the_amount_on_a_second_person_is_asked(self):
        self.deployment.four_eyes_amount = 5000
        for amount, chain in ((4999, ["first"]), (5000, ["first", "four_eyes"]), (20000, ["first", "four_eyes"])):
            review = self.ask(self.make_leads(expected_revenue=amount))
            self.decide(review, self.reviewer)
            with self.subTest(amount=amount):
                self.assertEqual(review._chain().mapped("kind"), chain)
                self.assertIs(review.is_label, chain == ["first"], "one answer is not enough to learn from")

    def test_no_second_person_without_an_amount_or_an_answer(self):
        review = self.ask(self.make_leads(expected_revenue=1000000))
        self.assertEqual(self.decide(review, self.reviewer), review)
        self.deployment.four_eyes_amount = 1
        review = self.ask(self.make_leads())
        self.assertEqual(self.decide(review, self.reviewer, "unsure"), review)

    def test_the_same_person_does_not_answer_twice(self):
        self.deployment.four_eyes_amount = 1000
        second = self.decide(self.ask(self.make_leads()), self.reviewer)
        with self.assertRaisesRegex(AccessError, "somebody else's turn"):
            self.decide(second, self.reviewer)
        self.assertEqual(second.state, "open")
        second.with_user(self.reviewer).sudo()._decide("confirmed")
        self.assertFalse(self.labels(second), "nor does code in the name of that person make a label")

    def test_where_two_agree_the_last_is_the_label(self):
        self.deployment.four_eyes_amount = 1000
        lead = self.make_leads()
        review = self.ask(lead)
        last = self.decide(self.decide(review, self.reviewer), self.colleague)
        self.assertEqual(review._chain().mapped("state"), ["decided", "decided"])
        self.assertEqual((self.labels(review), last.label_source), (last, "four_eyes"))
        self.assertEqual(verdicts(self.deployment)[0], {lead.id: True})

    def test_where_two_differ_the_owner_decides_and_that_is_the_end(self):
        self.deployment.four_eyes_amount = 1000
        for second_answer in ("overridden", "unsure"):
            review = self.ask(self.make_leads())
            third = self.decide(self.decide(review, self.reviewer), self.colleague, second_answer)
            with self.subTest(second=second_answer):
                self.assertEqual((third.kind, third.state, third.reviewer_id), ("four_eyes", "open", self.owner))
                self.assertFalse(self.labels(review))
                for person in (self.reviewer, self.colleague):
                    with self.assertRaisesRegex(AccessError, "somebody else's turn"):
                        self.decide(third, person)
                last = self.decide(third, self.owner, "overridden")
                self.assertEqual(last, third, "no endless chain")
                self.assertEqual(self.labels(review), third)

    def test_where_the_owner_was_one_of_the_two_it_is_the_deputys(self):
        self.deployment.four_eyes_amount = 1000
        third = self.decide(self.decide(self.ask(self.make_leads()), self.owner), self.colleague, "overridden")
        self.assertEqual(third.reviewer_id, self.deputy)
        third = self.decide(self.decide(self.ask(self.make_leads()), self.owner), self.deputy, "overridden")
        self.assertFalse(third.reviewer_id, "for the pool")
        self.decide(third, self.reviewer, "unsure")
        self.assertFalse(self.labels(third))
        self.assertEqual(third._chain().mapped("state"), ["decided"] * 3)

    def test_asked_again_two_people_are_asked_anew(self):
        self.deployment.four_eyes_amount = 1000
        review = self.ask(self.make_leads())
        again = self.decide(self.decide(review, self.reviewer), self.colleague)._reopen()
        self.assertFalse(self.labels(review))
        second = self.decide(again, self.reviewer)
        self.assertEqual((second.kind, second.state), ("four_eyes", "open"), "who answered before may do so again")
        last = self.decide(second, self.colleague)
        self.assertEqual(self.labels(review), last)

    def test_the_amount_is_not_negative(self):
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"):
            self.deployment.four_eyes_amount = -1
            self.env.flush_all()

    # Many at once

    def test_many_at_once_lose_nothing_to_one_that_cannot_be(self):
        reviews = self.ask(self.make_leads(3)) + self.ask(self.made_by(self.reviewer))
        self.decide(reviews[1], self.colleague, "unsure")
        self.env.invalidate_all()
        told = reviews.with_user(self.reviewer).action_confirm()
        self.assertEqual(told["tag"], "display_notification")
        message = told["params"]["message"]
        self.assertIn("2 of 4 were not decided", message)
        self.assertIn(f"closed already. (1: number {reviews[1].id})", message)
        self.assertIn(f"somebody else has to judge it. (1: number {reviews[3].id})", message)
        self.assertEqual(reviews.mapped("decision"), ["confirmed", "unsure", "confirmed", False])
        self.assertEqual(reviews.mapped("is_label"), [True, False, True, False])

    def test_when_none_can_be_it_is_said_and_not_done(self):
        reviews = self.ask(self.make_leads(2))
        reviews.with_user(self.colleague)._decide("confirmed")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "2 of 2 were not decided"):
            reviews.with_user(self.reviewer).action_confirm()
        self.assertEqual(reviews.decided_by_id, self.colleague)

    def test_whatever_people_do_labels_are_single_and_nobodys_own(self):
        self.deployment.write({"four_eyes_amount": 6000, "double_share": 0.5})
        people = (self.reviewer, self.colleague, self.owner, self.deputy)
        leads = self.make_leads(4, expected_revenue=5000) + self.make_leads(3, expected_revenue=9000)
        for person in people:
            leads += self.made_by(person)
        self.ask(leads)
        reviews = self.env["ai.deployment.review"]
        random, done, makers = Random(6), Counter(), {}
        kinds = ("confirmed", "overridden", "unsure", "undo", "reopen", "merge")
        for step in range(250):
            what = random.choices(kinds, (4, 4, 1, 3, 3, 0.5))[0]
            among = self.reviews_of(leads)
            fitting = among.filtered(lambda r, open_=what not in ("undo", "reopen"): (r.state == "open") == open_)
            review, person = random.choice(fitting or among), random.choice(people)
            if what == "undo" and random.random() < 0.5:
                person = review.decided_by_id or person
            self.env.invalidate_all()
            try:
                with clock.at(NOW + timedelta(seconds=step // 2)), self.env.cr.savepoint():
                    mine = review.with_user(person)
                    if what == "undo":
                        mine.action_undo()
                    elif what == "reopen":
                        mine.action_reopen()
                    elif what == "merge":
                        reviews.sudo()._follow_merge(*random.choices(leads, k=2))
                    else:
                        made_by = mine._makers()  # a merge afterwards makes more of them
                        mine._decide(what, seconds=step)
                        makers[review.id] = made_by
                done[what] += 1
            except UserError:
                done["refused"] += 1
        self.assertTrue(all(done[kind] for kind in kinds), done)
        asked = self.reviews_of(leads)
        by_state = asked.grouped("state")
        self.assertEqual(len(asked), sum(len(by_state.get(state, ())) for state in ("open", "decided", "expired")))
        waiting = by_state.get("open", asked.browse()).mapped("res_id")
        self.assertEqual(len(waiting), len(set(waiting)))
        for review in asked:
            chain, label = review._chain(), self.labels(review)
            self.assertLessEqual(len(label), 1)
            if label:
                self.assertTrue(label.state == "decided" and label.ground_truth)
                self.assertNotIn(label.decided_by_id.id, makers[label.id])
            answered = (review._round() & chain.filtered("decided_by_id")).mapped("decided_by_id.id")
            self.assertEqual(len(answered), len(review._round().filtered("decided_by_id")), "each person once a round")

    def test_no_door_leads_around_the_answer(self):
        review = self.ask(self.make_leads()).with_user(self.reviewer)
        for values in (
            {"is_label": True},
            {"ground_truth": "positive"},
            {"is_blind": True},
            {"answer_id": False},
            {"seen": {}},
            {"label_weight": 9},
            {"previous_id": review.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                review.write(values)
