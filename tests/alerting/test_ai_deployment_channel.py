"""Ways to hear of a deployment: who may set them, and what each of them carries."""

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.alerting import digest
from odoo.addons.ai_deployment.tests.alerting.common import ChannelCase
from odoo.addons.ai_deployment.tests.common import NOW


@tagged("post_install", "-at_install")
class TestChannel(ChannelCase):
    # The owner's activity

    def test_every_deployment_has_its_owners_activity_once(self):
        self.assertEqual(self.deployment.channel_ids.mapped("kind"), ["activity"])
        copies = self.deployment.copy() | self.make_deployment()
        for deployment in copies:
            self.assertEqual(deployment.channel_ids.mapped("kind"), ["activity"])

    def test_the_owners_activity_cannot_be_taken_away(self):
        activity = self.deployment.channel_ids
        for person in (self.owner, self.manager):
            for change in (
                lambda channel: channel.unlink(),
                lambda channel: channel.write({"active": False}),
                lambda channel: channel.write({"kind": "email", "partner_ids": self.owner.partner_id.ids}),
                lambda channel: channel.write({"frequency": "weekly"}),
            ):
                with self.subTest(person=person.login), self.assertRaises(UserError), self.env.cr.savepoint():
                    change(activity.with_user(person))
        self.assertTrue(activity.exists().active)

    def test_a_second_activity_is_refused(self):
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.add("activity", person=self.owner)
        self.assertEqual(len(self.deployment.channel_ids), 1)

    def test_a_deployment_can_still_be_deleted_with_it(self):
        deployment = self.env["ai.deployment"].create(  # nobody has decided on it yet
            {"name": "New", "purpose": "A test.", "user_id": self.owner.id, "model_id": self.lead_model.id}
        )
        channel = deployment.channel_ids
        deployment.with_user(self.manager).unlink()
        self.assertFalse(channel.exists())

    def test_deployments_from_before_get_it_when_the_addon_is_updated(self):
        self.env.cr.execute("DELETE FROM ai_deployment_channel WHERE deployment_id = %s", [self.deployment.id])
        self.env["ai.deployment.channel"].init()
        self.env["ai.deployment.channel"].init()
        self.env.invalidate_all()
        self.assertEqual(self.deployment.channel_ids.mapped("kind"), ["activity"])

    # What a target is

    def test_a_way_without_a_target_is_refused(self):
        nobody = self.env["res.partner"].create({"name": "Without address"})
        for kind, values in (
            ("email", {"partner_ids": False}),
            ("email", {"partner_ids": nobody.ids}),
            ("discuss", {"discuss_channel_id": False}),
            ("webhook", {"credential": False}),
            ("webhook", {"credential": "https://hooks.example.com/T00/secret"}),
            ("webhook", {"credential": "slack"}),
            ("webhook", {"credential": "PATH/../X"}),
            ("webhook", {"credential": "A" * 61}),
        ):
            with self.subTest(kind=kind, values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.add(kind, **values)

    def test_an_owner_sets_them_on_the_form(self):
        self.room.with_user(self.owner).add_members(self.owner.partner_id.ids)
        with Form(self.deployment.with_user(self.owner)) as form, form.channel_ids.new() as line:
            line.kind = "discuss"
            line.discuss_channel_id = self.room
            line.frequency = "weekly"
        channel = self.deployment.channel_ids.filtered(lambda c: c.kind == "discuss")
        self.assertEqual((channel.frequency, channel.discuss_channel_id), ("weekly", self.room))
        self.assertIn("AI alerts", channel.name)

    # Who may

    def test_only_an_administrator_lets_alerts_leave_the_company(self):
        stranger = self.env["res.partner"].create({"name": "Consultant", "email": "consultant@example.org"})
        portal = self.env["res.partner"].create({"name": "Former colleague", "email": "former@example.org"})
        self.other_owner.copy({"login": "gone", "partner_id": portal.id}).active = False
        for kind, values in (
            ("webhook", {}),
            ("email", {"partner_ids": stranger.ids}),
            ("email", {"partner_ids": (self.owner.partner_id + portal).ids}),
        ):
            with self.subTest(kind=kind, values=values):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.add(kind, person=self.owner, **values)
                self.assertTrue(self.add(kind, person=self.manager, **values))

    def test_a_way_inside_is_not_turned_outside_by_the_owner(self):
        stranger = self.env["res.partner"].create({"name": "Consultant", "email": "consultant@example.org"})
        inside, hook = self.add(person=self.owner), self.add("webhook", person=self.manager)
        for channel, values in (
            (inside, {"kind": "webhook", "credential": "SLACK"}),
            (inside, {"partner_ids": [(4, stranger.id)]}),
            (hook, {"credential": "OTHER"}),
        ):
            with self.subTest(values=values), self.assertRaises(AccessError), self.env.cr.savepoint():
                channel.with_user(self.owner).write(values)
        hook.with_user(self.owner).frequency = "daily"
        self.assertEqual(hook.frequency, "daily")

    def test_a_room_of_discuss_has_to_be_open_to_who_names_it(self):
        private = self.env["discuss.channel"]._create_group(partners_to=self.other_owner.partner_id.ids)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.add("discuss", person=self.owner, discuss_channel_id=private.id)
        self.add("discuss", person=self.owner)

    def test_what_the_system_keeps_is_not_written_by_people(self):
        channel = self.add(person=self.owner, failure_message="mine", last_sent_date=NOW)
        self.assertFalse(channel.failure_message or channel.last_sent_date)
        for values in ({"failure_message": "x"}, {"last_sent_date": NOW}, {"summary_date": NOW}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                channel.with_user(self.owner).write(values)

    def test_a_way_stays_with_its_deployment(self):
        other = self.make_deployment()
        with self.assertRaises(AccessError):
            self.add(person=self.owner).with_user(self.owner).write({"deployment_id": other.id})

    def test_a_seller_neither_reads_nor_writes_ways_and_messages(self):
        channel = self.add()
        self.raise_alert()
        for records in (channel, self.messages(channel)):
            records = records.with_user(self.seller)
            for act in (
                lambda records=records: records.read(["create_date"]),
                lambda records=records: records.search([]),
                lambda records=records: records.write({"deployment_id": self.deployment.id}),
                lambda records=records: records.unlink(),
                lambda records=records: records.create({"deployment_id": self.deployment.id}),
            ):
                self.env.invalidate_all()
                with self.subTest(model=records._name), self.assertRaises(AccessError), self.env.cr.savepoint():
                    act()
        with self.assertRaises(AccessError):
            channel.with_user(self.seller).action_try()

    def test_a_reviewer_reads_ways_and_tries_none(self):
        channel = self.add()
        self.assertTrue(channel.with_user(self.reviewer).name)
        with self.assertRaises(AccessError):
            channel.with_user(self.reviewer).action_try()

    # What is told

    def test_an_alert_is_told_wherever_each_alert_is_told(self):
        channels = self.add() | self.add("discuss") | self.add("webhook")
        self.add("discuss", frequency="daily")
        self.add("discuss", active=False)
        alert = self.raise_alert(suggestion="Look at the form.")
        self.assertEqual(self.messages().channel_id, channels)
        message = self.messages(channels[0])
        self.assertEqual((message.subject, message.body), ("Which leads to call: It moved", "Look at the form."))
        self.assertTrue(message.link.endswith(f"/odoo/ai-alerts/{alert.id}"))
        self.assertEqual((message.user_id, message.state), (self.owner, "pending"))
        self.assertEqual(self.activities(alert).user_id, self.owner)

    def test_what_tells_the_owner_nothing_tells_nobody_else(self):
        channel = self.add()
        self.raise_alert("notice", level="notice")
        muted = self.raise_alert("muted")
        muted.with_user(self.owner)._mute(NOW.date().replace(day=20), "why")
        self.assertEqual(self.messages(channel).alert_id, muted)
        self.env["ai.deployment.alert"]._resolve(self.deployment, "muted")
        self.raise_alert("muted")
        self.assertEqual(len(self.messages(channel)), 1)

    def test_values_of_a_sensitive_input_do_not_leave(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.path == "country_id").sensitive = True
        channel, summary = self.add(), self.add("discuss", frequency="daily")
        alert = self.raise_alert("drift:country_id:shape", name="Country: “Belgium” 45 %, 20 % before")
        self.raise_alert("drift:country_id:missing", name="Country is empty on 31 %")
        self.raise_alert("quality:country_id:constant", name="Country is “Belgium” on all leads")
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "country_id")
        self.raise_alert("performance:segment:20", name="Country “Belgium”: the scores predicted 50 % wins")
        self.raise_alert("drift:source_id:shape", name="Source: “Web” 45 %, 20 % before")
        digest.send(summary)
        texts = "\n".join(f"{message.subject} {message.body}" for message in self.messages())
        self.assertNotIn("Belgium", texts)
        self.assertEqual(texts.count("sensitive input has drifted"), 4)
        self.assertEqual(texts.count("do not match the outcomes in a segment"), 2)
        self.assertEqual(texts.count("Country is empty"), 2)
        self.assertEqual(texts.count("“Web”"), 2)
        self.assertEqual(self.messages(channel).filtered(lambda m: m.alert_id == alert).channel_id, channel)
        self.assertIn("Belgium", alert.name)

    def test_an_alert_about_a_channel_is_for_the_owner_alone(self):
        self.add()
        alert = self.raise_alert("channel:7")
        self.assertFalse(self.messages())
        self.assertEqual(self.activities(alert).user_id, self.owner)

    def test_what_waits_goes_with_the_way(self):
        for end in (lambda channel: channel.write({"active": False}), lambda channel: channel.unlink()):
            channel = self.add(person=self.owner)
            alert = self.raise_alert(f"cause {channel.id}")
            channel._failed("It is gone.")
            trouble = self.env["ai.deployment.alert"].search([("cause", "=", channel._cause())])
            self.assertEqual(trouble.state, "firing")
            self.assertEqual(self.messages(channel).alert_id, alert)
            end(channel.with_user(self.owner))
            self.assertFalse(self.messages())
            self.assertEqual(trouble.state, "resolved")

    def test_a_try_goes_out_at_once_and_says_what_it_is(self):
        channel = self.add()
        with self.capture_triggers("ai_deployment.ir_cron_send") as captured:
            action = channel.with_user(self.owner).action_try()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(len(captured.records), 1)
        self.assertIn("a test", self.messages(channel).subject)
        with self.assertRaises(UserError):
            self.deployment.channel_ids.filtered(lambda c: c.kind == "activity").with_user(self.owner).action_try()
