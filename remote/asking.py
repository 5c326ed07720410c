"""One question to an endpoint: records out, one result or error per record back, with what happened on the way."""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..ml.errors import EndpointError, EndpointMalformed, InferenceError
from .contract import DOCUMENT, Contract
from .masking import masked
from .protocols.base import Protocol, Result, Row
from .protocols.chat import Chat
from .protocols.inference_v2 import InferenceV2
from .protocols.mlflow import MLflow
from .protocols.plain_json import PlainJson
from .session import KEPT_BYTES, Session

PROTOCOLS: dict[str, type[Protocol]] = {each.name: each for each in (MLflow, InferenceV2, Chat, PlainJson)}


class Asked(NamedTuple):
    """What came of one call."""

    results: Sequence[Result | InferenceError]  # one per row
    error: EndpointError | None  # that is about the whole call
    status: int
    seconds: float
    attempts: int
    tokens: int
    received: str  # the first of what came back, without the secret; empty where all is well


def protocol_of(contract: Contract) -> Protocol:
    """Return the protocol of a checked contract."""
    return PROTOCOLS[contract.protocol](contract)


def row_key(digest: str, row: Row) -> str:
    """Return the idempotency key of one record: of the version's fingerprint, its number and its inputs.

    >>> len(row_key("a", Row(1, {"amount": 2.5})))
    64
    """
    text = json.dumps([digest, row.id, row.inputs], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def call_key(keys: Sequence[str]) -> str:
    """Return the idempotency key of a call about the records of `keys`."""
    return hashlib.sha256("".join(keys).encode()).hexdigest()


def ask(
    session: Session,
    address: str,
    protocol: Protocol,
    rows: Sequence[Row],
    key: str,
    *,
    secret: str = "",
) -> Asked:
    """Ask for the scores of `rows`, at most as many as the protocol takes at once; never raises an EndpointError.

    :param key: names the call, sent as Idempotency-Key: the other side can tell repeats by it
    :param secret: sent as bearer token, where there is one
    """
    headers = {"Idempotency-Key": key, "Accept": "application/json"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    started, status, attempts, body = time.monotonic(), 0, 1, b""
    try:
        answer = session.post(address.rstrip("/") + protocol.path(), protocol.payload(rows, key), headers=headers)
        status, attempts, body = answer.status, answer.attempts, answer.body
        results, tokens = protocol.read(rows, key, answer.body, answer.media_type)
    except EndpointError as error:
        shown = _shown(error.received or body, secret)
        seconds = time.monotonic() - started
        attempts, tokens = error.attempts or attempts, protocol.tokens(body)  # what cannot be used is paid all the same
        return Asked([error] * len(rows), error, error.status or status, seconds, attempts, tokens, shown)
    except Exception as error:  # noqa: BLE001 - whatever an answer can do, it is about these records alone
        ours = EndpointMalformed(f"It cannot be read ({type(error).__name__}).")
        shown = _shown(body, secret)
        tokens = protocol.tokens(body)
        return Asked([ours] * len(rows), ours, status, time.monotonic() - started, attempts, tokens, shown)
    failed = any(isinstance(result, InferenceError) for result in results)
    return Asked(
        results, None, status, time.monotonic() - started, attempts, tokens, _shown(body, secret) if failed else ""
    )


def _shown(body: bytes, secret: str) -> str:
    """The first 4 kB of a body as text that can be stored, without the secret."""
    text = body[:KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return masked(text, secret)


def masked_rows(rows: Sequence[Row], sensitive: set[str], most: int = 20) -> Any:
    """Return what was sent of the first `most` rows, documents and values of `sensitive` names replaced.

    Of further rows the number alone is returned, so that each is found.
    """
    hidden = {DOCUMENT, *sensitive}
    shown = [
        {"id": row.id, **{name: "•••" if name in hidden else value for name, value in row.inputs.items()}}
        for row in rows[:most]
    ]
    return shown + [{"id": row.id} for row in rows[most:]]
