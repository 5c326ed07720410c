"""State of the breaker of an endpoint, shared by all workers through its row."""

import json
from collections.abc import Sequence
from datetime import timedelta

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import EndpointError
from ...remote.breaker import IN_A_ROW, Breaker
from ..alerting.alert_kinds import ENDPOINT
from ..tools import clock
from ..tools.told import told
from .budget import spent_sql


def seconds() -> float:
    """Return the present moment in seconds, of the clock that all workers share."""
    return clock.now().timestamp()


def _stored(env: Environment, query: SQL) -> Breaker:
    for (state,) in env.execute_query(query):
        return Breaker.from_dict(state)
    return Breaker()


def read(env: Environment, endpoint_id: int) -> Breaker:
    """Return the state as it is stored at this moment."""
    return _stored(env, SQL("SELECT breaker FROM ai_deployment_endpoint WHERE id = %s", endpoint_id))


def note(env: Environment, endpoint_id: int, ended: Sequence[bool], *, begins: bool = False) -> Breaker:
    """Store that calls have ended, in their order, and that a call begins; return the new state.

    The row is locked until the transaction ends: the caller commits at once.

    :param ended: whether each succeeded
    """
    own = SQL("SELECT breaker FROM ai_deployment_endpoint WHERE id = %s FOR UPDATE", endpoint_id)
    before = state = _stored(env, own)
    for succeeded in ended:
        state = state.ended(seconds(), succeeded)
    if begins:
        state = state.begun(seconds())
    if state != before:
        env.cr.execute(
            SQL(
                "UPDATE ai_deployment_endpoint SET breaker = %s::jsonb WHERE id = %s",
                json.dumps(state.to_dict()),
                endpoint_id,
            )
        )
        env["ai.deployment.endpoint"].browse(endpoint_id).invalidate_recordset(["breaker"], flush=False)
    return state


def claim(env: Environment, endpoint_id: int) -> tuple[Breaker, bool]:
    """Store that a call begins; return the new state, and whether the call may be made.

    Of an open breaker only one worker may probe: who comes while a probe is under way, or before its time, may not.
    """
    known = note(env, endpoint_id, ())  # locks the row: nobody comes in between
    if known.waits(seconds()):
        return known, False
    return note(env, endpoint_id, (), begins=True), True


def trip(env: Environment, endpoint_id: int) -> Breaker:
    """Store that the endpoint cannot be called as it is set up, so that nobody tries at once again."""
    if note(env, endpoint_id, ()).is_open:
        note(env, endpoint_id, (), begins=True)
        return note(env, endpoint_id, [False])
    return note(env, endpoint_id, [False] * IN_A_ROW)


def follow(deployment: BaseModel, endpoint: BaseModel, state: Breaker, failure: EndpointError | None) -> None:
    """Open or resolve the alert of a deployment about its endpoint, and let the workers come back in time.

    :param failure: the last one
    """
    alerts = deployment.env["ai.deployment.alert"]
    if not state.is_open:
        alerts._resolve(deployment, ENDPOINT)
        return
    tell(deployment, endpoint, failure)
    at = clock.now() + timedelta(seconds=state.waits(seconds()) + 1)
    for job in ("ir_cron_worker_1", "ir_cron_retry"):
        found = deployment.env.ref(f"ai_deployment.{job}", raise_if_not_found=False)
        if found:
            found.sudo()._trigger(at)


def tell(deployment: BaseModel, endpoint: BaseModel, failure: EndpointError | None) -> None:
    """Open the alert that the endpoint of a deployment cannot be used, with the reason in the reader's language."""
    message = str(failure or "").strip()

    def name(env: Environment) -> str:
        calls = env["ai.deployment.endpoint.call"]
        why = calls._failure_text(failure.failure_type, message) if failure else ""
        return env._("“%(endpoint)s” cannot be used: %(why)s", endpoint=endpoint.name, why=why)

    deployment.env["ai.deployment.alert"]._raise(
        deployment,
        ENDPOINT,
        name=told(deployment.env, name),
        suggestion=told(
            deployment.env,
            lambda env: env._(
                "Open the endpoint and click “Test”. Requested records wait, and are scored once it answers again."
            ),
        ),
    )


def blocked(env: Environment, *, role: str = "champion") -> dict[int, float]:
    """Return the deployments whose endpoint is not to be called now: {deployment id: seconds to wait}.

    :param role: of the version whose endpoint is meant: champion or challenger
    """
    rows = env.execute_query(
        SQL(
            "SELECT deployment.id, endpoint.breaker, endpoint.is_paused OR NOT endpoint.active OR %(used_up)s"
            " FROM ai_deployment deployment"
            " JOIN ai_deployment_version version ON version.id = %(version)s"
            " JOIN ai_deployment_endpoint endpoint ON endpoint.id = version.endpoint_id"
            " WHERE endpoint.is_paused OR NOT endpoint.active OR %(used_up)s"
            " OR (endpoint.breaker->>'until')::float8 > 0",
            version=SQL.identifier("deployment", f"{role}_id"),
            used_up=SQL(
                "(endpoint.monthly_budget > 0 AND %s >= endpoint.monthly_budget)", spent_sql(SQL("endpoint.id"))
            ),
        )
    )
    waits = {one: 3600.0 if stands else Breaker.from_dict(state).waits(seconds()) for one, state, stands in rows}
    return {one: left for one, left in waits.items() if left > 0}
