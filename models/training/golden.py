"""A golden set: a few stored rows with the scores that a version gave them, to prove later that it still does.

Rows are kept as codes (bins), as the log keeps them, never as values. An imported pipeline is no sum of points per bin,
so it has none.
"""

from typing import Any

import numpy as np

from ...ml.anomaly import AnomalyCard
from ...ml.columns import Column
from ...ml.reviewed import ReviewedCard
from ...ml.scorecard import Scorecard

ROWS = 20  # records whose scores are kept with a version
TOLERANCE = 1e-6  # of a score: what the log rounds, and what another machine adds up in another order
PROVABLE = (Scorecard, AnomalyCard, ReviewedCard)


def golden_set(card: Any, columns: dict[str, Column]) -> list[dict] | bool:
    """Return [{"codes": hexadecimal, "score": float}] of some rows of `columns`; False where there are none."""
    if not isinstance(card, PROVABLE):
        return False
    count = len(next(iter(columns.values()))) if columns else 0
    rows = np.unique(np.linspace(0, max(count - 1, 0), min(count, 4 * ROWS)).round().astype(int))
    scored = card.score({key: column.take(rows) for key, column in columns.items()})
    good = np.flatnonzero(~np.isnan(scored.values))[:ROWS]
    return [
        {"codes": scored.codes[row].astype(np.uint8).tobytes().hex(), "score": float(scored.values[row])}
        for row in good
    ]


def largest_difference(card: Any, golden: list[dict]) -> float:
    """Return by how much `card` scores a row of the golden set differently at most; infinity where it cannot.

    :param golden: as of `golden_set`, at least one row
    """
    try:
        codes = np.stack([np.frombuffer(bytes.fromhex(row["codes"]), dtype=np.uint8) for row in golden])
        values = card.calibration.apply(card.raw(codes))
    except (ValueError, IndexError):  # other inputs or bins
        return float("inf")
    difference = float(np.abs(values - [row["score"] for row in golden]).max())
    return difference if difference == difference else float("inf")
