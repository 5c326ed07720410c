"""The page "Overview": headline tiles of every deployment that the user may see."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .headlines import Headlines

ORDER = ("bad", "attention", "good", "idle")  # of health: what needs somebody comes first


class AiDeploymentOverview(models.AbstractModel):
    _name = "ai.deployment.overview"
    _description = "Overview of Deployments"

    @api.model
    @api.readonly
    def tiles(self, deployment_id):
        """Return the tiles of one deployment, for users who may read it and its counts; see `Headlines`."""
        deployment = self.env["ai.deployment"].browse(deployment_id)
        deployment.check_access("read")
        self.env["ai.deployment.profile"].check_access("read")
        return Headlines(deployment).tiles()[deployment.id]

    @api.model
    @api.readonly
    def page(self):
        """Return what the page "Overview" shows, for users who may read deployments and their counts.

        :raise AccessError: with a sentence for who opened the page by its address, without its menu
        :return: {"deployments": [{"id", "name", "document", "owner", "is_mine", "state", "state_label", "health",
            "worse", "is_demonstration", "tiles"}], "may_create": bool}; what is worse than the base rate comes first
        """
        if not self.env["ai.deployment.profile"].has_access("read"):
            raise AccessError(
                self.env._(
                    "This page is for owners, auditors and administrators of deployments. An administrator can give "
                    "you this role."
                )
            )
        deployments = self.env["ai.deployment"].search(Domain("state", "!=", "retired"))
        tiles = Headlines(deployments).tiles()
        states = dict(deployments._fields["state"]._description_selection(self.env))
        ordered = deployments.sorted(lambda one: (not one.worse_text, ORDER.index(one.health or "idle")))
        return {
            "deployments": [
                {
                    "id": one.id,
                    "name": one.name,
                    "document": self.env[one.res_model]._ai_words()["records"],
                    "owner": one.sudo().user_id.name,
                    "is_mine": self.env.user in one.sudo().user_id | one.sudo().deputy_id,
                    "state": one.state,
                    "state_label": states[one.state],
                    "health": one.health,
                    "worse": one.worse_text or "",
                    "is_demonstration": one.is_demonstration,
                    "tiles": tiles[one.id],
                }
                for one in ordered
            ],
            "may_create": deployments.has_access("create"),
        }
