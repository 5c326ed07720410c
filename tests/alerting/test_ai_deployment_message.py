"""Messages: sent after the transaction, each way by itself; what does not go through is tried again, then told."""

import itertools
import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import SUPERUSER_ID, api
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tests.test_cursor import TestCursor
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.alerting import ai_deployment_message, outbox, ways
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.remote import session, webhook
from odoo.addons.ai_deployment.tests.alerting.common import SECRET, MessageCase
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.remote.hostile import answer
from odoo.addons.ai_deployment.tests.remote.mail import RefusingMailServer

LOG = "odoo.addons.ai_deployment.models.alerting.ai_deployment_message"


@tagged("post_install", "-at_install")
class TestMessage(MessageCase):
    # Webhook

    def test_a_webhook_gets_what_slack_reads(self):
        channel = self.add("webhook")
        alert = self.raise_alert(name="Country <b> is empty", suggestion="Look at the form.")
        self.assertEqual(self.server.calls, [], "nothing is called by who raises an alert")
        self.send(minutes=1)
        [sent] = self.sent_bodies()
        self.assertEqual(sent["text"], "Which leads to call: Country &lt;b&gt; is empty")
        self.assertIn("Look at the form.", sent["blocks"][0]["text"]["text"])
        self.assertIn(f"/odoo/ai-alerts/{alert.id}|Open in Odoo>", sent["blocks"][0]["text"]["text"])
        message = self.messages(channel)
        self.assertEqual((message.state, message.sent_date), ("sent", NOW + timedelta(minutes=1)))
        self.assertEqual(channel.last_sent_date, NOW + timedelta(minutes=1))
        self.send(minutes=2)
        self.assertEqual(len(self.server.calls), 1)

    def test_alerts_of_one_run_go_out_as_one_call(self):
        channel = self.add("webhook")
        for number in range(3):
            self.raise_alert(f"cause {number}", name=f"It moved {number}")
        self.send()
        [sent] = self.sent_bodies()
        self.assertEqual(len(sent["blocks"]), 3)
        messages = self.messages(channel)
        self.assertEqual(set(messages.mapped("state")), {"sent"})
        self.assertEqual(messages[0].bundled_ids, messages[1:])

    def test_the_call_is_made_between_two_transactions(self):
        """The row is put off and that is committed; no query is made from there until the answer is here."""
        let_go, channel = self.hanging("TEST_HOOK"), self.add("webhook")
        self.raise_alert()
        seen, commit, call = [], TestCursor.commit, ai_deployment_message._call

        def committing(cursor):
            commit(cursor)
            seen.append(("commit", cursor.sql_log_count))
            self.committing = cursor

        def calling(*arguments):
            seen.append(("call", threading.current_thread()))
            return call(*arguments)

        ended = outbox.Outbox.ended

        def waiting(box, timeout):
            if timeout:
                seen.append(("wait", self.committing.sql_log_count))
                let_go.set()
            return ended(box, timeout)

        with (
            patch.object(TestCursor, "commit", committing),
            patch.object(ai_deployment_message, "_call", calling),
            patch.object(outbox.Outbox, "ended", waiting),
        ):
            self.send()
        words = [what for what, _count in seen]
        self.assertLess(words.index("commit"), words.index("call"), "it is put off before")
        self.assertIsNot(seen[words.index("call")][1], threading.current_thread())
        for (before, at_commit), (what, at_wait) in itertools.pairwise(
            step for step in seen if step[0] in ("commit", "wait")
        ):
            if what == "wait":
                self.assertEqual((before, at_wait), ("commit", at_commit), "nothing is open while it waits")
        self.assertIn("wait", words)
        self.assertEqual(self.messages(channel).state, "sent")

    def test_who_dies_in_the_middle_leaves_it_to_be_sent_again(self):
        channel = self.add("webhook")
        self.raise_alert()

        class Killed(BaseException):
            pass

        def die(*arguments):
            raise Killed

        # not assertRaises, which would take back what was committed
        with patch.object(ai_deployment_message, "_call", die), suppress(Killed):
            self.send()
        self.env.invalidate_all()
        message = self.messages(channel)
        self.assertEqual((message.state, message.next_date), ("pending", NOW + ai_deployment_message.LEASE))
        self.send(minutes=1)
        self.assertEqual(self.server.calls, [], "another cron does not take what is under way")
        self.send(minutes=6)
        self.assertEqual((message.state, len(self.server.calls)), ("sent", 1))

    def test_what_may_pass_is_tried_again_with_growing_pauses_then_told(self):
        self.answering(answer(500))
        channel = self.add("webhook")
        alert = self.raise_alert()
        message = self.messages(channel)
        waits, now = [], 0
        for _attempt in range(3):
            self.send(minutes=now)
            self.assertEqual(
                (message.state, message.failure_message),
                ("pending", "The endpoint is busy. It answered with status 500."),
            )
            self.assertFalse(self.trouble(channel))
            due = int((message.next_date - NOW).total_seconds() / 60)
            waits, now = [*waits, due - now], due
        self.assertEqual(waits, [5, 20, 80])
        self.send(minutes=now)
        self.assertEqual((message.state, message.attempts), ("failed", 4))
        trouble = self.trouble(channel)
        self.assertEqual((trouble.state, trouble.deployment_id), ("firing", self.deployment))
        self.assertIn("It answered with status 500.", trouble.name)
        self.assertEqual(self.activities(trouble).user_id, self.owner)
        self.assertEqual(channel.failure_message, message.failure_message)
        self.assertEqual(self.messages(), message, "the trouble itself goes through no channel")
        self.assertEqual(self.activities(alert).user_id, self.owner)

    def test_a_wish_to_wait_is_honoured(self):
        self.answering(answer(500, Retry_After=3600))
        channel = self.add("webhook")
        self.raise_alert()
        self.send()
        self.assertEqual(self.messages(channel).next_date, NOW + timedelta(hours=1))

    def test_what_is_refused_is_told_at_once(self):
        self.answering(answer(404))
        channel = self.add("webhook")
        self.raise_alert()
        self.send()
        self.assertEqual(self.messages(channel).state, "failed")
        self.assertEqual(self.trouble(channel).state, "firing")

    def test_when_it_works_again_the_alert_about_it_is_over(self):
        self.answering(answer(404), answer(200))
        channel = self.add("webhook")
        self.raise_alert()
        self.send()
        channel.with_user(self.owner).action_try()
        self.send(minutes=1)
        self.assertEqual(self.trouble(channel).state, "resolved")
        self.assertFalse(channel.failure_message)

    def test_a_way_that_fails_stops_no_other(self):
        self.answering(answer(404))
        self.set_address(self.server.url("/ok/other"), "OTHER_HOOK")
        broken, other, mail, room = (
            self.add("webhook"),
            self.add("webhook", credential="OTHER_HOOK"),
            self.add(),
            self.add("discuss"),
        )
        self.raise_alert()
        with (
            mute_logger(LOG),
            patch.dict(ways.WAYS, {"discuss": Mock(side_effect=KeyError("boom"))}),
        ):
            self.send()
        states = {channel: self.messages(channel).state for channel in (broken, other, mail, room)}
        self.assertEqual(states, {broken: "failed", other: "sent", mail: "handed", room: "pending"})
        self.send(minutes=5)
        self.assertEqual(self.messages(room).state, "sent")

    def test_a_fault_of_ours_during_a_call_fails_that_message_alone(self):
        self.set_address(self.server.url("/ok/other"), "OTHER_HOOK")
        broken, other = self.add("webhook"), self.add("webhook", credential="OTHER_HOOK")
        self.raise_alert()
        post = ai_deployment_message.webhook.post

        def sometimes(url, *arguments, **options):
            if SECRET in url:
                raise KeyError(url)
            return post(url, *arguments, **options)

        with patch.object(ai_deployment_message.webhook, "post", sometimes), self.assertLogs(LOG, "ERROR") as logs:
            self.send()
        self.assertNotIn(SECRET, "".join(logs.output))
        self.assertEqual((self.messages(broken).state, self.messages(other).state), ("failed", "sent"))

    @mute_logger(LOG)
    def test_no_message_stops_the_job(self):
        """A malformed address, an answer that cannot be kept, a text that cannot be made: the next one goes out."""
        good, other = self.add("webhook"), self.add("webhook", credential="OTHER_HOOK")
        messages = self.env["ai.deployment.message"]
        for address in ("http://[x/secret-part", "https://exa\u2100mple.com/secret-part", "http://", "https://a b/c"):
            with self.subTest(address=address):
                self.set_address(address, "OTHER_HOOK")
                bad, fine = messages._add(other, "Failing", ""), messages._add(good, "Fine", "")
                self.send()
                self.assertEqual(fine.state, "sent")
                self.assertTrue(bad.failure_message)
                self.assertNotIn("secret-part", bad.failure_message)
                bad.unlink()
        kinds = type(messages)
        for name in ("_as_text", "_sent", "_not_sent", "_webhook_answered", "_prepare_webhook"):
            with self.subTest(fails=name):
                self.set_address(self.server.url(f"/ok/{SECRET}"), "OTHER_HOOK")
                plain = getattr(kinds, name)

                def broken(records, *args, plain=plain, **values):
                    if "Failing" in records.mapped("subject"):
                        raise ValueError(SECRET)
                    return plain(records, *args, **values)

                bad, fine = messages._add(other, "Failing", ""), messages._add(good, "Fine", "")
                if name == "_not_sent":  # not even that can be kept
                    self.set_address("http://[x/", "OTHER_HOOK")
                with patch.object(kinds, name, broken):
                    self.send()
                self.assertEqual(fine.state, "sent")
                self.assertEqual(bad.state, "failed" if name == "_not_sent" else "pending")
                self.assertNotIn(SECRET, bad.failure_message)
                self.assertFalse(messages._take() & bad, "it is put off, not tried again at once")
                bad.unlink()

    @mute_logger(LOG)
    def test_a_mail_whose_end_cannot_be_kept_stops_no_other(self):
        self.add()
        messages = self.env["ai.deployment.message"]
        handed = [messages._add(self.add(person=self.deputy), name, "") for name in ("Failing", "Fine")]
        self.send()
        plain = type(messages)._sent

        def broken(records):
            if "Failing" in records.mapped("subject"):
                raise ValueError("x")
            return plain(records)

        for message in handed:
            message.mail_ids.sudo().state = "sent"
        with patch.object(type(messages), "_sent", broken):
            self.send(minutes=1)
        self.assertEqual(handed[1].state, "sent")

    def hanging(self, name):
        """An address that answers when the returned event is set."""
        path, let_go = f"/hold_on/{name}", threading.Event()
        self.addCleanup(let_go.set)
        self.server.held[path] = let_go
        self.set_address(self.server.url(path), name)
        return let_go

    def test_an_address_that_hangs_delays_itself_alone(self):
        """The others have been told, and their answers kept, while eight addresses still hang."""
        self.enterContext(patch.object(session, "READ", 60))
        self.enterContext(patch.object(webhook, "DEADLINE", 60))
        self.set_address(self.server.url("/ok/other"), "OTHER_HOOK")
        names = [f"HANGS_{number}" for number in range(8)]
        events = [self.hanging(name) for name in names]
        hanging = [self.add("webhook", credential=name) for name in names]
        mail, room, other = self.add(), self.add("discuss"), self.add("webhook", credential="OTHER_HOOK")
        for channel in (*hanging, mail, room, other):
            channel._queue("Subject", "Text")
        seen, plain = [], type(self.messages())._webhook_answered

        def answering(messages, url, error):
            plain(messages, url, error)
            seen.append(messages.channel_id.id)
            if messages.channel_id.id == other.id:
                told = messages.search([("channel_id", "in", (mail | room).ids)], order="id")
                seen.append(told.mapped("state"))
                end = time.monotonic() + 50
                while len(self.server.held_now) < len(names) and time.monotonic() < end:
                    time.sleep(0.01)
                seen.append(len(self.server.held_now))
                for event in events:
                    event.set()

        with patch.object(type(self.messages()), "_webhook_answered", answering):
            self.send()
        self.assertEqual(seen[:3], [other.id, ["handed", "sent"], len(names)])
        self.assertEqual(set(seen[3:]), {channel.id for channel in hanging})
        self.assertEqual({self.messages(channel).state for channel in hanging}, {"sent"})

    def test_an_address_is_called_by_one_at_a_time(self):
        let_go = self.hanging("TEST_HOOK")
        self.set_address(self.server.url("/hold_on/TEST_HOOK"), "SAME_HOOK")
        channels = [self.add("webhook", deployment=self.make_deployment(name=f"No. {n}")) for n in range(3)]
        channels.append(self.add("webhook", credential="SAME_HOOK"))
        for channel in channels:
            channel._queue("Subject", "Text")
        ended = outbox.Outbox.ended

        def waiting(box, timeout):
            if timeout:
                let_go.set()  # by now, whatever may be called is
            return ended(box, timeout)

        with patch.object(outbox.Outbox, "ended", waiting):
            self.send()
        self.assertEqual({self.messages(channel).state for channel in channels}, {"sent"})
        self.assertEqual(len(self.server.calls), 4)
        self.assertEqual(self.server.at_once, {"/hold_on/TEST_HOOK": 1})

    def test_what_else_is_due_for_an_address_that_fails_is_put_off_with_it(self):
        self.answering(answer(500))
        channels = [self.add("webhook", deployment=self.make_deployment(name=f"No. {n}")) for n in range(4)]
        self.set_address(self.server.url(self.path), "SAME_HOOK")
        channels.append(self.add("webhook", credential="SAME_HOOK"))
        for channel in channels:
            channel._queue("Subject", "Text")
        self.send()
        for channel in channels:
            message = self.messages(channel)
            self.assertEqual((message.state, message.attempts), ("pending", 1))
            self.assertEqual(message.next_date, NOW + ai_deployment_message.FIRST_WAIT)
        self.assertEqual(len(self.server.calls), 1)

    def test_a_channel_says_things_in_order(self):
        """What comes later waits for what is tried again, and the same messages go out under the same key."""
        self.answering(answer(500), answer(200))
        channel = self.add("webhook")
        for number in range(3):
            self.raise_alert(f"cause {number}", name=f"It moved {number}")
        self.send()
        channel._queue("The day", "A summary")
        self.raise_alert("later", name="Later")
        self.send(minutes=1)
        self.assertEqual(len(self.server.calls), 1, "nothing overtakes")
        self.send(minutes=5)
        bodies, keys = self.sent_bodies(), [headers["idempotency-key"] for _path, headers, _body in self.server.calls]
        self.assertEqual([len(body["blocks"]) for body in bodies], [3, 3, 1, 1])
        self.assertEqual(len(set(keys[:2])), 1)
        self.assertEqual(len(set(keys)), 3)
        self.assertIn("The day", bodies[2]["text"])
        self.assertIn("Later", bodies[3]["text"])
        self.assertEqual(set(self.messages(channel).mapped("state")), {"sent"})

    def test_what_was_under_way_when_its_process_ended_goes_out_under_the_same_key(self):
        channel = self.add("webhook")
        for number in range(2):
            self.raise_alert(f"cause {number}")
        call = ai_deployment_message._call

        class Killed(BaseException):
            pass

        def die(*arguments):
            call(*arguments)
            raise Killed

        with patch.object(ai_deployment_message, "_call", die), suppress(Killed):
            self.send()
        self.raise_alert("cause 2")
        self.send(minutes=6)
        keys = [headers["idempotency-key"] for _path, headers, _body in self.server.calls]
        self.assertEqual((len(keys), len(set(keys))), (3, 2), "twice the same, then the new one")
        self.assertEqual([len(body["blocks"]) for body in self.sent_bodies()], [2, 2, 1])
        self.assertEqual(set(self.messages(channel).mapped("state")), {"sent"})

    def test_what_ends_its_process_each_time_is_given_up(self):
        channel = self.add("webhook")
        self.raise_alert()
        self.messages(channel).attempts = ai_deployment_message.MOST_ATTEMPTS
        self.send()
        self.assertEqual((self.messages(channel).state, self.server.calls), ("failed", []))
        self.assertEqual(self.trouble(channel).state, "firing")

    def test_a_channel_that_was_taken_away_during_the_call_stops_nothing(self):
        channel = self.add("webhook")
        self.raise_alert()
        call = ai_deployment_message._call
        begin = outbox.Outbox.begin

        def beginning(box, messages, *arguments):
            begin(box, messages, *arguments)
            messages.channel_id.unlink()

        with patch.object(outbox.Outbox, "begin", beginning), patch.object(ai_deployment_message, "_call", call):
            self.send()
        self.assertFalse(channel.exists())

    def test_a_clock_that_was_ahead_stops_no_message(self):
        channel = self.add("webhook")
        with clock.at(NOW + timedelta(days=3)):
            self.raise_alert()
        self.send()
        self.assertEqual(self.messages(channel).state, "sent")

    def test_a_host_that_nobody_allowed_is_not_called(self):
        self.env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", "127.0.0.1:1, example.com")
        channel = self.add("webhook")
        self.raise_alert()
        self.send()
        self.assertEqual(self.server.calls, [])
        self.assertEqual(self.messages(channel).state, "failed")

    def test_an_address_that_this_server_does_not_have(self):
        channel = self.add("webhook", credential="NOT_HERE")
        self.raise_alert()
        self.send()
        self.assertEqual(self.messages(channel).failure_message, "This server has no address named “NOT_HERE”.")
        self.assertEqual(self.trouble(channel).state, "firing")

    def test_the_address_shows_nowhere(self):
        for bad in (answer(404), answer(500), b"garbage\r\n\r\n", answer(200, SECRET.encode())):
            self.answering(bad)
            channel = self.add("webhook")
            alert = self.raise_alert(f"cause {channel.id}")
            with self.assertLogs("urllib3", "DEBUG") as wire, self.assertLogs("odoo", "DEBUG") as logs:
                logging.getLogger("urllib3").debug("there is a log")
                self.send()
            rows = [*channel.read(), *self.messages(channel).read(), *self.trouble(channel).read(), *alert.read()]
            exported = channel.export_data(["name", "credential", "failure_message"])["datas"]
            shown = repr(rows) + repr(exported) + "".join(wire.output + logs.output)
            self.assertNotIn(SECRET, shown)
            channel.unlink()

    # E-mail

    def test_mail_waits_in_odoos_queue_in_the_owners_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.owner.lang = "fr_FR"
        template = self.env.ref("ai_deployment.mail_template_message")
        template.with_context(lang="fr_FR").body_html = "<p>Bonjour <t t-out='object.subject'/></p>"
        channel = self.add(partner_ids=(self.owner + self.manager).partner_id.ids)
        self.raise_alert()
        self.send()
        message = self.messages(channel)
        mail = message.mail_ids
        self.assertEqual((message.state, mail.mapped("state")), ("handed", ["outgoing", "outgoing"]))
        self.assertEqual([len(one.recipient_ids) for one in mail], [1, 1], "one each: who got it gets no other")
        self.assertEqual(mail.recipient_ids, (self.owner + self.manager).partner_id)
        self.assertEqual(set(mail.mapped("subject")), {"Which leads to call\xa0: It moved"})
        self.assertIn("Bonjour Which leads to call", mail[0].body_html)

    def test_the_mail_says_what_happened_what_to_do_and_where(self):
        self.add()
        first = self.raise_alert(name="Country <b> is empty", suggestion="Look at the form.")
        self.raise_alert("second", name="The score moved")
        self.send()
        [message] = self.messages().filtered("mail_ids")
        for text in (
            "Country &lt;b&gt; is empty",
            "Look at the form.",
            f"/odoo/ai-alerts/{first.id}",
            "The score moved",
        ):
            self.assertIn(text, message.mail_ids.body_html)

    def test_a_mail_that_left_is_sent(self):
        channel = self.add()
        self.raise_alert()
        self.raise_alert("second")
        self.send()
        self.messages(channel).mail_ids.unlink()  # as Odoo does with each mail that left
        self.send(minutes=15)
        self.assertEqual(self.messages(channel).mapped("state"), ["sent", "sent"])
        self.assertEqual(channel.last_sent_date, NOW + timedelta(minutes=15))

    def test_a_mail_that_was_refused_is_tried_again_as_a_webhook_is_then_told(self):
        channel = self.add()
        self.raise_alert()
        self.raise_alert("second")
        self.send()
        message, mail, now, waits = self.messages(channel)[0], self.messages(channel).mail_ids, 0, []
        for _attempt in range(3):
            mail.write({"state": "exception", "failure_reason": "No such host", "failure_type": "mail_smtp"})
            self.send(minutes=now)
            self.assertEqual(self.messages(channel).mapped("state"), ["pending", "pending"])
            self.assertFalse(self.trouble(channel))
            due = int((message.next_date - NOW).total_seconds() / 60)
            waits, now = [*waits, due - now], due
            self.send(minutes=now)
            self.assertEqual(
                (message.state, mail.state, message.mail_ids), ("handed", "outgoing", mail), "the same mail"
            )
        self.assertEqual(waits, [5, 20, 80])
        mail.state = "exception"
        self.send(minutes=now + 1)
        self.assertEqual(self.messages(channel).mapped("state"), ["failed", "failed"])
        self.assertEqual(self.activities(self.trouble(channel)).user_id, self.owner)

    def test_only_those_who_did_not_get_the_mail_are_written_to_again(self):
        channel = self.add(partner_ids=(self.owner + self.manager).partner_id.ids)
        self.raise_alert()
        self.send()
        message = self.messages(channel)
        [gone], [refused] = (
            message.mail_ids.filtered(lambda mail, user=user: mail.recipient_ids == user.partner_id)
            for user in (self.owner, self.manager)
        )
        refused.write({"state": "exception", "failure_type": "mail_smtp"})
        self.send(minutes=1)
        self.assertEqual(message.state, "handed", "the other one has not left yet")
        gone.unlink()
        self.send(minutes=2)
        self.send(minutes=7)
        self.assertEqual((message.mail_ids, refused.state), (refused, "outgoing"))
        refused.unlink()
        self.send(minutes=8)
        self.assertEqual(message.state, "sent")

    def test_a_refused_mail_that_somebody_sends_by_hand_is_sent(self):
        channel = self.add()
        self.raise_alert()
        self.send()
        message = self.messages(channel)
        message.mail_ids.write({"state": "exception", "failure_type": "unknown"})
        self.send(minutes=1)
        message.mail_ids.unlink()  # Odoo's button sends it, and it is gone
        self.send(minutes=10)
        self.assertEqual((message.state, len(message.mail_ids)), ("sent", 0), "it is not made anew")

    def test_a_mail_with_a_wrong_address_is_told_at_once(self):
        for values in ({"state": "exception", "failure_type": "mail_email_invalid"}, {"state": "cancel"}):
            channel = self.add()
            self.raise_alert(f"cause {channel.id}")
            self.send()
            self.messages(channel).mail_ids.write(values)
            self.send(minutes=1)
            self.assertEqual(self.messages(channel).state, "failed")
            self.assertEqual(self.trouble(channel).state, "firing")
            channel.unlink()

    def test_a_mail_server_that_refuses_is_asked_again(self):
        """A real server on a socket refuses the first time; Odoo's own queue sends."""
        with RefusingMailServer(refusals=1) as server:
            self.env["ir.mail_server"].create(
                {"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_encryption": "none"}
            )
            channel = self.add()
            self.raise_alert()
            self.send()
            message = self.messages(channel)
            mails = self.env["mail.mail"]
            for minutes, left in ((1, ["pending"]), (7, ["sent"])):
                self.send(minutes=minutes)
                with (
                    patch.object(type(self.env["ir.mail_server"]), "_disable_send", lambda *args: False),
                    mute_logger("odoo.addons.mail.models.mail_mail"),
                ):
                    mails.process_email_queue(message.mail_ids.ids)
                self.send(minutes=minutes + 1)
                self.assertEqual([message.state], left)
        self.assertEqual((server.refused, len(server.accepted)), (1, 1))
        self.assertIn("It moved", server.accepted[0])
        self.assertEqual(message.attempts, 2)

    def test_a_mail_queue_that_stands_still_is_told(self):
        channel = self.add()
        self.raise_alert()
        self.send()
        self.send(hours=23)
        self.assertEqual(self.messages(channel).state, "handed")
        self.send(days=1)
        self.assertEqual(self.messages(channel).state, "failed")
        self.assertIn("been in the queue", self.trouble(channel).name)

    def test_a_contact_who_lost_the_address(self):
        channel = self.add()
        self.raise_alert()
        self.owner.partner_id.email = False
        self.send()
        self.assertEqual(self.messages(channel).state, "failed")

    # Discuss

    def test_a_room_of_discuss_gets_a_message(self):
        channel = self.add("discuss")
        self.raise_alert(name="Country <b> is empty", suggestion="Look at the form.")
        self.send()
        posted = self.env["mail.message"].search([("model", "=", "discuss.channel"), ("res_id", "=", self.room.id)])
        [body] = [message.body for message in posted if "Country" in message.body]
        self.assertIn("Country &lt;b&gt; is empty", body)
        self.assertIn("Look at the form.", body)
        self.assertIn("Open in Odoo", body)
        self.assertEqual(self.messages(channel).state, "sent")

    def test_a_message_to_a_room_without_text_or_link_is_its_subject(self):
        channel = self.add("discuss")
        channel._queue("Subject alone", "")
        self.send()
        [posted] = self.room.message_ids.filtered(lambda message: "Subject alone" in message.body)
        self.assertEqual(posted.body, "<b>Subject alone</b>")

    def test_a_room_that_is_gone_or_archived(self):
        channel = self.add("discuss")
        for lose in (lambda: self.room.action_archive(), lambda: self.room.unlink()):
            self.raise_alert(f"cause {len(self.messages(channel))}")
            lose()
            self.env.invalidate_all()
            self.send()
            self.assertEqual(self.messages(channel)[-1].failure_message, "The Discuss channel has been deleted.")

    def test_a_mail_template_that_is_gone(self):
        channel = self.add()
        self.raise_alert()
        self.env.ref("ai_deployment.mail_template_message").unlink()
        self.send()
        self.assertEqual((self.messages(channel).state, len(self.messages(channel).mail_ids)), ("failed", 0))

    # Together

    def test_two_crons_never_take_the_same_message(self):
        """With real transactions: what one holds, the other passes over."""
        with self.registry.cursor() as cursor:
            env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
            deployment = env["ai.deployment"].create(
                {
                    "name": "Concurrent",
                    "purpose": "A test.",
                    "user_id": env.ref("base.user_admin").id,
                    "model_id": env["ir.model"]._get("crm.lead").id,
                }
            )
            for name in ("ONE", "TWO"):
                channel = env["ai.deployment.channel"].create(
                    {"deployment_id": deployment.id, "kind": "webhook", "credential": name}
                )
                channel._queue("Subject", "Text")
            ids = env["ai.deployment.message"].search([("deployment_id", "=", deployment.id)]).ids
        try:
            with self.registry.cursor() as one, self.registry.cursor() as two:
                taken = [
                    api.Environment(cursor, SUPERUSER_ID, {})["ai.deployment.message"]._take().ids
                    for cursor in (one, two, two)
                ]
                two.rollback()
                one.rollback()
            self.assertEqual([len(some) for some in taken], [1, 1, 1])
            self.assertEqual({taken[0][0], taken[1][0]}, set(ids))
            self.assertNotIn(taken[0][0], taken[2])
        finally:
            with self.registry.cursor() as cursor:
                api.Environment(cursor, SUPERUSER_ID, {})["ai.deployment"].browse(deployment.id).unlink()

    def test_old_messages_are_forgotten_and_waiting_ones_kept(self):
        self.add("webhook")
        for cause in ("one", "two"):
            self.raise_alert(cause)
        old, waiting = self.messages()
        old.state = "sent"
        self.env.cr.execute("UPDATE ai_deployment_message SET create_date = %s", [NOW - timedelta(days=91)])
        self.env.invalidate_all()
        self.assertEqual(self.env["ai.deployment.message"]._gc_messages(), (1, False))
        self.assertEqual(self.messages(), waiting)

    # Copies

    def neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["ai_deployment"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_a_neutralised_copy_calls_nobody(self):
        hook, mail = self.add("webhook"), self.add()
        self.raise_alert()
        self.neutralize()
        self.assertFalse((hook | mail).filtered("active"))
        self.assertFalse(self.messages())
        self.assertFalse(self.env["ir.config_parameter"].get_param("ai_deployment.allowed_hosts"))
        self.raise_alert("later")
        self.send()
        self.assertEqual(self.server.calls, [])

    def test_even_where_somebody_switches_it_on_again(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        channel = self.add("webhook")
        self.raise_alert()
        self.send()
        self.assertEqual(self.server.calls, [])
        self.assertIn("sends no requests", self.messages(channel).failure_message)
