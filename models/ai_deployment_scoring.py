"""Scoring: from records to log lines, current scores and reviews, in statements that take a chunk at once.

`_score` is the one door: the server action, the crons and the API come through here. It writes nothing on the records.
Everything of a chunk happens in one savepoint; a chunk that fails is split until the record at fault stands alone and
goes to a person. Only faults of the moment (a serialization failure, a deadlock) leave the method: who called repeats.
"""

import json
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..ml import routing
from ..ml.cards import ScoredRows
from ..ml.errors import InferenceError, Unexpected, VersionError
from ..ml.profile import Profile
from . import bulk, clock
from .ai_deployment_scorable_mixin import SCORE_FIELDS

_logger = logging.getLogger(__name__)

CHUNK = 5000
# A chunk with histories sorts all earlier records of its groups: fewer, larger ones sort them less often.
HISTORY_CHUNK = 20_000


@dataclass
class Call:
    """One call of `_score`: what it asks with, and what came of it so far."""

    version: object
    now: object
    day: object  # on which the records were asked for
    user_id: int
    again: bool
    card: object
    specs: dict
    sensitive: set
    earlier: dict  # what is known of records that waited, by id
    standing: dict = field(default_factory=dict)  # {id: (codes of its current score, scored before by this version)}
    outcome: Counter = field(default_factory=Counter)
    waiting: set = field(default_factory=set)  # ids that could not be scored and are tried again


