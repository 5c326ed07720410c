"""Muting: quiet until a day, for a reason, by who answers for it; and heard again on that day."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.alerting.common import AlertCase
from odoo.addons.ai_deployment.tests.common import NOW, QUIET


@tagged("post_install", "-at_install")
class TestAlertMute(AlertCase):
    def mute(self, days=14, reason="The import is repaired on Monday", person=None, alert=None):
        wizards = self.env["ai.deployment.alert.mute"].with_user(person or self.owner)
        wizards = wizards.with_context(active_model="ai.deployment.alert", active_ids=(alert or self.alert).ids)
        with Form(wizards) as form:
            form.until = NOW.date() + timedelta(days=days)
            form.reason = reason
        return form.record.action_mute()

    def test_muting_takes_it_off_the_desk_and_stays_in_the_list(self):
        self.mute()
        self.assertEqual((self.alert.muted_until, self.alert.is_muted), (NOW.date() + timedelta(days=14), True))
        self.assertFalse(self.told())
        self.assertEqual(self.alert.state, "firing")
        self.assertEqual(self.deployment.open_alert_count, 1)

    def test_while_muted_coming_back_tells_nobody(self):
        self.mute()
        self.resolve()
        with clock.at(NOW + timedelta(days=3)):
            self.raise_alert(name="Back again")
            self.assertEqual((self.alert.state, self.alert.reopened_count), ("firing", 1))
            self.assertFalse(self.told())

    def test_while_muted_growing_tells_nobody(self):
        notice = self.raise_alert("notice", level="notice")
        self.mute(alert=notice)
        self.raise_alert("notice", level="alert")
        self.assertEqual(notice.level, "alert")
        self.assertFalse(self.told(notice))

    def test_on_its_day_the_owner_is_told_again_once(self):
        self.mute(days=5)
        self.run_daily(days=4)
        self.assertFalse(self.told())
        self.run_daily(days=5)
        self.assertEqual(self.told(), self.owner)
        self.assertFalse(self.alert.muted_until or self.alert.mute_reason or self.alert.is_muted)
        self.run_daily(days=6)
        self.assertEqual(len(self.alert.activity_ids), 1)

    def test_what_was_acknowledged_and_muted_asks_again_on_its_day(self):
        self.alert.with_user(self.owner).action_acknowledge()
        self.mute(days=5)
        self.run_daily(days=5)
        self.assertEqual((self.told(), self.alert.state), (self.owner, "firing"))
        self.assertFalse(self.alert.acknowledged_by_id or self.alert.read_date)

    def test_what_is_over_on_its_day_asks_nobody(self):
        self.mute(days=5)
        self.resolve()
        self.run_daily(days=5)
        self.assertFalse(self.told())
        self.assertFalse(self.alert.muted_until)
        with clock.at(NOW + timedelta(days=6)):
            self.raise_alert()
        self.assertEqual(self.told(), self.owner)

    def test_one_that_fails_stops_no_other(self):
        other = self.raise_alert("other")
        self.mute(days=5, alert=self.alert | other)
        self.make_telling_fail(self.alert)
        with mute_logger("odoo.addons.ai_deployment.models.alerting.ai_deployment_alert", "odoo.sql_db"):
            self.run_daily(days=5)
        self.assertEqual(self.told(other), self.owner)
        self.assertTrue(self.alert.muted_until, "it is tried again the next day")

    def make_telling_fail(self, alert):
        self.env.cr.execute(
            "ALTER TABLE mail_activity ADD CONSTRAINT fails CHECK (summary != 'It cannot be told') NOT VALID"
        )
        alert.name = "It cannot be told"
        self.env.flush_all()

    def test_a_mute_needs_a_reason_and_a_day_within_90(self):
        for days, reason in ((0, "why"), (-1, "why"), (91, "why"), (14, "  ")):
            with self.subTest(days=days, reason=reason), self.assertRaises(UserError):
                self.alert.with_user(self.owner)._mute(NOW.date() + timedelta(days=days), reason)
        self.mute(days=90)
        self.assertTrue(self.alert.is_muted)

    def test_what_is_over_cannot_be_muted(self):
        self.resolve()
        with self.assertRaises(UserError):
            self.mute()

    def test_who_mutes(self):
        self.deployment.reviewer_ids += self.other_owner
        for person in (self.other_owner, self.reviewer, self.auditor, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.alert.with_user(person)._mute(NOW.date() + timedelta(days=7), "why")
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.alert.with_user(person).action_unmute()
        for person in (self.reviewer, self.auditor, self.seller):
            with self.subTest(wizard=person.login), self.assertRaises(AccessError):
                self.env["ai.deployment.alert.mute"].with_user(person).create(
                    {"alert_ids": self.alert.ids, "until": NOW.date() + timedelta(days=7), "reason": "why"}
                )
        self.assertFalse(self.alert.muted_until)
        for person in (self.owner, self.deputy, self.manager):
            self.mute(person=person)
            self.assertTrue(self.alert.is_muted)
            self.alert.with_user(person).action_unmute()
            self.assertFalse(self.alert.is_muted or self.alert.mute_reason)

    def test_who_muted_it_and_why_stays_in_its_history(self):
        self.cr.flush()  # what is created and changed in one transaction leaves no trace of the change
        alert = self.alert.with_context(**dict.fromkeys(QUIET, False)).with_user(self.deputy)
        alert._mute(NOW.date() + timedelta(days=14), "The import is repaired on Monday")
        self.cr.flush()
        self.env.invalidate_all()
        values = self.alert.message_ids.tracking_value_ids
        self.assertEqual(
            {value.field_id.name: value.new_value_char or value.new_value_datetime.date() for value in values},
            {"muted_until": NOW.date() + timedelta(days=14), "mute_reason": "The import is repaired on Monday"},
        )
        tracked = values.mail_message_id
        self.assertEqual(tracked.author_id, self.deputy.partner_id)
