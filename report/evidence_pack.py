"""The evidence pack: the model card with the checklist, the decisions, the history and the alerts."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

MOST_ALERTS = 60


class ReportEvidencePack(models.AbstractModel):
    _name = "report.ai_deployment.evidence_pack"
    _inherit = "report.ai_deployment.model_card"
    _description = "Evidence Pack"

    def _document(self, deployment):
        return {
            **super()._document(deployment),
            "checks": [self._check(check) for check in deployment.check_ids],
            "waivers": [self._check(check) for check in deployment.check_ids if check.waived_until],
            "decisions": [self._decision(decision) for decision in deployment.approval_ids],
            "life": [
                (
                    format_datetime(self.env, step.date),
                    self._label(step, "to_state"),
                    step.sudo().user_id.name,
                    step.reason or "",
                )
                for step in deployment.transition_ids
            ],
            "served": [
                (
                    one.version_id.name,
                    format_datetime(self.env, one.start_date),
                    format_datetime(self.env, one.end_date) if one.end_date else "",
                    one.sudo().user_id.name,
                    one.reason or "",
                )
                for one in deployment.assignment_ids.filtered(lambda one: one.role == "champion")
            ],
            "alerts": self._alerts(deployment),
        }

    def _check(self, check):
        told = check.sudo()
        return {
            "dimension": self._label(check, "dimension"),
            "name": check.name,
            "state": self._label(check, "state"),
            "code": check.state,
            "evidence": check.evidence or "",
            "requirement": check.requirement or "",
            "looked": format_datetime(self.env, check.looked_date) if check.looked_date else "",
            "waived": self.env._(
                "Waived by %(person)s until %(day)s: %(why)s",
                person=told.waived_by_id.name or "–",
                day=format_date(self.env, check.waived_until),
                why=check.waiver_reason or "",
            )
            if check.waived_until
            else "",
        }

    def _decision(self, decision):
        return {
            "outcome": self._label(decision, "outcome"),
            "kind": self._label(decision, "kind"),
            "date": format_datetime(self.env, decision.date),
            "person": decision.sudo().user_id.name,
            "version": decision.version_id.name or "",
            "minutes": decision.minutes or "",
            "conditions": decision.conditions or "",
            "next": format_date(self.env, decision.next_review_date),
            "by_builder": decision.by_builder,
            "evidence": decision.evidence_html,
        }

    def _alerts(self, deployment):
        alerts = self.env["ai.deployment.alert"].search(
            Domain("deployment_id", "=", deployment.id), order="first_date desc, id desc", limit=MOST_ALERTS
        )
        return [
            (
                format_datetime(self.env, alert.first_date) if alert.first_date else "",
                alert.name,
                self._label(alert, "state"),
                alert.sudo().acknowledged_by_id.name or "",
                format_datetime(self.env, alert.resolved_date) if alert.resolved_date else "",
            )
            for alert in alerts
        ]
