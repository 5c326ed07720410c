"""Conditions on documents as SQL, remembered where they always come to the same.

Whoever saves or opens a record waits while the conditions of its deployment are worked out: Odoo optimises a domain
and puts its SQL together anew each time. A *plain* condition compares columns of the record itself with numbers, words
or yes and no. Nothing of who asks, of the moment or of other records is in its SQL, so that it is kept per registry.
"""

from typing import Any

from odoo.fields import Domain, Field
from odoo.models import BaseModel
from odoo.tools import SQL, OrderedSet, Query

PLAIN_TYPES = frozenset({"boolean", "char", "float", "integer", "many2one", "monetary", "selection"})
PLAIN_OPERATORS = frozenset({"=", "!=", "in", "not in", "<", "<=", ">", ">="})
_ALONE = (bool, int, float, str, type(None))


def condition_sql(documents: BaseModel, alias: str, query: Query, domain: Domain) -> SQL:
    """Return the SQL of `domain` on the documents in the table `alias` of `query`.

    :param documents: records of a model that can be scored, with the rights by which the domain is read
    :param domain: without custom SQL in it
    """
    if documents.env.su and (remembered := documents._ai_plain_sql(alias, repr(domain), domain)):
        return remembered
    return domain.optimize_full(documents)._to_sql(documents, alias, query)


def plain_sql(documents: BaseModel, alias: str, domain: Domain) -> SQL | None:
    """Return the SQL of a plain condition, None of any other."""
    if not _is_plain(documents, domain):
        return None
    optimised = domain.optimize_full(documents)
    if not _is_plain(documents, optimised):
        return None
    return optimised._to_sql(documents, alias, Query(documents.env, documents._table))  # columns of its own: no join


def _is_plain(documents: BaseModel, domain: Domain) -> bool:
    return all(
        condition.operator in PLAIN_OPERATORS
        and _is_plain_column(documents, condition.field_expr)
        and _is_plain_value(documents._fields[condition.field_expr], condition.value)
        for condition in domain.iter_conditions()
    )


def _is_plain_column(documents: BaseModel, name: str) -> bool:
    field = documents._fields.get(name)
    return bool(
        field is not None
        and field.type in PLAIN_TYPES
        and field.store
        and field.column_type
        and not field.search
        and not field.company_dependent
        and not field.translate
    )


def _is_plain_value(field: Field, value: Any) -> bool:
    """Return whether the column holds such values; those of a many2one are also named, and then they are looked up."""
    values = value if isinstance(value, (list, tuple, set, frozenset, OrderedSet)) else [value]
    return all(isinstance(one, _ALONE) and not (field.type == "many2one" and isinstance(one, str)) for one in values)
