"""Taxonomy of failures.

An ``InferenceError`` is the reason why one record has no score; it travels as a
value next to the rows that succeeded. ``*`` marks what may succeed if tried again::

    InferenceError
      InputError          the record is at fault
        MissingFeature        a required input is empty
        InvalidFeature        an input cannot be read
      VersionError        the version is at fault
        ArtifactRejected      the stored card is not what it claims to be
        PredictionInvalid     the answer is not a probability
        InputGone             what it reads is not there any more
        VersionFails          it fails on every record
        FilterBroken          which records it is for cannot be found out
      EndpointError       the endpoint is at fault
        EndpointTimeout *     no answer in time
        EndpointUnreachable * no connection
        EndpointBusy *        asked to come back later
        EndpointRefused       the request was not accepted
        EndpointMalformed     the answer cannot be read
        EndpointNotReady *    it is paused, not set up, or has not been asked yet
        AnswerError         an answer came and says nothing that may be used
          AnswerEmpty           nothing
          AnswerNotJson         a web page, prose, or damaged JSON
          AnswerTruncated       it ends in the middle
          AnswerWrapped         JSON inside of prose or of a code fence
          AnswerAmbiguous       a key stands twice
          AnswerMismatch        another number of rows, other records or another order
          AnswerSchema          a field is missing, unknown, or of another type
          AnswerOutOfRange      a number that is not finite, or outside of its range
          AnswerRefusal         a language model declined
        RetriesExhausted    it was tried until the last date
      ValueProblem        one of the values asked for cannot be used
        ValueMissing          it is empty, and is needed
        ValueNotAllowed       it is none of the values allowed
        ValueUnknown          no record, or more than one, has this name
        ValueOfOtherCompany   it is a record of another company
        ValueInvalid          no date, no number
      DocumentEmpty       there is no text to read
      DocumentUnfamiliar  the model says that it does not know such documents
      InjectionSuspected  a text that goes into a prompt gives instructions
      OutsideFailure      what runs outside of Odoo reported that it failed
      TookTooLong *       the database ended it at its time limit
      Unexpected          nobody foresaw it; found by scoring the record alone

A ``TrainingError`` stands beside it: there is no card, and the message is a
sentence for the person who asked for one::

    TrainingError
      EmptyTable, TooFewCases, OneClass, NoUsableFeature, DuplicateFeature,
      ReservedFeature, BadTrainingInput

A ``CostError`` says why no threshold can be chosen by money::

    CostError
      NoReviewCost, NoLoss, TooFewErrors

Groups are for ``except``, leaves are raised. ``args`` hold the facts and ``str()``
the sentence, so every error survives ``pickle`` and ``copy``. Sentences never
quote the value of an input: it may be sensitive, and failures are stored.
"""

import re
from typing import Any


class _Sentence(Exception):
    """An exception whose text is ``sentence`` filled with its arguments."""

    sentence = "{0}"

    def __str__(self) -> str:
        return self.sentence.format(*self.args)


