"""Versions of models that run elsewhere: where they are asked, and by which contract."""

import json
from dataclasses import replace

from odoo import api, fields, models, tools

from ...ml.errors import ArtifactRejected
from ...remote.answer_fields import fields_of
from ...remote.contract import Contract, ContractError
from ..tools.trust import own


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

    def _answer_fields(self):
        """Return the values that a version is asked for, see `remote.answer_fields`; none of a score."""
        self.ensure_one()
        return self._cached_answer_fields(self.id)

    @api.model
    @tools.ormcache("version_id")
    def _cached_answer_fields(self, version_id):
        version = own(self).browse(version_id)
        if version.kind not in ("remote", "pushed"):
            return ()
        return fields_of((version.artifact or {}).get("contract", {}).get("answers") or [])

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
