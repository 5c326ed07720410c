"""The table that a version learns from: which records, at which moments, with which inputs.

Without later moments a row is a record. With them (`ai.deployment.landmarks`) it is a moment of one: its creation and
one in each of some spans of days after it while it was open, with the inputs as they were then. Moments of which an
input is not known are left out, for all records alike where that is a matter of time: before the first tracked change
nobody knows who watched. An input that is unknown too often is refused by the leak check (`leak_check`).
"""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from odoo.models import BaseModel

from ...ml.columns import NUMBER, Column, make_column
from ...ml.groups import boundary, one_each
from ..features.feature_reader import FeatureReader
from ..features.past import known_since


class Rows(NamedTuple):
    """Rows in order of time; those of a record stand together.

    `moments` are days: when the record began, for its place in time. `groups` is None where each row is a record, as
    is `at`, the moments as of which inputs are read.
    """

    ids: list[int]
    columns: dict[str, Column]
    moments: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None
    at: list[datetime] | None

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of them."""
        return Rows(
            [self.ids[row] for row in rows],
            {key: column.take(rows) for key, column in self.columns.items()},
            self.moments[rows],
            self.labels[rows],
            None if self.groups is None else self.groups[rows],
            None if self.at is None else [self.at[row] for row in rows],
        )


def collect(deployment: BaseModel, specs: list[dict[str, Any]], now: datetime) -> Rows:
    """Return the rows that `deployment` can learn from now, with the inputs `specs`.

    :param deployment: ai.deployment with all rights
    """
    documents = deployment.env[deployment.res_model]
    if not deployment.landmarks:
        rows = documents._ai_training_rows(deployment, now)
        ids = [res_id for res_id, _moment, _label in rows]
        moments = make_column("moment", NUMBER, [moment for _id, moment, _label in rows]).values
        labels = np.array([bool(label) for _id, _moment, label in rows])
        return Rows(ids, deployment._columns(specs, ids), moments, labels, None, None)
    rows = documents._ai_outcomes(deployment).landmark_rows(now)
    since, _never = known_since(documents, specs)
    if since:
        rows = [row for row in rows if row[2] >= since]
    asked = [(res_id, landmark) for res_id, _created, landmark, _label in rows]
    columns, known = read_moments(deployment, specs, asked)
    ids = [res_id for res_id, _landmark in asked]
    found = Rows(
        ids,
        columns,
        make_column("moment", NUMBER, [created for _id, created, _landmark, _label in rows]).values,
        np.array([bool(label) for _id, _created, _landmark, label in rows]),
        np.array(ids, dtype=np.int64),
        [landmark for _id, landmark in asked],
    )
    return found.take(np.flatnonzero(np.logical_and.reduce([np.ones(len(rows), dtype=bool), *known.values()])))


def read_moments(
    deployment: BaseModel, specs: list[dict[str, Any]], asked: list[tuple[int, datetime]]
) -> tuple[dict[str, Column], dict[str, np.ndarray]]:
    """Return what `FeatureReader.past` does, of records that may be asked about at several moments.

    One statement per turn: in each, every record is asked about once.

    :param asked: (record id, moment) of each row
    """
    reader = FeatureReader(deployment.env[deployment.res_model], specs, deployment.company_id)
    turns: list[list[int]] = []
    seen: dict[int, int] = {}
    for row, (res_id, _moment) in enumerate(asked):
        turn = seen[res_id] = seen.get(res_id, -1) + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(row)
    values: dict[str, list[Any]] = {spec["key"]: [None] * len(asked) for spec in specs}
    known: dict[str, np.ndarray] = {}
    for rows in turns:
        ids, landmarks = zip(*(asked[row] for row in rows), strict=True)
        read, told = reader.past_values(ids, landmarks)
        for key, column in read.items():
            for row, value in zip(rows, column, strict=True):
                values[key][row] = value
        for key, flags in told.items():
            known.setdefault(key, np.zeros(len(asked), dtype=bool))[rows] = flags
    return {spec["key"]: make_column(spec["key"], spec["kind"], values[spec["key"]]) for spec in specs}, known


def split(ids: list[int], share: float) -> int:
    """Return the first of the latest `share` of rows, at which a record begins."""
    return boundary(ids, round(len(ids) * (1 - share)))


def independent(ids: list[int], first: int = 0) -> np.ndarray:
    """Return the numbers of rows from `first` on, at most one per record, ascending (`ml.groups.one_each`)."""
    return first + one_each(ids[first:])
