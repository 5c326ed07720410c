"""Settings of the addon that belong to no deployment."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..remote.guard import not_hosts
from .tools import settings


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ai_deployment_allowed_hosts = fields.Char(
        "Allowed Hosts",
        config_parameter="ai_deployment.allowed_hosts",
        help="Hosts in the own network, or without https, that may be called. For example: models.example.com:8443",
    )

    ai_deployment_retention_days = fields.Integer(
        "Log Retention",
        config_parameter="ai_deployment.retention_days",
        default=settings.USUAL[settings.RETENTION],
        help="Days after which the log of a new deployment is deleted.",
    )
    ai_deployment_review_days = fields.Integer(
        "Periodic Review",
        config_parameter="ai_deployment.review_days",
        default=settings.USUAL[settings.REVIEW],
        help="Days until the first periodic review of a new deployment.",
    )
    ai_deployment_grace_days = fields.Char(
        "Days of Grace",
        config_parameter="ai_deployment.grace_days",
        default=str(settings.USUAL[settings.GRACE]),
        help="Days for which scores of a new deployment remain visible without an owner. 0: none.",
    )
    ai_deployment_documentation_url = fields.Char(
        "Documentation Address",
        config_parameter="ai_deployment.documentation_url",
        help="Where the documentation of AI deployments is published. Pages then link to their chapter.",
    )

    def set_values(self):
        """Store the settings.

        :raise UserError: where an allowed host is none, a number of days is out of reach, or an address is no https
        """
        self._check_days()
        address = (self.ai_deployment_documentation_url or "").strip()
        if address and not address.startswith("https://"):
            raise UserError(self.env._("The address of the documentation begins with https://, unlike “%s”.", address))
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

    def _check_days(self):
        for name, (low, high) in settings.REACH.items():
            field = self._fields[f"ai_deployment_{name}"]
            entered = str(self[field.name] or 0).strip()
            if not entered.isdecimal() or not low <= int(entered) <= high:
                raise UserError(
                    self.env._(
                        "“%(setting)s” is a number of days from %(low)s to %(high)s.",
                        setting=field._description_string(self.env),
                        low=low,
                        high=high,
                    )
                )
