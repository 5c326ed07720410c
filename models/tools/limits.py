"""Limits on the length of fields and the number of rows of a deployment.

What people write is copied into chatters and mails, compiled into searches and read again with each record, so there is
a limit for everything. A person is told of it in a sentence and nothing is cut off. What the system writes into fields
that nobody else fills has no limit here.
"""

import json
from typing import Any

from odoo.fields import Field

# Characters, or bytes, of a field of each type.
LONGEST = {"char": 1000, "text": 10_000, "html": 50_000, "json": 100_000, "binary": 64 * 1024 * 1024}
LONGEST_NAMED = {"domain": 10_000}  # characters of fields of these names
MOST_LINKED = 1000  # records in one list, at once
MOST_CONDITIONS = 200  # in one filter
LONGEST_TOLD = 500  # characters of a failure or a reason that the system stores in one line

# Read-only fields that keep the words of a person, given in a dialog or with an answer.
SAID = frozenset("conditions holdout_reason lesson minutes mute_reason note pipeline_name reason waiver_reason".split())


def too_much(field: Field, value: Any) -> tuple[int, int] | None:
    """Return (how much it is, how much fits) where `value` is too much for `field`; None where it fits.

    :param field: the ORM's field
    :param value: as it comes to `create` and `write`
    """
    if not value or (field.readonly and field.name not in SAID):
        return None
    if field.type in ("one2many", "many2many"):
        size, most = _linked(value), MOST_LINKED
    elif field.type in LONGEST:
        most = LONGEST_NAMED.get(field.name, LONGEST[field.type])
        size = _length(field, value)
    else:
        return None
    return (size, most) if size > most else None


def _linked(commands: Any) -> int:
    """The number of records that commands of a list name; also of a plain list of ids."""
    if not isinstance(commands, list | tuple):
        return 0
    return sum(len(one[2]) if _names_many(one) else 1 for one in commands)


def _names_many(command: Any) -> bool:
    return isinstance(command, list | tuple) and len(command) == 3 and isinstance(command[2], list | tuple)


def _length(field: Field, value: Any) -> int:
    if field.type == "json":
        try:
            return len(json.dumps(value))
        except (TypeError, ValueError, RecursionError):
            return 0  # the field itself says what is wrong
    if isinstance(value, dict):  # one text per language
        return max((len(str(text)) for text in value.values()), default=0)
    return len(value) if isinstance(value, str | bytes) else len(str(value))
