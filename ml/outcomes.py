"""What came true against what was said: figures with intervals, and the few that are tested.

One cohort at a time: rows whose outcome has matured, each counted in one cohort only. Tested are

``win_rate``         has the share of positives moved, against the reference, by more than a tolerated effect?
``in_the_large``     do mean value and share of positives differ?
``slope``            are the values too extreme, or too timid? (Cox 1958)
``auc``              does the whole interval lie below a floor that was set beforehand?
``error_automatic``  is more wrong, among what nobody looked at, than was promised?

The two of calibration share one error level by Holm's method. Everything else is shown with its interval, never
tested: thresholds on small cohorts say nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from . import performance
from .challenge import BETTER, WORSE, challenge
from .drift import CANNOT_JUDGE, DRIFTED, QUIET, holm

FIGURE, CALIBRATION, FLOOR = "figure", "calibration", "floor"
MIN_ROWS = 50
MIN_CLASS = 10  # of either outcome: fewer tell nothing about order or slope
TOLERATED_EFFECT = 0.05  # delta2 of the win rate, as in drift
OURS, THEIRS, TOO_EARLY = "ours", "theirs", "too_early"


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


def enough(labels):
    """Whether a cohort with these ``labels`` (n,) can be judged: rows, and both outcomes among them."""
    wins = int(np.sum(labels))
    return len(labels) >= MIN_ROWS and min(wins, len(labels) - wins) >= MIN_CLASS


def judge_outcomes(
    labels, values, predictions, automatic, *, reference=None, floor_auc=None, target_error=None, capacity=None,
    level=0.01,
):  # fmt: skip
    """Every figure of one cohort, as a list of ``OutcomeResult``.

    ``labels``, ``predictions``, ``automatic`` (n,) true or false (came true; what was said; settled without a person),
    ``values`` (n,) float64 in [0, 1]. ``reference`` is (positives, rows) of the rows learned from; ``floor_auc`` and
    ``target_error`` are set by the owner, None where not; ``capacity`` is how many rows somebody can look at, for the
    share of positives among as many with the highest values. Raises ``ValueError`` where the rows do not fit together.

    >>> judge_outcomes([True] * 3, [0.5] * 3, [True] * 3, [True] * 3)[0].verdict
    'cannot_judge'
    """
    labels = np.asarray(labels, dtype=np.float64)
    values = np.asarray(values, dtype=np.float64)
    predictions, automatic = np.asarray(predictions, dtype=bool), np.asarray(automatic, dtype=bool)
    if not len(labels) == len(values) == len(predictions) == len(automatic):
        raise ValueError("labels, values, predictions and automatic must have the same length")
    if not enough(labels):
        return [OutcomeResult("win_rate", FIGURE, verdict=CANNOT_JUDGE)]
    brier, base = performance.brier(labels, values), float(labels.mean() * (1 - labels.mean()))
    return [
        _win_rate(labels, reference, level),
        *_calibration(labels, values, level),
        _auc(labels, values, floor_auc),
        OutcomeResult("average_precision", FIGURE, performance.average_precision(labels, values)),
        *_precision_at(labels, values, capacity),
        OutcomeResult("brier", FIGURE, brier),
        OutcomeResult("brier_skill", FIGURE, 1 - brier / base),
        *_error_automatic(labels, predictions, automatic, target_error),
    ]


def _verdict(exceeded):
    return DRIFTED if exceeded else QUIET


def _win_rate(labels, reference, level):
    wins, rows = int(labels.sum()), len(labels)
    low, high = performance.clopper_pearson(wins, rows)
    if not reference or not 0 < reference[0] < reference[1]:
        return OutcomeResult("win_rate", FIGURE, wins / rows, low, high)
    from scipy.stats import ncx2

    before = reference[0] / reference[1]
    pooled = (reference[0] + wins) / (reference[1] + rows)
    total = reference[1] * rows / (reference[1] + rows)
    statistic = total * (wins / rows - before) ** 2 / (pooled * (1 - pooled))
    p_value = float(ncx2.sf(statistic, 1, total * TOLERATED_EFFECT))
    exceeded = p_value <= level
    return OutcomeResult(
        "win_rate", FIGURE, wins / rows, low, high, before, p_value, p_value, exceeded, _verdict(exceeded)
    )


def _calibration(labels, values, level):
    tests = {
        "in_the_large": performance.in_the_large_test(labels, values),
        "slope": performance.slope_test(labels, values),
    }
    known = [name for name, test in tests.items() if not math.isnan(test.p_value)]
    adjusted = dict(zip(known, holm([tests[name].p_value for name in known]), strict=True))
    for name, test in tests.items():
        if name not in adjusted:
            yield OutcomeResult(name, CALIBRATION, verdict=CANNOT_JUDGE)
            continue
        exceeded = adjusted[name] <= level
        reach = 1.96 * test.se
        yield OutcomeResult(
            name, CALIBRATION, test.estimate, test.estimate - reach, test.estimate + reach,
            0.0 if name == "in_the_large" else 1.0, test.p_value, adjusted[name], exceeded, _verdict(exceeded),
        )  # fmt: skip


def _auc(labels, values, floor):
    low, high = performance.auc_interval(labels, values)
    exceeded = floor is not None and high < floor
    return OutcomeResult(
        "auc", FIGURE if floor is None else FLOOR, performance.auc(labels, values), low, high, floor,
        exceeded=exceeded, verdict=_verdict(exceeded),
    )  # fmt: skip


def _precision_at(labels, values, capacity):
    if not capacity or capacity >= len(labels):
        return
    top = labels[np.argsort(-values, kind="stable")[:capacity]]
    low, high = performance.clopper_pearson(int(top.sum()), capacity)
    yield OutcomeResult("precision_at_capacity", FIGURE, float(top.mean()), low, high)


def _error_automatic(labels, predictions, automatic, target):
    cases = int(automatic.sum())
    if not cases:
        return
    wrong = int(np.sum(predictions[automatic] != (labels[automatic] == 1)))
    low, high = performance.clopper_pearson(wrong, cases)
    exceeded = target is not None and low > target
    yield OutcomeResult(
        "error_automatic", FIGURE if target is None else FLOOR, wrong / cases, low, high, target,
        exceeded=exceeded, verdict=_verdict(exceeded),
    )  # fmt: skip


@dataclass(frozen=True)
class Duel:
    """Ours against somebody else's values of the same rows; gains above 0 are ours."""

    verdict: str
    rows: int
    auc: performance.Difference
    brier: performance.Difference
    more_needed: int


def duel(labels, ours, theirs):
    """Compare ``ours`` and ``theirs`` (n,), NaN where one had no opinion; a ``Duel``, None below ``MIN_ROWS`` rows.

    >>> duel([1, 0], [0.9, 0.1], [np.nan, 0.5])
    """
    labels, ours, theirs = (np.asarray(each, dtype=np.float64) for each in (labels, ours, theirs))
    both = ~(np.isnan(ours) | np.isnan(theirs))
    labels, ours, theirs = labels[both], ours[both], theirs[both]
    if not enough(labels):
        return None
    result = challenge(labels, ours, theirs)
    brier = performance.brier_difference(labels, theirs, ours)
    return Duel(
        verdict={BETTER: OURS, WORSE: THEIRS}.get(result.verdict, TOO_EARLY),
        rows=len(labels),
        auc=performance.auc_difference(labels, ours, theirs),
        brier=brier,
        more_needed=result.more_needed,
    )
