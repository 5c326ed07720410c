"""Inputs with which auditors of payables usually compare bills: declarations for `ai.deployment.feature`."""

from typing import Any

from odoo.api import Environment

VENDOR, AMOUNT = "partner_id", "amount_total"
ACCOUNT, BANK = "invoice_line_ids.account_id", "partner_bank_id"
MONTH = 31  # days: the longest one


def usual_bill_inputs(env: Environment) -> list[dict[str, Any]]:
    """Return the declarations, in the language of the user."""
    same = {"tail": "low", "window_days": MONTH}
    return [
        {"path": AMOUNT, "tail": "high"},
        {"path": ACCOUNT},
        _history(env._("Times the vendor's usual amount"), "ratio", VENDOR, value_path=AMOUNT, tail="high"),
        _history(env._("Earlier bills of the vendor"), "count", VENDOR, tail="low"),
        _history(env._("Account new for the vendor"), "first_time", f"{VENDOR}, {ACCOUNT}", tail="low"),
        _history(env._("Bank account new for the vendor"), "first_time", f"{VENDOR}, {BANK}", tail="low"),
        _history(env._("Same amount within a month"), "repeat", f"{VENDOR}, {AMOUNT}", **same),
        _history(env._("Swapped digits within a month"), "swapped", VENDOR, value_path=AMOUNT, **same),
        _history(env._("Shifted decimal point within a month"), "shifted", VENDOR, value_path=AMOUNT, **same),
    ]


def _history(name: str, measure: str, groups: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "source": "history", "measure": measure, "group_paths": groups, **values}
