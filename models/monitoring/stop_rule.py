"""The stop rule: an owner says beforehand after how many reports below a floor a deployment is switched off.

Set before going live, because nobody likes to stop what is at work. The floors themselves are in
`ai_deployment_performance` and `ai_deployment_verdicts`.
"""

from odoo import fields, models
from odoo.fields import Domain


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    stop_after = fields.Integer(
        "Switch Off After",
        tracking=True,
        help="So many reports in a row on what came true below a floor switch the deployment off. 0: never by itself.",
    )

    _stop_after_not_negative = models.Constraint(
        "CHECK(stop_after >= 0)", "The number of reports before switching off is 0 or more."
    )

    def _stop_where_below_floor(self, report):
        """Switch off where the latest reports since it is at work were all below a floor; whether it was."""
        self.ensure_one()
        if not self.stop_after or self.state not in self._at_work_states():
            return False
        latest = report.search(
            Domain("version_id", "=", report.version_id.id)
            & Domain("kind", "=", "performance")
            & Domain("verdict", "!=", "cannot_judge")
            & Domain("date", ">=", self.at_work_since or report.date),  # switched on again, it is counted anew
            limit=self.stop_after,
        )
        below = [one.line_ids.filtered(lambda line: line.test == "floor" and line.exceeded) for one in latest]
        if len(below) < self.stop_after or not all(below):
            return False
        what = below[0][0].text
        self.sudo().write({"state": "suspended"})
        self.env["ai.deployment.alert"]._raise(
            self,
            "stopped",
            name=self.env._(
                "“%(name)s” switched itself off: below the floor in %(count)s reports in a row. %(what)s",
                name=self.name,
                count=self.stop_after,
                what=what,
            ),
            suggestion=self.env._("Train again or let an earlier version serve, then start it anew."),
            report=report,
        )
        return True

    def _follow_written_stop(self, vals):
        yield
        if vals.get("state") in self._at_work_states():
            for deployment in self:
                self.env["ai.deployment.alert"]._resolve(deployment, "stopped")
