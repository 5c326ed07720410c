"""Models that run elsewhere as versions: bins of ours around answers that are brought in.

What such a model makes of its inputs is not known here, so that nothing can be printed of it and no score has reasons.
Its inputs have bins all the same: codes, profiles, drift and data quality work as for any card. Answers are handed to
`score`; a row without one waits.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from .approximate import ApproximateCard
from .binning import Bins, CategoryBins, NumericBins
from .calibration import Identity
from .cards import CardFeature, ScoredRows
from .columns import NUMBER, Column
from .errors import EndpointNotReady, InferenceError, PredictionInvalid
from .logistic import logit
from .profile import CONFIDENCE, CONFIDENCE_BINS, PREDICTION, PREDICTION_BINS, SCORE, Profile

SCORE_EDGES = [n / 20 for n in range(1, 20)]
NOT_ASKED = "It has not been asked about this record yet."

Answer = tuple[float, float] | InferenceError  # score and confidence, or why there are none


class RemoteCard(ApproximateCard):
    """A model behind an endpoint; `contract` says what is sent and what comes back, see ``remote.contract``."""

    kind = "remote"
    own = (*ApproximateCard.own, "contract")

    def __init__(self, *arguments: Any, contract: dict[str, Any], **others: Any) -> None:
        super().__init__(*arguments, **others)
        self.contract = dict(contract)

    def score(self, columns: dict[str, Column], answers: Sequence[Answer] | None = None) -> ScoredRows:
        """As ``Card.score``; contributions are 0.

        :param answers: one per row; without them every row waits for its own
        """
        codes, errors = self._codes(columns)
        values, confidences = np.full(len(codes), np.nan), np.zeros(len(codes))
        for row, answer in enumerate(answers or [EndpointNotReady(NOT_ASKED)] * len(codes)):
            if row in errors:
                continue
            if isinstance(answer, InferenceError):
                errors[row] = answer
            elif all(0 <= part <= 1 for part in answer):
                values[row], confidences[row] = answer
            else:
                errors[row] = PredictionInvalid("not a number from 0 to 1")
        with np.errstate(invalid="ignore"):
            raw = logit(values)
            # Where values are proposed, the score is the chance that they are right: they always say that they are.
            predictions = np.isfinite(values) if self.contract.get("answers") else values >= self.threshold
        return ScoredRows(
            codes=codes,
            contributions=np.zeros(codes.shape),
            raw=raw,
            values=values,
            predictions=predictions,
            confidences=confidences,
            errors=errors,
            support=self.support(codes),
        )

    def support(self, codes: np.ndarray) -> np.ndarray:
        """As ``Card.support``; 1 where there is no reference, so that nothing looks unlike it."""
        found = super().support(codes)
        return found if self._counts.sum() else np.ones_like(found)


class PushedCard(RemoteCard):
    """A model of an external program that pushes what it found."""

    kind = "pushed"


def around(
    card: type[RemoteCard],
    columns: Mapping[str, Column],
    contract: dict[str, Any],
    *,
    required: Collection[str] = (),
    threshold: float = 0.5,
    max_bins: int = 64,
) -> tuple[RemoteCard, Profile]:
    """Return a card of the class `card` with bins of `columns`, and the reference of its inputs; no score is known yet.

    :param columns: {name: Column} of records that stand for those to come, at most a few thousand
    """
    features, counts = [], {}
    for name, column in columns.items():
        fit = NumericBins.fit if column.kind == NUMBER else CategoryBins.fit
        bins = fit(column.values, max_bins)
        counts[name] = np.bincount(bins.codes(column.values), minlength=bins.size)
        features.append(CardFeature(name, column.kind, bins, np.zeros(bins.size), name in required, counts[name]))
    score_bins = NumericBins(0.0, 1.0, SCORE_EDGES)
    made = card(features, 0.0, Identity(), score_bins, contract=contract, threshold=threshold)
    rows = len(next(iter(columns.values()))) if columns else 0
    unknown: dict[str, Bins] = {SCORE: score_bins, PREDICTION: PREDICTION_BINS, CONFIDENCE: CONFIDENCE_BINS}
    nothing = {name: np.zeros(bins.size, dtype=np.int64) for name, bins in unknown.items()}
    return made, Profile(rows, {**counts, **nothing})
