"""Markers of what is done: one configuration parameter per step, committed with the step itself."""

import time
from datetime import date, timedelta

from odoo import fields

PREFIX = "harrow_creek."


class Progress:
    def __init__(self, env, say):
        self.env, self.say = env, say
        self._parameters = env["ir.config_parameter"].sudo()
        self._before = float(self.get("seconds", "0"))
        self._started = time.monotonic()

    def get(self, name, default=""):
        return self._parameters.get_param(PREFIX + name, default)

    def set(self, name, value):
        self._parameters.set_param(PREFIX + name, str(value))

    def end_date(self):
        """The last day of the story: yesterday, when it was begun."""
        if not self.get("end_date"):
            self.set("end_date", fields.Date.today() - timedelta(days=1))
            self.env.cr.commit()
        return date.fromisoformat(self.get("end_date"))

    def step(self, name, text, work):
        """Do `work` and commit, unless an earlier call has."""
        if self.get(name):
            return
        self.say(f"{text} ...")
        work()
        self.mark(name, "done")

    def mark(self, name, value):
        """Commit what was done since the last marker, together with the marker and the seconds so far."""
        self.set(name, value)
        self.set("seconds", f"{self._before + time.monotonic() - self._started:.1f}")
        self.env.flush_all()
        self.env.cr.commit()
