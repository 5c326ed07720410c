"""Trusted part of the context, and actions of the addon itself.

Whoever calls over HTTP chooses every key of the context, and every internal user may keep defaults for every field of
every model (`ir.default`). Both travel with the environment into `sudo()`. So neither may lift a check, a trace or an
`ondelete` method, or choose a value that the system keeps.

A caller can send JSON only. The marker `OWN` is a Python object, so a key whose value is `OWN` was set by this addon.
"""

from odoo.api import SUPERUSER_ID, Environment
from odoo.models import BaseModel

# Keys that say how to speak, for which companies and about which records. No check and no trace depends on them.
KEPT = frozenset({"active_id", "active_ids", "active_model", "allowed_company_ids", "lang", "tz"})
SPEAKING = frozenset({"allowed_company_ids", "lang", "tz"})
BY_ADDON = "ai_deployment_own"


class _Own:
    """The value of a context key that this addon set, such as `with_context(tracking_disable=OWN)`."""

    def __repr__(self) -> str:
        return "OWN"


OWN = _Own()


def is_system(env: Environment) -> bool:
    """Return whether Odoo itself acts: crons, installation, uninstallation. No person can log in as this user."""
    return env.uid == SUPERUSER_ID


def is_by_addon(env: Environment) -> bool:
    """Return whether this addon acts, see `own`: then no default of a user or a company applies."""
    return env.context.get(BY_ADDON) is OWN


def own(records: BaseModel) -> BaseModel:
    """Return `records` as the addon itself handles them: all rights, nothing of the caller's context or defaults.

    To be used wherever the addon creates, writes or deletes records of other models, leaves a message or plans an
    activity in the course of what a person does. Language, time zone and companies of the caller are kept, and so is
    the user.
    """
    system = is_system(records.env)
    kept = {
        key: value
        for key, value in records.env.context.items()
        if key in SPEAKING or value is OWN or (system and not key.startswith("default_"))
    }
    # pylint: disable-next=context-overridden
    return records.sudo().with_context({**kept, BY_ADDON: OWN})
