"""Whatever people do: no question is lost, and each has somebody who can answer it, or lies in the pool.

Random sequences of what happens in a year, each from a seed, so that one that fails can be run again.
"""

import random
from collections import Counter
from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.activities import MAX_ACTIVITIES
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import AssignCase

SEEDS = range(3)
STEPS = 60


@tagged("post_install", "-at_install")
class TestReviewProperties(AssignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls.make_reviewer("ai_third", "sales_team.group_sale_salesman")
        cls.deployment.reviewer_ids += cls.third
        cls.people = cls.reviewer | cls.second | cls.third | cls.owner | cls.deputy
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.group = cls.env.ref("ai_deployment.group_reviewer")

    def test_no_question_is_lost_whatever_people_do(self):
        happened = Counter()
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.rng = random.Random(seed)
                self.moment = NOW + timedelta(days=30 * seed)
                for _step in range(STEPS):
                    what = self.rng.choice(self.events())
                    with clock.at(self.moment):
                        happened[what.__name__] += bool(self.attempt(what))
                self.pass_by()
        missing = {event.__name__ for event in self.events() if not happened[event.__name__]}
        self.assertFalse(missing, "each of these worked at least once")
        states = Counter(self.everything().mapped("state"))
        self.assertEqual(set(states), {"open", "decided", "expired"}, "the sequences reach every end")

    # What happens

    def events(self):
        return [
            self.new_records,
            self.new_records,
            self.pass_by,
            self.pass_by,
            self.answer,
            self.answer,
            self.goes_away,
            self.comes_back,
            self.is_archived,
            self.is_back,
            self.loses_group,
            self.is_unnamed,
            self.leaves_company,
            self.takes,
            self.gives_back,
            self.asked_again,
            self.record_is_deleted,
            self.record_is_won,
            self.record_is_reassigned,
            self.activity_is_done,
            self.activity_is_cancelled,
        ]

    def attempt(self, event):
        """Whether the event was possible and happened; one that is refused leaves nothing behind."""
        try:
            with self.env.cr.savepoint():
                result = event()
                self.env.flush_all()
                return result
        except UserError:
            self.env.invalidate_all()
            return False

    def everything(self):
        return self.env["ai.deployment.review"].search([("deployment_id", "=", self.deployment.id)])

    def one_of(self, records):
        return self.rng.choice(records) if records else records

    def an_open_one(self):
        return self.one_of(self.everything().filtered(lambda review: review.state == "open"))

    def a_record(self):
        ids = self.everything().mapped("res_id")
        return self.one_of(self.env["crm.lead"].browse(ids).exists())

    def a_person(self):
        return self.one_of(self.people)

    def new_records(self):
        maker, owner = self.a_person(), self.one_of(self.people | self.seller)
        leads = self.make_leads(self.rng.choice((1, 3, 30)), user_id=owner.id)
        self.env.cr.execute("UPDATE crm_lead SET create_uid = %s WHERE id = ANY(%s)", [maker.id, leads.ids])
        leads.invalidate_recordset()
        before = len(self.everything())
        self.deployment._score(leads)
        return len(self.everything()) == before + len(leads)

    def answer(self):
        review = self.an_open_one()
        if review and review.reviewer_id:
            review.with_user(review.reviewer_id)._decide(self.rng.choice(("confirmed", "overridden", "unsure")))
            return True

    def goes_away(self):
        days = self.rng.choice((1, 5, 40))
        self.away(self.a_person(), self.moment, self.moment + timedelta(days=days))
        return True

    def comes_back(self):
        self.a_person().out_of_office_from = False
        return True

    def is_archived(self):
        person = self.a_person()
        if self.rng.random() < 0.5:
            person.action_archive()
        else:
            person.active = False
        return True

    def is_back(self):
        for person in self.people:
            person.active = True
            person.write({"company_id": self.env.company.id, "company_ids": [Command.set(self.env.company.ids)]})
            person.group_ids += self.group
        self.deployment.reviewer_ids = self.reviewer | self.second | self.third
        return True

    def loses_group(self):
        person = self.a_person()
        if self.rng.random() < 0.5:
            self.group.write({"user_ids": [Command.unlink(person.id)]})
        else:
            person.group_ids -= self.group
        return True

    def is_unnamed(self):
        self.deployment.reviewer_ids -= self.a_person()
        return True

    def leaves_company(self):
        self.a_person().write({"company_id": self.elsewhere.id, "company_ids": [Command.set(self.elsewhere.ids)]})
        return True

    def takes(self):
        review = self.an_open_one()
        return review and review.with_user(self.a_person()).action_take()

    def gives_back(self):
        review = self.an_open_one()
        return review and review.reviewer_id and review.with_user(review.reviewer_id).action_give_back()

    def asked_again(self):
        reviews = self.everything()
        waiting = set(reviews.filtered(lambda review: review.state == "open").mapped("res_id"))
        review = self.one_of(
            reviews.filtered(
                lambda review: review.state == "decided"
                and review not in reviews.previous_id
                and review.res_id not in waiting
            )
        )
        if review:
            review._follow(self.rng.choice(("reopened", "four_eyes", "second_opinion")))
            return True

    def record_is_deleted(self):
        return self.a_record().unlink()

    def record_is_won(self):
        self.a_record().action_set_won()
        return True

    def record_is_reassigned(self):
        self.a_record().user_id = self.one_of(self.people | self.seller)
        return True

    def activity_is_done(self):
        activity = self.one_of(self.activities_of(self.everything()))
        return activity and (activity.with_user(activity.user_id).action_done() or True)

    def activity_is_cancelled(self):
        activity = self.one_of(self.activities_of(self.everything()))
        if activity:
            activity.with_user(activity.user_id).action_cancel()
            return True

    # What holds after every pass

    def pass_by(self):
        self.moment += timedelta(hours=self.rng.choice((1, 7, 30)))
        before = len(self.everything())
        with clock.at(self.moment):
            self.run_cron()
            self.assertEqual(len(self.everything()), before)
            self.assertSound()
        return True

    def assertSound(self):
        reviews = self.everything()
        states = Counter(reviews.mapped("state"))
        self.assertEqual(len(reviews), states["decided"] + states["open"] + states["expired"])
        sums = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
        self.assertFalse(sums.filtered("difference").mapped("difference"))
        waiting = reviews.filtered(lambda review: review.state == "open")
        self.assertTrue(all(waiting.mapped("is_assigned")))
        for review in waiting.filtered("reviewer_id"):
            self.assertCanAnswer(review, review.reviewer_id)
        self.assertPointed(reviews, waiting)

    def assertCanAnswer(self, review, user):
        lead = self.env["crm.lead"].browse(review.res_id)
        named = self.deployment.reviewer_ids | self.owner | self.deputy
        self.assertTrue(user.active and user in named and user.has_group("ai_deployment.group_reviewer"))
        self.assertIn(self.deployment.company_id, user.company_ids)
        self.assertNotEqual(lead.create_uid, user, "nobody reviews what they made")
        self.assertTrue(lead.with_user(user).has_access("read"))
        if review.kind in ("four_eyes", "second_opinion"):
            self.assertNotIn(user, (review._chain() - review).decided_by_id)

    def assertPointed(self, reviews, waiting):
        """Each review of a reviewer with few has one activity; nobody has more than there may be."""
        activities = self.activities_of(reviews)
        self.assertLessEqual(set(activities.mapped("res_id")), set(waiting.ids))
        self.assertEqual(len(set(activities.mapped("res_id"))), len(activities))
        for activity in activities:
            self.assertEqual(activity.user_id, waiting.browse(activity.res_id).reviewer_id)
        have = Counter(activity.user_id for activity in activities)
        for user, own in waiting.filtered("reviewer_id").grouped("reviewer_id").items():
            self.assertEqual(have[user], min(len(own), MAX_ACTIVITIES + 1))
