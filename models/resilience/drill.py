"""Shared parts of drills: break one thing on purpose, check that no record is lost and a person is notified, restore.

Each step runs in a savepoint that is rolled back, under a time limit of its own; the record of the drill alone stays.
No business record is written or locked: a temporary view of the same name takes the place of its table, in this
transaction alone, as PostgreSQL finds it first.
"""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..alerting.ai_deployment_alert import ACTIVITY
from ..alerting.alert_kinds import Cause
from ..tools import faults
from ..tools.quiet_sql import quiet_sql
from .rollback import undone

_logger = logging.getLogger(__name__)


class Step(NamedTuple):
    """One thing that was broken, and what came of it."""

    code: str
    name: str
    is_passed: bool
    text: str
    seconds: float = 0.0


class Drill:
    """A drill of one kind on one deployment.

    :param deployment: ai.deployment with all rights, live, with a version that serves
    """

    code = ""  # of `ai.deployment.drill.kind`

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    def run(self) -> list[Step]:
        """Make all steps of the drill, in order.

        :raise UserError: there is nothing to try it on
        """
        raise NotImplementedError

    def step(self, code: str, name: str, work: Callable[[], tuple[object, str]]) -> Step:
        """Do `work()` and undo it.

        :param work: returns (whether it went as it should, what was found)
        :raise psycopg2.Error: a collision with another transaction, or a fault of the database server
        """
        started = time.perf_counter()
        try:
            with undone(self.env), quiet_sql(f"Broken on purpose, by a drill of deployment {self.deployment.id}"):
                is_passed, text = work()
        except UserError as error:
            is_passed, text = False, str(error)
        except Exception as error:
            if faults.kind_of(error) not in ("", faults.TOO_SLOW):
                raise  # a collision, a fault of the server: nothing that the drill broke, and it is repeated
            _logger.info("The step %s of a drill of deployment %s failed", code, self.deployment.id, exc_info=True)
            is_passed, text = False, faults.fault_text(error)
        return Step(code, name, bool(is_passed), text, round(time.perf_counter() - started, 3))

    # What a step works with

    def record(self) -> BaseModel:
        """Return the latest record that the deployment is for, with all rights; it is read, never written.

        :raise UserError: there is none
        """
        deployment = self.deployment
        documents = self.env[deployment.res_model].with_context(active_test=False)
        domain = deployment._record_domain() & documents._ai_base_domain() & deployment._company_domain()
        record = documents.search(domain & documents._ai_open_domain(), order="id desc", limit=1)
        record = record or documents.search(domain, order="id desc", limit=1)
        if not record:
            raise UserError(self.env._("There is no record to run the drill on."))
        return record

    def replace_column(self, record: BaseModel, column: str, expression: Callable[[SQL, str], SQL]) -> None:
        """Until it is undone, let the table of `record` hold that record alone, with another value in `column`.

        :param expression: function of the column and the name of its type in the database; returns the value
        """
        table, cr = record._table, self.env.cr
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                table,
            )
        )
        names = []
        for name, kind in columns:
            if name == column:
                names.append(SQL("%s AS %s", expression(SQL.identifier(name), kind), SQL.identifier(name)))
            else:
                names.append(SQL.identifier(name))
        cr.execute(
            SQL(
                "CREATE TEMPORARY VIEW %s AS SELECT %s FROM %s WHERE id = %s",
                SQL.identifier(table),
                SQL(", ").join(names),
                SQL.identifier(table),
                record.id,
            )
        )
        self.env.invalidate_all(flush=False)

    def serve_damaged_version(self) -> None:
        """Until it is undone, let a damaged copy of the serving version serve.

        One thing in it is changed under the fingerprint of the original. No history is written, and what waits is left
        alone.
        """
        deployment, version = self.deployment, self.deployment.champion_id
        versions = self.env["ai.deployment.version"]
        latest = versions.search(Domain("deployment_id", "=", deployment.id), order="number desc", limit=1)
        damaged = versions.create(
            {
                "deployment_id": deployment.id,
                "number": latest.number + 1,
                "kind": version.kind,
                "trained_date": version.trained_date,
                "digest": version.digest,
                "artifact": {**version.artifact, "changed": True},
                "feature_specs": version.feature_specs,
                "reference": version.reference,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE ai_deployment SET champion_id = %s WHERE id = %s", damaged.id, deployment.id))
        deployment.invalidate_recordset(["champion_id"], flush=False)

    # Who was notified

    def set_aside(self, alerts: BaseModel) -> None:
        """Resolve `alerts` until it is undone, muted or not: an open one notifies nobody, so it has to begin anew."""
        for alert in alerts:
            alert.write({"muted_until": False})
            alert._resolve(self.deployment, alert.cause)

    def alerts(self, cause: Cause | str, operator: str = "=") -> BaseModel:
        """Return the alerts of the deployment whose cause is, or is like, `cause`."""
        domain = Domain("deployment_id", "=", self.deployment.id) & Domain("cause", operator, str(cause))
        return self.env["ai.deployment.alert"].search(domain)

    def notified(self, cause: Cause | str) -> BaseModel:
        """Return those who answer for the deployment and have an activity about the firing alert of this cause."""
        alert = self.alerts(cause).filtered(lambda alert: alert.state == "firing")
        kind = self.env.ref(ACTIVITY, raise_if_not_found=False)
        activities = alert.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)
        return activities.user_id & self.deployment._person_to_tell()

    def notified_text(self, users: BaseModel) -> str:
        if users:
            names = ", ".join(users.mapped("name"))
            return self.env._("%s was notified", names) if len(users) == 1 else self.env._("%s were notified", names)
        return self.env._("nobody was notified")
