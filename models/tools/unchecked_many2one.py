"""A many2one without a foreign key, for tables that get thousands of rows at once.

PostgreSQL checks a foreign key row by row and locks the row it points to: on a log with five of them that is much of
the time of writing, and many writers meet at the one deployment that all lines point to. What the key would refuse is
refused in Python instead: deployments and versions with a log are not deleted, nor are users who asked.
"""

from typing import Any

from odoo import fields
from odoo.models import BaseModel
from odoo.tools import SQL, sql


class UncheckedMany2one(fields.Many2one):
    def update_db_foreign_key(self, model: BaseModel, column: Any) -> None:
        """No foreign key; one that an earlier release made goes."""
        rows = model.env.execute_query(
            SQL(
                "SELECT key.conname FROM pg_constraint key JOIN pg_attribute own ON own.attrelid = key.conrelid"
                " AND own.attnum = key.conkey[1] WHERE key.contype = 'f' AND key.conrelid = %s::regclass"
                " AND own.attname = %s",
                model._table,
                self.name,
            )
        )
        for (name,) in rows:
            sql.drop_constraint(model.env.cr, model._table, name)
