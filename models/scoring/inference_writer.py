"""Results of a scored chunk: log lines, reviews, current scores and counts, written by one statement.

Only the log is sent to the database; reviews and current scores are taken there from the lines just logged, so that
they cannot differ from them.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ...ml.columns import NUMBER
from ...ml.errors import InferenceError, VersionError
from ...ml.profile import Profile
from ..documents.ageing import comes_sql
from ..tools import batch_insert
from .standing import Standing

if TYPE_CHECKING:
    from ..routing.router import Router
    from .ai_deployment_request import Earlier

LATE = timedelta(days=7)  # from its creation to its first score, after which a record came late
# What reviews and current scores take from a line of the log.
TAKEN = (
    "id",
    "date",
    "res_id",
    "company_id",
    "route",
    "review_reason",
    "predicted_value",
    "prediction",
    "confidence",
    "failure_type",
    "codes",
)


@dataclass
class Lines:
    """Log lines of one chunk, one entry per record; None where a record failed."""

    ids: list[int]
    inputs: Sequence[str | None]
    codes: list[str | None]
    values: list[float | None]
    predictions: list[bool | None]
    confidences: list[float | None]
    incumbents: list[float | None]
    people: list[float | None]
    routes: list[str]
    reasons: list[str | None]
    chances: list[float | None]
    failures: list[InferenceError | None]
    intake: list[bool]
    until: list[datetime | None]  # from when on the inputs are others, though nothing happens
    latency_ms: float


class ScoredChunk(NamedTuple):
    """Records that were scored together, and what the card says of them."""

    ids: Sequence[int]
    columns: dict[str, Any]  # {key of an input: its `Column`}
    scored: Any
    codes: Sequence[str]  # one text per record, see `hex_rows`
    rows: Sequence[int]  # the places of the records to log
    until: Sequence[datetime | None]  # as `stands_until` gives it
    started: float  # when their inputs began to be read, of `time.perf_counter`


@dataclass
class InferenceWriter:
    """Write what one scoring run leaves behind."""

    deployment: BaseModel  # in sudo
    router: "Router"
    version: BaseModel
    card: Any  # of `ml`, or the error that says why the version cannot be used
    specs: dict[str, dict]  # {key of an input: its declaration}
    sensitive: set[str]  # keys of inputs whose values are told to nobody
    now: datetime
    day: date  # on which the records were asked for
    user_id: int
    earlier: "dict[int, Earlier]"  # what is known of records that waited, by id
    proposed: SQL | None = None  # the INSERT of proposed values, which reads the lines logged with it
    pending: dict[str, SQL | None] = field(default_factory=dict)  # {name: SQL} to be written with the next lines

    @property
    def env(self) -> Environment:
        return self.deployment.env

    def flush(self, **statements: SQL | None) -> None:
        """Run what is pending, and `statements` with it."""
        batch_insert.write(self.env, {**self.pending, **statements})
        self.pending = {}

    # Scored records

    def write_scored(self, standings: dict[int, Standing], chunk: ScoredChunk) -> Lines:
        """Store a scored chunk: log lines, reviews, current scores and counts; return the lines."""
        lines = self._scored_lines(standings, chunk)
        lines.latency_ms = (time.perf_counter() - chunk.started) * 1000 / len(chunk.ids)
        self._write(standings, lines, self._profile(standings, chunk, lines))
        return lines

    def _scored_lines(self, standings: dict[int, Standing], chunk: ScoredChunk) -> Lines:
        """Return what to log of a scored chunk."""
        ids, columns, scored, codes, rows, until, _started = chunk
        chosen, named = np.array(rows), [ids[row] for row in rows]
        incumbents = self._incumbents(standings, named)
        why, chances = self.router.route(standings, self.card, scored, chosen, named, incumbents)
        why = why.tolist()
        lines = Lines(
            ids=named,
            inputs=json_rows(
                [columns[key].kind for key in self.specs], [columns[key].values[chosen] for key in self.specs]
            ),
            codes=[codes[row] for row in rows],
            values=scored.values[chosen].tolist(),
            predictions=scored.predictions[chosen].tolist(),
            confidences=scored.confidences[chosen].tolist(),
            incumbents=incumbents,
            people=[None if self.deployment.is_task else standings[res_id].person for res_id in named],
            routes=["review" if reason else "automatic" for reason in why],
            reasons=[reason or None for reason in why],
            chances=[
                chance if reason in (routing.AUTOMATIC, routing.AUDIT) else None
                for reason, chance in zip(why, chances.tolist(), strict=True)
            ],
            failures=[None] * len(rows),
            intake=[not standings[res_id].is_known for res_id in named],
            until=[until[row] for row in rows],
            latency_ms=0.0,
        )
        for position, row in enumerate(rows) if scored.errors else ():
            if row in scored.errors:
                lines.codes[position] = lines.values[position] = lines.predictions[position] = None
                lines.confidences[position] = lines.chances[position] = None
                lines.routes[position] = "review" if why[position] else "retry"
                lines.failures[position] = scored.errors[row]
        return lines

    def _incumbents(self, standings: dict[int, Standing], ids: Sequence[int]) -> list[float | None]:
        """Return what Odoo itself says of each of `ids`, None where it says nothing."""
        documents = self.env[self.deployment.res_model]
        if self.deployment.is_task:
            return [None] * len(ids)  # Odoo has an opinion of outcomes, none of the values proposed
        if documents._ai_incumbent_sql(documents._table):
            return [standings[res_id].incumbent for res_id in ids]
        opinions = documents.browse(ids)._ai_incumbent()
        return [opinions.get(res_id) for res_id in ids]

    def _profile(self, standings: dict[int, Standing], chunk: ScoredChunk, lines: Lines) -> Profile:
        """Return the counts of the records of a chunk that are scored for the first time by this version."""
        mask = np.zeros(len(chunk.ids), dtype=bool)
        mask[[row for row, first in zip(chunk.rows, lines.intake, strict=True) if first]] = True
        due = self.now - LATE
        late = [came is not None and came < due for came in (standings[res_id].came for res_id in chunk.ids)]
        profile = Profile.of(self.card, chunk.scored, mask, late)
        profile.reviewed = sum(
            1
            for first, route, failure in zip(lines.intake, lines.routes, lines.failures, strict=True)
            if first and route == "review" and not failure
        )
        return profile

    def keep_unchanged(self, ids: Sequence[int], until: Sequence[datetime | None]) -> None:
        """Note, without a statement of its own, that the scores of `ids` hold: their inputs say the same.

        :param until: as `stands_until` gives it, one per id
        """
        if not ids:
            return
        comes = self._comes(SQL.identifier("score", "res_id"))
        self.pending[f"holds_{ids[0]}"] = SQL(
            "UPDATE ai_deployment_score score SET is_changed = FALSE, holds_until = kept.until, next_meeting = %s"
            " FROM (%s) AS kept WHERE score.deployment_id = %s AND score.res_id = kept.id AND (score.is_changed"
            " OR score.holds_until IS DISTINCT FROM kept.until OR score.next_meeting IS DISTINCT FROM %s)",
            comes,
            batch_insert.rows_sql({"id": ("int4", list(ids)), "until": ("timestamp", list(until))}),
            self.deployment.id,
            comes,
        )

    def _comes(self, res_id: SQL) -> SQL:
        return comes_sql(self.env[self.deployment.res_model], self.specs, res_id)

    # Records that could not be scored

    def write_failed(self, standings: dict[int, Standing], ids: Sequence[int], error: InferenceError) -> Lines:
        """Store that records failed together; return the lines."""
        lines = self._failed_lines(ids, error)
        self._write(standings, lines, Profile())
        return lines

    def _failed_lines(self, ids: Sequence[int], error: InferenceError) -> Lines:
        """Return the lines of records that failed together: they wait where the version is at fault, else are reviewed.

        They wait as well where failures are not reviewed, or no more of them today.
        """
        waits = isinstance(error, VersionError) or error.transient
        reviewed = [False] * len(ids) if waits else self.router.reviews_failed(ids)
        none: list = [None] * len(ids)
        return Lines(
            ids=list(ids),
            inputs=none,
            codes=none,
            values=none,
            predictions=none,
            confidences=none,
            incumbents=none,
            people=none,  # reading Odoo's opinion may be what failed
            routes=["review" if yes else "retry" for yes in reviewed],
            reasons=[routing.FAILED if yes else None for yes in reviewed],
            chances=none,
            failures=[error] * len(ids),
            intake=[False] * len(ids),
            until=none,
            latency_ms=0.0,
        )

    # Writing

    def _write(self, standings: dict[int, Standing], lines: Lines, profile: Profile) -> None:
        """Store log lines, their reviews, current scores, the counts of `profile`, and a request for what waits."""
        failures = [self._failure(error) for error in lines.failures]
        proposed, self.proposed = self.proposed, None
        self.flush(
            logged=self._log_statement(standings, lines, failures),
            proposed=proposed,
            reviewed=self._review_statement() if "review" in lines.routes else None,
            counted=self.env["ai.deployment.profile"]._delta_statement(
                self.deployment, self.version, profile, self.now.date()
            ),
            stands=self._score_statement(lines),
        )
        self._keep_requests(standings, lines, failures)

    def _failure(self, error: InferenceError | None) -> tuple[str | None, str | None]:
        if error is None:
            return None, None
        return self.env["ai.deployment.inference"]._failure_values(error, self.sensitive)

    def _keep_requests(self, standings: dict[int, Standing], lines: Lines, failures: Sequence[tuple]) -> None:
        """Store what waits as requests, so that it is tried again."""
        rows = [row for row, route in enumerate(lines.routes) if route == "retry"]
        if rows:
            ids = [lines.ids[row] for row in rows]
            companies = [standings[res_id].company_id for res_id in ids]
            failed = [failures[row] for row in rows]
            self.env["ai.deployment.request"]._add(self.deployment, self.day, ids, failed, self.earlier, companies)

    # The parts of the statement

    def _log_statement(self, standings: dict[int, Standing], lines: Lines, failures: Sequence[tuple]) -> SQL | None:
        return batch_insert.insert_statement(
            "ai_deployment_inference",
            {
                "date": ("timestamp", self.now),
                "requested_day": ("date", self.day),
                "deployment_id": ("int4", self.deployment.id),
                "version_id": ("int4", self.version.id),
                "company_id": ("int4", [standings[res_id].company_id for res_id in lines.ids]),
                "user_id": ("int4", self.user_id),
                "res_model": ("varchar", self.deployment.res_model),
                "res_id": ("int4", lines.ids),
                "inputs": ("jsonb", lines.inputs),
                "codes": ("varchar", lines.codes),
                "predicted_value": ("float8", lines.values),
                "prediction": ("bool", lines.predictions),
                "confidence": ("float8", lines.confidences),
                "incumbent_value": ("float8", lines.incumbents),
                "person_value": ("float8", lines.people),
                "is_first_inference": ("bool", lines.intake),
                "route": ("varchar", lines.routes),
                "review_reason": ("varchar", lines.reasons),
                "audit_chance": ("float8", lines.chances),
                "failure_type": ("varchar", [kind for kind, _text in failures]),
                "failure_message": ("varchar", [text for _kind, text in failures]),
                "latency_ms": ("float8", lines.latency_ms),
            },
            returning=TAKEN,
        )

    def _review_statement(self) -> SQL:
        """Return the INSERT of a review for each line to be reviewed, unless the record waits for one already."""
        taken = ("res_id", "failure_type", "predicted_value", "prediction", "confidence")
        return batch_insert.insert_from(
            "logged",
            "ai_deployment_review",
            {
                "deployment_id": SQL("%s", self.deployment.id),
                "version_id": SQL("%s", self.version.id),
                "company_id": SQL.identifier("company_id"),
                "res_model": SQL("%s", self.deployment.res_model),
                "inference_id": SQL.identifier("id"),
                "opened_date": SQL("%s::timestamp", self.now),
                "reason": SQL.identifier("review_reason"),
                "state": SQL("'open'"),
                "is_assigned": SQL("FALSE"),
                "kind": SQL("'first'"),
                **self.router.review_columns(self.card),
                "create_uid": SQL("%s", self.user_id),
                "create_date": SQL("%s::timestamp", self.now),
                "write_uid": SQL("%s", self.user_id),
                "write_date": SQL("%s::timestamp", self.now),
                **{name: SQL.identifier(name) for name in taken},
            },
            where=SQL("route = 'review'"),
            conflict=SQL("ON CONFLICT (deployment_id, res_id) WHERE state = 'open' DO NOTHING"),
        )

    def _score_statement(self, lines: Lines) -> SQL:
        aged = batch_insert.rows_sql({"aged_id": ("int4", lines.ids), "until": ("timestamp", lines.until)})
        taken = ("predicted_value", "prediction", "confidence", "failure_type", "codes")
        more = self.router.score_columns()
        updated = (
            "version_id",
            "company_id",
            "date",
            "state",
            "is_changed",
            "holds_until",
            "next_meeting",
            *taken,
            *more,
        )
        return batch_insert.insert_from(
            "logged",
            "ai_deployment_score",
            {
                "deployment_id": SQL("%s", self.deployment.id),
                "res_model": SQL("%s", self.deployment.res_model),
                "res_id": SQL.identifier("res_id"),
                "version_id": SQL("%s", self.version.id),
                "company_id": SQL.identifier("company_id"),
                "date": SQL("%s::timestamp", self.now),
                "state": SQL(
                    "CASE WHEN route = 'retry' THEN 'waiting' WHEN failure_type IS NOT NULL THEN 'failed'"
                    " ELSE 'scored' END"
                ),
                "is_changed": SQL("FALSE"),
                "holds_until": SQL("aged.until"),
                "next_meeting": self._comes(SQL.identifier("logged", "res_id")),
                **{name: SQL.identifier(name) for name in taken},
                **more,
            },
            join=SQL("JOIN (%s) AS aged ON aged.aged_id = logged.res_id", aged),
            conflict=SQL("ON CONFLICT (deployment_id, res_id) DO UPDATE SET %s", batch_insert.replaced_sql(updated)),
        )


def hex_rows(codes: np.ndarray) -> list[str]:
    """Return two hexadecimal digits per code: one text per row of `codes`, (n, k) uint8."""
    n, k = codes.shape
    digits = np.ascontiguousarray(codes).tobytes().hex()
    return [digits[2 * k * row : 2 * k * (row + 1)] for row in range(n)]


def json_rows(kinds: Sequence[str], columns: Sequence[np.ndarray]) -> list[str]:
    """Return the values of each record as a JSON list: column by column, which costs a third of row by row.

    :param kinds: of the columns, see `ml.columns`
    :param columns: arrays (n,), one per input
    """
    return [f"[{', '.join(row)}]" for row in zip(*map(_json_texts, kinds, columns), strict=True)]


def _json_texts(kind: str, values: np.ndarray) -> list[str]:
    """Return the JSON text of each value of a column (n,); what is no finite number is null."""
    if kind == NUMBER:  # infinite minus itself is no number either
        return ["null" if value - value else repr(value) for value in values.tolist()]
    texts = {value: json.dumps(value) for value in set(values.tolist())}
    return [texts[value] for value in values.tolist()]
