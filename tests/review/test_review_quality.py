"""Quality of reviewing: hidden scores, second opinions, and figures that only those see who may."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.models.review.blind import is_in_second_opinion_sample
from odoo.addons.ai_deployment.models.review.quality import ENOUGH, confirm_blindly, review_figures
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.test_answers import DecisionCase


@tagged("post_install", "-at_install")
class TestReviewBlind(DecisionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.blind_share = 1.0

    def blind(self, **values):
        review = self.ask(self.make_leads(**values))
        self.run_cron()
        return review

    def test_the_score_shows_only_after_the_answer(self):
        review = self.blind(expected_revenue=20000).with_user(self.reviewer)
        self.assertTrue(review.is_blind)
        self.assertEqual(
            (review.hides_score, review.shown_value, review.shown_confidence, review.reasons),
            (True, 0, 0, False),
        )
        self.assertEqual(review.prediction_text, "Shown after your answer")
        self.assertIn("Expected Revenue", review.inputs_text, "the record itself is in sight")
        review.action_answer_yes()
        self.assertFalse(review.hides_score)
        self.assertAlmostEqual(review.shown_value, review.predicted_value, 4)
        self.assertTrue(review.reasons)
        self.assertEqual((review.decision, review.ground_truth, review.is_blind), ("confirmed", "positive", True))

    def test_it_is_hidden_before_somebody_was_looked_for_as_well(self):
        review = self.ask(self.make_leads())
        self.assertEqual((review.is_assigned, review.is_blind, review.hides_score), (False, False, True))
        review.with_user(self.reviewer).action_answer_no()
        self.assertEqual((review.is_blind, review.ground_truth, review.decision), (True, "negative", "overridden"))

    def test_nobody_calls_a_hidden_score_right_or_wrong(self):
        review = self.blind()
        with self.assertRaisesRegex(UserError, "say yes or no"):
            review.with_user(self.reviewer).action_confirm()
        dialogs = self.env["ai.deployment.review.decide"].with_user(self.reviewer)
        form = Form(dialogs.with_context(active_model=review._name, active_ids=review.ids))
        self.assertTrue(form.hides_score)
        form.truth = "negative"
        form.note = "I know them."
        form.save().action_decide()
        self.assertEqual((review.ground_truth, review.note), ("negative", "I know them."))

    def test_in_bulk_hidden_ones_stay_open_and_are_told(self):
        reviews = self.blind()
        self.deployment.blind_share = 0
        reviews += self.ask(self.make_leads())
        self.env.invalidate_all()
        told = reviews.with_user(self.reviewer).action_confirm()
        self.assertIn(f"(1: number {reviews[0].id})", told["params"]["message"])
        self.assertEqual(reviews.mapped("state"), ["open", "decided"])

    def test_a_refused_reason_tells_nothing_of_the_hidden_score(self):
        review = self.blind(expected_revenue=20000)
        reason = self.env["ai.deployment.review.answer"].create(
            {"deployment_id": self.deployment.id, "name": "So", "decision": "overridden"}
        )
        review.with_user(self.reviewer)._answer_truth("positive", answer=reason)
        self.assertEqual((review.decision, review.answer_id), ("confirmed", reason))

    def test_the_draw_is_the_same_whenever_it_is_asked(self):
        self.deployment.blind_share = 0.5
        reviews = self.ask(self.make_leads(60))
        before = reviews.mapped("hides_score")
        self.assertEqual(set(before), {True, False})
        self.run_cron()
        self.assertEqual(reviews.mapped("hides_score"), before)
        self.assertEqual(reviews.mapped("is_blind"), before)
        self.run_cron()
        self.assertEqual(reviews.mapped("is_blind"), before)
        self.deployment.blind_share = 0
        self.env.invalidate_all()
        self.assertEqual(reviews.mapped("is_blind"), before, "what was drawn stays drawn")

    def test_with_one_reviewer_or_without_a_score_nothing_is_hidden(self):
        self.deployment.reviewer_ids = self.reviewer
        self.assertFalse(self.blind().hides_score)
        self.deployment.reviewer_ids += self.colleague
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.assertFalse(self.blind(country_id=False).hides_score)

    def test_taken_back_it_is_not_hidden_any_more_and_counts_no_more(self):
        review = self.blind().with_user(self.reviewer)
        review.action_answer_no()
        review.action_undo()
        again = review._chain()[-1:]
        self.assertFalse(again.hides_score)
        again.with_user(self.reviewer)._decide("confirmed")
        hidden, shown = review_figures(self.deployment).blind[3:]
        self.assertEqual((hidden, shown), (0, 0), "whoever saw the score in between is neither")


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
        with self.assertRaisesRegex(AccessError, "somebody else's turn"):
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


@tagged("post_install", "-at_install")
class TestReviewQuality(DecisionCase):
    def answered(self, person, count, overrides=0, seconds=10, **values):
        """So many decided reviews of `person`, as they stand in the database."""
        return self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.deployment.id,
                    "company_id": self.env.company.id,
                    "res_model": "crm.lead",
                    "res_id": self.lead.id,
                    "opened_date": NOW,
                    "reason": "flagged",
                    "prediction": True,
                    "state": "decided",
                    "decision": "overridden" if number < overrides else "confirmed",
                    "ground_truth": "negative" if number < overrides else "positive",
                    "is_label": True,
                    "decided_by_id": person.id,
                    "decided_date": NOW,
                    "seconds_spent": seconds,
                    **values,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()

    def page(self, person):
        self.env.invalidate_all()
        return self.deployment.with_user(person).review_quality_html or ""

    def test_without_answers_there_is_nothing_to_show(self):
        self.assertFalse(self.page(self.owner))

    def test_figures_of_the_whole(self):
        self.answered(self.reviewer, 40, overrides=10, seconds=8)
        self.answered(self.colleague, 40, overrides=10, seconds=0)
        figures = review_figures(self.deployment)
        self.assertEqual(figures.everyone, {"answers": 80, "overrides": 20, "seconds": 8.0})
        page = self.page(self.owner)
        self.assertIn("80 by 2 people", page)
        self.assertIn("25 % (16 % to 36 %)", page)
        self.assertIn("8 seconds", page)

    def test_who_confirms_whatever_the_score_says_is_found(self):
        self.answered(self.reviewer, ENOUGH, overrides=0, seconds=2)
        self.answered(self.colleague, 60, overrides=20)
        figures = review_figures(self.deployment)
        self.assertEqual(confirm_blindly(figures.people), [self.reviewer.id])
        self.assertIn("1 of 2", self.page(self.owner))

    def test_under_thirty_answers_or_on_an_easier_mix_nobody_is_named(self):
        self.answered(self.reviewer, ENOUGH - 1, overrides=0, seconds=2)
        self.answered(self.colleague, 60, overrides=20)
        self.assertFalse(confirm_blindly(review_figures(self.deployment).people))
        # Asked only at random, where the others find nothing either.
        self.answered(self.owner, 60, reason="audit")
        self.answered(self.colleague, 60, reason="audit")
        self.assertFalse(confirm_blindly(review_figures(self.deployment).people))

    def test_what_a_hidden_score_changes(self):
        self.answered(self.reviewer, 20, overrides=10, is_blind=True)
        self.answered(self.colleague, 100, overrides=10)
        difference, low, high, hidden, shown = review_figures(self.deployment).blind
        self.assertAlmostEqual(difference, 0.4)
        self.assertTrue(0 < low < 0.4 < high)
        self.assertEqual((hidden, shown), (20, 100))
        self.assertIn("+40 points", self.page(self.owner))

    def test_old_and_withdrawn_answers_and_those_of_others_do_not_count(self):
        self.answered(self.reviewer, 5)
        self.answered(self.reviewer, 5, decided_date="2020-01-01")
        self.answered(self.reviewer, 5, decision="unsure", ground_truth=False)
        other = self.make_deployment(user_id=self.other_owner.id)
        self.answered(self.reviewer, 5, deployment_id=other.id)
        self.answered(self.reviewer, 1)._reopen()
        self.assertEqual(review_figures(self.deployment).everyone["answers"], 5)

    def test_figures_by_person_are_only_for_members_who_answer_for_it(self):
        self.answered(self.reviewer, 10)
        self.answered(self.colleague, 10)
        group = self.env.ref("ai_deployment.group_review_figures")
        name = self.colleague.name
        for person, sees in (
            (self.owner, True),
            (self.deputy, True),
            (self.manager, True),
            (self.auditor, True),
            (self.reviewer, False),
        ):
            with self.subTest(person=person.login):
                page = self.page(person)
                self.assertIs(bool(page), sees)
                self.assertNotIn(name, page)
                group.sudo().user_ids += person
                self.assertIs(name in self.page(person), sees)
                group.sudo().user_ids -= person

    def test_a_page_is_opened_with_few_queries_whatever_the_number_of_answers(self):
        self.answered(self.reviewer, 10, overrides=2)
        self.page(self.owner)
        self.answered(self.colleague, 100, overrides=20)
        self.env.flush_all()
        self.env.invalidate_all()
        review_figures(self.deployment)
        with self.assertQueryCount(3):
            review_figures(self.deployment)
