"""Counts per bin: all that the monitors keep of the past.

A profile adds up: one per scoring call, summed per day, week and version. Its
size does not depend on how many inferences lie behind it. Besides the features it
counts three pseudo columns, ``SCORE`` (the values, in the card's ``score_bins``),
``PREDICTION`` and ``CONFIDENCE``. Rows with an error are counted in ``failed`` and
nowhere else; of the scored ones, ``late`` had come long before and ``reviewed`` went to
a person.
"""

from typing import Any

import numpy as np

from .binning import Bins, CategoryBins, NumericBins
from .cards import Card, ScoredRows

SCORE = "score"
PREDICTION = "prediction"
CONFIDENCE = "confidence"
RESERVED = (SCORE, PREDICTION, CONFIDENCE)
PREDICTION_BINS = CategoryBins(("no", "yes"), {"no": 0, "yes": 0})
CONFIDENCE_BINS = NumericBins(0.0, 1.0, [n / 20 for n in range(1, 20)])


def bins_of(card: Card) -> dict[str, Bins]:
    """name -> bins of every column that a profile of this card counts."""
    return {
        **card.bins_by_name,
        SCORE: card.score_bins,
        PREDICTION: PREDICTION_BINS,
        CONFIDENCE: CONFIDENCE_BINS,
    }


class Profile:
    """``rows`` scored, ``late`` and ``reviewed`` of these, ``failed`` not, and name -> int64 counts per code.

    >>> one = Profile(2, {"age": np.array([0, 0, 0, 2])})
    >>> (one + one).counts["age"].tolist(), sum([one, one]).rows
    ([0, 0, 0, 4], 4)
    """

    def __init__(
        self,
        rows: int = 0,
        counts: dict[str, np.ndarray] | None = None,
        failed: int = 0,
        late: int = 0,
        reviewed: int = 0,
    ) -> None:
        self.rows = int(rows)
        self.failed = int(failed)
        self.late = int(late)
        self.reviewed = int(reviewed)
        self.counts = {name: np.asarray(values, dtype=np.int64) for name, values in (counts or {}).items()}

    @classmethod
    def of(
        cls, card: Card, scored: ScoredRows, rows_mask: np.ndarray | None = None, late: list[bool] | None = None
    ) -> "Profile":
        """Count ``scored`` rows, all or those where ``rows_mask`` is true; ``late`` (n,) bool says which were late."""
        wanted = np.array(np.ones(len(scored)) if rows_mask is None else rows_mask, dtype=bool)
        asked = int(wanted.sum())
        wanted[list(scored.errors)] = False
        rows = int(wanted.sum())
        codes = scored.codes[wanted]
        counts = {
            feature.name: np.bincount(codes[:, j], minlength=feature.bins.size)
            for j, feature in enumerate(card.features)
        }
        score = card.score_bins.codes(scored.values[wanted])
        counts[SCORE] = np.bincount(score, minlength=card.score_bins.size)
        positive = int(scored.predictions[wanted].sum())
        counts[PREDICTION] = np.array([0, 0, 0, rows - positive, positive])
        counts[CONFIDENCE] = np.bincount(
            CONFIDENCE_BINS.codes(scored.confidences[wanted]), minlength=CONFIDENCE_BINS.size
        )
        return cls(rows, counts, asked - rows, 0 if late is None else np.asarray(late)[wanted].sum())

    def __add__(self, other: "Profile") -> "Profile":
        if not self.counts or not other.counts:
            counts = self.counts or other.counts
        elif self._layout() != other._layout():
            raise ValueError("profiles of different versions cannot be added")
        else:
            counts = {k: v + other.counts[k] for k, v in self.counts.items() if k in other.counts}
        return Profile(
            self.rows + other.rows,
            counts,
            self.failed + other.failed,
            self.late + other.late,
            self.reviewed + other.reviewed,
        )

    def _layout(self) -> dict[str, int]:
        """Codes per column; confidences are left out, as older profiles have not counted them."""
        return {name: len(values) for name, values in self.counts.items() if name != CONFIDENCE}

    def __radd__(self, other: int) -> "Profile":  # sum() starts from 0
        return self if other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # equal by content, which may change

    def share(self, name: str, code: int) -> float:
        """Share of the scored rows with this code, 0 if there are none."""
        return float(self.counts[name][code] / self.rows) if self.rows else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "rows": self.rows,
            "failed": self.failed,
            "late": self.late,
            "reviewed": self.reviewed,
            "counts": {name: values.tolist() for name, values in self.counts.items()},
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Profile":
        """The reverse of ``to_dict``."""
        return cls(data["rows"], data["counts"], data.get("failed", 0), data.get("late", 0), data.get("reviewed", 0))
