"""The supervised card: points per bin, added up, calibrated to a probability.

Points are log odds. ``values`` is the probability of the positive label; the
prediction is positive from ``threshold`` on, and the confidence is the probability
of the predicted side. ``training.train_scorecard`` makes one.

>>> import numpy as np
>>> from .binning import NumericBins
>>> from .calibration import Identity
>>> from .columns import make_column
>>> bins = NumericBins(0, 10, [5], whole=True)
>>> age = CardFeature("age", "number", bins, np.array([0, -1, 1, -1, 1.0]), False,
...                   np.array([0, 0, 0, 50, 50]))
>>> card = Scorecard([age], 0.0, Identity(), NumericBins(0, 1))
>>> scored = card.score({"age": make_column("age", "number", [3, 7])})
>>> scored.values.round(3).tolist(), scored.predictions.tolist()
([0.269, 0.731], [False, True])
>>> card.explain(scored.codes[1])
[Reason(feature='age', code=4, label='5 to 10', contribution=1.0)]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .binning import Bins
from .cards import (
    Card,
    CardFeature,
    CardPair,
    Reason,
    ScoredRows,
)

__all__ = ["CardFeature", "CardPair", "Reason", "Scorecard", "ScoredRows"]


class Scorecard(Card):
    """Points that add up to the log odds of the positive label."""

    kind = "scorecard"
    own = ("threshold",)

    def __init__(
        self,
        features: list[CardFeature],
        intercept: float,
        calibration: Any,
        score_bins: Bins,
        pairs: Sequence[CardPair] = (),
        threshold: float = 0.5,
    ) -> None:
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)

    def _verdicts(self, raw: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values >= self.threshold, np.maximum(values, 1 - values)
