"""Due in working hours of the company, then a reminder, the owner, the deputy, all late ones in one pass."""

from datetime import datetime, timedelta
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.review.deadlines import WorkingHours
from odoo.addons.ai_deployment.models.review.expiry import expire
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import FRIDAY, DeadlineCase

HOURS = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestDeadline(DeadlineCase):
    def test_the_weekend_does_not_count(self):
        # 2 hours on Friday, 8 on Monday, 6 on Tuesday: 8 to 12 and 13 to 15
        self.assertEqual(self.due(), datetime(2026, 3, 10, 15, 0))

    def test_a_public_holiday_does_not_count(self):
        self.holiday(9)
        self.assertEqual(self.due(), datetime(2026, 3, 11, 15, 0))

    def test_a_holiday_of_all_calendars_counts_for_its_company_only(self):
        holiday = self.holiday(9, calendar_id=False)
        self.assertEqual(self.due(), datetime(2026, 3, 11, 15, 0))
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.cr.execute("UPDATE resource_calendar_leaves SET company_id = %s WHERE id = %s", [other.id, holiday.id])
        self.env.invalidate_all()
        self.assertEqual(self.due(), datetime(2026, 3, 10, 15, 0))

    def test_hours_are_those_of_the_calendars_timezone(self):
        # 8:00 UTC is 9:00 in Brussels: 7 hours on Friday, 8 on Monday, and one on Tuesday from 8:00 there
        self.calendar.tz = "Europe/Brussels"
        self.assertEqual(self.due(FRIDAY.replace(hour=8)), datetime(2026, 3, 10, 8, 0))

    def test_a_begun_hour_does_not_count(self):
        self.assertEqual(self.due(FRIDAY - 40 / 60 * HOURS), self.due(FRIDAY))

    def test_without_a_calendar_plain_hours_count(self):
        self.env.company.resource_calendar_id = False
        self.assertEqual(self.due(), FRIDAY + 16 * HOURS)

    def test_a_calendar_without_working_time_is_none(self):
        self.calendar.attendance_ids.unlink()
        self.assertEqual(self.due(), FRIDAY + 16 * HOURS)

    def test_a_deployment_says_how_many_hours(self):
        self.deployment.review_hours = 2
        self.assertEqual(self.due(), datetime(2026, 3, 6, 17, 0))
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.deployment.review_hours = 0
            self.deployment.flush_recordset()

    def test_one_look_into_the_calendar_serves_all_reviews_of_an_hour(self):
        calendars, hours = self.registry["resource.calendar"], WorkingHours()
        with patch.object(calendars, "plan_hours", autospec=True, side_effect=calendars.plan_hours) as planned:
            due = {hours.after(self.deployment, FRIDAY - minute / 60 * HOURS) for minute in range(1, 60)}
        self.assertEqual((planned.call_count, len(due)), (1, 1))

    def test_a_review_is_due_from_when_it_was_asked(self):
        review = self.ask(self.make_leads())
        self.at(NOW + 30 * HOURS)
        self.assertEqual(review.opened_date, NOW)
        self.assertEqual(review.deadline, datetime(2026, 3, 4, 9, 0), "Monday 9 to 17, Tuesday, and an hour")
        self.assertEqual((review.escalation, review.next_step_date), ("none", review.deadline))


