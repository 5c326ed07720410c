"""Scoring: which records, in which pieces, and what happens to a piece that fails.

`_score` is the one door: the server action, the crons and the API come through here. It writes nothing on the records.
Everything of a chunk happens in one savepoint; a chunk that fails is split until the record at fault stands alone and
goes to a person. Only faults of the moment (a serialization failure, a deadlock) leave the method: who called repeats.
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..ml import routing
from ..ml.errors import InferenceError, TookTooLong, Unexpected, VersionError
from ..ml.profile import Profile
from . import clock
from .ai_deployment_scorable_mixin import SCORE_FIELDS
from .ai_deployment_writing import hex_rows

_logger = logging.getLogger(__name__)

CHUNK = 5000
# A chunk with histories sorts all earlier records of its groups: fewer, larger ones sort them less often.
HISTORY_CHUNK = 20_000
LATE = timedelta(days=7)  # from its creation to its first score, after which a record came late


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
    rules: dict  # the reasons to ask a person that are on, the one of best priority first
    standing: dict = field(default_factory=dict)  # {id: Standing}
    outcome: Counter = field(default_factory=Counter)
    waiting: set = field(default_factory=set)  # ids that could not be scored and are tried again


class Standing(NamedTuple):
    """Where a record stands before it is scored."""

    codes: str | None  # of its current score by this version
    is_known: bool  # this version has scored it before
    incumbent: float | None  # what Odoo itself says, where a column says it
    came: object  # when the record was created
    person: float | None  # what a person estimated by hand, where that is not logged yet
    amount: float | None  # the money at stake in it, in the company's currency, where that may be a reason to ask
    is_new_partner: bool | None  # no earlier document of its partner, where that may be a reason to ask
    amount_before: float | None  # what was at stake when it was scored last

    def has_reached(self, amount):
        """Whether there is so much at stake now, and was not when it was scored last."""
        known = self.amount is not None and self.amount_before is not None
        return known and self.amount_before < amount <= self.amount


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _score(self, records, now=None, again=False, action=None):
        """Score `records` with the serving version; the outcome as a Counter.

        Counted: asked, outside (not this deployment's records, or not readable by who asks), unchanged (same version,
        same inputs as the current score), automatic, review (failed ones among them), waiting.

        :param records: recordset of the deployment's document model, with the rights of who asks
        :param now: the moment of scoring, for a replay; by default the clock's
        :param again: log also what has not changed
        :param action: the server action that asks
        :raise UserError: where the deployment is not at work
        """
        self.ensure_one()
        deployment = self.sudo()
        if deployment.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not at work, so nothing was scored.", deployment.name))
        with clock.at(now or clock.now()):
            day = clock.today()
            self.env["ai.deployment.sum"]._asked(deployment, day, len(set(records.ids)), records.env.user, action)
            return self._settle(records, day, again=again)

    def _ask(self, records, again=False, action=None):
        """Score `records` now, or keep the wish as a batch where there are more than `batch_above`.

        The outcome as `_score` gives it, or with `queued` records of an `ai.deployment.batch`.
        """
        self.ensure_one()
        deployment = self.sudo()
        if len(records) <= deployment.batch_above:
            return self._score(records, again=again, action=action)
        if deployment.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not at work, so nothing was scored.", deployment.name))
        self.env["ai.deployment.batch"]._ask(deployment, records.ids, again, action)
        return Counter(asked=len(records), queued=len(set(records.ids)))

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
        call.standing = deployment._standing(call, records)
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
            earlier or {}, self._rules_on(),
        )  # fmt: skip

    def _standing(self, call, records):
        """Those of `records` that the deployment is for and that who asks may read, and where each stands.

        {id: Standing}, ids ascending. Only the first time that a version scores a record counts for drift.
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
        query.order = None
        record = SQL.identifier(records._table, "id")
        # Each looked up by itself, in an index: a join, or EXISTS, may as well read the whole log for every chunk. What
        # has a current score by this version was scored by it; only the others are looked up in the log.
        codes = SQL(
            "(SELECT codes FROM ai_deployment_score WHERE deployment_id = %s AND res_id = %s AND version_id = %s"
            " AND state = 'scored' LIMIT 1)",
            self.id, record, call.version.id,
        )  # fmt: skip
        logged = SQL(
            "ai_deployment_inference WHERE deployment_id = %s AND res_id = stands.id AND version_id = %s",
            self.id, call.version.id,
        )  # fmt: skip
        found = query.select(
            record,
            codes,
            records._ai_incumbent_sql(records._table) or SQL("NULL::float8"),
            SQL.identifier(records._table, "create_date"),
            records._ai_person_sql(records._table) or SQL("NULL::float8"),
            *self._reasons_read(call, records),
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id, codes, codes IS NOT NULL OR (SELECT TRUE FROM %s LIMIT 1) IS NOT NULL, incumbent, came,"
                " CASE WHEN person IS NOT NULL AND"
                " (SELECT TRUE FROM %s AND person_value IS NOT NULL LIMIT 1) IS NULL THEN person END,"
                " amount, is_new, amount_before FROM (%s OFFSET 0)"
                " AS stands (id, codes, incumbent, came, person, amount, is_new, amount_before) ORDER BY id",
                logged, logged, found,
            )
        )  # fmt: skip
        return {res_id: Standing(*row) for res_id, *row in rows}

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
        except psycopg2.errors.QueryCanceled:  # too slow for the database's own limit: as slow in halves, so they wait
            call.outcome, call.waiting = outcome, waiting
            with self.env.cr.savepoint():
                self._write_lines(call, self._failed_lines(call, ids, TookTooLong()))
                self._alert_took_too_long()
            return
        except psycopg2.OperationalError:
            raise  # serialization failure, deadlock, lost connection: not a record's fault
        except Exception as error:
            call.outcome, call.waiting = outcome, waiting
            if len(ids) == 1:
                _logger.exception("%s could not score %s,%s", self.name, self.res_model, ids[0])
                with self.env.cr.savepoint():
                    self._write_lines(call, self._failed_lines(call, ids, Unexpected(type(error).__name__)))
                return
        half = len(ids) // 2
        self._score_or_split(call, ids[:half])
        self._score_or_split(call, ids[half:])

    def _has_changed(self, call, standing, codes):
        """Whether a record is logged: its inputs are new, or something that a person is to be asked about is."""
        stake = call.rules.get(routing.AMOUNT)
        return (
            call.again
            or standing.codes != codes
            or standing.person is not None
            or bool(stake and standing.has_reached(stake["amount"]))
        )

    def _score_chunk(self, call, ids):
        started = time.perf_counter()
        if isinstance(call.card, InferenceError):  # the version itself is at fault: all wait, one alert tells
            self._write_lines(call, self._failed_lines(call, ids, call.card))
            return
        columns = self._columns(list(call.specs.values()), ids)
        scored = call.card.score(columns)
        codes = hex_rows(scored.codes)
        changed = [
            row
            for row, res_id in enumerate(ids)
            if row in scored.errors or self._has_changed(call, call.standing[res_id], codes[row])
        ]
        call.outcome["unchanged"] += len(ids) - len(changed)
        if not changed:
            return
        lines = self._lines(call, ids, columns, scored, codes, changed)
        lines.latency_ms = (time.perf_counter() - started) * 1000 / len(ids)
        mask = np.zeros(len(ids), dtype=bool)
        mask[[row for row, first in zip(changed, lines.intake, strict=True) if first]] = True
        due = call.now - LATE
        late = [bool(call.standing[res_id].came and call.standing[res_id].came < due) for res_id in ids]
        profile = Profile.of(call.card, scored, mask, late)
        profile.reviewed = sum(
            1
            for first, route, failure in zip(lines.intake, lines.routes, lines.failures, strict=True)
            if first and route == "review" and not failure
        )
        self._write_lines(call, lines, profile)
