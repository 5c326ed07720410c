"""What the addon notes in the chatter of its records stays: a trace that its subject can delete is none."""

from odoo import models
from odoo.exceptions import AccessError

# What people write themselves is theirs to correct; Odoo lets whoever may write the record delete any message.
WRITTEN_BY_PEOPLE = ("comment", "email", "email_outgoing", "whatsapp_message")


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        self._ai_check_trace()
        return super().write(vals)

    def unlink(self):
        self._ai_check_trace()
        return super().unlink()

    def _ai_check_trace(self):
        """Refuse people, whatever they may do to the record; deleting the record itself takes its messages along."""
        if self.env.su:
            return
        for message in self.sudo():
            noted = message.message_type not in WRITTEN_BY_PEOPLE or message.tracking_value_ids
            if message.model and noted and hasattr(self.env.get(message.model), "_ai_undefaulted_fields"):
                raise AccessError(self.env._("What is noted about “%s” stays as it is.", message.record_name))
