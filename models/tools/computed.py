"""Values of computed fields, put where Odoo keeps them in one go.

Assigning to each record of a list by itself costs more than what our fields calculate: 80 rows with six fields are 480
assignments, each of which looks for what else it would change. Nothing depends on a field that is shown only.
"""

from collections.abc import Mapping
from typing import Any

from odoo.models import BaseModel


def fill(records: BaseModel, name: str, values: Mapping[int, Any]) -> None:
    """Set the field `name`, computed and not stored, of `records` that are being computed.

    :param values: {id of the stored record: value}; others get nothing, and unsaved records that of the stored one
    """
    field = records._fields[name]
    if field.store:
        raise ValueError(f"{field} is stored: what depends on it would not hear of it.")
    nothing = field.convert_to_cache(False, records)
    cached = field._get_cache(records.env)
    for one in records._ids:
        value = values.get(one or one.origin)
        cached[one] = nothing if value is None else field.convert_to_cache(value, records)
