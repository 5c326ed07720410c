"""Reviews: who is asked, how they are pointed to it, what an answer does and what it leaves alone."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase


class ReviewCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.min_confidence = 1.0  # everything goes to a person

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def ask(self, leads):
        """Score `leads`; their reviews, in the order of the leads."""
        self.deployment._score(leads)
        return self.reviews_of(leads).sorted(lambda review: leads.ids.index(review.res_id))

    def run_cron(self, *names):
        """Run both crons of the queue, or those named."""
        for name in names or ("assign_reviews", "tidy_reviews"):
            with self.enter_registry_test_mode():
                self.assertIs(self.env.ref(f"ai_deployment.ir_cron_{name}").method_direct_trigger(), True)
        self.env.invalidate_all()

    def activities_of(self, records, person=None):
        domain = [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        if person:
            domain.append(("user_id", "=", person.id))
        return self.env["mail.activity"].search(domain)


@tagged("post_install", "-at_install")
class TestReview(ReviewCase):
    # Assignment

    def test_a_review_goes_to_a_reviewer_with_an_activity(self):
        review = self.ask(self.make_leads())
        self.assertFalse(review.reviewer_id or review.is_assigned)
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.reviewer)
        self.assertTrue(review.is_assigned)
        activity = self.activities_of(review)
        self.assertEqual(activity.user_id, self.reviewer)
        self.assertEqual(activity.activity_type_id, self.env.ref("ai_deployment.mail_activity_type_review"))
        self.assertEqual(activity.date_deadline, NOW.date() + timedelta(days=2))
        self.assertEqual(activity.summary, "The score is not sure enough")

    def test_the_cron_asks_once(self):
        review = self.ask(self.make_leads())
        self.run_cron()
        self.run_cron()
        self.assertEqual(len(self.activities_of(review)), 1)

    def test_the_records_own_person_is_asked_where_she_reviews(self):
        seller = new_test_user(
            self.env,
            "ai_selling_reviewer",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman",
        )
        self.deployment.reviewer_ids += seller
        reviews = self.ask(self.make_leads(3, user_id=seller.id))
        self.run_cron()
        self.assertEqual(reviews.reviewer_id, seller)

    def test_the_records_own_person_is_not_asked_where_she_is_no_reviewer(self):
        review = self.ask(self.make_leads(user_id=self.owner.id))
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.reviewer)

    def test_reviews_are_spread_over_the_reviewers(self):
        self.deployment.reviewer_ids += self.other_owner
        first = self.ask(self.make_leads(3))
        first.sudo().write({"reviewer_id": self.other_owner.id, "is_assigned": True})
        reviews = self.ask(self.make_leads(5))
        self.run_cron()
        counts = [
            len((first + reviews).filtered(lambda r, u=u: r.reviewer_id == u))
            for u in (self.reviewer, self.other_owner)
        ]
        self.assertEqual(counts, [4, 4])

    def test_decided_reviews_are_no_load(self):
        self.deployment.reviewer_ids += self.other_owner
        first = self.ask(self.make_leads(3))
        first.sudo().write({"reviewer_id": self.reviewer.id, "is_assigned": True, "state": "decided"})
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(review.reviewer_id, min(self.reviewer, self.other_owner, key=lambda user: user.id))

    def test_without_a_reviewer_who_can_the_owner_is_asked_then_the_deputy_then_nobody(self):
        for prepare, expected in (
            (lambda: self.deployment.reviewer_ids.write({"active": False}), self.owner),
            (lambda: self.deployment.write({"reviewer_ids": [(5, 0, 0)]}), self.owner),
            (lambda: self.owner.write({"active": False}), self.deputy),
            (lambda: self.deputy.write({"active": False}), self.env["res.users"]),
        ):
            prepare()
            review = self.ask(self.make_leads())
            self.run_cron()
            with self.subTest(expected=expected.login):
                self.assertEqual(review.reviewer_id, expected)
                self.assertTrue(review.is_assigned)
                self.assertEqual(len(self.activities_of(review)), len(expected))

    def test_nobody_is_asked_about_a_record_that_is_hidden_from_him(self):
        seller = new_test_user(
            self.env,
            "ai_selling_reviewer",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman",
        )
        self.deployment.reviewer_ids = seller
        review = self.ask(self.make_leads(user_id=self.other_seller.id))
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.owner)

    def test_nobody_is_asked_who_lost_the_group(self):
        self.reviewer.group_ids -= self.env.ref("ai_deployment.group_reviewer")
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.owner)

    def test_a_record_that_is_gone_stops_nothing(self):
        gone, lead = self.make_leads(), self.make_leads()
        reviews = self.ask(gone + lead)
        gone.unlink()
        self.run_cron()
        self.assertEqual(reviews.mapped("state"), ["expired", "open"])
        self.assertEqual(reviews[1].reviewer_id, self.reviewer)

    def test_a_flood_makes_twenty_activities_and_one_that_points_to_the_queue(self):
        reviews = self.ask(self.make_leads(MAX_ACTIVITIES + 10))
        self.run_cron()
        self.assertEqual(reviews.reviewer_id, self.reviewer)
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        queue = self.activities_of(reviews).filtered(lambda activity: activity.activity_type_id == queue_type)
        self.assertEqual(len(self.activities_of(reviews)), MAX_ACTIVITIES + 1)
        self.assertEqual(queue.mapped("summary"), ["10 more reviews wait for you in the queue"])
        self.ask(self.make_leads(5))
        self.run_cron()
        self.assertEqual(queue.mapped("summary"), ["15 more reviews wait for you in the queue"])
        self.assertEqual(
            self.env["mail.activity"].search_count([("user_id", "=", self.reviewer.id)]), MAX_ACTIVITIES + 1
        )

    def test_answered_reviews_make_room_for_the_next_ones(self):
        reviews = self.ask(self.make_leads(MAX_ACTIVITIES + 2))
        self.run_cron()
        pointed = reviews.filtered("activity_ids")
        self.assertEqual(len(pointed), MAX_ACTIVITIES + 1)
        for review in pointed[:5]:
            review.with_user(self.reviewer).action_confirm()
        self.run_cron()
        self.assertEqual(self.activities_of(reviews).mapped("user_id"), self.reviewer)
        self.assertEqual(len(self.activities_of(reviews)), MAX_ACTIVITIES - 5 + 2)
        queue_type = self.env.ref("ai_deployment.mail_activity_type_queue")
        self.assertNotIn(queue_type, self.activities_of(reviews).activity_type_id, "nothing is left beyond")

    # Decision

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
            with self.assertRaisesRegex(UserError, "no score to be right or wrong"):
                review.with_user(self.reviewer)._decide(decision)
            self.assertEqual((review.state, review.ground_truth, review.prediction_text), ("open", False, False))

    def test_the_buttons(self):
        reviews = self.ask(self.make_leads(2)).with_user(self.reviewer)
        reviews[0].action_confirm()
        reviews[1].action_unsure()
        self.assertEqual(reviews.mapped("decision"), ["confirmed", "unsure"])

    def test_a_question_is_answered_once(self):
        review = self.ask(self.make_leads()).with_user(self.reviewer)
        review.action_confirm()
        for again in (review.action_confirm, review.action_unsure, review.action_score_again):
            with self.assertRaisesRegex(UserError, "closed already"):
                again()
        self.assertEqual(review.decision, "confirmed")

    def test_who_may_answer(self):
        for person in (self.reviewer, self.owner, self.deputy):
            review = self.ask(self.make_leads())
            self.env.invalidate_all()
            review.with_user(person).action_confirm()
            self.assertEqual(review.decided_by_id, person)
        for person in (self.seller, self.other_owner, self.manager, self.auditor):
            review = self.ask(self.make_leads())
            self.env.invalidate_all()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                review.with_user(person).action_confirm()
            self.assertEqual(review.state, "open")

    def test_an_auditor_answers_nothing_whatever_else_he_is(self):
        self.auditor.group_ids += self.env.ref("ai_deployment.group_reviewer")
        review = self.ask(self.make_leads())
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            review.with_user(self.auditor).action_confirm()

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

    def test_an_answer_leaves_a_note_on_the_record_and_changes_no_field_of_it(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.env.flush_all()
        query = "SELECT to_jsonb(crm_lead), xmin::text FROM crm_lead WHERE id = %s"
        self.env.cr.execute(query, [lead.id])
        before, messages = self.env.cr.fetchall(), lead.message_ids
        review.with_user(self.reviewer)._decide("overridden", note="They <b>moved</b> away.")
        self.env.flush_all()
        self.env.cr.execute(query, [lead.id])
        self.assertEqual(self.env.cr.fetchall(), before)
        lead.invalidate_recordset()
        message = lead.message_ids - messages
        self.assertEqual(len(message), 1)
        self.assertIn("The score is wrong", message.body)
        self.assertIn("They &lt;b&gt;moved&lt;/b&gt; away.", message.body)
        self.assertEqual(message.author_id, self.reviewer.partner_id)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))

    def test_the_record_may_be_gone(self):
        lead = self.make_leads()
        review = self.ask(lead)
        lead.unlink()
        review.sudo()._decide("unsure")
        self.assertEqual(review.state, "decided")

    # Score again

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
        review = self.ask(self.make_leads())
        self.deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not at work"):
            review.with_user(self.reviewer).action_score_again()

    # What it shows

    def test_a_review_shows_what_the_decision_is_about(self):
        lead = self.make_leads(expected_revenue=20000)
        review = self.ask(lead).with_user(self.reviewer)
        self.assertEqual(review.name, lead.display_name)
        self.assertEqual(review.prediction_text, "will win")
        self.assertEqual(review.opened_date, NOW)
        self.assertIn("Expected Revenue: 20,000", review.inputs_text)
        self.assertIn("▲ Expected Revenue", review.reasons)

    def test_open_ones_come_first_the_most_urgent_on_top(self):
        first, second, third = self.ask(self.make_leads(3))
        first.deadline, second.deadline = NOW + timedelta(days=9), NOW + timedelta(days=2)
        third.sudo()._decide("unsure")
        found = self.env["ai.deployment.review"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(found.ids, [second.id, first.id, third.id])
