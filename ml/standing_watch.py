"""A standing watch on a version: do its chances still come true, and does its order still hold?

Both answers may be looked at every day. They are *e-processes*: evidence that is small on average while nothing is
wrong, however often one looks, so that it reaches ``1 / LEVEL`` in at most ``LEVEL`` of all years of a version (Ville;
Shin, Ramdas and Rinaldo 2023).

``calibration``  tolerated is that outcomes differ from what was said by log odds of ``TOLERATED`` either way. Each bet
    says that they differ by more: it multiplies the evidence by the likelihood of each outcome under the bet over that
    at the edge of what is tolerated. Bets of several sizes, up and down, are averaged.
``order``  each positive is drawn together with negatives of the same look, and how likely was it that just this one of
    them came true? With log odds ``x`` and slope ``s`` the answer is ``exp(s x) / sum of exp(s x)``, whatever the
    share of positives. Tolerated is a slope of ``KEPT_SLOPE`` of what the version's test has shown; the bets say less.

Weeks differ. With ``between`` (see ``counts``) the outcomes of one look are taken as those of one week, and their
likelihood is averaged over the weeks that there could be, odd ones among them.

Evidence shrinks in good years, and would take as long to recover. So new evidence begins with every look, as one does
not know when things change: ``FIRST_SHARE`` of it with the first look, the rest in equal parts with those of a year.
All that has to be kept is a small dictionary of plain numbers. Start anew with every version, and after an alarm that
was dealt with.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .counts import spread_of_weeks
from .logistic import logit
from .performance import slope_test

LEVEL = 0.05  # of false alarms of either question in a year
TOLERATED = 0.2  # log odds
SIZES = (0.5, 1.0, 2.0)  # log odds of the bets on calibration
KEPT_SLOPE = 0.6  # of the slope that the test has shown: below it the order is worse
LOST_SLOPES = (0.5, 0.0, -0.5)  # bets on order, in units of the slope that is tolerated
SURE_SLOPE = 1.28  # standard errors by which a slope that was tested may be overestimated
LEAST_SLOPE = 0.1  # below which the order cannot be watched
MOST_ODDS = 4.0  # beyond, one record would be an alarm
FIRST_SHARE = 0.5  # of a year's evidence begins with the first look
LOOKS = 52  # a year
GRID = np.linspace(-5.0, 5.0, 201)  # log odds by which a week may differ
HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Look:
    """Current state of the watch. Evidence is the highest so far; ``direction`` says which way outcomes differ."""

    rows: int
    said: float
    came_true: float
    direction: str
    calibration: float
    calibration_exceeded: bool
    order: float | None
    order_exceeded: bool


def start(labels: Any = (), chances: Any = (), between: float = 0.0) -> dict[str, Any]:
    """The state of a watch that has seen nothing yet, from the rows that tested the version: a dictionary for JSON.

    Without a slope in these rows, order is not watched.

    >>> start()["order"] is None
    True
    """
    tested = slope_test(np.asarray(labels, dtype=float), chances) if len(labels) else None
    slope = None
    if tested and not math.isnan(tested.estimate):
        slope = KEPT_SLOPE * (min(tested.estimate, 1.0) - SURE_SLOPE * tested.se)
    return {
        "between": float(between or 0.0),
        "rows": 0,
        "said": 0.0,
        "came_true": 0.0,
        "calibration": _begun(),
        "order": _begun() if slope and slope >= LEAST_SLOPE else None,
        "slope": slope,
    }


def update(state: dict[str, Any], labels: ArrayLike, chances: np.ndarray) -> dict[str, Any]:
    """The state after the outcomes of one more look; ``state`` stays as it is.

    ``labels`` (n,) of 0 and 1, ``chances`` (n,) in [0, 1] of the same rows.

    >>> watch = start()
    >>> look(update(watch, [0.0] * 200, [0.2] * 200)).calibration_exceeded
    True
    >>> look(update(watch, [0.0] * 160 + [1.0] * 40, [0.2] * 200)).calibration_exceeded
    False
    """
    labels, odds = np.asarray(labels, dtype=np.float64), logit(np.asarray(chances, dtype=np.float64))
    if labels.shape != odds.shape or labels.ndim != 1:
        raise ValueError("labels and chances must be two rows of the same length")
    if not ((np.asarray(chances) >= 0) & (np.asarray(chances) <= 1)).all():  # NaN is neither
        raise ValueError("a chance is missing or not between 0 and 1")
    if not len(labels):
        return state
    order = state["order"]
    if order is not None:
        order = _advanced(order, _order_steps(labels, odds, state["slope"]))
    between = state["between"]
    steps = _week_steps(labels, odds, between) if between else _row_steps(labels, odds)
    return {
        **state,
        "rows": state["rows"] + len(labels),
        "said": state["said"] + float(np.sum(chances)),
        "came_true": state["came_true"] + float(labels.sum()),
        "calibration": _advanced(state["calibration"], steps),
        "order": order,
    }


def look(state: dict[str, Any]) -> Look:
    """Return the current state of the watch, a ``Look``. What is exceeded stays so until a new start."""
    rows, order = max(state["rows"], 1), state["order"]
    needed = -math.log(LEVEL)
    return Look(
        rows=state["rows"],
        said=state["said"] / rows,
        came_true=state["came_true"] / rows,
        direction=HIGHER if state["came_true"] > state["said"] else LOWER,
        calibration=_evidence(state["calibration"]),
        calibration_exceeded=state["calibration"]["most"] >= needed,
        order=None if order is None else _evidence(order),
        order_exceeded=order is not None and order["most"] >= needed,
    )


def _evidence(process: dict[str, Any]) -> float:
    return math.exp(min(process["most"], 700.0))


def _begun() -> dict[str, Any]:
    return {"looks": 0, "evidence": [], "most": -math.log(1 / FIRST_SHARE)}


def _advanced(process: dict[str, Any], steps: np.ndarray) -> dict[str, Any]:
    """The process after one more look, whose ``steps`` (m, bets) each add to the log evidence of each bet.

    Evidence is read at the end of a look: within it rows may be sorted, all wins first.
    """
    if not len(steps):
        return process
    begins = math.log(FIRST_SHARE if not process["looks"] else (1 - FIRST_SHARE) / LOOKS)
    kept = np.array(process["evidence"] or [-np.inf] * steps.shape[1])
    evidence = np.logaddexp(kept, begins) + steps.sum(axis=0)
    together = float(_log_sum(evidence)) - math.log(len(evidence))
    return {
        "looks": process["looks"] + 1,
        "evidence": evidence.tolist(),
        "most": max(process["most"], together),
    }


def _log_sum(exponents: np.ndarray) -> float | np.ndarray:
    highest = exponents.max(axis=-1)
    return highest + np.log(np.exp(exponents - np.expand_dims(highest, -1)).sum(axis=-1))


def _row_steps(labels: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """(n, bets): the log likelihood of each outcome under each bet minus that at the edge of what is tolerated."""
    signs = 2 * labels - 1

    def likelihood(shift: float) -> np.ndarray:
        return -np.logaddexp(0.0, -signs * (odds + shift))

    return np.stack(
        [likelihood(side * size) - likelihood(side * TOLERATED) for side in (1, -1) for size in SIZES], axis=1
    )


def _week_steps(labels: np.ndarray, odds: np.ndarray, between: float) -> np.ndarray:
    """(1, bets): the same for all outcomes of a week together, averaged over weeks that differ by ``between``."""
    signs = 2 * labels - 1
    likelihoods = -np.logaddexp(0.0, -signs[:, None] * (odds[:, None] + GRID)).sum(axis=0)

    def averaged(shift: float) -> float:
        return float(_log_sum(likelihoods + np.log(spread_of_weeks(GRID - shift, between))))

    return np.array([[averaged(side * size) - averaged(side * TOLERATED) for side in (1, -1) for size in SIZES]])


def _order_steps(labels: np.ndarray, odds: np.ndarray, slope: float) -> np.ndarray:
    """(sets, bets): the same for which record of each set is the one that stands out; no set where all ended alike."""
    odds = np.clip(odds, -MOST_ODDS, MOST_ODDS)
    fewer, others = odds[labels == 1], odds[labels == 0]
    if len(fewer) > len(others):  # the one that did not come true stands out
        fewer, others = -others, -fewer
    if not len(fewer):
        return np.zeros((0, len(LOST_SLOPES)))
    places = -(-len(others) // len(fewer))
    filled = np.concatenate([others, np.full(places * len(fewer) - len(others), -np.inf)])
    sets = np.column_stack([fewer, filled.reshape(places, len(fewer)).T])
    known = np.isfinite(sets)

    def likelihood(of_slope: float) -> np.ndarray:
        exponents = np.where(known, of_slope * np.where(known, sets, 0.0), -np.inf)
        return exponents[:, 0] - _log_sum(exponents)

    tolerated = likelihood(slope)
    return np.stack([likelihood(share * slope) - tolerated for share in LOST_SLOPES], axis=1)
