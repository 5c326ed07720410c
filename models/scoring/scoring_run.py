"""One call of scoring: which records, in which chunks, and what happens to a chunk that fails.

Everything of a chunk happens in one savepoint; a chunk that fails is split until the record at fault stands alone and
is reviewed. Where all records fail in the same way the version is at fault (`failures`): they wait, one alert tells.
Only faults of the moment (a collision, a fault of the database server) leave the run: who called repeats.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import SQL, Query

from ...ml import routing
from ...ml.errors import FilterBroken, InferenceError, TookTooLong, VersionError, VersionFails
from ..documents.ageing import stands_until
from ..features.feature_reader import FeatureReader
from ..tools import clock, faults, noted
from ..tools.score_fields import SCORE_FIELDS
from ..tools.shipped import wake
from . import scoring_alerts
from .challenger_answers import OUTSIDE
from .challenger_run import ChallengerRun
from .failures import Failures
from .inference_writer import InferenceWriter, Lines, ScoredChunk, hex_rows
from .remote_asking import RemoteAnswers, exhausted
from .standing import Standing, filter_works, read_standings

if TYPE_CHECKING:
    from ..routing.router import Router
    from .ai_deployment_request import Earlier

_logger = logging.getLogger(__name__)

CHUNK = 5000
# Histories sort all earlier records of their groups, and a course may read all messages: fewer, larger chunks do so
# less often.
LARGE_CHUNK = 20_000
READ_TOGETHER = {"history", "course"}  # sources
# Before a reviewer is looked for: whoever entered a bill posts it next, and would collide with that.
LEFT_ALONE = timedelta(seconds=30)


def chunk_size(specs: dict[str, dict], usual: int) -> int:
    """Return the number of records of a chunk: `usual`, or more where other records are read as well."""
    return LARGE_CHUNK if READ_TOGETHER & {spec["source"] for spec in specs.values()} else usual


def serving_card(deployment: BaseModel) -> Any:
    """Return the card of the serving version; else alert why it cannot be used, and return that InferenceError."""
    fault = deployment.champion_id._fault()
    if fault:
        scoring_alerts.alert_version_broken(deployment, fault)
    return fault or deployment.champion_id._card()


class ScoringRun:
    """Score records with the serving version of a deployment, and store what comes of it.

    Every record ends in exactly one place that the ledger of its day counts.

    :param deployment: record of `ai.deployment`, in sudo
    :param router: decides which of the records are reviewed
    :param records: recordset of the deployment's document model, with the rights of who asks
    :param day: on which the records were asked for; by default today
    :param again: whether to log also what has not changed
    :param earlier: {record id: `Earlier`} of records that waited
    :param requested: function that gives the SQL which counts what was asked for, called with the number of records
    :param only: where it is given, no record outside of it or of the deployment was asked for
    """

    def __init__(
        self,
        deployment: BaseModel,
        router: "Router",
        records: BaseModel,
        *,
        day: date | None = None,
        again: bool = False,
        earlier: "dict[int, Earlier] | None" = None,
        requested: Callable[[int], SQL | None] | None = None,
        only: Callable[[str, Query], SQL] | None = None,
    ) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.router = router
        self.records = records.browse(dict.fromkeys(records.ids))  # asked for twice in one call is asked for once
        self.day = day
        self.again = again
        self.earlier = earlier or {}
        self.requested = requested
        self.only = only
        self.standings: dict[int, Standing] = {}
        self.outcome: Counter = Counter()
        self.waiting: set[int] = set()  # ids that could not be scored and are tried again

    def run(self, *, one_try: bool = False) -> Counter:
        """Score the records.

        :param one_try: score all in one chunk and in the caller's savepoint, and raise what fails
        :return: records by outcome: asked, outside (not this deployment's records, or not readable by who asks),
            unchanged (same version, same inputs as the current score), automatic, review (failed ones among them),
            failed, waiting
        :raise UserError: where these are records of another model
        """
        self.env.flush_all()  # what is written only now is noted now
        noted.forget(self.env.cr, self.deployment.id, self.records.ids)
        self.env.cr.flush()  # what the caller wrote fails here, as it would without us
        self.prepare()
        if one_try:
            self._score_in_one_chunk()
        else:
            self._score_in_chunks()
        self.finish()
        return self.outcome

    def log_failed(self, error: InferenceError) -> set[int]:
        """Log that none of the records could be scored, without trying; return the ids of those found."""
        self.prepare()
        self.standings = self.read_standings()
        self._write_failed(list(self.standings), error)
        self._invalidate()
        return set(self.standings)

    # Steps

    def prepare(self) -> None:
        """Read the serving version."""
        deployment, version = self.deployment, self.deployment.champion_id
        self.card = serving_card(deployment)
        self.specs = version._specs()
        self.writer = InferenceWriter(
            deployment=deployment,
            router=self.router,
            version=version,
            card=self.card,
            specs=self.specs,
            sensitive=version._sensitive_keys(),
            now=clock.now(),
            day=self.day or clock.today(),
            user_id=self.records.env.uid,
            earlier=self.earlier,
        )
        self.book = self.env["ai.deployment.proposal"]._book(deployment, version)
        self.failures = Failures(deployment, version, self.writer.now)
        # One from outside answers later (`challenger_answers`).
        scores_here = deployment.challenger_id and deployment.challenger_id.kind not in OUTSIDE
        self.challenger = ChallengerRun(deployment, self.specs) if scores_here else None

    def read_standings(self) -> dict[int, Standing]:
        """Return where those of the records stand that the deployment is for."""
        return read_standings(self.deployment, self.writer.version, self.router, self.records, self.only)

    def _settle(self) -> None:
        """Count what is not in the log: what had not changed, and what was not found."""
        asked, asks = len(self.records), {res_id: one.asks for res_id, one in self.earlier.items()}
        gone = set(self.records.ids).difference(self.standings, self.waiting)
        if self.only is not None:
            asked, gone = asked - len(gone), set()
        self.outcome.update(requested=asked, outside=len(gone))
        # Asked for more often than once: the other times found nothing new.
        repeated = sum(asks.get(res_id, 1) - 1 for res_id in self.standings if res_id not in self.waiting)
        self.writer.flush(
            settled=self.env["ai.deployment.request.closed"]._statement(
                self.deployment,
                self.writer.day,
                unchanged=self.outcome["unchanged"] + repeated,
                cancelled=self.outcome["outside"] + sum(asks.get(res_id, 1) - 1 for res_id in gone),
            )
        )

    def _invalidate(self) -> None:
        self.records.invalidate_model(sorted(SCORE_FIELDS), flush=False)
        for model in (
            "ai.deployment.score",
            "ai.deployment.review",
            "ai.deployment.inference",
            "ai.deployment.profile",
            "ai.deployment.proposal",
        ):
            self.env[model].invalidate_model(flush=False)
        self.deployment.invalidate_recordset(["score_count", "open_review_count"], flush=False)

    # Chunks

    def _score_in_chunks(self) -> None:
        """Find those of the records that the deployment is for, and score them in chunks.

        One chunk, by far the most common, is found and scored in one savepoint; only where that fails, and for more
        records, is each step in a savepoint of its own.
        """
        size = chunk_size(self.specs, CHUNK)
        try:
            with self.env.cr.savepoint():
                self.standings = self.read_standings()
                is_one = len(self.standings) <= size
                self._count_requested(at_once=not is_one)
                if is_one:
                    self._score_chunk(list(self.standings))
                    return
        except Exception as error:
            kind = faults.kind_of(error)
            if kind and kind != faults.TOO_SLOW:
                raise
            self.outcome, self.waiting, self.writer.pending = Counter(), set(), {}
            if kind and self.standings:  # scoring them took too long, and would again
                self._count_requested()
                self._wait_as_slow(list(self.standings))
                return
            self._find_again()
            self._count_requested()
        ids = list(self.standings)
        for start in range(0, len(ids), size):
            self._score_or_split(ids[start : start + size])
        for why, failed in self.failures.conclude(self._has_succeeded()):
            self._wait(failed, why)

    def _score_in_one_chunk(self) -> None:
        self.standings = self.read_standings()
        self._count_requested(at_once=False)
        if self.standings:
            self._score_chunk(list(self.standings))

    def _count_requested(self, at_once: bool = True) -> None:
        """Count what was asked for: at once, or with what comes of it in one statement."""
        count = len(self.records if self.only is None else self.waiting.union(self.standings))
        if self.requested and (count or self.only is None):
            self.writer.pending["requested"] = self.requested(count)
            if at_once:
                self.writer.flush()

    def _find_again(self) -> None:
        """Find the records again, after a failure: where that fails too, all of them wait and one alert tells."""
        self.standings = {}
        try:
            with self.env.cr.savepoint():
                self.standings = self.read_standings()
            return
        except UserError:
            raise
        except Exception as error:
            kind = faults.kind_of(error)
            if (kind and kind != faults.TOO_SLOW) or (not kind and filter_works(self.deployment)):
                raise
            faults.log_fault(_logger, f"The records of deployment {self.deployment.id} could not be found", error)
            why = TookTooLong() if kind else FilterBroken(type(error).__name__)
        # Which of them the deployment is for is not known, so they wait without a line in the log.
        ids = (self.records if self.only is None else self.records.exists())._filtered_access("read").ids
        failure = self.env["ai.deployment.inference"]._failure_values(why)
        self.env["ai.deployment.request"]._add(
            self.deployment, self.writer.day, ids, [failure] * len(ids), self.earlier
        )
        self.waiting.update(ids)
        self.outcome["waiting"] += len(ids)
        if kind:
            scoring_alerts.alert_too_slow(self.deployment)
        else:
            scoring_alerts.alert_filter_broken(self.deployment, why)

    def _score_or_split(self, ids: Sequence[int]) -> None:
        """Score a chunk; where it fails, halve it until the record at fault stands alone."""
        if self.failures.condemned:
            self._wait(ids, self.failures.condemned)
            return
        outcome, waiting = Counter(self.outcome), set(self.waiting)
        try:
            with self.env.cr.savepoint():
                self._score_chunk(ids)
            return
        except Exception as error:
            self.outcome, self.waiting = outcome, waiting
            kind = faults.kind_of(error)
            if kind == faults.TOO_SLOW:
                self._wait_as_slow(ids)
                return
            if kind:
                raise  # a collision, a fault of the server: no record's fault
            if isinstance(error, faults.OF_THE_SCHEMA):
                error = VersionFails(faults.how_it_failed(error))
            if isinstance(error, VersionError):
                self.failures.condemn(error)
                self._wait(ids, error)
                return
            if len(ids) == 1:
                self.failures.add(ids[0], error)
                self.failures.examine(list(self.standings), self._has_succeeded(), self._could_score)
                return
        half = len(ids) // 2
        self._score_or_split(ids[:half])
        self._score_or_split(ids[half:])

    def _wait(self, ids: Sequence[int], error: InferenceError) -> None:
        with self.env.cr.savepoint():
            self._write_failed(ids, error)

    def _wait_as_slow(self, ids: Sequence[int]) -> None:
        """Let records wait whose chunk reached the database's own limit: as slow in halves."""
        self._wait(ids, TookTooLong())
        scoring_alerts.alert_too_slow(self.deployment)

    def _has_succeeded(self) -> bool:
        return any(self.outcome[name] for name in ("automatic", "review", "unchanged"))

    def _could_score(self, res_id: int) -> bool:
        """Return whether a record can be scored, without leaving anything of it behind."""
        outcome, waiting = Counter(self.outcome), set(self.waiting)
        savepoint = self.env.cr.savepoint()
        try:
            self._score_chunk([res_id])
            self.env.flush_all()
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise
            return False
        finally:
            self.outcome, self.waiting = outcome, waiting
            savepoint.close(rollback=True)
        return True

    # One chunk

    def _score_chunk(self, ids: Sequence[int]) -> None:
        started = time.perf_counter()
        if isinstance(self.card, InferenceError):  # the version itself is at fault: all wait, one alert tells
            self._write_failed(ids, self.card)
            return
        columns = self._columns(ids)
        fresh: list[bool] = []
        if self.card.kind == "remote":
            book = RemoteAnswers(self.writer.version)
            answers, fresh = book.of(columns, ids)
            scored = self.card.score(columns, self._judged(ids, answers, book.told))
        else:
            scored = self.card.score(columns)
        codes = hex_rows(scored.codes)
        changed = [
            row
            for row, res_id in enumerate(ids)
            if row in scored.errors
            or (bool(fresh) and fresh[row])
            or self._has_changed(self.standings[res_id], codes[row])
        ]
        self.outcome["unchanged"] += len(ids) - len(changed)
        until = self._until(columns, scored)
        same = sorted({*range(len(ids))}.difference(changed))
        self.writer.keep_unchanged([ids[row] for row in same], [until[row] for row in same])
        if fresh:
            book.used(ids)
            changed = self._without_waiting(ids, scored, changed)
        if not changed:
            return
        if self.challenger:
            before = time.perf_counter()
            named = [self.standings[ids[row]] for row in changed]
            self.writer.pending["challenged"] = self.challenger.lines(
                columns,
                changed,
                [ids[row] for row in changed],
                [standing.company_id for standing in named],
                [not standing.is_known for standing in named],
                scored,
            )
            started += time.perf_counter() - before  # no latency of the serving version
        chunk = ScoredChunk(ids, columns, scored, codes, changed, until, started)
        try:
            self._write_scored(chunk)
        finally:
            self.writer.pending.pop("challenged", None)

    def _write_scored(self, chunk: ScoredChunk) -> None:
        if self.book:
            self.writer.proposed = self.book.statement([chunk.ids[row] for row in chunk.rows])
        try:
            self._count(self.writer.write_scored(self.standings, chunk))
        finally:
            self.writer.proposed = None

    def _judged(self, ids: Sequence[int], answers: Sequence[Any], told: dict[int, Any]) -> Sequence[Any]:
        """Return `answers`, where values were asked for with the error of what cannot be used of them."""
        if not self.book:
            return answers
        companies = {res_id: self.standings[res_id].company_id for res_id in ids}
        return self.book.judged(ids, companies, answers, told)

    def write_answers(
        self, ids: Sequence[int], columns: dict[str, Any], answers: Sequence[Any], told: dict[int, Any] | None = None
    ) -> None:
        """Log and route the answers of a program outside on the records `ids`: as many answers, see ``RemoteCard``.

        :param told: {record id: the values that were proposed}
        """
        started = time.perf_counter()
        scored = self.card.score(columns, self._judged(ids, answers, told or {}))
        rows, until = list(range(len(ids))), self._until(columns, scored)
        self._write_scored(ScoredChunk(ids, columns, scored, hex_rows(scored.codes), rows, until, started))

    def _until(self, columns: dict[str, Any], scored: Any) -> list[datetime | None]:
        return stands_until(self.deployment, self.card, self.specs, columns, scored)

    def finish(self) -> None:
        """Settle what was not logged, and let others see what was."""
        self._settle()
        if self.challenger:
            self.challenger.report()
        if self.standings or self.waiting:
            if self.outcome["review"]:
                wake(self.env, "ir_cron_assign_reviews", clock.now() + LEFT_ALONE)
            if self.book and self.outcome["automatic"]:
                self.env["ai.deployment.proposal"]._wake_writing(self.deployment)
            self._invalidate()

    def _without_waiting(self, ids: Sequence[int], scored: Any, changed: list[int]) -> list[int]:
        """Let the rows wait whose failure may pass, unless it has not until the last attempt; return the others."""
        waiting: dict[str, tuple[InferenceError, list[int]]] = {}
        for row in changed:
            error = scored.errors.get(row)
            if error is None or not error.transient:
                continue
            if earlier := self.earlier.get(ids[row]):
                scored.errors[row] = error = exhausted(error, earlier.attempts)
            if error.transient:
                waiting.setdefault(error.failure_type or "", (error, []))[1].append(row)
        for error, rows in waiting.values():
            self._write_failed([ids[row] for row in rows], error)
        left = {row for _error, rows in waiting.values() for row in rows}
        return [row for row in changed if row not in left]

    def _columns(self, ids: Sequence[int]) -> dict[str, Any]:
        """Read the inputs of the records `ids`: {key: `Column`}, rows in the order of `ids`."""
        together = self.standings if len(ids) < len(self.standings) else ()
        documents, company = self.env[self.deployment.res_model], self.deployment.company_id

        def read(specs: list[dict]) -> dict[str, Any]:
            return FeatureReader(documents, specs, company, together).columns(ids)

        if self.challenger:
            return self.challenger.columns(read, list(self.specs.values()))
        return read(list(self.specs.values()))

    def _has_changed(self, standing: Standing, codes: str) -> bool:
        """Return whether a record is logged: its inputs are new, or something that is a reason for a review is."""
        stake = self.router.rules.get(routing.AMOUNT)
        return (
            self.again
            or standing.codes != codes
            or standing.person is not None
            or bool(stake and standing.has_reached(stake["amount"]))
        )

    def _write_failed(self, ids: Sequence[int], error: InferenceError) -> None:
        self._count(self.writer.write_failed(self.standings, ids, error))

    def _count(self, lines: Lines) -> None:
        routes = Counter(lines.routes)
        failed = sum(
            1 for route, error in zip(lines.routes, lines.failures, strict=True) if error and route == "review"
        )
        self.outcome.update(
            automatic=routes["automatic"], review=routes["review"], failed=failed, waiting=routes["retry"]
        )
        if routes["retry"]:
            self.waiting.update(
                res_id for res_id, route in zip(lines.ids, lines.routes, strict=True) if route == "retry"
            )
