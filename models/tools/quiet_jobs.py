"""Keep the server log short where the database is away: one line per job of the addon, in place of a traceback.

Odoo logs the traceback of each job that fails. Where the connection is lost, all of ours fail in the same second and
again with each try, with the same twenty lines of the driver: nothing of that says more than the name of the fault.
"""

import logging

from . import faults

JOBS = "AI Deployment:"  # begins the names of our jobs


class _Shorten(logging.Filter):
    """Replace the traceback of a job of ours by the kind of fault, where that is one of the moment."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and faults.is_of_the_moment(error) and JOBS in record.getMessage():
            code = getattr(error, "pgcode", None)
            told = f"{type(error).__name__} {code}" if code else type(error).__name__
            record.msg, record.args = "%s: %s", (record.getMessage(), told)
            record.exc_info = record.exc_text = None
        return True


logging.getLogger("odoo.addons.base.models.ir_cron").addFilter(_Shorten())
