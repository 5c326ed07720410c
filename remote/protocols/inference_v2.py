"""Open Inference Protocol v2, as KServe, Triton and MLServer speak it: ``POST /v2/models/NAME/infer``.

Each input is a tensor of one column. The output named in the contract, else the only one, is a column of scores or a
table of class probabilities; `value` is the place of the class in a table, by default the last.
"""

from collections.abc import Sequence
from typing import Any

from ...ml.errors import AnswerMismatch, AnswerSchema, InferenceError
from .. import strict_json
from .base import Protocol, Reading, Result, Row

ANY_OUTPUT = "predictions"  # as the name of the output: the only one
NUMERIC = ("FP16", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")


class InferenceV2(Protocol):
    name = "inference_v2"
    at_once = 500

    def path(self) -> str:
        return f"/v2/models/{self.contract.model}/infer"

    def payload(self, rows: Sequence[Row], key: str) -> dict[str, Any]:
        asked = {} if self.contract.rows_out == ANY_OUTPUT else {"outputs": [{"name": self.contract.rows_out}]}
        return {"id": key, "inputs": [self._tensor(name, rows) for name in self.contract.inputs.values()], **asked}

    def _tensor(self, name: str, rows: Sequence[Row]) -> dict[str, Any]:
        values = [row.inputs[name] for row in rows]
        is_text = any(isinstance(value, str) for value in values)
        data = ["" if value is None else str(value) for value in values] if is_text else values
        return {"name": name, "shape": [len(rows), 1], "datatype": "BYTES" if is_text else "FP64", "data": data}

    def read(self, rows: Sequence[Row], key: str, body: bytes, media_type: str) -> Reading:
        answer = strict_json.read(body, media_type)
        if not isinstance(answer, dict) or not isinstance(answer.get("outputs"), list):
            raise AnswerSchema("There are no outputs.")
        if answer.get("id", key) != key:
            raise AnswerMismatch("It answers another call.")
        if answer.get("model_name", self.contract.model) != self.contract.model:
            raise AnswerMismatch("Another model answered.")
        data, width = self._column(answer["outputs"], len(rows))
        place = int(self.contract.value) if self.contract.value.isdecimal() else width - 1
        if place >= width:
            raise AnswerSchema("The output has fewer columns.")
        return Reading([self._result(data[row * width + place]) for row in range(len(rows))])

    def _result(self, value: Any) -> Result | InferenceError:
        try:
            return self.judged(value, value, None)
        except InferenceError as error:
            return error

    def _column(self, outputs: Sequence[Any], count: int) -> tuple[list[Any], int]:
        """The data of the output that is meant, row by row, and the number of its columns."""
        wanted = self.contract.rows_out if self.contract.rows_out != ANY_OUTPUT or len(outputs) != 1 else ""
        found = [each for each in outputs if isinstance(each, dict) and wanted in ("", each.get("name"))]
        if len(found) != 1:
            raise AnswerSchema("The output that was agreed is missing.")
        [output] = found
        shape, data = output.get("shape"), output.get("data")
        if output.get("datatype") not in NUMERIC or not isinstance(data, list):
            raise AnswerSchema("The output is not a column of numbers.")
        if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape) or len(shape) > 2:
            raise AnswerSchema("The output has no shape of a column or table.")
        if not shape or shape[0] != count:
            raise AnswerMismatch(f"{count} records were sent, and the answer is about another number of records.")
        width = shape[1] if len(shape) == 2 else 1
        if data and all(isinstance(each, list) for each in data):
            data = [value for each in data for value in each]
        if len(data) != count * width:
            raise AnswerMismatch("The output holds another number of values than its shape says.")
        return data, width
