"""From a guided start to a deployment: made once, however often and by however many people it is asked for."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.models import BaseModel

from ..deployment.eligibility import person_gap
from ..tools import clock


class DeploymentMaker:
    """Make the deployment of one guided start, with the rights of the user.

    :param onboarding: ai.deployment.onboarding of the user
    """

    def __init__(self, onboarding: BaseModel) -> None:
        onboarding.ensure_one()
        self.onboarding = onboarding
        self.template = onboarding.template_id
        self.env = onboarding.env

    def draft(self) -> BaseModel:
        """Return the deployment as it would be, unsaved."""
        values = self._values()
        for name in ("deputy_id", "approver_id", "reviewer_ids"):
            values.pop(name, None)
        return self.env["ai.deployment"].new(values)

    def twin(self) -> BaseModel:
        """Return the deployment that a colleague made with the same template since this guided start began.

        A guided start that several people of one team take is meant once; what was there before was there to be seen.
        """
        others = (
            self.env["ai.deployment.onboarding"]
            .sudo()
            .search(
                Domain("template_id", "=", self.template.id)
                & Domain("company_id", "=", self.onboarding.company_id.id)
                & Domain("id", "!=", self.onboarding.id)
                & Domain("deployment_id.state", "!=", "retired")
                & Domain("deployment_id.create_date", ">=", self.onboarding.create_date)
            )
        )
        return others.deployment_id[:1]

    def make(self) -> BaseModel:
        """Return the deployment, made now where there is none; empty where a colleague has made one meanwhile.

        The row of the template is written first. Of two transactions that do so, the database refuses the later one,
        and Odoo does it once more, on what the first has committed.

        :raise UserError: where no input is chosen
        """
        onboarding = self.onboarding
        chosen = onboarding.line_ids.filtered("is_chosen")
        if not chosen:
            raise UserError(self.env._("Tick at least one input."))
        self._check_people()
        self.template.sudo().last_started = clock.now()
        self.env.flush_all()
        onboarding.invalidate_recordset()
        if onboarding.deployment_id:
            return onboarding.deployment_id
        twin = self.twin()
        if twin and not onboarding.wants_second:
            onboarding.sudo().twin_id = twin
            return self.env["ai.deployment"]
        deployment = self.env["ai.deployment"].create(
            {
                **self._values(),
                "feature_ids": [
                    Command.create({**line.declaration, "sequence": place}) for place, line in enumerate(chosen, 1)
                ],
            }
        )
        told = deployment.sudo()
        told.viewer_group_ids = onboarding.sudo().viewer_group_ids
        if self.template.sudo().check_template_id and self.template.check_template_id != told.check_template_id:
            told.check_ids.unlink()
            told.check_template_id = self.template.sudo().check_template_id
            self.env["ai.deployment.check"].sudo().create(
                [{"deployment_id": deployment.id, **values} for values in told.check_template_id._check_values()]
            )
        if onboarding.weekly_summary and deployment.user_id.partner_id.email:
            self.env["ai.deployment.channel"].create(
                {
                    "deployment_id": deployment.id,
                    "kind": "email",
                    "frequency": "weekly",
                    "partner_ids": [Command.set(deployment.user_id.partner_id.ids)],
                }
            )
        onboarding.sudo().deployment_id = deployment
        return deployment

    def _check_people(self) -> None:
        """Refuse an owner or a deputy who cannot answer for it, and a deployment of which the user is neither.

        :raise ValidationError: with the reason
        """
        onboarding, env = self.onboarding, self.env
        draft = self.draft()
        for person in onboarding.owner_id | onboarding.deputy_id:
            if gap := person_gap(draft, person):
                raise ValidationError(gap)
        is_theirs = env.user in onboarding.owner_id | onboarding.deputy_id
        if not is_theirs and not env.user.has_group("ai_deployment.group_manager"):
            raise ValidationError(
                env._("You have to be its owner or deputy: only administrators create it for others.")
            )

    def _values(self) -> dict:
        onboarding, template = self.onboarding, self.template
        return {
            "name": onboarding.name,
            "purpose": template.purpose,
            "company_id": onboarding.company_id.id,
            "user_id": onboarding.owner_id.id,
            "deputy_id": onboarding.deputy_id.id,
            "approver_id": onboarding.approver_id.id,
            "reviewer_ids": [Command.set(onboarding.reviewer_ids.ids)],
            "model_id": template.model_id.id,
            "method": template.method,
            "horizon_days": onboarding.horizon_days,
            "landmarks": template.landmarks,
            "score_on_create": template.score_on_create,
            "score_on_change": template.score_on_change,
            "score_nightly": template.score_nightly,
        }
