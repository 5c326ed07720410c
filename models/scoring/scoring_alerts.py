"""Alerts on scoring that cannot be done: one per cause, however many records wait."""

from odoo.models import BaseModel

from ..alerting.alert_kinds import FAILS, FILTER, SLOW, VERSION
from ..deployment import events
from ..tools.told import told
from ..tools.wording import for_reader


def alert_too_slow(deployment: BaseModel) -> None:
    """Alert that the database ended the reading of inputs at its time limit."""
    deployment = for_reader(deployment)
    env = deployment.env
    env["ai.deployment.alert"]._raise(
        deployment,
        SLOW,
        name=told(env, lambda there: there._("Scoring “%s” exceeded the time limit of the database", deployment.name)),
        suggestion=told(
            env,
            lambda there: there._(
                "Requested records wait and are retried. If it recurs, an administrator checks the time limit of "
                "the database, or the owner removes inputs on earlier records."
            ),
        ),
    )


def alert_version_fails(deployment: BaseModel, why: object) -> None:
    """Alert that every record that was tried failed in the same way, for the reason `why`."""
    deployment = for_reader(deployment)
    env = deployment.env
    env["ai.deployment.alert"]._raise(
        deployment,
        FAILS,
        name=told(
            env,
            lambda there: there._("“%(what)s” fails on every record: %(why)s", what=deployment.name, why=why),
        ),
        suggestion=told(
            env,
            lambda there: there._(
                "Ask an administrator to check the server log, or promote an earlier version. Waiting records are "
                "retried automatically."
            ),
        ),
    )


def alert_filter_broken(deployment: BaseModel, why: object) -> None:
    """Alert that the records to score cannot be determined, for the reason `why`."""
    deployment = for_reader(deployment)
    env = deployment.env
    env["ai.deployment.alert"]._raise(
        deployment,
        FILTER,
        name=told(
            env,
            lambda there: there._(
                "The record filter of “%(what)s” cannot be used: %(why)s", what=deployment.name, why=why
            ),
        ),
        suggestion=told(
            env,
            lambda there: there._(
                "Correct “Only Records”, or ask an administrator to. Waiting records are scored then."
            ),
        ),
    )


def alert_version_broken(deployment: BaseModel, why: object) -> None:
    """Alert that the serving version cannot be used, for the reason `why`, and put the fallback into force."""
    deployment = for_reader(deployment)
    env = deployment.env
    env["ai.deployment.alert"]._raise(
        deployment,
        VERSION,
        name=told(
            env,
            lambda there: there._(
                "The serving version of “%(what)s” cannot be used: %(why)s", what=deployment.name, why=why
            ),
        ),
        suggestion=told(
            env,
            lambda there: there._("Promote an earlier version, or train a new one. Waiting records are scored then."),
        ),
    )
    events.follow(deployment, events.VERSION_BROKEN)
