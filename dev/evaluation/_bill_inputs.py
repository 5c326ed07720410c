"""What any firm would have its bills compared with: the same inputs whatever the anomalies are."""

VENDOR = "partner_id"
ACCOUNT = "invoice_line_ids.account_id"
DEPARTMENT = "invoice_line_ids.analytic_distribution"
CONTRACT = "invoice_origin"
JOURNAL = "journal_id"
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
    {"name": "Amount", "path": AMOUNT, "kind": "number", "tail": "high"},
    _history("Earlier bills of the vendor", "count", [VENDOR], "low"),
    _history("Days since the vendor's last bill", "days_since", [VENDOR], "high"),
    _history("Amount beside the vendor's usual one", "deviation", [VENDOR], "high", AMOUNT),
    _history("Amount beside the vendor's highest one", "ratio_max", [VENDOR], "high", AMOUNT),
    _history("Account among the vendor's", "share", [VENDOR, ACCOUNT], "low"),
    _history("Department among the vendor's", "share", [VENDOR, DEPARTMENT], "low"),
    _history("Journal among the vendor's", "share", [VENDOR, JOURNAL], "low"),
    _history("Department among the account's", "share", [ACCOUNT, DEPARTMENT], "low"),
    _history("Same vendor and amount within 31 days", "count", [VENDOR, AMOUNT], "high", days=31),
]
