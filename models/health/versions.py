"""The check of the serving version."""

from collections.abc import Iterator
from typing import Any

from ...ml.errors import VersionError
from ..alerting.alert_kinds import VERSION, Cause
from .check import Check, Finding, severe


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
