"""The card that has learned from reviewers: points per bin, over the same inputs and how unusual a row is overall.

Reviewers see what an anomaly card finds unusual, so their verdicts say much about such
rows and nothing about the rest. This card therefore carries the anomaly card with it:
how unusual a row is overall (its rank among the reference) is one more input, named
``SURPRISE``, worked out while scoring. ``values`` is the probability that a reviewer
confirms the row; the prediction is "flagged", at a threshold that flags as many rows
as the anomaly card would. ``reviewed_training.train_reviewed`` makes one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .anomaly import AnomalyCard
from .binning import Bins
from .cards import Card, CardFeature
from .columns import NUMBER, Column
from .errors import InvalidFeature

SURPRISE = "card:surprise"  # no key of an input looks like this


class ReviewedCard(Card):
    """Points that add up to the log odds of "confirmed by a reviewer".

    ``surprise`` is the anomaly card as plain JSON types; all of its inputs are inputs
    of this card too.
    """

    kind = "reviewed"
    own = ("threshold", "surprise")

    def __init__(
        self,
        features: list[CardFeature],
        intercept: float,
        calibration: Any,
        score_bins: Bins,
        pairs: Sequence[Any] = (),
        *,
        threshold: float,
        surprise: dict[str, Any],
    ) -> None:
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.surprise = surprise
        self.anomaly = AnomalyCard.from_dict(surprise)

    def _codes(self, columns: dict[str, Any]) -> tuple[np.ndarray, dict[int, InvalidFeature]]:
        surprise, errors = surprise_column(self.anomaly, columns)
        codes, own = super()._codes({**columns, SURPRISE: surprise})
        return codes, own | errors

    def _verdicts(self, raw: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        predictions = values >= self.threshold
        return predictions, np.where(predictions, values, 1 - values)


def surprise_column(card: Card, columns: dict[str, Any]) -> tuple[Column, dict[int, InvalidFeature]]:
    """(the ``SURPRISE`` of the rows of ``columns`` under an anomaly card, the errors of those that have none)."""
    scored = card.score(columns)
    return Column(SURPRISE, NUMBER, scored.values), scored.errors