class InferenceError(_Sentence):
    """One record has no score, and this is why.

    ``failure_type`` is the stored word for it, ``transient`` says that the same
    call may succeed later.

    >>> sorted(leaf.failure_type for leaf in InputError.leaves())
    ['invalid_feature', 'missing_feature']
    """

    failure_type: str | None = None
    transient = False
    masked = ""  # the sentence where its last fact is not told

    @classmethod
    def leaves(cls) -> list[type]:
        """All classes below (or at) this one that can be raised, as a list."""
        below = cls.__subclasses__()
        return [leaf for sub in below for leaf in sub.leaves()] if below else [cls]

    @classmethod
    def of(cls, failure_type: str, reason: str) -> "InferenceError":
        """Return the error that a stored `failure_type` and reason stand for; `Unexpected` where it is unknown.

        >>> InferenceError.of("endpoint_busy", "It is full.")
        EndpointBusy('It is full.')
        """
        known: dict[str, Any] = {getattr(each, "failure_type", ""): each for each in InferenceError.leaves()}
        leaf = known.get(failure_type, Unexpected)
        return leaf(*(("", reason) if leaf in (InvalidFeature, InputGone) else (reason,)))

    @classmethod
    def facts(cls, failure_type: str, text: str) -> tuple[str, ...] | None:
        """Return what fills the sentence of `failure_type` in a stored `text`; None where it is another sentence.

        >>> InferenceError.facts("endpoint_busy", "The endpoint is busy. It is full.")
        ('It is full.',)
        >>> InferenceError.facts("endpoint_busy", "Something else.")
        """
        for leaf in InferenceError.leaves():
            if getattr(leaf, "failure_type", "") == failure_type:
                for template in filter(None, (getattr(leaf, "sentence", ""), getattr(leaf, "masked", ""))):
                    parts = [re.escape(part.strip()) for part in re.split(r"\{\d\}", template)]
                    if found := re.fullmatch(r"\s*(.*?)\s*".join(parts), text.strip(), re.DOTALL):
                        return tuple(fact for fact in found.groups() if fact)
        return None

    @property
    def reason(self) -> Any:
        """The fact that was handed in last, as text."""
        return str(self.args[-1]) if self.args else ""


class InputError(InferenceError):
    """The record is at fault."""

    @property
    def feature(self) -> str:
        """Name of the input that is at fault."""
        return self.args[0]


class MissingFeature(InputError):
    """A required feature has no value on this record.

    >>> str(MissingFeature("amount"))
    '“amount” has no value.'
    """

    failure_type = "missing_feature"
    sentence = "“{0}” has no value."

    def __init__(self, feature: str) -> None:
        super().__init__(feature)


class InvalidFeature(InputError):
    """A feature has a value that cannot be read.

    >>> str(InvalidFeature("amount", "text that is not a number"))
    '“amount” cannot be read: text that is not a number.'
    """

    failure_type = "invalid_feature"
    sentence = "“{0}” cannot be read: {1}."
    masked = "“{0}” cannot be read."

    def __init__(self, feature: str, reason: str) -> None:
        super().__init__(feature, reason)


