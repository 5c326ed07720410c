"""A number that may not exist: empty on screen and `False` over RPC, where Odoo's own float would read as 0."""

from typing import Any

from odoo import fields
from odoo.models import BaseModel


class OptionalFloat(fields.Float):
    """Float whose empty value stays empty; NULL in the database.

    A metric that cannot be computed is no 0: an AUC of 0 would mean that every pair is in the wrong order.
    """

    def convert_to_cache(self, value: Any, record: BaseModel, validate: bool = True) -> Any:
        return None if value is None or value is False else super().convert_to_cache(value, record, validate)

    def convert_to_column(self, value: Any, record: BaseModel, values: Any | None = None, validate: bool = True) -> Any:
        return None if value is None or value is False else super().convert_to_column(value, record, values, validate)

    def convert_to_record(self, value: Any, record: BaseModel) -> Any:
        return False if value is None else value

    def convert_to_export(self, value: Any, record: BaseModel) -> Any:
        return "" if value is None or value is False else value
