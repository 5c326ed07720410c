"""What is usual for a vendor: the amounts of its last bills, and the bank account that they were paid to."""

import statistics
from collections import defaultdict

from odoo.models import BaseModel
from odoo.tools import SQL, format_amount

from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.wording import rough_money

LAST = 12  # bills of the vendor
LEAST = 3  # bills, below which nothing is called usual


def expected_texts(bills: BaseModel) -> dict[int, str]:
    """Return what is usual for the vendor of each bill and how the bill compares: {id: sentences}.

    One statement. Only of bills that the user may read is an amount told; the last ones are those posted last.
    """
    bills = readable_origin(bills).filtered("commercial_partner_id")
    before = _before(bills)
    texts = {}
    for bill in bills:
        earlier = before[bill.id]
        if len(earlier) >= LEAST:
            texts[bill.id] = "\n".join(filter(None, (_amount_text(bill, earlier), _account_text(bill, earlier))))
    return texts


def _before(bills: BaseModel) -> dict[int, list[tuple[float, int | None]]]:
    """Return (amount, bank account id) of the last bills of the vendors: {bill id: list}."""
    found: dict[int, list] = defaultdict(list)
    if not bills.ids:
        return found
    env = bills.env
    bills.flush_model()
    readable = bills.browse()._search(bills._ai_history_domain())
    rows = env.execute_query(
        SQL(
            "SELECT bill.id, earlier.amount_total, earlier.partner_bank_id FROM account_move bill CROSS JOIN LATERAL ("
            "SELECT amount_total, partner_bank_id FROM account_move other WHERE other.id IN %s"
            " AND other.partner_id IN (SELECT id FROM res_partner contact"  # the contact on a bill has an index
            "  WHERE contact.commercial_partner_id = bill.commercial_partner_id) AND other.move_type = bill.move_type"
            " AND other.currency_id = bill.currency_id AND other.company_id = bill.company_id AND other.id <> bill.id"
            " ORDER BY other.invoice_date DESC NULLS LAST, other.id DESC LIMIT %s) AS earlier"
            " WHERE bill.id = ANY(%s)",
            readable.subselect(),
            LAST,
            bills.ids,
        )
    )
    for bill_id, amount, account_id in rows:
        found[bill_id].append((float(amount), account_id))
    return found


def _amount_text(bill: BaseModel, earlier: list[tuple[float, int | None]]) -> str:
    amounts = [amount for amount, _account in earlier]
    usual, spread = statistics.mean(amounts), statistics.stdev(amounts)
    return bill.env._(
        "Usually %(usual)s (± %(spread)s) from this vendor, this one %(amount)s.",
        usual=rough_money(bill.env, usual, bill.currency_id),
        spread=rough_money(bill.env, spread, bill.currency_id),
        amount=format_amount(bill.env, bill.amount_total, bill.currency_id),
    )


def _account_text(bill: BaseModel, earlier: list[tuple[float, int | None]]) -> str:
    accounts = [account for _amount, account in earlier if account]
    own = bill.partner_bank_id.id
    if not own or len(accounts) < LEAST or own in accounts:
        return ""
    return bill.env._("The bank account differs from that of the last %s bills.", len(accounts))
