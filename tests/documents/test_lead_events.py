"""A message, an activity that was done or a meeting of a lead makes its score a changed one, at once."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features import course
from odoo.addons.ai_deployment.models.tools import clock, noted
from odoo.addons.ai_deployment.tests.common import probability
from odoo.addons.ai_deployment.tests.documents.common import LivingCase

HOUR = timedelta(hours=1)
READ = (course.MEETINGS, course.WAITING_DAYS, course.ACTIVITIES, course.STAGE_MOVES)


@tagged("post_install", "-at_install")
class TestLeadEvents(LivingCase):
    DECLARED = (*READ, course.AGE)
    EDGES = dict.fromkeys(READ, 0.5)
    POINTS = (-1.0, 1.0)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})

    def is_marked(self):
        """Whether the score is marked at the end of the transaction; it is none of that afterwards."""
        self.commit()
        score = self.score_of(self.lead, self.living)
        marked = score.is_changed
        self.env.cr.execute("UPDATE ai_deployment_score SET is_changed = FALSE WHERE id = %s", [score.id])
        score.invalidate_recordset()
        return marked

    def message(self, **values):
        return self.env["mail.message"].create({"model": "crm.lead", "res_id": self.lead.id, **values})

    def meeting(self, begins=-HOUR, **values):
        start = clock.now() + begins
        return self.env["calendar.event"].create(
            {"name": "Visit", "opportunity_id": self.lead.id, "start": start, "stop": start + HOUR, **values}
        )

    def test_what_the_customer_and_our_people_write(self):
        note, comment = self.env.ref("mail.mt_note").id, self.env.ref("mail.mt_comment").id
        ours, theirs = self.seller.partner_id.id, self.customer.id
        for is_counted, values in (
            (True, {"message_type": "email", "author_id": theirs}),
            (True, {"message_type": "email", "author_id": False}),
            (True, {"message_type": "comment", "author_id": theirs, "subtype_id": comment}),
            (True, {"message_type": "comment", "author_id": ours, "subtype_id": comment}),
            (True, {"message_type": "email_outgoing", "author_id": ours}),
            (False, {"message_type": "comment", "author_id": ours, "subtype_id": note}),
            (False, {"message_type": "notification", "author_id": ours, "subtype_id": note}),
            (False, {"message_type": "notification", "author_id": theirs}),
            (False, {"message_type": "comment", "author_id": theirs, "model": "res.partner", "res_id": theirs}),
        ):
            with self.subTest(values=values):
                self.message(**values)
                self.assertEqual(self.is_marked(), is_counted)

    def test_a_tracked_field_that_is_no_input_marks_nothing(self):
        tracked = self.lead.with_context(tracking_disable=False, mail_notrack=False)
        tracked.priority = "3"
        self.env.flush_all()
        self.assertFalse(self.is_marked())

    def test_a_message_that_is_deleted_moved_or_made_a_note(self):
        mail = self.message(message_type="email", author_id=self.customer.id)
        other = self.message(message_type="comment", author_id=self.customer.id)
        self.assertTrue(self.is_marked())
        mail.res_id = self.make_leads().id
        self.assertTrue(self.is_marked())
        other.message_type = "notification"
        self.assertTrue(self.is_marked())
        other.body = "Only words"
        self.assertFalse(self.is_marked())
        other.message_type = "comment"
        self.assertTrue(self.is_marked())
        other.unlink()
        self.assertTrue(self.is_marked())

    def test_an_activity_that_is_done(self):
        activity = self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.env.uid)
        self.assertFalse(self.is_marked(), "it is planned")
        activity.action_feedback("Reached")
        self.assertTrue(self.is_marked())

    def test_meetings_that_count_by_now(self):
        meeting = self.meeting()
        self.assertTrue(self.is_marked())
        meeting.name = "Another name"
        meeting.start -= HOUR
        self.assertFalse(self.is_marked(), "it counted, and counts")
        meeting.active = False
        self.assertTrue(self.is_marked())
        meeting.unlink()
        self.assertFalse(self.is_marked(), "it did not count")
        meeting = self.meeting(HOUR)
        self.assertFalse(self.is_marked(), "it is still to come")
        meeting.write({"start": clock.now() - HOUR, "stop": clock.now()})
        self.assertTrue(self.is_marked())
        meeting.opportunity_id = self.make_leads()
        self.assertTrue(self.is_marked())
        meeting.opportunity_id = self.lead
        self.assertTrue(self.is_marked())
        meeting.unlink()
        self.assertTrue(self.is_marked())

    def test_the_stage(self):
        self.lead.stage_id = self.env["crm.stage"].search([("id", "!=", self.lead.stage_id.id)], limit=1)
        self.assertTrue(self.is_marked())

    def test_who_looks_sees_the_lead_scored_anew(self):
        lead = self.lead.with_user(self.seller)
        self.assertEqual(lead.ai_score_state, "fresh")
        before = lead.ai_score
        self.meeting()
        self.commit()
        self.env.invalidate_all()
        listed = self.env["crm.lead"].with_user(self.seller).search([("ai_score_state", "=", "changed")])
        self.assertEqual(listed.ids, lead.ids)
        self.assertEqual(lead.ai_score_state, "fresh")
        self.assertGreater(lead.ai_score, before)

    def test_what_is_scored_on_change_is_scored_with_it(self):
        """Also in the second in which it came."""
        self.living.score_on_change = True
        self.meeting()
        self.message(message_type="email", author_id=self.customer.id)
        self.commit()
        self.assertEqual(len(self.inferences_of(self.lead, self.living)), 2)
        self.assertFalse(self.score_of(self.lead, self.living).is_changed)
        for line, log_odds in zip(self.inferences_of(self.lead, self.living), (-4.0, -2.0), strict=True):
            self.assertAlmostEqual(line.predicted_value, probability(log_odds), 9)

    def test_a_new_lead_with_its_first_mail_is_no_change(self):
        lead = self.make_leads()
        self.env["mail.message"].create({"model": "crm.lead", "res_id": lead.id, "message_type": "email"})
        self.assertFalse(noted.notes(self.env.cr).changed)

    def test_without_such_an_input_it_costs_no_query(self):
        def queries():
            mail = self.message(message_type="email", author_id=self.customer.id)
            meeting = self.meeting()
            self.env.flush_all()
            counts = []
            for act in (
                lambda: self.message(message_type="email", author_id=self.customer.id),
                self.meeting,
                lambda: mail.write({"message_type": "comment"}),
                lambda: meeting.write({"active": False}),
                mail.unlink,
                meeting.unlink,
            ):
                before = self.env.cr.sql_log_count
                act()
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
            return counts

        queries()  # fills caches
        with_inputs = queries()
        self.reads({course.AGE: 0.5})
        queries()
        without = queries()
        self.patch(type(self.env["ai.deployment"]), "_scoring_rules", lambda _self, _model: ())
        self.assertEqual(queries(), without)
        more = [one - other for one, other in zip(with_inputs, without, strict=True)]
        self.assertEqual(more, [1, 2, 2, 2, 1, 1], "before and after a change; and a new meeting logs a note")

    def test_many_messages_and_meetings_cost_no_more_than_one(self):
        def queries(count):
            values = {"model": "crm.lead", "res_id": self.lead.id, "message_type": "email"}
            messages = self.env["mail.message"].create([dict(values) for _number in range(count)])
            meetings = self.meeting() + (self.meeting() if count > 1 else self.env["calendar.event"])
            self.env.flush_all()
            counts = []
            for records, function in ((messages, "told_by"), (meetings, "meetings")):
                reader = self.env["crm.lead"].sudo()._ai_course()
                before = self.env.cr.sql_log_count
                getattr(reader, function)(records.ids)
                counts.append(self.env.cr.sql_log_count - before)
            return counts

        queries(1)
        self.assertEqual((queries(1), queries(20)), ([1, 1], [1, 1]))
