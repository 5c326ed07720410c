"""Planned work on a deployment: the activity for its next periodic review, and time in the calendar for training."""

from datetime import datetime

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from ..tools.existence import has_any
from ..tools.trust import OWN, own

REVIEW_ACTIVITY = "ai_deployment.mail_activity_type_deployment_review"
REVIEWED_STATES = ("shadow", "production", "suspended")  # in which the next review is planned as an activity


class Planning:
    """Activities and calendar events of deployments, with the rights of the records handed in."""

    def __init__(self, deployments: BaseModel) -> None:
        self.deployments = deployments
        self.env = deployments.env

    def sync_review_activities(self) -> None:
        """Keep one activity per deployment for its next review, for the person who is notified; else none.

        Nothing happens where somebody deleted the type of activity: the date is on the form as well.
        """
        kind = self.env.ref(REVIEW_ACTIVITY, raise_if_not_found=False)
        if not kind:
            return
        deployments = self.deployments.sudo()
        ours = Domain("res_model", "=", deployments._name) & Domain("activity_type_id", "=", kind.id)
        activities = own(self.env["mail.activity"]).with_context(mail_activity_quick_update=OWN)
        existing = activities.search(ours & Domain("res_id", "in", deployments.ids)).grouped("res_id")
        for deployment in deployments:
            activity, person = existing.get(deployment.id, activities.browse()), deployment._person_to_tell()
            if deployment.state not in REVIEWED_STATES or not deployment.review_date or not person:
                activity.unlink()
                continue
            values = {"user_id": person.id, "date_deadline": deployment.review_date}
            if activity:
                kept, *repeated = activity
                activities.union(*repeated).unlink()
                kept.write(values)
            else:
                activities.create(
                    {
                        **values,
                        "res_model_id": self.env["ir.model"]._get_id(deployments._name),
                        "res_id": deployment.id,
                        "activity_type_id": kind.id,
                        "automated": True,
                        "summary": self.env._("Does it still fulfil its purpose?"),
                    }
                )

    def has_review_activity(self) -> bool:
        """Return whether an active user has an activity for the next review, or there is no such type of activity.

        The deployment is one sudo record here.
        """
        kind = self.env.ref(REVIEW_ACTIVITY, raise_if_not_found=False)
        if not kind:
            return True
        planned = Domain("res_model", "=", "ai.deployment") & Domain("res_id", "=", self.deployments.id)
        planned &= Domain("activity_type_id", "=", kind.id) & Domain("user_id.active", "=", True)
        return has_any(self.env["mail.activity"], planned)

    def plan_training(self, hours: float, cost: float, start: datetime | None) -> None:
        """Store what training again takes, and plan it in the owner's calendar, for who answers for the deployment.

        :param hours: of work, above 0
        :param cost: of computing, in the currency of the company
        :param start: naive UTC, in the future
        """
        self.deployments.ensure_one()
        self.deployments._check_decides()
        if hours <= 0:
            raise UserError(self.env._("The hours of retraining are missing: enter them."))
        if not start or start <= clock.now():
            raise UserError(self.env._("The new date must be in the future."))
        deployment = self.deployments.sudo()
        values = {
            "name": self.env._("Retrain: %s", deployment.name),
            "start": start,
            "stop": fields.Datetime.add(start, hours=min(hours, 24 * 7)),
            "user_id": deployment.user_id.id,
            "partner_ids": [fields.Command.set(deployment.user_id.partner_id.ids)],
            "res_model_id": self.env["ir.model"]._get_id(deployment._name),
            "res_id": deployment.id,
        }
        event, now = own(deployment).retrain_event_id, clock.now()
        if event and event.active and event.start > now:
            event.write(values)
        else:
            event = own(self.env["calendar.event"]).create(values)
        deployment.write({"retrain_hours": hours, "retrain_cost": cost, "retrain_event_id": event.id})
