"""Performance by segment: what came true in each team, country, salesperson …, to see who is served badly.

The statistics are `ml.segments`.
"""

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import segments
from ...ml.calibration import logit
from ...ml.segments import SegmentResult
from ..tools.told import told
from ..tools.wording import number, percent
from .performance_wording import UNTESTED
from .report_series import ReportSeries

SURELY_POSSIBLE = 0.01, 0.99  # what a share is taken for at most, where log odds are asked for
MORE_THAN_ALL = 0.05  # by which a part has to be off beyond the whole, where the whole is off
REST = "segment:rest"  # the key of the line about all small segments


class SegmentPerformance:
    """The segments of records that the owner's field (`segment_field_id`) makes.

    :param deployment: `ai.deployment`, in sudo
    :param series: the reports on outcomes of its version
    """

    def __init__(self, deployment: BaseModel, series: ReportSeries) -> None:
        self.deployment, self.series, self.env = deployment, series, deployment.env

    def lines(
        self, ids: list[int], labels: list[bool], values: list[float], predictions: list[bool], off: float = 0.0
    ) -> list[dict]:
        """Return a line per segment of a cohort; none where the owner named no field.

        Where the whole cohort is `off` by so much, each part is as well: named is what is off by more than that.
        """
        field, part_of = self._segments_of(ids)
        if not field:
            return []
        results = segments.judge_segments(labels, values, predictions, [part_of.get(res_id) for res_id in ids])
        comodel = self.env[field.relation].with_context(active_test=False)
        known = comodel.browse([result.segment for result in results if result.segment]).exists()
        return [self._line(result, field, known, off) for result in results]

    def offsets(self, ids: list[int]) -> np.ndarray | None:
        """Return (n,) log odds by which more comes true than is said in the segment of each record.

        They are 0 where the test of the segment has not failed; None where no segment's has.
        """
        latest = self.series.latest_judged()
        failed = {line.key: line for line in latest.line_ids if line.test == "segment" and line.exceeded}
        if not failed:
            return None
        _field, part_of = self._segments_of(ids)
        named = {line.key for line in latest.line_ids if line.test == "segment"}
        offsets = {
            key: float(np.subtract(*logit(np.clip([line.statistic, line.threshold], *SURELY_POSSIBLE))))
            for key, line in failed.items()
        }
        keys = (f"segment:{part_of.get(res_id) or 0}" for res_id in ids)
        return np.array([offsets.get(key if key in named else REST, 0.0) for key in keys])

    def _segments_of(self, ids: list[int]) -> tuple[BaseModel | None, dict[int, int | None]]:
        """Return (the field that makes the segments, {record id: its segment}); (None, {}) without a field."""
        field, documents = self.deployment.segment_field_id, self.env[self.deployment.res_model]
        if not field or field.name not in documents._fields:
            return None, {}
        documents.flush_model([field.name])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                SQL.identifier(field.name),
                SQL.identifier(documents._table),
                list(ids),
            )
        )
        return field, dict(rows)

    def _line(self, result: SegmentResult, field: BaseModel, known: BaseModel, off: float) -> dict:
        segment = known.filtered(lambda record: record.id == result.segment)
        line = {
            **UNTESTED,
            "test": "segment",
            "verdict": result.verdict,
            "key": REST if result.rest else f"segment:{result.segment or 0}",
            "label": told(
                self.env,
                lambda env: env._(
                    "%(field)s: %(name)s",
                    field=field.with_env(env).field_description,
                    name=_segment_name(env, result, segment),
                ),
            ),
        }
        if result.came_true is None or result.said is None:
            return {
                **line,
                "text": told(self.env, lambda env: env._("Not enough data yet: %s records", number(env, result.rows))),
            }
        said, came_true = result.said, result.came_true
        exceeded = result.exceeded and (not off or abs(result.said - result.came_true) > off + MORE_THAN_ALL)
        return {
            **line,
            "statistic": result.came_true,
            "low": result.low,
            "high": result.high,
            "threshold": result.said,
            "p_value": result.p_value,
            "adjusted_p": result.adjusted_p,
            "exceeded": exceeded,
            "verdict": "drifted" if exceeded else "quiet",
            "text": told(
                self.env,
                lambda env: env._(
                    "%(field)s “%(name)s”: the scores predicted %(said)s %(positives)s on average, %(true)s occurred",
                    field=field.with_env(env).field_description,
                    name=_segment_name(env, result, segment),
                    said=percent(env, said),
                    true=percent(env, came_true),
                    positives=env[self.deployment.res_model]._ai_words()["positives"],
                ),
            ),
        }


def _segment_name(env: Environment, result: SegmentResult, segment: BaseModel) -> str:
    if result.rest:
        return env._("The others")
    return segment.with_env(env).display_name if segment else env._("none")
