"""What a training does not learn from, and why: records that are too young or cannot be read, inputs that are empty.

Plain JSON: {"code", "count", "ids"} for records, with the ids of a few examples; {"code", "count", "keys"} for inputs.
"""

from collections.abc import Iterable

import numpy as np

from odoo.models import BaseModel

from ...ml.columns import NUMBER, Column

TOO_YOUNG, UNREADABLE, REQUIRED_EMPTY = RECORDS = ("too_young", "unreadable", "required_empty")
LEAKS, ALWAYS_EMPTY, CONSTANT = INPUTS = ("leaks", "always_empty", "constant")
EXAMPLES = 5  # records that a finding shows


class Cleaning:
    """What a training of one deployment leaves out.

    :param deployment: ai.deployment with all rights
    :param known_in_time: the inputs that are learned from
    """

    def __init__(self, deployment: BaseModel, known_in_time: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.known_in_time = known_in_time

    def find(self, ids: list[int], columns: dict[str, Column]) -> list[dict]:
        """Return what is left out of these rows, as plain JSON; what is empty is not listed."""
        found = [
            self._too_young(ids),
            *self._unusable(ids, columns),
            self._inputs(LEAKS, (self.deployment.feature_ids - self.known_in_time).mapped("key")),
            *self._silent(columns),
        ]
        return [each for each in found if each["count"]]

    def _too_young(self, ids: list[int]) -> dict:
        """Count the records of the deployment that are not among `ids`: what became of them is not due yet."""
        deployment = self.deployment
        documents = self.env[deployment.res_model].sudo().with_context(active_test=False)
        domain = deployment._record_domain() & documents._ai_base_domain() & deployment._company_domain()
        if not documents._ai_has_outcome() or deployment.method == "anomaly":
            return _records(TOO_YOUNG, [])
        query = documents._search(domain, order="id desc")
        learned = set(ids)
        return _records(TOO_YOUNG, [res_id for res_id in query.get_result_ids() if res_id not in learned])

    def _unusable(self, ids: list[int], columns: dict[str, Column]) -> list[dict]:
        """Return rows that scoring would refuse: a value that cannot be read, a required one that is empty."""
        unreadable = {row for column in columns.values() for row in column.errors}
        empty: set[int] = set()
        for feature in self.known_in_time.filtered("required"):
            if feature.key in columns:
                empty.update(np.flatnonzero(_is_missing(columns[feature.key])).tolist())
        return [
            _records(UNREADABLE, [ids[row] for row in sorted(unreadable)]),
            _records(REQUIRED_EMPTY, [ids[row] for row in sorted(empty - unreadable)]),
        ]

    def _silent(self, columns: dict[str, Column]) -> list[dict]:
        empty, constant = [], []
        for key, column in columns.items():
            missing = _is_missing(column)
            if missing.all():
                empty.append(key)
            elif not missing.any() and all(value == column.values[0] for value in column.values):
                constant.append(key)
        return [self._inputs(ALWAYS_EMPTY, empty), self._inputs(CONSTANT, constant)]

    def _inputs(self, code: str, keys: Iterable[str]) -> dict:
        keys = list(keys)
        return {"code": code, "count": len(keys), "keys": keys}


def _records(code: str, ids: list[int]) -> dict:
    return {"code": code, "count": len(ids), "ids": ids[:EXAMPLES]}


def _is_missing(column: Column) -> np.ndarray:
    if column.kind == NUMBER:
        return np.isnan(column.values)
    return np.array([value is None for value in column.values], dtype=bool)
