"""What happened to leads strictly before a moment."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.lead_course import IMPORTED_TOGETHER
from odoo.addons.ai_deployment.models.features import course
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import CAME, CourseOfLeads, spec


@tagged("post_install", "-at_install")
class TestLeadCourse(CourseOfLeads, AiDeploymentCase):
    def of(self, lead, day, measure, **values):
        """The measure of one lead: a number, None where there is none, "?" where it is not known."""
        columns, known = self.read_past(lead, day, spec(source="course", measure=measure, **values))
        value = columns["x"][0]
        return "?" if not known["x"][0] else None if value != value else round(value, 3)

    def test_age_and_what_it_is_counted_from(self):
        lead = self.came(self.make_leads(date_deadline=(CAME + timedelta(days=4)).date()))
        self.assertEqual([self.of(lead, day, course.AGE) for day in (0, 7, 30.5)], [0.0, 7.0, 30.5])
        self.assertEqual(self.of(lead, 10, course.AGE, start_path="date_deadline"), 6.375)
        self.assertEqual(self.of(lead, -1, course.AGE), "?", "before it began, as where a clock went back")

    def test_leads_of_one_import_have_no_age_of_their_own(self):
        leads = self.came(self.make_leads(IMPORTED_TOGETHER), apart=False)
        self.assertEqual(self.of(leads[0], 7, course.AGE), "?")
        leads[0].date_deadline = CAME.date()
        self.assertAlmostEqual(self.of(leads[0], 7, course.AGE, start_path="date_deadline"), 7.375, 3)
        self.came(leads[1:], CAME + timedelta(days=1), apart=False)
        self.assertEqual(self.of(leads[0], 7, course.AGE), 7.0)

    def test_stage_changes(self):
        lead = self.came(self.make_leads())
        self.assertEqual([self.of(lead, 0, name) for name in course.OF_STAGE], [0, 0], "on the moment it came")
        first, second = self.env["crm.stage"].search([], limit=2)
        self.track(lead, "stage_id", 10, first.id, second.id)
        self.track(lead, "stage_id", 20, second.id, first.id)
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s", [CAME + timedelta(days=20), lead.id]
        )
        for day, days, moves in ((5, 5, 0), (10, 10, 0), (14, 4, 1), (20, 10, 1), (23, 3, 2)):
            self.assertEqual(
                (self.of(lead, day, course.STAGE_DAYS), self.of(lead, day, course.STAGE_MOVES)), (days, moves), day
            )

    def test_a_change_of_stage_that_nobody_tracked_is_not_guessed(self):
        lead = self.came(self.make_leads())
        self.env.cr.execute(
            "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s", [CAME + timedelta(days=20), lead.id]
        )
        self.assertEqual([self.of(lead, day, course.STAGE_DAYS) for day in (10, 25)], ["?", 5.0])
        self.assertEqual([self.of(lead, day, course.STAGE_MOVES) for day in (10, 25)], ["?", "?"])

    def test_messages_activities_and_answers(self):
        lead = self.came(self.make_leads())
        note, comment = self.env.ref("mail.mt_note"), self.env.ref("mail.mt_comment")
        outside, ours = self.env["res.partner"].create({"name": "Customer"}), self.seller.partner_id
        self.message(lead, 1, message_type="email", author_id=outside.id)
        self.message(lead, 2, message_type="comment", author_id=ours.id, subtype_id=note.id)
        self.message(lead, 3, message_type="comment", author_id=ours.id, subtype_id=comment.id)
        self.message(lead, 5, message_type="email", author_id=False)
        self.message(lead, 6, message_type="email", author_id=outside.id)
        call = self.env.ref("mail.mail_activity_data_call")
        self.message(lead, 7, message_type="notification", author_id=ours.id, mail_activity_type_id=call.id)
        measures = (
            course.CUSTOMER_MESSAGES,
            course.ANSWERS,
            course.ANSWER_HOURS,
            course.WAITING_DAYS,
            course.ACTIVITIES,
        )
        for day, expected in (
            (1, (0, 0, None, 0, 0)),
            (2.5, (1, 0, None, 1.5, 0)),
            (4, (1, 1, 24, 0, 0)),
            (8, (3, 1, 120, 3, 1)),
        ):
            self.assertEqual(tuple(self.of(lead, day, name) for name in measures), expected, day)

    def test_who_writes(self):
        """An answer from a mail program is one; whoever is none of ours is the customer: a colleague, a follower."""
        lead, comment = self.came(self.make_leads(partner_name="ACME")), self.env.ref("mail.mt_comment")
        firm = self.env["res.partner"].create({"name": "ACME", "is_company": True})
        colleague = self.env["res.partner"].create({"name": "Colleague", "parent_id": firm.id})
        self.message(lead, 1, message_type="email", author_id=colleague.id, subtype_id=comment.id)
        self.message(lead, 2, message_type="email", author_id=False, email_from="unknown@example.com")
        self.assertEqual(self.of(lead, 3, course.CUSTOMER_MESSAGES), 2)
        self.assertEqual(self.of(lead, 3, course.WAITING_DAYS), 2.0)
        ours = self.seller.partner_id.id
        self.message(lead, 4, message_type="email", author_id=ours, subtype_id=comment.id)
        self.assertEqual((self.of(lead, 5, course.ANSWERS), self.of(lead, 5, course.WAITING_DAYS)), (1, 0))
        self.message(lead, 6, message_type="email", author_id=ours, subtype_id=self.env.ref("mail.mt_note").id)
        self.assertEqual(self.of(lead, 7, course.ANSWERS), 1, "an answer among us to a note is none")

    def test_meetings_that_were_in_the_calendar_and_have_begun(self):
        lead = self.came(self.make_leads())
        events = self.env["calendar.event"].create(
            [
                {
                    "name": "Demonstration",
                    "opportunity_id": lead.id,
                    "start": CAME + timedelta(days=day),
                    "stop": CAME + timedelta(days=day, hours=1),
                    "active": is_held,
                }
                for day, is_held in ((3, True), (4, False), (6, True))
            ]
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE calendar_event SET create_date = %s WHERE id = ANY(%s)", [CAME, events.ids])
        self.env.cr.execute(
            "UPDATE calendar_event SET create_date = %s WHERE id = %s", [CAME + timedelta(days=9), events[2].id]
        )
        found = [self.of(lead, day, course.MEETINGS) for day in (2, 5, 8, 10)]
        self.assertEqual(found, [0, 1, 1, 2], "what was entered afterwards was not known")

    def test_now_is_the_moment_of_a_score(self):
        lead = self.came(self.make_leads())
        self.message(lead, 5, message_type="email", author_id=False)
        specs = [spec(source="course", measure=name, key=name) for name in (course.AGE, course.CUSTOMER_MESSAGES)]
        for day, expected in ((4, (4.0, 0.0)), (6, (6.0, 1.0))):
            with clock.at(CAME + timedelta(days=day)):
                found = FeatureReader(self.env["crm.lead"], specs, self.env.company).read(lead.ids)
            self.assertEqual((found[course.AGE], found[course.CUSTOMER_MESSAGES]), ([expected[0]], [expected[1]]))
