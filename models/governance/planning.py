"""What stands in calendars about a deployment: an activity for its next review, and when it is trained again."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import clock
from ..tools.trust import OWN, own
from ..tools.wording import plain
from .checklist import Evidence

ACTIVITY = "ai_deployment.mail_activity_type_deployment_review"


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    retrain_hours = fields.Float("Hours for Training Again", tracking=True, help="Work of people, per time.")
    retrain_cost = fields.Monetary("Computing for Training Again", tracking=True, help="Per time; 0 on your own.")
    retrain_event_id = fields.Many2one("calendar.event", "Trained Again On", readonly=True, copy=False, index=True)

    _retrain_not_negative = models.Constraint(
        "CHECK(retrain_hours >= 0 AND retrain_cost >= 0)", "Hours and costs are not negative."
    )

    # The next review

    def _follow_written_planning(self, vals):
        yield
        if {"review_date", "user_id"} & vals.keys() and "state" not in vals:
            self._sync_review_activity()

    @api.model
    def _reviewed_states(self):
        """States in which a next review stands in somebody's activities."""
        return ("shadow", "production", "suspended")

    def _sync_review_activity(self):
        """One activity per deployment, on the day of its next review, for who answers for it; else none."""
        kind = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not kind:  # somebody deleted the type: what it is for stands on the page all the same
            return
        ours = Domain("res_model", "=", self._name) & Domain("activity_type_id", "=", kind.id)
        quiet = own(self.env["mail.activity"]).with_context(mail_activity_quick_update=OWN)
        standing = quiet.search(ours & Domain("res_id", "in", self.ids)).grouped("res_id")
        for deployment in self.sudo():
            activity, person = standing.get(deployment.id, quiet.browse()), deployment._person_to_tell()
            if deployment.state not in self._reviewed_states() or not deployment.review_date or not person:
                activity.unlink()
                continue
            values = {"user_id": person.id, "date_deadline": deployment.review_date}
            if activity:
                (activity - activity[0]).unlink()
                activity[0].write(values)
            else:
                quiet.create(
                    {
                        **values,
                        "res_model_id": self.env["ir.model"]._get_id(self._name),
                        "res_id": deployment.id,
                        "activity_type_id": kind.id,
                        "automated": True,
                        "summary": self.env._("Does it still do what it is for?"),
                    }
                )

    def _review_activity(self):
        """The open activity for the next review, as it has to be; empty where somebody deleted or moved it."""
        self.ensure_one()
        kind = self.env.ref(ACTIVITY, raise_if_not_found=False)
        return self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind
            and activity.date_deadline == self.review_date
            and activity.user_id == self._person_to_tell()
        )

    # Training again

    def _evidence_budget(self, check):
        event = self.retrain_event_id
        if not self.retrain_hours:
            return Evidence(False, self.env._("It is not written down how many hours training again takes."))
        if not event or not event.active:
            return Evidence(False, self.env._("No day in the calendar is kept for training again."))
        if event.start <= clock.now():
            return Evidence(False, self.env._("The day kept for training again is over: keep the next one."))
        if self.user_id.partner_id not in event.partner_ids:
            return Evidence(
                False, self.env._("%s does not take part in the meeting for training again.", self.user_id.name)
            )
        what = self.env._(
            "%(hours)s hours and %(cost)s, in the calendar on %(day)s.",
            hours=plain(self.env, round(self.retrain_hours, 1)),
            cost=self.currency_id.format(self.retrain_cost),
            day=fields.Date.to_string(event.start.date()),
        )
        return Evidence(True, what, clock.now())

    def _satisfy_budget(self, check):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Training Again"),
            "view_mode": "form",
            "target": "new",
            "res_model": "ai.deployment.budget",
            "context": {"default_deployment_id": self.id},
        }

    def _plan_training(self, hours, cost, start):
        """Write down what training again takes, and keep time for it in the owner's calendar."""
        self.ensure_one()
        self._check_decides()
        if hours <= 0:
            raise UserError(self.env._("Training again takes somebody some time: say how many hours."))
        if not start or start <= clock.now():
            raise UserError(self.env._("Keep a time that is still to come."))
        deployment = self.sudo()
        values = {
            "name": self.env._("Train again: %s", deployment.name),
            "start": start,
            "stop": fields.Datetime.add(start, hours=min(hours, 24 * 7)),
            "user_id": deployment.user_id.id,
            "partner_ids": [fields.Command.set(deployment.user_id.partner_id.ids)],
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": deployment.id,
        }
        event, now = own(deployment).retrain_event_id, clock.now()
        if event and event.active and event.start > now:
            event.write(values)
        else:
            event = own(self.env["calendar.event"]).create(values)
        deployment.write({"retrain_hours": hours, "retrain_cost": cost, "retrain_event_id": event.id})
