"""Settings of the addon that belong to no deployment."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..remote.guard import not_hosts


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ai_deployment_allowed_hosts = fields.Char(
        "Allowed Hosts",
        config_parameter="ai_deployment.allowed_hosts",
        help="Hosts in the own network, or without https, that may be called. For example: models.example.com:8443",
    )

    def set_values(self):
        """Store the settings.

        :raise UserError: where an allowed host is none
        """
        wrong = not_hosts(self.ai_deployment_allowed_hosts)
        if wrong:
            raise UserError(
                self.env._(
                    "“%s” is not the name of a host. Enter names such as models.example.com or 10.0.0.5:8443, "
                    "separated by commas.",
                    wrong[0],
                )
            )
        return super().set_values()
