import copy
import pickle

import pytest

from odoo.addons.ai_deployment.ml import errors
from odoo.addons.ai_deployment.ml.errors import InferenceError, TrainingError

FAILURE_TYPES = {
    "missing_feature",
    "invalid_feature",
    "artifact_rejected",
    "prediction_invalid",
    "input_gone",
    "version_fails",
    "filter_broken",
    "endpoint_timeout",
    "endpoint_unreachable",
    "endpoint_busy",
    "endpoint_refused",
    "endpoint_malformed",
    "endpoint_not_ready",
    "answer_empty",
    "answer_not_json",
    "answer_truncated",
    "answer_wrapped",
    "answer_ambiguous",
    "answer_mismatch",
    "answer_schema",
    "answer_out_of_range",
    "answer_refusal",
    "retries_exhausted",
    "value_missing",
    "value_not_allowed",
    "value_unknown",
    "value_other_company",
    "value_invalid",
    "document_empty",
    "document_unfamiliar",
    "injection_suspected",
    "outside_failure",
    "took_too_long",
    "unexpected",
}


def an(error_class):
    """Some instance of a leaf: every leaf takes one fact but those about an input."""
    of_input = (errors.InvalidFeature, errors.InputGone)
    return error_class("amount", "a reason") if error_class in of_input else error_class("amount")


def test_the_vocabulary_of_failures_is_complete_and_has_no_word_twice():
    words = [leaf.failure_type for leaf in InferenceError.leaves()]
    assert sorted(words) == sorted(FAILURE_TYPES)


def test_the_facts_of_a_stored_sentence_are_found_again():
    for leaf in InferenceError.leaves():
        error = an(leaf)
        told = [] if "{" not in leaf.sentence else [str(fact) for fact in error.args if fact]
        assert list(InferenceError.facts(leaf.failure_type, str(error))) == told, leaf
        assert InferenceError.facts(leaf.failure_type, "Quelque chose.") is None, leaf
    assert InferenceError.facts("invalid_feature", "“Age” cannot be read.") == ("Age",)
    assert InferenceError.facts("nothing", "Nothing.") is None


def test_the_reason_is_the_last_fact():
    told = [errors.InvalidFeature("age", "4711"), errors.EndpointBusy("Full."), errors.EndpointBusy()]
    assert [error.reason for error in told] == ["4711", "Full.", ""]


def test_only_what_was_out_of_reach_or_too_slow_may_pass_by_itself():
    transient = {leaf.failure_type for leaf in InferenceError.leaves() if leaf.transient}
    assert transient == {
        "endpoint_timeout",
        "endpoint_unreachable",
        "endpoint_busy",
        "endpoint_not_ready",
        "took_too_long",
    }


def test_groups_are_not_raised_so_they_have_no_failure_type():
    for group in (InferenceError, errors.InputError, errors.VersionError, errors.EndpointError, errors.AnswerError):
        assert group.failure_type is None


@pytest.mark.parametrize("leaf", InferenceError.leaves(), ids=lambda leaf: leaf.__name__)
def test_every_error_survives_a_copy_and_says_a_sentence(leaf):
    error = an(leaf)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(twin) is leaf and str(twin) == str(error) and twin.args == error.args
    assert str(error).strip() and "{" not in str(error)


@pytest.mark.parametrize("leaf", InferenceError.leaves(), ids=lambda leaf: leaf.__name__)
def test_an_error_that_was_stored_comes_back(leaf):
    again = InferenceError.of(leaf.failure_type, "amount")
    assert type(again) is leaf and again.transient == leaf.transient


def test_a_failure_that_is_not_known_here_is_one_that_nobody_foresaw():
    assert type(InferenceError.of("of_a_later_version", "x")) is errors.Unexpected


def test_braces_in_a_reason_are_text():
    assert "{0}" in str(errors.Unexpected("{0} {nothing}"))


def test_training_errors_are_not_inference_errors_and_count_what_is_needed():
    error = errors.TooFewCases(50, 37, "won leads")
    assert isinstance(error, TrainingError) and not isinstance(error, InferenceError)
    assert str(error) == "About 13 more won leads are needed: 37 of at least 50."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301
