"""Why a record has no score, in the language of the reader.

A failure is stored as its type and a sentence of the taxonomy in `ml.errors`, in English, with the key of the input
that it is about. The words come from the type when it is read, and the name of the input from its version; what a
program outside of Odoo said stays as it was stored.
"""

from collections.abc import Mapping
from typing import NamedTuple

from odoo.api import Environment

from ...ml.errors import InferenceError
from ..endpoints.connection import not_ready_text

# Types whose first fact is a name, or was said outside of Odoo: it belongs into the sentence.
TELLING = {
    "injection_suspected",
    "input_gone",
    "outside_failure",
    "value_invalid",
    "value_missing",
    "value_not_allowed",
    "value_other_company",
    "value_unknown",
}


class FailureWords(NamedTuple):
    """A failure for its reader: `sentence` for a list, or `label` as a heading above `told` and `detail`.

    `detail` is the technical rest, as it was stored.
    """

    sentence: str
    label: str
    told: str = ""
    detail: str = ""


def told_in_full(words: FailureWords) -> str:
    """Return a failure in one line: its sentence, and what is known beyond it."""
    return f"{words.sentence.rstrip('.')}. {words.detail}" if words.detail else words.sentence


def failure_words(
    env: Environment, failure_type: str, message: str, names: Mapping[str, str] | None = None
) -> FailureWords:
    """Return the words for a stored failure.

    :param env: of the reader
    :param failure_type: a type of `ml.errors`
    :param message: as stored with it; where it is no sentence of its type, it is the detail
    :param names: {key: name} of the inputs of the version that failed, in the language of the reader
    """
    label = dict(env["ai.deployment.inference"]._fields["failure_type"]._description_selection(env)).get(failure_type)
    if not label:
        return FailureWords(message, message)
    facts = InferenceError.facts(failure_type, message)
    if facts is None:
        return FailureWords(label, label, detail=message)
    if failure_type == "missing_feature":
        told = env._("“%s” has no value.", (names or {}).get(facts[0], facts[0]))
        return FailureWords(told, label, told)
    if failure_type == "invalid_feature":
        told = env._("“%s” cannot be read.", (names or {}).get(facts[0], facts[0]))
        return FailureWords(told, label, told, " ".join(facts[1:]))
    told, detail = "", " ".join(facts)
    if failure_type == "document_unfamiliar":
        told, detail = _why_unfamiliar(env).get(facts[0].rstrip("."), facts[0].rstrip(".")), ""
    elif failure_type == "endpoint_not_ready":
        detail = not_ready_text(env, facts[0])
    elif failure_type in TELLING:
        told, detail = facts[0].rstrip("."), " ".join(facts[1:])
    elif failure_type == "retries_exhausted":
        before = _of_its_words(env, facts[0])
        told, detail = before.label if before else "", before.detail if before else facts[0]
    sentence = env._("%(field)s: %(name)s", field=label, name=told) if told else label
    return FailureWords(sentence, label, told, detail)


def _why_unfamiliar(env: Environment) -> dict[str, str]:
    """Return the words for what a model may say of a document, see `remote.answer_fields`."""
    return {
        "layout": env._("it looks unlike them"),
        "language": env._("it is in another language"),
        "empty": env._("it has no text"),
    }


def _of_its_words(env: Environment, message: str) -> FailureWords | None:
    """Return the words for a failure of which the sentence is known, and the type is not."""
    for leaf in InferenceError.leaves():
        kind = getattr(leaf, "failure_type", "")
        if kind != "retries_exhausted" and InferenceError.facts(kind, message) is not None:
            return failure_words(env, kind, message)
    return None
