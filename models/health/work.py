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

DAY = timedelta(days=1)


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
                batches = [batch for batch in batches if clock.now() - batch.asked_date > DAY]
            if not batches:
                continue
            named = {
                "count": number(env, sum(batch.left for batch in batches)),
                "records": env[deployment.res_model]._ai_words()["records"],
                "date": format_date(env, min(batch.asked_date for batch in batches)),
                "why": batches[0].reason or "",
            }
            if state == "paused":
                sentence = env._(
                    "A batch is paused, and %(count)s %(records)s asked for since %(date)s wait in it. %(why)s", **named
                ).strip()
                suggestion = env._("Open the batch under Records, Batches: resume it, or cancel what is left.")
            else:
                sentence = env._(
                    "A batch stands still: %(count)s %(records)s asked for since %(date)s are not scored.", **named
                )
                suggestion = env._(
                    "An administrator looks whether the lanes run, and for pieces that were set aside; then resume the "
                    "batch, or cancel what is left."
                )
            oldest = min(batch.asked_date for batch in batches)
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
                "%(count)s %(records)s have waited for a score since %(date)s. Most of them: %(why)s.",
                count=number(env, waiting.count),
                records=env[deployment.res_model]._ai_words()["records"],
                date=format_date(env, waiting.since),
                why=reasons.get(waiting.failure_type) or env._("unknown"),
            ),
            env._(
                "Open Records, Waiting: each says what happened. Once the cause is mended, they are scored by "
                "themselves within a day."
            ),
            told_as=tuple(map(Cause, (VERSION, FAILS, FILTER, SLOW, SERVER))),
        )


class Ledger(Check):
    """What was asked for and what became of it agree; and nothing is counted on a day to come."""

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
                    "%(count)s %(records)s are counted on days to come, up to %(date)s: they were asked for while the "
                    "clock of the server was ahead.",
                    count=number(env, asked.ahead),
                    records=env[deployment.res_model]._ai_words()["records"],
                    date=format_date(env, asked.ahead_until),
                ),
                env._(
                    "Nothing is lost: these days are added up like all others. Have an administrator look at the "
                    "clock of the server."
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
                    "Messages do not get through since %(date)s: %(names)s", date=format_date(env, since), names=names
                )
                if since
                else env._("Messages do not get through: %s", names)
            )
            yield severe(
                "channel",
                sentence,
                env._("Correct it under “Who Hears of It” and press “Try”, or take this way out."),
                told_as=(Cause(CHANNEL),),
            )
