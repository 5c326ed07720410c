"""Vendor bills as they will come: the vendors' habits, told in bills, and some odd ones among them.

The odd bills are of the kinds that an accountant fears. Which ones they are is kept in a marker, for the figures only;
nothing that scores ever sees it.
"""

import math
from dataclasses import dataclass
from random import Random

from .names import place
from .vendors import ACCOUNTS, Vendor

YEAR = 260  # working days
BACKLOG = 10  # the last days, of which most bills are not posted yet
FORGOTTEN = 0.04  # drafts that nobody gets round to
OF_THE_BRANCH = 0.05  # bills that the branch has to pay
CALLED_OFF_AGAIN = 0.006  # the same order once more within days, at the same price: rightly so
ODD_AMONG_DRAFTS = {
    "slipped_amount": 3,
    "duplicate": 3,
    "new_bank_account": 3,
    "unusual_account": 3,
    "unknown_vendor": 2,
}
COPY = "same_day_duplicate"  # the same bill entered twice, by the same date or the one before
COPIES_AMONG_DRAFTS, COPIES_REPLAYED = 4, 2
ODD_REPLAYED = {"slipped_amount": 2, "duplicate": 1, "new_bank_account": 1, "unusual_account": 1, "unknown_vendor": 1}


@dataclass
class Bill:
    """One bill: when it comes, what stands on it, and when an accountant posts it."""

    day: int
    vendor: int
    lines: list  # (account, amount)
    ref: str | None
    bank_account: str | None
    post_day: int | None = None  # None: not within the story
    odd: str = ""
    is_nameless: bool = False  # scanned, and nobody has read the vendor's name yet
    dated: int | None = None  # the day that stands on it, where it is not the one on which it comes
    is_of_branch: bool = False


def plan_bills(seed, days, vendors):
    """All bills of the story, in the order in which they come; adds the unknown vendors to `vendors`."""
    random = Random(f"bills {seed}")
    bills = [bill for vendor in vendors for bill in _bills_of(random, vendor, days)]
    bills += _plant(random, bills, vendors, days)
    bills.sort(key=lambda bill: bill.day)
    random = Random(f"copies and branch {seed}")
    bills += _copies(random, bills, vendors, days)
    bills.sort(key=lambda bill: bill.day)
    for bill in bills:
        bill.is_of_branch = not bill.odd and random.random() < OF_THE_BRANCH
    return bills


def _bills_of(random, vendor, days):
    gap = YEAR / vendor.bills_a_year
    regular = vendor.spread < 0.15
    day = vendor.first_day + random.uniform(0, gap)
    number = random.randrange(100, 90000)
    while day < days.count:
        number += random.randrange(1, 30)
        bill = _bill(random, vendor, int(day), number, days)
        yield bill
        again = int(day) + random.randrange(4, 8)
        if random.random() < CALLED_OFF_AGAIN and again < days.count - BACKLOG:
            bill.post_day = bill.day + 1
            number += random.randrange(1, 30)
            ref, post_day = f"{vendor.name[:2].upper()}-{number}", again + 2
            yield Bill(again, vendor.number, list(bill.lines), ref, bill.bank_account, post_day)
        day += gap * (random.uniform(0.93, 1.07) if regular else random.gammavariate(4, 0.25))


def _bill(random, vendor, day, number, days):
    amount = vendor.amount * math.exp(random.gauss(0, vendor.spread))
    account = vendor.other_account if random.random() < vendor.other_share else vendor.account
    lines = [(account, round(amount, 2))]
    if vendor.spread >= 0.15 and random.random() < 0.3:
        part = round(amount * random.uniform(0.1, 0.4), 2)
        lines = [(account, round(amount - part, 2)), (account, part)]
    bill = Bill(
        day=day,
        vendor=vendor.number,
        lines=lines,
        ref=f"{vendor.name[:2].upper()}-{number}" if random.random() > 0.04 else None,
        bank_account=vendor.bank_account if random.random() > 0.03 else None,
        post_day=day + (random.randrange(1, 4) if random.random() < 0.9 else random.randrange(5, 25)),
    )
    if day >= days.training - 40 and random.random() < FORGOTTEN:
        bill.post_day = None
        bill.is_nameless = random.random() < 0.25
    if day >= days.count - BACKLOG and random.random() < 0.85:
        bill.post_day = None
    if bill.post_day is not None and bill.post_day >= days.count:
        bill.post_day = None
    return bill


