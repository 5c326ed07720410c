"""Checks of what all deployments share: the disks, the mail queue, the messages, the database itself."""

import shutil
from collections.abc import Iterator
from typing import Any

from odoo.tools import config, format_date, format_datetime

from ..alerting.alert_kinds import DISK_FULL
from ..tools.wording import number, percent
from .check import (
    Finding,
    InstanceCheck,
    notice,
    severe,
)
from .crons import trouble_of

LEAST_FREE = 0.05  # of a disk
LEAST_BYTES = 2 * 1024**3  # a large disk is full later
SEVERE_BYTES = 512 * 1024**2  # free on the disk, below which it is severe


class Restored(InstanceCheck):
    """The database is the one that sent the last messages, not one restored or copied from it."""

    codes = ("restored",)
    always = True

    def find(self, deployments: Any, facts: Any) -> Iterator[Finding]:
        env, held = deployments.env, facts.held
        if held is None:
            return
        waits = env._(
            "no messages are sent by mail, Discuss or webhook. Pending messages: %s.", number(env, facts.pending)
        )
        if held.last_run:
            sentence = env._(
                "This database was restored or copied after its last scheduled action on %(date)s: %(waits)s",
                date=format_datetime(env, held.last_run),
                waits=waits,
            )
        else:
            sentence = env._("This database was restored or copied: %s", waits)
        yield severe(
            "restored",
            sentence,
            env._(
                "If people work with this database, an administrator opens the alert and clicks “Send Pending "
                "Messages” or “Discard Pending Messages”: some messages may have been sent before. Neutralise "
                "a copy for tests."
            ),
        )


class Disks(InstanceCheck):
    """The disk of the database, as far as it has refused something, and the one of the attachments."""

    codes = ("disk_database", "disk_files")

    def find(self, deployments: Any, facts: Any) -> Iterator[Finding]:
        env = deployments.env
        if full := facts.alert_of_any(DISK_FULL):
            yield severe(
                "disk_database",
                env._("The database disk was full on %s.", format_datetime(env, full.last)),
                env._("Ask an administrator to free disk space on the database server. Scoring resumes automatically."),
                told_as=(DISK_FULL,),
            )
        free = free_space()
        if free is None:
            return
        total, left = free
        if left >= max(min(total * LEAST_FREE, LEAST_BYTES), SEVERE_BYTES):
            return
        grade = severe if left < SEVERE_BYTES else notice
        yield grade(
            "disk_files",
            env._(
                "The disk with Odoo's attachments is nearly full: %(left)s MB (%(share)s) free.",
                left=number(env, left // 1024**2),
                share=percent(env, left / total if total else 0.0),
            ),
            env._(
                "Ask an administrator to free disk space on the server; otherwise documents and versions cannot "
                "be stored."
            ),
        )


def free_space() -> tuple[int, int] | None:
    """Return (bytes, free bytes) of the disk that holds the attachments; None where that cannot be known."""
    try:
        usage = shutil.disk_usage(config["data_dir"])
    except OSError:
        return None
    return usage.total, usage.free


class Messages(InstanceCheck):
    """Check that no message is overdue, and that Odoo's mail queue runs where mail is used."""

    codes = ("messages_late", "mail_queue")

    def find(self, deployments: Any, facts: Any) -> Iterator[Finding]:
        env = deployments.env
        sends = trouble_of(facts.crons.by_name.get("ir_cron_send"), "", env) is None
        if sends and facts.held is None and (late := facts.late_messages):  # else another finding says why
            count, since = late
            yield severe(
                "messages_late",
                env._(
                    "Messages are not sent: %(count)s are pending, the oldest since %(date)s.",
                    count=number(env, count),
                    date=format_date(env, since),
                ),
                env._("Ask an administrator to check that “AI Deployment: send messages” runs, and the server log."),
            )
        if not facts.uses_mail:
            return
        queue = env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        trouble = trouble_of(queue and queue.sudo(), env._("Mail: Email Queue Manager"), env)
        if trouble:
            yield severe(
                "mail_queue",
                env._("Odoo sends no mails: its scheduled action %s does not run.", trouble.name),
                env._(
                    "Ask an administrator to check this job under Settings, Technical, Scheduled Actions, and "
                    "whether the server runs scheduled actions at all. Alerts and summaries by mail are delayed."
                ),
            )
