"""Where the passes over the reviews of a deployment go on, see `windows`."""

from odoo import fields, models


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    open_position = fields.Integer(readonly=True, copy=False, help="The record after which the next pass goes on.")
    left_position = fields.Integer(readonly=True, copy=False, help="The same for records that had left.")
