"""Ask the endpoint of a remote version about records, before they are scored and while nothing is locked.

The transaction that read the inputs is committed before the first call, and answers are stored and committed as they
come; then the records are scored as those of any version, with the answers at hand (`RemoteAnswers`). What could not be
asked (the endpoint is paused, its breaker is open, the time is over) is left for the next run, with nothing logged.
"""

import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg2

from odoo.models import BaseModel

from ...ml.columns import NUMBER, Column
from ...ml.errors import (
    AnswerRefusal,
    EndpointError,
    EndpointNotReady,
    InferenceError,
    RetriesExhausted,
)
from ...ml.remote_card import NOT_ASKED
from ...remote import asking
from ...remote.answer_fields import Told
from ...remote.asking import Asked
from ...remote.breaker import Breaker
from ...remote.calls import Calls
from ...remote.contract import DOCUMENT
from ...remote.protocols.base import Result, Row
from ..documents.document_text import document_texts
from ..endpoints import breakers, budget
from ..endpoints.connection import Connection, connect
from ..tools import batch_insert, clock, faults
from ..tools.limits import LONGEST_TOLD

if TYPE_CHECKING:
    from .scoring_run import ScoringRun

_logger = logging.getLogger(__name__)

MOST_SECONDS = 40.0  # of asking in one go: a worker's own time limit is not reached
TICK = 1.0  # seconds between two times that answers are stored
MOST_COLLISIONS = 5  # of transactions, after which an answer is given up
LAST_ATTEMPT = 8  # of a record whose failure may pass: two days after the first
LANGUAGE = "en_US"  # of names that are sent: a model knows them in one language


class Part(NamedTuple):
    """Records that are asked about in one call."""

    rows: list[Row]
    keys: list[str]


class RemoteAnswers:
    """Answers of a remote version that are at hand, for a scoring run."""

    def __init__(self, version: BaseModel) -> None:
        self.version = version
        self.env = version.env
        self.contract = version._contract()
        self.told: dict[int, Told] = {}  # values of the records asked for last, where some were asked for

    def rows(self, columns: dict[str, Column], ids: Sequence[int]) -> list[Row]:
        """Return what is sent of the records `ids`: inputs by the names of the contract, levels by their names."""
        sent, specs = {}, self.version._specs()
        documents = self.env[self.version.deployment_id.res_model].sudo().with_context(lang=LANGUAGE)
        for key, name in self.contract.inputs.items():
            column, spec = columns[key], specs[key]
            if column.kind == NUMBER:
                sent[name] = [value if np.isfinite(value) else None for value in column.values.tolist()]
                continue
            levels = {level for level in column.values.tolist() if level is not None}
            learned = (spec.get("fields") or {}).get(spec["path"])
            known = spec["source"] == "path" and levels
            names = documents._ai_level_names(spec["path"], sorted(levels), learned) if known else {}
            sent[name] = [None if level is None else str(names.get(level, level)) for level in column.values.tolist()]
        if self.contract.document:
            texts = document_texts(documents.browse(ids))
            sent[DOCUMENT] = [texts[res_id] for res_id in ids]
        return [Row(res_id, {name: values[place] for name, values in sent.items()}) for place, res_id in enumerate(ids)]

    def keys(self, rows: Sequence[Row]) -> list[str]:
        """Return the idempotency keys of `rows`."""
        return [asking.row_key(self.version.digest, row) for row in rows]

    def of(self, columns: dict[str, Column], ids: Sequence[int]) -> tuple[list[Any], list[bool]]:
        """Return the answers on the records `ids` for ``RemoteCard.score``, and which of them were not used yet."""
        kept = self.env["ai.deployment.endpoint.answer"]._kept(self.version, ids)
        answers: list[Any] = []
        fresh = []
        for res_id, key in zip(ids, self.keys(self.rows(columns, ids)), strict=True):
            found = kept.get(res_id)
            fits = found is not None and found.key == key
            answers.append(found.answer if fits and found else EndpointNotReady(NOT_ASKED))
            if fits and found and found.told:
                self.told[res_id] = found.told
            fresh.append(bool(not fits or (found and not found.is_used)))
        return answers, fresh

    def used(self, ids: Sequence[int]) -> None:
        """Note that the records `ids` were scored with their answers."""
        self.env["ai.deployment.endpoint.answer"]._use(self.version, ids)


