"""Reviews that resemble each other: cases of the past that tell how such records end, and open ones that look alike.

Records are compared by the bins into which a version puts their inputs, as the log keeps them: a record is as similar
as the points of its reasons that the other one shares. Of the past only the latest cases are looked at, so that it
costs the same however long the log is.
"""

from itertools import islice
from typing import NamedTuple

import numpy as np

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml.errors import ArtifactRejected

DECIDED = 500  # of the latest answers
ENDED = 1000  # of the latest first scores, for records that end by themselves
SHOWN = 3
LEAST_ALIKE = 0.5  # of the points in common, to be called similar
AT_ONCE = 60  # candidates whose ending and access are looked up together
MOST_PIECES = 5  # of so many candidates
MOST_ALIKE = 1000  # open reviews among which look-alikes are sought


class Case(NamedTuple):
    """A case of the past: its bins, and what its reviewer said was true, None where it was not reviewed."""

    res_id: int
    codes: str
    answer: str | None


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    _cases_idx = models.Index("(version_id, decided_date DESC) WHERE is_label")

    def _similar_cases(self, past=None):
        """The most similar past cases that the user may read: [(id, name, share in common, ending, is positive)].

        :param past: cases that were looked up for another review before, by version; filled here
        """
        self.ensure_one()
        inference, documents = self.sudo().inference_id, self.env[self.sudo().res_model]
        version, past = inference.version_id, {} if past is None else past
        if not inference.codes:
            return []
        if version.id not in past:
            past[version.id] = self._past_cases(version)
        similar, words = [], documents._ai_words()
        for alike in islice(self._by_likeness(inference, past[version.id]), MOST_PIECES):
            ids = [case.res_id for case, _share in alike]
            endings, readable = documents.browse(ids)._ai_endings(), self._readable_ids(documents, ids)
            for case, share in alike:
                if case.res_id in readable and (case.answer or case.res_id in endings):
                    answer = (self.env._("reviewed: %s", words.get(case.answer)), case.answer == "positive")
                    similar.append((case.res_id, share, *endings.get(case.res_id, answer)))
            if len(similar) >= SHOWN:
                break
        shown = documents.browse(case[0] for case in similar[:SHOWN])
        return [(document.id, document.display_name, *case[1:]) for document, case in zip(shown, similar, strict=False)]

    def _past_cases(self, version):
        """The latest answers, and the latest first scores of records that may have ended by themselves."""
        self.flush_model(["version_id", "is_label", "decided_date", "ground_truth", "inference_id", "res_id"])
        rows = self.env.execute_query(
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
        if self.env[self.sudo().res_model]._ai_has_outcome():
            rows += self.env.execute_query(
                SQL(
                    "SELECT res_id, codes, NULL FROM ai_deployment_inference WHERE version_id = %s AND is_intake"
                    " AND codes IS NOT NULL ORDER BY date DESC LIMIT %s",
                    version.id,
                    ENDED,
                )
            )
        seen, cases = set(), []
        for row in rows:
            if row[0] not in seen:
                seen.add(row[0])
                cases.append(Case(*row))
        return cases

    def _by_likeness(self, inference, cases):
        """`cases` from the most similar on, with the share of points in common, in pieces of `AT_ONCE`."""
        try:
            card = inference.version_id._card()
        except ArtifactRejected:
            return
        own = np.frombuffer(bytes.fromhex(inference.codes), dtype=np.uint8)
        length, itself = len(inference.codes), inference.res_id
        cases = [case for case in cases if len(case.codes) == length and case.res_id != itself]
        if not cases:
            return
        codes = np.frombuffer(bytes.fromhex("".join(case.codes for case in cases)), dtype=np.uint8)
        weights = np.abs(card.contributions(own[None, :])[0])
        weights = weights if weights.sum() else np.ones(len(own))
        shares = (codes.reshape(len(cases), -1) == own) @ weights / weights.sum()
        order = [place for place in np.argsort(-shares, kind="stable").tolist() if shares[place] >= LEAST_ALIKE]
        for start in range(0, len(order), AT_ONCE):
            yield [(cases[place], float(shares[place])) for place in order[start : start + AT_ONCE]]

    @api.model
    def _readable_ids(self, documents, ids):
        """Those of the `ids` whose record the user may read, archived or not. Nothing of the others is fetched."""
        found = documents.with_context(active_test=False)._search(Domain("id", "in", ids))
        return set(found.get_result_ids())

    # Look-alikes

    def _look_alikes(self):
        """The open reviews that ask the same: same reason, same answer, and the same strongest input or failure."""
        self.ensure_one()
        if self.hides_score:  # what else the score says the same of would tell what it says
            return self
        domain = Domain("state", "=", "open") & Domain("version_id", "=", self.version_id.id)
        domain &= Domain("deployment_id", "=", self.deployment_id.id) & Domain("reason", "=", self.reason)
        if self.failure_type:
            return self.search(domain & Domain("failure_type", "=", self.failure_type), limit=MOST_ALIKE)
        others = self.search(domain & Domain("prediction", "=", self.prediction), limit=MOST_ALIKE) | self
        strongest = others._strongest_inputs()
        return others.filtered(lambda review: strongest.get(review.id) == strongest.get(self.id))

    def _strongest_inputs(self):
        """The input that says most about each record, with its bin: {review id: (place of the input, code)}."""
        inferences = self.sudo().inference_id
        codes_by_id = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, codes FROM ai_deployment_inference WHERE id = ANY(%s) AND codes IS NOT NULL",
                    list(inferences.ids),
                )
            )
        )
        strongest = {}
        for version, reviews in self.sudo().grouped("version_id").items():
            reviews = reviews.filtered(lambda review: review.inference_id.id in codes_by_id)
            try:
                card = version._card() if reviews else None
            except ArtifactRejected:
                continue
            if not reviews:
                continue
            rows = np.frombuffer(
                bytes.fromhex("".join(codes_by_id[review.inference_id.id] for review in reviews)), dtype=np.uint8
            ).reshape(len(reviews), -1)
            places = np.abs(card.contributions(rows)).argmax(axis=1).tolist()
            for review, row, place in zip(reviews, rows.tolist(), places, strict=True):
                strongest[review.id] = (place, row[place])
        return strongest
