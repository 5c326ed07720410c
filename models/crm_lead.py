"""Leads: their outcome, what of them is known too late, and Odoo's own opinion (predictive lead scoring)."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..ml.value import MEAN, SHARE
from .ai_deployment_leaks import LeakRow
from .ai_deployment_value import Measure

LATELY_DAYS = 90
SCORED_FRESH = "7 days"  # at most so old at the first score, to count as what the version learned from
LATE_LEADS = 5000  # that say how long outcomes take
EDITED_AFTER = "1 hour"  # what is changed while closing is written in the same minute

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

    _ai_responsible_field = "user_id"
    _ai_may_hold_out = True

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
            "positives": self.env._("wins"),
            "negatives": self.env._("leads without a win"),
        }

    @api.model
    def _ai_open_domain(self):
        return Domain("won_status", "=", "pending") & Domain("active", "=", True)

    @api.model
    def _ai_matured(self, deployment, now):
        """(query of the leads whose horizon has passed, SQL of whether they were won within it).

        Lost, won later or still open is not won.
        """
        domain = deployment._record_domain() & self._ai_base_domain() & deployment._company_domain()
        query = self.sudo().with_context(active_test=False)._search(domain)
        created = SQL.identifier(self._table, "create_date")
        closed = SQL.identifier(self._table, "date_closed")
        horizon = SQL("%s::interval", f"{deployment.horizon_days} days")
        query.add_where(SQL("%s + %s <= %s", created, horizon, now))
        query.order = SQL("%s, %s", created, SQL.identifier(self._table, "id"))
        won = SQL(
            "(%s = 'won' AND COALESCE(%s, %s) <= %s + %s)",
            self._field_to_sql(self._table, "won_status", query), closed, created, created, horizon,
        )  # fmt: skip
        self.flush_model(["won_status", "date_closed"])
        return query, won

    @api.model
    def _ai_training_rows(self, deployment, now):
        query, won = self._ai_matured(deployment, now)
        created = SQL.identifier(self._table, "create_date")
        return self.env.execute_query(query.select(SQL.identifier(self._table, "id"), created, won))

    @api.model
    def _ai_came_true(self, landmarks, horizon_days, from_score=False):
        """Counted as in training: from the creation on, unless `from_score`.

        A lead that was open for long before its first score has outlived the others and says something else.
        """
        self.flush_model(["won_status", "date_closed"])
        rows = self.env.execute_query(
            SQL(
                "SELECT lead.id, lead.won_status = 'won' AND COALESCE(lead.date_closed, lead.create_date)"
                " <= %s + %s::interval FROM crm_lead lead"
                " JOIN unnest(%s::int[], %s::timestamp[]) AS scored (id, moment) ON scored.id = lead.id"
                " WHERE (%s OR lead.create_date >= scored.moment - %s::interval) AND"
                " (lead.won_status = 'pending' OR lead.date_closed IS NULL OR lead.date_closed >= scored.moment)",
                SQL("scored.moment") if from_score else SQL("lead.create_date"),
                f"{horizon_days} days",
                list(landmarks),
                list(landmarks.values()),
                from_score,
                SCORED_FRESH,
            )
        )
        return dict(rows)

    @api.model
    def _ai_decided_after(self, deployment, now):
        domain = (
            deployment._record_domain()
            & self._ai_base_domain()
            & deployment._company_domain()
            & Domain("create_date", "<=", now)
        )
        query = self.sudo().with_context(active_test=False)._search(domain)
        self.flush_model(["won_status", "date_closed"])
        created, closed = SQL.identifier(self._table, "create_date"), SQL.identifier(self._table, "date_closed")
        pending = SQL("%s = 'pending'", self._field_to_sql(self._table, "won_status", query))
        query.order, query.limit = SQL("%s DESC", SQL.identifier(self._table, "id")), LATE_LEADS
        return self.env.execute_query(
            query.select(
                SQL(
                    "CASE WHEN NOT %s THEN"
                    " GREATEST(EXTRACT(EPOCH FROM COALESCE(%s, %s) - %s) / 86400.0, 0)::float8 END",
                    pending, closed, created, created,
                ),
                SQL("(EXTRACT(EPOCH FROM %s - %s) / 86400.0)::float8", now, created),
            )
        )  # fmt: skip

    @api.model
    def _ai_outcome_counts(self, deployment, now):
        query, won = self._ai_matured(deployment, now)
        query.order = None
        return self.env.execute_query(
            query.select(SQL("COUNT(*) FILTER (WHERE %s)", won), SQL("COUNT(*) FILTER (WHERE NOT %s)", won))
        )[0]

    @api.model
    def _ai_leak_rows(self, deployment, now, most):
        """Leads that came lately, closed ones and open ones: of the same time, so that only the closing differs."""
        domain = (
            deployment._record_domain()
            & self._ai_base_domain()
            & deployment._company_domain()
            & Domain("create_date", ">=", now - timedelta(days=max(2 * deployment.horizon_days, LATELY_DAYS)))
            & Domain("create_date", "<=", now)
        )
        self.flush_model(["won_status", "date_closed"])
        rows = []
        for closed in (True, False):
            leads = self.sudo().with_context(active_test=False)
            query = leads._search(domain & Domain("won_status", "!=" if closed else "=", "pending"))
            created = SQL.identifier(self._table, "create_date")
            until = SQL("COALESCE(%s, %s)", SQL.identifier(self._table, "date_closed"), created)
            won = SQL("%s = 'won'", self._field_to_sql(self._table, "won_status", query))
            age = SQL("EXTRACT(EPOCH FROM (%s - %s)) / 86400.0", until if closed else SQL("%s", now), created)
            query.order = SQL("%s DESC, %s DESC", created, SQL.identifier(self._table, "id"))
            query.limit = most
            found = self.env.execute_query(query.select(SQL.identifier(self._table, "id"), age, created, won))
            rows += [LeakRow(res_id, closed, float(days), came, label) for res_id, days, came, label in found]
        return rows

    @api.model
    def _ai_edited_after_closing(self, name, closed_ids):
        if not closed_ids or not getattr(self._fields[name], "tracking", None):
            return 0.0
        self.env["mail.tracking.value"].flush_model()
        self.env["mail.message"].flush_model(["date", "model", "res_id"])
        edited = self.env.execute_query(
            SQL(
                "SELECT COUNT(DISTINCT lead.id) FROM crm_lead lead"
                " JOIN mail_message message ON message.model = %s AND message.res_id = lead.id"
                " JOIN mail_tracking_value value ON value.mail_message_id = message.id"
                " WHERE lead.id = ANY(%s) AND value.field_id = %s AND message.date > lead.date_closed + %s::interval",
                self._name,
                closed_ids,
                self.env["ir.model.fields"]._get(self._name, name).id,
                EDITED_AFTER,
            )  # fmt: skip
        )
        return edited[0][0] / len(closed_ids)

    @api.model
    def _ai_incumbent_sql(self, alias):
        return SQL("%s / 100", SQL.identifier(alias, "automated_probability"))

    @api.model
    def _ai_amount_sql(self, alias):
        return SQL("%s::float8", SQL.identifier(alias, "expected_revenue"))

    @api.model
    def _ai_told_by_reasons(self):
        return {"amount": ("expected_revenue",)}

    def _ai_amounts(self):
        return {lead.id: lead.expected_revenue for lead in self}

    @api.model
    def _ai_person_sql(self, alias):
        """A probability that is not Odoo's was entered by hand, as long as the lead is open."""
        own, odoos = SQL.identifier(alias, "probability"), SQL.identifier(alias, "automated_probability")
        return SQL(
            "CASE WHEN %s = 'pending' AND ABS(%s - COALESCE(%s, 0)) > 0.01 THEN %s / 100 END",
            SQL.identifier(alias, "won_status"), own, odoos, own,
        )  # fmt: skip

    @api.model
    def _ai_traits(self):
        return ("source_id", "medium_id", "campaign_id", "team_id", "user_id", "create_uid")

    @api.model
    def _ai_setup_models(self):
        return ("crm.stage", "crm.team", "utm.source")

    def _ai_essentials(self):
        self.ensure_one()
        customer = "partner_id" if self.partner_id else "partner_name" if self.partner_name else "contact_name"
        names = (
            customer, "country_id", "expected_revenue", "stage_id", "source_id", "user_id", "create_date", "create_uid",
        )  # fmt: skip
        return self._ai_field_texts(names, partner_name=self.env._("Customer"), contact_name=self.env._("Customer"))

    def _ai_endings(self):
        labels = dict(self._fields["won_status"]._description_selection(self.env))
        self.flush_model(["won_status"])
        closed = self.env.execute_query(
            SQL(
                "SELECT id, won_status FROM crm_lead WHERE id = ANY(%s) AND won_status IN ('won', 'lost')",
                list(self.ids),
            )
        )
        return {lead_id: (labels[status], status == "won") for lead_id, status in closed}

    @api.model
    def _ai_answers(self):
        return [
            (self.env._("I talked to them"), "any", False),
            (self.env._("The budget is not there"), "any", False),
            (self.env._("They decide at another time"), "any", False),
            (self.env._("They have chosen somebody else"), "any", False),
            (self.env._("The lead is wrong or incomplete"), "any", False),
            (self.env._("Too little is known"), "unsure", False),
            (self.env._("Something else"), "any", True),
        ]

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self.env["ai.deployment.review"].sudo()._follow_merge(self, opportunities)
        return result

    @api.model
    def _ai_moot_domain(self):
        return Domain("won_status", "in", ("won", "lost"))

    @api.model
    def _ai_value_measures(self, deployment, alias):
        """All of it within the horizon after the lead came, so that an older lead had no more time than a younger."""
        created, closed = SQL.identifier(alias, "create_date"), SQL.identifier(alias, "date_closed")
        status, horizon = SQL.identifier(alias, "won_status"), SQL("%s::interval", f"{deployment.horizon_days} days")
        in_time = SQL("COALESCE(%s, %s) <= %s + %s", closed, created, created, horizon)
        won, decided = SQL("(%s = 'won' AND %s)", status, in_time), SQL("(%s <> 'pending' AND %s)", status, in_time)
        revenue = SQL.identifier(alias, "expected_revenue")
        days = SQL("GREATEST(EXTRACT(EPOCH FROM COALESCE(%s, %s) - %s) / 86400.0, 0)", closed, created, created)
        return {
            "conversion": Measure(
                self.env._("Won, of decided leads"), SHARE, "share",
                SQL("CASE WHEN %s THEN CASE WHEN %s THEN 1 ELSE 0 END END", decided, won),
            ),
            "days_to_close": Measure(
                self.env._("Days until decided"), MEAN, "days", SQL("CASE WHEN %s THEN %s END", decided, days)
            ),
            "revenue": Measure(
                self.env._("Won revenue per lead"), MEAN, "money",
                SQL("CASE WHEN %s THEN COALESCE(%s, 0) ELSE 0 END", won, revenue),
                deployment.value_margin or None,
                self.env._("%s %% of a won euro is kept", round(100 * deployment.value_margin))
                if deployment.value_margin else "",
            ),
        }  # fmt: skip
