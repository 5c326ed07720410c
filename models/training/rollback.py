"""Back to an earlier version: only a pointer moves, after the proof that the version still scores as it did."""

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ...ml.errors import VersionError
from ..tools.wording import number
from .golden import PROVABLE, TOLERANCE, largest_difference
from .questions import missing_answers


class Rollback:
    """Roll the serving version of one deployment back.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.env = deployment.env

    def previous(self) -> BaseModel:
        """Return the version that served before the serving one.

        :raise UserError: there is none
        """
        for assignment in self._served().sorted("id", reverse=True):
            if assignment.version_id != self.deployment.champion_id:
                return assignment.version_id
        raise UserError(self.env._("No other version has served “%s” before.", self.deployment.name))

    def to(self, version: BaseModel, way: str = "rollback", why: str = "") -> dict:
        """Let `version` serve again; return the action that opens the withdrawn version.

        :param way: of `ai.deployment.assignment`
        :param why: sentence that says what was found, where nobody pressed a button
        :raise UserError: it serves already, never did, has open questions, is damaged, reads fields that are gone, or
            scores differently
        """
        deployment, withdrawn = self.deployment, self.deployment.champion_id
        if version == withdrawn:
            raise UserError(self.env._("%s is serving already.", version.name))
        if version not in self._served().version_id:
            raise UserError(self.env._("%s has never served: promote it instead.", version.name))
        # A first version serves in shadow whatever is asked about it: going back must not lead around the answer.
        if missing := missing_answers(version):
            raise UserError(self.env._("%(name)s cannot serve again: %(why)s", name=version.name, why=missing))
        proof = self.prove(version)
        reason = self.env._("Rolled back from %(name)s. %(proof)s", name=withdrawn.name, proof=proof)
        deployment._assign_champion(version, f"{why} {reason}".strip(), way)
        told = self.env._(
            "%(old)s was rolled back to %(new)s. %(proof)s", old=withdrawn.name, new=version.name, proof=proof
        )
        deployment.message_post(body=f"{why} {told}".strip())
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.version",
            "res_id": withdrawn.id,
            "views": [(False, "form")],
        }

    def _served(self) -> BaseModel:
        """Return the assignments of the versions that have served."""
        return self.deployment.assignment_ids.filtered(lambda assignment: assignment.role == "champion")

    def prove(self, version: BaseModel) -> str:
        """Return the sentence that `version` scores its golden set as when it was trained.

        :raise UserError: it does not, or cannot
        """
        fault = version._fault()
        if fault:
            raise UserError(self.env._("%(name)s cannot serve again: %(why)s", name=version.name, why=fault))
        try:
            card = version._card()
        except VersionError as error:
            raise UserError(self.env._("%(name)s cannot serve again: %(why)s", name=version.name, why=error)) from error
        golden = (version.golden or self._logged(version)) if isinstance(card, PROVABLE) else []
        if not golden:
            return self.env._("Its scores could not be compared: no stored records.")
        if largest_difference(card, golden) > TOLERANCE * (1 if version.golden else 100):  # the log keeps four digits
            raise UserError(
                self.env._("%s cannot serve again: it scores stored records differently than before.", version.name)
            )
        return self.env._("It scores %s stored records as before.", number(self.env, len(golden)))

    def left_behind(self, version: BaseModel) -> list[int]:
        """Return the ids of the records whose current score a withdrawn `version` wrote."""
        domain = Domain("deployment_id", "=", self.deployment.id) & Domain("version_id", "=", version.id)
        return self.env["ai.deployment.score"].sudo().search(domain).mapped("res_id")

    def _logged(self, version: BaseModel) -> list[dict]:
        """Return lines of the log as a golden set, for a version that was stored without one."""
        lines = self.env["ai.deployment.inference"].search(
            [("version_id", "=", version.id), ("failure_type", "=", False)], order="id desc", limit=20
        )
        return [{"codes": line.codes, "score": line.predicted_value} for line in lines if line.codes]
