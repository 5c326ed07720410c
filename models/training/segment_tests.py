"""The test of a version in each part of the business: on later records, and on parts that it has never seen.

The statistics are `ml.segment_test`; this file decides what makes the parts (the field that the owner named, else the
input that leaves the most records in each), and which rows test. Found at training, stored on the version as plain data
under `held_out["segments"]`: {"path", "whole", "later", "left_out"}, where there are no outcomes {"path", "whole",
"flagged", "expected"}. Parts are stored by their ids and named when somebody looks.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import segment_test
from ...ml.columns import Column
from ...ml.errors import TrainingError
from ...ml.outcomes import MIN_CLASS
from .learning import learn_usual, scorecard_options
from .table import independent
from .version_test import test_rows
from .workbench import learn_briefly

Columns = dict[str, Column]


class SegmentTests:
    """Test versions of one deployment in each part of the business; rows in order of time.

    :param deployment: ai.deployment with all rights
    :param specs: declarations of the inputs
    """

    def __init__(self, deployment: BaseModel, specs: list[dict]):
        self.deployment = deployment
        self.specs = specs

    def test(self, tested: Any, columns: Columns, ids: list[int], moments: np.ndarray, labels: np.ndarray) -> dict:
        """Return what is stored of the parts, as plain JSON.

        :param tested: the training that was tested
        :param moments: days, shape (rows,), ascending; `labels`: bool, shape (rows,)
        """
        later = test_rows(ids)
        path, parts = self.parts_of(columns, ids, later)
        if self.deployment.method == "anomaly":
            return self._flagged_parts(columns, moments, later, path, parts)
        found = self._judged_parts(tested, columns, labels, later, path, parts)
        if parts is not None and tested.recipe is not None:  # what was made elsewhere cannot be made again here
            once = independent(ids)  # moments of one record are not independent
            left_out = segment_test.judge_left_out(
                self._recipe(tested),
                {key: column.take(once) for key, column in columns.items()},
                labels[once],
                moments[once],
                [parts[row] for row in once],
            )
            found["left_out"] = [part.to_dict() for part in left_out]
        return found

    def parts_of(self, columns: Columns, ids: list[int], later: np.ndarray) -> tuple[str | None, list | None]:
        """Return (path of the field that makes the parts, the part of each row); (None, None) where nothing does.

        The levels of a sensitive input are not for everybody, so they make no parts by themselves.
        """
        deployment = self.deployment
        field, documents = deployment.segment_field_id, deployment.env[deployment.res_model]
        if field and field.name in documents._fields:
            documents.flush_model([field.name])
            rows = deployment.env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                    SQL.identifier(field.name),
                    SQL.identifier(documents._table),
                    list(ids),
                )
            )
            part_of = dict(rows)
            return field.name, [str(part_of[res_id]) if part_of.get(res_id) else None for res_id in ids]
        open_ones = {spec["key"]: spec for spec in self.specs if spec["source"] == "path" and not spec["sensitive"]}
        held_out = {key: columns[key].take(later) for key in open_ones}
        key = segment_test.parting(held_out, open_ones)
        return (open_ones[key]["path"], columns[key].values.tolist()) if key else (None, None)

    def _judged_parts(
        self,
        tested: Any,
        columns: Columns,
        labels: np.ndarray,
        later: np.ndarray,
        path: str | None,
        parts: list | None,
    ) -> dict:
        values = tested.card.score({key: column.take(later) for key, column in columns.items()}).values
        good = ~np.isnan(values)
        truth, values = labels[later][good], values[good]
        found = {
            "path": path,
            "whole": segment_test.judge_part(None, truth, values, min_positives=MIN_CLASS).to_dict(),
            "later": [],
            "left_out": [],
        }
        if parts is None:
            return found
        known = [parts[row] for row in later[good]]
        found["later"] = [part.to_dict() for part in segment_test.judge_parts(truth, values, known)]
        return found

    def _recipe(self, tested: Any) -> Callable:
        """Return a function that learns from other rows as the version did."""
        options = scorecard_options(self.deployment, self.specs)
        return lambda columns, labels, moments: learn_briefly(columns, labels, moments, tested.recipe, **options)

    def _flagged_parts(
        self, columns: Columns, moments: np.ndarray, later: np.ndarray, path: str | None, parts: list | None
    ) -> dict:
        """Learn from the earlier records alone; count the flagged later ones of each part."""
        rate = self.deployment.flag_rate
        early = np.arange(later[0]) if len(later) else later
        options = {"flag_rate": rate, "required": [spec["key"] for spec in self.specs if spec["required"]]}
        try:
            card = learn_usual(
                self.specs, {key: column.take(early) for key, column in columns.items()}, moments[early], **options
            ).card
        except TrainingError:
            return {}
        scored = card.score({key: column.take(later) for key, column in columns.items()})
        good = ~np.isnan(scored.values)
        flagged = scored.predictions[good]
        found = segment_test.flagged_parts(flagged, [parts[row] for row in later[good]], rate) if parts else []
        return {
            "path": path,
            "expected": rate,
            "whole": {"part": None, "rows": len(flagged), "flagged": int(flagged.sum())},
            "flagged": [part.to_dict() for part in found],
        }


def part_names(deployment: BaseModel, path: str | None, parts: Iterable[str | None]) -> dict:
    """Return {part: what people call it} of the stored `parts` that the field at `path` makes."""
    documents = deployment.env[deployment.res_model]
    names = documents._ai_level_names(path, [part for part in parts if part]) if path else {}
    return {part: names.get(part, part) if part else deployment.env._("none") for part in parts}
