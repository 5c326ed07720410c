"""Records that the addon ships, which somebody may have deleted or archived since.

Business goes on without them: a lead is created and a bill is posted whether or not a scheduled action of ours exists.
What is missing is a finding of health, told there with its cure.
"""

from datetime import datetime

from odoo.api import Environment
from odoo.models import BaseModel

MODULE = "ai_deployment"


def shipped(env: Environment, name: str) -> BaseModel | None:
    """Return the record that the addon ships as `name`, with all rights; None where it is gone.

    :param name: str, the external id without the module
    """
    record = env.ref(f"{MODULE}.{name}", raise_if_not_found=False)
    return record.sudo() if record else None


def wake(env: Environment, name: str, at: datetime | None = None) -> None:
    """Let the scheduled action that the addon ships as `name` run soon, or at `at`; do nothing where it is gone."""
    job = shipped(env, name)
    if job:
        job._trigger(at)


def wake_mail_queue(env: Environment) -> None:
    """Let Odoo's mail queue run soon: whoever calls this waits for no mail server."""
    queue = env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
    if queue:
        queue.sudo()._trigger()
