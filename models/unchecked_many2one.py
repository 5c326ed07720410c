"""A many2one without a foreign key, for tables that get thousands of rows at once.

PostgreSQL checks a foreign key row by row and locks the row it points to: on a log with five of them that is most of
the time of writing, and many writers meet at the one deployment that all lines point to. What the key would refuse is
refused in Python instead: deployments and versions with a log are not deleted, nor are users who asked.
"""

from odoo import fields


class UncheckedMany2one(fields.Many2one):
    def update_db_foreign_key(self, model, column):
        """No foreign key."""