@tagged("post_install", "-at_install")
class TestEscalation(DeadlineCase):
    def setUp(self):
        super().setUp()
        self.deployment.reviewer_ids = self.reviewer

    def notes_to(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "in", user.partner_id.ids), ("subject", "like", "overdue")]
        )

    def test_a_reminder_then_the_owner_then_the_deputy(self):
        review = self.assigned()
        moments = []
        for person, escalation in (
            (self.reviewer, "reminded"),
            (self.owner, "owner"),
            (self.deputy, "deputy"),
            (self.deputy, "deputy"),
        ):
            moments.append(review.next_step_date or moments[-1] + 100 * HOURS)
            self.at(moments[-1] - HOURS)
            self.assertNotEqual((review.reviewer_id, review.escalation, len(moments)), (person, escalation, 1))
            self.at(moments[-1])
            self.assertEqual((review.reviewer_id, review.escalation), (person, escalation))
            self.assertEqual(self.activities_of(review).user_id, person)
        # 16 working hours each, of days with 8: Wednesday, Friday and Tuesday at 9
        self.assertEqual([moment.day for moment in moments[:3]], [4, 6, 10])
        self.assertEqual(review.state, "open")

    def test_all_late_ones_in_one_pass_and_one_message_for_all_of_them(self):
        reviews = self.ask(self.make_leads(30))
        self.run_cron()
        self.at(reviews[0].deadline)
        self.assertEqual(set(reviews.mapped("escalation")), {"reminded"})
        self.assertEqual(self.notes_to(self.reviewer).mapped("subject"), ["30 of your reviews are overdue"])
        with clock.at(NOW + HOURS):
            self.ask(self.make_leads(2))
        self.at(reviews[0].deadline + HOURS)
        self.assertEqual(len(self.notes_to(self.reviewer)), 1, "once a day")
        self.at(reviews[0].next_step_date)
        self.assertEqual(reviews.reviewer_id, self.owner)

    def test_each_day_counts_what_is_late_with_somebody_by_then(self):
        first = self.assigned()
        self.at(first.deadline)
        self.assertEqual(self.notes_to(self.reviewer).subject, "One of your reviews is overdue")
        with clock.at(NOW + 24 * HOURS):
            second = self.ask(self.make_leads())
            self.run_cron()
        self.at(second.deadline)
        self.assertEqual((first.escalation, second.escalation), ("reminded", "reminded"))
        self.assertEqual(
            self.notes_to(self.reviewer).sorted("id").mapped("subject"),
            ["One of your reviews is overdue", "2 of your reviews are overdue"],
        )

    def test_after_the_deputy_there_is_no_further_step(self):
        review = self.assigned()
        for _step in ("reminded", "owner"):
            self.at(review.next_step_date)
        self.assertTrue(review.next_step_date)
        self.at(review.next_step_date)
        self.assertEqual((review.escalation, review.next_step_date), ("deputy", False))

    def test_a_reminder_waits_for_no_mail_server(self):
        """The mail is left to Odoo's queue, which is woken: a server that hangs holds up no pass."""
        review = self.ask(self.make_leads())
        self.run_cron()
        mails = self.registry["mail.mail"]
        with (
            patch.object(mails, "send") as send,
            patch.object(mails, "send_after_commit") as send_later,
            clock.at(review.deadline + timedelta(minutes=1)),
        ):
            self.run_cron()
        self.assertTrue(review.reminded_date)
        self.assertFalse(send.called or send_later.called)

    def test_the_work_does_not_grow_with_the_late_ones(self):
        counts = []
        for count in (44, 80):
            expire(self.env["ai.deployment.review"].search([("state", "=", "open")]), "settled")
            reviews = self.ask(self.make_leads(count))
            self.run_cron()
            before = self.env.cr.sql_log_count
            self.at(reviews[0].deadline)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_where_the_owner_is_away_the_deputy_is_asked_at_once(self):
        review = self.assigned()
        self.at(review.deadline)
        self.away(self.owner)
        self.at(review.next_step_date)
        self.assertEqual((review.reviewer_id, review.escalation), (self.deputy, "deputy"))

    def test_where_neither_can_it_stays_and_is_tried_again(self):
        review = self.assigned()
        self.at(review.deadline)
        self.away(self.owner)
        self.away(self.deputy)
        step = review.next_step_date
        self.at(step)
        self.assertEqual((review.reviewer_id, review.escalation), (self.reviewer, "reminded"))
        self.assertGreater(review.next_step_date, step)
        self.owner.out_of_office_from = False
        self.at(review.next_step_date)
        self.assertEqual((review.reviewer_id, review.escalation), (self.owner, "owner"))

    def test_an_owner_who_reviews_is_reminded_then_the_deputy_is_asked(self):
        self.deployment.reviewer_ids = self.owner
        review = self.assigned()
        self.at(review.deadline)
        self.assertEqual((review.reviewer_id, review.escalation), (self.owner, "reminded"))
        self.at(review.next_step_date)
        self.assertEqual((review.reviewer_id, review.escalation), (self.deputy, "deputy"))

    def test_the_owner_is_not_asked_about_what_she_made(self):
        lead = self.make_leads().with_user(self.owner).copy().with_env(self.env)
        review = self.ask(lead)
        self.run_cron()
        self.at(review.deadline)
        self.at(review.next_step_date)
        self.assertEqual(review.reviewer_id, self.deputy)

    def test_what_lies_in_the_pool_goes_to_the_owner_when_it_is_late(self):
        review = self.assigned()
        review.with_user(self.reviewer).action_give_back()
        self.at(review.deadline)
        self.assertEqual((review.reviewer_id, review.escalation), (self.owner, "owner"))
