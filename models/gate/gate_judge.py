"""Judge bills at the gate of one deployment: the one place where a bill is found risky and let through or held.

The status of a bill is computed in `gate_sql`; here bills are scored before, and their inputs are compared with those
that were reviewed. What is let through though it would be held, or was not looked at, is logged and noted on the bill.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..documents.account_move import PURCHASE_TYPES
from ..scoring.inference_writer import json_rows
from ..tools import faults
from . import gate_sql, wording
from .gate_reviews import GateReviews
from .gate_sql import Verdict
from .gates import Gate

_logger = logging.getLogger(__name__)

# Faults of the database after which bills are posted, or refused, as where a bill cannot be scored.
CANNOT_LOOK = {faults.DISK_FULL, faults.OUT_OF_MEMORY, faults.TOO_SLOW}
NEAR = 0.1  # by which share a ratio to what is usual may move, as other bills come in, before it says something new
NOT_HELD_BEFORE = ("clean", "bypassed", "small")


class GateJudge:
    """Judge bills at the gate of one deployment.

    It counts as asked by the current user. Bills are handed with all rights: who may post a bill may have it scored.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.gate = Gate(deployment)

    def look(self, bills: BaseModel) -> tuple[str, dict[int, Verdict]]:
        """Judge `bills`, unless the gate is bypassed.

        :return: (why it is bypassed, {bill id: Verdict} of the bills it is for); one of the two is empty
        :raise UserError: the database cannot score them at the moment, and such bills are held
        """
        reason = self.gate.bypass_reason()
        if reason:
            return reason, {}
        try:
            return "", self.judge(bills)
        except faults.OF_THE_MOMENT as error:
            if faults.kind_of(error) not in CANNOT_LOOK or faults.is_aborted(self.env.cr):
                raise
            faults.log_fault(
                _logger, f"The gate of deployment {self.deployment.id} could not look at {len(bills)} bills", error
            )
            reason = self.env._("The database has no disk space, memory or time to score bills.")
            if self.deployment.gate_unavailable != "open":
                raise UserError(self.env._("Not posted. %s Try again later.", reason)) from error
            return reason, {}

    def held(self, bills: BaseModel) -> dict[int, Verdict]:
        """Judge `bills`; return {bill id: Verdict} of those that this gate holds."""
        _reason, verdicts = self.look(bills)
        return blocked(verdicts)

    def judge(self, bills: BaseModel) -> dict[int, Verdict]:
        """Score those of `bills` that are new or changed, in one go.

        :return: {bill id: Verdict} of those this gate is for
        """
        bills = bills.filtered(lambda bill: bill.move_type in PURCHASE_TYPES)
        inside = self.gate.scope(bills)
        if inside:
            self.deployment._score(inside)
            if warned := self._warned_anew(inside):
                self.deployment._score(inside.browse(warned), again=True)
        bills.invalidate_recordset(["ai_is_held", "alerts"], flush=False)
        verdicts = gate_sql.verdicts(bills, self.deployment)
        covered = self.gate.covered(bills - inside)
        for bill in bills - inside:
            if bill.id not in verdicts or verdicts[bill.id].status in NOT_HELD_BEFORE:
                verdicts.pop(bill.id, None)
                if bill in covered:
                    verdicts[bill.id] = gate_sql.outside(self.deployment, bill)
        if changed := self._changed_below(verdicts.values(), bills.ids):
            # It says so much else than what was reviewed that the answer is not about it, though it scores the same.
            self.deployment._score(bills.browse(changed) & inside, again=True)
            for move_id, verdict in gate_sql.verdicts(bills.browse(changed), self.deployment).items():
                if verdict.status == "released":
                    verdict = verdict._replace(status="risky", is_answered=False)
                verdicts[move_id] = verdict
        return verdicts

    def _warned_anew(self, bills: BaseModel) -> list[int]:
        """Return the ids of bills of which Odoo warns otherwise than when they were scored last.

        Another one came since. Only where that is a reason to ask a person.
        """
        if routing.DISAGREEMENT not in self.deployment._rules_on():
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, incumbent_value FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND res_id = ANY(%s) AND failure_type IS NULL ORDER BY res_id, id DESC",
                self.deployment.id,
                list(bills.ids),
            )
        )
        logged, now = dict(rows), bills._ai_incumbent()
        return [res_id for res_id, opinion in now.items() if res_id in logged and opinion != (logged[res_id] or 0.0)]

    def _changed_below(self, verdicts: Iterable[Verdict], together: list[int]) -> list[int]:
        """Return the ids of released bills whose inputs are others than those reviewed, though their bins are the same.

        The highest bin has no end: whoever had 20,000 released could post two million under the same codes.

        :param together: ids of all bills that are judged together
        """
        released = {v.reviewed_inference_id: v.move_id for v in verdicts if v.status == "released"}
        if not released:
            return []
        version = self.deployment.champion_id
        if version._fault():  # nothing can be compared, so nothing says that they are what was reviewed
            return list(released.values())
        specs = version._specs()
        compared = [
            (place, spec)
            for place, spec in enumerate(specs.values())
            if spec["source"] == "path" or (spec["source"] == "history" and spec["measure"] == "ratio")
        ]
        if not compared:
            return []
        columns = self.deployment._columns([spec for _place, spec in compared], list(released.values()), together)
        now = json_rows(
            [columns[spec["key"]].kind for _place, spec in compared],
            [columns[spec["key"]].values for _place, spec in compared],
        )
        logged = dict(
            self.env.execute_query(
                SQL("SELECT id, inputs FROM ai_deployment_inference WHERE id = ANY(%s)", list(released))
            )
        )
        changed = []
        for (inference_id, move_id), row in zip(released.items(), now, strict=True):
            before = logged.get(inference_id) or [None] * len(specs)
            pairs = zip(compared, json.loads(row), strict=True)
            if not all(_says_the_same(spec, before[place], value) for (place, spec), value in pairs):
                changed.append(move_id)
        return changed

    def let_through(self, bills: BaseModel, reason: str, verdicts: dict[int, Verdict]) -> None:
        """Log and note what is let through though it would be held, or could not be looked at.

        :param reason: why the gate is bypassed, and
        :param verdicts: of the bills; both as `look` returned them
        """
        if reason:
            self._let_through_bypassed(bills, reason)
            return
        log, gate = self.env["ai.deployment.gate.event"], self.deployment
        by_status: dict[str, list[Verdict]] = {}
        for verdict in verdicts.values():
            by_status.setdefault("risky" if verdict.is_held else verdict.status, []).append(verdict)
        log._log(gate, "waived", by_status.get("waived", []))
        outside = [verdict.move_id for verdict in by_status.get("outside", [])]
        log._log_plain(gate, "outside", bills.browse(outside))
        quiet = [verdict for name in ("small", "clean", "released") for verdict in by_status.get(name, [])]
        log._log(gate, "posted", [verdict for verdict in quiet if verdict.was_held])
        if unscored := by_status.get("bypassed"):
            log._log(gate, "bypassed", unscored, note=self.env._("It could not be scored."))
            text = self.env._("Posted without a check: it could not be scored.")
            self.gate.note({verdict.move_id: text for verdict in unscored})
            self.gate.alert_bypassed(self.env._("some could not be scored."))
        if risky := by_status.get("risky"):
            GateReviews(gate).open(risky)
            log._log(gate, "warned", risky)
            self.gate.note(
                {
                    verdict.move_id: self.env._("Posted with warning: %s", wording.sentence(self.env, verdict))
                    for verdict in risky
                }
            )

    def _let_through_bypassed(self, bills: BaseModel, reason: str) -> None:
        """Log and note each bill that a bypassed gate has not looked at; alert the owner once."""
        log, inside = self.env["ai.deployment.gate.event"], self.gate.scope(bills)
        if inside:
            log._log_plain(self.deployment, "bypassed", inside, note=reason)
            text = self.env._("Posted without a check, as the gate was bypassed: %s", reason)
            self.gate.note(dict.fromkeys(inside.ids, text))
            self.gate.alert_bypassed(reason)
        log._log_plain(self.deployment, "outside", self.gate.covered(bills - inside))


def blocked(verdicts: dict[int, Verdict]) -> dict[int, Verdict]:
    """Return those of `verdicts` by which a gate holds a bill, in their order."""
    return {move_id: verdict for move_id, verdict in verdicts.items() if verdict.is_blocked}


def _says_the_same(spec: dict, before: Any, now: Any) -> bool:
    """Return whether the value of an input is as it was; a ratio to what is usual may move by `NEAR`."""
    if spec["source"] != "history" or before is None or now is None:
        return before == now
    return abs(now - before) <= NEAR * abs(before)
