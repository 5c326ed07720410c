"""What an answer stores, that it is given once, and many answers at once."""

from collections import Counter
from datetime import timedelta
from random import Random

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.answers import sane_seconds
from odoo.addons.ai_deployment.models.review.eligibility import current_round, makers_of
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DecisionCase, ReviewCase


@tagged("post_install", "-at_install")
class TestAnswers(ReviewCase):
    def test_an_answer_is_kept_with_who_gave_it_and_when(self):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed", note="I called them.", seconds=42)
        self.assertEqual(
            (review.state, review.decision, review.note, review.seconds_spent),
            ("decided", "confirmed", "I called them.", 42),
        )
        self.assertEqual((review.decided_by_id, review.decided_date), (self.reviewer, NOW))

    def test_what_an_answer_says_of_the_truth(self):
        likely, unlikely = {"expected_revenue": 20000}, {"expected_revenue": 10, "country_id": self.usa.id}
        for values, decision, truth in (
            (likely, "confirmed", "positive"),
            (likely, "overridden", "negative"),
            (likely, "unsure", False),
            (unlikely, "confirmed", "negative"),
            (unlikely, "overridden", "positive"),
            (unlikely, "unsure", False),
        ):
            review = self.ask(self.make_leads(**values))
            review.with_user(self.reviewer)._decide(decision)
            with self.subTest(prediction=review.prediction, decision=decision):
                self.assertEqual(review.prediction, values is likely)
                self.assertEqual(review.ground_truth, truth)

    def test_about_a_failure_there_is_no_truth(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        for decision in ("confirmed", "overridden"):
            review = self.ask(self.make_leads(country_id=False))
            with self.assertRaisesRegex(UserError, "no score to judge"):
                review.with_user(self.reviewer)._decide(decision)
            self.assertEqual((review.state, review.ground_truth, review.prediction_text), ("open", False, False))

    def test_a_question_is_answered_once(self):
        review = self.ask(self.make_leads()).with_user(self.reviewer)
        review.action_confirm()
        for again in (review.action_confirm, review.action_unsure, review.action_score_again):
            with self.assertRaisesRegex(UserError, "already closed"):
                again()
        self.assertEqual(review.decision, "confirmed")

    def test_an_answer_closes_the_activity_of_who_was_asked(self):
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(len(self.activities_of(review)), 1)
        review.with_user(self.deputy)._decide("confirmed", note="Seen.")
        self.assertFalse(self.activities_of(review))
        done = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", review._name), ("res_id", "=", review.id)])
        )
        self.assertEqual((done.active, done.feedback), (False, "Seen."))

    def test_the_record_may_be_gone(self):
        lead = self.make_leads()
        review = self.ask(lead)
        lead.unlink()
        review.sudo()._decide("unsure")
        self.assertEqual(review.state, "decided")

    def test_a_record_that_was_filled_is_scored_again(self):
        self.deployment.min_confidence = 0.0
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False, user_id=self.reviewer.id)
        review = self.ask(lead).with_user(self.reviewer)
        self.assertEqual(review.reason, "failed")
        review.action_score_again()
        self.assertEqual(review.state, "open", "nothing has changed yet")
        lead.country_id = self.belgium
        review.action_score_again()
        self.assertEqual((review.state, review.decision), ("decided", "rescored"))
        self.assertFalse(review.ground_truth)
        self.assertEqual(self.score_of(lead).state, "scored")
        self.assertEqual(len(self.inferences_of(lead)), 3)
        self.assertEqual(self.inferences_of(lead)[-1].user_id, self.reviewer)

    def test_a_score_that_is_a_question_itself_is_asked_anew(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False, user_id=self.reviewer.id)
        review = self.ask(lead).with_user(self.reviewer)
        lead.country_id = self.belgium
        self.deployment.min_confidence = 1.0
        review.action_score_again()
        self.assertEqual((review.state, review.decision), ("decided", "rescored"))
        new = self.reviews_of(lead) - review
        self.assertEqual((new.state, new.reason), ("open", "low_confidence"))
        self.assertEqual(new.inference_id, self.inferences_of(lead)[-1])

    def test_a_suspended_deployment_scores_nothing_again(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        review = self.ask(self.make_leads(country_id=False))
        self.deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not live"):
            review.with_user(self.reviewer).action_score_again()


@tagged("post_install", "-at_install")
class TestManyAnswers(DecisionCase):
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

    def test_many_at_once_lose_nothing_to_one_that_cannot_be(self):
        reviews = self.ask(self.make_leads(3)) + self.ask(self.made_by(self.reviewer))
        self.decide(reviews[1], self.colleague, "unsure")
        self.env.invalidate_all()
        told = reviews.with_user(self.reviewer).action_confirm()
        self.assertEqual(told["tag"], "display_notification")
        message = told["params"]["message"]
        self.assertIn("2 of 4 were not answered", message)
        self.assertIn(f"already closed. (1: number {reviews[1].id})", message)
        self.assertIn(f"another person has to review it. (1: number {reviews[3].id})", message)
        self.assertEqual(reviews.mapped("decision"), ["confirmed", "unsure", "confirmed", False])
        self.assertEqual(reviews.mapped("is_label"), [True, False, True, False])

    def test_when_none_can_be_it_is_said_and_not_done(self):
        reviews = self.ask(self.make_leads(2))
        reviews.with_user(self.colleague)._decide("confirmed")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "2 of 2 were not answered"):
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
                        made_by = makers_of(mine.sudo())  # a merge afterwards makes more of them
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
            this_round = current_round(review)
            answered = (this_round & chain.filtered("decided_by_id")).mapped("decided_by_id.id")
            self.assertEqual(len(answered), len(this_round.filtered("decided_by_id")), "each person once a round")

    def test_no_door_leads_around_the_answer(self):
        review = self.ask(self.make_leads()).with_user(self.reviewer)
        for values in (
            {"is_label": True},
            {"ground_truth": "positive"},
            {"is_blind": True},
            {"answer_id": False},
            {"screen_context": {}},
            {"label_weight": 9},
            {"previous_id": review.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                review.write(values)
