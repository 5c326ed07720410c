"""Names in the language of whoever reads them, until a person changes them.

What a row is called first is proposed by the addon or by the label of a field. Such a name is not stored: it is made
in the language of the reader. A name that a person typed is stored as typed (`own_name`) and is shown to everybody;
typing the proposed name again, in any installed language, ends that.
"""

from odoo import api, fields, models
from odoo.fields import Domain


class AiDeploymentNamedMixin(models.AbstractModel):
    _name = "ai.deployment.named.mixin"
    _inherit = "ai.deployment.readable.mixin"
    _description = "Name in the Language of the Reader"

    _ai_named_by = ()  # names of the fields that the proposed name is made from

    own_name = fields.Char("Typed Name")
    name = fields.Char(
        required=True,
        compute="_compute_name",
        inverse="_inverse_name",
        search="_search_name",
        readonly=False,
        unsaved=True,
    )

    @api.depends(lambda self: ("own_name", *self._ai_named_by))
    @api.depends_context("lang")
    def _compute_name(self):
        for record in self:
            record.name = record.own_name or record._proposed_name()

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        return super()._compute_display_name()

    def _proposed_name(self):
        """Return what the record is called where nobody named it, in the language of `env`; "" where nothing is."""
        raise NotImplementedError

    def _inverse_name(self):
        # "en_US" is there without being installed: programs that set up a database write in it.
        languages = {"en_US", *(code for code, _name in self.env["res.lang"].get_installed())}
        for record in self:
            proposed = {record.with_context(lang=language)._proposed_name() for language in languages}
            record.own_name = False if record.name in proposed else record.name
        # What is being written is protected: names in other languages would stay as they were.
        self.invalidate_recordset(["name", "display_name"], flush=False)

    def _search_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        known = self.with_context(active_test=False).search(Domain.TRUE)
        named = known.filtered(lambda record: record.name)  # a name that is "" is none
        return Domain("id", "in", named.filtered_domain(Domain("name", operator, value)).ids)
