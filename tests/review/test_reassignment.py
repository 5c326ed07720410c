"""Reviews change hands: the pool, taking and giving back, and reviewers who cannot answer any more."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.reassignment import begin
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import AssignCase


@tagged("post_install", "-at_install")
class TestReassignment(AssignCase):
    def test_what_lies_in_the_pool_is_anybodys(self):
        review = self.assigned()
        first = review.reviewer_id
        other = (self.reviewer | self.second) - first
        review.with_user(first).action_give_back()
        self.assertEqual((review.reviewer_id.ids, review.is_assigned, review.returned_by_id), ([], True, first))
        self.assertFalse(self.activities_of(review))
        self.run_cron()
        self.assertFalse(review.reviewer_id, "it stays there until somebody takes it")
        review.with_user(other).action_take()
        self.assertEqual((review.reviewer_id, review.started_date), (other, NOW))
        self.run_cron()
        self.assertEqual(self.activities_of(review).user_id, other)

    def test_what_a_colleague_has_is_not_taken_but_by_the_owner(self):
        review = self.assigned()
        other = (self.reviewer | self.second) - review.reviewer_id
        with self.assertRaisesRegex(UserError, "already"):
            review.with_user(other).action_take()
        with self.assertRaisesRegex(AccessError, "Only the assigned reviewer"):
            review.with_user(other).action_give_back()
        self.env.invalidate_all()
        review.with_user(self.deputy).action_take()
        self.assertEqual(review.reviewer_id, self.deputy)
        self.assertFalse(self.activities_of(review))

    def test_the_maker_takes_nothing(self):
        lead = self.make_leads().with_user(self.reviewer).copy().with_env(self.env)
        review = self.ask(lead)
        self.run_cron()
        review.with_user(self.second).action_give_back()
        with self.assertRaises(UserError):
            review.with_user(self.reviewer).action_take()
        self.assertFalse(review.reviewer_id)

    def test_strangers_take_nothing_and_closed_ones_stay(self):
        review = self.assigned()
        for person in (self.seller, self.other_owner, self.auditor):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                review.with_user(person).action_take()
            with self.assertRaises(AccessError):
                review.with_user(person).action_give_back()
        self.env.invalidate_all()
        review.with_user(review.reviewer_id)._decide("unsure")
        for action in ("action_take", "action_give_back"):
            with self.assertRaisesRegex(UserError, "already closed"):
                getattr(review.with_user(self.owner), action)()

    def test_whoever_leaves_hands_over_and_nothing_is_lost(self):
        group = self.env.ref("ai_deployment.group_reviewer")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        ways = {
            "archived": lambda user: user.write({"active": False}),
            "archived by the button": lambda user: user.action_archive(),
            "lost the group": lambda user: user.write({"group_ids": [Command.unlink(group.id)]}),
            "taken out of the group": lambda user: group.write({"user_ids": [Command.unlink(user.id)]}),
            "named no more": lambda user: self.deployment.write({"reviewer_ids": [Command.unlink(user.id)]}),
            "left the company": lambda user: user.write(
                {"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]}
            ),
        }
        self.deployment.reviewer_ids = [Command.clear()]
        for number, (how, leave) in enumerate(ways.items()):
            person = self.make_reviewer(f"ai_leaver_{number}")
            self.deployment.reviewer_ids = [Command.link(person.id)]
            reviews = self.ask(self.make_leads(3))
            self.run_cron()
            self.assertEqual(reviews.reviewer_id, person)
            with self.subTest(how=how):
                leave(person)
                self.assertFalse(reviews.reviewer_id)
                self.assertFalse(any(reviews.mapped("is_assigned")))
                self.assertFalse(self.activities_of(reviews))
                self.run_cron()
                self.assertEqual(reviews.reviewer_id, self.owner)
                self.assertEqual(len(self.activities_of(reviews, self.owner)), 3)
            reviews.sudo()._decide("unsure")
            self.deployment.reviewer_ids = [Command.clear()]

    def test_what_changes_without_a_word_is_noticed_by_the_cron(self):
        seller = self.make_reviewer("ai_selling", "sales_team.group_sale_salesman")
        self.deployment.reviewer_ids += seller
        lead = self.make_leads(user_id=seller.id)
        review = self.ask(lead)
        self.run_cron()
        self.assertEqual(review.reviewer_id, seller)
        lead.user_id = self.other_seller  # now hidden from the first one
        self.run_cron()
        self.assertIn(review.reviewer_id, self.reviewer | self.second)
        self.env.cr.execute("UPDATE res_users SET active = FALSE WHERE id = %s", [review.reviewer_id.id])
        gone = review.reviewer_id
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.run_cron()
        self.assertEqual(review.reviewer_id, (self.reviewer | self.second) - gone)

    def test_a_long_absence_hands_over_what_nobody_has_begun(self):
        fresh, begun = self.assigned(), self.assigned()
        for review in fresh + begun:
            review.with_user(self.owner).action_take()
            review.with_user(self.owner).action_give_back()
            review.sudo().write({"reviewer_id": self.reviewer.id, "started_date": False, "returned_by_id": False})
        begin(begun.with_user(self.reviewer).sudo())
        self.away(self.reviewer, until=fresh.deadline - timedelta(hours=1))
        self.run_cron()
        self.assertEqual((fresh + begun).reviewer_id, self.reviewer, "back in time")
        self.away(self.reviewer, until=fresh.deadline + timedelta(hours=1))
        self.run_cron()
        self.assertEqual((fresh.reviewer_id, begun.reviewer_id), (self.second, self.reviewer))

    def test_a_record_that_goes_to_another_reviewer_takes_its_review_along(self):
        lead = self.make_leads(user_id=self.reviewer.id)
        review = self.ask(lead)
        self.run_cron()
        self.assertEqual((review.reviewer_id, review.responsible_id), (self.reviewer, self.reviewer))
        lead.user_id = self.seller
        self.run_cron()
        self.assertEqual((review.reviewer_id, review.responsible_id), (self.reviewer, self.seller), "no reviewer")
        lead.user_id = self.second
        self.run_cron()
        self.assertEqual((review.reviewer_id, review.responsible_id), (self.second, self.second))
        self.assertEqual(self.activities_of(review).user_id, self.second)
