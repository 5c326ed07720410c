"""Data of one record for the leak check, by kind of document."""

from typing import Any, NamedTuple


class LeakRow(NamedTuple):
    """A record for the comparison: how old it was when it was closed, or is now; when it came; how it ended."""

    res_id: int
    closed: bool
    age_days: float
    created: Any
    label: bool | None
