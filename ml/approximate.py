"""Scorers that are no sums of points: same bins, codes and checks, approximate reasons.

What an input adds depends on the others there, so nothing can be printed that is exact.
Printed are how far each input moves the sum over the reference, and what each of
its bins adds on average.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import Bins
from .cards import Card, CardFeature

NOTE = "Reasons are approximate: what an input adds depends on the others."


class ApproximateCard(Card):
    """Base of scorers that are no sums of points; positive from ``threshold`` on.

    The ``points`` of the features are means of their contributions per code over the
    reference, for printing only; ``importances`` (k,) are the means of their sizes.
    """

    own: tuple[str, ...] = ("threshold", "importances")
    exact_reasons = False

    def __init__(
        self,
        features: list[CardFeature],
        intercept: float,
        calibration: Any,
        score_bins: Bins,
        pairs: Sequence[Any] = (),
        *,
        importances: list[float] | None = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.importances = [0.0] * len(self.features) if importances is None else [float(x) for x in importances]

    def averages(self, codes: ArrayLike) -> tuple[list[CardFeature], list[float]]:
        """(features with points, importances) as they are over the reference ``codes`` (n, k)."""
        codes, shares = np.asarray(codes), self.contributions(codes)
        features = []
        for j, feature in enumerate(self.features):
            rows = np.bincount(codes[:, j], minlength=feature.bins.size)
            sums = np.bincount(codes[:, j], shares[:, j], minlength=feature.bins.size)
            features.append(replace(feature, points=sums / np.maximum(rows, 1)))
        return features, np.abs(shares).mean(axis=0).tolist()

    def _verdicts(self, raw: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values >= self.threshold, np.maximum(values, 1 - values)

    # Printing
    def ranked(self) -> Any:
        """(name, importance) of every input, the most important first."""
        moved = [(name, sum(self.importances[j] for j in places)) for name, places in self.inputs]
        return sorted(moved, key=lambda item: -item[1])

    def as_text(self, names: Any = None) -> Any:
        """Importance per input, then what a bin adds on average, in plain text."""
        wide = max(map(len, self.names))
        lines = [f"{name:<{wide}}  moves the sum by {size:.3f} on average" for name, size in self.ranked()]
        return "\n".join([NOTE, *lines, "", super().as_text(names)])

    def as_html(self, names: Any = None) -> Any:
        """The same as HTML tables; every text in it is escaped."""
        body = "".join(f"<tr><td>{escape(name)}</td><td>{size:.3f}</td></tr>" for name, size in self.ranked())
        return (
            f"<p>{NOTE}</p><table><thead><tr><th>Input</th><th>Moves the sum on average by</th></tr></thead>"
            f"<tbody>{body}</tbody></table>{super().as_html(names)}"
        )
