"""Ways to send messages inside Odoo: its mail queue and Discuss. Webhooks are called between transactions."""

from datetime import timedelta

from markupsafe import Markup

from odoo.fields import Command
from odoo.models import BaseModel
from odoo.tools import plaintext2html

from ..tools import clock
from ..tools.shipped import shipped, wake, wake_mail_queue
from ..tools.trust import own

FIRST_LOOK = timedelta(minutes=2)  # at what became of a mail
LONGEST_IN_QUEUE = timedelta(days=1)
# Of Odoo's reasons why a mail did not leave, those that do not pass.
MAIL_IS_WRONG = {"mail_email_invalid", "mail_email_missing", "mail_from_invalid", "mail_from_missing"}


def send_by_email(messages: BaseModel) -> None:
    """Hand `messages` to Odoo's mail queue as one mail per person, again where it was refused.

    Whether it left is seen later, by `follow_mail`.

    :param messages: ai.deployment.message of one channel with all rights, the first one carries the others
    """
    first = messages[0]
    if first.handed_date:
        refused = first.mail_ids.filtered(lambda mail: mail.state == "exception")
        own(refused).mark_outgoing()
        if not first.mail_ids.filtered(lambda mail: mail.state == "outgoing"):
            _mails_ended(messages)  # somebody has sent or cancelled them by hand
            return
    elif not _make_mails(messages):
        return
    now = clock.now()
    messages.write(
        {"state": "handed", "attempts": first.attempts + 1, "handed_date": now, "next_date": now + LONGEST_IN_QUEUE}
    )
    wake_mail_queue(messages.env)
    wake(messages.env, "ir_cron_send", now + FIRST_LOOK)


def send_by_discuss(messages: BaseModel) -> None:
    """Post `messages` of one channel into its Discuss channel, as one."""
    env, target = messages.env, messages.channel_id.discuss_channel_id
    if not target or not target.active:
        messages._not_sent(env._("The Discuss channel has been deleted."))
        return
    own(target).message_post(
        body=Markup("<br/>").join(_as_html(message) for message in messages),
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )
    messages._sent()


WAYS = {"email": send_by_email, "discuss": send_by_discuss}


def follow_mail(message: BaseModel) -> None:
    """Store what became of the mails of one message and of those sent along with it."""
    told = message | message.bundled_ids
    if "outgoing" not in message.mail_ids.mapped("state"):
        _mails_ended(told)
    elif message.filtered_domain(clock.due_domain("next_date", LONGEST_IN_QUEUE)):
        told._not_sent(message.env._("The mail has been in the queue for a day."))


def _make_mails(messages: BaseModel) -> bool:
    """Make one mail per person; return whether there are any."""
    env, first = messages.env, messages[0]
    template = shipped(env, "mail_template_message")
    people = first.partner_ids.filtered("email")
    if not people:
        messages._not_sent(env._("No recipient has an e-mail address."))
    elif not template:
        messages._not_sent(env._("The mail template has been deleted. Update the app AI Deployment."))
    else:
        for partner in people:
            mail_id = own(template).send_mail(first.id, email_values={"recipient_ids": [Command.set(partner.ids)]})
            first.mail_ids = [Command.link(mail_id)]
    return bool(first.mail_ids)


def _mails_ended(messages: BaseModel) -> None:
    """Nothing of `messages` waits in the mail queue any more: all have left, or some were refused."""
    stay = messages[0].mail_ids.filtered(lambda mail: mail.state in ("exception", "cancel"))
    if not stay:
        messages._sent()
        return
    may_pass = any(mail.state == "exception" and mail.failure_type not in MAIL_IS_WRONG for mail in stay)
    messages._not_sent(messages.env._("The mail server did not accept the mail."), transient=may_pass)


def _as_html(message: BaseModel) -> Markup:
    lines = Markup("<b>%s</b>") % message.subject
    if message.body:
        lines += Markup("<br/>") + plaintext2html(message.body)
    if message.link:
        lines += Markup('<a href="%s">%s</a>') % (message.link, message._link_label())
    return lines
