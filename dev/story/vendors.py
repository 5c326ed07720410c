"""The vendors of the firm, each with habits: what is bought, how much, how often, to which account and bank."""

from dataclasses import dataclass
from random import Random

from . import names

# kind: (how many vendors, expense account, another one it sometimes is, usual amount, spread, bills a year, a name)
KINDS = {
    "castings": (9, "Raw Materials", "Tools", 7800, 0.35, 34, "Castings"),
    "motors": (8, "Raw Materials", "Spare Parts", 9600, 0.40, 30, "Motors"),
    "seals": (9, "Spare Parts", "Raw Materials", 1450, 0.35, 30, "Seals & Gaskets"),
    "packaging": (6, "Packaging", "Raw Materials", 980, 0.25, 34, "Packaging"),
    "freight": (10, "Freight", "Travel", 620, 0.45, 48, "Freight Lines"),
    "tools": (9, "Tools", "Maintenance", 740, 0.5, 16, "Tool Supply"),
    "maintenance": (9, "Maintenance", "Spare Parts", 1300, 0.5, 14, "Mechanical Services"),
    "energy": (4, "Utilities", "Maintenance", 3900, 0.12, 12, "Power & Gas"),
    "telecom": (4, "Telephone & Internet", "Software", 410, 0.06, 12, "Telecom"),
    "software": (9, "Software", "Telephone & Internet", 890, 0.10, 12, "Systems"),
    "consulting": (7, "Legal & Consulting", "Training", 4200, 0.5, 9, "Advisers"),
    "travel": (7, "Travel", "Training", 560, 0.5, 24, "Travel"),
    "cleaning": (4, "Cleaning", "Maintenance", 830, 0.08, 24, "Cleaning"),
    "fairs": (6, "Advertising", "Travel", 2600, 0.5, 10, "Exhibitions"),
    "insurance": (4, "Insurance", "Legal & Consulting", 2100, 0.08, 12, "Insurance"),
    "rent": (3, "Rent & Leases", "Maintenance", 6400, 0.03, 12, "Properties"),
    "labs": (6, "Testing", "Legal & Consulting", 1150, 0.35, 14, "Laboratories"),
    "staffing": (6, "Temporary Staff", "Training", 3300, 0.3, 40, "Staffing"),
}
ACCOUNTS = {
    name: f"6{number:02d}500"
    for number, name in enumerate(sorted({name for kind in KINDS.values() for name in kind[1:3]}), start=13)
}
COUNTRIES = {"US": 82, "CA": 7, "DE": 6, "GB": 5}


@dataclass
class Vendor:
    number: int
    name: str
    kind: str
    country: str
    account: str
    other_account: str
    other_share: float
    amount: float
    spread: float
    bills_a_year: float
    first_day: int
    bank_account: str | None
    term_days: int | None
    is_unknown: bool = False


def plan_vendors(seed, days):
    """All vendors that the firm knows at some time of the story."""
    random = Random(f"vendors {seed}")
    vendors, taken = [], set()
    for kind, (count, account, other, amount, spread, rhythm, ending) in KINDS.items():
        for _ in range(count):
            name = f"{names.place(random)} {ending}"
            while name in taken:
                name = f"{names.place(random)} {ending}"
            taken.add(name)
            # One in eight is found later; nobody new in the replayed weeks but the one that is planted.
            late = random.random() < 0.12
            vendors.append(
                Vendor(
                    number=len(vendors),
                    name=name,
                    kind=kind,
                    country=random.choices(list(COUNTRIES), list(COUNTRIES.values()))[0],
                    account=account,
                    other_account=other,
                    other_share=random.choice((0, 0, 0, 0.12, 0.2)),
                    amount=amount * random.lognormvariate(0, 0.5),
                    spread=spread * random.uniform(0.7, 1.3),
                    bills_a_year=rhythm * random.uniform(0.6, 1.4),
                    first_day=random.randrange(20, days.training - 60) if late else 0,
                    bank_account=f"{random.randrange(10**9, 10**10)}" if random.random() < 0.85 else None,
                    term_days=random.choice((15, 30, 30, 30, 45, None)),
                )
            )
    return vendors
