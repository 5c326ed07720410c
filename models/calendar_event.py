"""Meetings of leads: one that is held, moved or deleted may change the score of its lead (`documents.lead_events`)."""

from odoo import api, models

from .documents.lead_events import meetings_followed, note_meetings, note_new_meetings


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        note_new_meetings(events)
        return events

    def write(self, vals):
        with meetings_followed(self, list(vals)):
            return super().write(vals)

    def unlink(self):
        note_meetings(self)
        return super().unlink()
