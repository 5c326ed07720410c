"""Checks of work that was begun and stands still: batches, waiting records, the ledger, channels."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from odoo.tools import format_date

from ..alerting.alert_kinds import ASIDE, BATCH, CHANNEL, FAILS, FILTER, SERVER, SLOW, SUM, VERSION, Cause
from ..tools import clock
from ..tools.wording import number
from .check import (
    Check,
    Finding,
    notice,
    severe,
)
from .crons import trouble_of

DAY = timedelta(days=1)  # after which waiting work is told of


class Batches(Check):
    """Batches that are paused or stand still with records left."""

    codes = ("batch_paused", "batch_late")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        for state, code, told_as in (
            ("paused", "batch_paused", (Cause(BATCH), Cause(ASIDE))),
            ("running", "batch_late", (Cause(ASIDE), Cause(SERVER))),
        ):
            batches = [batch for batch in facts.batches.get(deployment.id, ()) if batch.state == state]
            if state == "running":
                batches = [batch for batch in batches if clock.now() - batch.requested_date > DAY]
            if not batches:
                continue
            named = {
                "count": number(env, sum(batch.left for batch in batches)),
                "records": env[deployment.res_model]._ai_words()["records"],
                "date": format_date(env, min(batch.requested_date for batch in batches)),
                "why": batches[0].reason or "",
            }
            if state == "paused":
                sentence = env._(
                    "A batch is paused: %(count)s %(records)s requested since %(date)s are not scored. %(why)s", **named
                ).strip()
                suggestion = env._("Open the batch under Records, Batches: resume it, or cancel what is left.")
            else:
                sentence = env._(
                    "A batch makes no progress: %(count)s %(records)s requested since %(date)s are not scored.", **named
                )
                suggestion = env._(
                    "Ask an administrator to check that the workers run and which chunks failed; then resume "
                    "or cancel the batch."
                )
            oldest = min(batch.requested_date for batch in batches)
            grade = severe if state == "running" or clock.now() - oldest > DAY else notice
            yield grade(code, sentence, suggestion, told_as=told_as)


class Requests(Check):
    """Records that have waited for their score for more than a day."""

    codes = ("requests",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        waiting, env = facts.requests.get(deployment.id), deployment.env
        if not waiting or trouble_of(facts.crons.by_name.get("ir_cron_retry"), "", env):
            return  # nothing waits, or for a job that is told of
        reasons = dict(env["ai.deployment.request"]._fields["failure_type"]._description_selection(env))
        yield severe(
            "requests",
            env._(
                "%(count)s %(records)s have been waiting for a score since %(date)s. Most frequent reason: %(why)s.",
                count=number(env, waiting.count),
                records=env[deployment.res_model]._ai_words()["records"],
                date=format_date(env, waiting.since),
                why=reasons.get(waiting.failure_type) or env._("unknown"),
            ),
            env._(
                "Open Records, Waiting: each entry has its reason. Once the cause is fixed, the records are "
                "scored automatically within a day."
            ),
            told_as=tuple(map(Cause, (VERSION, FAILS, FILTER, SLOW, SERVER))),
        )


class Ledger(Check):
    """Check that requests and their results agree, and that nothing is counted on a future day."""

    codes = ("ledger", "ledger_ahead")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        if wrong := facts.alerts.get(deployment.id, {}).get(Cause(SUM)):
            yield severe("ledger", wrong.name, wrong.suggestion, told_as=(Cause(SUM),))
        asked = facts.asked[deployment.id]
        if asked.ahead:
            yield notice(
                "ledger_ahead",
                env._(
                    "%(count)s %(records)s are counted on future days, up to %(date)s: they were requested "
                    "while the server clock was ahead.",
                    count=number(env, asked.ahead),
                    records=env[deployment.res_model]._ai_words()["records"],
                    date=format_date(env, asked.ahead_until),
                ),
                env._(
                    "No record is lost: these days are counted like all others. Ask an administrator to check "
                    "the server clock."
                ),
            )


class Channels(Check):
    """Ways to tell people that do not get through."""

    codes = ("channel",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        failing = deployment.channel_ids.filtered(lambda channel: channel.active and channel.failure_message)
        if failing:
            since = min((alert.onset for alert in facts.channel_alerts(deployment)), default=None)
            names = ", ".join(f"“{channel.name}” ({channel.failure_message})" for channel in failing)
            sentence = (
                env._(
                    "Messages cannot be delivered since %(date)s: %(names)s", date=format_date(env, since), names=names
                )
                if since
                else env._("Messages cannot be delivered: %s", names)
            )
            yield severe(
                "channel",
                sentence,
                env._("Correct it under “Notifications” and click “Test”, or remove this channel."),
                told_as=(Cause(CHANNEL),),
            )