# Odd bills


def _plant(random, bills, vendors, days):
    """The odd bills: some in the replayed weeks, posted in the end, more among the drafts of the last days."""
    planted = []
    for kind, count in ODD_REPLAYED.items():
        for _ in range(count):
            day = random.randrange(days.go_live, days.count - 2 * BACKLOG)
            planted.append(_odd(random, kind, day, day + 6, bills, vendors, days))
    for kind, count in ODD_AMONG_DRAFTS.items():
        for _ in range(count):
            planted.append(_odd(random, kind, random.randrange(days.count - 7, days.count), None, bills, vendors, days))
    return planted


def _odd(random, kind, day, post_day, bills, vendors, days):
    if kind == "unknown_vendor":
        return _from_unknown(random, day, post_day, vendors)
    if kind == "duplicate":
        return _duplicate(random, day, post_day, bills, vendors)
    vendor = random.choice([vendor for vendor in vendors if _well_known(vendor) and vendor.spread < 0.45])
    bill = _bill(random, vendor, day, random.randrange(100, 90000), days)
    bill.post_day, bill.odd, bill.is_nameless = post_day, kind, False
    bill.bank_account = vendor.bank_account
    if kind == "slipped_amount":
        bill.lines = [(account, round(amount * 10, 2)) for account, amount in bill.lines]
    elif kind == "new_bank_account":
        bill.bank_account = f"{random.randrange(10**9, 10**10)}"
    elif kind == "unusual_account":
        usual = {vendor.account, vendor.other_account}
        account = random.choice([account for account in ACCOUNTS if account not in usual])
        bill.lines = [(account, amount) for _account, amount in bill.lines]
    return bill


def _well_known(vendor):
    return vendor.first_day == 0 and vendor.bills_a_year >= 12 and vendor.bank_account


def _duplicate(random, day, post_day, bills, vendors):
    """The same bill again some days later, under a reference that was typed differently."""
    original = random.choice(
        [
            bill
            for bill in bills
            if 4 <= day - bill.day <= 9 and bill.ref and not bill.is_nameless and _well_known(vendors[bill.vendor])
        ]
    )
    original.post_day = original.day + 1
    return Bill(
        day,
        original.vendor,
        list(original.lines),
        original.ref.replace("-", "/0"),
        original.bank_account,
        post_day,
        "duplicate",
    )


def _copies(random, bills, vendors, days):
    """Bills that are entered once more within days, under the same reference; every other one as of the day before."""
    replayed = [random.randrange(days.go_live, days.count - 2 * BACKLOG) for _copy in range(COPIES_REPLAYED)]
    late = [random.randrange(days.count - 6, days.count) for _copy in range(COPIES_AMONG_DRAFTS)]
    copies, originals = [], []
    for number, day in enumerate([*replayed, *late]):
        original = random.choice(
            [
                bill
                for bill in bills
                if 2 <= day - bill.day <= 3
                and not bill.odd
                and bill.ref
                and not bill.is_nameless
                and _well_known(vendors[bill.vendor])
                and bill not in originals
            ]
        )
        original.post_day = original.day + 1
        originals.append(original)
        copies.append(
            Bill(
                day,
                original.vendor,
                list(original.lines),
                original.ref,
                original.bank_account,
                post_day=day + 6 if number < COPIES_REPLAYED else None,
                odd=COPY,
                dated=original.day - number % 2,
            )
        )
    return copies


def _from_unknown(random, day, post_day, vendors):
    vendor = Vendor(
        number=len(vendors),
        name=f"{place(random)} Business Services",
        kind="unknown",
        country="GB",
        account="Legal & Consulting",
        other_account="Training",
        other_share=0.0,
        amount=0.0,
        spread=0.0,
        bills_a_year=0.0,
        first_day=day,
        bank_account=f"{random.randrange(10**9, 10**10)}",
        term_days=None,
        is_unknown=True,
    )
    vendors.append(vendor)
    amount = float(random.choice((15000, 20000, 25000)))
    return Bill(day, vendor.number, [(vendor.account, amount)], None, vendor.bank_account, post_day, "unknown_vendor")
