"""Checks of the serving version, and of what it runs on elsewhere."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from odoo.tools import format_datetime

from ...ml.errors import EndpointNotReady, VersionError
from ..alerting.alert_kinds import ENDPOINT, VERSION, Cause
from ..endpoints.connection import connect, not_ready_text
from ..tools import clock
from .check import Check, Finding, severe


class Remote(Check):
    """The endpoint of the serving version can be called."""

    codes = ("endpoint",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, endpoint = deployment.env, deployment.champion_id.endpoint_id
        if deployment.champion_id.kind != "remote":
            return
        try:
            connect(endpoint)
        except EndpointNotReady as error:
            why = not_ready_text(env, error.reason)
        else:
            why = endpoint.status_text if endpoint.status == "open" else ""
        if why:
            yield severe(
                "endpoint",
                env._("“%(endpoint)s” cannot be used: %(why)s", endpoint=endpoint.name, why=why),
                env._("Open the endpoint and click “Test”. Records wait, and are scored once it answers again."),
                told_as=(Cause(ENDPOINT),),
            )


class Pushes(Check):
    """The external program calls as often as is expected."""

    codes = ("push_silent",)

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env, hours = deployment.env, deployment.push_hours
        if deployment.champion_id.kind != "pushed" or not hours:
            return
        last = deployment.pushed_date or deployment.champion_id.trained_date
        if clock.now() - last <= timedelta(hours=hours):
            return
        yield severe(
            "push_silent",
            env._("The external program has not called since %s.", format_datetime(env, last, dt_format="short")),
            env._("Ask whoever runs it to check it, its API key and its technical user."),
        )


class Version(Check):
    """A version serves, and can be used."""

    codes = ("no_version", "version")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        if not deployment.champion_id:
            yield severe(
                "no_version",
                env._("No version serves, so nothing can be scored."),
                env._("Promote an earlier version, or train a new one."),
                breaks=True,
            )
            return
        try:
            deployment.champion_id._card()
        except VersionError as error:
            yield severe(
                "version",
                env._("The serving version cannot be used: %s", error),
                env._("Promote an earlier version, or train a new one. Waiting records are scored then."),
                breaks=True,
                told_as=(Cause(VERSION),),
            )
