"""The value of a deployment in words: numbers with their unit and interval, the comparison as tables, the caveat."""

import math
from datetime import timedelta

from odoo.models import BaseModel
from odoo.tools import format_amount, format_date

from ...ml import value as statistics
from ..deployment.history import went_live
from ..tools import clock
from ..tools.wording import labelled, percent
from ..tools.wording import number as number_text
from ..tools.wording import signed as signed_text
from .measurement import Measurement
from .value_codes import MONTH_DAYS, NET, PERIODS


class ValueTexts:
    """The stored value of one deployment, handed in as a sudo record, in the language of the reader."""

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.measurement = Measurement(deployment)

    def net(self) -> BaseModel:
        """Return the row of the net: of the hold-out where there is one, else of the before/after comparison."""
        rows = self.deployment.value_ids.filtered(lambda row: row.code == NET and row.is_money)
        return rows.filtered(lambda row: row.period == "holdout")[:1] or rows[:1]

    def compared(self) -> BaseModel:
        """Return what was measured beside the baseline, which alone says nothing about the score."""
        return self.deployment.value_ids.filtered(lambda row: row.period != "before")

    def net_text(self) -> str:
        """Return the net a month with its interval, to two figures."""
        net = self.net()
        if not net:
            return self.env._("nothing in money") if self.compared() else self.env._("not measured yet")
        currency = self.deployment.company_id.currency_id
        amount, low, high = (
            format_amount(self.env, _rounded(money), currency, trailing_zeroes=False)
            for money in (net.money, net.money_low, net.money_high)
        )
        return self.env._("%(amount)s a month (%(low)s to %(high)s)", amount=amount, low=low, high=high)

    def caveat(self) -> str:
        """Return how far the figures show a cause."""
        net = self.net()
        if net.period == "holdout" or (
            not net and self.deployment.value_ids.filtered(lambda row: row.period == "holdout")
        ):
            return self.env._(
                "The hold-out group was chosen at random: the difference to the other records is the effect "
                "of the score."
            )
        return self.env._(
            "Before/after comparison: other factors may have changed as well. If the two periods fall in "
            "different seasons, the ranges allow for it."
        )

    def why_not(self) -> str:
        """Return why there is no comparison yet, or an empty string."""
        if self.compared():
            return ""
        if not self.measurement.measures():
            return self.env._("There is nothing to measure on these records.")
        if not self.measurement.baseline():
            return self.env._("The baseline has not been measured.")
        live = went_live(self.deployment)
        if not live:
            return self.env._("It is not live yet.")
        due = live.date() + timedelta(days=self.deployment.horizon_days + 1)
        if due > clock.today():
            return self.env._("The first outcomes since going live are due on %s.", format_date(self.env, due))
        return self.env._("Not measured since going live.")

    def tables(self) -> list[dict]:
        """Return one table of plain texts per comparison: [{"title", "rows": [{"name", "before", …}]}]."""
        tables: list[dict] = []
        labels = dict(self.env["ai.deployment.value"]._fields["period"]._description_selection(self.env))
        latest = self.measurement.baseline()
        for period, _label in reversed(PERIODS):
            rows = self.deployment.value_ids.filtered(lambda row, period=period: row.period == period)
            if period == "before":
                rows = rows.filtered(lambda row: row == latest.get(row.code))
                if tables or not rows:
                    continue
            elif not rows:
                continue
            tables.append(
                {
                    "title": labels[period],
                    "period": self.env._(
                        "%(start)s to %(end)s",
                        start=format_date(self.env, rows[0].start_date),
                        end=format_date(self.env, rows[0].end_date),
                    ),
                    "first_column": self.env._("Hold-out group") if period == "holdout" else self.env._("Before"),
                    "is_before": period == "before",
                    "rows": list(
                        filter(None, (texts(row) for row in rows for texts in (self._row_texts, self._usual_texts)))
                    ),
                }
            )
        return tables

    def _row_texts(self, row: BaseModel) -> dict[str, object]:
        """Return one row as plain texts."""
        cannot = self.env._("not enough records")
        if not row.row_count and row.is_money:
            found = base = changed = ""
        else:
            found = self.unit(row.unit, row.value, row.low, row.high) if row.has_enough_records else cannot
            base = self.unit(row.unit, row.base_value) if row.is_compared else ""
            changed = (
                self.unit(row.unit, row.change, row.change_low, row.change_high, signed=True)
                if row.is_compared
                else cannot
            )
        money = self.unit("money", row.money, row.money_low, row.money_high, signed=True) if row.is_money else ""
        return {
            "name": row.name,
            "is_net": row.code == NET,
            "count": row.row_count or "",
            "base_count": row.base_count,
            "found": found,
            "base": base,
            "change": changed,
            "money": money,
            "assumption": row.assumption or "",
        }

    def _usual_texts(self, row: BaseModel) -> dict[str, object] | None:
        """Return the change of the win rate at the usual amount, beside money that is too noisy; else None.

        A few large wins decide the mean. The win rate does not depend on them, and is known far better.
        """
        share = self.deployment.value_ids.filtered(
            lambda one: one.code == "conversion" and one.period == row.period and one.is_compared
        )
        if row.code != "revenue" or not row.is_compared or not share or not row.change_low <= 0 <= row.change_high:
            return None
        usual = self.env[self.deployment.res_model]._ai_outcomes(self.deployment).usual_amount()
        if not usual:
            return None
        months = ((share.end_date - share.start_date).days + 1) / MONTH_DAYS
        changed = statistics.Change(share.change, share.change_low, share.change_high)
        money = statistics.scaled(changed, usual * (self.deployment.value_margin or 1) * share.row_count / months)
        words = self.env[self.deployment.res_model]._ai_words()
        return {
            "name": self.env._("Change of the win rate at the usual amount, a month"),
            "is_net": False,
            "count": share.row_count,
            "base_count": share.base_count,
            "found": "",
            "base": "",
            "change": "",
            "money": self.unit("money", money.estimate, money.low, money.high, signed=True),
            "assumption": self.env._(
                "half of all %(positives)s are above %(amount)s; not part of the net value",
                positives=words["positives"],
                amount=self.unit("money", usual),
            ),
        }

    def _figure_text(self, row: BaseModel) -> str:
        figure = labelled(self.env, row.name, self.unit(row.unit, row.value, row.low, row.high))
        if not row.assumption:
            return figure
        rests = self.env._("rests on: %s", row.assumption)
        return f"{figure} [{rests}]"

    def baseline(self, rows: BaseModel) -> str:
        """Return the figures of a baseline in a sentence."""
        rows = rows.sorted(lambda row: (bool(row.assumption), -row.row_count))
        words = self.env[self.deployment.res_model]._ai_words()["records"]
        told = rows.filtered("has_enough_records")
        figures = "; ".join(self._figure_text(row) for row in told)
        return self.env._(
            "%(count)s %(records)s of %(start)s to %(end)s. %(figures)s",
            count=number_text(self.env, max(rows.mapped("row_count"))),
            records=words,
            start=format_date(self.env, rows[0].start_date),
            end=format_date(self.env, rows[0].end_date),
            figures=figures or self.env._("Not enough data."),
        )

    def unit(
        self, unit: str, number: float, low: float | None = None, high: float | None = None, signed: bool = False
    ) -> str:
        """Return a number in its unit, with its interval where it has one."""
        currency = self.deployment.company_id.currency_id

        def text(amount: float, sign: bool = False) -> str:
            if unit == "money":
                digits = 0 if abs(amount) >= 100 else currency.decimal_places
                written = format_amount(self.env, round(amount, digits), currency, trailing_zeroes=digits > 0)
            elif unit == "share":
                written = percent(self.env, amount, 1)
            else:
                written = number_text(self.env, amount, 1)
            return f"+{written}" if sign and amount > 0 else written

        if low is None or high is None or (low == high and not (unit == "share" and signed)):
            return text(number, signed)
        if unit == "share" and signed:  # a change of a share is in points, not in per cent of it
            main, least, most = (signed_text(self.env, 100 * points, 1) for points in (number, low, high))
            return self.env._("%(change)s points (%(low)s to %(high)s)", change=main, low=least, high=most)
        return f"{text(number, signed)} ({text(low, signed)} – {text(high, signed)})"


def _rounded(amount: float) -> float:
    """Round to two figures: such a sum is not known better."""
    if abs(amount) < 10:
        return round(amount)
    return round(amount, 1 - math.floor(math.log10(abs(amount))))
