"""Secrets do not show in what is said of a call that failed."""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

SHORTEST_MASKED = 4  # of a part of an address; the secret itself is masked however short it is
MASK = "•••"


def masked(text: str, secret: str | None) -> str:
    """Return `text` without `secret`, and without the parts of an address that a secret consists of.

    It never raises, and what it returns never holds the secret, whatever the two are: what is said of a message that
    failed must not fail itself. An address is taken apart by its signs alone, as `urlsplit` refuses malformed ones.
    """
    text, secret = str(text or ""), str(secret or "")
    if not secret:
        return text
    for piece in sorted({secret, *_pieces(secret)}, key=len, reverse=True):
        if piece == secret or len(piece) >= SHORTEST_MASKED:
            text = text.replace(piece, MASK)
    return "" if secret in text else text  # a mask could make up the secret anew


# What looks like a secret in a text of somebody else: the name that it has is kept.
_NAMED = re.compile(
    r"""(?i)((?:api[_-]?key|access[_-]?token|auth[_-]?token|secret|passw(?:or)?d|passphrase|token|cookie|session[_-]?id)"""
    r"""["']?\s*[:=]\s*["']?)[^\s"',;)}\]]+"""
)
_BEARER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}")
_KEYS = re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abps]|AKIA|eyJ)[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*")
_LOGIN = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+:[^\s/@]+@")


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without `secrets`, and without what looks like one.

    >>> without_secrets("GET https://me:hunter2@db/x?api_key=abc123 Authorization: Bearer abcdef123")
    'GET https://•••@db/x?api_key=••• Authorization: Bearer •••'
    """
    for secret in secrets:
        text = masked(text, secret)
    text = _LOGIN.sub(rf"\1{MASK}@", text)
    text = _BEARER.sub(rf"\1{MASK}", text)
    text = _KEYS.sub(MASK, text)
    return _NAMED.sub(rf"\1{MASK}", text)


def _pieces(secret: str) -> set[str]:
    """The parts of an address, its host aside, as they are written and as they are quoted in messages."""
    _scheme, sign, rest = secret.partition("://")
    if not sign:
        return set()
    host = re.split(r"[/?#]", rest)[0]
    path = rest[len(host) :]
    login = host.rpartition("@")[0]
    pieces = {rest, path, *re.split(r"[/?&=#]", path), login, *login.split(":")}
    return pieces | {unquote(piece) for piece in pieces} | {quote(piece, errors="replace") for piece in pieces}
