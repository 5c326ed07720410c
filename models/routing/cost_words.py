"""Wording of what thresholds cost: a table to choose a threshold or a number of reviews a day on."""

import math
from typing import Any, NamedTuple

import numpy as np

from odoo.models import BaseModel
from odoo.tools import format_amount

from ...ml import value
from ...ml.costs import Choice, Point, money_at
from ...ml.errors import CostError
from ..tools.wording import about, percent, plain
from .costs import LOGGED, SIDES, RoutingCosts
from .thresholds import flag_line, recent_confidences, thresholds_of

MONTH_DAYS = 365.25 / 12  # of a month of the costs told
SHOWN = 8  # thresholds of the table
RECORDS = 1000  # that money is told for where nobody knows how many come a month


class Row(NamedTuple):
    """One way to route: the share of records that is reviewed, and the money per record that this saves."""

    name: str
    share: float
    money: value.Change
    is_now: bool = False
    is_best: bool = False


def cost_table(deployment: BaseModel) -> dict[str, Any]:
    """Return the values of the template `cost_table`: rows as plain texts and what they rest on, or why not."""
    found = RoutingCosts(deployment)
    rows = _rows(deployment, found)
    reasons = [found.why_not(error) for error in found.choices.values() if isinstance(error, CostError)]
    if not rows:
        return {"why_not": reasons[0], "rows": [], "basis": "", "notes": []}
    per_day = recent_confidences(deployment)[1]
    month = per_day * MONTH_DAYS if per_day else RECORDS
    largest = max(abs(row.money.estimate) for row in rows) or 1.0
    return {
        "why_not": "",
        "rows": [
            {
                "name": row.name,
                "reviews": about(deployment.env, row.share * per_day)
                if per_day
                else percent(deployment.env, row.share),
                "money": _money(deployment, row.money.estimate * month),
                "interval": deployment.env._(
                    "%(low)s to %(high)s",
                    low=_money(deployment, row.money.low * month),
                    high=_money(deployment, row.money.high * month),
                ),
                "bar": round(100 * max(row.money.estimate, 0.0) / largest),
                "is_now": row.is_now,
                "is_best": row.is_best,
            }
            for row in rows
        ],
        "is_monthly": bool(per_day),
        "basis": _basis(deployment, found),
        "notes": [text for text in (*_tie_texts(deployment, found), *dict.fromkeys(reasons)) if text],
    }


def line_text(deployment: BaseModel, line: float | None) -> str:
    """Return which records a threshold has reviewed."""
    env = deployment.env
    if line is None or math.isinf(line):
        return env._("All records are reviewed")
    if not line:
        return env._("No reviews")
    if deployment.method == "anomaly":
        return env._("The %(share)s %% most unusual", share=plain(env, round(100 * line, 2)))
    return env._("Below %(line)s %% confidence", line=round(100 * line))


def _rows(deployment: BaseModel, found: RoutingCosts) -> list[Row]:
    """Return thresholds from few reviews to many, with the present one and the best one."""
    choices = {name: choice for name, choice in found.choices.items() if isinstance(choice, Choice)}
    if not choices:
        return []
    try:
        whole = found.choice()
    except CostError:
        return []
    rows = [
        Row(line_text(deployment, point.line), point.share, value.Change(*point.money))
        for point in _spread(whole.curve)
    ]
    if found.is_anomaly:
        line = flag_line(deployment)
        now = money_at(whole, deployment.flag_rate if line is None else line)
        rows.append(Row(deployment.env._("Now"), now.share, value.Change(*now.money), is_now=True))
        rows.append(_best(deployment, whole.share, value.Change(*whole.money)))
    else:
        rows.append(_now(deployment, found, choices))
        shares = {name: _side_share(found, SIDES[name]) for name in choices}
        money = [_scaled(choices[name].money, shares[name]) for name in choices]
        rows.append(
            _best(deployment, sum(choices[name].share * shares[name] for name in choices), value.added(money, 0.0))
        )
    return sorted(rows, key=lambda row: row.share)


def _now(deployment: BaseModel, found: RoutingCosts, choices: dict[str, Choice]) -> Row:
    """Return the present thresholds of either side; a side without a choice loses nothing that is known."""
    lines, money, share = thresholds_of(deployment), [], 0.0
    for name, choice in choices.items():
        line = lines.get(name)
        point = money_at(choice, math.inf if line is None else line)
        part = _side_share(found, SIDES[name])
        money.append(_scaled(point.money, part))
        share += part * point.share
    return Row(deployment.env._("Now"), share, value.added(money, 0.0), is_now=True)


def _best(deployment: BaseModel, share: float, money: value.Change) -> Row:
    return Row(deployment.env._("Lowest cost"), share, money, is_best=True)


def _side_share(found: RoutingCosts, side: bool) -> float:
    """Return the share of the records that a predicted side has."""
    return float((found.tested.predictions == side).mean()) if found.tested else 0.0


def _scaled(money: Any, share: float) -> value.Change:
    return value.Change(*(share * amount for amount in money))


def _spread(curve: list[Point]) -> list[Point]:
    """Return at most `SHOWN` points, evenly by the reviews they need."""
    wanted = [number / (SHOWN - 1) * curve[-1].share for number in range(SHOWN)]
    shares = np.array([point.share for point in curve])
    nearest = [int(np.argmin(abs(shares - share))) for share in wanted]
    return [curve[at] for at in dict.fromkeys(nearest)]


def _basis(deployment: BaseModel, found: RoutingCosts) -> str:
    """Return what the figures were computed with."""
    env, (minutes, source) = deployment.env, found.minutes
    values = {
        "count": len(found.tested.wrong) if found.tested else 0,
        "cost": _money(deployment, found.review),
        "minutes": about(env, minutes),
    }
    if source == LOGGED:
        return env._(
            "From %(count)s records with known outcome. A review costs %(cost)s (%(minutes)s minutes, the average of "
            "answered reviews) and is assumed to find the right answer.",
            **values,
        )
    return env._(
        "From %(count)s records with known outcome. A review costs %(cost)s (%(minutes)s minutes, entered) and is "
        "assumed to find the right answer.",
        **values,
    )


def _tie_texts(deployment: BaseModel, found: RoutingCosts) -> list[str]:
    """Return which thresholds cost least, and which ones cannot be told from these."""
    env = deployment.env
    words = env[deployment.res_model]._ai_words()
    texts = []
    for name, choice in found.choices.items():
        if not isinstance(choice, Choice):
            continue
        values = {
            "answer": words.get(name, ""),
            "best": line_text(deployment, choice.line),
            "low": line_text(deployment, choice.lines[0]),
            "high": line_text(deployment, choice.lines[1]),
        }
        best = env._("Lowest cost for “%(answer)s”: %(best)s.", **values)
        if found.is_anomaly:
            best = env._("Lowest cost: %(best)s.", **values)
        tied = env._("About as good: from “%(low)s” to “%(high)s”.", **values)
        texts.append(f"{best} {tied}" if choice.lines[0] != choice.lines[1] else best)
    return texts


def _money(deployment: BaseModel, amount: float) -> str:
    """Return an amount to two figures, with cents only where it is small."""
    digits = 1 - math.floor(math.log10(abs(amount))) if amount else 0
    rounded = round(amount, digits) + 0.0
    return format_amount(deployment.env, rounded, deployment.company_id.currency_id, trailing_zeroes=False)
