"""Whether an alert was read; one that nobody reads goes to the next person.

Read means opened or acknowledged in Odoo by somebody it was sent to. That a mail was opened proves nothing: mail
programs and virus scanners open mails too.
"""

from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import clock


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    read_by_id = fields.Many2one("res.users", readonly=True)
    read_date = fields.Datetime("Read", readonly=True)
    escalated_date = fields.Datetime(
        "Escalated", readonly=True, tracking=True, help="When it went to the next person, as nobody had read it."
    )

    def _untold_values(self):
        return super()._untold_values() | {"read_by_id": False, "read_date": False, "escalated_date": False}

    # Reading

    def web_read(self, specification):
        """Opening the form of an alert reads it, where it was sent to whoever opens it.

        The web client calls this for one record when it opens a form, by itself or with the pager. Lists call
        `web_search_read`, which ends here too, maybe with a single row; but only the form asks for what to do about it.
        """
        if len(self.ids) == 1 and "suggestion" in specification:
            self._mark_read()
        return super().web_read(specification)

    # Odoo would offer a read-only cursor for this method, and an opened form is written down.
    web_read._readonly = False

    def action_acknowledge(self):
        result = super().action_acknowledge()
        self.filtered(lambda alert: alert.state == "acknowledged")._write_reader()
        return result

    def _mark_read(self):
        self.ensure_one()
        self.check_access("read")
        if self.env.user in self.sudo()._addressees():
            self._write_reader()

    def _write_reader(self):
        unread = self.sudo().filtered(lambda alert: not alert.read_date)
        unread.write({"read_by_id": self.env.uid, "read_date": clock.now()})

    def _addressees(self):
        """The owner, the deputy, and whoever has an activity about it."""
        self.ensure_one()
        return self.deployment_id.user_id | self.deployment_id.deputy_id | self.activity_ids.user_id

    # Escalation

    @api.model
    def _daily_steps(self):
        told = self.sudo().search(self._unread_domain(), order="id")
        told.filtered(lambda alert: alert.told_date > clock.now()).told_date = clock.now()  # the clock was ahead
        return super()._daily_steps() + [partial(alert._escalate) for alert in told if alert._is_overdue()]

    @api.model
    def _unread_domain(self):
        return (
            Domain("level", "=", "alert")
            & Domain("state", "=", "firing")
            & Domain("told_date", "!=", False)
            & Domain("read_date", "=", False)
            & Domain("escalated_date", "=", False)
            & (Domain("muted_until", "=", False) | Domain("muted_until", "<=", clock.today()))
        )

    def _is_overdue(self):
        self.ensure_one()
        return self.told_date <= clock.now() - timedelta(days=self.deployment_id.escalation_days)

    def _escalate(self):
        """Tell who stands in, else the administrators; once."""
        for alert in self._locked(self._unread_domain()).filtered(lambda a: a._is_overdue()):
            people = alert._next_people()
            if people:
                days = (clock.now() - alert.told_date).days
                alert._point(people, self.env._("Unread for %(days)s days: %(what)s", days=days, what=alert.name))
                alert.escalated_date = clock.now()

    def _next_people(self):
        """The deputy, else the administrators; none who was told already."""
        deployment = self.deployment_id
        told = deployment._person_to_tell() | self.activity_ids.user_id
        deputy = deployment.deputy_id.filtered("active") - told
        return deputy or deployment._administrators() - told
