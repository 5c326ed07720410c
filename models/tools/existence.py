"""Existence of records, without counting them all."""

from odoo.fields import Domain
from odoo.models import BaseModel


def has_any(records: BaseModel, domain: Domain | list) -> bool:
    """Return whether a record of this model fulfils the domain."""
    return bool(records.search_count(domain, limit=1))
