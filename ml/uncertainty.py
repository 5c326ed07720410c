"""How sure a sum of points is, as plain numbers beside the points.

Each code has a short vector, shared by all inputs, and a variance of its own. The variance of a sum is the squared
length of the sum of its vectors, plus the variances of its own: what two inputs know only together is not counted
twice. Two dozen dimensions keep what matters of any covariance; the artifact stores them as numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .points import centre

DIMENSIONS = 16  # of a vector
DIGITS = 4  # that are stored
LIKELY = 0.8  # share of the truths that an interval shall hold
REACH = 1.2816  # standard deviations to either side that hold it


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """``constant`` (r,) of the intercept, and per input ``shared`` (size, r) and ``alone`` (size,) of its codes."""

    constant: np.ndarray
    shared: list
    alone: list

    def deviations(self, codes: np.ndarray) -> np.ndarray:
        """(n,) standard deviations of the raw sums of (n, k) ``codes``."""
        total = np.repeat(self.constant[None, :], len(codes), axis=0)
        variance = np.zeros(len(codes))
        for j, (shared, alone) in enumerate(zip(self.shared, self.alone, strict=True)):
            total += shared[codes[:, j]]
            variance += alone[codes[:, j]]
        return np.sqrt(np.sum(total**2, axis=1) + variance)

    def of_codes(self, j: int) -> np.ndarray:
        """(size,) standard deviations of the points of input ``j``."""
        return np.sqrt(np.sum(self.shared[j] ** 2, axis=1) + self.alone[j])

    def centred(self, counts: Sequence[np.ndarray]) -> "Uncertainty":
        """The same for points that average 0 over ``counts``, one (size,) array per input; silent codes stay 0."""
        constant, shared = self.constant.copy(), []
        for own, rows in zip(self.shared, counts, strict=True):
            silent = ~own.any(axis=1)
            moved = [centre(column, rows, silent) for column in own.T]
            constant += [mean for _points, mean in moved]
            shared.append(np.stack([points for points, _mean in moved], axis=1))
        return Uncertainty(constant, shared, self.alone)

    def with_inputs(self, sizes: Sequence[int]) -> "Uncertainty":
        """The same with inputs of ``sizes`` behind, whose points are 0 for sure."""
        more = [np.zeros((size, len(self.constant))) for size in sizes]
        return Uncertainty(self.constant, [*self.shared, *more], [*self.alone, *(np.zeros(size) for size in sizes)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "constant": self.constant.round(DIGITS).tolist(),
            "shared": [own.round(DIGITS).tolist() for own in self.shared],
            "alone": [own.round(DIGITS).tolist() for own in self.alone],
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Uncertainty":
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first."""
        shared = [np.array(own, dtype=np.float64).reshape(len(own), -1) for own in data["shared"]]
        alone = [np.array(own, dtype=np.float64) for own in data["alone"]]
        return cls(np.array(data["constant"], dtype=np.float64), shared, alone)


def reduced(root: np.ndarray, design: np.ndarray) -> np.ndarray:
    """(p, r) of a (p, p) ``root`` of a covariance: the directions in which rows of ``design`` (n, p) are least sure.

    Scaled so that the rows' mean variance stays what it was.
    """
    spread = design @ root
    _values, directions = np.linalg.eigh(spread.T @ spread)
    kept = root @ directions[:, ::-1][:, :DIMENSIONS]
    return kept * np.sqrt(np.sum(spread**2) / max(np.sum((design @ kept) ** 2), 1e-300))
