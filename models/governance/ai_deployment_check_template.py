"""Rows of a checklist template. A company may have a template of its own; without one the standard template serves.

A deployment takes its rows from the template when it is made. What a row asks for stays as it was then: a checklist
that changes under a signed decision proves nothing.
"""

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.companies import check_shared

DIMENSIONS = [
    ("technical", "Technical"),
    ("monitoring", "Monitoring"),
    ("organisational", "Organisational"),
    ("business", "Business"),
]
BY_HAND = "by_hand"  # the rule of rows that a person signs


class AiDeploymentCheckTemplate(models.Model):
    _name = "ai.deployment.check.template"
    _description = "Checklist Template"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "company_id, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies without a template of their own.")
    one_person = fields.Boolean(
        "One Person for All Roles",
        help="For small companies: builders of a deployment may also approve it. Each such approval is marked and "
        "has to be renewed at every review.",
    )
    line_ids = fields.One2many("ai.deployment.check.template.line", "template_id", "Rows", copy=True)

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._check_shared()
        return templates

    def write(self, vals):
        self._check_shared()
        result = super().write(vals)
        self._check_shared()  # one of a company's own does not become everybody's
        return result

    def unlink(self):
        self._check_shared()
        return super().unlink()

    def _check_shared(self):
        check_shared(self.env, any(not template.company_id for template in self.sudo()))

    @api.model
    def _of_company(self, company):
        """Return the template of `company`: its own, else that of the nearest one above it, else the standard one."""
        above = list(self.env["res.company"]._ai_above_ids(company.id))
        found = self.search(Domain("company_id", "in", [*above, False]), order="company_id, id")
        return found.sorted(lambda one: above.index(one.company_id.id) if one.company_id else len(above))[:1]

    def _check_values(self):
        """Values of the rows of a new checklist."""
        self.ensure_one()
        names = ("sequence", "dimension", "code", "name", "requirement", "rule", "minimum", "valid_days")
        return [{name: line[name] for name in names} for line in self.line_ids]

    def _copy_words(self, checks):
        """Give rows that were just made of this template its words in every language.

        :param checks: one per row of the template, in its order
        """
        languages = {code for code, _name in self.env["res.lang"].get_installed()}
        for line, check in zip(self.line_ids, checks, strict=True):
            for name in ("name", "requirement"):
                told = {code: line.with_context(lang=code)[name] for code in languages}
                check.update_field_translations(name, told)
