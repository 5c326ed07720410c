"""The token of the address that a check outside calls, see `controllers/health.py`. Only its hash is stored."""

import hashlib
import hmac
import secrets

from odoo.api import Environment

PARAMETER = "ai_deployment.health_token_sha256"


def make_token(env: Environment) -> str:
    """Return a new token, in place of the one before; it cannot be read again."""
    token = secrets.token_urlsafe(32)
    env["ir.config_parameter"].sudo().set_param(PARAMETER, _hash(token))
    return token


def forget_token(env: Environment) -> None:
    """Take the address away."""
    env["ir.config_parameter"].sudo().set_param(PARAMETER, False)


def has_token(env: Environment) -> bool:
    """Return whether there is an address."""
    return bool(env["ir.config_parameter"].sudo().get_param(PARAMETER))


def is_token(env: Environment, token: str) -> bool:
    """Return whether `token` is the one of the address; compared in constant time."""
    kept = env["ir.config_parameter"].sudo().get_param(PARAMETER)
    return bool(kept) and hmac.compare_digest(_hash(token), kept)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
