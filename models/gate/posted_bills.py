"""Judge posted bills again that somebody changes into others.

Odoo forbids such changes on the form alone: a key in the context, or writing the lines, goes past that.
"""

from typing import Any

from odoo.models import BaseModel

from ..documents.account_move import PURCHASE_TYPES
from . import gates
from .gates import Gate
from .held_bills import HeldBills

# What is owed to whom, and where it is paid to: a change after posting is judged again and stands in the log.
PAID = ("amount_total", "amount_untaxed", "currency_id", "partner_id", "partner_bank_id")
# What a payment or a report says about it: a change after posting stands in the log.
TOLD = ("payment_reference", "invoice_date", "date")


class PostedBills:
    """The posted bills at a gate, as they were before a change that `judge_changes` judges afterwards.

    :param moves: account.move that may change; others than posted bills are left out
    """

    def __init__(self, moves: BaseModel) -> None:
        self.moves = moves
        self.before = _paid(moves)

    def judge_changes(self) -> None:
        """Judge bills that are paid otherwise than before as if they were posted now, and log what was changed.

        :raise GateHeld: a gate holds what was made of them
        """
        bills = self.moves.browse(self.before).exists()
        now = _paid(bills) if bills else {}
        changed = {
            bill: [name for name in PAID + TOLD if self.before[bill.id][name] != now[bill.id][name]]
            for bill in bills
            if bill.id in now
        }
        if judged := bills.filtered(lambda bill: {*PAID} & {*changed.get(bill, ())}):
            HeldBills(judged).judge(gates.of_bills(judged))
        for bill, names in changed.items():
            if names:
                log_changes(bill, names)


def log_changes(bills: BaseModel, names: list[str]) -> None:
    """Log at the gate, and note in the chatter, that something was changed after these bills were posted.

    :param names: fields of account.move that changed
    """
    labels = ", ".join(bills._fields[name]._description_string(bills.env) for name in names)
    note = bills.env._("Changed after posting: %s", labels)
    for deployment in gates.of_bills(bills):
        gate = Gate(deployment)
        covered = gate.covered(bills.sudo())
        deployment.env["ai.deployment.gate.event"]._log_plain(deployment, "changed", covered, note=note)
        gate.note(dict.fromkeys(covered.ids, note))


def _paid(moves: BaseModel) -> dict[int, dict[str, Any]]:
    """Return {id of a posted bill at a gate: {field: value}} of what is paid to whom."""
    bills = moves.filtered(lambda move: move.state == "posted" and move.move_type in PURCHASE_TYPES)
    if not bills or not gates.of_bills(bills):
        return {}
    return {bill.id: {name: bill[name] for name in PAID + TOLD} for bill in bills.sudo()}
