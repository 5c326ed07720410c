"""Versions of models that run elsewhere: where they are asked, and by which contract."""

import json
from dataclasses import replace

from odoo import api, fields, models

from ...ml.errors import ArtifactRejected
from ...remote.contract import Contract, ContractError


class AiDeploymentVersion(models.Model):
    _inherit = "ai.deployment.version"

    endpoint_id = fields.Many2one("ai.deployment.endpoint", readonly=True, index="btree_not_null", ondelete="restrict")
    contract_text = fields.Text("Contract", compute="_compute_contract_text", compute_sudo=True)

    @api.depends("digest")
    def _compute_contract_text(self):
        for version in self:
            contract = {key: value for key, value in (version.artifact or {}).get("contract", {}).items() if value}
            if isinstance(contract.get("schema"), str):
                contract["schema"] = json.loads(contract["schema"])
            version.contract_text = json.dumps(contract, indent=2, ensure_ascii=False) if contract else False

    def _contract(self):
        """Return the contract of a remote version.

        :raise ArtifactRejected: where it cannot be used
        """
        self.ensure_one()
        try:
            contract = Contract.from_dict(self._card().contract)
        except ContractError as error:
            raise ArtifactRejected(str(error)) from error
        # In the order of the version: objects in PostgreSQL have none.
        return replace(contract, inputs={key: contract.inputs[key] for key in self._specs() if key in contract.inputs})
