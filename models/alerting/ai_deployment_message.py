"""Pending and sent messages: one row per message and channel.

A monitor writes the row and goes on; the cron sends it after the transaction. Each channel is served by itself and in
order, so one that fails or hangs holds up no other. What goes over the wire is called between two transactions, in
threads that hold nothing of the database: the row is first put off for `LEASE`, so that nobody else takes it and a
process that dies in the middle loses nothing. A webhook may then be called twice for the same messages, with the same
key in its header `Idempotency-Key`. Mail goes through Odoo's queue, one mail per person, so that trying again writes to
nobody who has got it.
"""

import logging
import time
import uuid
from datetime import timedelta
from functools import partial
from itertools import takewhile

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...ml.errors import EndpointError, Unexpected
from ...remote import webhook
from ...remote.guard import parse_allowed
from ..tools import clock, faults
from ..tools.credentials import SECRET_OF, credential, masked
from ..tools.shipped import wake
from .outbox import Outbox
from .ways import WAYS, follow_mail

_logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 4
FIRST_WAIT = timedelta(minutes=5)  # grows fourfold: 5 and 20 minutes, 1 hour and 20
LEASE = timedelta(minutes=5)
MOST_SECONDS = 86400  # that the other side may ask us to wait
BEYOND = timedelta(seconds=2 * MOST_SECONDS)  # what waits longer than this was put off by a clock that was wrong
LONGEST_PASS = 60.0  # seconds in which calls are begun
POLL = 1.0  # seconds after which a pass that waits for answers looks for new messages
TOGETHER = 20  # alerts that go out as one message
MOST_COUNTED = 100
KEPT_DAYS = 90


