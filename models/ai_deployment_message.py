"""What a channel has to say, until it was said: one row per message and channel.

A monitor writes the row and goes on; the cron sends it after the transaction. Each channel is served by itself, so one
that fails or hangs holds up no other. What goes over the wire is called between two transactions: the row is first put
off for `LEASE`, so that nobody else takes it and a process that dies in the middle loses nothing.
"""

import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, plaintext2html
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..ml.errors import EndpointError, Unexpected
from ..remote import webhook
from ..remote.guard import parse_allowed
from . import clock
from .credentials import credential, masked
from .tools import faults
from .tools.shipped import shipped, wake
from .tools.trust import own

_logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 4
FIRST_WAIT = timedelta(minutes=5)  # grows fourfold: 5 and 20 minutes, 1 hour and 20
LEASE = timedelta(minutes=5)
TOGETHER = 20  # alerts that go out as one message
LONGEST_WAIT = timedelta(days=1)  # what a webhook may ask for
LONGEST_IN_QUEUE = timedelta(days=1)
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
    user_id = fields.Many2one("res.users", "Owner", readonly=True, help="Who answered for the deployment at the time.")
    lang = fields.Char("Language", readonly=True)
    alert_id = fields.Many2one("ai.deployment.alert", readonly=True, index="btree_not_null", ondelete="cascade")
    partner_ids = fields.Many2many("res.partner", "ai_deployment_message_partner_rel", string="To", readonly=True)
    subject = fields.Char(required=True, readonly=True)
    body = fields.Text("Text", readonly=True)
    link = fields.Char(readonly=True)
    state = fields.Selection(
        [("pending", "Waiting"), ("handed", "In the mail queue"), ("sent", "Sent"), ("failed", "Failed")],
        required=True, readonly=True, default="pending", index=True,
    )  # fmt: skip
    attempts = fields.Integer(readonly=True)
    next_date = fields.Datetime("Next Try", required=True, readonly=True)
    sent_date = fields.Datetime("Sent", readonly=True)
    failure_message = fields.Char("What Went Wrong", readonly=True)
    carried_by_id = fields.Many2one("ai.deployment.message", "Sent Together With", readonly=True, ondelete="set null")
    carried_ids = fields.One2many("ai.deployment.message", "carried_by_id", "Sent Along")
    mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null")

    _due_idx = models.Index("(next_date, id) WHERE state = 'pending'")

    @api.model
    def _add(self, channel, subject, body, *, link="", alert=None, partners=None):
        """Say `subject` and `body` through `channel`, as soon as this transaction is through."""
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
                "next_date": clock.now(),
            }
        )
        wake(self.env, "ir_cron_send")
        return message

    # The cron

    @api.model
    def _cron_send(self):
        """Send what is due, a channel at a time, and see what became of the mails."""
        cron = self.env["ir.cron"]
        if not self._may_tell():
            cron._commit_progress(remaining=0)
            return
        self.sudo()._follow_mails()
        cron._commit_progress(remaining=self._due_count())
        while messages := self.sudo()._take():
            count = len(messages)
            messages._send()
            if not cron._commit_progress(count, remaining=self._due_count()):
                return

    @api.model
    def _due_count(self):
        return self.sudo().search_count(Domain("state", "=", "pending") & self._due_domain())

    @api.model
    def _due_domain(self):
        return clock.due_domain("next_date", LONGEST_WAIT)

    @api.model
    def _take(self):
        """The next message that is due and nobody else has, with the other alerts of its channel; locked."""
        self.flush_model()
        due = SQL("state = 'pending' AND %s", clock.due_sql(SQL("next_date"), LONGEST_WAIT))
        rows = self.env.execute_query(
            SQL(
                "SELECT id, channel_id, alert_id IS NOT NULL FROM ai_deployment_message WHERE %s"
                " ORDER BY next_date, id LIMIT 1 FOR UPDATE SKIP LOCKED",
                due,
            )
        )
        ids = [row[0] for row in rows]
        if rows and rows[0][2]:
            ids += [
                row[0]
                for row in self.env.execute_query(
                    SQL(
                        "SELECT id FROM ai_deployment_message WHERE %s AND channel_id = %s AND alert_id IS NOT NULL"
                        " AND id <> %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                        due, rows[0][1], ids[0], TOGETHER - 1,
                    )
                )
            ]  # fmt: skip
        messages = self.browse(sorted(ids))
        messages.invalidate_recordset()
        return messages

    def _send(self):
        """Send these messages of one channel as one; whatever goes wrong stays with them."""
        channel = self.channel_id
        if not channel.active:
            self.unlink()
            return
        first = self[0]
        (self - first).carried_by_id = first
        if channel.kind != "webhook":
            self._guarded(lambda: getattr(first, f"_send_by_{channel.kind}")(self))
            return
        if call := self._guarded(lambda: first._prepare_webhook(self)):
            self.env["ir.cron"]._commit_progress()
            # From here to the answer, no transaction is open and no row is locked.
            error = _call(*call)
            self._guarded(lambda: self._webhook_answered(call[0], error))

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
            self.write({"state": "failed", "failure_message": why, "carried_by_id": False})
        return None

    # Ways to send

    def _send_by_email(self, messages):
        """Odoo's own mail queue takes it; whether it left is seen later."""
        if not self.partner_ids.filtered("email"):
            messages._not_sent(self.env._("Nobody to write to has an e-mail address."))
            return
        template = shipped(self.env, "mail_template_message")
        if not template:
            messages._not_sent(self.env._("The template of these mails is gone. Update the addon AI Deployment."))
            return
        recipients = [(6, 0, self.partner_ids.filtered("email").ids)]
        self.mail_id = own(template).send_mail(self.id, email_values={"recipient_ids": recipients})
        messages.write({"state": "handed", "next_date": clock.now() + LONGEST_IN_QUEUE})

    def _send_by_discuss(self, messages):
        target = self.channel_id.discuss_channel_id
        if not target or not target.active:
            messages._not_sent(self.env._("The Discuss channel is gone."))
            return
        own(target).message_post(
            body=Markup("<br/>").join(message._as_html() for message in messages),
            message_type="comment", subtype_xmlid="mail.mt_comment",
        )  # fmt: skip
        messages._sent()

    def _prepare_webhook(self, messages):
        """Read all that the call needs, which is made between two transactions: arguments of `_call`, or None."""
        parameters = self.env["ir.config_parameter"].sudo()
        name = self.channel_id.credential
        url, allowed = credential(name), parse_allowed(parameters.get_param("ai_deployment.allowed_hosts"))
        if parameters.get_param("database.is_neutralized"):
            messages._not_sent(self.env._("This is a copy of the database: it calls nobody."))
            return None
        if not url:
            messages._not_sent(self.env._("This server has no address called “%s”.", name))
            return None
        texts = [message._as_text() for message in messages]
        messages.write({"attempts": self.attempts + 1, "next_date": clock.now() + LEASE})
        return url, texts, allowed

    def _webhook_answered(self, url, error):
        if error is None:
            self._sent()
        else:
            self._not_sent(
                masked(str(error).strip(), url), transient=error.transient, wait=getattr(error, "retry_after", None)
            )

    def _as_text(self):
        return self.subject, self.body or "", self.link or "", self._link_label()

    def _as_html(self):
        lines = Markup("<b>%s</b>") % self.subject
        if self.body:
            lines += Markup("<br/>") + plaintext2html(self.body)
        if self.link:
            lines += Markup('<a href="%s">%s</a>') % (self.link, self._link_label())
        return lines

    def _link_label(self):
        return self.with_context(lang=self.lang or self.env.lang).env._("Open in Odoo")

    # What became of it

    def _sent(self):
        self.write({"state": "sent", "sent_date": clock.now(), "failure_message": False})
        self.channel_id._worked()

    def _not_sent(self, why, *, transient=False, wait=None):
        """Try again later where that may help, else give up and tell the owner."""
        attempts = self[0].attempts
        self.write({"failure_message": why, "carried_by_id": False})
        if transient and attempts < MOST_ATTEMPTS:
            pause = max(FIRST_WAIT * 4 ** (attempts - 1), min(timedelta(seconds=wait or 0), LONGEST_WAIT))
            self.write({"next_date": clock.now() + pause})
        else:
            self.write({"state": "failed"})
            self.channel_id._failed(why)

    @api.model
    def _follow_mails(self):
        """A mail that left is gone from the queue (or says so); one that failed stays there."""
        for message in self.search([("state", "=", "handed"), ("carried_by_id", "=", False)]):
            (message | message.carried_ids)._guarded(message._follow_mail)

    def _follow_mail(self):
        told, mail = self | self.carried_ids, self.mail_id
        if not mail or mail.state == "sent":
            told._sent()
        elif mail.state in ("exception", "cancel"):
            told._not_sent(self.env._("The mail server did not take the mail."))
        elif self.filtered_domain(clock.due_domain("next_date", LONGEST_IN_QUEUE)):
            told._not_sent(self.env._("Its mail has waited in the queue for a day."))

    @api.autovacuum
    def _gc_messages(self):
        old = clock.now() - timedelta(days=KEPT_DAYS)
        messages = self.sudo().search([("state", "!=", "pending"), ("create_date", "<", old)], limit=GC_UNLINK_LIMIT)
        messages.unlink()
        return len(messages), len(messages) == GC_UNLINK_LIMIT


def _call(url, texts, allowed):
    """The error of the call, None where it went well."""
    try:
        webhook.post(url, texts, allowed=allowed)
    except EndpointError as error:
        return error
    except Exception as error:  # noqa: BLE001 - its traceback could show the address, so the log gets its name alone
        _logger.error("A webhook could not be called: %s", type(error).__name__)
        return Unexpected(type(error).__name__)
    return None
