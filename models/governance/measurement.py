"""Measuring the records of a period: the same query before going live, since, and for records without a score.

The measures per record depend on the kind of document and come from a hook there (`_ai_value_measures`). Records count
once their outcome is due (`horizon_days`), so that young ones do not make the later period look worse.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.value import Moments
from ..tools import clock


class Measurement:
    """The measures of one deployment, handed in as a sudo record."""

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.env = deployment.env

    def measures(self) -> dict[str, Any]:
        """Return {code: Measure} of what the deployment is to improve."""
        res_model = self.deployment.res_model
        if res_model not in self.env:
            return {}
        documents = self.env[res_model]
        return documents._ai_value_measures(self.deployment, documents._table)

    def last_due_day(self) -> date:
        """Return the latest day whose records all have their outcome."""
        return clock.today() - timedelta(days=self.deployment.horizon_days + 1)

    def measure(self, start: date, end: date, group: SQL | None = None) -> dict[bool | None, dict[str, Moments]]:
        """Measure the records of `start` to `end`, both included.

        :param group: SQL of a boolean per record that splits them; by default all are in the group None
        :return: {group: {code: Moments}}
        """
        deployment, measures = self.deployment, self.measures()
        documents = self.env[deployment.res_model].with_context(active_test=False)
        domain = deployment._record_domain() & documents._ai_base_domain() & documents._ai_value_domain()
        query = documents._search(domain & deployment._company_domain())
        moment = documents._ai_began_sql(documents._table, deployment)
        first, after_last = day_bounds(start, end)
        query.add_where(SQL("%s >= %s AND %s < %s", moment, first, moment, after_last))
        query.order = None
        self.env.flush_all()
        names = [SQL.identifier(f"m{number}") for number in range(len(measures))]
        found = query.select(
            SQL("%s AS part", group or SQL("NULL::boolean")),
            *(SQL("(%s)::float8 AS %s", one.sql, name) for one, name in zip(measures.values(), names, strict=True)),
        )
        sums = SQL(", ").join(
            SQL(
                "COUNT(%(m)s), COALESCE(SUM(%(m)s), 0), COALESCE(SUM(%(m)s * %(m)s), 0),"
                " COUNT(*) FILTER (WHERE %(m)s <> 0)",
                m=name,
            )
            for name in names
        )
        rows = self.env.execute_query(SQL("SELECT part, %s FROM (%s) AS measured GROUP BY part", sums, found))
        return {
            part: {code: Moments.of(*numbers[4 * place : 4 * place + 4]) for place, code in enumerate(measures)}
            for part, *numbers in rows
        }

    def baseline(self) -> dict[str, BaseModel]:
        """Return the latest baseline that is about what the deployment works on now: {code: sudo row}."""
        deployment, measures = self.deployment, self.measures()
        rows = self.env["ai.deployment.value"].search(
            Domain("deployment_id", "=", deployment._origin.id) & Domain("period", "=", "before"), order="id desc"
        )
        latest: dict[str, BaseModel] = {}
        for row in rows:
            asked = row.horizon_days, row.domain or "[]", row.basis or ""
            measure = measures.get(row.code)
            if measure and asked == (deployment.horizon_days, deployment.domain or "[]", measure.basis):
                latest.setdefault(row.code, row)
        return latest


def day_bounds(start: date, end: date) -> tuple[datetime, datetime]:
    """Return the first moment of `start` and the first moment after `end` (naive UTC)."""
    return datetime.combine(start, time.min), datetime.combine(end + timedelta(days=1), time.min)
