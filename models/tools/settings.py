"""Defaults of new deployments that an administrator chose in the settings."""

from odoo.api import Environment

RETENTION, REVIEW, GRACE = "retention_days", "review_days", "grace_days"
USUAL = {RETENTION: 730, REVIEW: 90, GRACE: 14}
REACH = {RETENTION: (1, 3650), REVIEW: (1, 366), GRACE: (0, 90)}


def days(env: Environment, name: str) -> int:
    """Return the chosen number of days of a default; the usual one where what is stored makes no sense."""
    stored = env["ir.config_parameter"].sudo().get_param(f"ai_deployment.{name}")
    low, high = REACH[name]
    try:
        chosen = int(stored or "")  # what is not stored is False, which is no number of days
    except ValueError:
        return USUAL[name]
    return chosen if low <= chosen <= high else USUAL[name]
