"""Hold bills: refuse to post them, and keep their reviews whatever becomes of the transaction.

A held bill raises `GateHeld`. That takes along what scoring has just found, the review included, so it is found again
where it is kept: after the transaction, in one of its own (`HeldBills.keep_after`), or, where the caller can go on
without the bill, in this one (`HeldBills.attempt`).
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from psycopg2.extensions import TransactionRollbackError

from odoo import api
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.modules.registry import Registry

from ..documents.account_move import PURCHASE_TYPES
from ..tools import faults
from . import gates, wording
from .gate_judge import GateJudge, blocked
from .gate_reviews import GateReviews
from .gate_sql import Verdict

_logger = logging.getLogger(__name__)

PENDING = "ai_deployment.gate_pending"
TRIES = 3  # to lock bills that somebody else holds

# Bills that the search of the auto-post job passes over; see `AccountMove._autopost_draft_entries`.
_left_out: ContextVar[tuple[int, ...]] = ContextVar("ai_deployment_left_out", default=())
# Ids of bills that were judged while other entries are created; see `AccountMove.create`.
_judged: ContextVar[set[int]] = ContextVar("ai_deployment_judged")


class GateHeld(UserError):
    """Bills are held. Carries their ids beside the sentence, and those of all that were judged together with them."""

    def __init__(self, message: str, move_ids: Iterable[int], together: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.move_ids = tuple(move_ids)
        self.together = tuple({*self.move_ids, *together})


# The web client chooses the dialog by the name of the class: a held bill is a refusal like any other, no fault.
GateHeld.__module__, GateHeld.__name__ = UserError.__module__, UserError.__name__


@contextmanager
def leaving_out(move_ids: Iterable[int]) -> Iterator[None]:
    """Let the search of the auto-post job pass over these bills within the block."""
    token = _left_out.set(tuple(move_ids))
    try:
        yield
    finally:
        _left_out.reset(token)


def left_out() -> tuple[int, ...]:
    """Return the ids of bills that the search of the auto-post job passes over now."""
    return _left_out.get()


@contextmanager
def noting_judged() -> Iterator[set[int]]:
    """Collect the ids of the bills that the gate judges within the block."""
    judged: set[int] = set()
    token = _judged.set(judged)
    try:
        yield judged
    finally:
        _judged.reset(token)


def note_judged(bills: BaseModel) -> None:
    """Tell the block of `noting_judged` around that the gate has judged `bills`."""
    _judged.get(set()).update(bills.ids)


def to_post(moves: BaseModel, kind: str | None = None) -> BaseModel:
    """Return those of `moves` that are bills, or become bills of this `kind`, and are not posted yet."""
    return moves.filtered(
        lambda move: move.state != "posted"
        and (kind in PURCHASE_TYPES or move.is_purchase_document(include_receipts=True))
    )


def meet_a_gate(moves: BaseModel) -> bool:
    """Return whether a gate is asked when `moves` are posted."""
    bills = to_post(moves)
    return bool(bills and gates.of_bills(bills))


class HeldBills:
    """Decision of the gates when these bills are posted.

    :param moves: account.move with the rights of whoever posts them; what is judged of them is read with all rights
    """

    def __init__(self, moves: BaseModel) -> None:
        self.moves = moves
        self.bills = moves.sudo()
        self.env = moves.env

    def judge(self, gates_asked: BaseModel) -> None:
        """Ask gates whether the bills may be posted, and log what is let through and why.

        :param gates_asked: ai.deployment with all rights
        :raise GateHeld: one of the gates holds some of the bills
        """
        judges = [GateJudge(gate) for gate in gates_asked]
        looks = [judge.look(self.bills) for judge in judges]
        held: dict[int, Verdict] = {}
        for _reason, verdicts in looks:
            held.update(blocked(verdicts))
        if held:
            self.keep_after()
            raise GateHeld(wording.held_text(self.bills, held), held, self.bills.ids)
        for judge, (reason, verdicts) in zip(judges, looks, strict=True):
            judge.let_through(self.bills, reason, verdicts)

    def now(self) -> dict[int, Verdict]:
        """Return {bill id: Verdict} of those that would be held if they were posted now.

        Their reviews and the line in the log are kept.

        :raise AccessError: who asks may not read one of them
        """
        bills = to_post(self.moves).sudo()
        held: dict[int, Verdict] = {}
        for gate in gates.of_bills(bills) if bills else ():
            found = GateJudge(gate).held(bills)
            GateReviews(gate).keep(list(found.values()))
            held.update(found)
        return held

    def attempt(self, post: Callable[[], Any]) -> tuple[Any, dict[int, Verdict]]:
        """Call `post()`; where bills are held, undo all of it and keep their reviews.

        :return: (the result of `post()`, {}), or (None, {bill id: Verdict} of those held)
        """
        try:
            with self.env.cr.savepoint():
                return post(), {}
        except GateHeld as stop:
            for hooks in (self.env.cr.postcommit, self.env.cr.postrollback):
                for pending in hooks.data.get(PENDING, {}).values():
                    pending.difference_update(stop.together)
            judged = HeldBills(self.env["account.move"].browse(stop.together))
            held = judged.now()
            if not held:  # posting itself would have changed it into what is held, such as by another date
                judged.keep_after()
                raise
            return None, held

    def keep_after(self) -> None:
        """Score the bills again after this transaction, together as now, and log those held.

        Of two copies the second is held because of the first, so the first has to be judged with it again. Not before:
        another cursor would wait for rows that this transaction has written, and never get them. Whoever catches the
        error may still commit, so both ends are watched.
        """
        cr = self.env.cr
        who = (self.env.uid, tuple(self.env.companies.ids), self.env.lang)
        for hooks in (cr.postcommit, cr.postrollback):
            pending = hooks.data.setdefault(PENDING, {})
            if not pending:
                hooks.add(partial(_keep_pending, self.env.registry, pending))
            pending.setdefault(who, set()).update(self.bills.ids)


def _keep_pending(registry: Registry, pending: dict[tuple, set[int]]) -> None:
    """Score held bills in a transaction of their own and keep what comes of it; never in the way of the caller."""
    for (uid, company_ids, lang), move_ids in pending.items():
        for attempt in range(TRIES if move_ids else 0):
            try:
                _keep(registry, uid, company_ids, lang, sorted(move_ids))
                break
            except TransactionRollbackError:  # somebody scored the same bills
                time.sleep(0.05 * (attempt + 1))
            except Exception as error:  # noqa: BLE001 - who posts is told what he has to know already
                faults.log_fault(_logger, f"The reviews of held bills {sorted(move_ids)} could not be kept", error)
                break


def _keep(registry: Registry, uid: int, company_ids: tuple[int, ...], lang: str | None, move_ids: list[int]) -> None:
    with registry.cursor() as cr:
        cr.execute("SET LOCAL lock_timeout = '5s'")
        env = api.Environment(cr, uid, {"allowed_company_ids": list(company_ids), "lang": lang})
        HeldBills(env["account.move"].sudo().browse(move_ids).exists()).now()
