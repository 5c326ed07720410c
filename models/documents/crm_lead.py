"""Leads: their outcome, what of them is known too late, and Odoo's own opinion (predictive lead scoring)."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml.value import MEAN, SHARE
from ..tools.wording import percent
from .field_texts import field_texts
from .lead_changes import LeadChanges
from .lead_course import LeadCourse
from .lead_outcomes import LeadOutcomes, days_sql
from .measure import Measure

SCORED_FRESH = "7 days"  # at most so old at the first score, to count as what the version learned from

# Filled by the outcome, by the work towards it, or at conversion.
KNOWN_TOO_LATE = {
    "active",
    "activity_ids",
    "automated_probability",
    "calendar_event_ids",
    "date_automation_last",
    "date_closed",
    "date_conversion",
    "date_last_stage_update",
    "date_open",
    "day_close",
    "day_open",
    "duration_tracking",
    "is_automated_probability",
    "lost_reason_id",
    "message_ids",
    "partner_id",
    "probability",
    "prorated_revenue",
    "recurring_revenue_prorated",
    "stage_id",
    "won_status",
    "write_date",
    "write_uid",
}


NO_START = KNOWN_TOO_LATE - {"date_conversion", "date_open"} | {"date_deadline"}
ENTERED_CLOSED = "1 hour"  # after a record was entered, to have been closed before it came


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "ai.deployment.scorable.mixin"]

    _ai_list_action = "crm.crm_lead_action_pipeline"
    _ai_responsible_field = "user_id"
    _ai_may_hold_out = True
    _ai_stage_field = "stage_id"

    ai_score = fields.Float("Probability to Win")
    ai_band = fields.Selection([("high", "Hot"), ("middle", "Warm"), ("low", "Cold")], "Temperature")

    def _ai_changes(self, score):
        return LeadChanges(self, score).text()

    @api.model
    def _ai_has_outcome(self):
        return True

    @api.model
    def _ai_fields_known_too_late(self):
        return KNOWN_TOO_LATE

    @api.model
    def _ai_no_start_fields(self):
        return NO_START

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
    def _ai_course(self):
        return LeadCourse(self)

    @api.model
    def _ai_known_by_tracking(self):
        return {"partner_id", "stage_id"}

    @api.model
    def _ai_open_domain(self):
        return Domain("won_status", "=", "pending") & Domain("active", "=", True)

    @api.model
    def _ai_began_sql(self, alias, deployment):
        return self._ai_began_by(alias, deployment.sudo().start_field_id.name)

    @api.model
    def _ai_began_by(self, alias, name):
        """The date that the owner named, else the creation: of an import, that is the night of the import.

        Nothing begins after its end: Odoo makes `date_open` today when a won lead goes to another salesperson.
        """
        created = SQL.identifier(alias, "create_date")
        if name in (False, "", "create_date") or name not in self._fields:
            return created
        named, status = SQL("%s::timestamp", SQL.identifier(alias, name)), SQL.identifier(alias, "won_status")
        return SQL(
            "CASE WHEN %s IN ('won', 'lost') AND %s > %s THEN %s ELSE COALESCE(%s, %s) END",
            status,
            named,
            self._ai_closed_sql(alias),
            created,
            named,
            created,
        )

    @api.model
    def _ai_closed_sql(self, alias):
        """The earliest of what tells when a lead that is won or lost ended."""
        outcome = SQL(
            "(SELECT outcome.date FROM ai_deployment_outcome outcome WHERE outcome.res_model = %s"
            " AND outcome.res_id = %s AND outcome.status = %s)",
            self._name,
            SQL.identifier(alias, "id"),
            SQL.identifier(alias, "won_status"),
        )
        closed, staged = SQL.identifier(alias, "date_closed"), SQL.identifier(alias, "date_last_stage_update")
        won = SQL("%s = 'won'", SQL.identifier(alias, "won_status"))
        return SQL("LEAST(%s, %s, CASE WHEN %s THEN %s END)", outcome, closed, won, staged)

    @api.model
    def _ai_ended_sql(self, alias, deployment):
        """The earliest of what tells when a lead ended: Odoo rewrites `date_closed` when a won lead is archived or set
        won again, and its last change of stage when it goes to another won stage; our own day is written once.

        Without `date_closed` nobody knows: old databases, leads that were created inactive. Nor of an import.
        """
        closed, status = SQL.identifier(alias, "date_closed"), SQL.identifier(alias, "won_status")
        created, ended = SQL.identifier(alias, "create_date"), self._ai_closed_sql(alias)
        unknown = SQL("%s IS NULL", closed)
        began = self._ai_began_sql(alias, deployment)
        if began != created:  # one that was entered as closed, long after it began, ended nobody knows when
            unknown = SQL(
                "(%s OR (%s < %s - interval '1 day' AND %s BETWEEN %s - interval '1 minute' AND %s + %s::interval))",
                unknown,
                began,
                created,
                ended,
                created,
                created,
                ENTERED_CLOSED,
            )
        return SQL("CASE WHEN %s IN ('won', 'lost') AND NOT %s THEN %s END", status, unknown, ended)

    @api.model
    def _ai_expires_sql(self, alias, deployment, score):
        """Return SQL of the end of the outcome window, which begins with the lead: nothing is said about later wins.

        A score by a version that learned from later moments is about the days after it.
        """
        if deployment.method != "scorecard":
            return None
        window = SQL("%s::interval", f"{deployment.horizon_days} days")
        if deployment.landmarks:
            return SQL("%s + %s", SQL.identifier(score, "date"), window)
        self._ai_flush_ends(deployment)
        return SQL("%s + %s", self._ai_began_sql(alias, deployment), window)

    @api.model
    def _ai_directions(self):
        return self.env._("raises the chance"), self.env._("lowers the chance")

    def _ai_score_meaning(self, score):
        share, days = percent(self.env, score.predicted_value), score.deployment_id.horizon_days
        if score.deployment_id.landmarks:
            if days == 1:
                return self.env._(
                    "%s of leads that stood like this one are won within a day. Odoo's own probability does not say by "
                    "when.",
                    share,
                )
            return self.env._(
                "%(share)s of leads that stood like this one are won within the next %(days)s days. Odoo's own "
                "probability does not say by when.",
                share=share,
                days=days,
            )
        if days == 1:
            return self.env._(
                "%s of leads like this one are won within a day of their creation. Odoo's own probability also follows "
                "the stage.",
                share,
            )
        return self.env._(
            "%(share)s of leads like this one are won within %(days)s days of their creation. Odoo's own probability "
            "also follows the stage.",
            share=share,
            days=days,
        )

    @api.model
    def _ai_flush_ends(self, deployment):
        """Write what `_ai_began_sql` and `_ai_ended_sql` read."""
        start = deployment.sudo().start_field_id.name
        names = ["won_status", "date_closed", "date_last_stage_update", *([start] if start in self._fields else [])]
        self.flush_model(names)

    @api.model
    def _ai_won_in_time_sql(self, alias, deployment):
        """SQL of whether a lead was won within the horizon; one that was won nobody knows when counts as won."""
        began = self._ai_began_sql(alias, deployment)
        return SQL(
            "(%s = 'won' AND COALESCE(%s, %s) <= %s + %s::interval)",
            SQL.identifier(alias, "won_status"),
            self._ai_ended_sql(alias, deployment),
            began,
            began,
            f"{deployment.horizon_days} days",
        )

    @api.model
    def _ai_outcomes(self, deployment):
        return LeadOutcomes(self, deployment)

    @api.model
    def _ai_training_rows(self, deployment, now):
        return LeadOutcomes(self, deployment).training_rows(now)

    @api.model
    def _ai_came_true(self, deployment, landmarks, from_score=False):
        """Counted as in training: from the creation on, unless `from_score` or versions learn from later moments.

        A lead that was open for long before its first score has outlived the others and says something else, to
        versions that know leads at their creation only.
        """
        from_score = from_score or deployment.landmarks
        self._ai_flush_ends(deployment)
        survivors = self.env["ai.deployment.outcome"].sudo()._survivors(self._name, landmarks)
        began, ended = self._ai_began_sql("lead", deployment), self._ai_ended_sql("lead", deployment)
        rows = self.env.execute_query(
            SQL(
                "SELECT scored.id, lead.won_status = 'won' AND COALESCE(%s, %s) <= %s + %s::interval"
                " FROM unnest(%s::int[], %s::int[], %s::timestamp[]) AS scored (id, lead_id, moment)"
                # each looked up by itself: a join may as well read all leads for a few of them
                " CROSS JOIN LATERAL (SELECT * FROM crm_lead WHERE id = scored.lead_id OFFSET 0) AS lead"
                " WHERE (%s OR %s >= scored.moment - %s::interval) AND COALESCE(%s >= scored.moment, TRUE)",
                ended,
                began,
                SQL("scored.moment") if from_score else began,
                f"{deployment.horizon_days} days",
                list(landmarks),
                [survivors.get(res_id, res_id) for res_id in landmarks],
                list(landmarks.values()),
                from_score,
                began,
                SCORED_FRESH,
                ended,
            )
        )
        return dict(rows)

    @api.model
    def _ai_incumbent_sql(self, alias):
        return SQL("%s / 100", SQL.identifier(alias, "automated_probability"))

    @api.model
    def _ai_incumbent_inputs(self):
        """The fields of predictive lead scoring and the team; the stage says nothing where leads arrive."""
        chosen = [name for name in self._pls_get_safe_fields() if name in self._fields]
        return [*dict.fromkeys([*chosen, "team_id"])]

    def _ai_currency(self):
        return self.sudo().exists().company_currency

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
            SQL.identifier(alias, "won_status"),
            own,
            odoos,
            own,
        )

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
            customer,
            "country_id",
            "expected_revenue",
            "stage_id",
            "source_id",
            "user_id",
            "create_date",
            "create_uid",
        )
        return field_texts(self, names, partner_name=self.env._("Customer"), contact_name=self.env._("Customer"))

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
        return {
            "talked": (self.env._("I talked to them"), "any", False),
            "no_budget": (self.env._("No budget"), "any", False),
            "postponed": (self.env._("The decision is postponed"), "any", False),
            "competitor": (self.env._("They chose a competitor"), "any", False),
            "record_wrong": (self.env._("The lead is wrong or incomplete"), "any", False),
            "too_little": (self.env._("Too little information"), "unsure", False),
            "other": (self.env._("Something else"), "any", True),
        }

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Keep when a lead ends, with the very change that Odoo counts; nothing is asked where none ends or reopens."""
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        ended, reopened = {}, []
        for lead_id, new in new_status_by_lead.items():
            old = old_status_by_lead.get(lead_id, {})
            status = "won" if new["is_won"] else "lost" if new["is_lost"] else None
            before = "won" if old.get("is_won") else "lost" if old.get("is_lost") else None
            if status and status != before:
                ended[lead_id] = status
            elif before and not status:
                reopened.append(lead_id)
        outcomes = self.env["ai.deployment.outcome"].sudo()
        outcomes._keep(self._name, ended)
        outcomes._withdraw(self._name, reopened)
        return result

    @api.model
    def _ai_keep_outcomes(self):
        """Keep the end of all leads that ended before anybody watched; one statement, those that are kept stay."""
        self.env.flush_all()
        ended = self._ai_ended_sql("lead", self.env["ai.deployment"])
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_deployment_outcome (res_model, res_id, status, date)"
                " SELECT %s, lead.id, lead.won_status, %s FROM crm_lead lead WHERE lead.won_status IN ('won', 'lost')"
                " AND %s IS NOT NULL ON CONFLICT (res_model, res_id) DO UPDATE SET status = EXCLUDED.status,"
                " date = EXCLUDED.date WHERE ai_deployment_outcome.status NOT IN (EXCLUDED.status, 'merged')",
                self._name,
                ended,
                ended,
            )
        )

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self.env["ai.deployment.outcome"].sudo()._keep(self._name, dict.fromkeys(opportunities.ids, "merged"), self)
        self.env["ai.deployment.review"].sudo()._follow_merge(self, opportunities)
        return result

    @api.model
    def _ai_obsolete_domain(self):
        return Domain("won_status", "in", ("won", "lost"))

    @api.model
    def _ai_value_measures(self, deployment, alias):
        """All of it within the horizon after the lead came, so that an older lead had no more time than a younger."""
        began, ended = self._ai_began_sql(alias, deployment), self._ai_ended_sql(alias, deployment)
        in_time = SQL("COALESCE(%s, %s) <= %s + %s::interval", ended, began, began, f"{deployment.horizon_days} days")
        won = self._ai_won_in_time_sql(alias, deployment)
        decided = SQL("(%s <> 'pending' AND %s)", SQL.identifier(alias, "won_status"), in_time)
        revenue = SQL.identifier(alias, "expected_revenue")
        days = days_sql(began, ended)
        measures = {
            "conversion": Measure(
                self.env._("Won, of decided leads"),
                SHARE,
                "share",
                SQL("CASE WHEN %s THEN CASE WHEN %s THEN 1 ELSE 0 END END", decided, won),
            ),
            "days_to_close": Measure(
                self.env._("Days until decision"), MEAN, "days", SQL("CASE WHEN %s THEN %s END", decided, days)
            ),
            "revenue": Measure(
                self.env._("Won revenue per lead"),
                MEAN,
                "money",
                SQL("CASE WHEN %s THEN COALESCE(%s, 0) ELSE 0 END", won, revenue),
                deployment.value_margin or None,
                self.env._("Margin on won revenue: %s %%", round(100 * deployment.value_margin))
                if deployment.value_margin
                else "",
            ),
        }
        basis = deployment.sudo().start_field_id.name or ""  # counted from elsewhere, figures cannot be compared
        return {code: measure._replace(basis=basis) for code, measure in measures.items()}
