"""The value of a deployment: a frozen baseline, the comparison with it since going live, and the hold-out comparison.

A period is stored as one row per measure, with the three numbers that a comparison needs. The baseline is written once,
before going live, and never again. A before/after comparison proves no cause, and the page says so; a hold-out does.
"""

import math
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from odoo import fields
from odoo.api import Environment
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, format_date

from ...ml import value as statistics
from ..deployment.history import went_live
from ..endpoints.ai_deployment_endpoint_call import KEPT as CALL_DAYS
from ..routing.holdout import rule_of
from ..tools import clock
from ..tools.told import keep, told
from ..tools.trust import own
from ..tools.wording import days_text, number
from .measurement import Measurement, day_bounds
from .value_codes import CALLS, MONTH_DAYS, NET, REVIEWING, RUNNING
from .value_texts import ValueTexts

WEEK = timedelta(days=7)  # that a measurement covers at least
CALLS_KEPT = CALL_DAYS - timedelta(days=1)  # whole days of calls that are there


class Calls(NamedTuple):
    """What calls to endpoints come to a month: attempts, tokens as far as they are told, price."""

    number: float
    tokens: float
    price: float


class BusinessValue:
    """The value of one deployment, handed in as a sudo record."""

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.measurement = Measurement(deployment)

    # Measuring

    def measure_baseline(self, start: date | None, end: date | None) -> BaseModel:
        """Measure the records of a period before going live, and freeze the result.

        :param end: the last day, whose outcomes have to be due
        :return: one row per measure
        """
        deployment, measurement = self.deployment, self.measurement
        measures, last = measurement.measures(), measurement.last_due_day()
        if not measures:
            raise UserError(self.env._("There is nothing to measure on these records."))
        if went_live(deployment):
            raise UserError(self.env._("It is already live: a baseline can only be measured before."))
        if not start or not end or start > end:
            raise ValidationError(self.env._("The start of a period must be before its end."))
        if end > last:
            raise ValidationError(
                self.env._(
                    "The outcome window is %(days)s, so the period must end by %(day)s.",
                    days=days_text(self.env, deployment.horizon_days),
                    day=format_date(self.env, last),
                )
            )
        found = measurement.measure(start, end).get(None, {})
        if not any(moments.count for moments in found.values()):
            raise UserError(self.env._("There is no record in this period."))
        rows = self._create(
            [
                {**self._row("before", code, measure, start, end, found[code]), "user_id": self.env.uid}
                for code, measure in measures.items()
            ]
        )
        own(deployment)._message_log(
            body=self.env._("The baseline was measured and frozen: %s", ValueTexts(deployment).baseline(rows)),
            author_id=self.env.user.partner_id.id,
        )
        return rows

    def measure_since_live(self) -> bool:
        """Measure the time since going live as the baseline was measured; False where nothing can be compared."""
        held_out = self.measure_holdout()
        live, end, baseline = went_live(self.deployment), self.measurement.last_due_day(), self.measurement.baseline()
        if not live or not baseline or live.date() > end:
            return held_out
        start = live.date()
        found = self.measurement.measure(start, end).get(None, {})
        seasons = {
            code: statistics.other_season((row.start_date, row.end_date), (start, end))
            for code, row in baseline.items()
        }
        base = {code: row._moments() for code, row in baseline.items()}
        self._keep_comparison("after", start, end, found, base, seasons)
        return True

    def measure_holdout(self) -> bool:
        """Compare records with a score with those without; False where none is due.

        All records that came since count, scored or not: whether one is scored may depend on who sees a score.
        """
        deployment, end = self.deployment, self.measurement.last_due_day()
        # from the first whole day on
        start = deployment.holdout_since and fields.Date.add(deployment.holdout_since.date(), days=1)
        live = went_live(deployment)
        if not deployment.holdout_share or not live or max(start, live.date()) > end:
            return False
        start = max(start, live.date())
        group = rule_of(deployment).drawn_sql(self.env[deployment.res_model]._table)
        found = self.measurement.measure(start, end, group)
        self._keep_comparison("holdout", start, end, found.get(False, {}), found.get(True, {}))
        return True

    def measure_weekly(self) -> None:
        """Measure again where the latest comparison is a week old and the deployment is in production."""
        latest = self.deployment.value_ids.filtered(lambda row: row.period != "before").mapped("date")
        if self.deployment.state == "production" and (not latest or clock.has_passed(max(latest), WEEK)):
            self.measure_since_live()

    # Rows

    def _create(self, values_list: list[dict[str, Any]]) -> BaseModel:
        """Create rows, with what they rest on in the words of every language."""
        rows = self.env["ai.deployment.value"].create(values_list)
        for row, values in zip(rows, values_list, strict=True):
            keep(row, values)
        return rows

    def _assumption(self, env: Environment, code: str) -> str:
        return Measurement(self.deployment.with_env(env)).measures()[code].assumption

    def _row(
        self, period: str, code: str, measure: Any, start: date, end: date, moments: statistics.Moments
    ) -> dict[str, Any]:
        """Return the values of a row: the period and what was found."""
        is_enough = statistics.enough(moments, measure.kind)
        known = statistics.interval(moments, measure.kind) if is_enough else None
        return {
            **self._frame(period, code, measure.unit, start, end),
            "kind": measure.kind,
            "row_count": moments.count,
            "nonzero_count": moments.nonzero,
            "value": _plain(moments.mean),
            "deviation": _plain(moments.deviation),
            "has_enough_records": is_enough,
            "low": known.low if known else 0.0,
            "high": known.high if known else 0.0,
            "assumption": told(self.env, partial(self._assumption, code=code)) if measure.assumption else "",
            "basis": measure.basis,
        }

    def _frame(self, period: str, code: str, unit: str, start: date, end: date) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment.id,
            "period": period,
            "code": code,
            "unit": unit,
            "date": clock.now(),
            "start_date": start,
            "end_date": end,
            "horizon_days": self.deployment.horizon_days,
            "domain": self.deployment.domain,
        }

    def _keep_comparison(
        self,
        period: str,
        start: date,
        end: date,
        found: dict[str, statistics.Moments],
        base: dict[str, statistics.Moments],
        seasons: dict[str, float] | None = None,
    ) -> BaseModel:
        """Store each measure of `found` against `base`, and the net; replaces the last comparison of this period.

        :param seasons: {code: how differently the two periods lie in the year}; none where both are of the same days
        """
        months = ((end - start).days + 1) / MONTH_DAYS
        rows, counted, holds_reviews = [], [], False
        for code, measure in self.measurement.measures().items():
            after, before = found.get(code) or statistics.Moments.of(0, 0, 0), base.get(code)
            row = self._row(period, code, measure, start, end, after)
            rows.append(row)
            changed = statistics.change(before, after, measure.kind) if before else None
            if not before or not changed:
                continue
            season = (seasons or {}).get(code)
            if season:
                changed = statistics.seasonal(changed, measure.kind, before.mean, season)
            row.update(
                is_compared=True,
                base_count=before.count,
                base_value=before.mean,
                change=changed.estimate,
                change_low=changed.low,
                change_high=changed.high,
            )
            if measure.worth:
                money = statistics.scaled(changed, measure.worth * after.count / months)
                counted.append(money)
                holds_reviews |= measure.holds_reviews
                row.update(_money(money))
        rows += self.cost_rows(period, start, end, months, counted, holds_reviews)
        values = self.env["ai.deployment.value"]
        values.search(Domain("deployment_id", "=", self.deployment.id) & Domain("period", "=", period)).unlink()
        return self._create(rows)

    def cost_rows(
        self,
        period: str,
        start: date,
        end: date,
        months: float,
        counted: list[statistics.Change],
        holds_reviews: bool,
    ) -> list[dict[str, Any]]:
        """Return the rows of the monthly cost, exactly known, and of the net: rows without a count.

        :param counted: the monthly money of each measure
        :param holds_reviews: whether a measure contains the time of reviewers already
        """
        deployment, review = self.deployment, 0.0
        if not holds_reviews:
            review = self._review_hours(start, end) * deployment.value_hourly_cost / months
        calls = self._calls(start, end)
        costs = {RUNNING: -deployment.value_running_cost, REVIEWING: -review, CALLS: -calls.price}
        based_on = {
            RUNNING: told(self.env, lambda env: env._("entered values")),
            REVIEWING: told(self.env, lambda env: env._("hourly cost")),
            CALLS: told(
                self.env,
                lambda env: env._(
                    "%(calls)s calls and %(tokens)s tokens a month",
                    calls=number(env, calls.number),
                    tokens=number(env, calls.tokens),
                ),
            ),
        }
        rows = [
            {
                **self._frame(period, code, "money", start, end),
                **_money(statistics.Change(cost, cost, cost)),
                "assumption": based_on[code],
            }
            for code, cost in costs.items()
            if cost
        ]
        if counted:
            net = statistics.added(counted, sum(costs.values()))
            rows.append({**self._frame(period, NET, "money", start, end), **_money(net)})
        return rows

    def _calls(self, start: date, end: date) -> "Calls":
        """Return what calls to endpoints came to a month, of the part of the period whose calls are kept."""
        start = max(start, end - CALLS_KEPT, self._first_call_day() or start)
        first, after_last = day_bounds(start, end)
        ((count, tokens, price),) = self.env.execute_query(
            SQL(
                "SELECT COALESCE(SUM(attempts), 0), COALESCE(SUM(tokens), 0), COALESCE(SUM(price), 0)"
                " FROM ai_deployment_endpoint_call WHERE deployment_id = %s AND date >= %s AND date < %s",
                self.deployment.id,
                first,
                after_last,
            )
        )
        months = max((end - start).days + 1, 1) / MONTH_DAYS
        return Calls(count / months, tokens / months, price / months)

    def _first_call_day(self) -> date | None:
        """Return the day of the first call of the deployment that is kept, None where there is none."""
        ((first,),) = self.env.execute_query(
            SQL("SELECT MIN(date) FROM ai_deployment_endpoint_call WHERE deployment_id = %s", self.deployment.id)
        )
        return first and first.date()

    def _review_hours(self, start: date, end: date) -> float:
        """Return the hours that reviewers spent on decisions of the period."""
        first, after_last = day_bounds(start, end)
        self.env["ai.deployment.review"].flush_model(["seconds_spent", "decided_date"])
        ((seconds,),) = self.env.execute_query(
            SQL(
                "SELECT COALESCE(SUM(seconds_spent), 0) FROM ai_deployment_review WHERE deployment_id = %s"
                " AND state = 'decided' AND decided_date >= %s AND decided_date < %s",
                self.deployment.id,
                first,
                after_last,
            )
        )
        return seconds / 3600


def _plain(number: float | None) -> float:
    """Return a number that a column can store: 0 for none."""
    return 0.0 if number is None or math.isnan(number) else float(number)


def _money(change: statistics.Change) -> dict[str, Any]:
    return {
        "is_money": True,
        "money": change.estimate,
        "money_low": change.low,
        "money_high": change.high,
    }
