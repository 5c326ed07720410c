"""The city's payments as rows: what a bill says, and beside it what was injected, which nothing is trained on."""

from datetime import date
from typing import NamedTuple

from . import _files

COLUMNS = "bill_id date vendor department account doc_type contract amount label anomaly_type".split()


class Payment(NamedTuple):
    """One line of the file. `anomaly` is the kind of injected anomaly, empty where there is none."""

    reference: str
    day: date
    vendor: str
    department: str
    account: str
    document_type: str
    contract: str | None
    amount: float  # above 0, also of refunds
    is_refund: bool
    anomaly: str


def read(path, limit=None):
    """The payments in time order; with `limit` those of about so many, by whole vendors.

    Histories are what is learned from, so a sample keeps or drops a vendor with all its bills.
    """
    payments = [_payment(row) for row in _files.rows(path, COLUMNS, "philly_bills_labelled.csv.gz")]
    if not limit or limit >= len(payments):
        return payments
    vendors = sorted({payment.vendor for payment in payments})
    kept = set(vendors[:: max(1, round(len(payments) / limit))])
    return [payment for payment in payments if payment.vendor in kept]


def _payment(row):
    amount = float(row["amount"])
    return Payment(
        row["bill_id"],
        date.fromisoformat(row["date"]),
        row["vendor"],
        row["department"],
        row["account"],
        row["doc_type"] or "none",
        row["contract"] or None,
        abs(amount),
        amount < 0,
        row["anomaly_type"] if row["label"] == "1" else "",
    )
