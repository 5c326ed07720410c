"""Labels, a second person, asking again and taking back."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.blind import is_in_second_opinion_sample
from odoo.addons.ai_deployment.models.review.follow_ups import UNDO
from odoo.addons.ai_deployment.models.review.quality import review_figures
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.verdicts import verdicts
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DecisionCase


@tagged("post_install", "-at_install")
class TestFollowUps(DecisionCase):
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
        self.assertIn("the review is open again", lead.message_ids[0].body)
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
        with self.assertRaisesRegex(UserError, "Only answered reviews"):
            review._reopen()
        self.decide(review, self.reviewer)
        again = review._reopen()
        with self.assertRaisesRegex(UserError, "already has an open review"):
            review._reopen()
        self.decide(again, self.reviewer)
        with self.assertRaisesRegex(UserError, "There is a later answer"):
            review._reopen()
        lead.expected_revenue = 20000
        other = self.ask(lead) - review - again
        self.assertEqual(other.state, "open")
        with self.assertRaisesRegex(UserError, "already has an open review"):
            again._reopen()
        self.assertTrue(again.is_label, "a refusal withdraws nothing")

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
        self.assertIn("withdrew the answer", lead.message_ids[0].body)
        self.decide(again, self.reviewer, "overridden")
        self.assertEqual(self.labels(review), again)

    def test_after_a_minute_or_by_somebody_else_it_is_not(self):
        review = self.ask(self.make_leads())
        self.decide(review, self.reviewer)
        for person, moment in ((self.reviewer, NOW + UNDO + timedelta(seconds=1)), (self.owner, NOW)):
            self.env.invalidate_all()
            with clock.at(moment), self.assertRaisesRegex(UserError, "within one minute"):
                review.with_user(person).action_undo()
        self.assertTrue(review.is_label)
        with self.assertRaisesRegex(UserError, "within one minute"):
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
        with self.assertRaisesRegex(UserError, "There is a later answer"):
            review.with_user(self.reviewer).action_undo()
        self.assertEqual(self.labels(review), second)

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
        with self.assertRaisesRegex(AccessError, "another person has to answer it now"):
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
                    with self.assertRaisesRegex(AccessError, "another person has to answer it now"):
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


@tagged("post_install", "-at_install")
class TestReviewSecondOpinion(DecisionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.double_share = 1.0

    def test_another_person_is_asked_after_the_first_answer(self):
        lead = self.make_leads()
        review = self.ask(lead)
        before = lead.message_ids
        second = self.decide(review, self.reviewer, note="First words")
        self.assertEqual((second.kind, second.state), ("second_opinion", "open"))
        self.assertTrue(review.is_label, "one answer teaches until the second is there")
        lead.invalidate_recordset()
        self.assertEqual(lead.message_ids, before, "the first answer is not on the record yet")
        self.assertFalse(second.note or second.decision)
        with self.assertRaisesRegex(AccessError, "another person has to answer it now"):
            self.decide(second, self.reviewer)
        last = self.decide(second, self.colleague, "overridden", note="Second words")
        self.assertEqual(last, second, "and that is the end")
        self.assertEqual(self.labels(review), second)
        self.assertEqual(second.label_source, "second_opinion")
        lead.invalidate_recordset()
        told = " ".join((lead.message_ids - before).mapped("body"))
        self.assertIn("First words", told)
        self.assertIn("Second words", told)

    def test_a_second_opinion_that_nobody_gives_leaves_the_first_told(self):
        lead = self.make_leads()
        review = self.ask(lead)
        second = self.decide(review, self.reviewer, note="First words")
        second.write({"state": "expired"})
        self.assertEqual(self.labels(review), review)
        self.assertIn("First words", lead.message_ids[0].body)
        self.env.invalidate_all()
        self.assertTrue(review.with_user(self.owner).may_ask_again)
        again = review.with_user(self.owner)._reopen()
        self.assertEqual(again.previous_id, second)

    def test_who_cannot_tell_leaves_the_first_answer_as_it_is(self):
        review = self.ask(self.make_leads())
        self.decide(self.decide(review, self.reviewer), self.colleague, "unsure")
        self.assertEqual(self.labels(review), review)

    def test_no_second_opinion_beside_a_second_person_or_without_an_answer(self):
        review = self.ask(self.make_leads())
        self.assertEqual(self.decide(review, self.reviewer, "unsure"), review)
        self.deployment.four_eyes_amount = 1
        review = self.ask(self.make_leads())
        self.decide(self.decide(review, self.reviewer), self.colleague)
        self.assertEqual(review._chain().mapped("kind"), ["first", "four_eyes"])
        self.deployment.write({"four_eyes_amount": 0, "reviewer_ids": [(6, 0, self.reviewer.ids)]})
        review = self.ask(self.make_leads())
        self.assertEqual(self.decide(review, self.reviewer), review)

    def test_the_share_is_kept_and_drawn_once(self):
        self.deployment.double_share = 0.3
        reviews = self.ask(self.make_leads(60))
        drawn = [is_in_second_opinion_sample(review) for review in reviews]
        self.assertFalse(any(drawn), "nothing is asked twice before it was answered")
        for review in reviews:
            review.sudo().with_user(self.reviewer)._decide("confirmed")
        drawn = [is_in_second_opinion_sample(review) for review in reviews]
        self.assertEqual([len(review._chain()) == 2 for review in reviews], drawn)
        self.assertTrue(3 < sum(drawn) < 40)

    def test_compared_is_like_with_like(self):
        self.deployment.blind_share = 1.0
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer).action_answer_yes()
        second = review._chain()[-1:]
        self.assertTrue(second.hides_score)
        second.with_user(self.colleague).action_answer_yes()
        pairs = review_figures(self.deployment).pairs
        self.assertEqual((pairs.pairs, pairs.share), (1, 1.0))
