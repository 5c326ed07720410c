"""What a deployment is worth: the same query over a period before, and over the time since it went live.

What is measured per record differs by kind of document and comes from a hook there (`_ai_value_measures`). A period
is kept as one row per measure, with the three numbers that a comparison needs. What was measured before is frozen: it
is written once, before going live, and never again. Records count once their outcome is due (`horizon_days`), so that
young ones do not make the later period look worse.
Before and after proves no cause, and the page says so; a hold-out does (`ai_deployment_holdout`).
"""

import math
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ...ml import value as statistics
from ..tools import clock
from ..tools.trust import own
from ..tools.wording import number as number_text
from ..tools.wording import percent
from ..tools.wording import signed as signed_text

UNITS = [("share", "Share"), ("days", "Days"), ("minutes", "Minutes"), ("money", "Money")]
PERIODS = [("before", "Before"), ("after", "Since going live"), ("holdout", "Against records without a score")]
NET, RUNNING, REVIEWING = "net", "running", "reviewing"
MONTH_DAYS = 365.25 / 12
WEEK = timedelta(days=7)


class AiDeploymentValue(models.Model):
    _name = "ai.deployment.value"
    _description = "What a Deployment Is Worth"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, period, id"
    _log_access = False

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    currency_id = fields.Many2one(related="deployment_id.company_id.currency_id")
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("Measure", compute="_compute_name")
    period = fields.Selection(PERIODS, required=True, readonly=True)
    kind = fields.Char(readonly=True)
    unit = fields.Selection(UNITS, required=True, readonly=True)

    # What was asked
    date = fields.Datetime("Measured On", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Measured By", readonly=True, ondelete="restrict")
    start_date = fields.Date("From", required=True, readonly=True)
    end_date = fields.Date("Until", required=True, readonly=True)
    horizon_days = fields.Integer("Outcome Within Days", readonly=True)
    domain = fields.Char("Only Records", readonly=True)
    basis = fields.Char(readonly=True)

    # What was found
    row_count = fields.Integer("Records", readonly=True)
    nonzero_count = fields.Integer(readonly=True)
    value = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    deviation = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    low = fields.Float("At Least", readonly=True, digits=(16, 4), aggregator=None)
    high = fields.Float("At Most", readonly=True, digits=(16, 4), aggregator=None)
    is_told = fields.Boolean("Enough Records", readonly=True)
    base_count = fields.Integer("Compared With Records", readonly=True)
    base_value = fields.Float("Compared With", readonly=True, digits=(16, 4), aggregator=None)
    change = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    change_low = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    change_high = fields.Float(readonly=True, digits=(16, 4), aggregator=None)
    is_compared = fields.Boolean("Can Be Compared", readonly=True)
    money = fields.Monetary("A Month", readonly=True, aggregator=None)
    money_low = fields.Monetary("A Month, at Least", readonly=True, aggregator=None)
    money_high = fields.Monetary("A Month, at Most", readonly=True, aggregator=None)
    is_money = fields.Boolean("In Money", readonly=True)
    assumption = fields.Char("Rests On", readonly=True)

    _one_after = models.UniqueIndex(
        "(deployment_id, code, period) WHERE period <> 'before'", "This has been measured already."
    )

    @api.depends("code", "deployment_id")
    @api.depends_context("lang")
    def _compute_name(self):
        own = {
            NET: self.env._("Net of what it costs"),
            RUNNING: self.env._("Running it"),
            REVIEWING: self.env._("Reviewers' time"),
        }
        for deployment, rows in self.grouped("deployment_id").items():
            measures = deployment.sudo()._value_measures()
            for row in rows:
                known = measures.get(row.code)
                row.name = known.name if known else own.get(row.code, row.code)

    def write(self, vals):
        if any(row.period == "before" for row in self):
            raise UserError(self.env._("What was measured before going live stays as it was measured."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_before(self):
        if any(row.period == "before" for row in self):
            raise UserError(self.env._("What was measured before going live stays as it was measured."))

    def _moments(self):
        return statistics.Moments(self.row_count, self.value, self.deviation, self.nonzero_count)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    value_ids = fields.One2many("ai.deployment.value", "deployment_id", "What It Is Worth", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_margin = fields.Float(
        "Left of a Won Euro",
        tracking=True,
        copy=False,
        help="What the company keeps of won revenue. Without it, no money is told for leads. Assumed, not measured.",
    )
    value_minutes = fields.Float(
        "Minutes a Bill Takes a Person",
        tracking=True,
        copy=False,
        help="For bills that a person posted and nobody's time was taken for. Assumed, not measured.",
    )
    value_hourly_cost = fields.Monetary(
        "An Hour of a Colleague", tracking=True, copy=False, help="What reviewers' and clerks' hours are counted at."
    )
    value_running_cost = fields.Monetary(
        "Running It, a Month", tracking=True, copy=False, help="Endpoint, computing, licences."
    )
    value_text = fields.Char("Worth", compute="_compute_value_text")
    value_caveat = fields.Char("How Sure That Is", compute="_compute_value_html")
    value_html = fields.Html("What Was Measured", compute="_compute_value_html", sanitize=False)

    _value_margin_is_share = models.Constraint(
        "CHECK(value_margin BETWEEN 0 AND 1)", "What is left of a won euro lies between 0 and 100 %."
    )
    _value_costs_not_negative = models.Constraint(
        "CHECK(value_minutes >= 0 AND value_hourly_cost >= 0 AND value_running_cost >= 0)",
        "Minutes and costs cannot be negative.",
    )

    # Measuring

    def _value_measures(self):
        """{code: Measure} of what this deployment is to improve; in sudo."""
        if self.res_model not in self.env:
            return {}
        documents = self.env[self.res_model].sudo()
        return documents._ai_value_measures(self, documents._table)

    def _measure(self, start, end, group=None):
        """What the records of `start` to `end` (days, both included) come to: {group: {code: Moments}}.

        :param group: SQL of a boolean per record that splits them, for a hold-out; by default all are in group None
        """
        self.ensure_one()
        documents = self.env[self.res_model].sudo().with_context(active_test=False)
        measures = self._value_measures()
        domain = (
            self._record_domain() & documents._ai_base_domain() & documents._ai_value_domain() & self._company_domain()
        )
        query = documents._search(domain)
        moment = documents._ai_began_sql(documents._table, self)
        first, after_last = (datetime.combine(day, time.min) for day in (start, end + timedelta(days=1)))
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
            part: {
                code: statistics.Moments.of(*numbers[4 * place : 4 * place + 4]) for place, code in enumerate(measures)
            }
            for part, *numbers in rows
        }

    def _last_due_day(self):
        """The latest day whose records all have their outcome."""
        return clock.today() - timedelta(days=self.horizon_days + 1)

    def _went_live(self):
        """When it went live for the first time; False where it has not."""
        self.ensure_one()
        first = (
            self.env["ai.deployment.transition"]
            .sudo()
            .search(
                Domain("deployment_id", "=", self._origin.id) & Domain("to_state", "=", "production"),
                order="date, id",
                limit=1,
            )
        )
        return first.date

    def _measure_baseline(self, start, end):
        """Measure the records of a period before going live and freeze what was found; the rows."""
        self.ensure_one()
        self._check_decides()
        deployment = self.sudo()
        measures = deployment._value_measures()
        if not measures:
            raise UserError(self.env._("There is nothing to measure on these records."))
        if deployment._went_live():
            raise UserError(self.env._("It went live already: what was before can only be measured before."))
        if not start or not end or start > end:
            raise ValidationError(self.env._("A period begins before it ends."))
        if end > deployment._last_due_day():
            raise ValidationError(
                self.env._(
                    "Outcomes count within %(days)s days, so the period ends on %(day)s at the latest.",
                    days=deployment.horizon_days,
                    day=format_date(self.env, deployment._last_due_day()),
                )
            )
        found = deployment._measure(start, end).get(None, {})
        if not any(moments.count for moments in found.values()):
            raise UserError(self.env._("There is no record in this period."))
        rows = (
            self.env["ai.deployment.value"]
            .sudo()
            .create(
                [
                    {**deployment._value_row("before", code, start, end, found[code]), "user_id": self.env.uid}
                    for code in measures
                ]
            )
        )
        own(deployment)._message_log(
            body=self.env._("What was before was measured and frozen: %s", deployment._baseline_sentence(rows)),
            author_id=self.env.user.partner_id.id,
        )
        return rows

    def _value_row(self, period, code, start, end, moments):
        """Values of a row: what was asked and what was found."""
        measure = self._value_measures()[code]
        told = statistics.enough(moments, measure.kind)
        known = statistics.interval(moments, measure.kind) if told else None
        return {
            "deployment_id": self.id,
            "period": period,
            "code": code,
            "kind": measure.kind,
            "unit": measure.unit,
            "date": clock.now(),
            "start_date": start,
            "end_date": end,
            "horizon_days": self.horizon_days,
            "domain": self.domain,
            "row_count": moments.count,
            "nonzero_count": moments.nonzero,
            "value": _plain(moments.mean),
            "deviation": _plain(moments.deviation),
            "is_told": told,
            "low": known.low if known else 0.0,
            "high": known.high if known else 0.0,
            "assumption": measure.assumption,
            "basis": measure.basis,
        }

    def _baseline(self):
        """The latest baseline that is about what the deployment works on now: {code: row}, in sudo."""
        self.ensure_one()
        measures = self._value_measures()
        rows = (
            self.env["ai.deployment.value"]
            .sudo()
            .search(Domain("deployment_id", "=", self._origin.id) & Domain("period", "=", "before"), order="id desc")
        )
        latest = {}
        for row in rows:
            asked = row.horizon_days, row.domain or "[]", row.basis or ""
            measure = measures.get(row.code)
            if measure and asked == (self.horizon_days, self.domain or "[]", measure.basis):
                latest.setdefault(row.code, row)
        return latest

    def action_measure_value(self):
        for deployment in self:
            deployment._check_decides()
            if not deployment.sudo()._measure_since_live():
                raise UserError(deployment.sudo()._not_measured_because())
        return True

    def _measure_since_live(self):
        """Measure the time since going live as the baseline was measured; False where there is nothing to compare."""
        self.ensure_one()
        held_out = self._measure_holdout()
        live, end, baseline = self._went_live(), self._last_due_day(), self._baseline()
        if not live or not baseline or live.date() > end:
            return held_out
        start = live.date()
        found = self._measure(start, end).get(None, {})
        seasons = {
            code: statistics.other_season((row.start_date, row.end_date), (start, end))
            for code, row in baseline.items()
        }
        base = {code: row._moments() for code, row in baseline.items()}
        self._keep_comparison("after", start, end, found, base, seasons)
        return True

    def _keep_comparison(self, period, start, end, found, base, seasons=None):
        """Keep what `found` ({code: Moments}) comes to against `base`, each measure and the net; replaces the last.

        `seasons`: {code: how differently the two periods lie in the year}; none where both are of the same days.
        """
        months = ((end - start).days + 1) / MONTH_DAYS
        measures, rows, counted, holds_reviews = self._value_measures(), [], [], False
        for code, measure in measures.items():
            after, before = found.get(code) or statistics.Moments.of(0, 0, 0), base.get(code)
            row = self._value_row(period, code, start, end, after)
            changed = statistics.change(before, after, measure.kind) if before else None
            if changed and (seasons or {}).get(code):
                changed = statistics.seasonal(changed, measure.kind, before.mean, seasons[code])
            if changed:
                row.update(
                    is_compared=True,
                    base_count=before.count,
                    base_value=before.mean,
                    change=changed.estimate,
                    change_low=changed.low,
                    change_high=changed.high,
                )
            if changed and measure.worth:
                money = statistics.scaled(changed, measure.worth * after.count / months)
                counted.append(money)
                holds_reviews |= measure.holds_reviews
                row.update(_money(money))
            rows.append(row)
        rows += self._cost_rows(period, start, end, months, counted, holds_reviews)
        values = self.env["ai.deployment.value"].sudo()
        values.search(Domain("deployment_id", "=", self.id) & Domain("period", "=", period)).unlink()
        return values.create(rows)

    def _cost_rows(self, period, start, end, months, counted, holds_reviews):
        """What it costs a month, exactly known, and what is left: rows without a count."""
        frame = {
            "deployment_id": self.id,
            "period": period,
            "unit": "money",
            "date": clock.now(),
            "start_date": start,
            "end_date": end,
            "horizon_days": self.horizon_days,
            "domain": self.domain,
        }
        review = 0.0 if holds_reviews else self._review_hours(start, end) * self.value_hourly_cost / months
        costs = {RUNNING: -self.value_running_cost, REVIEWING: -review}
        rows = [
            {
                **frame,
                "code": code,
                **_money(statistics.Change(cost, cost, cost)),
                "assumption": self.env._("what was entered") if code == RUNNING else self.env._("the price of an hour"),
            }
            for code, cost in costs.items()
            if cost
        ]
        if counted:
            rows.append({**frame, "code": NET, **_money(statistics.added(counted, sum(costs.values())))})
        return rows

    def _review_hours(self, start, end):
        """Hours that reviewers spent on decisions of the period."""
        first, after_last = (datetime.combine(day, time.min) for day in (start, end + timedelta(days=1)))
        self.env["ai.deployment.review"].flush_model(["seconds_spent", "decided_date"])
        ((seconds,),) = self.env.execute_query(
            SQL(
                "SELECT COALESCE(SUM(seconds_spent), 0) FROM ai_deployment_review WHERE deployment_id = %s"
                " AND state = 'decided' AND decided_date >= %s AND decided_date < %s",
                self.id,
                first,
                after_last,
            )
        )
        return seconds / 3600

    def _measure_weekly(self):
        latest = self.sudo().value_ids.filtered(lambda row: row.period != "before").mapped("date")
        if self.state == "production" and (not latest or clock.has_passed(max(latest), WEEK)):
            self.sudo()._measure_since_live()

    # Words

    def _net_row(self):
        """What it is worth, by chance where there is a hold-out, else before and after."""
        rows = self.sudo().value_ids.filtered(lambda row: row.code == NET and row.is_money)
        return rows.filtered(lambda row: row.period == "holdout")[:1] or rows[:1]

    @api.depends("value_ids")
    @api.depends_context("lang")
    def _compute_value_text(self):
        for deployment in self:
            net = deployment._net_row()
            if not net:
                deployment.value_text = self.env._("not measured yet")
                continue
            currency = deployment.sudo().company_id.currency_id
            amount, low, high = (
                format_amount(self.env, _rounded(money), currency, trailing_zeroes=False)
                for money in (net.money, net.money_low, net.money_high)
            )
            deployment.value_text = self.env._(
                "%(amount)s a month (%(low)s to %(high)s)", amount=amount, low=low, high=high
            )

    @api.depends("value_ids", "holdout_share")
    @api.depends_context("lang")
    def _compute_value_html(self):
        for deployment in self:
            told = deployment.sudo()
            deployment.value_caveat = told._value_caveat()
            deployment.value_html = self.env["ir.qweb"]._render(
                "ai_deployment.value_table", {"tables": told._value_tables(), "why_not": told._not_measured_because()}
            )

    def _value_caveat(self):
        net = self._net_row()
        if net.period == "holdout" or (not net and self.value_ids.filtered(lambda row: row.period == "holdout")):
            return self.env._(
                "By chance some records had no score on purpose: the difference to the others comes from the score."
            )
        return self.env._(
            "Before and after; other things changed, too. Where the two periods lie at different times of the year, "
            "the ranges allow for a season."
        )

    def _not_measured_because(self):
        """Why there is no comparison yet; empty where there is one."""
        if self.value_ids.filtered(lambda row: row.period != "before"):
            return ""
        if not self._value_measures():
            return self.env._("There is nothing to measure on these records.")
        if not self._baseline():
            return self.env._("What was before has not been measured.")
        live = self._went_live()
        if not live:
            return self.env._("It is not live yet.")
        due = live.date() + timedelta(days=self.horizon_days + 1)
        if due > clock.today():
            return self.env._("The first outcomes since going live are due on %s.", format_date(self.env, due))
        return self.env._("Nothing has been measured since it went live.")

    def _value_tables(self):
        """The rows as tables of plain texts, one per comparison: [{"title", "rows": [{"name", "before", …}]}]."""
        periods, tables = dict(PERIODS), []
        labels = dict(self.env["ai.deployment.value"]._fields["period"]._description_selection(self.env))
        latest = self._baseline()
        for period in reversed(periods):
            rows = self.value_ids.filtered(lambda row, period=period: row.period == period)
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
                    "first_column": self.env._("With no score") if period == "holdout" else self.env._("Before"),
                    "is_before": period == "before",
                    "rows": list(
                        filter(None, (texts(row) for row in rows for texts in (self._value_texts, self._usual_texts)))
                    ),
                }
            )
        return tables

    def _value_texts(self, row):
        """One row as people read it."""
        cannot = self.env._("cannot say: too few records")
        if not row.row_count and row.is_money:
            found = base = changed = ""
        else:
            found = self._unit_text(row.unit, row.value, row.low, row.high) if row.is_told else cannot
            base = self._unit_text(row.unit, row.base_value) if row.is_compared else ""
            changed = (
                self._unit_text(row.unit, row.change, row.change_low, row.change_high, signed=True)
                if row.is_compared
                else cannot
            )
        money = self._unit_text("money", row.money, row.money_low, row.money_high, signed=True) if row.is_money else ""
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

    def _usual_texts(self, row):
        """Beside money that is too noisy to say anything: the change of the win rate at the usual amount; else None.

        A few large wins decide the mean. The win rate does not know them, and is known far better.
        """
        share = self.value_ids.filtered(
            lambda one: one.code == "conversion" and one.period == row.period and one.is_compared
        )
        if row.code != "revenue" or not row.is_compared or not share or not row.change_low <= 0 <= row.change_high:
            return None
        usual = self.env[self.res_model]._ai_outcomes(self).usual_amount()
        if not usual:
            return None
        months = ((share.end_date - share.start_date).days + 1) / MONTH_DAYS
        changed = statistics.Change(share.change, share.change_low, share.change_high)
        money = statistics.scaled(changed, usual * (self.value_margin or 1) * share.row_count / months)
        words = self.env[self.res_model]._ai_words()
        return {
            "name": self.env._("Change of the win rate at the usual amount, a month"),
            "is_net": False,
            "count": share.row_count,
            "base_count": share.base_count,
            "found": "",
            "base": "",
            "change": "",
            "money": self._unit_text("money", *money, signed=True),
            "assumption": self.env._(
                "half of all %(positives)s are above %(amount)s; not part of the net",
                positives=words["positives"],
                amount=self._unit_text("money", usual),
            ),
        }

    def _unit_text(self, unit, number, low=None, high=None, signed=False):
        """A number in its unit, with its interval where it has one."""
        currency = self.company_id.currency_id

        def text(amount, sign=False):
            if unit == "money":
                digits = 0 if abs(amount) >= 100 else currency.decimal_places
                written = format_amount(self.env, round(amount, digits), currency, trailing_zeroes=digits > 0)
            elif unit == "share":
                written = percent(self.env, amount, 1)
            else:
                written = number_text(self.env, amount, 1)
            return f"+{written}" if sign and amount > 0 else written

        if unit == "share" and signed:  # a change of a share is in points, not in per cent of it
            main, *ends = (signed_text(self.env, 100 * points, 1) for points in (number, low, high))
            return self.env._("%(change)s points (%(low)s to %(high)s)", change=main, low=ends[0], high=ends[1])
        if low is None or low == high:
            return text(number, signed)
        return f"{text(number, signed)} ({text(low, signed)} – {text(high, signed)})"

    def _baseline_sentence(self, rows):
        rows = rows.sorted(lambda row: (bool(row.assumption), -row.row_count))
        words = self.env[self.res_model]._ai_words()["records"]
        told = rows.filtered("is_told")
        figures = "; ".join(
            f"{row.name}: {self._unit_text(row.unit, row.value, row.low, row.high)}"
            + (f" [{self.env._('rests on: %s', row.assumption)}]" if row.assumption else "")
            for row in told
        )
        return self.env._(
            "%(count)s %(records)s of %(start)s to %(end)s. %(figures)s",
            count=max(rows.mapped("row_count")),
            records=words,
            start=format_date(self.env, rows[0].start_date),
            end=format_date(self.env, rows[0].end_date),
            figures=figures or self.env._("Too few to say anything."),
        )

    def action_measure_baseline(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Measure What Was Before"),
            "res_model": "ai.deployment.baseline",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }


def _plain(number):
    """A number that a column can keep: nothing for what is none."""
    return 0.0 if number is None or math.isnan(number) else float(number)


def _money(change):
    return {
        "is_money": True,
        "money": change.estimate,
        "money_low": change.low,
        "money_high": change.high,
    }


def _rounded(amount):
    """Two figures are as many as such a sum knows."""
    if abs(amount) < 10:
        return round(amount)
    return round(amount, 1 - math.floor(math.log10(abs(amount))))
