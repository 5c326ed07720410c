"""What a firm could have its bills compared with, before it knows what is wrong with any of them.

The tests are those that auditors run on any ledger of payables: a vendor paid twice, an amount with two digits swapped,
an amount above all before, an account or cost centre that is new for the vendor, a round amount of a new vendor. What
serves the purpose of a bill is its vendor, account and department; "31 days" is the longest month.

Large amounts, or days since the last bill, are no warning by themselves. They are context: an amount makes a double
payment matter more, and once bills have been judged a card may learn from all of them.
"""

VENDOR = "partner_id"
ACCOUNT = "invoice_line_ids.account_id"
DEPARTMENT = "invoice_line_ids.analytic_distribution"
AMOUNT = "amount_total"
PURPOSE = [VENDOR, ACCOUNT, DEPARTMENT]
MONTH = 31

LARGE = "Amount"
NEW = "Earlier bills of the vendor"
HIGHEST = "Amount beside the vendor's highest one"


def _history(name, measure, groups, tail, value="", days=0, **values):
    return {
        "name": name,
        "source": "history",
        "measure": measure,
        "group_paths": ",".join(groups),
        "value_path": value,
        "window_days": days,
        "tail": tail,
        **values,
    }


INPUTS = [
    _history(NEW, "count", [VENDOR], "low"),
    _history("Account new for the vendor", "first_time", [VENDOR, ACCOUNT], "low"),
    _history("Department new for the vendor", "first_time", [VENDOR, DEPARTMENT], "low"),
    _history("Same amount within a month", "repeat", [*PURPOSE, AMOUNT], "low", days=MONTH),
    _history("Swapped digits within a month", "swapped", PURPOSE, "low", AMOUNT, days=MONTH),
    _history("Amount beside the usual one", "deviation", PURPOSE, "high", AMOUNT, stands_alone=False),
    _history(HIGHEST, "ratio_max", [VENDOR], "high", AMOUNT, stands_alone=False),
    {"name": "How round the amount is", "source": "zeros", "path": AMOUNT, "tail": "high", "stands_alone": False},
    {"name": LARGE, "source": "path", "path": AMOUNT, "tail": "high", "stands_alone": False},
    {"name": "Journal", "source": "path", "path": "journal_id", "stands_alone": False},
    _history("Days since the vendor's last bill", "days_since", [VENDOR], "two", stands_alone=False),
    _history("Days since the same amount", "days_since", [VENDOR, AMOUNT], "low", stands_alone=False),
    _history("Days since the same purpose", "days_since", PURPOSE, "two", stands_alone=False),
]

# A test of two measures counts once: an amount above the usual is a warning where it is also above all before.
TOGETHER = {
    "Same amount within a month": LARGE,
    "Swapped digits within a month": LARGE,
    "Amount beside the usual one": HIGHEST,
    "How round the amount is": NEW,
}
