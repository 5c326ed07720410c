"""Facts for the checks, read once for all deployments in few statements."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..alerting.alert_kinds import CHANNEL, SERVER, SUM, Cause, of_kind
from ..tools import clock, database
from .crons import Crons

OLD = timedelta(days=1)  # from which on a record that waits for its score is told of
LATE = timedelta(hours=1)  # by which a message may be late: four passes of its job


class Asked(NamedTuple):
    """Requests: latest day, recent records, of them cancelled; records on future days, and until when."""

    latest: date | None = None
    lately: int = 0
    cancelled: int = 0
    ahead: int = 0
    ahead_until: date | None = None


class Batch(NamedTuple):
    """A batch with records left: its state, when it was asked for, why it is paused, and how many are left."""

    state: str
    requested_date: datetime
    reason: str
    left: int


class Waiting(NamedTuple):
    """Records that have waited for long: how many, since which day, and the commonest reason."""

    count: int  # type: ignore[assignment]  # a tuple's method, which nobody calls here
    since: date
    failure_type: str


class Alert(NamedTuple):
    """An open alert that something else than health opened."""

    name: str
    suggestion: str
    onset: date
    last: datetime


class Facts:
    """Read once for `deployments`, in as many statements whether these are one or a hundred; keys are ids.

    :param deployments: ai.deployment with all rights, those at work that are looked at
    """

    def __init__(self, deployments: Any):
        self.env = deployments.env
        self.deployments = deployments
        self.levels: dict = {}  # records that are levels, as far as looked up already
        self._actions = self._read_actions()

    # About the instance

    @cached_property
    def crons(self) -> Crons:
        return Crons(self.env)

    @cached_property
    def held(self) -> database.Held | None:
        return database.held(self.env)

    @cached_property
    def pending(self) -> int:
        """Messages that wait."""
        return self.env["ai.deployment.message"].sudo().search_count([("state", "=", "pending")])

    @cached_property
    def late_messages(self) -> tuple[int, datetime] | None:
        """(how many messages should have been sent by now, since when)."""
        messages = self.env["ai.deployment.message"].sudo()
        late = Domain("state", "=", "pending") & messages._due_domain() & Domain("next_date", "<=", clock.now() - LATE)
        [[count, since]] = messages._read_group(late, [], ["__count", "next_date:min"])
        return (count, since) if count else None

    @cached_property
    def uses_mail(self) -> bool:
        """Return whether somebody is notified by e-mail."""
        channels = self.deployments.channel_ids
        return any(channel.active and channel.kind == "email" for channel in channels)

    def alert_of_any(self, cause: Cause) -> Alert | None:
        """Return an open alert of this cause, of whichever deployment."""
        return next((alerts[cause] for alerts in self.alerts.values() if cause in alerts), None)

    # About each deployment

    def actions_of(self, deployment: Any) -> Any:
        """Return the server actions that score with `deployment`."""
        return self._actions.get(deployment.id, self.env["ir.actions.server"].sudo())

    def _read_actions(self) -> dict[int, BaseModel]:
        actions = self.env["ir.actions.server"].sudo()
        scoring = actions.search(Domain("ai_deployment_id", "in", self.deployments.ids))
        return scoring.grouped(lambda action: action.ai_deployment_id.id)

    @cached_property
    def first_days(self) -> dict[int, date]:
        """First day of intake, per version."""
        groups = (
            self.env["ai.deployment.profile"]
            .sudo()
            ._read_group([("version_id", "in", self.deployments.champion_id.ids)], ["version_id"], ["day:min"])
        )
        return {version.id: day for version, day in groups}

    @cached_property
    def reported(self) -> dict[int, datetime]:
        """Moment of the latest report on what comes in, per version."""
        mine, past = ("version_id", "in", self.deployments.champion_id.ids), ("date", "<=", clock.now())
        reports = [mine, ("kind", "=", "drift"), past]
        groups = self.env["ai.deployment.report"].sudo()._read_group(reports, ["version_id"], ["date:max"])
        return {version.id: moment for version, moment in groups}

    @cached_property
    def asked(self) -> dict[int, Asked]:
        self.env["ai.deployment"].flush_model(["idle_days"])
        today = clock.today()
        lately = SQL("day BETWEEN %s::date - deployment.idle_days AND %s", today, today)
        rows = self.env.execute_query(
            SQL(
                "SELECT deployment.id,"
                " (SELECT MAX(day) FROM ai_deployment_requested"
                "  WHERE deployment_id = deployment.id AND count > 0 AND day <= %s),"
                " (SELECT SUM(count) FROM ai_deployment_requested WHERE deployment_id = deployment.id AND %s),"
                " (SELECT SUM(cancelled) FROM ai_deployment_request_closed WHERE deployment_id = deployment.id AND %s),"
                " (SELECT SUM(count) FROM ai_deployment_requested WHERE deployment_id = deployment.id AND day > %s),"
                " (SELECT MAX(day) FROM ai_deployment_requested WHERE deployment_id = deployment.id AND day > %s)"
                " FROM ai_deployment deployment WHERE id = ANY(%s)",
                today,
                lately,
                lately,
                today,
                today,
                list(self.deployments.ids),
            )
        )
        return {
            res_id: Asked(latest, lately or 0, gone or 0, ahead or 0, until)
            for res_id, latest, lately, gone, ahead, until in rows
        }

    @cached_property
    def batches(self) -> dict[int, list[Batch]]:
        """Batches with open pieces, paused or running."""
        for model, names in (
            ("ai.deployment.batch", ["deployment_id", "state", "requested_date", "paused_reason"]),
            ("ai.deployment.batch.chunk", ["state"]),
        ):
            self.env[model].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                "SELECT batch.deployment_id, batch.state, batch.requested_date, batch.paused_reason,"
                " SUM(chunk.record_count)"
                " FROM ai_deployment_batch batch JOIN ai_deployment_batch_chunk chunk ON chunk.batch_id = batch.id"
                " WHERE chunk.state = 'open' AND batch.state IN ('paused', 'running') AND batch.deployment_id = ANY(%s)"
                " GROUP BY batch.id ORDER BY batch.id",
                list(self.deployments.ids),
            )
        )
        found: dict[int, list[Batch]] = {}
        for deployment_id, *values in rows:
            found.setdefault(deployment_id, []).append(Batch(*values))
        return found

    @cached_property
    def requests(self) -> dict[int, Waiting]:
        """Records that have waited for longer than a day."""
        rows = self.env.execute_query(
            SQL(
                "SELECT deployment_id, COUNT(DISTINCT res_id), MIN(day), MODE() WITHIN GROUP (ORDER BY failure_type)"
                " FROM ai_deployment_request WHERE day < %s AND deployment_id = ANY(%s) GROUP BY deployment_id",
                clock.today() - OLD,
                list(self.deployments.ids),
            )
        )
        return {deployment_id: Waiting(*values) for deployment_id, *values in rows}

    def open_reviews(self, deployment: Any) -> tuple[int, datetime | None]:
        """Return how many reviews of `deployment` are open, and since when."""
        reviews = self.env["ai.deployment.review"].sudo()
        mine = [("deployment_id", "=", deployment.id), ("state", "=", "open")]
        [[count, since]] = reviews._read_group(mine, [], ["__count", "opened_date:min"])
        return count, since or None

    @cached_property
    def alerts(self) -> dict[int, dict[Cause, Alert]]:
        """Open alerts on the ledger, the channels and the server: {deployment: {cause: Alert}}."""
        found: dict[int, dict[Cause, Alert]] = {}
        wanted = (
            of_kind(SUM, CHANNEL, SERVER)
            & Domain("deployment_id", "in", self.deployments.ids)
            & Domain("state", "!=", "resolved")
        )
        for alert in self.env["ai.deployment.alert"].sudo().search(wanted):
            told = Alert(alert.name, alert.suggestion or "", alert.onset_date, alert.last_date)
            found.setdefault(alert.deployment_id.id, {})[Cause.of(alert)] = told
        return found

    def channel_alerts(self, deployment: Any) -> list[Alert]:
        """Return the open alerts about ways to tell people of `deployment`."""
        return [told for cause, told in self.alerts.get(deployment.id, {}).items() if cause.kind == CHANNEL]
