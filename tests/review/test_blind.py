"""Questions whose score shows only after the answer."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.models.review import blind
from odoo.addons.ai_deployment.models.review.quality import review_figures
from odoo.addons.ai_deployment.tests.review.common import DecisionCase


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
        with self.assertRaisesRegex(UserError, "answer yes or no"):
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

    def test_what_hides_a_score_in_the_form_and_in_lists(self):
        lead = self.make_leads()
        review = self.ask(lead)
        reviews, more = self.env["ai.deployment.review"], self.colleague
        answered = {"reviewer_id": self.reviewer.id, "ground_truth": "positive", "decision": "confirmed"}
        for hidden, values, share, people in (
            (True, {}, 1.0, self.reviewer + more),
            (True, {}, 0.999, self.reviewer + more),
            (False, {}, 0.0, self.reviewer + more),
            (False, {}, 1.0, self.reviewer),
            (False, {"is_assigned": True, "is_blind": False}, 1.0, self.reviewer + more),
            (True, {"is_assigned": True, "is_blind": True}, 0.0, self.reviewer),
            (False, {"failure_type": "artifact_rejected"}, 1.0, self.reviewer + more),
            (False, {"kind": "second_opinion"}, 1.0, self.reviewer + more),
            (False, {"state": "decided", "is_blind": True, **answered}, 1.0, self.reviewer + more),
        ):
            with self.subTest(values=values, share=share, people=len(people)), self.env.cr.savepoint() as savepoint:
                self.deployment.write({"blind_share": share, "reviewer_ids": [Command.set(people.ids)]})
                review.write(values)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(blind.is_hidden(review), hidden)
                pair = (self.deployment.id, lead.id)
                self.assertEqual(pair in self.env.execute_query(blind.blind_records_sql(reviews)), hidden)
                lines = self.env["ai.deployment.score"].search([("res_id", "=", lead.id)])
                self.assertEqual(bool(lines.filtered_domain(blind.of_blind_records(lines))), hidden)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_colleague_who_left_is_nobody_to_compare_with(self):
        review = self.ask(self.make_leads())
        self.colleague.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(blind.is_in_blind_sample(review))
        self.assertFalse(self.env.execute_query(blind.blind_records_sql(review)))

    def test_lists_ask_about_some_deployments_and_records_only(self):
        leads = self.make_leads(2)
        review, pairs = self.ask(leads)[0], [(self.deployment.id, lead.id) for lead in leads]
        self.env.flush_all()
        for asked, expected in (
            ({}, pairs),
            ({"of": self.deployment.ids}, pairs),
            ({"of": []}, []),
            ({"ids": leads[1].ids}, pairs[1:]),
            ({"of": self.deployment.ids, "ids": []}, []),
        ):
            with self.subTest(asked):
                found = self.env.execute_query(blind.blind_records_sql(review, **asked))
                self.assertEqual(sorted(found), sorted(expected))

    def test_answers_that_a_second_person_gives_as_well(self):
        review = self.ask(self.make_leads())
        more = self.reviewer + self.colleague
        for drawn, values, share, people in (
            (True, {"ground_truth": "positive"}, 1.0, more),
            (False, {"ground_truth": "positive"}, 0.0, more),
            (False, {"ground_truth": "positive"}, 1.0, self.reviewer),
            (False, {"ground_truth": False}, 1.0, more),
            (False, {"ground_truth": "positive", "kind": "second_opinion"}, 1.0, more),
        ):
            with self.subTest(values=values, share=share, people=len(people)), self.env.cr.savepoint() as savepoint:
                self.deployment.write({"double_share": share, "reviewer_ids": [Command.set(people.ids)]})
                review.write(values)
                self.assertEqual(blind.is_in_second_opinion_sample(review), drawn)
                savepoint.rollback()
                self.env.invalidate_all()