class AiDeploymentMessage(models.Model):
    _name = "ai.deployment.message"
    _description = "Message about a Deployment"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _rec_name = "subject"

    channel_id = fields.Many2one("ai.deployment.channel", required=True, readonly=True, index=True, ondelete="cascade")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Owner", readonly=True, help="Owner of the deployment at that time.")
    lang = fields.Char("Language", readonly=True)
    alert_id = fields.Many2one("ai.deployment.alert", readonly=True, index="btree_not_null", ondelete="cascade")
    partner_ids = fields.Many2many(
        "res.partner", "ai_deployment_message_partner_rel", string="Recipients", readonly=True
    )
    subject = fields.Char(required=True, readonly=True)
    body = fields.Text("Text", readonly=True)
    link = fields.Char(readonly=True)
    event = fields.Json(readonly=True, help="Sent to a program in place of the text, signed.")
    state = fields.Selection(
        [("pending", "Waiting"), ("handed", "In the mail queue"), ("sent", "Sent"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_date = fields.Datetime("Next Attempt", required=True, readonly=True)
    sent_date = fields.Datetime("Sent", readonly=True)
    failure_message = fields.Char("Error Details", readonly=True)
    bundled_in_id = fields.Many2one("ai.deployment.message", readonly=True, ondelete="set null", index="btree_not_null")
    bundled_ids = fields.One2many("ai.deployment.message", "bundled_in_id", "Bundled Messages")
    handed_date = fields.Datetime("In Mail Queue Since", readonly=True)
    mail_ids = fields.Many2many(
        "mail.mail",
        "ai_deployment_message_mail_rel",
        string="Mails",
        readonly=True,
        groups=NO_ACCESS,
        help="One per recipient. Odoo deletes each mail after sending.",
    )

    _due_idx = models.Index("(next_date, id) WHERE state = 'pending'")
    _order_idx = models.Index("(channel_id, id) WHERE state = 'pending'")

    @api.model
    def _add(self, channel, subject, body, *, link="", alert=None, partners=None, event=None):
        """Say `subject` and `body` through `channel`, as soon as this transaction is through.

        :param event: plain JSON for a program, sent in their place
        """
        deployment = channel.deployment_id
        person = deployment._person_to_tell()
        message = self.create(
            {
                "channel_id": channel.id,
                "deployment_id": deployment.id,
                "company_id": deployment.company_id.id,
                "user_id": person.id,
                "lang": person.lang,
                "alert_id": alert and alert.id,
                "partner_ids": [(6, 0, (partners or channel.partner_ids).ids)],
                "subject": subject,
                "body": body,
                "link": link and f"{deployment.get_base_url()}{link}",
                "event": event,
                "next_date": clock.now(),
            }
        )
        wake(self.env, "ir_cron_send")
        return message

    # The cron

    @api.model
    def _cron_send(self):
        """Send what is due, and see what became of the mails. Channels do not wait for each other."""
        cron = self.env["ir.cron"]
        if not self._may_tell():
            cron._commit_progress(remaining=0)
            return
        self.sudo()._follow_mails()
        cron._commit_progress(remaining=self._due_count())
        self.sudo()._send_due()
        cron._commit_progress(remaining=self._due_count())

    @api.model
    def _send_due(self):
        """Send what is due, webhooks several at a time; end when nothing is due and under way any more."""
        cron, outbox, end, has_time = self.env["ir.cron"], Outbox(), time.monotonic() + LONGEST_PASS, True
        while True:
            has_time = has_time and time.monotonic() < end
            messages = self._take(outbox.busy_names) if has_time and not outbox.is_full else self.browse()
            if messages:
                messages._send(outbox)
            elif not outbox:
                return
            has_time = bool(cron._commit_progress(len(messages))) and has_time
            # While this waits, no transaction is open and no row is locked.
            ended = outbox.ended(0 if messages else POLL)
            while ended:
                told, url, error = ended
                told.invalidate_recordset()
                if told := told.exists():  # the channel may have been taken away meanwhile
                    told._guarded(lambda told=told, url=url, error=error: told._webhook_answered(url, error))
                cron._commit_progress()
                ended = outbox.ended(0)

    def _due_sql(self):
        """Messages that are due and whose channel has said all that came before them."""
        return SQL(
            "message.state = 'pending' AND %s"
            " AND NOT EXISTS (SELECT FROM ai_deployment_message earlier WHERE earlier.state = 'pending'"
            " AND earlier.channel_id = message.channel_id AND earlier.id < message.id)",
            clock.due_sql(SQL("message.next_date"), BEYOND),
        )

    @api.model
    def _due_count(self):
        """Count the channels with due messages; at most `MOST_COUNTED`."""
        self.flush_model()
        due = SQL("SELECT FROM ai_deployment_message message WHERE %s LIMIT %s", self._due_sql(), MOST_COUNTED)
        return self.env.execute_query(SQL("SELECT COUNT(*) FROM (%s) AS due", due))[0][0]

    @api.model
    def _due_domain(self):
        return clock.due_domain("next_date", BEYOND)

    @api.model
    def _take(self, busy_names=()):
        """The next messages of a channel that are due and nobody else has; locked. Fresh ones come first.

        Alerts go out together; those that were tried together stay together, so that a repeat can be told from news.

        :param busy_names: names of credentials whose channels are passed over
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT message.id, message.channel_id, message.alert_id IS NOT NULL, message.attempts"
                " FROM ai_deployment_message message JOIN ai_deployment_channel channel"
                " ON channel.id = message.channel_id WHERE %s"
                " AND NOT (channel.kind = 'webhook' AND channel.credential = ANY(%s))"
                " ORDER BY message.attempts, message.next_date, message.id LIMIT 1 FOR UPDATE OF message SKIP LOCKED",
                self._due_sql(),
                list(busy_names),
            )
        )
        if not rows:
            return self.browse()
        first, channel_id, is_alert, attempts = rows[0]
        following = self.env.execute_query(
            SQL(
                "SELECT id, alert_id IS NOT NULL, bundled_in_id FROM ai_deployment_message"
                " WHERE state = 'pending' AND channel_id = %s AND id > %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                channel_id,
                first,
                TOGETHER - 1,
            )
        )
        if attempts:
            following = [row for row in following if row[2] == first]
        else:
            following = takewhile(lambda row: is_alert and row[1], following)
        messages = self.browse([first, *(row[0] for row in following)])
        messages.invalidate_recordset()
        return messages

    def _send(self, outbox):
        """Send these messages of one channel as one; whatever goes wrong stays with them."""
        channel = self.channel_id
        if not channel.active:
            self.unlink()
            return
        first = self[0]
        if channel.kind == "webhook" and outbox.is_busy(channel.credential, credential(channel.credential)):
            return  # the same address by another name: `_take` passes it over from now on
        (self - first).bundled_in_id = first
        if channel.kind != "webhook":
            self._guarded(lambda: WAYS[channel.kind](self))
        elif call := self._guarded(lambda: first._prepare_webhook(self)):
            url, *_arguments = call
            if error := outbox.why_tired(url):
                self._guarded(lambda: self._webhook_answered(url, error))
                return
            self.env["ir.cron"]._commit_progress()
            self._guarded(lambda: outbox.begin(self, channel.credential, url, _call, *call[1:]))

    def _guarded(self, work):
        """Do `work()`; whatever goes wrong stays with these messages, and the job goes on with the next ones.

        :return: what `work` returns, None where it failed
        """
        try:
            with self.env.cr.savepoint():
                return work()
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - its traceback could show an address, so the log gets its name alone
            _logger.error("Messages %s could not be sent: %s", self.ids, type(error).__name__)
            why = self.env._("unexpectedly (%s). See the server log.", type(error).__name__)
        try:
            with self.env.cr.savepoint():
                self.write({"attempts": self[0].attempts + 1})
                self._not_sent(why, transient=True)
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - not even the owner can be told: nothing is tried again
            _logger.error("Messages %s are given up: %s", self.ids, type(error).__name__)
            self.write({"state": "failed", "failure_message": why, "bundled_in_id": False})
        return None

    # Webhooks

    def _prepare_webhook(self, messages):
        """Read all that the call needs, which is made between two transactions: arguments of `_call`, or None."""
        parameters = self.env["ir.config_parameter"].sudo()
        name = self.channel_id.credential
        url, allowed = credential(name), parse_allowed(parameters.get_param("ai_deployment.allowed_hosts"))
        if parameters.get_param("database.is_neutralized"):
            messages._not_sent(self.env._("This is a copy of the database: it sends no requests."))
            return None
        if not url:
            messages._not_sent(self.env._("This server has no address named “%s”.", name))
            return None
        secret = credential(f"{name}{SECRET_OF}") if self.event else ""
        if self.event and not secret:
            messages._not_sent(self.env._("This server has no signing key named “%s”.", f"{name}{SECRET_OF}"))
            return None
        if self.attempts >= MOST_ATTEMPTS:  # and nobody was there to keep what became of the last
            messages._not_sent(self.env._("The sending process was killed each time."))
            return None
        texts = [message._as_text() for message in messages]
        messages.write({"attempts": self.attempts + 1, "next_date": clock.now() + LEASE})
        return url, texts, allowed, messages._key(), self.event, secret

    def _key(self):
        """The same for the same messages of this database, however often they are sent."""
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid") or self.env.cr.dbname
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{database} {self._name} {sorted(self.ids)}"))

    def _webhook_answered(self, url, error):
        if error is None:
            self._sent()
        else:
            self._not_sent(
                masked(str(error).strip(), url), transient=error.transient, wait=getattr(error, "retry_after", None)
            )

    def _as_text(self):
        return self.subject, self.body or "", self.link or "", self._link_label()

    def _link_label(self):
        return self.with_context(lang=self.lang or self.env.lang).env._("Open in Odoo")

    # What became of it

    def _sent(self):
        self.write({"state": "sent", "sent_date": clock.now(), "failure_message": False})
        self.channel_id._worked()

    def _not_sent(self, why, *, transient=False, wait=None):
        """Try again later where that may help, else give up and tell the owner."""
        attempts = self[0].attempts
        self.failure_message = why
        if transient and attempts < MOST_ATTEMPTS:
            pause = max(FIRST_WAIT * 4 ** max(attempts - 1, 0), timedelta(seconds=min(wait or 0, MOST_SECONDS)))
            self.write({"state": "pending", "next_date": clock.now() + pause})
            wake(self.env, "ir_cron_send", clock.now() + pause)
        else:
            self.write({"state": "failed", "bundled_in_id": False})
            self.channel_id._failed(why)

    @api.model
    def _follow_mails(self):
        """A mail that left is gone from the queue (or says so); one that failed stays there."""
        for message in self.search([("state", "=", "handed"), ("bundled_in_id", "=", False)]):
            (message | message.bundled_ids)._guarded(partial(follow_mail, message))

    @api.autovacuum
    def _gc_messages(self):
        old = clock.now() - timedelta(days=KEPT_DAYS)
        messages = self.sudo().search([("state", "!=", "pending"), ("create_date", "<", old)], limit=GC_UNLINK_LIMIT)
        messages.unlink()
        return len(messages), len(messages) == GC_UNLINK_LIMIT


def _call(url, texts, allowed, key, event, secret):
    """The error of the call, None where it went well. In a thread of its own: nothing here may touch the database."""
    try:
        if event:
            webhook.post_event(url, event, secret=secret, key=key, allowed=allowed)
        else:
            webhook.post(url, texts, key=key, allowed=allowed)
    except EndpointError as error:
        return error
    except Exception as error:  # noqa: BLE001 - its traceback could show the address, so the log gets its name alone
        _logger.error("A webhook could not be called: %s", type(error).__name__)
        return Unexpected(type(error).__name__)
    return None
