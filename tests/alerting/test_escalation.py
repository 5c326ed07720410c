"""Reading: opened or acknowledged by somebody it was sent to; and what nobody reads goes on to the next person."""

import json
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.alerting.common import AlertCase
from odoo.addons.ai_deployment.tests.common import NOW

FORM = {"name": {}, "suggestion": {}, "state": {}}
LIST = {"name": {}, "state": {}}


@tagged("post_install", "-at_install")
class TestAlertReading(AlertCase):
    def assertUnread(self):
        self.assertFalse(self.alert.read_by_id or self.alert.read_date)

    def test_opened_by_the_owner_it_is_read(self):
        self.assertUnread()
        with clock.at(NOW + timedelta(hours=2)):
            [values] = self.alert.with_user(self.owner).web_read(FORM)
        self.assertEqual(values["name"], "It moved")
        self.assertEqual((self.alert.read_by_id, self.alert.read_date), (self.owner, NOW + timedelta(hours=2)))

    def test_the_first_reader_stays(self):
        self.alert.with_user(self.deputy).web_read(FORM)
        self.alert.with_user(self.owner).web_read(FORM)
        self.assertEqual(self.alert.read_by_id, self.deputy)

    def test_a_list_reads_nothing_even_with_one_row(self):
        self.alert.with_user(self.owner).web_read(LIST)
        found = self.alert.with_user(self.owner).web_search_read([("id", "=", self.alert.id)], LIST)
        self.assertEqual(found["length"], 1)
        other = self.raise_alert("other")
        (self.alert | other).with_user(self.owner).web_read(FORM)
        self.assertUnread()

    def test_opened_by_somebody_it_was_not_sent_to_it_is_unread(self):
        for person in (self.manager, self.reviewer, self.auditor):
            self.alert.with_user(person).web_read(FORM)
        with self.assertRaises(AccessError):
            self.alert.with_user(self.seller).web_read(FORM)
        self.assertUnread()

    def test_acknowledged_is_read(self):
        self.alert.with_user(self.manager).action_acknowledge()
        self.assertEqual(self.alert.read_by_id, self.manager)

    def test_told_again_it_is_unread_again(self):
        self.alert.with_user(self.owner).web_read(FORM)
        self.resolve()
        with clock.at(NOW + timedelta(days=30)):
            self.raise_alert()
        self.assertUnread()
        self.assertEqual(self.alert.notified_date, NOW + timedelta(days=30))

    def test_the_form_asks_for_what_marks_it_as_read(self):
        views = self.env["ai.deployment.alert"].get_views([(False, "form"), (False, "list")])["views"]
        self.assertIn('name="suggestion"', views["form"]["arch"])
        self.assertNotIn('name="suggestion"', views["list"]["arch"])

    # Escalation

    def test_unread_for_three_days_it_goes_to_the_deputy_once(self):
        self.run_daily(days=2)
        self.assertEqual(self.told(), self.owner)
        self.run_daily(days=3)
        self.assertEqual(self.told(), self.owner + self.deputy)
        self.assertEqual(self.alert.escalated_date, NOW + timedelta(days=3))
        summary = self.alert.activity_ids.filtered(lambda a: a.user_id == self.deputy).summary
        self.assertEqual(summary, "Unread for 3 days: It moved")
        self.run_daily(days=10)
        self.assertEqual(len(self.alert.activity_ids), 2)

    def test_the_deployment_says_after_how_many_days(self):
        self.deployment.escalation_days = 7
        self.run_daily(days=6)
        self.assertFalse(self.alert.escalated_date)
        self.run_daily(days=7)
        self.assertTrue(self.alert.escalated_date)

    def test_without_a_deputy_it_goes_to_the_administrators(self):
        self.deployment.deputy_id = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.manager.copy(
            {"login": "ai_stranger", "company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]}
        )
        self.run_daily(days=3)
        administrators = self.told() - self.owner
        self.assertIn(self.manager, administrators)
        self.assertNotIn(stranger, administrators)
        self.assertNotIn(self.env.ref("base.user_root"), administrators)

    def test_where_the_deputy_was_told_first_the_administrators_are_next(self):
        self.owner.active = False
        alert = self.raise_alert("other")
        self.assertEqual(self.told(alert), self.deputy)
        self.run_daily(days=3)
        self.assertIn(self.manager, self.told(alert))
        self.assertEqual(len(alert.activity_ids.filtered(lambda a: a.user_id == self.deputy)), 1)

    def test_an_administrator_it_went_to_reads_it_by_opening_it(self):
        self.deployment.deputy_id = False
        self.run_daily(days=3)
        self.alert.with_user(self.manager).web_read(FORM)
        self.assertEqual(self.alert.read_by_id, self.manager)

    def test_what_was_read_muted_resolved_or_is_a_notice_goes_nowhere(self):
        read, muted, resolved, notice = (self.raise_alert(cause) for cause in ("read", "muted", "resolved", "notice"))
        notice.level = "notice"
        read.with_user(self.owner).web_read(FORM)
        muted.with_user(self.owner)._mute(NOW.date() + timedelta(days=30), "why")
        self.env["ai.deployment.alert"]._resolve(self.deployment, "resolved")
        self.run_daily(days=20)
        self.assertFalse((read | muted | resolved | notice).filtered("escalated_date"))
        self.assertTrue(self.alert.escalated_date)

    def test_told_again_it_can_go_on_again(self):
        self.run_daily(days=3)
        self.resolve()
        with clock.at(NOW + timedelta(days=10)):
            self.raise_alert()
        self.assertFalse(self.alert.escalated_date)
        self.run_daily(days=13)
        self.assertEqual(self.alert.escalated_date, NOW + timedelta(days=13))

    def test_when_it_is_over_nobody_has_it_on_the_desk(self):
        self.run_daily(days=3)
        self.resolve()
        self.assertFalse(self.told())


@tagged("post_install", "-at_install")
class TestAlertReadingInTheClient(HttpCase, AlertCase):
    def call(self, method, *args, **kwargs):
        params = {"model": "ai.deployment.alert", "method": method, "args": list(args), "kwargs": kwargs}
        response = self.url_open(
            f"/web/dataset/call_kw/ai.deployment.alert/{method}",
            data=json.dumps({"params": params}),
            headers={"Content-Type": "application/json"},
        )
        return response.json()["result"]

    def test_the_call_of_the_form_is_written_down(self):
        """Odoo answers this call with a read-only cursor, unless told otherwise."""
        self.authenticate("ai_owner", "ai_owner")
        self.call("web_search_read", [["id", "=", self.alert.id]], specification=LIST)
        self.env.invalidate_all()
        self.assertFalse(self.alert.read_date)
        [values] = self.call("web_read", [self.alert.id], specification=FORM)
        self.assertEqual(values["name"], "It moved")
        self.env.invalidate_all()
        self.assertEqual(self.alert.read_by_id, self.owner)
