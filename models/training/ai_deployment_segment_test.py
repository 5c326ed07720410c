"""How a version does in each part of the business: on later records, and on parts that it has never seen.

The statistics are `ml.segment_test`; here is decided what makes the parts (the field that the owner named, else the
input that leaves the most records in each), and which rows test. Found at training, kept on the version as plain data
under `held_out["segments"]`: {"path", "whole", "later", "left_out"}, where there are no outcomes {"path", "whole",
"flagged", "expected"}. Parts are kept by their ids and named when somebody looks.
"""

import numpy as np

from odoo import models
from odoo.tools import SQL

from ...ml import segment_test
from ...ml.errors import TrainingError
from ...ml.outcomes import MIN_CLASS
from ...ml.threads import one_thread


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _segment_tests(self, tested, specs, columns, ids, moments, labels):
        """What is kept of the parts of the business; rows in order of time."""
        later = self._test_rows(len(ids))
        path, parts = self._parts_of(specs, columns, ids, later)
        if self.method == "anomaly":
            return self._flagged_parts(specs, columns, moments, later, path, parts)
        return self._judged_parts(tested, specs, columns, moments, labels, later, path, parts)

    def _parts_of(self, specs, columns, ids, later):
        """(path of the field that makes the parts, the part of each row); (None, None) where nothing does.

        The levels of a sensitive input are not for everybody, so they make no parts by themselves.
        """
        field = self.sudo().segment_field_id
        documents = self.env[self.res_model].sudo()
        if field and field.name in documents._fields:
            documents.flush_model([field.name])
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                    SQL.identifier(field.name),
                    SQL.identifier(documents._table),
                    list(ids),
                )
            )
            part_of = dict(rows)
            return field.name, [str(part_of[res_id]) if part_of.get(res_id) else None for res_id in ids]
        open_ones = {spec["key"]: spec for spec in specs if spec["source"] == "path" and not spec["sensitive"]}
        held_out = {key: columns[key].take(later) for key in open_ones}
        key = segment_test.parting(held_out, open_ones)
        return (open_ones[key]["path"], columns[key].values.tolist()) if key else (None, None)

    def _judged_parts(self, tested, specs, columns, moments, labels, later, path, parts):
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
        if tested.recipe is not None:  # what was made elsewhere cannot be made again here
            with one_thread():
                left_out = segment_test.judge_left_out(self._recipe(tested, specs), columns, labels, moments, parts)
            found["left_out"] = [part.to_dict() for part in left_out]
        return found

    def _recipe(self, tested, specs):
        """A function that makes a card of other rows as the version was made."""
        from ...ml.training import learn_briefly

        options = self._scorecard_options(specs)
        return lambda columns, labels, moments: learn_briefly(columns, labels, moments, tested.recipe, **options)

    def _flagged_parts(self, specs, columns, moments, later, path, parts):
        """A card of the earlier records alone, tried on the later ones: how many of each part does it flag?"""
        early = np.arange(later[0]) if len(later) else later
        options = {"alarm_rate": self.alarm_rate, "required": [spec["key"] for spec in specs if spec["required"]]}
        try:
            with one_thread():
                card = self._learn_usual(
                    specs, {key: column.take(early) for key, column in columns.items()}, moments[early], **options
                ).card
        except TrainingError:
            return {}
        scored = card.score({key: column.take(later) for key, column in columns.items()})
        good = ~np.isnan(scored.values)
        flagged = scored.predictions[good]
        found = (
            segment_test.flagged_parts(flagged, [parts[row] for row in later[good]], self.alarm_rate) if parts else []
        )
        return {
            "path": path,
            "expected": self.alarm_rate,
            "whole": {"part": None, "rows": len(flagged), "flagged": int(flagged.sum())},
            "flagged": [part.to_dict() for part in found],
        }

    def _part_names(self, path, parts):
        """What people call the `parts` (as kept) that the field at `path` makes: {part: name}."""
        documents = self.env[self.res_model]
        names = documents._ai_level_names(path, [part for part in parts if part]) if path else {}
        return {part: names.get(part, part) if part else self.env._("none") for part in parts}
