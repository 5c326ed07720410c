"""What a protocol has to say: how records are sent, and what the body of an accepted answer means for each of them."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ...ml.errors import AnswerSchema, DocumentEmpty, InferenceError
from .. import answer_fields, strict_json
from ..answer_fields import Told
from ..contract import DOCUMENT, Contract

LONGEST_SAID = 1000  # characters of an answer that are kept with its record


@dataclass(frozen=True)
class Row:
    """One record: its number, and its inputs by the names that they are sent under."""

    id: int
    inputs: dict[str, Any]


class Result(NamedTuple):
    """What was answered on one record: the score and the confidence, both from 0 to 1, and the answer as JSON text.

    Where values were asked for, ``told`` has them, and score and confidence are that of the least certain one.
    """

    value: float
    confidence: float
    said: str = ""
    told: Told | None = None


class Reading(NamedTuple):
    """What an answer says: one entry per row that was sent, and the tokens that it cost as far as it says so."""

    results: Sequence[Result | InferenceError]
    tokens: int = 0


class Protocol(ABC):
    """One way to ask for the scores of records."""

    name: ClassVar[str]
    at_once: ClassVar[int] = 1  # rows per call

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    @abstractmethod
    def path(self) -> str:
        """Return what is added to the address of the endpoint."""

    @abstractmethod
    def payload(self, rows: Sequence[Row], key: str) -> dict[str, Any]:
        """Return what is sent as JSON for `rows`; `key` names the call."""

    @abstractmethod
    def read(self, rows: Sequence[Row], key: str, body: bytes, media_type: str) -> Reading:
        """Return what `body` says of `rows`, or raise an EndpointError that is about all of them."""

    def tokens(self, body: bytes) -> int:
        """Return the tokens that `body` says it cost, whatever else is wrong with it; 0 where it says nothing."""
        return 0

    def check_row(self, row: Row) -> InferenceError | None:
        """Return why `row` is not to be sent, None where it may be."""
        return DocumentEmpty() if self.contract.document and not row.inputs.get(DOCUMENT) else None

    def result(self, answer: Any) -> Result | InferenceError:
        """Return what the answer on one record says, by the paths of the contract; the error where it says nothing."""
        contract = self.contract
        try:
            if contract.answers:
                return self.values(strict_json.pick(answer, contract.value))
            confidence = strict_json.pick(answer, contract.confidence) if contract.confidence else None
            return self.judged(answer, strict_json.pick(answer, contract.value), confidence)
        except InferenceError as error:
            return error

    def values(self, said: Any, confidence_of: Callable[[str], float] | None = None) -> Result:
        """Return the result of the values that were asked for; raise what is wrong with the form of the answer."""
        told = answer_fields.read(self.contract.answer_fields, said, confidence_of)
        text = json.dumps(said, ensure_ascii=False)[:LONGEST_SAID]
        return Result(told.confidence, told.confidence, text, told)

    def judged(self, answer: Any, value: Any, confidence: Any) -> Result:
        """Return the result of a value and a confidence as they were answered; raise what is wrong with them."""
        said = json.dumps(answer, ensure_ascii=False)[:LONGEST_SAID]
        sure = None if confidence is None else strict_json.share(confidence, "The confidence")
        if not self.contract.positive:
            score = strict_json.share(value, "The score")
            return Result(score, max(score, 1 - score) if sure is None else sure, said)
        if not isinstance(value, str) or sure is None:
            raise AnswerSchema("It is not a label with a confidence.")
        return Result(sure if value == self.contract.positive else 1 - sure, sure, said)
