"""Rows that all companies share are changed by who answers for all of them."""

from odoo.api import Environment
from odoo.exceptions import AccessError

from .existence import has_any


def has_all_companies(env: Environment) -> bool:
    """Return whether the current user has access to every active company."""
    return not has_any(env["res.company"].sudo(), [("id", "not in", env.user.company_ids.ids)])


def check_shared(env: Environment, is_shared: bool) -> None:
    """Raise where what is shared would be changed by a person without access to all companies."""
    if is_shared and not env.su and not has_all_companies(env):
        raise AccessError(
            env._("This is shared by all companies: only users with access to all of them can change it.")
        )
