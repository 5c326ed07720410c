"""Which of the scored records a person reviews, and why.

Each policy of `POLICIES` is handed the same `Slate`, in the order of the list, and sees what those before it decided:

1. `Holdout` takes out the records whose score nobody is shown. Nothing else is applied to them.
2. `Thresholds` applies the reasons for reviews that are on, within the quotas of the day.
3. `RandomChecks` draws among what no reason took.
4. `EdgeCases` has the last word: what a deployment must not decide is reviewed, whatever the score says. Such a record
   has used the quota of the reason that it replaces.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..scoring.standing import Standing
from .edge_cases import EdgeCases
from .holdout import Holdout
from .quota import DayQuota
from .random_checks import RandomChecks
from .rules import AMOUNT, DEFAULTS, POINTS
from .thresholds import Thresholds, flag_line, thresholds_of

POLICIES = (Holdout(), Thresholds(), RandomChecks(), EdgeCases())


@dataclass
class Slate:
    """Records of a scored chunk on their way to a review, or past it: n rows, the same in each list and array."""

    deployment: BaseModel  # in sudo
    rules: dict[str, dict]  # see `rules_on`
    standings: dict[int, Standing]
    card: Any
    scored: Any  # of the whole chunk
    rows: np.ndarray  # (n,) of int: where each record stands in `scored`
    ids: list[int]
    incumbents: list[float | None]  # what Odoo itself says of them
    why: np.ndarray = field(init=False)  # (n,) of object: why each is reviewed, "" where it is not
    chances: np.ndarray = field(init=False)  # (n,) the chance of each of a random check
    failed: np.ndarray = field(init=False)  # (n,) of bool: which could not be scored
    places: np.ndarray = field(init=False)  # (n,) where each stood at the beginning
    distances: np.ndarray = field(init=False)  # (n,) how far each is from its threshold; set by `Thresholds`
    quota: DayQuota | None = field(init=False, default=None)  # of the day; set by `Thresholds`

    def __post_init__(self) -> None:
        self.places = np.arange(len(self.ids))
        self._begin()

    def _begin(self) -> None:
        self.why = np.full(len(self.ids), routing.AUTOMATIC, dtype=object)
        self.chances = np.zeros(len(self.ids))
        self.failed = np.array([row in self.scored.errors for row in self.rows.tolist()], dtype=bool)

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with the records at `kept` only; the others are not reviewed."""
        self.places, self.rows = self.places[kept], self.rows[kept]
        self.ids = [self.ids[place] for place in kept]
        self.incumbents = [self.incumbents[place] for place in kept]
        self._begin()


