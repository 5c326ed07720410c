"""Performance of a cohort of scores whose outcomes have matured: figures with intervals, and the few that are tested.

A row is counted in one cohort only. Tested are

``win_rate``         does the share of positives differ from the reference's by more than a tolerated ratio or effect?
``in_the_large``     do the values' sum and the number of positives differ? (exact, Poisson-binomial)
``slope``            are the values too extreme, or too timid? (Cox 1958)
``auc``              does the whole interval lie below a floor, set by the owner or proposed from the version's test?
``brier_skill``      are the values further from the truth than the plain share of positives?
``error_automatic``  is more wrong, among what nobody looked at, than was promised?

What a test needs is asked of that test. Calibration in the large and the share need enough of what was *said*: 10
expected positives and 10 expected negatives. If they needed positives that came, the day on which none comes any
more would never be judged. Only order, slope and skill need both outcomes to have come. A cohort with less is judged
only where so many more came than were said that no exact test leaves room (``surprising``).

The two of calibration share one error level by Holm's method. Everything else is shown with its interval, never
tested: thresholds on small cohorts say nothing.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import intervals, performance
from .counts import offset, share_p_value, sum_p_value
from .drift import (
    CANNOT_JUDGE,
    DRIFTED,
    QUIET,
    holm,
)
from .logistic import logit, sigmoid

FIGURE, CALIBRATION, FLOOR, PROPOSED = "figure", "calibration", "floor", "proposed"
MIN_ROWS = 50  # of a cohort that is judged
MIN_CLASS = 10  # of either outcome: said, for calibration and share; come true, for order and slope
TOLERATED_OFFSET = 0.2  # log odds by which as many as were said may not have come
TOLERATED_SLOPE = 0.15  # by which a slope may differ from 1
SURPRISING = 5  # rows of the outcome that came more often than said: fewer are no cohort
SURPRISING_LEVEL = 0.001  # of the exact test of a cohort that grows, and is looked at each week
ORDINARY_WEEKS = 2.0  # deviations by which the level of ordinary weeks may differ
# Lines that say the same in other ways, the most telling first: one of them is an alert.
ONE_CAUSE = (
    ("in_the_large", "watch:calibration", "win_rate", "brier_skill"),
    ("auc", "gap", "watch:order", "slope", "brier_skill"),
)
LEAST_TOGETHER = 5  # late wins on one day that look like an import
KEPT_OF_ORDER = 2 / 3  # of what the tested AUC was above chance: below it a floor is proposed


@dataclass(frozen=True)
class OutcomeResult:
    """One figure or test of a cohort. What cannot be computed is None; `low` and `high` are a 95 % interval."""

    name: str
    test: str
    statistic: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    exceeded: bool = False
    verdict: str = QUIET


def enough(values: Any) -> bool:
    """Return whether a cohort with these ``values`` (n,) can be judged: enough rows, both outcomes expected.

    >>> enough([0.2] * 49), enough([0.2] * 50), enough([0.1] * 50)
    (False, True, False)
    """
    said = float(np.sum(values))
    # a sum of as many tenths as there are rows
    return len(values) >= MIN_ROWS and min(said, len(values) - said) >= MIN_CLASS - 1e-9


def surprising(labels: ArrayLike, values: ArrayLike, between: float = 0.0) -> bool:
    """Return whether rows that are too few to be judged show by themselves that what was said of them is wrong.

    ``labels`` (n,) true or false, ``values`` (n,) float64 in [0, 1], ``between`` as in ``judge_outcomes``. Of one
    outcome at least ``SURPRISING`` came, and significantly more than were said.

    >>> surprising([True] * 10 + [False] * 10, [0.05] * 20), surprising([True] * 3 + [False] * 17, [0.05] * 20)
    (True, False)
    """
    wins, said, rows = int(np.sum(labels)), float(np.sum(values)), len(np.atleast_1d(values))
    more = wins if wins > said else rows - wins
    if more < SURPRISING or abs(offset(np.asarray(labels, float), np.asarray(values, float))[0]) <= TOLERATED_OFFSET:
        return False
    return sum_p_value(np.asarray(values, dtype=np.float64), wins, between) <= SURPRISING_LEVEL


@dataclass(frozen=True)
class Together:
    """``wins`` were entered on one ``day``, after their horizon; of the records ``unknown`` nobody knows what came."""

    day: Any
    wins: int
    unknown: frozenset


def entered_together(ends: dict[int, tuple[datetime | None, bool, datetime]]) -> Together | None:
    """Return whether the late wins of a cohort came in one import; a ``Together``, or None.

    ``ends`` is {id: (moment of the end or None, whether it is a win, end of its horizon)}. Where more wins were entered
    so than in time, a record that had not ended in time before that day may have been won in time as well.

    >>> from datetime import datetime as moment
    >>> ends = {n: (moment(2026, 5, 2), True, moment(2026, 4, 1)) for n in range(6)} | {
    ...     9: (None, False, moment(2026, 4, 1))}
    >>> sorted(entered_together(ends).unknown)
    [0, 1, 2, 3, 4, 5, 9]
    """
    wins = [(end, limit) for end, is_win, limit in ends.values() if is_win]
    late = Counter(end.date() for end, limit in wins if end and end > limit)
    if not late:
        return None
    day, count = late.most_common(1)[0]
    if count < LEAST_TOGETHER or 2 * count < late.total():
        return None
    open_ones = (
        res_id for res_id, (end, _win, limit) in ends.items() if limit.date() < day and not (end and end <= limit)
    )
    in_time = sum(not end or end <= limit for end, limit in wins if limit.date() < day)
    return Together(day, count, frozenset(open_ones if count > in_time else ()))


def both_came(labels: np.ndarray) -> bool:
    """Return whether rows with these ``labels`` (n,) allow a ranking: enough rows, both outcomes."""
    wins = int(np.sum(labels))
    return len(labels) >= MIN_ROWS and min(wins, len(labels) - wins) >= MIN_CLASS


def proposed_floor(tested_auc: float | None) -> float | None:
    """The AUC below which an owner should be told who set no floor; None where the version's test says nothing.

    >>> proposed_floor(0.8), proposed_floor(0.52), proposed_floor(None)
    (0.7, 0.51, None)
    """
    if tested_auc is None or not tested_auc > 0.5:  # NaN is not
        return None
    return round(0.5 + KEPT_OF_ORDER * (tested_auc - 0.5), 2)


def judge_outcomes(
    labels: ArrayLike,
    values: ArrayLike,
    predictions: ArrayLike,
    automatic: ArrayLike,
    *,
    reference: tuple[int, int] | None = None,
    floor_auc: float | None = None,
    tested_auc: Any = None,
    target_error: Any = None,
    capacity: int | None = None,
    between: float = 0.0,
    order: Any = None,
    level: float = 0.01,
) -> list[OutcomeResult]:
    """Every figure of one cohort, as a list of ``OutcomeResult``.

    ``labels``, ``predictions``, ``automatic`` (n,) true or false (came true; what was said; settled without a person),
    ``values`` (n,) float64 in [0, 1]. ``reference`` is (positives, rows) of the rows learned from; ``floor_auc`` and
    ``target_error`` are set by the owner, None where not; without a floor one is proposed from ``tested_auc``.
    ``capacity`` is how many rows somebody can look at, for the share of positives among as many with the highest
    values. ``between`` is how much weeks differ (see ``counts``). ``order`` is (labels, values) of these rows and of
    earlier ones that no order was judged of, where positives are rare. Raises ``ValueError`` where the rows do not
    fit together.

    >>> judge_outcomes([True] * 3, [0.5] * 3, [True] * 3, [True] * 3)[0].verdict
    'cannot_judge'
    """
    labels = np.asarray(labels, dtype=np.float64)
    values = np.asarray(values, dtype=np.float64)
    predictions, automatic = np.asarray(predictions, dtype=bool), np.asarray(automatic, dtype=bool)
    if not len(labels) == len(values) == len(predictions) == len(automatic):
        raise ValueError("labels, values, predictions and automatic must have the same length")
    if not enough(values) and not surprising(labels, values, between):
        return [OutcomeResult("win_rate", FIGURE, verdict=CANNOT_JUDGE)]
    ranked, came = (values, labels) if order is None else (np.asarray(order[1], float), np.asarray(order[0], float))
    ordered = (came, ranked)
    return [
        _win_rate(labels, reference, between, level),
        *_calibration(labels, values, ordered, between, level),
        _auc(*ordered, floor_auc, tested_auc),
        *_average_precision(*ordered),
        *_precision_at(labels, values, capacity),
        OutcomeResult("brier", FIGURE, performance.brier(labels, values)),
        _brier_skill(*ordered, between, level),
        *_error_automatic(labels, predictions, automatic, target_error),
    ]


def _verdict(exceeded: bool) -> str:
    return DRIFTED if exceeded else QUIET


def _win_rate(labels: np.ndarray, reference: tuple[int, int] | None, between: float, level: float) -> OutcomeResult:
    wins, rows = int(labels.sum()), len(labels)
    low, high = intervals.clopper_pearson(wins, rows)
    if not reference or not 0 < reference[0] < reference[1]:
        return OutcomeResult("win_rate", FIGURE, wins / rows, low, high)
    p_value = share_p_value(wins, rows, reference, between)
    exceeded = p_value <= level
    return OutcomeResult(
        "win_rate",
        FIGURE,
        wins / rows,
        low,
        high,
        reference[0] / reference[1],
        p_value,
        p_value,
        exceeded,
        _verdict(exceeded),
    )


def _calibration(
    labels: np.ndarray, values: np.ndarray, ordered: tuple[np.ndarray, np.ndarray], between: float, level: float
) -> Iterator[Any]:
    """In the large on this cohort, the slope on ``ordered``; one error level for both."""
    tests = {"in_the_large": performance.in_the_large_test(labels, values)}
    p_values = {"in_the_large": sum_p_value(values, int(labels.sum()), between)}
    # What is significant in thousands of rows may be too little to matter.
    small = {"in_the_large": abs(offset(labels, values)[0]) <= TOLERATED_OFFSET}
    slope = performance.slope_test(*ordered) if both_came(ordered[0]) else None
    if slope and not math.isnan(slope.p_value):
        tests["slope"], p_values["slope"] = slope, slope.p_value
        small["slope"] = abs(slope.estimate - 1) <= TOLERATED_SLOPE
    adjusted = dict(zip(tests, holm([p_values[name] for name in tests]), strict=True))
    for name, ideal in (("in_the_large", 0.0), ("slope", 1.0)):
        if name not in tests:
            yield OutcomeResult(name, CALIBRATION, verdict=CANNOT_JUDGE)
            continue
        test, exceeded = tests[name], adjusted[name] <= level and not small[name]
        reach = 1.96 * test.se
        low, high = test.estimate - reach, test.estimate + reach
        if name == "in_the_large":
            low, high = performance.in_the_large_interval(labels, values)
        yield OutcomeResult(
            name,
            CALIBRATION,
            test.estimate,
            low,
            high,
            ideal,
            p_values[name],
            adjusted[name],
            exceeded,
            _verdict(exceeded),
        )


def _auc(labels: np.ndarray, values: np.ndarray, floor: float | None, tested_auc: float | None) -> OutcomeResult:
    test = FIGURE
    if floor is not None:
        test = FLOOR
    elif tested_auc is not None:
        floor = proposed_floor(tested_auc)
        test = FIGURE if floor is None else PROPOSED
    if not both_came(labels):
        return OutcomeResult("auc", test, threshold=floor, verdict=CANNOT_JUDGE)
    low, high = performance.auc_interval(labels, values)
    exceeded = floor is not None and high < floor
    return OutcomeResult(
        "auc", test, performance.auc(labels, values), low, high, floor, exceeded=exceeded, verdict=_verdict(exceeded)
    )


def _average_precision(labels: np.ndarray, values: np.ndarray) -> Iterator[Any]:
    if labels.any():
        yield OutcomeResult("average_precision", FIGURE, performance.average_precision(labels, values))


def _brier_skill(labels: np.ndarray, values: np.ndarray, between: float, level: float) -> OutcomeResult:
    """1 - Brier / Brier of the plain share; the share that each row is held against leaves that row out.

    The share knows how its weeks ended, the values could not: tested are they with the level of these weeks as far as
    weeks differ by ``between``.
    """
    if not both_came(labels):
        return OutcomeResult("brier_skill", PROPOSED, threshold=0.0, verdict=CANNOT_JUDGE)
    rows = len(labels)
    share = (labels.sum() - labels) / (rows - 1)
    losses = (values - labels) ** 2 - (share - labels) ** 2
    base, loss = float(np.mean((share - labels) ** 2)), float(losses.mean())
    se = float(losses.std(ddof=1)) / math.sqrt(rows)
    tested = losses
    if between:
        levelled = _levelled(labels, values, ORDINARY_WEEKS * between)
        tested = (levelled - labels) ** 2 - (share - labels) ** 2
    p_value = _above_zero_p_value(tested)
    exceeded = p_value <= level
    return OutcomeResult(
        "brier_skill",
        PROPOSED,
        -loss / base,
        -(loss + 1.96 * se) / base,
        -(loss - 1.96 * se) / base,
        0.0,
        p_value,
        p_value,
        exceeded,
        _verdict(exceeded),
    )


def _levelled(labels: np.ndarray, values: np.ndarray, most: float) -> np.ndarray:
    """(n,) ``values`` moved by log odds of at most ``most``, so that their sum is nearest to that of ``labels``."""
    odds, low, high = logit(values), -most, most
    for _step in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(odds + middle).sum() < labels.sum() else (low, middle)
    return sigmoid(odds + (low + high) / 2)


def _above_zero_p_value(losses: np.ndarray) -> float:
    """One-sided p-value of a mean of ``losses`` (n,) above 0."""
    mean, se = float(losses.mean()), float(losses.std(ddof=1)) / math.sqrt(len(losses))
    if se:
        return 0.5 * math.erfc(mean / se / math.sqrt(2))
    return 1.0 if mean <= 0 else 0.0


def _precision_at(labels: np.ndarray, values: np.ndarray, capacity: int | None) -> Iterator[Any]:
    if not capacity or capacity >= len(labels):
        return
    top = labels[np.argsort(-values, kind="stable")[:capacity]]
    low, high = intervals.clopper_pearson(int(top.sum()), capacity)
    yield OutcomeResult("precision_at_capacity", FIGURE, float(top.mean()), low, high)


def _error_automatic(labels: np.ndarray, predictions: np.ndarray, automatic: np.ndarray, target: Any) -> Iterator[Any]:
    cases = int(automatic.sum())
    if not cases:
        return
    wrong = int(np.sum(predictions[automatic] != (labels[automatic] == 1)))
    low, high = intervals.clopper_pearson(wrong, cases)
    exceeded = target is not None and low > target
    yield OutcomeResult(
        "error_automatic",
        FIGURE if target is None else FLOOR,
        wrong / cases,
        low,
        high,
        target,
        exceeded=exceeded,
        verdict=_verdict(exceeded),
    )
