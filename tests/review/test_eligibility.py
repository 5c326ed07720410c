"""Who may answer a review: who sees the record, did not make it, is present, and has not answered before."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.review.eligibility import away_until
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.review.common import DAY, AssignCase, DecisionCase, ReviewCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestEligibility(ReviewCase):
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


@tagged("post_install", "-at_install")
class TestEligibilityOfTwo(AssignCase):
    def test_nobody_reviews_what_they_made(self):
        for maker, other in ((self.reviewer, self.second), (self.second, self.reviewer)):
            lead = self.make_leads().with_user(maker).copy().with_env(self.env)
            lead.user_id = maker
            self.assertEqual(lead._ai_makers(), {lead.id: {maker.id}})
            review = self.ask(lead)
            self.run_cron()
            self.assertEqual(review.reviewer_id, other, "although it is the maker's own record")

    def test_who_is_away_is_not_asked(self):
        self.away(self.reviewer)
        self.assertEqual(self.assigned().reviewer_id, self.second)
        self.away(self.reviewer, until=NOW - DAY / 2)
        self.away(self.second, until=False)
        self.assertEqual(self.assigned().reviewer_id, self.reviewer)

    def test_a_second_answer_is_asked_of_somebody_else(self):
        for kind in ("four_eyes", "second_opinion"):
            first = self.assigned()
            person, other = first.reviewer_id, (self.reviewer | self.second) - first.reviewer_id
            first.with_user(person)._decide("confirmed")
            following = first._follow(kind)
            self.run_cron()
            self.assertEqual(following.reviewer_id, other)
            self.env.invalidate_all()
            following.with_user(other)._decide("confirmed")
            third = following._follow(kind)
            self.run_cron()
            self.assertEqual(third.reviewer_id, self.owner, "both reviewers have answered")


@tagged("post_install", "-at_install")
class TestMakers(DecisionCase):
    def test_nobody_judges_a_record_that_they_made(self):
        review = self.ask(self.made_by(self.reviewer))
        for decision in ("confirmed", "overridden", "unsure"):
            with self.assertRaisesRegex(AccessError, "You created this record"):
                self.decide(review, self.reviewer, decision)
        self.assertEqual(review.state, "open")
        self.decide(review, self.colleague)
        self.assertEqual((review.state, review.is_label), ("decided", True))

    def test_not_even_who_answers_for_the_deployment(self):
        for person in (self.owner, self.deputy):
            review = self.ask(self.made_by(person))
            with self.assertRaisesRegex(AccessError, "You created this record"):
                self.decide(review, person)

    def test_whoever_made_a_record_may_have_it_scored_again(self):
        self.deployment.min_confidence = 0.0
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.made_by(self.reviewer)
        review = self.ask(lead)
        lead.country_id = self.belgium
        review.with_user(self.reviewer).action_score_again()
        self.assertEqual((review.decision, review.is_label), ("rescored", False))

    def test_whoever_made_a_record_does_not_end_its_review_by_scoring_it_again(self):
        review = self.ask(self.made_by(self.reviewer)).with_user(self.reviewer)
        self.assertFalse(review.failure_type)
        for act in (review.action_score_again, lambda: review.desk_decide(review.id, "rescored")):
            with self.assertRaisesRegex(UserError, "has a score"):
                act()
        self.assertEqual(review.state, "open")

    def test_code_that_answers_in_the_name_of_the_maker_teaches_nothing(self):
        review = self.ask(self.made_by(self.reviewer))
        review.with_user(self.reviewer).sudo()._decide("confirmed")
        self.assertEqual((review.state, review.ground_truth, review.is_label), ("decided", "negative", False))


@tagged("post_install", "-at_install")
class TestAbsence(ReviewCase):
    def take_off(self, user, since, until, time_type="leave"):
        resource = self.env["resource.resource"].create({"name": user.name, "user_id": user.id})
        return self.env["resource.calendar.leaves"].create(
            {"resource_id": resource.id, "date_from": since, "date_to": until, "time_type": time_type}
        )

    def away(self, *users):
        return away_until(self.env["res.users"].union(*users), NOW)

    def test_out_of_office_is_asked_at_the_moment_of_the_clock(self):
        for since, until, back in (
            (NOW - DAY, NOW + DAY, NOW + DAY),
            (NOW - DAY, False, datetime.max),
            (NOW, NOW, NOW),
            (NOW + HOUR, NOW + DAY, None),
            (NOW - DAY, NOW - HOUR, None),
            (False, False, None),
        ):
            self.reviewer.write({"out_of_office_from": since, "out_of_office_to": until})
            with self.subTest(since=since, until=until):
                self.assertEqual(self.away(self.reviewer, self.owner), {self.reviewer.id: back} if back else {})

    def test_time_off_counts_and_what_is_not_time_off_does_not(self):
        self.take_off(self.reviewer, NOW - DAY, NOW + 2 * DAY)
        self.take_off(self.owner, NOW - DAY, NOW + DAY, time_type="other")
        self.take_off(self.deputy, NOW + DAY, NOW + 2 * DAY)
        self.assertEqual(self.away(self.reviewer, self.owner, self.deputy), {self.reviewer.id: NOW + 2 * DAY})
        self.reviewer.write({"out_of_office_from": NOW - DAY, "out_of_office_to": NOW + DAY})
        self.assertEqual(self.away(self.reviewer), {self.reviewer.id: NOW + 2 * DAY}, "the later of the two")

    def test_a_holiday_of_everybody_is_no_absence(self):
        self.env["resource.calendar.leaves"].create(
            {"name": "Holiday", "date_from": NOW - DAY, "date_to": NOW + DAY, "resource_id": False}
        )
        self.assertEqual(self.away(self.reviewer), {})

    def test_who_has_time_off_is_not_asked(self):
        self.take_off(self.reviewer, NOW - DAY, NOW + DAY)
        review = self.ask(self.make_leads())
        self.run_cron()
        self.assertEqual(review.reviewer_id, self.owner)
