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
from typing import Any, Self

import numpy as np

from .binning import Bins
from .cards import (
    Card,
    CardFeature,
    CardPair,
    Reason,
    ScoredRows,
)
from .logistic import logit, sigmoid
from .uncertainty import REACH, Uncertainty

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
        uncertainty: Uncertainty | None = None,
    ) -> None:
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.uncertainty = uncertainty

    def interval(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """((n,), (n,)) between which the chance of (n, k) ``codes`` lies in ``uncertainty.LIKELY`` of all cases.

        None where the card does not know how sure it is: cards of many rows do not keep it.
        """
        if self.uncertainty is None:
            return None
        raw, reach = self.raw(codes), REACH * self.uncertainty.deviations(np.asarray(codes))
        odds = logit(self.calibration.apply(raw))
        # A calibration that draws values towards the middle does so for lack of order, not of doubt.
        low = np.minimum(self.calibration.apply(raw - reach), sigmoid(odds - reach))
        return low, np.maximum(self.calibration.apply(raw + reach), sigmoid(odds + reach))

    def deviations(self) -> dict[str, np.ndarray]:
        """name -> (size,) standard deviations of the points of each code; empty where they are not known."""
        if self.uncertainty is None:
            return {}
        return {name: self.uncertainty.of_codes(j) for j, name in enumerate(self.names)}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; ``uncertainty`` only where it is known."""
        known = {} if self.uncertainty is None else {"uncertainty": self.uncertainty.to_dict()}
        return {**super().to_dict(), **known}

    @classmethod
    def from_dict(cls, data: Any, **parts: Any) -> Self:
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first."""
        if "uncertainty" in data:
            parts["uncertainty"] = Uncertainty.from_dict(data["uncertainty"])
        return super().from_dict(data, **parts)

    def _verdicts(self, raw: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values >= self.threshold, np.maximum(values, 1 - values)
