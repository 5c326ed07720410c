"""What one call to an endpoint needs, read before the transaction ends: address, limits, secret, allowed hosts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from odoo.api import Environment
from odoo.models import BaseModel

from ...ml.errors import EndpointNotReady
from ...remote.guard import Guard, parse_allowed
from ...remote.session import Session
from ..tools.credentials import credential
from .budget import is_used_up

HOST_OF = "_HOST"  # behind the name of a credential: the host that it may be sent to


@dataclass(frozen=True)
class Connection:
    """Plain values: nothing of it reads the database."""

    address: str
    secret: str
    allowed: frozenset[str]
    read_seconds: float
    deadline_seconds: float

    def session(self) -> Session:
        """Return a session that keeps its connections."""
        return Session(Guard(self.allowed), deadline=self.deadline_seconds, read=self.read_seconds, keeps=True)


def connect(endpoint: BaseModel) -> Connection:
    """Return what calling `endpoint` needs.

    :param endpoint: `ai.deployment.endpoint`, in sudo
    :raise EndpointNotReady: where it cannot be called as it is set up
    """
    env = endpoint.env
    why = _not_ready(endpoint)
    if why:
        raise EndpointNotReady(why)
    return Connection(
        address=endpoint.address,
        secret=credential(endpoint.credential) if endpoint.credential else "",
        allowed=frozenset(parse_allowed(_parameter(env, "ai_deployment.allowed_hosts"))),
        read_seconds=min(endpoint.read_seconds, endpoint.deadline_seconds),
        deadline_seconds=endpoint.deadline_seconds,
    )


def _not_ready(endpoint: BaseModel) -> str:
    """Return why an endpoint cannot be called as it is set up, or an empty string."""
    env = endpoint.env
    if not endpoint.exists() or not endpoint.active:
        return env._("It is archived or has been deleted.")
    if endpoint.is_paused:
        return env._("It is paused.")
    if _parameter(env, "database.is_neutralized"):
        return env._("This is a copy of the database: it sends no requests.")
    if is_used_up(endpoint):
        return env._("Its budget of this month is used up.")
    if not endpoint.credential:
        return ""
    if not credential(endpoint.credential):
        return env._("This server has no credential named “%s”.", endpoint.credential)
    host = credential(endpoint.credential + HOST_OF)
    if not host:
        return env._(
            "This server does not say which host the credential “%(name)s” is for: set %(name)s_HOST beside it.",
            name=endpoint.credential,
        )
    if host.lower() != host_of(endpoint.address):
        return env._("The credential “%s” is for another host.", endpoint.credential)
    return ""


def host_of(address: str) -> str:
    """Return the host of an address, with its port where one is named; empty where there is none.

    >>> host_of("https://Models.example.com/score"), host_of("http://127.0.0.1:8080")
    ('models.example.com', '127.0.0.1:8080')
    """
    try:
        parts = urlsplit(address or "")
        host = (parts.hostname or "").lower()
        return f"{host}:{parts.port}" if host and parts.port else host
    except ValueError:
        return ""


def _parameter(env: Environment, name: str) -> str:
    return env["ir.config_parameter"].sudo().get_param(name) or ""
