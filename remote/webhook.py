"""Calls to other programs: messages for a chat in the format of Slack's incoming webhooks, and signed events.

Mattermost and Rocket.Chat read Slack's format as well. An event is plain JSON for a program, which checks by the
signature that it comes from here.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Collection
from typing import Any

from ..ml.errors import EndpointRefused
from .guard import Guard
from .session import Session, body_of

DEADLINE = 10.0  # seconds, with all repeats: nobody waits for the answer
MOST_CHARACTERS = 3000  # of one block
MOST_BLOCKS = 20  # messages in one call
_WORD = re.compile(r"[a-z_]{2,40}")


def post(
    url: str,
    messages: list[tuple[str, str, str, str]],
    *,
    key: str = "",
    allowed: Collection[str] = (),
    session: Any = None,
) -> None:
    """Send `messages` as one call. Raises an ``EndpointError``; nothing shows `url`, which is a secret.

    :param key: the same for the same messages, however often they are sent: the other side can tell repeats by it
    """
    headers = {"Idempotency-Key": key} if key else None
    answer = (session or Session(Guard(allowed), deadline=DEADLINE)).post(url, payload(messages), headers=headers)
    text = answer.body[:100].decode("utf-8", "replace").strip()
    # Slack says "ok"; others say nothing, or send an object
    if _WORD.fullmatch(text) and text != "ok":
        raise EndpointRefused("" if text in url else f"It answered “{text}”.")


def post_event(
    url: str, event: dict[str, Any], *, secret: str, key: str = "", allowed: Collection[str] = (), session: Any = None
) -> None:
    """Send `event` as plain JSON, signed with `secret`. Raises an ``EndpointError``; nothing shows `url`.

    Headers: ``X-Timestamp`` (seconds since 1970) and ``X-Signature``, see `signature`.

    :param key: the same for the same event, however often it is sent
    """
    moment = str(int(time.time()))
    headers = {"X-Timestamp": moment, "X-Signature": signature(secret, moment, body_of(event))}
    if key:
        headers["Idempotency-Key"] = key
    (session or Session(Guard(allowed), deadline=DEADLINE)).post(url, event, headers=headers)


def signature(secret: str, moment: str, body: bytes) -> str:
    """Return ``sha256=`` and the HMAC of the moment, a dot and the body, in hexadecimal digits.

    >>> signature("key", "1700000000", b"{}")[:19]
    'sha256=9d713ed406bb'
    """
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def payload(messages: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """`messages` are (subject, text, link, label of the link).

    >>> payload([("Which leads to call: it moved", "Ask <why>.", "https://odoo.example.com/odoo/ai-alerts/7", "Open")])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'text': 'Which leads to call: it moved',
     'blocks': [{'type': 'section', 'text': {'type': 'mrkdwn', 'text':
       '*Which leads to call: it moved*\\nAsk &lt;why&gt;.\\n<https://odoo.example.com/odoo/ai-alerts/7|Open>'}}]}
    """
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": _block(*message)}} for message in messages[:MOST_BLOCKS]
    ]
    text = "; ".join(escaped(subject) for subject, *_rest in messages)
    return {"text": _cut(text, MOST_CHARACTERS), "blocks": blocks}


def _block(subject: str, text: str, link: str, label: str) -> str:
    tail = f"\n<{escaped(link)}|{escaped(label)}>" if link else ""
    lines = f"*{escaped(' '.join(subject.split()))}*" + (f"\n{escaped(text)}" if text else "")
    return _cut(lines, MOST_CHARACTERS - len(tail)) + tail


def escaped(text: str) -> str:
    """Escape record data so that it cannot notify everybody (<!channel>) or hide a link.

    >>> escaped("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