def exhausted(error: InferenceError, attempts: int) -> InferenceError:
    """Return `error`, or that it was tried often enough where it may pass and has not by the last attempt."""
    if isinstance(error, EndpointError) and error.transient and attempts >= LAST_ATTEMPT:
        return RetriesExhausted(str(error).strip())
    return error


class RemoteAsking:
    """Ask the endpoint of a remote version about records; what is asked about, a subclass reads.

    :param deployment: `ai.deployment` in sudo
    :param version: of the deployment, of kind remote
    :param hold: function that tells others, every second, that this worker is at it; committed right after
    """

    def __init__(self, deployment: BaseModel, version: BaseModel, hold: Callable[[], None] = lambda: None) -> None:
        self.hold = hold
        self.env, self.deployment, self.version = deployment.env, deployment, version
        self.endpoint = version.endpoint_id
        self.parts: deque[Part] = deque()
        self.answers: dict[int, tuple[str, Result | InferenceError]] = {}  # that are not stored yet
        self.log: list[tuple[Part, Asked]] = []  # calls that are not stored yet
        self.failure: EndpointError | None = None
        self.left: float | None = None  # of the budget of this month, when it was read last

    def work(self) -> set[int]:
        """Ask until all answers are there or the time is over; return the ids that are still to be asked about.

        Commits the transaction, also where nothing is asked.
        """
        try:
            connection = self._prepare()
        except EndpointNotReady as error:
            self.failure = error
            self._committed(self._trip)
            return {row.id for part in self.parts for row in part.rows}
        self._store()
        if connection and self.parts:
            self._ask_all(connection)
        return {row.id for part in self.parts for row in part.rows}

    def _trip(self) -> Breaker:
        state = breakers.trip(self.env, self.endpoint.id)
        breakers.follow(self.deployment, self.endpoint, state, self.failure)
        return state

    # Before the calls

    def _prepare(self) -> Connection | None:
        """Read the inputs, and split what has no answer yet into parts; None where the run itself will tell why not."""
        try:
            read = self._read()
            if read is None:
                return None
            ids, columns, errors = read
        except Exception as error:
            if faults.kind_of(error) not in ("", faults.TOO_SLOW):
                raise
            # The run meets the same, and knows which record or version is to blame.
            faults.log_fault(_logger, f"Deployment {self.deployment.id} asks nothing", error)
            self.env.cr.rollback()
            return None
        self.book = RemoteAnswers(self.version)
        self.protocol = asking.protocol_of(self.book.contract)
        rows = self.book.rows(columns, ids)
        keys = self.book.keys(rows)
        kept = self.env["ai.deployment.endpoint.answer"]._kept(self.version, ids)
        wanted = []
        for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
            found = kept.get(row.id)
            if place in errors or (found and found.key == key and found.counts):
                continue
            refused = self.protocol.check_row(row)
            if refused:
                self.answers[row.id] = (key, refused)
            else:
                wanted.append((row, key))
        size = min(self.protocol.at_once, max(self.endpoint.rows_per_call, 1))
        for start in range(0, len(wanted), size):
            chosen = wanted[start : start + size]
            self.parts.append(Part([row for row, _key in chosen], [key for _row, key in chosen]))
        self.names = self._masked_names()
        return connect(self.endpoint) if self.parts else None

    def _read(self) -> tuple[list[int], dict[str, Column], Collection[int]] | None:
        """Return (ids of the records, their inputs, rows that cannot be scored); None where the version is broken."""
        raise NotImplementedError

    def _masked_names(self) -> set[str]:
        inputs = self.book.contract.inputs
        return {inputs[key] for key in self.version._sensitive_keys() if key in inputs}

    # The calls

    def _ask_all(self, connection: Connection) -> None:
        session, calls, under_way = connection.session(), Calls(self.endpoint.concurrency), {}
        end, stored, number = time.monotonic() + MOST_SECONDS, time.monotonic(), 0
        state = self._begin()
        self._read_budget()
        try:
            while under_way or (self.parts and self._may_begin(state, under_way, end)):
                while self.parts and not calls.is_full and self._may_begin(state, under_way, end):
                    if state.is_open:
                        state, may_probe = self._claim()
                        if not may_probe:
                            break  # another worker does
                    part, number = self.parts.popleft(), number + 1
                    under_way[str(number)] = part
                    calls.begin(str(number), self._call, session, connection, part)
                ended = calls.ended(TICK)
                if ended:
                    self._note(under_way.pop(ended.address), ended.result)
                    opens = ended.result.error is not None and len(self.log) >= 5
                    if not (opens or state.is_open) and time.monotonic() - stored < TICK:
                        continue
                state, stored = self._store(), time.monotonic()
                self._read_budget()
        finally:
            session.close()
            self.parts.extendleft(under_way.values())
            self._store()

    def _may_begin(self, state: Breaker, under_way: dict[str, Part], end: float) -> bool:
        if time.monotonic() >= end or state.waits(breakers.seconds()):
            return False
        if self.left is not None:
            unpaid = sum(self._price(asked) for _part, asked in self.log)
            if unpaid + len(under_way) * self.endpoint.price_per_call >= self.left:
                return False  # of the budget; what is not asked waits for the next month
        return not state.is_open or not under_way  # one probe, and nothing beside it

    def _begin(self) -> Breaker:
        """Return the state of the breaker as all workers see it."""
        return self._committed(lambda: breakers.note(self.env, self.endpoint.id, ()))

    def _claim(self) -> tuple[Breaker, bool]:
        """Note that a probe begins; return the state of the breaker, and whether the probe is this worker's."""
        return self._committed(lambda: breakers.claim(self.env, self.endpoint.id))

    def _read_budget(self) -> None:
        """Read what all workers together have left of the budget; None where there is no limit."""
        self.left = budget.left(self.endpoint)

    def _call(self, session: Any, connection: Connection, part: Part) -> Asked:
        """Ask about one part; runs in a thread, which touches no record."""
        key = asking.call_key(part.keys)
        return asking.ask(session, connection.address, self.protocol, part.rows, key, secret=connection.secret)

    def _note(self, part: Part, asked: Asked) -> None:
        """Take what a call brought; a part that failed for good is halved until the record at fault stands alone."""
        self.log.append((part, asked))
        if asked.error is not None and not asked.error.transient and len(part.rows) > 1:
            half = len(part.rows) // 2
            self.parts.appendleft(Part(part.rows[half:], part.keys[half:]))
            self.parts.appendleft(Part(part.rows[:half], part.keys[:half]))
            return
        for row, key, result in zip(part.rows, part.keys, asked.results, strict=True):
            self.answers[row.id] = (key, result)

    # What is stored

    def _store(self) -> Breaker:
        """Store answers, calls and the state of the breaker in a transaction of their own; return that state."""
        answers, self.answers = self.answers, {}
        log, self.log = self.log, []
        ended = [asked.error is None or isinstance(asked.error, AnswerRefusal) for _part, asked in log]
        failures = [asked.error for _part, asked in log if asked.error]
        if failures:
            self.failure = failures[-1]

        def store() -> Breaker:
            self.env["ai.deployment.endpoint.answer"]._keep(self.version, answers)
            self._store_calls(log)
            self.hold()
            state = breakers.note(self.env, self.endpoint.id, ended)
            if ended:
                breakers.follow(self.deployment, self.endpoint, state, self.failure)
                budget.warn(self.deployment, self.endpoint)
            return state

        return self._committed(store)

    def _committed(self, store: Callable[[], Any]) -> Any:
        """Do `store` and commit; once more where another worker wrote the same rows."""
        for attempt in range(MOST_COLLISIONS + 1):
            try:
                state = store()
                self._commit()
                return state
            except psycopg2.Error as error:
                if not faults.is_collision(error) or attempt == MOST_COLLISIONS:
                    raise
                self.env.cr.rollback()
                time.sleep(random.random() * 0.1 * (attempt + 1))
        raise AssertionError("not reached")

    def _commit(self) -> None:
        self.env["ir.cron"]._commit_progress()

    def _store_calls(self, log: Sequence[tuple[Part, Asked]]) -> None:
        if not log:
            return
        endpoint, now = self.endpoint, clock.now()
        errors = [_first_failure(asked) for _part, asked in log]
        batch_insert.insert(
            self.env,
            "ai_deployment_endpoint_call",
            {
                "date": ("timestamp", [now - timedelta(microseconds=place) for place in range(len(log), 0, -1)]),
                "endpoint_id": ("int4", endpoint.id),
                "deployment_id": ("int4", self.deployment.id),
                "version_id": ("int4", self.version.id),
                "record_count": ("int4", [len(part.rows) for part, _asked in log]),
                "key": ("varchar", [asking.call_key(part.keys) for part, _asked in log]),
                "status": ("int4", [asked.status for _part, asked in log]),
                "duration_ms": ("float8", [asked.seconds * 1000 for _part, asked in log]),
                "attempts": ("int4", [asked.attempts for _part, asked in log]),
                "tokens": ("int4", [asked.tokens for _part, asked in log]),
                "price": ("float8", [self._price(asked) for _part, asked in log]),
                "failure_type": ("varchar", [error and error.failure_type for error in errors]),
                "failure_message": ("varchar", [error and str(error).strip()[:LONGEST_TOLD] for error in errors]),
                "sent": ("jsonb", [self._sent(part, asked) for part, asked in log]),
                "received": ("text", [asked.received or None for _part, asked in log]),
            },
        )

    def _price(self, asked: Asked) -> float:
        return self.endpoint.price_per_call * asked.attempts + self.endpoint.price_per_token * asked.tokens / 1000

    def _sent(self, part: Part, asked: Asked) -> str | None:
        if _first_failure(asked) is None:
            return None
        results = zip(part.rows, asked.results, strict=True)
        failed = [row for row, result in results if isinstance(result, InferenceError)]
        return json.dumps(asking.masked_rows(failed, self.names))


def _first_failure(asked: Asked) -> InferenceError | None:
    return next((result for result in asked.results if isinstance(result, InferenceError)), None)


class RunAsking(RemoteAsking):
    """Ask about the records of a scoring run.

    :param run: `ScoringRun` whose deployment a remote version serves
    :param hold: see `RemoteAsking`
    """

    def __init__(self, run: "ScoringRun", hold: Callable[[], None] = lambda: None) -> None:
        super().__init__(run.deployment, run.deployment.champion_id, hold)
        self.run = run

    def _read(self) -> tuple[list[int], dict[str, Column], Collection[int]] | None:
        run = self.run
        run.prepare()
        if isinstance(run.card, InferenceError):
            return None
        ids = list(run.read_standings())
        columns = run._columns(ids)
        _codes, errors = run.card._codes(columns)
        return ids, columns, errors


def ask_before(run: "ScoringRun", hold: Callable[[], None] = lambda: None) -> set[int]:
    """Ask about the records of `run` where a remote version serves; return the ids that are still to be asked about.

    Commits the transaction where it asks: whoever calls has locked nothing that matters, or locks it again.
    """
    return RunAsking(run, hold).work() if run.deployment.champion_id.kind == "remote" else set()
