"""Summaries: what came, what is open, what is over; one message per target; nothing where there is nothing to say."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.alerting.common import ChannelCase
from odoo.addons.ai_deployment.tests.common import NOW


@tagged("post_install", "-at_install")
class TestChannelSummary(ChannelCase):
    def run_daily(self, days=0, **more):
        with self.enter_registry_test_mode(), clock.at(NOW + timedelta(days=days, **more)):
            self.env.ref("ai_deployment.ir_cron_alerts").method_direct_trigger()
        self.env.invalidate_all()

    def resolve(self, cause):
        self.env["ai.deployment.alert"]._resolve(self.deployment, cause)

    def test_the_day_says_what_came_what_is_open_and_what_is_over(self):
        channel = self.add(frequency="daily")
        with clock.at(NOW - timedelta(days=3)):
            self.raise_alert("old", name="Country is empty")
            self.raise_alert("seen", name="Source is empty").with_user(self.owner).action_acknowledge()
            self.raise_alert("over", name="The score moved")
            self.raise_alert("long over", name="Forgotten")
            self.resolve("long over")
            self.raise_alert("muted", name="Kept quiet").with_user(self.owner)._mute(NOW.date().replace(day=20), "why")
        with clock.at(NOW - timedelta(hours=5)):
            self.raise_alert("new", name="A value never seen")
            self.resolve("over")
        self.run_daily()
        message = self.messages(channel)
        self.assertEqual(message.subject, "AI deployments, 03/02/2026: the day")
        self.assertEqual(
            message.body.splitlines(),
            [
                "Which leads to call",
                "• New: A value never seen",
                "• Open since 02/27/2026, unread: Country is empty",
                "• Open since 02/27/2026, acknowledged: Source is empty",
                "• Resolved: The score moved",
                "• Muted: 1",
            ],
        )
        self.assertTrue(message.link.endswith("/odoo/ai-alerts"))
        self.assertFalse(message.alert_id)
        self.assertEqual(message.user_id, self.owner)

    def test_an_alert_is_not_told_by_itself_where_a_summary_is_asked_for(self):
        channel = self.add(frequency="daily")
        self.raise_alert()
        self.assertFalse(self.messages(channel))

    def test_nothing_to_say_is_not_said(self):
        daily, weekly = self.add(frequency="daily"), self.add("discuss", frequency="weekly")
        with clock.at(NOW - timedelta(days=1)):
            muted = self.raise_alert()
            muted.with_user(self.owner)._mute(NOW.date().replace(day=20), "why")
        self.run_daily()
        self.assertFalse(self.messages())
        self.assertEqual((daily.summary_date, weekly.summary_date), (NOW, NOW))

    def test_all_quiet_is_one_line_a_week_where_it_was_asked_for(self):
        channel = self.add(frequency="weekly", send_when_empty=True)
        self.add("discuss", frequency="daily", send_when_empty=True)
        self.run_daily()
        message = self.messages()
        self.assertEqual(message.channel_id, channel)
        self.assertEqual(message.body, "No activity and nothing open (Which leads to call).")

    def test_a_day_is_told_once_and_the_next_day_tells_what_came_since(self):
        channel = self.add(frequency="daily")
        self.raise_alert("first", name="First")
        self.run_daily(minutes=1)
        self.run_daily(hours=3)
        self.assertEqual(len(self.messages(channel)), 1)
        with clock.at(NOW + timedelta(hours=5)):
            self.resolve("first")
            self.raise_alert("second", name="Second")
        self.run_daily(days=1, hours=-2)
        self.assertEqual(
            self.messages(channel)[-1].body.splitlines(), ["Which leads to call", "• New: Second", "• Resolved: First"]
        )

    def test_days_without_a_cron_are_caught_up_with(self):
        channel = self.add(frequency="daily")
        self.run_daily()
        with clock.at(NOW + timedelta(days=2)):
            self.raise_alert("first", name="First")
        self.run_daily(days=5)
        self.assertIn("• New: First", self.messages(channel).body)

    def test_a_week_is_told_every_seven_days(self):
        channel = self.add(frequency="weekly")
        self.raise_alert()
        for day in range(15):
            self.run_daily(days=day)
        self.assertEqual(len(self.messages(channel)), 3)

    def test_an_owner_of_several_deployments_gets_one_message(self):
        bills = self.make_deployment(name="Odd ones")
        foreign = self.make_deployment(name="Not hers", user_id=self.other_owner.id)
        for deployment in (self.deployment, bills, foreign):
            self.add(frequency="daily", deployment=deployment)
            self.add("discuss", frequency="daily", deployment=deployment)
            self.raise_alert(deployment=deployment)
        self.run_daily()
        for kind in ("email", "discuss"):
            messages = self.messages().filtered(lambda message, kind=kind: message.channel_id.kind == kind)
            self.assertEqual(messages.user_id, self.owner + self.other_owner)
            [hers] = messages.filtered(lambda message: message.user_id == self.owner)
            self.assertEqual(hers.body.count("New: It moved"), 2)
            self.assertIn("Odd ones", hers.body)
            self.assertNotIn("Not hers", hers.body)

    def test_each_person_hears_of_the_deployments_that_name_this_person(self):
        bills = self.make_deployment(name="Odd ones")
        people = (self.owner + self.deputy).partner_id
        self.add(frequency="daily", partner_ids=people.ids)
        self.add(frequency="daily", deployment=bills)
        self.raise_alert()
        self.raise_alert(deployment=bills)
        self.run_daily()
        texts = {message.partner_ids: message.body for message in self.messages()}
        self.assertEqual(set(texts), {self.owner.partner_id, self.deputy.partner_id})
        self.assertIn("Odd ones", texts[self.owner.partner_id])
        self.assertNotIn("Odd ones", texts[self.deputy.partner_id])

    def test_an_owner_reads_it_in_her_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.owner.lang = "fr_FR"
        channel = self.add(frequency="daily")
        self.raise_alert()
        self.run_daily()
        self.assertEqual(self.messages(channel).lang, "fr_FR")
        self.assertIn("02/03/2026", self.messages(channel).subject)

    def test_a_summary_that_fails_stops_no_other_and_is_tried_again(self):
        foreign = self.make_deployment(name="Not hers", user_id=self.other_owner.id)
        broken, other = self.add("discuss", frequency="daily"), self.add(frequency="daily", deployment=foreign)
        self.raise_alert()
        self.raise_alert(deployment=foreign)
        self.env.cr.execute(
            "ALTER TABLE ai_deployment_message ADD CONSTRAINT fails CHECK (user_id != %s) NOT VALID", [self.owner.id]
        )
        with mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.alerting.ai_deployment_alert"):
            self.run_daily()
        self.assertTrue(self.messages(other))
        self.assertFalse(self.messages(broken) or broken.summary_date)

    def test_a_retired_deployment_sums_nothing_up(self):
        self.add(frequency="daily")
        self.raise_alert()
        self.deployment.state = "retired"
        self.run_daily()
        self.assertFalse(self.messages())

    def test_one_summary_goes_out_by_itself(self):
        self.add("discuss", frequency="daily")
        self.add("discuss")
        self.raise_alert()
        self.run_daily()
        with self.enter_registry_test_mode(), clock.at(NOW):
            self.env.ref("ai_deployment.ir_cron_send").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.messages().mapped("state"), ["sent", "sent"])
        self.assertFalse(self.messages().bundled_in_id)
