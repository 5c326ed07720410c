"""What a firm could have its bills compared with, before it knows what is wrong with any of them.

Each looks at the bill beside what the vendor has billed before. The amount by itself is left out, as a large bill is
usual for some vendors; so is what only grows with the calendar, such as the days since the last bill.
"""

VENDOR = "partner_id"
ACCOUNT = "invoice_line_ids.account_id"
DEPARTMENT = "invoice_line_ids.analytic_distribution"
AMOUNT = "amount_total"


def _history(name, measure, groups, tail, value="", days=0):
    return {
        "name": name,
        "source": "history",
        "measure": measure,
        "group_paths": ",".join(groups),
        "value_path": value,
        "window_days": days,
        "tail": tail,
    }


INPUTS = [
    _history("Earlier bills of the vendor", "count", [VENDOR], "low"),
    _history("Amount beside the vendor's usual one", "deviation", [VENDOR], "high", AMOUNT),
    _history("Amount beside the vendor's highest one", "ratio_max", [VENDOR], "high", AMOUNT),
    _history("Account new for the vendor", "first_time", [VENDOR, ACCOUNT], "low"),
    _history("Department new for the vendor", "first_time", [VENDOR, DEPARTMENT], "low"),
    _history("Same amount within 31 days", "repeat", [VENDOR, AMOUNT], "low", days=31),
]
