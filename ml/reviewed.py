"""The card that has learned from reviewers: points per bin, over the same inputs and how unusual a row is overall.

Reviewers see what an anomaly card finds unusual, so their verdicts say much about such
rows and nothing about the rest. This card therefore carries the anomaly card with it:
how unusual a row is overall (its rank among the reference) is one more input, named
``SURPRISE``, worked out while scoring. ``values`` is the probability that a reviewer
confirms the row; the prediction is "flagged", at a threshold that flags as many rows
as the anomaly card would. ``reviewed_training.train_reviewed`` makes one.
"""

import numpy as np

from .anomaly import AnomalyCard
from .cards import Card
from .columns import NUMBER, Column

SURPRISE = "card:surprise"  # no key of an input looks like this


class ReviewedCard(Card):
    """Points that add up to the log odds of "confirmed by a reviewer".

    ``surprise`` is the anomaly card as plain JSON types; all of its inputs are inputs
    of this card too.
    """

    kind = "reviewed"
    own = ("threshold", "surprise")

    def __init__(self, features, intercept, calibration, score_bins, pairs=(), *, threshold, surprise):
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.surprise = surprise
        self.anomaly = AnomalyCard.from_dict(surprise)

    def _codes(self, columns):
        surprise, errors = surprise_column(self.anomaly, columns)
        codes, own = super()._codes({**columns, SURPRISE: surprise})
        return codes, own | errors

    def _verdicts(self, raw, values):
        predictions = values >= self.threshold
        return predictions, np.where(predictions, values, 1 - values)


def surprise_column(card, columns):
    """(the ``SURPRISE`` of the rows of ``columns`` under an anomaly card, the errors of those that have none)."""
    scored = card.score(columns)
    return Column(SURPRISE, NUMBER, scored.values), scored.errors
