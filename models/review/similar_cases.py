"""Reviews that resemble each other: past cases that show how such records end, and open reviews that look alike.

Records are compared by the bins into which a version puts their inputs, as the log stores them: a record is as similar
as the points of its reasons that the other one shares. Of the past only the latest cases are read, so that the cost
does not depend on the length of the log.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import ArtifactRejected

DECIDED = 500  # of the latest answers
ENDED = 1000  # of the latest first scores, for records that end without a review
SHOWN = 3  # past cases beside a review
LEAST_ALIKE = 0.5  # of the points in common, to be called similar
AT_ONCE = 60  # candidates whose ending and access are looked up together
MOST_PIECES = 5  # of so many candidates
MOST_ALIKE = 1000  # open reviews among which look-alikes are sought


class PastCase(NamedTuple):
    """A past case: the hexadecimal bin codes of its inputs, and the reviewer's answer, None where not reviewed."""

    res_id: int
    codes: str
    answer: str | None


class SimilarCase(NamedTuple):
    """A past case that the user may read: `share` of the points in common (0 to 1), and how it ended."""

    res_id: int
    name: str
    share: float
    ending: str
    is_positive: bool


class SimilarCases:
    """Finds the past cases that resemble a review; the cases of a version are read once per instance."""

    def __init__(self) -> None:
        self._past: dict[int, list[PastCase]] = {}

    def find(self, review: BaseModel) -> list[SimilarCase]:
        """Return the most similar past cases that the current user may read, at most `SHOWN`.

        :param review: one review, with the rights of the user
        """
        review.ensure_one()
        known, env = review.sudo(), review.env
        inference, documents = known.inference_id, env[known.res_model]
        version = inference.version_id
        if not inference.codes or known.deployment_id.is_task:
            return []
        if version.id not in self._past:
            self._past[version.id] = _past_cases(version, documents._ai_has_outcome())
        similar: list[tuple] = []
        words = documents._ai_words()
        for alike in islice(_by_likeness(inference, self._past[version.id]), MOST_PIECES):
            ids = [case.res_id for case, _share in alike]
            endings, readable = documents.browse(ids)._ai_endings(), _readable_ids(documents, ids)
            for case, share in alike:
                if case.res_id in readable and (case.answer or case.res_id in endings):
                    answer = (env._("reviewed: %s", words.get(case.answer)), case.answer == "positive")
                    similar.append((case.res_id, share, *endings.get(case.res_id, answer)))
            if len(similar) >= SHOWN:
                break
        shown = documents.browse(case[0] for case in similar[:SHOWN])
        return [
            SimilarCase(document.id, document.display_name, *case[1:])
            for document, case in zip(shown, similar, strict=False)
        ]


def _past_cases(version: BaseModel, with_outcomes: bool) -> list[PastCase]:
    """Return the latest answers, and the latest first scores of records that may have ended without a review."""
    env = version.env
    env["ai.deployment.review"].flush_model(
        ["version_id", "is_label", "decided_date", "ground_truth", "inference_id", "res_id"]
    )
    rows = env.execute_query(
        SQL(
            "SELECT review.res_id, inference.codes, review.ground_truth FROM ai_deployment_review review"
            " JOIN ai_deployment_inference inference ON inference.id = review.inference_id"
            " WHERE review.version_id = %s AND inference.version_id = %s AND review.is_label"
            " AND inference.codes IS NOT NULL"
            " ORDER BY review.decided_date DESC LIMIT %s",
            version.id,
            version.id,
            DECIDED,
        )
    )
    if with_outcomes:
        rows += env.execute_query(
            SQL(
                "SELECT res_id, codes, NULL FROM ai_deployment_inference WHERE version_id = %s AND is_first_inference"
                " AND codes IS NOT NULL ORDER BY date DESC LIMIT %s",
                version.id,
                ENDED,
            )
        )
    seen, cases = set(), []
    for case in (PastCase(*row) for row in rows):
        if case.res_id not in seen:
            seen.add(case.res_id)
            cases.append(case)
    return cases


def _by_likeness(inference: BaseModel, cases: list[PastCase]) -> Iterator[list[tuple[PastCase, float]]]:
    """Yield `cases` from the most similar on, with the share of points in common, in pieces of `AT_ONCE`."""
    try:
        card = inference.version_id._card()
    except ArtifactRejected:
        return
    own = _codes_array(inference.codes)
    length, itself = len(inference.codes), inference.res_id
    cases = [case for case in cases if len(case.codes) == length and case.res_id != itself]
    if not cases:
        return
    codes = np.stack([_codes_array(case.codes) for case in cases])
    weights = np.abs(card.contributions(own[None, :])[0])
    weights = weights if weights.sum() else np.ones(len(own))
    shares = (codes == own) @ weights / weights.sum()
    order = [place for place in np.argsort(-shares, kind="stable").tolist() if shares[place] >= LEAST_ALIKE]
    for start in range(0, len(order), AT_ONCE):
        yield [(cases[place], float(shares[place])) for place in order[start : start + AT_ONCE]]


def _codes_array(codes: str) -> np.ndarray:
    """Return hexadecimal bin codes as numbers, of shape (number of inputs,)."""
    return np.frombuffer(bytes.fromhex(codes), dtype=np.uint8)


def _readable_ids(documents: BaseModel, ids: list[int]) -> set[int]:
    """Return those of `ids` whose record the user may read, archived or not. Nothing of the others is fetched."""
    found = documents.with_context(active_test=False)._search(Domain("id", "in", ids))
    return set(found.get_result_ids())


def look_alikes(review: BaseModel) -> BaseModel:
    """Return the open reviews that ask the same: same reason, same answer, same strongest input or failure.

    :param review: one review, with the rights of the user
    """
    review.ensure_one()
    if review.hides_score:  # what else the score says the same of would tell what it says
        return review
    domain = Domain("state", "=", "open") & Domain("version_id", "=", review.version_id.id)
    domain &= Domain("deployment_id", "=", review.deployment_id.id) & Domain("reason", "=", review.reason)
    if review.failure_type:
        return review.search(domain & Domain("failure_type", "=", review.failure_type), limit=MOST_ALIKE)
    others = review.search(domain & Domain("prediction", "=", review.prediction), limit=MOST_ALIKE) | review
    strongest = _strongest_inputs(others.sudo())
    return others.filtered(lambda other: strongest.get(other.id) == strongest.get(review.id))


def _strongest_inputs(reviews: BaseModel) -> dict[int, tuple[int, int]]:
    """Return the input with the most points of each record, and its bin: {review id: (place of the input, code)}.

    :param reviews: ai.deployment.review with all rights
    """
    codes_by_id = dict(
        reviews.env.execute_query(
            SQL(
                "SELECT id, codes FROM ai_deployment_inference WHERE id = ANY(%s) AND codes IS NOT NULL",
                list(reviews.inference_id.ids),
            )
        )
    )
    strongest = {}
    for version, theirs in reviews.grouped("version_id").items():
        theirs = theirs.filtered(lambda review: review.inference_id.id in codes_by_id)
        if not theirs:
            continue
        try:
            card = version._card()
        except ArtifactRejected:
            continue
        rows = np.stack([_codes_array(codes_by_id[review.inference_id.id]) for review in theirs])
        places = np.abs(card.contributions(rows)).argmax(axis=1).tolist()
        for review, row, place in zip(theirs, rows.tolist(), places, strict=True):
            strongest[review.id] = (place, row[place])
    return strongest
