"""Plain JSON with a declared mapping: a list of records goes out, a list of answers comes back.

Each record is an object of its inputs with its number, and each answer names the number that it is about: an answer
that stands at another place than its record is a mismatch, and nothing of it is used.
"""

from collections.abc import Sequence
from typing import Any

from ...ml.errors import AnswerMismatch
from .. import strict_json
from .base import Protocol, Reading, Row


class PlainJson(Protocol):
    name = "json"
    at_once = 500

    def path(self) -> str:
        return ""

    def payload(self, rows: Sequence[Row], key: str) -> dict[str, Any]:
        sent: Any = [{self.contract.id_in: row.id, **row.inputs} if self.contract.id_in else row.inputs for row in rows]
        for step in reversed(self.contract.rows_in.split(".")):
            sent = {step: sent}
        return sent

    def read(self, rows: Sequence[Row], key: str, body: bytes, media_type: str) -> Reading:
        answers = strict_json.pick(strict_json.read(body, media_type), self.contract.rows_out)
        answers = strict_json.rows(answers, len(rows))
        if self.contract.id_out:
            for row, answer in zip(rows, answers, strict=True):
                told = strict_json.pick(answer, self.contract.id_out)
                if type(told) is bool or told not in (row.id, str(row.id)):
                    raise AnswerMismatch("An answer is about another record, or the order is another.")
        return Reading([self.result(answer) for answer in answers])