@dataclass
class Lines:
    """Log lines of one chunk, one entry per record; None where a record failed."""

    ids: list
    inputs: list
    codes: list
    values: list
    predictions: list
    confidences: list
    routes: list
    reasons: list
    chances: list
    failures: list
    intake: list
    latency_ms: float


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _score(self, records, now=None, again=False):
        """Score `records` with the serving version; the outcome as a Counter.

        Counted: asked, outside (not this deployment's records, or not readable by who asks), unchanged (same version,
        same inputs as the current score), automatic, review (failed ones among them), waiting.

        :param records: recordset of the deployment's document model, with the rights of who asks
        :param now: the moment of scoring, for a replay; by default the clock's
        :param again: log also what has not changed
        :raise UserError: where the deployment is not at work
        """
        self.ensure_one()
        deployment = self.sudo()
        if deployment.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not at work, so nothing was scored.", deployment.name))
        with clock.at(now or clock.now()):
            day = clock.today()
            self.env["ai.deployment.sum"]._asked(deployment, day, len(set(records.ids)))
            return self._settle(records, day, again=again)

    def _ask(self, records, again=False):
        """Score `records` now, or keep the wish as a batch where there are more than `batch_above`.

        The outcome as `_score` gives it, or with `queued` records of an `ai.deployment.batch`.
        """
        self.ensure_one()
        deployment = self.sudo()
        if len(records) <= deployment.batch_above:
            return self._score(records, again=again)
        if deployment.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not at work, so nothing was scored.", deployment.name))
        batch = self.env["ai.deployment.batch"]._ask(deployment, records.ids, again)
        return Counter(asked=len(records), queued=batch.record_count)

    @api.model
    def _cron_score_nightly(self):
        """Ask for all open records of the deployments that want it; the lanes do the work."""
        cron = self.env["ir.cron"]
        wanted = self.search(Domain("state", "in", self._at_work_states()) & Domain("score_nightly", "=", True))
        cron._commit_progress(remaining=len(wanted))
        for deployment in wanted:
            deployment._ask_nightly()
            if not cron._commit_progress(1):
                break

    def _ask_nightly(self):
        """Ask for all open records; a filter that fails becomes an alert and stops no other deployment."""
        self.ensure_one()
        alerts, documents = self.env["ai.deployment.alert"], self.env[self.res_model]
        try:
            with self.env.cr.savepoint():
                domain = self._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
                domain &= Domain("company_id", "in", [self.company_id.id, False])
                ids = documents.search(domain).ids
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("The open records of %s could not be found", self.name)
            alerts._raise(
                self, "nightly",
                name=self.env._("“%s” cannot be scored every night: its filter cannot be used any more", self.name),
                suggestion=self.env._("Correct “Only Records”, or ask an administrator to."),
            )  # fmt: skip
            return
        alerts._resolve(self, "nightly")
        self.env["ai.deployment.batch"]._ask(self, ids)

    def _settle(self, records, day, *, again=False, earlier=None):
        """Score `records`, which were asked for on `day`; the outcome as a Counter (see `_score`).

        Every one of them ends in exactly one place that the sum of that day counts. `earlier`: what is known of
        records that waited, by id.
        """
        self.ensure_one()
        deployment = self.sudo()
        records = records.browse(dict.fromkeys(records.ids))  # asked for twice in one call is asked for once
        asked, asks = len(records), {res_id: one.asks for res_id, one in (earlier or {}).items()}
        call = deployment._new_call(records.env.uid, again, day, earlier)
        call.standing = deployment._standing(call.version, records)
        ids = list(call.standing)
        call.outcome.update(asked=asked, outside=asked - len(ids))
        size = deployment._chunk_size(call.specs, CHUNK)
        for start in range(0, len(ids), size):
            deployment._score_or_split(call, ids[start : start + size])
        # Asked for more often than once: the other times found nothing new.
        gone = set(records.ids).difference(ids)
        repeated = sum(asks.get(res_id, 1) - 1 for res_id in ids if res_id not in call.waiting)
        self.env["ai.deployment.sum"]._settled(
            deployment, day,
            unchanged=call.outcome["unchanged"] + repeated,
            cancelled=call.outcome["outside"] + sum(asks.get(res_id, 1) - 1 for res_id in gone),
        )  # fmt: skip
        if call.outcome["review"]:
            self.env.ref("ai_deployment.ir_cron_assign_reviews").sudo()._trigger()
        deployment._after_score(records)
        return call.outcome

    def _chunk_size(self, specs, usual):
        """Records at a time: `usual`, or more where earlier records are looked at."""
        return HISTORY_CHUNK if any(spec["source"] == "history" for spec in specs.values()) else usual

    def _new_call(self, uid, again, day=None, earlier=None):
        version = self.champion_id
        try:
            card = version._card()
        except VersionError as error:
            self._alert_version_broken(error)
            card = error
        return Call(
            version, clock.now(), day or clock.today(), uid, again, card, version._specs(), version._sensitive_keys(),
            earlier or {},
        )  # fmt: skip

    def _standing(self, version, records):
        """Those of `records` that the deployment is for and that who asks may read, and where each stands.

        {id: (codes of the current score by this version, whether it has scored the record before)}, ids ascending.
        Only the first time counts for drift.
        """
        if records._name != self.res_model:
            raise UserError(self.env._("“%s” scores other records.", self.name))
        domain = (
            Domain("id", "in", records.ids)
            & self._record_domain()
            & self.env[self.res_model]._ai_base_domain()
            & Domain("company_id", "in", [self.company_id.id, False])
        )
        records.flush_model()  # at once: what the search needs, and what the reader needs, would be two updates
        query = records.browse().with_context(active_test=False)._search(domain)
        record = SQL.identifier(records._table, "id")
        query.order = record
        # Each looked up by itself, in an index: a join, or EXISTS, may as well read the whole log for every chunk.
        codes = SQL(
            "(SELECT codes FROM ai_deployment_score WHERE deployment_id = %s AND res_id = %s AND version_id = %s"
            " AND state = 'scored' LIMIT 1)",
            self.id, record, version.id,
        )  # fmt: skip
        known = SQL(
            "(SELECT TRUE FROM ai_deployment_inference WHERE deployment_id = %s AND res_id = %s AND version_id = %s"
            " LIMIT 1) IS NOT NULL",
            self.id, record, version.id,
        )  # fmt: skip
        rows = self.env.execute_query(query.select(record, codes, known))
        return {res_id: (current, scored) for res_id, current, scored in rows}

    def _after_score(self, records):
        records.invalidate_model(sorted(SCORE_FIELDS), flush=False)
        for model in (
            "ai.deployment.score",
            "ai.deployment.review",
            "ai.deployment.inference",
            "ai.deployment.profile",
        ):
            self.env[model].invalidate_model(flush=False)
        self.invalidate_recordset(["score_count", "open_review_count"], flush=False)

    # Chunks

    def _score_or_split(self, call, ids):
        """Score a chunk; where it fails, halve it until the record at fault stands alone."""
        outcome, waiting = Counter(call.outcome), set(call.waiting)
        try:
            with self.env.cr.savepoint():
                self._score_chunk(call, ids)
            return
        except psycopg2.OperationalError:
            raise  # serialization failure, deadlock, lost connection: not a record's fault
        except Exception as error:
            call.outcome, call.waiting = outcome, waiting
            if len(ids) == 1:
                _logger.exception("%s could not score %s,%s", self.name, self.res_model, ids[0])
                with self.env.cr.savepoint():
                    self._write_lines(call, self._failed_lines(ids, Unexpected(type(error).__name__)))
                return
        half = len(ids) // 2
        self._score_or_split(call, ids[:half])
        self._score_or_split(call, ids[half:])

    def _score_chunk(self, call, ids):
        started = time.perf_counter()
        if isinstance(call.card, InferenceError):  # the version itself is at fault: all wait, one alert tells
            self._write_lines(call, self._failed_lines(ids, call.card))
            return
        columns = self._columns(list(call.specs.values()), ids)
        scored = call.card.score(columns)
        changed = [
            row
            for row, res_id in enumerate(ids)
            if call.again or row in scored.errors or call.standing[res_id][0] != scored.codes[row].tobytes().hex()
        ]
        call.outcome["unchanged"] += len(ids) - len(changed)
        if not changed:
            return
        lines = self._lines(call, ids, columns, scored, changed)
        lines.latency_ms = (time.perf_counter() - started) * 1000 / len(ids)
        mask = np.zeros(len(ids), dtype=bool)
        mask[[row for row, first in zip(changed, lines.intake, strict=True) if first]] = True
        self._write_lines(call, lines, Profile.of(call.card, scored, mask))

    def _lines(self, call, ids, columns, scored: ScoredRows, rows):
        """What to log of `rows` of a scored chunk."""
        keys = [f"{self.id},{res_id}" for res_id in ids]
        reasons, chances = self._route(scored, rows, ids)
        audited = routing.audit_selected(keys, chances, salt=str(self.id))
        listed = {key: _plain(columns[key].values) for key in call.specs}
        lines = Lines([], [], [], [], [], [], [], [], [], [], [], 0.0)
        for row in rows:
            error, reason, chance = scored.errors.get(row), reasons[row], None
            if error:
                reason = "failed"
            elif not reason:
                chance = float(chances[row])
                reason = "audit" if audited[row] else ""
            lines.ids.append(ids[row])
            lines.inputs.append(json.dumps([listed[key][row] for key in call.specs]))
            lines.codes.append(None if error else scored.codes[row].tobytes().hex())
            lines.values.append(None if error else float(scored.values[row]))
            lines.predictions.append(None if error else bool(scored.predictions[row]))
            lines.confidences.append(None if error else float(scored.confidences[row]))
            lines.routes.append("review" if reason else "automatic")
            lines.reasons.append(reason or None)
            lines.chances.append(chance)
            lines.failures.append(error)
            lines.intake.append(not call.standing[ids[row]][1])
        return lines

    def _failed_lines(self, ids, error):
        """Lines of records that failed together: they wait where the version is at fault, else a person looks."""
        waits = isinstance(error, VersionError) or error.transient
        none = [None] * len(ids)
        return Lines(
            ids=list(ids), inputs=none, codes=none, values=none, predictions=none, confidences=none,
            routes=["retry" if waits else "review"] * len(ids), reasons=[None if waits else "failed"] * len(ids),
            chances=none, failures=[error] * len(ids), intake=[False] * len(ids), latency_ms=0.0,
        )  # fmt: skip

    # Writing

    def _write_lines(self, call, lines, profile=None):
        """Keep the log lines of a chunk, the reviews, the current scores and the counts of `profile`: one statement."""
        # A review points to its line, so the ids are known beforehand; without one, the table gives them out itself.
        inference_ids = None
        if "review" in lines.routes:
            inference_ids = bulk.reserve_ids(self.env, "ai_deployment_inference", len(lines.ids))
        failures = [self._failure(call, error) for error in lines.failures]
        profiles = self.env["ai.deployment.profile"]
        bulk.write(
            self.env,
            [
                self._log_statement(call, lines, inference_ids, failures),
                self._review_statement(call, lines, inference_ids, failures),
                self._score_statement(call, lines, failures),
                profiles._delta_statement(self, call.version, profile or Profile(), call.now.date()),
            ],
        )
        self._keep_requests(call, lines, failures)
        routes = Counter(lines.routes)
        failed = sum(
            1 for route, error in zip(lines.routes, lines.failures, strict=True) if error and route == "review"
        )
        call.outcome.update(
            automatic=routes["automatic"], review=routes["review"], failed=failed, waiting=routes["retry"]
        )

    def _failure(self, call, error):
        if error is None:
            return None, None
        names = {key: spec["name"] for key, spec in call.specs.items()}
        return self.env["ai.deployment.inference"]._failure_values(error, names, call.sensitive)

    def _keep_requests(self, call, lines, failures):
        """What waits is kept as a request, so that it is tried again."""
        rows = [row for row, route in enumerate(lines.routes) if route == "retry"]
        if rows:
            ids = [lines.ids[row] for row in rows]
            self.env["ai.deployment.request"]._add(self, call.day, ids, [failures[row] for row in rows], call.earlier)
            call.waiting.update(ids)

    def _log_statement(self, call, lines, inference_ids, failures):
        incumbents = self.env[self.res_model].browse(lines.ids)._ai_incumbent()
        return bulk.insert_statement(
            "ai_deployment_inference",
            {
                **({"id": ("int4", inference_ids)} if inference_ids else {}),
                "date": ("timestamp", call.now),
                "asked_day": ("date", call.day),
                "deployment_id": ("int4", self.id),
                "version_id": ("int4", call.version.id),
                "company_id": ("int4", self.company_id.id),
                "user_id": ("int4", call.user_id),
                "res_model": ("varchar", self.res_model),
                "res_id": ("int4", lines.ids),
                "inputs": ("jsonb", lines.inputs),
                "codes": ("varchar", lines.codes),
                "predicted_value": ("float8", lines.values),
                "prediction": ("bool", lines.predictions),
                "confidence": ("float8", lines.confidences),
                "incumbent_value": ("float8", [incumbents.get(res_id) for res_id in lines.ids]),
                "is_intake": ("bool", lines.intake),
                "route": ("varchar", lines.routes),
                "review_reason": ("varchar", lines.reasons),
                "audit_chance": ("float8", lines.chances),
                "failure_type": ("varchar", [kind for kind, _text in failures]),
                "failure_message": ("varchar", [text for _kind, text in failures]),
                "latency_ms": ("float8", lines.latency_ms),
            },
        )

    def _review_statement(self, call, lines, inference_ids, failures):
        """A review for each line that a person should see, unless the record waits for one already."""
        asked = [row for row, route in enumerate(lines.routes) if route == "review"]
        if not asked:
            return None
        deadline = call.now.date() + timedelta(days=self.review_days)
        return bulk.insert_statement(
            "ai_deployment_review",
            {
                "deployment_id": ("int4", self.id),
                "version_id": ("int4", call.version.id),
                "company_id": ("int4", self.company_id.id),
                "res_model": ("varchar", self.res_model),
                "res_id": ("int4", [lines.ids[row] for row in asked]),
                "inference_id": ("int4", [inference_ids[row] for row in asked]),
                "opened_date": ("timestamp", call.now),
                "reason": ("varchar", [lines.reasons[row] for row in asked]),
                "failure_type": ("varchar", [failures[row][0] for row in asked]),
                "predicted_value": ("float8", [lines.values[row] for row in asked]),
                "prediction": ("bool", [lines.predictions[row] for row in asked]),
                "confidence": ("float8", [lines.confidences[row] for row in asked]),
                "state": ("varchar", "open"),
                "is_assigned": ("bool", False),
                "deadline": ("date", deadline),
                "create_uid": ("int4", call.user_id),
                "create_date": ("timestamp", call.now),
                "write_uid": ("int4", call.user_id),
                "write_date": ("timestamp", call.now),
            },
            conflict=SQL("ON CONFLICT (deployment_id, res_id) WHERE state = 'open' DO NOTHING"),
        )

    def _score_statement(self, call, lines, failures):
        states = {"automatic": "scored", "review": "scored", "retry": "waiting"}
        updated = (
            "version_id", "company_id", "date", "state", "predicted_value", "prediction", "confidence",
            "failure_type", "codes",
        )  # fmt: skip
        columns = {
            "deployment_id": ("int4", self.id),
            "res_model": ("varchar", self.res_model),
            "res_id": ("int4", lines.ids),
            "version_id": ("int4", call.version.id),
            "company_id": ("int4", self.company_id.id),
            "date": ("timestamp", call.now),
            "state": (
                "varchar",
                [
                    "failed" if route == "review" and error else states[route]
                    for route, error in zip(lines.routes, lines.failures, strict=True)
                ],
            ),
            "predicted_value": ("float8", lines.values),
            "prediction": ("bool", lines.predictions),
            "confidence": ("float8", lines.confidences),
            "failure_type": ("varchar", [kind for kind, _text in failures]),
            "codes": ("varchar", lines.codes),
        }
        return bulk.insert_statement(
            "ai_deployment_score",
            columns,
            conflict=SQL(
                "ON CONFLICT (deployment_id, res_id) DO UPDATE SET %s",
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("excluded", name)) for name in updated
                ),
            ),
        )


def _plain(values):
    """A numpy column as JSON types: NaN becomes None."""
    if values.dtype.kind == "f":
        return [value if np.isfinite(value) else None for value in values.tolist()]
    return values.tolist()
