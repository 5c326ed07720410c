"""What one call to an endpoint needs, read before the transaction ends: address, limits, secret, allowed hosts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from odoo.api import Environment
from odoo.models import BaseModel

from ...ml.errors import EndpointNotReady
from ...ml.remote_card import NOT_ASKED
from ...remote.guard import Guard, parse_allowed
from ...remote.session import Session
from ..tools.credentials import credential
from .budget import is_used_up

# Why an endpoint cannot be called, as it is stored.
GONE, PAUSED, NEUTRALIZED, USED_UP = "gone", "paused", "neutralized", "used_up"
NO_CREDENTIAL, NO_HOST, OTHER_HOST = "no_credential", "no_host", "other_host"  # followed by its name
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
    if why := _not_ready(endpoint):
        raise EndpointNotReady(why)
    return Connection(
        address=endpoint.address,
        secret=credential(endpoint.credential) if endpoint.credential else "",
        allowed=frozenset(parse_allowed(_parameter(env, "ai_deployment.allowed_hosts"))),
        read_seconds=min(endpoint.read_seconds, endpoint.deadline_seconds),
        deadline_seconds=endpoint.deadline_seconds,
    )


def _not_ready(endpoint: BaseModel) -> str:
    """Return the code of why an endpoint cannot be called as it is set up (see `not_ready_text`), or ""."""
    if not endpoint.exists() or not endpoint.active:
        return GONE
    if endpoint.is_paused:
        return PAUSED
    if _parameter(endpoint.env, "database.is_neutralized"):
        return NEUTRALIZED
    if is_used_up(endpoint):
        return USED_UP
    name = endpoint.credential
    if not name:
        return ""
    if not credential(name):
        return f"{NO_CREDENTIAL} {name}"
    host = credential(name + HOST_OF)
    if not host:
        return f"{NO_HOST} {name}"
    return "" if host.lower() == host_of(endpoint.address) else f"{OTHER_HOST} {name}"


def not_ready_text(env: Environment, why: str) -> str:
    """Return why an endpoint was not asked in the language of `env`.

    :param why: the fact of an `EndpointNotReady`, as it is stored: a code of this module, with the name of the
        credential where it is about one
    """
    if why == NOT_ASKED:
        return env._("It has not been asked about this record yet.")
    code, _space, name = why.partition(" ")
    texts = {
        GONE: env._("It is archived or has been deleted."),
        PAUSED: env._("It is paused."),
        NEUTRALIZED: env._("This is a copy of the database: it sends no requests."),
        USED_UP: env._("Its budget of this month is used up."),
        NO_CREDENTIAL: env._("This server has no credential named “%s”.", name),
        NO_HOST: env._(
            "This server does not say which host the credential “%(name)s” is for: set %(name)s_HOST beside it.",
            name=name,
        ),
        OTHER_HOST: env._("The credential “%s” is for another host.", name),
    }
    return texts.get(code, why)


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
