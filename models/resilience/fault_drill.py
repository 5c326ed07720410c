"""The drill of faults: each breaks something for real, then asks where the record ended and who was told."""

import socket

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml.errors import EndpointError
from ...remote import webhook
from ...remote.guard import Guard
from ...remote.session import Session
from ..alerting.ai_deployment_alert import ACTIVITY
from ..tools import clock

SLOW_MS = 1500  # the time limit of the database while something is too slow
NEVER = 60  # seconds that the slow thing would take
CALL_SECONDS = 3.0


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _drill_faults(self):
        """Break an input, its form, the stored version, the time limit and the wire; the steps and how they went."""
        say = self.env._
        self._drill_record()  # where there is none, nothing can be tried
        return [
            # The call comes first: nothing is locked while it waits.
            self._step("unreachable", say("Another system cannot be reached"), self._drill_unreachable),
            self._step("missing", say("An input is missing"), self._drill_missing),
            self._step("unreadable", say("An input cannot be read"), self._drill_unreadable),
            self._step("damaged", say("The stored version is damaged"), self._drill_damaged),
            self._step("slow", say("Reading takes too long"), self._drill_slow),
        ]

    # The steps

    def _drill_missing(self):
        record = self._drill_record()
        spec, column = self._drill_column(record, required=True)
        if not spec:
            return False, self.env._("No input of it stands on the record itself, so none could be taken away.")
        self._stand_in(record, column, lambda _column, kind: SQL("NULL::%s", SQL(kind)))
        line, ended = self._drill_score(record)
        if spec["required"]:
            went = ended == "review" and line.failure_type == "missing_feature" and line.failure_message
            return went, self.env._(
                "“%(input)s” has to be there. Without it the record %(ended)s.",
                input=spec["name"],
                ended=self._ended_text(ended, line),
            )
        return bool(ended), self.env._(
            "“%(input)s” may be empty. Without it the record %(ended)s.",
            input=spec["name"],
            ended=self._ended_text(ended, line),
        )

    def _drill_unreadable(self):
        record = self._drill_record()
        spec, column = self._drill_column(record)
        if not spec:
            return False, self.env._("No input of it stands on the record itself, so none could be broken.")
        if spec["kind"] == "number":
            self._stand_in(record, column, lambda _column, _kind: SQL("'not a number'::text"))
        else:  # whatever it is, to read it fails
            self._stand_in(record, column, lambda _column, _kind: SQL("('no number: ' || id::text)::integer"))
        line, ended = self._drill_score(record)
        went = ended == "review" and line.failure_message
        return went, self.env._(
            "“%(input)s” was of the wrong kind. The record %(ended)s.",
            input=spec["name"],
            ended=self._ended_text(ended, line),
        )

    def _drill_damaged(self):
        record = self._drill_record()
        self._standing_alert_aside("version")
        self._serve_for_now(self._damaged_version())
        line, ended = self._drill_score(record)
        told = self._told_of("version")
        went = ended == "retry" and line.failure_type == "artifact_rejected" and told
        return went, self.env._(
            "The damage was noticed. The record %(ended)s; %(told)s.",
            ended=self._ended_text(ended, line),
            told=self._told_text(told),
        )

    def _damaged_version(self):
        """A copy of the serving version with one thing changed, under the fingerprint of the original."""
        version = self.champion_id
        latest = (
            self.env["ai.deployment.version"]
            .sudo()
            .search(Domain("deployment_id", "=", self.id), order="number desc", limit=1)
        )
        return (
            self.env["ai.deployment.version"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id,
                    "number": latest.number + 1,
                    "kind": version.kind,
                    "trained_date": version.trained_date,
                    "digest": version.digest,
                    "artifact": {**version.artifact, "changed": True},
                    "feature_specs": version.feature_specs,
                    "reference": version.reference,
                }
            )
        )

    def _drill_slow(self):
        record = self._drill_record()
        spec, column = self._drill_column(record)
        if not spec:
            return False, self.env._("No input of it stands on the record itself, so none could be made slow.")
        self.env.cr.execute(
            SQL(
                "CREATE FUNCTION pg_temp.ai_deployment_slow(value anyelement) RETURNS anyelement LANGUAGE plpgsql"
                " STABLE AS 'BEGIN PERFORM pg_sleep(%s); RETURN value; END'",
                NEVER,
            )
        )
        self._stand_in(record, column, lambda own, _kind: SQL("pg_temp.ai_deployment_slow(%s)", own))
        self._standing_alert_aside("slow")
        self.env.cr.execute(SQL("SET LOCAL statement_timeout = %s", SLOW_MS))
        line, ended = self._drill_score(record)
        told = self._told_of("slow")
        went = ended == "retry" and line.failure_type == "took_too_long" and told
        return went, self.env._(
            "Reading “%(input)s” was ended after %(seconds)s seconds. The record %(ended)s; %(told)s.",
            input=spec["name"],
            seconds=SLOW_MS / 1000,
            ended=self._ended_text(ended, line),
            told=self._told_text(told),
        )

    def _drill_unreachable(self):
        """Call a port on which nobody answers, as a webhook does; then give up, as after the last try."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{taken.getsockname()[1]}"  # bound, but nobody listens
            session = Session(Guard({host}), deadline=CALL_SECONDS)
            try:
                webhook.post(f"http://{host}/", [(self.name, "", "", "")], session=session)
            except EndpointError as error:
                failure = error
            else:
                return False, self.env._("It answered, though nobody was there.")
        channel = (
            self.env["ai.deployment.channel"]
            .sudo()
            .create({"deployment_id": self.id, "kind": "webhook", "credential": "DRILL"})
        )
        message = self.env["ai.deployment.message"].sudo()._add(channel, self.name, "")
        message.attempts = 1
        message._not_sent(str(failure), transient=failure.transient)
        waits = message.state == "pending" and message.next_date > clock.now()
        message._not_sent(str(failure), transient=False)
        told = self._told_of(channel._cause())
        went = failure.failure_type == "endpoint_unreachable" and waits and message.state == "failed" and told
        return went, self.env._(
            "A message waited for another try; given up, %(told)s. No version asks another system for scores.",
            told=self._told_text(told),
        )

    # What became of it

    def _drill_score(self, record):
        """(the line of the log, where the record ended: automatic, review, retry, or nothing where it is lost)."""
        logged = self.env["ai.deployment.inference"].sudo()
        mine = Domain("deployment_id", "=", self.id) & Domain("res_id", "=", record.id)
        before = logged.search(mine, limit=1)
        self._score(record, again=True)
        line = logged.search(mine & Domain("id", ">", before.id or 0), limit=1)
        if line.route == "review":
            reviews = self.env["ai.deployment.review"].sudo()
            kept = reviews.search_count(mine & Domain("state", "=", "open"), limit=1)
        elif line.route == "retry":
            kept = self.env["ai.deployment.request"].sudo().search_count(mine, limit=1)
        else:
            kept = self.env["ai.deployment.score"].sudo().search_count(mine & Domain("state", "=", "scored"), limit=1)
        return line, line.route if kept else ""

    def _ended_text(self, ended, line):
        if ended == "review":
            why = line.failure_message or self.env._("for a look")
            return self.env._("went to a person (%s)", why)
        if ended == "retry":
            return self.env._("waits and is tried again (%s)", line.failure_message)
        return self.env._("was scored") if ended else self.env._("was lost")

    def _standing_alert_aside(self, cause):
        """An alert that stands already, or is muted, tells nobody: it begins anew."""
        alert = (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(Domain("deployment_id", "=", self.id) & Domain("cause", "=", cause))
        )
        alert.write({"muted_until": False})
        alert._resolve(self, cause)

    def _told_of(self, cause):
        """The people who have an activity about the alert of this cause."""
        alert = (
            self.env["ai.deployment.alert"]
            .sudo()
            .search(
                Domain("deployment_id", "=", self.id) & Domain("cause", "=", cause) & Domain("state", "=", "firing")
            )
        )
        kind = self.env.ref(ACTIVITY, raise_if_not_found=False)
        activities = alert.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)
        return activities.user_id & self._person_to_tell()

    def _told_text(self, told):
        if told:
            return self.env._("%s was told", ", ".join(told.mapped("name")))
        return self.env._("nobody was told")

    def _serve_for_now(self, version):
        """`version` serves until it is undone; no history is written, and what waits is left alone."""
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE ai_deployment SET champion_id = %s WHERE id = %s", version.id, self.id))
        self.invalidate_recordset(["champion_id"], flush=False)
