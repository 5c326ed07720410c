"""Is a new version better than the one that serves? A verdict from paired tests on the same later rows.

The rule is asymmetric on purpose: two equal models must not swap places every month. Better is who gains in Brier
or in AUC beyond doubt (each at 97.5 %, one-sided) while losing in neither; worse is who loses beyond doubt; in between
it is too early to say, and the paired variance says about how many more outcomes are needed.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from . import performance

BETTER, INCONCLUSIVE, WORSE = "better", "inconclusive", "worse"
TOLERATED_LOSS = 0.01  # of AUC or Brier, at the lower 95 % bound
WORTH_FINDING = 0.01  # a gain that would matter; what "about N more" is computed for
_SURE = 1.959964  # 97.5 % one-sided
_LIKELY = 1.644854  # 95 % one-sided


@dataclass(frozen=True)
class Verdict:
    """``verdict`` with the paired gains behind it; a gain above 0 is for the challenger."""

    verdict: str
    rows: int
    auc_gain: float | None
    auc_gain_low: float | None
    brier_gain: float
    brier_gain_low: float
    more_needed: int

    def to_dict(self):
        """Plain JSON types."""
        return asdict(self)


def challenge(labels, challenger, champion):
    """Compare two scorers' values of the same rows; a ``Verdict``.

    ``labels`` (n,) of 0 and 1, the others (n,) float64 in [0, 1].

    >>> import numpy as np
    >>> labels = np.tile([0, 1], 200)
    >>> challenge(labels, 0.1 + 0.8 * labels, np.full(400, 0.5)).verdict
    'better'
    """
    auc = performance.auc_difference(labels, challenger, champion)
    brier = performance.brier_difference(labels, champion, challenger)
    gains = [(gain.estimate, gain.se) for gain in (auc, brier) if gain.estimate == gain.estimate]
    sure = any(estimate - _SURE * se > 0 for estimate, se in gains)
    lost = any(estimate - _LIKELY * se < -TOLERATED_LOSS for estimate, se in gains)
    worse = any(estimate + _SURE * se < 0 for estimate, se in gains)
    verdict = WORSE if worse else BETTER if sure and not lost else INCONCLUSIVE
    return Verdict(
        verdict=verdict,
        rows=len(np.asarray(labels)),
        auc_gain=_plain(auc.estimate),
        auc_gain_low=_plain(auc.estimate - _SURE * auc.se),
        brier_gain=float(brier.estimate),
        brier_gain_low=float(brier.estimate - _SURE * brier.se),
        more_needed=_more_needed(len(np.asarray(labels)), gains) if verdict == INCONCLUSIVE else 0,
    )


def _more_needed(rows, gains):
    """Outcomes still missing until the most telling of the gains would be sure.

    The standard error shrinks with the root of the rows; a gain that is seen as tiny counts as one worth finding.
    """
    needed = min(rows * (_SURE * se / max(estimate, WORTH_FINDING)) ** 2 for estimate, se in gains)
    return max(math.ceil(needed) - rows, 0)


def _plain(value):
    return None if value != value else float(value)
