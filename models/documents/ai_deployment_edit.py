"""Authors of judged data: one row per record and user, so that nobody judges their own changes.

`create_uid` says who made a record, `write_uid` who touched it last. Neither says that a reviewer raised the amount of
a bill and a colleague's comment came after it. Notes are collected per transaction and written with one statement: at
the end of the transaction, before a savepoint, or when somebody asks for the makers.
"""

from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.api import SUPERUSER_ID
from odoo.tools import SQL

from ..tools import clock

NOTED = "ai_deployment.edits"
KEPT = timedelta(days=400)  # rows of bank accounts


class AiDeploymentEdit(models.Model):
    _name = "ai.deployment.edit"
    _description = "Author of a Judged Record"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "res_id"

    res_model = fields.Char("Document Model", required=True, readonly=True)
    res_id = fields.Integer("Record", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Written By", required=True, readonly=True, ondelete="cascade")
    date = fields.Datetime("Last Written On", required=True, readonly=True)

    _record_user_uniq = models.UniqueIndex(
        "(res_model, res_id, user_id)", "One row records that a user wrote a record."
    )

    @api.model
    def _note(self, records, user_ids=None, kind=None):
        """Note that the current user, or `user_ids`, wrote what is judged of `records`; Odoo's own account is nobody.

        :param kind: kept in the place of the model's name where it is something else that they did
        """
        people = {self.env.uid} if user_ids is None else set(user_ids)
        people.discard(SUPERUSER_ID)
        if not people or not records.ids:
            return
        hooks, now = self.env.cr.precommit, clock.now()
        if NOTED not in hooks.data:
            hooks.data[NOTED] = {}
            hooks.add(partial(_write_noted, self.env.cr))
        hooks.data[NOTED].update(
            {(kind or records._name, record_id, user_id): now for record_id in records.ids for user_id in people}
        )

    @api.model
    def _flush_noted(self):
        """Write what was noted in this transaction, so that SQL finds it."""
        _write_noted(self.env.cr)

    @api.model
    def _people(self, record, kind=None):
        """Return who is noted for `record`, as users in sudo."""
        self._flush_noted()
        rows = self.env.execute_query(
            SQL(
                "SELECT user_id FROM ai_deployment_edit WHERE res_model = %s AND res_id = %s",
                kind or record._name,
                record.id or 0,
            )
        )
        return self.env["res.users"].sudo().browse(row[0] for row in rows)

    @api.autovacuum
    def _gc_edits(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM ai_deployment_edit edit WHERE res_model = 'res.partner.bank' AND date < %s"
                " OR res_model = 'account.move' AND NOT EXISTS (SELECT FROM account_move WHERE id = edit.res_id)",
                clock.now() - KEPT,
            )
        )


def _write_noted(cr):
    """One statement for all that `cr` has noted; whoever wrote a record before has one row still."""
    noted = cr.precommit.data.pop(NOTED, None)
    if not noted:
        return
    keys, dates = sorted(noted), [noted[key] for key in sorted(noted)]
    models_, ids, users = (list(column) for column in zip(*keys, strict=True))
    cr.execute(
        SQL(
            "INSERT INTO ai_deployment_edit (res_model, res_id, user_id, date)"
            " SELECT * FROM unnest(%s::varchar[], %s::int[], %s::int[], %s::timestamp[])"
            " ON CONFLICT (res_model, res_id, user_id) DO UPDATE SET date = excluded.date",
            models_,
            ids,
            users,
            dates,
        )
    )
