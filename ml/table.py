"""The table that is learned from: refusals first, then its rows in time order.

Everything that makes a table unfit is a ``TrainingError`` whose text says what to
do about it. What is left is a ``Table``: columns and labels sorted by moment, and
which rows are for what.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .columns import NUMBER, Column
from .copies import copied
from .errors import (
    BadTrainingInput,
    DuplicateFeature,
    EmptyTable,
    OneClass,
    ReservedFeature,
    TooFewCases,
)
from .groups import boundary, cases
from .profile import RESERVED

SHARES = (0.70, 0.15, 0.15)  # learn; learn and calibrate; test


@dataclass(frozen=True)
class Table:
    """Rows in time order; row numbers of the parts hold usable rows only.

    ``learn`` comes before ``test``; ``late`` is the later part of ``learn``.
    ``usable`` (n,) is False where scoring would refuse the row.
    """

    columns: dict
    labels: Any  # (n,) bool, None where nothing is known of the rows
    moments: np.ndarray
    usable: np.ndarray
    learn: np.ndarray
    late: np.ndarray
    test: np.ndarray
    copies: int = 0  # rows that are in neither, as they repeat others
    groups: Any = None  # (n,) number of the record of each row, None where each row is one

    def groups_of(self, rows: np.ndarray) -> Any:
        """Return the record of each of ``rows``, None where each row is one."""
        return None if self.groups is None else self.groups[rows]

    def __len__(self) -> int:
        return len(self.usable)


def unique_columns(columns: list[Column]) -> dict[str, Column]:
    """name -> ``Column`` of a sequence of columns, or DuplicateFeature.

    >>> from .columns import make_column
    >>> list(unique_columns([make_column("a", NUMBER, [1]), make_column("b", NUMBER, [2])]))
    ['a', 'b']
    """
    named = {}
    for column in columns:
        if column.name in named:
            raise DuplicateFeature(column.name)
        named[column.name] = column
    return named


def make_table(
    columns: dict[str, Column],
    moments: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    required: Collection[str] = (),
    shares: tuple[float, float, float] = SHARES,
    without_copies: bool = False,
    groups: ArrayLike | None = None,
) -> Table:
    """Check what was handed in and sort it by ``moments``; a ``Table``.

    ``columns`` maps names to columns of n rows, ``moments`` (n,) are days, ``labels``
    (n,) true or false, or None where nothing is to be predicted. ``without_copies``: of
    rows that stand in the table several times, the first alone is learned from or tests. ``groups`` (n,) are numbers
    of the record of each row: its rows have one moment, and none stands on both sides of a split; equal rows are
    no copies then.
    """
    moments = np.asarray(moments, dtype=np.float64)
    n = len(moments)
    if not columns or not n:
        raise EmptyTable()
    lengths = {len(column) for column in columns.values()}
    if labels is not None:
        labels = np.asarray(labels)
        lengths.add(len(labels))
        if not np.isin(labels, (0, 1)).all():
            raise BadTrainingInput("A label is neither true nor false.")
        labels = labels.astype(bool)
    if lengths != {n}:
        raise BadTrainingInput("The inputs have different numbers of rows.")
    if not np.isfinite(moments).all():
        raise BadTrainingInput("A record has no date, so its place in time is unknown.")
    _check_names(columns, required)
    order = np.argsort(moments, kind="stable")
    columns = {name: column.take(order) for name, column in columns.items()}
    usable = _usable(columns, required, n)
    labels = None if labels is None else labels[order]
    rows = np.arange(n)
    if groups is not None:
        groups = np.asarray(groups)[order]
    elif labels is not None and without_copies:
        rows = rows[~copied(columns.values(), labels)]
    first, second = round(len(rows) * shares[0]), round(len(rows) * (shares[0] + shares[1]))
    if groups is not None:
        first, second = boundary(groups, first), boundary(groups, second)
    learn, late, test = (part[usable[part]] for part in (rows[:second], rows[first:second], rows[second:]))
    return Table(columns, labels, moments[order], usable, learn, late, test, copies=n - len(rows), groups=groups)


def check_cases(labels: np.ndarray, needed: int, groups: np.ndarray | None = None) -> None:
    """OneClass or TooFewCases, unless there are ``needed`` cases of either class."""
    positives, negatives = cases(labels, groups)
    if not positives or not negatives:
        raise OneClass()
    for found, what in ((positives, "wins"), (negatives, "records without a win")):
        if found < needed:
            raise TooFewCases(needed, found, what)


def _check_names(columns: dict[str, Column], required: Collection[str]) -> None:
    for name, column in columns.items():
        if name in RESERVED:
            raise ReservedFeature(name)
        if column.name != name:
            raise BadTrainingInput(f"The input {column.name!r} was handed in as {name!r}.")
    for name in required:
        if name not in columns:
            raise BadTrainingInput(f"The required input {name!r} is not in the table.")


def _usable(columns: dict[str, Column], required: Collection[str], n: int) -> np.ndarray:
    usable = np.ones(n, dtype=bool)
    for name, column in columns.items():
        usable[list(column.errors)] = False
        if name in required:
            values = column.values
            missing = np.isnan(values) if column.kind == NUMBER else values == np.array(None)
            usable &= ~missing.astype(bool)
    return usable
