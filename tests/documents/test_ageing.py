"""Scores that time alone changes: a list says so at once, who opens the lead sees it scored anew."""

from datetime import timedelta

import numpy as np

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.features import course
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.documents.common import LivingCase
from odoo.addons.ai_deployment.tests.features.common import CourseOfLeads

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestAgeing(CourseOfLeads, LivingCase):
    DECLARED = (course.AGE, course.STAGE_DAYS, course.WAITING_DAYS, course.ANSWER_HOURS, course.MEETINGS)
    EDGES = {course.AGE: 70}

    def scored(self, leads):
        with clock.at(NOW):
            self.living._score(leads)
            self.commit()
        return self.score_of(leads[0], self.living)

    def listed(self, moment, *leads):
        """States of the scores of leads in a list at a moment."""
        records = self.env["crm.lead"].union(*leads, self.make_leads()).with_user(self.seller)
        with clock.at(moment):
            records.invalidate_recordset()
            return records.mapped("ai_score_state")[: len(leads)]

    def assertHoldsUntil(self, lead, moment):
        """Its score holds until then, to a minute, in lists, searches and sorting; and is made again at a look."""
        self.assertEqual(self.listed(moment - timedelta(minutes=1), lead), ["fresh"])
        late = moment + timedelta(minutes=3)
        self.assertEqual(self.listed(late, lead), ["changed"])
        seen = lead.with_user(self.seller)
        with clock.at(late):
            found = seen.search([("id", "=", lead.id), ("ai_score_state", "=", "changed")])
            self.assertEqual(found, seen)
            self.assertFalse(seen.search([("id", "=", lead.id), ("ai_band", "!=", False)]))
            before = self.score_of(lead, self.living).predicted_value
            seen.invalidate_recordset()
            self.assertEqual(seen.ai_score_state, "fresh")
            self.assertNotEqual(seen.ai_score, before)
            self.assertEqual(self.listed(late, lead), ["fresh"])

    def test_the_age_of_a_lead(self):
        lead = self.came(self.make_leads())
        self.scored(lead)
        self.assertHoldsUntil(lead, NOW + 10 * DAY)

    def test_days_in_the_stage(self):
        self.reads({course.STAGE_DAYS: 65})
        lead = self.came(self.make_leads())
        self.scored(lead)
        self.assertHoldsUntil(lead, NOW + 5 * DAY)

    def test_hours_since_our_answer(self):
        self.reads({course.ANSWER_HOURS: 48})
        lead = self.came(self.make_leads())
        self.message(
            lead,
            59,
            message_type="comment",
            author_id=self.seller.partner_id.id,
            subtype_id=self.env.ref("mail.mt_comment").id,
        )
        self.scored(lead)
        self.assertHoldsUntil(lead, NOW + DAY)

    def test_a_customer_who_waits_and_one_who_does_not(self):
        self.reads({course.WAITING_DAYS: 3})
        waits, other = self.came(self.make_leads(2))
        self.message(waits, 59, message_type="email", author_id=False)
        self.scored(waits + other)
        self.assertFalse(self.score_of(other, self.living).holds_until)
        self.assertEqual(self.listed(NOW + 20 * DAY, other), ["fresh"])
        self.assertHoldsUntil(waits, NOW + 2 * DAY)

    def test_a_move_that_nobody_would_act_on_is_none(self):
        bins, counts = NumericBins(0, 9000, [61, 62, 63]), np.array([0, 0, 0, *[300] * 4])
        points = np.array([0, 0, 0, 0.03, 0.02, 0.01, -1.0])
        card = CardFeature("course:age", NUMBER, bins, points, False, counts)
        self.serve(self.living, Scorecard([card], 1.5, Identity(), NumericBins(0, 1, [0.5])))
        lead = self.came(self.make_leads())
        self.scored(lead)
        self.assertEqual(self.listed(NOW + 2 * DAY, lead), ["fresh"], "two bins later it is the same chance")
        self.assertHoldsUntil(lead, NOW + 3 * DAY)

    def test_the_same_inputs_hold_until_the_same_moment_each_night(self):
        lead = self.came(self.make_leads())
        score = self.scored(lead)
        until, xmin = score.holds_until, self.row_of(score)
        with clock.at(NOW + DAY):
            outcome = self.living._score(lead)
        self.assertEqual(outcome["unchanged"], 1)
        score.invalidate_recordset()
        self.assertEqual(score.holds_until, until)
        self.assertEqual(self.row_of(score), xmin, "nothing was written")

    def row_of(self, score):
        self.env.flush_all()
        return self.env.execute_query(SQL("SELECT ctid::text FROM ai_deployment_score WHERE id = %s", score.id))

    # Meetings

    def plan(self, lead, begins, **values):
        with clock.at(NOW):
            event = self.env["calendar.event"].create(
                {"name": "Visit", "opportunity_id": lead.id, "start": begins, "stop": begins + HOUR, **values}
            )
            self.commit()
        # in the calendar before it began, as the reader counts it
        self.env.cr.execute("UPDATE calendar_event SET create_date = %s WHERE id = %s", [NOW - DAY, event.id])
        return event

    def changes(self, event, **values):
        with clock.at(NOW):
            event.write(values)
            self.commit()

    def lead_with_meetings_read(self):
        self.reads({course.MEETINGS: 0.5})
        lead = self.came(self.make_leads())
        self.scored(lead)
        return lead

    def test_a_meeting_that_begins(self):
        lead = self.lead_with_meetings_read()
        self.plan(lead, NOW + 5 * HOUR)
        self.assertFalse(self.score_of(lead, self.living).is_changed)
        self.assertHoldsUntil(lead, NOW + 5 * HOUR)

    def test_a_meeting_that_was_planned_before_the_score(self):
        self.reads({course.MEETINGS: 0.5})
        lead = self.came(self.make_leads())
        self.plan(lead, NOW + 5 * HOUR)
        self.scored(lead)
        self.assertHoldsUntil(lead, NOW + 5 * HOUR)

    def test_a_planned_meeting_that_is_moved_cancelled_or_given_to_another_lead(self):
        lead = self.lead_with_meetings_read()
        event = self.plan(lead, NOW + 5 * HOUR)
        later = NOW + 6 * HOUR
        self.changes(event, start=NOW + DAY, stop=NOW + DAY + HOUR)
        self.assertEqual(self.listed(later, lead), ["fresh"])
        self.assertEqual(self.listed(NOW + DAY + HOUR, lead), ["changed"])
        self.changes(event, active=False)
        self.assertEqual(self.listed(NOW + 2 * DAY, lead), ["fresh"])
        self.changes(event, active=True, start=NOW + HOUR, stop=NOW + 2 * HOUR)
        self.assertEqual(self.listed(later, lead), ["changed"])
        self.changes(event, opportunity_id=self.make_leads().id)
        self.assertEqual(self.listed(later, lead), ["fresh"])
        self.changes(event, opportunity_id=lead.id)
        self.assertEqual(self.listed(later, lead), ["changed"])
        with clock.at(NOW):
            event.unlink()
            self.commit()
        self.assertEqual(self.listed(later, lead), ["fresh"])

    def test_the_nearest_of_several_meetings(self):
        lead = self.lead_with_meetings_read()
        first = self.plan(lead, NOW + 5 * HOUR)
        self.plan(lead, NOW + 9 * HOUR)
        self.assertEqual(self.score_of(lead, self.living).next_meeting, NOW + 5 * HOUR)
        self.changes(first, active=False)
        self.assertEqual(self.listed(NOW + 8 * HOUR, lead), ["fresh"])
        self.assertEqual(self.listed(NOW + 10 * HOUR, lead), ["changed"])

    def test_a_meeting_that_has_begun_stays_told_whatever_is_planned_next(self):
        lead = self.lead_with_meetings_read()
        self.plan(lead, NOW + HOUR)
        with clock.at(NOW + 2 * HOUR):
            self.env["calendar.event"].create(
                {"name": "Next", "opportunity_id": lead.id, "start": NOW + DAY, "stop": NOW + DAY + HOUR}
            )
            self.commit()
        self.assertEqual(self.listed(NOW + 3 * HOUR, lead), ["changed"])

    def test_a_planned_meeting_is_noted_nowhere_where_none_is_read(self):
        specs = {key: spec for key, spec in self.living.champion_id._specs().items() if spec["measure"] == course.AGE}
        self.patch(type(self.living.champion_id), "_specs", lambda _self: specs)
        self.living._forget_rules()
        lead = self.came(self.make_leads())
        self.scored(lead)
        self.plan(lead, NOW + HOUR)
        self.assertFalse(self.score_of(lead, self.living).next_meeting)
        self.assertEqual(self.listed(NOW + 2 * HOUR, lead), ["fresh"])

    # Scores about the days after them

    def test_an_open_lead_whose_inputs_stay_the_same_has_a_chance_that_holds(self):
        self.reads({course.ANSWER_HOURS: 48})  # never answered: nothing about it changes
        lead = self.came(self.make_leads())
        self.scored(lead)
        window = timedelta(days=self.living.horizon_days)
        with clock.at(NOW + window / 2):
            self.assertEqual(self.living._score(lead)["unchanged"], 1)
        with clock.at(NOW + window - HOUR):  # the last night before it expires
            self.assertEqual(self.living._score(lead)["unchanged"], 0)
        self.assertEqual(self.listed(NOW + window + HOUR, lead), ["fresh"])

    def test_who_opens_a_lead_whose_score_has_expired_sees_one_of_today(self):
        self.reads({course.ANSWER_HOURS: 48})
        lead = self.came(self.make_leads())
        self.scored(lead)
        late = NOW + timedelta(days=self.living.horizon_days, hours=1)
        self.assertEqual(self.listed(late, lead), ["expired"])
        seen = lead.with_user(self.seller)
        with clock.at(late):
            seen.invalidate_recordset()
            self.assertEqual(seen.ai_score_state, "fresh")

    def test_words_of_what_time_has_changed(self):
        lead = self.came(self.make_leads())
        self.scored(lead)
        self.patch(type(self.living), "_refresh_score", lambda _self, _record: False)
        with clock.at(NOW + 11 * DAY):
            seen = lead.with_user(self.seller)
            seen.invalidate_recordset()
            self.assertIn("changed since this score", seen.ai_score_text)
            self.assertIn("days that count have passed", seen.ai_reasons)

    def test_a_list_asks_no_more_often_for_more_leads(self):
        leads = self.came(self.make_leads(30))
        self.scored(leads)

        def queries(records):
            records = records.with_user(self.seller)
            records.invalidate_recordset()
            before = self.env.cr.sql_log_count
            with clock.at(NOW + 11 * DAY):
                records.mapped("ai_score_text")
            return self.env.cr.sql_log_count - before

        queries(leads[:2])
        self.assertEqual(queries(leads[:2]), queries(leads))
