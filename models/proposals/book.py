"""Values on their way from an answer to the log: judged one by one, then written with the lines that they belong to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import DocumentUnfamiliar, InferenceError
from ...remote.answer_fields import Told
from ..tools import batch_insert
from .values import Resolver, Value, of_record

LONGEST_SAID = 200  # characters of a proposed value that could not be read


class Row(NamedTuple):
    """One proposed value."""

    res_id: int
    key: str
    value: Value
    said: str
    confidence: float
    stood: str  # value of the record at that time


class ProposalBook:
    """The values of one scoring run by one version.

    :param deployment: `ai.deployment`, in sudo
    :param version: whose contract has answer fields
    """

    def __init__(self, deployment: BaseModel, version: BaseModel) -> None:
        self.deployment, self.version = deployment, version
        self.asked = version._answer_fields()
        self._resolver = Resolver(deployment)
        self._rows: dict[int, list[Row]] = {}

    def judged(
        self, ids: Sequence[int], companies: Mapping[int, int], answers: Sequence[Any], told: Mapping[int, Told]
    ) -> list[Any]:
        """Return `answers`, with the error of the first value that cannot be used in place of such an answer.

        :param companies: {record id: company id}
        :param told: {record id: Told}, of the records that were answered
        """
        documents = self.deployment.env[self.deployment.res_model].browse(ids).exists()
        self._documents = {document.id: document for document in documents}
        return [
            self._judged(res_id, companies[res_id], answer, told.get(res_id))
            for res_id, answer in zip(ids, answers, strict=True)
        ]

    def _judged(self, res_id: int, company_id: int, answer: Any, told: Told | None) -> Any:
        if isinstance(answer, InferenceError) or told is None:
            return answer
        rows = []
        document = self._documents.get(res_id)
        for each in self.asked:
            said, sure = told.values.get(each.key, (None, 0.0))
            text = "" if said is None else str(said).replace("\0", "")[:LONGEST_SAID]
            stands = of_record(document, each.key) if each.key in self._resolver.answers and document else ""
            rows.append(Row(res_id, each.key, self._resolver.value(each, said, company_id), text, sure, stands))
        self._rows[res_id] = rows
        if told.unfamiliar:
            return DocumentUnfamiliar(told.unfamiliar)
        return next((row.value.error for row in rows if row.value.error), answer)

    def statement(self, ids: Sequence[int]) -> SQL | None:
        """Return the INSERT of the values of the records `ids`, which reads the lines of the log just written."""
        rows = [row for res_id in ids for row in self._rows.pop(res_id, ())]
        new = batch_insert.rows_sql(
            {
                "res_id": ("int4", [row.res_id for row in rows]),
                "key": ("varchar", [row.key for row in rows]),
                "value": ("varchar", [row.value.stored for row in rows]),
                "said": ("varchar", [row.said for row in rows]),
                "confidence": ("float8", [row.confidence for row in rows]),
                "stood": ("varchar", [row.stood for row in rows]),
                "failure_type": ("varchar", [row.value.error and row.value.error.failure_type for row in rows]),
                "place": ("int4", list(range(len(rows)))),
            }
        )
        if new is None:
            return None
        return SQL(
            "INSERT INTO ai_deployment_proposal (date, deployment_id, company_id, inference_id, version_id, res_model,"
            " res_id, key, value, said, confidence, stood_value, failure_type)"
            " SELECT logged.date, %s, logged.company_id, logged.id, %s, %s,"
            " new.res_id, new.key, new.value, new.said, new.confidence, new.stood, new.failure_type"
            " FROM (%s) AS new JOIN logged ON logged.res_id = new.res_id ORDER BY new.place",
            self.deployment.id,
            self.version.id,
            self.deployment.res_model,
            new,
        )
