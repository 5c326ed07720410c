"""A restored or copied database tells nobody anything until an administrator has said that it is the one in use.

What waits in it may have been sent already by the database that it was made from, or that one may still be at work.
Messages stay, mails that Odoo's queue has not sent yet are taken back, and health tells of it (`restored`). Sent
afterwards, each says that it may have been sent before.
"""

import logging

from odoo import api, models

from ..tools import clock, database, faults
from ..tools.shipped import wake
from .crons import Crons

_logger = logging.getLogger(__name__)


class AiDeploymentMessage(models.Model):
    _inherit = "ai.deployment.message"

    def _register_hook(self):
        """Look before any job runs: a restored database is opened by a server first."""
        super()._register_hook()
        try:
            with self.env.cr.savepoint(flush=False):
                if database.held(self.env):
                    self.sudo()._hold()
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - the job that sends asks again
            faults.log_fault(_logger, "Whether the database was restored could not be found out", error)

    @api.model
    def _may_tell(self):
        """Return whether this is the database that tells people; where that is in question, hold what waits."""
        if not database.is_marked(self.env):
            database.confirm(self.env)
        if not database.held(self.env):
            return True
        self.sudo()._hold()
        return False

    @api.model
    def _hold(self):
        """Keep when the restore was noticed, and take back the mails that Odoo's queue has not sent yet."""
        database.note(self.env, self.env.context.get("lastcall") or Crons(self.env).last_run(), clock.now())
        handed = self.search([("state", "=", "handed")])
        mails = handed.mail_ids.filtered(lambda mail: mail.state == "outgoing")
        if mails:
            waiting = handed.filtered(lambda message: (message.bundled_in_id or message).mail_ids & mails)
            mails.write({"state": "cancel"})
            waiting.write(
                {
                    "state": "pending",
                    "mail_ids": [(5,)],
                    "handed_date": False,
                    "bundled_in_id": False,
                    "next_date": clock.now(),
                }
            )

    @api.model
    def _answer_held(self, send):
        """Send what waits, each saying that it may have been sent before, or discard it; this database tells again."""
        waiting = self.search([("state", "=", "pending")])
        by = self.env.user.name
        for message in waiting:
            env = message.with_context(lang=message.lang or self.env.lang).env
            if send:
                note = env._("Written before the database was restored or copied: you may have read this already.")
                message.write({"body": f"{note}\n\n{message.body or ''}".strip(), "next_date": clock.now()})
            else:
                why = env._("Discarded by %s after the database was restored or copied.", by)
                message.write({"state": "failed", "failure_message": why, "bundled_in_id": False})
        for deployment, messages in waiting.grouped("deployment_id").items():
            named = {"person": by, "count": len(messages)}
            if send:
                text = self.env._(
                    "The database was restored or copied. %(person)s released %(count)s pending messages.",
                    **named,
                )
            else:
                text = self.env._(
                    "The database was restored or copied. %(person)s discarded %(count)s pending messages.", **named
                )
            deployment._message_log(body=text)
        database.confirm(self.env)
        wake(self.env, "ir_cron_send")
