"""The intake of a version: records at their first score. Each counts once; what is scored again is left out."""

from datetime import date, datetime, time

from odoo.fields import Datetime, Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools.sampling import drawn


def first_day(version: BaseModel) -> date | None:
    """Return the first day of the version's intake, None where nothing was scored."""
    profiles = version.env["ai.deployment.profile"]
    return profiles.search([("version_id", "=", version.id)], order="day", limit=1).day or None


def first_scores(deployment: BaseModel, version: BaseModel, start: date, end: date, columns: SQL) -> list[tuple]:
    """Return `columns` of the first scores from `start` up to, not including, `end`; of very many, a sample."""
    env = deployment.env
    count = sum(env["ai.deployment.profile"]._counts_by_day(version, start, end).values())
    return env.execute_query(
        SQL(
            "SELECT %s FROM ai_deployment_inference WHERE deployment_id = %s AND version_id = %s AND is_first_inference"
            " AND failure_type IS NULL AND date >= %s AND date < %s AND %s ORDER BY id",
            columns,
            deployment.id,
            version.id,
            datetime.combine(start, time.min),
            datetime.combine(end, time.min),
            drawn(SQL("res_id"), count),
        )
    )


def first_scored_between(deployment: BaseModel, start: date, end: date) -> Domain:
    """Return the domain of inferences at first scores from `start` up to, not including, `end`."""
    return (
        Domain("deployment_id", "=", deployment.id)
        & Domain("is_first_inference", "=", True)
        & Domain("date", ">=", _midnight(start))
        & Domain("date", "<", _midnight(end))
    )


def _midnight(day: date) -> str:
    return Datetime.to_string(datetime.combine(day, time.min))
