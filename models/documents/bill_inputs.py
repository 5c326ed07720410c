"""The inputs to start with on vendor bills: what auditors test in any ledger of payables.

A vendor paid twice, an amount with two digits swapped, an amount above all before, an account, cost centre or bank
account that is new for the vendor, a round amount of a new vendor. What serves the purpose of a bill is its vendor,
account and cost centre; "31 days" is the longest month.

Large amounts, or days since the last bill, are no warning by themselves. They are context: an amount makes a double
payment matter more, and once bills have been judged a version may learn from all of them.
"""

from typing import Any

from odoo.api import Environment

VENDOR = "partner_id"
BANK = "partner_bank_id"
ACCOUNT = "invoice_line_ids.account_id"
COST_CENTRE = "invoice_line_ids.analytic_distribution"
AMOUNT = "amount_total"
PURPOSE = (VENDOR, ACCOUNT, COST_CENTRE)
MONTH = 31  # days within which an equal bill is a repetition


def bill_inputs(env: Environment) -> list[dict[str, Any]]:
    """Return the declarations, in the language of the user; see `_ai_usual_inputs`. Sides follow from the measures."""
    large, earlier = env._("Amount"), env._("Earlier bills of the vendor")
    highest = env._("Amount beside the vendor's highest one")
    context: dict[str, Any] = {"stands_alone": False}
    same, swapped = env._("Same amount within a month"), env._("Swapped digits within a month")
    return [
        _history(earlier, "count", [VENDOR]),
        _history(env._("Account new for the vendor"), "first_time", [VENDOR, ACCOUNT]),
        _history(env._("Department new for the vendor"), "first_time", [VENDOR, COST_CENTRE]),
        _history(env._("Bank account new for the vendor"), "first_time", [VENDOR, BANK]),
        _history(same, "repeat", [*PURPOSE, AMOUNT], window_days=MONTH, together=large),
        _history(swapped, "swapped", PURPOSE, value_path=AMOUNT, window_days=MONTH, together=large),
        _history(
            env._("Amount beside the usual one"), "deviation", PURPOSE, value_path=AMOUNT, together=highest, **context
        ),
        _history(highest, "ratio_max", [VENDOR], value_path=AMOUNT, **context),
        {
            "name": env._("How round the amount is"),
            "source": "zeros",
            "path": AMOUNT,
            "together": earlier,
            **context,
        },
        {"name": large, "source": "path", "path": AMOUNT, **context},
        {"name": env._("Journal"), "source": "path", "path": "journal_id", **context},
        _history(env._("Days since the vendor's last bill"), "days_since", [VENDOR], **context),
        _history(env._("Days since the same amount"), "days_since", [VENDOR, AMOUNT], **context),
        _history(env._("Days since the same purpose"), "days_since", PURPOSE, **context),
    ]


def _history(name: str, measure: str, groups: Any, **values: Any) -> dict[str, Any]:
    return {"name": name, "source": "history", "measure": measure, "group_paths": ",".join(groups), **values}
