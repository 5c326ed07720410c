"""Two scorers of the same records, compared as outcomes mature: a verdict that may be looked at every day.

A usual test may be looked at once. Looked at every week until it is significant, it finds a difference between two
equal scorers sooner or later. Here each row adds to an *e-value*: evidence that is at most 1 on average as long as
the other side is not better, however often one looks. At ``1 / LEVEL`` one side is declared better; that happens by
chance to at most ``LEVEL`` of all comparisons of two equal scorers in their whole life (Ville's inequality).

Compared is the Brier score, row by row: ``d = (theirs - y)^2 - (ours - y)^2``, above 0 where ours was closer. For a
bet of size ``b`` the evidence that the mean of ``d`` is above 0 is (Fan et al. 2015; Choe and Ramdas 2023)::

    exp(b * sum d - sum psi),    psi = d^2 * (-log(1 - b c) - b c) / c^2,    c the most that d can fall below 0

and where ``b c`` is large, by Hoeffding's lemma, ``psi = b^2 (ours - theirs)^2 / 2``. Bets of several sizes are
averaged. What is compared is the mean over all rows: who was better in summer and worse in winter is better only if
the sum says so. The rows must be later than all that either scorer has learned from.

Who tries many challengers finds a better one by luck, so the evidence that is needed grows with their number.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

BETS = (0.1, 0.25, 0.5, 1.0, 2.0)  # sizes of bets, whose mean counts
MOST_OF_BOUND = 0.5  # share of its bound up to which a bet uses the variance that was seen
LEVEL = 0.05  # of false verdicts, ever; half for either side
MIN_ROWS = 50  # under which nothing is said
WORTH_FINDING = 0.01  # a gain in Brier that would matter; what "about N more" is computed for
OURS, THEIRS, TOO_EARLY = "ours", "theirs", "too_early"


@dataclass(frozen=True)
class Standing:
    """Current state of a comparison. ``gain`` is the mean gain in Brier of ours, with a 95 % interval for all looks.

    ``evidence`` and ``evidence_theirs`` are the highest e-values of either side so far.
    """

    verdict: str
    rows: int
    gain: float
    low: float
    high: float
    evidence: float
    evidence_theirs: float
    more_needed: int


def start() -> dict[str, Any]:
    """The state of a comparison that has seen nothing yet: a dictionary for JSON.

    >>> start()["rows"]
    0
    """
    nothing = [0.0] * len(BETS)
    return {"rows": 0, "total": 0.0, "squares": 0.0, "ours": nothing, "theirs": nothing, "most": [0.0, 0.0]}


def update(state: dict[str, Any], labels: Any, ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """The state after the rows of one more look; ``state`` stays as it is.

    ``labels`` (n,) of 0 and 1, ``ours`` and ``theirs`` (n,) in [0, 1], not finite where one had no opinion: such a row
    is left out. Evidence is read at the end of a look: within it rows may be sorted, all wins first.

    >>> watch = update(start(), [1.0, 0.0] * 200, [0.9, 0.1] * 200, [0.5, 0.5] * 200)
    >>> standing(watch).verdict
    'ours'
    """
    labels, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, ours, theirs))
    if not labels.shape == ours.shape == theirs.shape:
        raise ValueError("labels, ours and theirs must have the same length")
    both = np.isfinite(ours) & np.isfinite(theirs)
    labels, ours, theirs = labels[both], ours[both], theirs[both]
    if not len(labels):
        return state
    gains = (theirs - labels) ** 2 - (ours - labels) ** 2
    lowest = np.minimum(theirs**2 - ours**2, (1 - theirs) ** 2 - (1 - ours) ** 2)
    highest = np.maximum(theirs**2 - ours**2, (1 - theirs) ** 2 - (1 - ours) ** 2)
    apart = (ours - theirs) ** 2
    costs = {"ours": _costs(gains, -lowest, apart), "theirs": _costs(gains, highest, apart)}
    total, after, most = state["total"] + float(gains.sum()), {}, []
    for place, (side, sign) in enumerate((("ours", 1), ("theirs", -1))):
        paid = np.array(state[side]) + costs[side].sum(axis=0)
        most.append(max(state["most"][place], _log_evidence(sign * total, paid)))
        after[side] = paid.tolist()
    return {
        "rows": state["rows"] + len(labels),
        "total": total,
        "squares": state["squares"] + float(np.sum(gains**2)),
        **after,
        "most": most,
    }


def standing(state: dict[str, Any], attempts: int = 1) -> Standing | None:
    """Return the current state of the comparison, a ``Standing``; None below ``MIN_ROWS`` rows.

    ``attempts`` counts the scorers that were tried against the same one, this one included.

    >>> standing(start()) is None
    True
    """
    rows = state["rows"]
    if rows < MIN_ROWS:
        return None
    needed = math.log(2 * max(attempts, 1) / LEVEL)
    ours, theirs = state["most"]
    verdict = TOO_EARLY
    if max(ours, theirs) >= needed:
        verdict = OURS if ours >= theirs else THEIRS
    gain = state["total"] / rows
    bets = np.array(BETS)
    reach = needed + math.log(len(BETS))
    low = float(np.max((state["total"] - (np.array(state["ours"]) + reach) / bets) / rows))
    high = float(np.min((state["total"] + (np.array(state["theirs"]) + reach) / bets) / rows))
    return Standing(
        verdict=verdict,
        rows=rows,
        gain=gain,
        low=max(low, -1.0),
        high=min(high, 1.0),
        evidence=math.exp(min(ours, 700.0)),
        evidence_theirs=math.exp(min(theirs, 700.0)),
        more_needed=0 if verdict != TOO_EARLY else _more_needed(state, reach),
    )


def _costs(gains: np.ndarray, bounds: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return the cost of each row for each bet (n, bets); the law that bounds it is fixed before the row's outcome."""
    bets = np.array(BETS)
    bounds = np.maximum(bounds, 1e-9)[:, None]
    share = np.minimum(bets * bounds, MOST_OF_BOUND)
    by_variance = gains[:, None] ** 2 * (-np.log1p(-share) - share) / bounds**2
    return np.where(bets * bounds <= MOST_OF_BOUND, by_variance, bets**2 * apart[:, None] / 2)


def _log_evidence(total: float, costs: np.ndarray) -> float:
    """The logarithm of the mean e-value of all bets."""
    exponents = np.array(BETS) * total - costs
    highest = float(exponents.max())
    return highest + math.log(float(np.mean(np.exp(exponents - highest))))


def _more_needed(state: dict[str, Any], reach: float) -> int:
    """Outcomes still missing until the mean gain, or one worth finding, would be evident."""
    rows = state["rows"]
    gain = max(abs(state["total"] / rows), WORTH_FINDING)
    variance = state["squares"] / rows
    best = min(gain / variance, max(BETS)) if variance else max(BETS)
    growth = best * gain - best**2 * variance / 2
    return max(math.ceil(reach / growth) - rows, 1)
