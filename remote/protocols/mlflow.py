"""MLflow's scoring server: ``POST /invocations`` with ``dataframe_split``; answers are ``{"predictions": [...]}``.

A prediction is a number, a list of class probabilities (path "1" is the second class), or an object.
"""

from collections.abc import Sequence
from typing import Any

from .. import strict_json
from .base import Protocol, Reading, Row


class MLflow(Protocol):
    name = "mlflow"
    at_once = 500

    def path(self) -> str:
        return "/invocations"

    def payload(self, rows: Sequence[Row], key: str) -> dict[str, Any]:
        names = list(self.contract.inputs.values())
        return {"dataframe_split": {"columns": names, "data": [[row.inputs[name] for name in names] for row in rows]}}

    def read(self, rows: Sequence[Row], key: str, body: bytes, media_type: str) -> Reading:
        answers = strict_json.pick(strict_json.read(body, media_type), "predictions")
        return Reading([self.result(answer) for answer in strict_json.rows(answers, len(rows))])
