"""Protect the chatter of the addon's records: messages stay unchanged, with their true author.

A trace that its subject can delete is none, and neither is one that anybody can write in a colleague's name.
Messages of leads may change a score (`documents.lead_events`).
"""

from odoo import api, models
from odoo.exceptions import AccessError

from .documents.lead_events import messages_followed, note_messages, note_new_messages

# What people write themselves is theirs to correct; Odoo lets whoever may write the record delete any message.
WRITTEN_BY_PEOPLE = ("comment", "email", "email_outgoing", "whatsapp_message")


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._ai_in_own_name(vals) for vals in vals_list]
        messages = super().create(vals_list)
        note_new_messages(messages)
        return messages

    def _ai_in_own_name(self, vals):
        """`vals` of a message of the addon's records, whose author is the user, whoever was named."""
        if not hasattr(self.env.get(vals.get("model")), "_ai_undefaulted_fields"):
            return vals
        user = self.env.user
        return {**vals, "author_id": user.partner_id.id, "author_guest_id": False, "email_from": user.email_formatted}

    def write(self, vals):
        self._ai_check_trace()
        with messages_followed(self, vals):
            return super().write(vals)

    def unlink(self):
        self._ai_check_trace()
        note_messages(self)
        return super().unlink()

    def _ai_check_trace(self):
        """Refuse people, whatever they may do to the record; deleting the record itself takes its messages along."""
        if self.env.su:
            return
        for message in self.sudo():
            noted = message.message_type not in WRITTEN_BY_PEOPLE or message.tracking_value_ids
            if message.model and noted and hasattr(self.env.get(message.model), "_ai_undefaulted_fields"):
                raise AccessError(self.env._("The history of “%s” cannot be changed.", message.record_name))
