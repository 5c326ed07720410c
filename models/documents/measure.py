"""Measures of business value of a kind of document."""

from typing import NamedTuple

from odoo.tools import SQL


class Measure(NamedTuple):
    """One measure of a kind of document: its name, and its SQL, which is NULL where a record does not count."""

    name: str
    kind: str  # of ml.value: a share or a mean
    unit: str  # of UNITS
    sql: SQL
    worth: float | None = 0.0  # of one more of it in one record, in company currency; None: an entry is missing
    assumption: str = ""  # what was entered by a person that it rests on
    holds_reviews: bool = False  # the time of reviewers is in it already
    basis: str = ""  # what the figure itself was computed with: figures of another basis cannot be compared
