"""Price of calls within a month against the budget of their endpoint: it warns, then nothing more is asked."""

from datetime import datetime

from odoo.models import BaseModel
from odoo.tools import SQL

from ..alerting.alert_kinds import SPENDING
from ..tools import clock
from ..tools.told import told
from ..tools.wording import number, percent

WARNED_FROM = 0.8  # of the budget


def month_start() -> datetime:
    """Return the first moment of the present month, UTC."""
    return clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent_sql(endpoint: SQL) -> SQL:
    """Return SQL of the price of the calls of `endpoint` (SQL of its id) in this month."""
    return SQL(
        "(SELECT COALESCE(SUM(price), 0) FROM ai_deployment_endpoint_call WHERE endpoint_id = %s AND date >= %s)",
        endpoint,
        month_start(),
    )


def spent(endpoint: BaseModel) -> float:
    """Return the price of the calls of `endpoint` in this month."""
    [[price]] = endpoint.env.execute_query(SQL("SELECT %s", spent_sql(SQL("%s", endpoint.id))))
    return price


def left(endpoint: BaseModel) -> float | None:
    """Return what the budget of this month leaves; None where there is no limit."""
    return endpoint.monthly_budget - spent(endpoint) if endpoint.monthly_budget else None


def is_used_up(endpoint: BaseModel) -> bool:
    """Return whether the budget of this month leaves nothing for another call."""
    return bool(endpoint.monthly_budget) and spent(endpoint) >= endpoint.monthly_budget


def warn(deployment: BaseModel, endpoint: BaseModel) -> None:
    """Open or resolve the alert of a deployment about the budget of its endpoint."""
    alerts = deployment.env["ai.deployment.alert"]
    share = spent(endpoint) / endpoint.monthly_budget if endpoint.monthly_budget else 0
    if share < WARNED_FROM:
        alerts._resolve(deployment, SPENDING)
        return
    alerts._raise(
        deployment,
        SPENDING,
        level="alert" if share >= 1 else "notice",
        name=told(
            deployment.env,
            lambda env: env._(
                "“%(endpoint)s” has used %(share)s of its budget of %(budget)s this month",
                endpoint=endpoint.name,
                share=percent(env, share),
                budget=number(env, endpoint.monthly_budget, 2),
            ),
        ),
        suggestion=told(
            deployment.env,
            lambda env: env._(
                "At 100 %% nothing more is asked until next month: records wait. Raise the budget, or ask less."
            ),
        ),
    )
