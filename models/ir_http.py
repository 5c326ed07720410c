"""What the web client is told at its start: where the documentation is, and which chapter belongs to which page."""

from odoo import models

from .tools import documentation


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        address = self.env["ir.config_parameter"].sudo().get_param("ai_deployment.documentation_url")
        if address and self.env.user._is_internal():
            info["ai_deployment_documentation"] = {
                "address": address.rstrip("/"),
                "pages": documentation.PAGES,
                "others": documentation.OTHERS,
            }
        return info
