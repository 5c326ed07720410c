"""Figures in Odoo's digest e-mail: open alerts, records that wait for a person, records scored.

A digest is computed as the person who gets it. Who may see no alerts, reviews or scores gets none of these figures, and
the numbers are those of the lists that they open. What is open counts as of the end of the time looked at: an alert
that has been open for a month is not news of today, and yet must not read as 0.
"""

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .tools import clock
from .tools.shipped import shipped


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_ai_open_alerts = fields.Boolean("Open AI Alerts")
    kpi_ai_open_alerts_value = fields.Integer(compute="_compute_kpi_ai_open_alerts_value")
    kpi_ai_open_reviews = fields.Boolean("AI Scores Waiting for Review")
    kpi_ai_open_reviews_value = fields.Integer(compute="_compute_kpi_ai_open_reviews_value")
    kpi_ai_scored = fields.Boolean("Records Scored by AI")
    kpi_ai_scored_value = fields.Integer(compute="_compute_kpi_ai_scored_value")

    def _compute_kpi_ai_open_alerts_value(self):
        alerts = self.env["ai.deployment.alert"]
        self._ai_skip_unless(alerts.has_access("read"))
        end, companies = self._ai_end_and_companies()
        unresolved = Domain("state", "in", ("firing", "acknowledged"))
        groups = alerts._read_group(
            Domain("deployment_id.company_id", "in", companies.ids)
            & Domain("first_date", "<", end)
            & (unresolved | Domain("resolved_date", ">=", end)),
            ["deployment_id"],
            ["__count"],
        )
        counts = {}
        for deployment, count in groups:
            company = deployment.sudo().company_id
            counts[company] = counts.get(company, 0) + count
        self._ai_fill("kpi_ai_open_alerts_value", counts)

    def _compute_kpi_ai_open_reviews_value(self):
        reviews = self.env["ai.deployment.review"]
        self._ai_skip_unless(self._ai_sees_lines(reviews))
        end, companies = self._ai_end_and_companies()
        groups = reviews._read_group(
            Domain("company_id", "in", companies.ids)
            & Domain("opened_date", "<", end)
            & (Domain("state", "=", "open") | Domain("decided_date", ">=", end))
            & reviews._counting_domain(),
            ["company_id"],
            ["__count"],
        )
        self._ai_fill("kpi_ai_open_reviews_value", dict(groups))

    def _compute_kpi_ai_scored_value(self):
        self._ai_skip_unless(self._ai_sees_lines(self.env["ai.deployment.inference"]))
        self._calculate_company_based_kpi(
            "ai.deployment.inference",
            "kpi_ai_scored_value",
            date_field="date",
            additional_domain=[("failure_type", "=", False), *self.env["ai.deployment.inference"]._counting_domain()],
        )

    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = shipped(self.env, "menu_root")
        if not menu:
            return result
        for kpi, action in (
            ("kpi_ai_open_alerts", "ai_deployment_alert_action"),
            ("kpi_ai_open_reviews", "ai_deployment_review_action"),
            ("kpi_ai_scored", "ai_deployment_inference_action"),
        ):
            result[kpi] = f"ai_deployment.{action}?menu_id={menu.id}"
        return result

    # What they share

    def _ai_skip_unless(self, sees):
        """Odoo leaves a figure out of the e-mail where its compute raises AccessError."""
        if not sees:
            raise AccessError(self.env._("This user may not see it: left out of the digest."))

    def _ai_sees_lines(self, lines):
        """Return whether figures can be shown to this user: a 0 in place of hidden records would be wrong."""
        return lines.has_access("read") and (lines._reads_all_rows() or not lines._access_domain().is_false())

    def _ai_end_and_companies(self):
        _start, end, companies = self._get_kpi_compute_parameters()
        return end or fields.Datetime.to_string(clock.now()), companies

    def _ai_fill(self, name, counts):
        for digest in self:
            digest[name] = counts.get(digest.company_id or self.env.company, 0)
