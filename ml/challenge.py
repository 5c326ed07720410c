"""Is a new version better than the one that serves? A verdict from paired tests on the same later rows.

The rule is asymmetric on purpose: two equal models must not swap places every month. Better is who gains in Brier
or in AUC beyond doubt (each at 97.5 %, one-sided) while losing in neither; worse is who loses beyond doubt; in between
it is too early to say, and the paired variance says about how many more outcomes are needed.

Rare anomalies have no outcomes, only verdicts of reviewers. ``sign_challenge`` compares two cards that ask for equally
many on the cases where only one of them would have asked a person.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from . import performance

BETTER, INCONCLUSIVE, WORSE = "better", "inconclusive", "worse"
TOLERATED_LOSS = 0.01  # of AUC or Brier, at the lower 95 % bound
WORTH_FINDING = {"auc": 0.01, "brier": 0.0025}  # gains that would matter: about as much better, in either measure
POWER = 0.8  # with which "about N more" finds a gain as large as the one that is seen
SURE = 0.025  # one-sided, of each gain
LIKELY = 0.05  # one-sided, of a loss
MIN_CASES = 20  # where only one of two cards asks, that a sign test rests on


@dataclass(frozen=True)
class Verdict:
    """``verdict`` with the paired gains behind it; a gain above 0 is for the challenger."""

    verdict: str
    rows: int
    auc_gain: float | None
    auc_gain_low: float | None
    brier_gain: float | None
    brier_gain_low: float | None
    more_needed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def challenge(labels: np.ndarray, challenger: np.ndarray, champion: np.ndarray, *, attempts: int = 1) -> Verdict:
    """Compare two scorers' values of the same rows; a ``Verdict``.

    ``labels`` (n,) of 0 and 1, the others (n,) float64 in [0, 1]. ``attempts`` counts
    the challengers that were tried on these very rows, this one included: who tries
    often enough wins by luck, so the level of each gain is divided by it (Bonferroni).

    >>> import numpy as np
    >>> labels = np.tile([0, 1], 200)
    >>> challenge(labels, 0.1 + 0.8 * labels, np.full(400, 0.5)).verdict
    'better'
    """
    sure_z = NormalDist().inv_cdf(1 - SURE / max(attempts, 1))
    likely_z = NormalDist().inv_cdf(1 - LIKELY)
    auc = performance.auc_difference(labels, challenger, champion)
    brier = performance.brier_difference(labels, champion, challenger)
    gains = {
        name: (gain.estimate, gain.se)
        for name, gain in (("auc", auc), ("brier", brier))
        if not math.isnan(gain.estimate)
    }
    sure = any(estimate - sure_z * se > 0 for estimate, se in gains.values())
    lost = any(estimate - likely_z * se < -TOLERATED_LOSS for estimate, se in gains.values())
    worse = any(estimate + sure_z * se < 0 for estimate, se in gains.values())
    verdict = WORSE if worse else BETTER if sure and not lost else INCONCLUSIVE
    rows = len(np.asarray(labels))
    return Verdict(
        verdict=verdict,
        rows=rows,
        auc_gain=_plain(auc.estimate),
        auc_gain_low=_plain(auc.estimate - sure_z * auc.se),
        brier_gain=_plain(brier.estimate),
        brier_gain_low=_plain(brier.estimate - sure_z * brier.se),
        more_needed=_more_needed(rows, gains, sure_z) if verdict == INCONCLUSIVE else 0,
    )


@dataclass(frozen=True)
class SignVerdict:
    """``verdict`` on two cards by the cases where only one of them asks: ``right`` of ``cases`` are the
    challenger's."""

    verdict: str
    cases: int
    right: int
    more_needed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def sign_challenge(
    unusual: Sequence[Any] | np.ndarray,
    challenger_asks: Sequence[Any] | np.ndarray,
    champion_asks: Sequence[Any] | np.ndarray,
    *,
    attempts: int = 1,
) -> SignVerdict:
    """Compare two anomaly cards at equal capacity by reviewers' verdicts; a ``SignVerdict``.

    All are (n,) true or false, of the same cases: what reviewers found, and whom each card would have asked about. The
    cases must have come to reviewers for reasons that neither card gave, such as random checks: what a card flagged
    itself is judged more often, and being wrong as well. Below ``MIN_CASES`` that differ it is too early to say.

    >>> sign_challenge([True] * 20, [True] * 20, [False] * 20).verdict
    'better'
    >>> sign_challenge([True] * 19, [True] * 19, [False] * 19)
    SignVerdict(verdict='inconclusive', cases=19, right=19, more_needed=1)
    """
    from scipy.stats import binom

    unusual, new, old = (np.asarray(each, dtype=bool) for each in (unusual, challenger_asks, champion_asks))
    differs = new != old
    cases, right = int(differs.sum()), int(np.sum(differs & (new == unusual)))
    if cases < MIN_CASES:
        return SignVerdict(INCONCLUSIVE, cases, right, MIN_CASES - cases)
    level = SURE / max(attempts, 1)
    if binom.sf(right - 1, cases, 0.5) <= level:
        return SignVerdict(BETTER, cases, right, 0)
    if binom.cdf(right, cases, 0.5) <= SURE:
        return SignVerdict(WORSE, cases, right, 0)
    return SignVerdict(INCONCLUSIVE, cases, right, 0)


def _more_needed(rows: int, gains: dict[str, tuple[float, float]], sure_z: float) -> int:
    """Outcomes still missing until the most telling of the gains would be found in ``POWER`` of all cases.

    The standard error shrinks with the root of the rows; a gain that is seen as tiny counts as one worth finding. 0
    where none worth finding can be left. Without any gain to go by, as many rows as it takes to have one: two.
    """
    if not gains:
        return max(2 - rows, 1)
    if all(estimate + sure_z * se < WORTH_FINDING[name] for name, (estimate, se) in gains.items()):
        return 0
    reach = sure_z + NormalDist().inv_cdf(POWER)
    needed = min(rows * (reach * se / max(gain, WORTH_FINDING[name])) ** 2 for name, (gain, se) in gains.items())
    return max(math.ceil(needed) - rows, 0)


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
