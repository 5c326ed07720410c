"""Filters that people write: which fields they may ask for."""

from typing import Any

import psycopg2

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..features.feature_reader import walk_path
from ..features.readable_inputs import passes_others
from ..tools.limits import MOST_CONDITIONS
from ..tools.score_fields import SCORE_FIELDS

# What is wrong with a filter that somebody wrote; one that is nested too deep ends in the last two.
FILTER_ERRORS = (ValueError, SyntaxError, TypeError, KeyError, psycopg2.Error, RecursionError, MemoryError)


def check_readable(documents: BaseModel, domain: Domain | list) -> None:
    """Check that the user of `documents` may read all that `domain` asks for: records are chosen with elevated rights.

    :raise ValidationError: where it has too many conditions
    :raise ValueError: where a field does not exist
    :raise AccessError: where the user may not read one
    """
    env = documents.env
    conditions = list(Domain(domain).iter_conditions())
    if len(conditions) > MOST_CONDITIONS:
        raise ValidationError(env._("A filter has at most %s conditions.", MOST_CONDITIONS))
    for condition in conditions:
        steps = walk_path(documents, condition.field_expr)
        if steps is None:
            raise ValueError(condition.field_expr)
        if passes_others(documents, steps) or not all(_may_read(env[step.field.model_name], step) for step in steps):
            raise AccessError(env._("“%s” cannot be used in your filter.", condition.field_expr))
        if condition.operator in ("any", "not any") and steps[-1].field.relational:
            check_readable(env[steps[-1].field.comodel_name], condition.value)


def _may_read(model: BaseModel, step: Any) -> bool:
    readable = model.has_access("read") and model._has_field_access(step.field, "read")
    return bool(readable) and step.field.name not in SCORE_FIELDS