class VersionError(InferenceError):
    """The version is at fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class ArtifactRejected(VersionError):
    """The stored card is damaged, unknown, or not the one that was announced."""

    failure_type = "artifact_rejected"
    sentence = "The artifact is rejected: {0}"


class PredictionInvalid(VersionError):
    """The answer is not finite, not in range, or not of the expected form."""

    failure_type = "prediction_invalid"
    sentence = "The prediction is not valid: {0}"


class InputGone(VersionError):
    """An input of the version no longer exists, or is of another type than in training.

    >>> str(InputGone("Industry", "there is no field “x_industry”"))
    'Input “Industry” cannot be read any more: there is no field “x_industry”'
    """

    failure_type = "input_gone"
    sentence = "Input “{0}” cannot be read any more: {1}"

    def __init__(self, feature: str, reason: str) -> None:
        super(VersionError, self).__init__(feature, reason)


class VersionFails(VersionError):
    """Every record that was tried fails in the same way, so none of them is to blame."""

    failure_type = "version_fails"
    sentence = "It fails on every record: {0}"


class FilterBroken(VersionError):
    """The record filter of the deployment cannot be used."""

    failure_type = "filter_broken"
    sentence = "“Only Records” is not a filter that can be used any more: {0}"


class EndpointError(InferenceError):
    """The endpoint is at fault."""

    status: int | None = None
    retry_after: float | None = None  # seconds that the endpoint asked to wait, where it said so
    received: bytes = b""  # the first of what came back
    attempts: int = 0

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)


class EndpointTimeout(EndpointError):
    """No answer within the deadline."""

    failure_type = "endpoint_timeout"
    transient = True
    sentence = "The endpoint did not answer in time. {0}"


class EndpointUnreachable(EndpointError):
    """No connection could be made, or it broke."""

    failure_type = "endpoint_unreachable"
    transient = True
    sentence = "The endpoint cannot be reached. {0}"


class EndpointBusy(EndpointError):
    """The endpoint, or the breaker in front of it, asks to come back later."""

    failure_type = "endpoint_busy"
    transient = True
    sentence = "The endpoint is busy. {0}"


class EndpointRefused(EndpointError):
    """The endpoint understood and said no; asking again changes nothing."""

    failure_type = "endpoint_refused"
    sentence = "The endpoint refused the request. {0}"


class EndpointMalformed(EndpointError):
    """The answer cannot be read as what was agreed."""

    failure_type = "endpoint_malformed"
    sentence = "The answer of the endpoint cannot be read. {0}"


class EndpointNotReady(EndpointError):
    """The endpoint is paused, not set up, or was not asked yet; nothing was sent."""

    failure_type = "endpoint_not_ready"
    transient = True
    sentence = "The endpoint is not ready. {0}"


class AnswerError(EndpointError):
    """An answer came, and it says nothing that may be used."""


class AnswerEmpty(AnswerError):
    """The answer is empty."""

    failure_type = "answer_empty"
    sentence = "The answer of the endpoint is empty. {0}"


class AnswerNotJson(AnswerError):
    """The answer is not JSON: a web page, prose, or damaged."""

    failure_type = "answer_not_json"
    sentence = "The answer of the endpoint is not JSON. {0}"


class AnswerTruncated(AnswerError):
    """The answer ends in the middle."""

    failure_type = "answer_truncated"
    sentence = "The answer of the endpoint is incomplete. {0}"


class AnswerWrapped(AnswerError):
    """JSON inside of prose or of a code fence."""

    failure_type = "answer_wrapped"
    sentence = "The answer of the endpoint holds more than the JSON that was asked for. {0}"


class AnswerAmbiguous(AnswerError):
    """A key stands twice, with two values."""

    failure_type = "answer_ambiguous"
    sentence = "The answer of the endpoint contradicts itself. {0}"


class AnswerMismatch(AnswerError):
    """The answer is not about the records that were sent, or not in their order."""

    failure_type = "answer_mismatch"
    sentence = "The answer of the endpoint is not about the records sent. {0}"


class AnswerSchema(AnswerError):
    """A field of the answer is missing, unknown, or of another type than agreed."""

    failure_type = "answer_schema"
    sentence = "The answer of the endpoint does not have the form agreed. {0}"


class AnswerOutOfRange(AnswerError):
    """A number of the answer is not finite, or outside of its range."""

    failure_type = "answer_out_of_range"
    sentence = "The answer of the endpoint is out of range. {0}"


class AnswerRefusal(AnswerError):
    """A language model declined to answer."""

    failure_type = "answer_refusal"
    sentence = "The language model declined to answer. {0}"


class RetriesExhausted(EndpointError):
    """A failure that may pass has not passed until the last attempt."""

    failure_type = "retries_exhausted"
    sentence = "The last attempt failed as well. {0}"


class ValueProblem(InferenceError):
    """One of the values asked for cannot be used; the argument is its label."""

    def __init__(self, label: str) -> None:
        super().__init__(label)


class ValueMissing(ValueProblem):
    """A value that is needed is empty.

    >>> str(ValueMissing("Vendor"))
    'The model found no value of “Vendor”.'
    """

    failure_type = "value_missing"
    sentence = "The model found no value of “{0}”."


class ValueNotAllowed(ValueProblem):
    """A value is none of those allowed."""

    failure_type = "value_not_allowed"
    sentence = "“{0}” is none of the values allowed."


class ValueUnknown(ValueProblem):
    """No record has this name, or several have."""

    failure_type = "value_unknown"
    sentence = "“{0}” cannot be found: no record has this name, or several have."


class ValueOfOtherCompany(ValueProblem):
    """A value is a record of another company."""

    failure_type = "value_other_company"
    sentence = "“{0}” is a record of another company."


class ValueInvalid(ValueProblem):
    """A value is not of its kind."""

    failure_type = "value_invalid"
    sentence = "“{0}” is not a valid value of its kind."


class DocumentEmpty(InferenceError):
    """The document of the record has no text to read."""

    failure_type = "document_empty"
    sentence = "There is no document, or it has no text."

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)


class DocumentUnfamiliar(InferenceError):
    """The model says that it does not know such documents."""

    failure_type = "document_unfamiliar"
    sentence = "The model does not know such documents: {0}."

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class InjectionSuspected(InferenceError):
    """A text of the record that goes into a prompt gives instructions; nothing was sent.

    >>> str(InjectionSuspected("description"))
    'A text of the record gives instructions to the language model: description'
    """

    failure_type = "injection_suspected"
    sentence = "A text of the record gives instructions to the language model: {0}"

    def __init__(self, feature: str) -> None:
        super().__init__(feature)


class OutsideFailure(InferenceError):
    """A program outside of Odoo, or code of one's own, reported that it failed."""

    failure_type = "outside_failure"
    sentence = "It reported a failure: {0}"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class TookTooLong(InferenceError):
    """Reading exceeded the time limit of the database."""

    failure_type = "took_too_long"
    transient = True
    sentence = "Reading its inputs took longer than the database allows."


