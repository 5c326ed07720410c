"""End of a record, with its date: written once, withdrawn if the record is reopened.

Documents date their own end in fields that later clicks rewrite: archiving a won lead, or setting it won again, makes
`date_closed` today. The first day is therefore kept here, never on the document (scoring writes no field of a business
record). What a document tells by itself still counts where no row is: records that ended before the addon was
installed, or past the ORM. `_ai_ended_sql` of the document joins the two and is the one definition of the end.

A record that was merged away points to its survivor, whose outcome then is the outcome of both.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import batch_insert as bulk
from ..tools import clock

WON, LOST, MERGED, OPEN = "won", "lost", "merged", "open"
AT_ONCE = "1 minute"  # opened and ended again within it: one click of Odoo's, such as Won on an archived won lead


class AiDeploymentOutcome(models.Model):
    _name = "ai.deployment.outcome"
    _inherit = "ai.deployment.guarded.mixin"
    _description = "Outcome of a Record"
    _log_access = False
    _rec_name = "status"

    res_model = fields.Char("Document Model", required=True, readonly=True)
    res_id = fields.Integer("Record", required=True, readonly=True)
    status = fields.Selection(
        [(WON, "Won"), (LOST, "Lost"), (MERGED, "Merged"), (OPEN, "Reopened")],
        "Outcome",
        required=True,
        readonly=True,
    )
    date = fields.Datetime("Ended On", required=True, readonly=True)
    former_status = fields.Char("Before", readonly=True)
    reopened_date = fields.Datetime("Reopened On", readonly=True)
    survivor_id = fields.Integer("Merged Into", readonly=True)

    _record_uniq = models.UniqueIndex("(res_model, res_id)", "A record has one outcome.")

    @api.model
    def _keep(self, res_model, statuses, survivor=None):
        """Keep that records ended now. The first day stays while the status does; one statement.

        :param statuses: {record id: `WON`, `LOST` or `MERGED`}
        :param survivor: the record that the merged ones became part of
        """
        if not statuses:
            return
        bulk.insert(
            self.env,
            self._table,
            {
                "res_id": ("int4", list(statuses)),
                "status": ("varchar", list(statuses.values())),
                "res_model": ("varchar", res_model),
                "date": ("timestamp", clock.now()),
                "survivor_id": ("int4", survivor.id if survivor else None),
            },
            SQL(
                "ON CONFLICT (res_model, res_id) DO UPDATE SET status = EXCLUDED.status,"
                " survivor_id = EXCLUDED.survivor_id, date = CASE WHEN %(kept)s.status = 'open'"
                " AND %(kept)s.former_status = EXCLUDED.status"
                " AND %(kept)s.reopened_date BETWEEN EXCLUDED.date - %(at_once)s::interval AND EXCLUDED.date"
                " THEN %(kept)s.date ELSE EXCLUDED.date END WHERE %(kept)s.status <> EXCLUDED.status",
                kept=SQL.identifier(self._table),
                at_once=AT_ONCE,
            ),
        )
        self.invalidate_model(flush=False)

    @api.model
    def _withdraw(self, res_model, ids):
        """Take back the outcome of records that are open again."""
        if ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE ai_deployment_outcome SET former_status = status, status = 'open', reopened_date = %s"
                    " WHERE res_model = %s AND res_id = ANY(%s) AND status IN ('won', 'lost')",
                    clock.now(),
                    res_model,
                    list(ids),
                )
            )
            self.invalidate_model(flush=False)

    @api.model
    def _forget(self, res_model, ids):
        """Delete the outcome of records that are gone without a survivor."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ai_deployment_outcome WHERE res_model = %s AND res_id = ANY(%s) AND status <> %s",
                res_model,
                list(ids),
                MERGED,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _survivors(self, res_model, ids):
        """{id of a record that was merged away: id of the record that it is part of now}, for those of `ids`."""
        rows = self.env.execute_query(
            SQL(
                "WITH RECURSIVE chain (id, survivor_id) AS ("
                " SELECT res_id, survivor_id FROM ai_deployment_outcome"
                " WHERE res_model = %s AND res_id = ANY(%s) AND status = %s"
                " UNION SELECT chain.id, later.survivor_id FROM chain JOIN ai_deployment_outcome later"
                " ON later.res_model = %s AND later.res_id = chain.survivor_id AND later.status = %s)"
                " SELECT id, survivor_id FROM chain WHERE NOT EXISTS (SELECT FROM ai_deployment_outcome later"
                " WHERE later.res_model = %s AND later.res_id = chain.survivor_id AND later.status = %s)",
                res_model,
                list(ids),
                MERGED,
                res_model,
                MERGED,
                res_model,
                MERGED,
            )
        )
        return dict(rows)
