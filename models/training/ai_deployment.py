"""From which moment a record counts: the day on which it was entered, or a date that the owner names.

Records of an older system are entered in one night. Counted from that night, none of their outcomes is due before the
horizon has passed; counted from the date on which they began there, they are a history to learn from at once.
"""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    start_field_id = fields.Many2one(
        "ir.model.fields",
        "Start Date",
        tracking=True,
        ondelete="set null",
        copy=True,
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('date', 'datetime')), ('store', '=', True)]",
        help="The date on which a record began. Its place in time, its age and the days within which its outcome has "
        "to come are counted from there; records without it count from their creation. Empty: the creation. Name "
        "another date where records were imported, such as the date of the enquiry.",
    )
    has_outcome = fields.Boolean(compute="_compute_has_outcome")

    @api.depends("res_model")
    def _compute_has_outcome(self):
        for deployment in self:
            documents = self.env.get(deployment.res_model)
            deployment.has_outcome = bool(documents is not None and documents._ai_has_outcome())

    @api.constrains("start_field_id", "model_id")
    def _check_start_field(self):
        """The date moves what is learned, so it is one that exists, that its reader may read, and no end."""
        for deployment in self.filtered("start_field_id"):
            chosen, documents = deployment.sudo().start_field_id, self.env[deployment.res_model]
            field = documents._fields.get(chosen.name) if chosen.model == documents._name else None
            if not field or field.type not in ("date", "datetime") or not field.store:
                raise ValidationError(self.env._("“Start Date” needs a date of the record that is stored."))
            if not documents._ai_has_outcome():
                raise ValidationError(self.env._("“Start Date” is for records that have an outcome."))
            if not documents._has_field_access(field, "read"):
                raise ValidationError(self.env._("You may not read “%s”.", chosen.field_description))
            if chosen.name in documents._ai_no_start_fields():
                label = chosen.field_description
                raise ValidationError(self.env._("“%s” says when a record ends or was changed, not its start.", label))
