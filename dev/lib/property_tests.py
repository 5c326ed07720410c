"""Profiles of hypothesis for the tests without Odoo: ``repeatable`` by day, ``exploring`` at night."""

from hypothesis import settings


def register_profiles():
    """Register both and use ``repeatable``, which draws the same examples in each run; neither limits their time."""
    settings.register_profile("repeatable", derandomize=True, deadline=None)
    settings.register_profile("exploring", deadline=None, print_blob=True)
    settings.load_profile("repeatable")