class Router:
    """Decide which records of one deployment are reviewed.

    :param deployment: record of `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.rules = rules_on(deployment)

    def route(
        self,
        standings: dict[int, Standing],
        card: Any,
        scored: Any,
        rows: np.ndarray,
        ids: Sequence[int],
        incumbents: Sequence[float | None],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return why each of some rows of a scored chunk is reviewed, and its chance of a random check: (n,) and (n,).

        Why is "" where nobody looks. What fails has no reason but that: no score, no opinion to differ from.

        :param standings: what is known of each record, by id
        :param rows: (n,) of int, places in `scored`
        :param ids: of the records in these rows
        :param incumbents: what Odoo itself says of them, None where it says nothing
        """
        slate = Slate(self.deployment, self.rules, standings, card, scored, rows, list(ids), list(incumbents))
        for policy in POLICIES:
            policy.apply(slate)
            if not slate.ids:
                break
        if slate.quota is not None and slate.quota.limits:
            slate.quota.take()
        why, chances = np.full(len(ids), routing.AUTOMATIC, dtype=object), np.zeros(len(ids))
        why[slate.places], chances[slate.places] = slate.why, slate.chances
        return why, chances

    def reviews_failed(self, ids: Sequence[int]) -> list[bool]:
        """Return which of `ids`, none of which could be scored, are reviewed; the others wait."""
        if routing.FAILED not in self.rules:
            return [False] * len(ids)
        cap = self.rules[routing.FAILED]["cap"]
        quota = DayQuota(self.deployment, {routing.FAILED: cap} if cap else {}, ids)
        why = quota.choose({routing.FAILED: np.ones(len(ids), dtype=bool)}, None)
        quota.take()
        return (why == routing.FAILED).tolist()

    # What the statements of scoring read and store for reasons

    def columns_read(self, records: BaseModel) -> tuple[SQL, SQL, SQL]:
        """Return SQL of what reasons need to know of `records`: money at stake, a new partner, money at the last score.

        Only where such a reason is on; NULL costs nothing.
        """
        table, amount = records._table, self._stake(records._table)
        before = SQL(
            "(SELECT amount FROM ai_deployment_score WHERE deployment_id = %s AND res_id = %s LIMIT 1)",
            self.deployment.id,
            SQL.identifier(table, "id"),
        )
        company = self.deployment.company_id.id
        is_new = routing.NEW_VENDOR in self.rules and records._ai_new_partner_sql(table, company, tuple(records.ids))
        return (
            amount or SQL("NULL::float8"),
            is_new or SQL("NULL::bool"),
            before if amount else SQL("NULL::float8"),
        )

    def _stake(self, alias: str) -> SQL | None:
        """Return SQL of the money at stake, None where that is no reason for a review."""
        if routing.AMOUNT not in self.rules:
            return None
        return self.env[self.deployment.res_model]._ai_amount_sql(alias)

    def score_columns(self) -> dict[str, SQL]:
        """Return SQL of what a current score keeps for reasons: an amount that rises later is noticed by it."""
        amount = self._stake("stake")
        return {"amount": self._of_document(amount)} if amount else {}

    def _of_document(self, value: SQL) -> SQL:
        """Return SQL of `value` (of the alias "stake") of the record that a line of the log is about."""
        table = SQL.identifier(self.env[self.deployment.res_model]._table)
        return SQL("(SELECT %s FROM %s AS stake WHERE stake.id = logged.res_id)", value, table)

    def review_columns(self, card: Any) -> dict[str, SQL]:
        """Return SQL of what a review takes from the rule by which it comes, for the statement that opens it."""
        rules = self.rules
        lines = {reason: self._threshold(reason, rule, card) for reason, rule in rules.items()}
        stake = self._stake("stake")
        return {
            "priority": _by_reason({reason: SQL("%s", rule["priority"]) for reason, rule in rules.items()}, SQL("50")),
            "points": _by_reason({reason: SQL("%s", rule["points"]) for reason, rule in rules.items()}, SQL("1")),
            "threshold": _by_reason({reason: line for reason, line in lines.items() if line}, SQL("NULL::float8")),
            # As it is at this moment, so that the review can say later why it was opened.
            "amount": _by_reason({routing.AMOUNT: self._of_document(stake)} if stake else {}, SQL("NULL::float8")),
        }

    def _threshold(self, reason: str, rule: dict, card: Any) -> SQL | None:
        """Return SQL of the figure beyond which a record is reviewed for `reason`; None without one."""
        if reason == routing.AMOUNT:
            return SQL("%s::float8", rule["amount"])
        if reason == routing.FLAGGED:
            return SQL("%s::float8", flag_threshold(self.deployment, card))
        if reason == routing.LOW_CONFIDENCE:
            lines = thresholds_of(self.deployment)
            return SQL("CASE WHEN prediction THEN %s::float8 ELSE %s::float8 END", lines["positive"], lines["negative"])
        return None

    def review_values(self, inference: BaseModel) -> dict[str, Any]:
        """Return what a review of one line of the log takes from its rule, as `review_columns` says it."""
        reason = inference.review_reason
        rule = self.rules.get(reason, {})
        values = {"priority": rule.get("priority", 50), "points": rule.get("points", POINTS)}
        if reason == routing.AMOUNT and rule:
            document = self.env[inference.res_model].sudo().browse(inference.res_id)
            values.update(threshold=rule["amount"], amount=document._ai_amounts().get(document.id))
        elif reason == routing.FLAGGED:
            values["threshold"] = flag_threshold(self.deployment, inference.version_id._card())
        elif reason == routing.LOW_CONFIDENCE:
            values["threshold"] = thresholds_of(self.deployment)["positive" if inference.prediction else "negative"]
        return values


def rules_on(deployment: BaseModel) -> dict[str, dict]:
    """Return the reasons for reviews that are on, the one of best priority first: {reason: its rule as plain data}."""
    chosen = deployment.routing_rules  # once: Odoo copies JSON for each who reads it
    if not chosen:  # nobody chose yet
        return {
            reason: {"priority": priority, "cap": 0, "points": POINTS, "amount": AMOUNT}
            for reason, (is_on, priority) in DEFAULTS.items()
            if is_on
        }
    return {rule.pop("reason"): rule for rule in chosen["on"]}


def flag_threshold(deployment: BaseModel, card: Any) -> float | None:
    """Return the score from which a record looks unusual, as far as one figure says it."""
    line = flag_line(deployment)
    if line is not None:
        return None if math.isinf(line) else 1 - line
    share = getattr(card, "flag_rate", None)
    return getattr(card, "threshold", None) if share is None else 1 - share


def _by_reason(values: dict[str, SQL], otherwise: SQL) -> SQL:
    """Return SQL of one of `values` ({reason: SQL}), by the reason of the line."""
    if not values:
        return otherwise
    whens = SQL(" ").join(SQL("WHEN %s THEN %s", reason, value) for reason, value in values.items())
    return SQL("CASE review_reason %s ELSE %s END", whens, otherwise)
