"""The bank's calls as rows: what was known when each lead came, when it came, and how it ended.

The file is in date order but names only month and weekday: each time the number of the month falls, a year has passed.
The rows of a month are spread over its first 27 days in file order, so that with a horizon of three days every outcome
is known on the first of the next month.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from . import _files

FIRST_YEAR = 2008
SPREAD_DAYS = 27
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
OWN = ("contact", "outcome_before", "job")
NUMBERS = ("age", "campaign", "previous", "pdays")
CATEGORIES = ("marital", "education", "default", "housing", "loan", "day_of_week")
EMPTY = {"pdays": "999"}  # "never contacted before" is not a number of days


class Call(NamedTuple):
    """One line of the file. `properties` holds NUMBERS as numbers and CATEGORIES as text, None where unknown."""

    number: int
    period: int  # 200805 … 201011
    created: datetime
    contact: str
    outcome_before: str
    job: str | None
    properties: dict
    won: bool


def read(path, limit=None):
    """The calls in time order; with `limit` about that many, every k-th."""
    columns = (*NUMBERS, *CATEGORIES, "month", "contact", "poutcome", "job", "y")
    rows = _files.rows(path, columns, "bank-additional-full.csv.gz", delimiter=";")
    periods = _periods(rows)
    kept = range(0, len(rows), max(1, len(rows) // limit) if limit else 1)
    sizes = Counter(periods[number] for number in kept)
    seen = Counter()
    calls = []
    for number in kept:
        period = periods[number]
        created = datetime(*divmod(period, 100), 1) + timedelta(days=SPREAD_DAYS) * (seen[period] / sizes[period])
        seen[period] += 1
        calls.append(_call(number, period, created.replace(microsecond=0), rows[number]))
    return calls


def _periods(rows):
    year, before, periods = FIRST_YEAR, 0, []
    for row in rows:
        month = MONTHS.index(row["month"]) + 1
        year += month < before
        before = month
        periods.append(year * 100 + month)
    return periods


def _call(number, period, created, row):
    known = {name: None if value in ("unknown", EMPTY.get(name)) else value for name, value in row.items()}
    properties = {name: known[name] and int(known[name]) for name in NUMBERS}
    properties |= {name: known[name] for name in CATEGORIES}
    return Call(
        number, period, created, row["contact"], row["poutcome"], known["job"], properties, won=row["y"] == "yes"
    )
