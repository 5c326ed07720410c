"""Contract of a remote version: which inputs are sent under which names, and what comes back.

Plain JSON in the version, checked as a whole when the version is made. What it says is part of the version's
fingerprint, so a changed prompt, schema or mapping is another version.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from . import answer_fields
from . import schema as schemas
from .answer_fields import AnswerField, AnswerFieldError

PROTOCOLS = ("mlflow", "inference_v2", "chat", "json")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_. -]{0,99}")
PATH = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,9}")
LONGEST_PROMPT = 20_000  # characters
LONGEST_INPUT = 4000  # characters of one input in a prompt
LONGEST_DOCUMENT = 20_000  # characters of a document
DOCUMENT = "document"  # name under which the text of the record's document is sent
LOGPROBS = "logprobs"  # as the confidence of a chat: from the log-probabilities of the answer


class ContractError(ValueError):
    """The contract cannot be used; the message is a sentence for the person who wrote it."""


@dataclass(frozen=True)
class Contract:
    """What is sent, and what is read of the answer.

    ``inputs`` maps the key of an input to the name that it is sent under. ``value`` and ``confidence`` are paths into
    the answer on one record (for a chat: fields of its schema). Where ``positive`` is set the value is a label, and
    the score is the confidence in that label; else the value itself is the score, from 0 to 1.

    Where ``answers`` are declared, the answer is an object of them (``answer_fields``), which stands at ``value``.
    """

    protocol: str
    inputs: dict[str, str]
    model: str = ""
    value: str = ""
    confidence: str = ""
    positive: str = ""
    prompt: str = ""
    schema: dict[str, Any] = field(default_factory=dict)
    rows_in: str = "rows"  # plain JSON: where the list of records stands in what is sent
    rows_out: str = "predictions"  # where the list of answers stands; an output's name for Open Inference
    id_in: str = "id"  # plain JSON: under which name the record's number is sent, and where it comes back
    id_out: str = "id"
    answers: list[dict[str, Any]] = field(default_factory=list)
    document: str = ""  # "text": the text of the record's main attachment is sent as well

    @property
    def answer_fields(self) -> tuple[AnswerField, ...]:
        """The values that are asked for; none where the answer is a score."""
        return answer_fields.fields_of(self.answers)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; the schema as a text, so that no storage changes the order of its properties."""
        return {**asdict(self), "schema": json.dumps(self.schema) if self.schema else ""}

    @classmethod
    def from_dict(cls, data: Any) -> "Contract":
        """Return the contract that `data` describes; ContractError where it is none."""
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            raise ContractError("The contract is not a JSON object.")
        unknown = sorted(data.keys() - cls.__dataclass_fields__.keys())
        if unknown:
            raise ContractError(f"The contract says “{unknown[0][:40]}”, which is not known.")
        if isinstance(data.get("schema"), str):
            try:
                data = {**data, "schema": json.loads(data["schema"] or "{}")}
            except (ValueError, RecursionError) as error:
                raise ContractError("The schema is not valid JSON.") from error
        try:
            contract = cls(**data)
        except TypeError as error:
            raise ContractError("The contract names no protocol, or no inputs.") from error
        contract.check()
        return contract

    def check(self) -> None:
        """Raise ContractError where something does not fit."""
        if self.protocol not in PROTOCOLS:
            raise ContractError("The contract names a protocol that is not known.")
        names = list(self.inputs.values()) if isinstance(self.inputs, dict) else []
        if not names or not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
            raise ContractError("Each input needs a name of letters, digits and underscores to be sent under.")
        if len(set(names)) < len(names):
            raise ContractError("Two inputs are sent under the same name.")
        for what in ("model", "value", "confidence", "positive", "prompt", "rows_in", "rows_out", "id_in", "id_out"):
            if not isinstance(getattr(self, what), str):
                raise ContractError(f"“{what}” must be a text.")
        for what in ("value", "confidence", "rows_in", "rows_out", "id_in", "id_out"):
            if getattr(self, what) and not PATH.fullmatch(getattr(self, what)):
                raise ContractError(f"“{getattr(self, what)[:40]}” is not a path into the answer.")
        if self.model and not re.fullmatch(r"[A-Za-z0-9_.:/@-]{1,100}", self.model):
            raise ContractError("The name of the model has characters that are not possible.")
        if self.document not in ("", "text") or (self.document and DOCUMENT in names):
            raise ContractError("The document can be sent as “text”, and no input under its name.")
        if self.answers:
            self._check_answers()
        elif self.positive and not self.confidence:
            raise ContractError("An answer that is a label needs a confidence beside it.")
        {"chat": self._check_chat, "json": self._check_json, "inference_v2": self._check_v2}.get(
            self.protocol, lambda: None
        )()

    def _check_answers(self) -> None:
        try:
            answer_fields.fields_of(self.answers)
        except AnswerFieldError as error:
            raise ContractError(str(error)) from error
        if self.protocol == "inference_v2":
            raise ContractError("Open Inference answers with scores only: use another protocol for values.")
        if self.schema or self.positive or self.confidence not in ("", LOGPROBS):
            raise ContractError("The schema and the confidences follow from the answer fields: leave them empty.")
        if self.confidence and self.protocol != "chat":
            raise ContractError("Only a chat has log-probabilities.")

    def _check_json(self) -> None:
        if not (self.rows_in and self.rows_out and (self.value or self.answers)):
            raise ContractError("Plain JSON needs the paths of the records sent, of the answers and of the value.")
        if self.id_in in self.inputs.values():
            raise ContractError("The record's number and an input are sent under the same name.")

    def _check_v2(self) -> None:
        if not self.model:
            raise ContractError("Open Inference needs the name of the model.")

    def _check_chat(self) -> None:
        if not self.model:
            raise ContractError("A chat needs the name of the model.")
        if not self.prompt.strip() or len(self.prompt) > LONGEST_PROMPT:
            raise ContractError(f"A chat needs a prompt of at most {LONGEST_PROMPT} characters.")
        if self.answers:
            return
        try:
            schemas.check_schema(self.schema)
        except schemas.SchemaError as error:
            raise ContractError(f"The schema cannot be used: {error}.") from error
        fields = self.schema["properties"]
        kind = fields.get(self.value, {}).get("type")
        if kind != ("string" if self.positive else "number"):
            raise ContractError(
                "The value must be a property of the schema: a number, or a string where a label is the positive one."
            )
        if self.positive and self.positive not in fields[self.value].get("enum", [self.positive]):
            raise ContractError("The positive label is none of the values in the schema.")
        if self.confidence not in ("", LOGPROBS) and fields.get(self.confidence, {}).get("type") != "number":
            raise ContractError("The confidence must be a number in the schema, or come from log-probabilities.")
        missing = {self.value, self.confidence} - {"", LOGPROBS} - set(self.schema.get("required", ()))
        if missing:
            raise ContractError("The value and the confidence must be required by the schema.")
