"""Drill of faults: break an input, a version, the time limit and the wire, then see where the record ended."""

import socket
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import EndpointError
from ...remote import webhook
from ...remote.guard import Guard
from ...remote.session import Session
from ..alerting.alert_kinds import SLOW, VERSION
from ..tools import clock
from ..tools.existence import has_any
from .drill import Drill, Step

SLOW_MS = 1500  # the time limit of the database while something is too slow
NEVER = 60  # seconds that the slow thing would take
CALL_SECONDS = 3.0  # that a call of a drill may take


class FaultDrill(Drill):
    """Break an input, its form, the stored version, the time limit and the wire."""

    code = "faults"

    def run(self) -> list[Step]:
        self.record()  # where there is none, nothing can be tried
        # The call comes first: nothing is locked while it waits.
        called = self.step("unreachable", self.env._("A remote model cannot be reached"), self.unreachable)
        if self.deployment._serves_from_outside() == "pushed":
            return [called]  # nothing is read or scored here: what could break is with the program that pushes
        return [
            called,
            self.step("missing", self.env._("An input is missing"), self.missing),
            self.step("unreadable", self.env._("An input cannot be read"), self.unreadable),
            self.step("damaged", self.env._("The stored version is damaged"), self.damaged),
            self.step("slow", self.env._("Reading takes too long"), self.slow),
        ]

    # The steps

    def missing(self) -> tuple[object, str]:
        record = self.record()
        found = self.column(record, required=True)
        if not found:
            return False, self.env._("No input is a field of the record itself, so none could be removed.")
        spec, column = found
        self.replace_column(record, column, lambda _column, kind: SQL("NULL::%s", SQL(kind)))
        line, ended = self.score(record)
        if spec["required"]:
            went = ended == "review" and line.failure_type == "missing_feature" and line.failure_message
            return went, self.env._(
                "“%(input)s” is required. Without it the record %(ended)s.",
                input=spec["name"],
                ended=self.ended_text(ended, line),
            )
        return bool(ended), self.env._(
            "“%(input)s” is optional. Without it the record %(ended)s.",
            input=spec["name"],
            ended=self.ended_text(ended, line),
        )

    def unreadable(self) -> tuple[object, str]:
        record = self.record()
        found = self.column(record)
        if not found:
            return False, self.env._("No input is a field of the record itself, so none could be broken.")
        spec, column = found
        if spec["kind"] == "number":
            self.replace_column(record, column, lambda _column, _kind: SQL("'not a number'::text"))
        else:  # whatever it is, to read it fails
            self.replace_column(record, column, lambda _column, _kind: SQL("('no number: ' || id::text)::integer"))
        line, ended = self.score(record)
        went = ended == "review" and line.failure_message
        return went, self.env._(
            "“%(input)s” was of the wrong type. The record %(ended)s.",
            input=spec["name"],
            ended=self.ended_text(ended, line),
        )

    def damaged(self) -> tuple[object, str]:
        record = self.record()
        self.set_aside(self.alerts(VERSION))
        self.serve_damaged_version()
        line, ended = self.score(record)
        notified = self.notified(VERSION)
        went = ended == "retry" and line.failure_type == "artifact_rejected" and notified
        return went, self.env._(
            "The damage was detected. The record %(ended)s; %(told)s.",
            ended=self.ended_text(ended, line),
            told=self.notified_text(notified),
        )

    def slow(self) -> tuple[object, str]:
        record = self.record()
        found = self.column(record)
        if not found:
            return False, self.env._("No input is a field of the record itself, so none could be delayed.")
        spec, column = found
        self.env.cr.execute(
            SQL(
                "CREATE FUNCTION pg_temp.ai_deployment_slow(value anyelement) RETURNS anyelement LANGUAGE plpgsql"
                " STABLE AS 'BEGIN PERFORM pg_sleep(%s); RETURN value; END'",
                NEVER,
            )
        )
        self.replace_column(record, column, lambda own, _kind: SQL("pg_temp.ai_deployment_slow(%s)", own))
        self.set_aside(self.alerts(SLOW))
        self.env.cr.execute(SQL("SET LOCAL statement_timeout = %s", SLOW_MS))
        line, ended = self.score(record)
        notified = self.notified(SLOW)
        went = ended == "retry" and line.failure_type == "took_too_long" and notified
        return went, self.env._(
            "Reading “%(input)s” was stopped after %(seconds)s seconds. The record %(ended)s; %(told)s.",
            input=spec["name"],
            seconds=SLOW_MS / 1000,
            ended=self.ended_text(ended, line),
            told=self.notified_text(notified),
        )

    def unreachable(self) -> tuple[object, str]:
        """Call a port on which nobody answers, as a webhook does; then give up, as after the last try."""
        name = self.deployment.name
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{taken.getsockname()[1]}"  # bound, but nobody listens
            session = Session(Guard({host}), deadline=CALL_SECONDS)
            try:
                webhook.post(f"http://{host}/", [(name, "", "", "")], session=session)
            except EndpointError as error:
                failure = error
            else:
                return False, self.env._("It answered although the endpoint was stopped.")
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "webhook", "credential": "DRILL"}
        )
        message = self.env["ai.deployment.message"]._add(channel, name, "")
        message.attempts = 1
        message._not_sent(str(failure), transient=failure.transient)
        waits = message.state == "pending" and message.next_date > clock.now()
        message._not_sent(str(failure), transient=False)
        notified = self.notified(channel._cause())
        went = failure.failure_type == "endpoint_unreachable" and waits and message.state == "failed" and notified
        told = self.notified_text(notified)
        if self.deployment._serves_from_outside() == "remote":
            return went, self.env._("A message waited for a retry; given up, %s.", told)
        return went, self.env._(
            "A message waited for a retry; given up, %(told)s. No version uses a remote model.", told=told
        )

    # What a step works with

    def column(self, record: BaseModel, required: bool = False) -> tuple[dict[str, Any], str] | None:
        """Return (the declaration of an input, the column of the record that it is read from); None if there is none.

        One that the filter of the deployment asks for cannot be broken: the record would not be scored.

        :param required: prefer an input that has to be there
        """
        used = {
            condition.field_expr.split(".")[0]
            for domain in (self.deployment._record_domain(), record._ai_base_domain())
            for condition in Domain(domain).iter_conditions()
        } | {"id", "company_id", "create_date"}
        found = [
            (spec, name)
            for spec in self.deployment.champion_id._specs().values()
            for name in _first_steps(spec)
            if name not in used
            and name in record._fields
            and record._fields[name].store
            and record._fields[name].column_type
        ]
        # A number first: of a text, anything can be read.
        found.sort(key=lambda pair: (required and not pair[0]["required"], pair[0]["kind"] != "number"))
        return found[0] if found else None

    def score(self, record: BaseModel) -> tuple[BaseModel, str]:
        """Score `record`; return (its line of the log, where it ended).

        It ended "automatic", "review" or "retry"; empty where it was lost.
        """
        logged = self.env["ai.deployment.inference"]
        mine = Domain("deployment_id", "=", self.deployment.id) & Domain("res_id", "=", record.id)
        before = logged.search(mine, limit=1)
        self.deployment._score(record, again=True)
        line = logged.search(mine & Domain("id", ">", before.id or 0), limit=1)
        if line.route == "review":
            kept = has_any(self.env["ai.deployment.review"], mine & Domain("state", "=", "open"))
        elif line.route == "retry":
            kept = has_any(self.env["ai.deployment.request"], mine)
        else:
            kept = has_any(self.env["ai.deployment.score"], mine & Domain("state", "=", "scored"))
        return line, line.route if kept else ""

    def ended_text(self, ended: str, line: BaseModel) -> str:
        why = line._failure_words().sentence
        if ended == "review":
            return self.env._("was sent to human review (%s)", why or self.env._("for information"))
        if ended == "retry":
            return self.env._("is waiting and will be retried (%s)", why)
        return self.env._("was scored") if ended else self.env._("was lost")


def _first_steps(spec: dict[str, Any]) -> list[str]:
    """Return the fields of the record itself that an input begins with."""
    paths = [spec.get("path"), spec.get("start_path"), spec.get("end_path"), spec.get("value_path")]
    return [path.split(".")[0] for path in paths if path]