class Unexpected(InferenceError):
    """A fault that nobody foresaw, found by scoring the record alone."""

    failure_type = "unexpected"
    sentence = "Scoring this record failed unexpectedly: {0}"

    def __init__(self, reason: Any) -> None:
        super().__init__(reason)


class TrainingError(_Sentence):
    """There is no card; the message says why, to the person who asked for one."""


class EmptyTable(TrainingError):
    """Not one row to learn from."""

    sentence = "There are no records to learn from: widen “Only Records”, or wait until their outcome window is over."


class TooFewCases(TrainingError):
    """Fewer cases than the minimum.

    >>> str(TooFewCases(50, 37, "wins"))
    'About 13 more wins are needed: 37 of at least 50.'
    """

    sentence = "About {3} more {2} are needed: {1} of at least {0}."

    def __init__(self, needed: int, found: int, what: str) -> None:
        super().__init__(needed, found, what)
        self.needed = needed
        self.found = found
        self.what = what

    def __str__(self) -> str:
        return self.sentence.format(*self.args, self.needed - self.found)


class OneClass(TrainingError):
    """Every case ended the same way."""

    sentence = (
        "All records ended the same way, so there is nothing to tell apart: wins and records without a win are needed."
    )


class NoUsableFeature(TrainingError):
    """Every input is empty or always the same."""

    sentence = "No input varies: each one is empty or always the same. Add inputs that differ between records."


class DuplicateFeature(TrainingError):
    """Two inputs have the same name."""

    sentence = "Two inputs are called {0!r}; names must be different."

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ReservedFeature(TrainingError):
    """An input has a name that the monitors use themselves."""

    sentence = "An input cannot be called {0!r}: the monitors use that name."

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class BadTrainingInput(TrainingError):
    """The table does not fit together; the argument is the whole sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class CostError(_Sentence):
    """No threshold can be chosen by money, and this is why."""


class NoReviewCost(CostError):
    """A review costs nothing, so that one of everything would pay."""

    sentence = "The cost of a review is missing: enter the minutes of a review and their hourly cost."


class NoLoss(CostError):
    """No wrong decision loses anything, so that no review would pay."""

    sentence = "No loss is known: enter what a wrong decision costs."


class TooFewErrors(CostError):
    """Too few decisions were wrong to choose a threshold by their losses.

    >>> str(TooFewErrors(10, 4))
    'Only 4 of the decisions tested were wrong; 10 are needed to choose by costs.'
    """

    sentence = "Only {1} of the decisions tested were wrong; {0} are needed to choose by costs."

    def __init__(self, needed: int, found: int) -> None:
        super().__init__(needed, found)
        self.needed = needed
        self.found = found
