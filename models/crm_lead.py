"""Leads: their outcome, what of them is known too late, and Odoo's own opinion (predictive lead scoring)."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Filled by the outcome, by the work towards it, or at conversion.
KNOWN_TOO_LATE = {
    "active", "activity_ids", "automated_probability", "calendar_event_ids", "date_automation_last", "date_closed",
    "date_conversion", "date_last_stage_update", "date_open", "day_close", "day_open", "duration_tracking",
    "is_automated_probability", "lost_reason_id", "message_ids", "partner_id", "probability", "prorated_revenue",
    "recurring_revenue_prorated", "stage_id", "won_status", "write_date", "write_uid",
}  # fmt: skip


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "ai.deployment.scorable.mixin"]

    ai_score = fields.Float("Chance to Win")

    @api.model
    def _ai_has_outcome(self):
        return True

    @api.model
    def _ai_fields_known_too_late(self):
        return KNOWN_TOO_LATE

    @api.model
    def _ai_words(self):
        return {
            "records": self.env._("leads"),
            "positive": self.env._("will win"),
            "negative": self.env._("will not win"),
        }

    @api.model
    def _ai_training_rows(self, deployment, now):
        """Leads whose horizon has passed. Won within it counts as won; lost, won later or still open does not."""
        domain = (
            deployment._record_domain()
            & self._ai_base_domain()
            & Domain("company_id", "in", [deployment.company_id.id, False])
        )
        query = self.sudo().with_context(active_test=False)._search(domain)
        created = SQL.identifier(self._table, "create_date")
        closed = SQL.identifier(self._table, "date_closed")
        horizon = SQL("%s::interval", f"{deployment.horizon_days} days")
        query.add_where(SQL("%s + %s <= %s", created, horizon, now))
        query.order = SQL("%s, %s", created, SQL.identifier(self._table, "id"))
        won = SQL(
            "%s = 'won' AND COALESCE(%s, %s) <= %s + %s",
            self._field_to_sql(self._table, "won_status", query), closed, created, created, horizon,
        )  # fmt: skip
        self.flush_model(["won_status", "date_closed"])
        return self.env.execute_query(query.select(SQL.identifier(self._table, "id"), created, SQL("(%s)", won)))

    def _ai_incumbent(self):
        self.flush_recordset(["automated_probability"])
        rows = self.env.execute_query(
            SQL("SELECT id, automated_probability FROM crm_lead WHERE id = ANY(%s)", list(self.ids))
        )
        return {res_id: probability / 100 for res_id, probability in rows if probability is not None}

    def _ai_responsible(self):
        return self.user_id
