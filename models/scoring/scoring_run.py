"""Scoring: which records, in which pieces, and what happens to a piece that fails.

`_score` is the one door: the server action, the crons and the API come through here. It writes nothing on the records.
Everything of a chunk happens in one savepoint; a chunk that fails is split until the record at fault stands alone and
goes to a person. Where all records fail in the same way the version is at fault: they wait, and one alert tells.
Only faults of the moment (a collision, a fault of the database server) leave the method: who called repeats.
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml import routing
from ...ml.errors import (
    FilterBroken,
    InferenceError,
    TookTooLong,
    Unexpected,
    VersionError,
    VersionFails,
)
from ...ml.profile import Profile
from ..tools import batch_insert as bulk
from ..tools import clock, faults, noted
from ..tools.quiet_sql import quiet_sql
from ..tools.score_fields import SCORE_FIELDS
from ..tools.shipped import wake
from .inference_writer import hex_rows
from .reasons import MAY_RETURN

_logger = logging.getLogger(__name__)

CHUNK = 5000
# A chunk with histories sorts all earlier records of its groups: fewer, larger ones sort them less often.
HISTORY_CHUNK = 20_000
LATE = timedelta(days=7)  # from its creation to its first score, after which a record came late
SUSPECTS = 3  # records that fail in the same way while none succeeds, from which on the version is to blame
FAILS = "fails"  # cause of the alert about that
FILTER = "filter"  # cause of the alert about a filter that cannot be used
# What is read of a deployment to score one record, at once.
READ_TO_SCORE = (
    "audit_share",
    "batch_above",
    "champion_id",
    "company_id",
    "domain",
    "has_edge_cases",
    "holdout_share",
    "method",
    "min_confidence",
    "model_id",
    "res_model",
    "routing",
    "routing_lines",
    "routing_rules",
    "state",
)


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
    suspects: dict = field(default_factory=dict)  # {id: how it failed when it was scored alone}
    condemned: VersionError | None = None  # why the version is to blame, once that is known
    ask: object = None  # function that counts what was asked for, see `_settle`
    only: Domain | None = None  # the records that were asked for, see `_settle`
    also: dict = field(default_factory=dict)  # {name: SQL} to be written with the lines


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
    company_id: int  # whose record it is: the deployment's company or one of its branches

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
            count, asker = len(set(records.ids)), records.env.user

            def ask(_found):
                return self.env["ai.deployment.asked"]._statement(deployment, day, count, asker, action)

            return self._settle(records, day, again=again, ask=ask)

    def _ask(self, records, again=False, action=None):
        """Score `records` now, or keep the wish as a batch where there are more than `batch_above`.

        The outcome as `_score` gives it, or with `queued` records and the id of their `batch`.
        """
        self.ensure_one()
        deployment = self.sudo()
        if len(records) <= deployment.batch_above:
            return self._score(records, again=again, action=action)
        if deployment.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not at work, so nothing was scored.", deployment.name))
        noted.forget(self.env.cr, self.id, records.ids)
        batch = self.env["ai.deployment.batch"]._ask(deployment, records.ids, again, action, confirms_floods=True)
        return Counter(asked=len(records), queued=len(set(records.ids)), batch=batch.id)

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
                domain &= self._company_domain()
                ids = documents.search(domain).ids
        except faults.OF_THE_MOMENT:
            raise
        except Exception:
            _logger.exception("The open records of %s could not be found", self.name)
            alerts._raise(
                self,
                "nightly",
                name=self.env._("“%s” cannot be scored every night: its filter cannot be used any more", self.name),
                suggestion=self.env._("Correct “Only Records”, or ask an administrator to."),
            )
            return
        alerts._resolve(self, "nightly")
        self.env["ai.deployment.batch"]._ask(self, ids, confirms_floods=True)

    def _settle(self, records, day, *, again=False, earlier=None, ask=None, only=None, one_try=False):
        """Score `records`, which were asked for on `day`; the outcome as a Counter (see `_score`).

        Every one of them ends in exactly one place that the sum of that day counts. `earlier`: what is known of
        records that waited, by id.

        :param ask: function that gives the SQL which counts what was asked for, called with the number of records found
        :param only: Domain; where it is given, no record outside of it or of the deployment was asked for
        :param one_try: score all in one chunk and in the caller's savepoint, and raise what fails
        """
        self.ensure_one()
        deployment = self.sudo()
        records = records.browse(dict.fromkeys(records.ids))  # asked for twice in one call is asked for once
        asked, asks = len(records), {res_id: one.asks for res_id, one in (earlier or {}).items()}
        noted.forget(self.env.cr, self.id, records.ids)
        self.env.cr.flush()  # what the caller wrote fails here, as it would without us
        call = deployment._new_call(records.env.uid, again, day, earlier)
        call.ask, call.only = ask, only
        if one_try:
            deployment._score_in_one_chunk(call, records)
        else:
            deployment._score_in_chunks(call, records)
        ids = list(call.standing)
        gone = set(records.ids).difference(ids, call.waiting)
        if only is not None:
            asked, gone = asked - len(gone), set()
        call.outcome.update(asked=asked, outside=len(gone))
        # Asked for more often than once: the other times found nothing new.
        repeated = sum(asks.get(res_id, 1) - 1 for res_id in ids if res_id not in call.waiting)
        settled = self.env["ai.deployment.settled"]._statement(
            deployment,
            day,
            unchanged=call.outcome["unchanged"] + repeated,
            cancelled=call.outcome["outside"] + sum(asks.get(res_id, 1) - 1 for res_id in gone),
        )
        bulk.write(self.env, {**call.also, "settled": settled})
        if not call.standing and not call.waiting:
            return call.outcome
        if call.outcome["review"]:
            wake(self.env, "ir_cron_assign_reviews")
        deployment._after_score(records)
        return call.outcome

    def _chunk_size(self, specs, usual):
        """Records at a time: `usual`, or more where earlier records are looked at."""
        return HISTORY_CHUNK if any(spec["source"] == "history" for spec in specs.values()) else usual

    def _new_call(self, uid, again, day=None, earlier=None):
        version = self.champion_id
        card = version._fault()
        if card:
            self._alert_version_broken(card)
        else:
            card = version._card()
        return Call(
            version,
            clock.now(),
            day or clock.today(),
            uid,
            again,
            card,
            version._specs(),
            version._sensitive_keys(),
            earlier or {},
            self._rules_on(),
        )

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
            & self._company_domain()
            & (Domain.TRUE if call.only is None else call.only)
        )
        records.flush_model()  # at once: what the search needs, and what the reader needs, would be two updates
        self.env["ai.deployment.review"].flush_model(["expired_date", "expired_reason", "previous_id", "state"])
        query = records.browse().with_context(active_test=False)._search(domain)
        query.order = None
        record = SQL.identifier(records._table, "id")
        # Each looked up by itself, in an index: a join, or EXISTS, may as well read the whole log for every chunk. What
        # has a current score by this version was scored by it; only the others are looked up in the log.
        # One whose question was closed because it had left, and that is back, is new: it is asked about again. One that
        # has gone to another branch is new as well: its score would not be seen there.
        company = SQL("COALESCE(%s, %s)", SQL.identifier(records._table, "company_id"), self.company_id.id)
        codes = SQL(
            "(SELECT codes FROM ai_deployment_score score WHERE deployment_id = %s AND res_id = %s AND version_id = %s"
            " AND state = 'scored' AND score.company_id = %s AND NOT EXISTS (SELECT FROM ai_deployment_review closed"
            " WHERE closed.deployment_id = score.deployment_id AND closed.res_id = score.res_id"
            " AND closed.state = 'expired' AND closed.expired_reason IN %s AND closed.expired_date >= score.date"
            " AND NOT EXISTS (SELECT FROM ai_deployment_review later WHERE later.previous_id = closed.id)) LIMIT 1)",
            self.id,
            record,
            call.version.id,
            company,
            MAY_RETURN,
        )
        logged = SQL(
            "ai_deployment_inference WHERE deployment_id = %s AND res_id = stands.id AND version_id = %s",
            self.id,
            call.version.id,
        )
        found = query.select(
            record,
            codes,
            records._ai_incumbent_sql(records._table) or SQL("NULL::float8"),
            SQL.identifier(records._table, "create_date"),
            records._ai_person_sql(records._table) or SQL("NULL::float8"),
            *self._reasons_read(call, records),
            company,
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id, codes, codes IS NOT NULL OR (SELECT TRUE FROM %s LIMIT 1) IS NOT NULL, incumbent, came,"
                " CASE WHEN person IS NOT NULL AND"
                " (SELECT TRUE FROM %s AND person_value IS NOT NULL LIMIT 1) IS NULL THEN person END,"
                " amount, is_new, amount_before, company_id FROM (%s OFFSET 0)"
                " AS stands (id, codes, incumbent, came, person, amount, is_new, amount_before, company_id)"
                " ORDER BY id",
                logged,
                logged,
                found,
            )
        )
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

    def _score_in_chunks(self, call, records):
        """Find those of `records` that the deployment is for, and score them in chunks.

        One chunk, by far the most common, is found and scored in one savepoint; only where that fails, and for more
        records, is each step in a savepoint of its own.
        """
        size = self._chunk_size(call.specs, CHUNK)
        try:
            with self.env.cr.savepoint():
                call.standing = self._standing(call, records)
                is_one = len(call.standing) <= size
                self._count_asked(call, at_once=not is_one)
                if is_one:
                    self._score_chunk(call, list(call.standing))
                    return
        except Exception as error:
            kind = faults.kind_of(error)
            if kind and kind != faults.TOO_SLOW:
                raise
            call.outcome, call.waiting, call.also = Counter(), set(), {}
            if kind and call.standing:  # scoring them took too long, and would again
                self._count_asked(call)
                self._wait_as_slow(call, list(call.standing))
                return
            self._find(call, records)
            self._count_asked(call)
        ids = list(call.standing)
        for start in range(0, len(ids), size):
            self._score_or_split(call, ids[start : start + size])
        self._blame(call)

    def _score_in_one_chunk(self, call, records):
        call.standing = self._standing(call, records)
        self._count_asked(call, at_once=False)
        if call.standing:
            self._score_chunk(call, list(call.standing))

    def _count_asked(self, call, at_once=True):
        """Count what was asked for: at once, or with what comes of it in one statement."""
        found = len(call.waiting.union(call.standing))
        if call.ask and (found or call.only is None):
            call.also["requested"] = call.ask(found)
            if at_once:
                bulk.write(self.env, call.also)
                call.also = {}

    def _find(self, call, records):
        """Find the records again, after a failure: where that fails too, all of them wait and one alert tells."""
        call.standing = {}
        try:
            with self.env.cr.savepoint():
                call.standing = self._standing(call, records)
            return
        except UserError:
            raise
        except Exception as error:
            kind = faults.kind_of(error)
            if (kind and kind != faults.TOO_SLOW) or (not kind and self._filter_works()):
                raise
            faults.log_fault(_logger, f"The records of deployment {self.id} could not be found", error)
            why = TookTooLong() if kind else FilterBroken(type(error).__name__)
        # Which of them the deployment is for is not known, so they wait without a line in the log.
        ids = (records if call.only is None else records.exists())._filtered_access("read").ids
        failure = self.env["ai.deployment.inference"]._failure_values(why, {}, ())
        self.env["ai.deployment.request"]._add(self, call.day, ids, [failure] * len(ids), call.earlier)
        call.waiting.update(ids)
        call.outcome["waiting"] += len(ids)
        if kind:
            self._alert_took_too_long()
        else:
            self._alert_filter_broken(why)

    def _filter_works(self):
        try:
            with self.env.cr.savepoint(), quiet_sql("The filter of a deployment"):
                self.env[self.res_model].search(self._record_domain(), limit=1)
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise
            return False
        return True

    def _score_or_split(self, call, ids):
        """Score a chunk; where it fails, halve it until the record at fault stands alone."""
        if call.condemned:
            self._wait(call, ids, call.condemned)
            return
        outcome, waiting = Counter(call.outcome), set(call.waiting)
        try:
            with self.env.cr.savepoint():
                self._score_chunk(call, ids)
            return
        except Exception as error:
            call.outcome, call.waiting = outcome, waiting
            kind = faults.kind_of(error)
            if kind == faults.TOO_SLOW:
                self._wait_as_slow(call, ids)
                return
            if kind:
                raise  # a collision, a fault of the server: no record's fault
            if isinstance(error, VersionError):
                self._condemn(call, error)
                self._wait(call, ids, error)
                return
            if len(ids) == 1:
                self._suspect(call, ids[0], error)
                return
        half = len(ids) // 2
        self._score_or_split(call, ids[:half])
        self._score_or_split(call, ids[half:])

    def _wait(self, call, ids, error):
        with self.env.cr.savepoint():
            self._write_lines(call, self._failed_lines(call, ids, error))

    def _wait_as_slow(self, call, ids):
        """Too slow for the database's own limit: as slow in halves, so they wait."""
        self._wait(call, ids, TookTooLong())
        self._alert_took_too_long()

    # Who is to blame

    def _suspect(self, call, res_id, error):
        """Note that a record failed alone; where all that were tried fail in the same way, condemn the version."""
        how = f"{type(error).__name__} at {faults.place_of(error)}"
        call.suspects[res_id] = how
        if len(call.suspects) == 1:  # the others are counted
            faults.log_fault(_logger, f"Deployment {self.id} could not score {self.res_model},{res_id}", error)
        if len(call.suspects) == SUSPECTS and self._fails_everywhere(call):
            self._condemn(call, VersionFails(how))

    def _condemn(self, call, error):
        call.condemned = error
        self._alert_version_fails(error)

    def _fails_everywhere(self, call):
        """Whether all suspects failed in one way, nothing succeeded, and records elsewhere in the call fail as well."""
        if len(set(call.suspects.values())) > 1 or self._succeeded(call):
            return False
        ids = list(call.standing)
        return not any(self._could_score(call, ids[len(ids) * part // 4]) for part in (1, 2, 3)) and not (
            self._could_score(call, ids[-1])
        )

    @staticmethod
    def _succeeded(call):
        return any(call.outcome[name] for name in ("automatic", "review", "unchanged"))

    def _could_score(self, call, res_id):
        """Whether a record can be scored, without leaving anything of it behind."""
        outcome, waiting = Counter(call.outcome), set(call.waiting)
        savepoint = self.env.cr.savepoint()
        try:
            self._score_chunk(call, [res_id])
            self.env.flush_all()
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise
            return False
        finally:
            call.outcome, call.waiting = outcome, waiting
            savepoint.close(rollback=True)
        return True

    def _blame(self, call):
        """Send the records that failed alone to a person; all of them wait where the version is to blame."""
        if not call.suspects:
            return
        if len(call.suspects) > 1:
            _logger.error("Deployment %s could not score %s records", self.id, len(call.suspects))
        how = next(iter(call.suspects.values()))
        if not call.condemned and not self._succeeded(call) and self._failed_before(call, how):
            self._condemn(call, VersionFails(how))
        if call.condemned:
            self._wait(call, list(call.suspects), call.condemned)
            return
        for how in set(call.suspects.values()):
            ids = [res_id for res_id, its in call.suspects.items() if its == how]
            self._wait(call, ids, Unexpected(how))

    def _failed_before(self, call, how):
        """Whether the latest records that were scored one by one all failed in this way, too."""
        rows = self.env.execute_query(
            SQL(
                "SELECT failure_message FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s"
                " AND date > %s ORDER BY id DESC LIMIT %s",
                self.id,
                call.version.id,
                call.now - timedelta(hours=1),
                SUSPECTS - 1,
            )
        )
        said = str(Unexpected(how))
        return len(rows) == SUSPECTS - 1 and all(message in (said, str(VersionFails(how))) for (message,) in rows)

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
        part = {"together": call.standing} if len(ids) < len(call.standing) else {}
        columns = self._columns(list(call.specs.values()), ids, **part)
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
