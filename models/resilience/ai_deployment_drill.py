"""A drill: something was broken on purpose, to see that no record is lost and that a person is notified.

What is broken stands in `fault_drill`, `alert_drill` and `fallback_drill`; the registry of the kinds in `drills`.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

KINDS = [
    ("faults", "Faults handled"),
    ("alert", "Alert delivery tested"),
    ("fallback", "Fallback"),
]


class AiDeploymentDrill(models.Model):
    _name = "ai.deployment.drill"
    _description = "Drill"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Run By", required=True, readonly=True, ondelete="restrict")
    is_passed = fields.Boolean("Passed", readonly=True)
    summary = fields.Text("Actions and Findings", readonly=True)
    details = fields.Json(readonly=True)
    steps_html = fields.Html("Steps", compute="_compute_steps_html", sanitize=False)

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for drill in self:
            drill.name = f"{kinds.get(drill.kind, '')}, {format_date(self.env, drill.date)}"

    @api.depends("details")
    @api.depends_context("lang")
    def _compute_steps_html(self):
        for drill in self:
            drill.steps_html = self.env["ir.qweb"]._render("ai_deployment.drill_steps", {"steps": drill.details or []})

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("A drill cannot be changed: run another one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Drills cannot be deleted."))

    def _verdict(self):
        """Return how it went, in a sentence."""
        self.ensure_one()
        steps = self.details or []
        failed = [step["name"] for step in steps if not step["is_passed"]]
        day = format_date(self.env, self.date)
        if failed:
            return self.env._("The drill on %(day)s failed at: %(steps)s.", day=day, steps=", ".join(failed))
        if len(steps) == 1:
            return self.env._("The drill on %(day)s by %(person)s passed.", day=day, person=self.user_id.name)
        return self.env._(
            "The drill on %(day)s by %(person)s passed in all %(count)s steps.",
            day=day,
            person=self.user_id.name,
            count=len(steps),
        )
