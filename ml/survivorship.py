"""Does a value bring the end nearer, or does the end bring the value?

Both leave more records with the value among those that ended than among those still open, at any age. What follows for
the odds of the value, with H(t) the cumulative hazard of ending by age t:

- a value that records *have* and that makes them end k times as fast is used up among the open ones: its odds fall by
  about (k - 1) H(t), and stand k times higher among those that end at t (proportional hazards);
- a value that records *get by ending* has the same odds at every age, and k times these among the ended.

So two regressions of the value on how and at which age a record was seen tell them apart: one says how many times
higher the odds are among the ended (age in bands, so that a value may come with age), the other how the odds move with
H(t), in standard errors from either story. A form that changed lately moves the odds with the date on which records
came: that shows among ended records of one age, and where it does, both regressions allow for it.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from .logistic import Columns, newton

AGE_BANDS = 10  # of records, by age
COHORTS = 8  # of records, by the date on which they came
WEAK = 0.1  # precision of what is estimated: nothing runs off where a value stands on one side only
STEADY = 1.0  # precision of the dates' effects
CHANGED = 1.5  # standard errors from which the odds are taken to move with the date on which records came
SURE = 3.0  # standard errors: many values are looked at, and refusing costs
ENOUGH = 1e-3  # gain in log likelihood that is not worth another step
EARLY = 0.2  # share of records, by age, whose first days may fill an input
GRID = 8  # standard errors by which a ratio is moved to fit a story
OPEN, WON, LOST = range(3)


class Cells(NamedTuple):
    """Records counted by how, at which age and from when: arrays (cells,); ``place`` (n,) the cell of each record."""

    status: np.ndarray
    band: np.ndarray
    cohort: np.ndarray
    hazard: np.ndarray  # cumulative hazard of ending, mean of its records
    place: np.ndarray


class Speed(NamedTuple):
    """How a value goes with ending. Logs of ratios and their errors, and standard errors from two stories.

    ``ratios`` {cause: (log, error)}: odds of the value among records that ended so, over the open ones; ``from_had``
    how far the odds are from falling with age as where records *have* the value, ``from_given`` from staying as where
    they *get it by ending*, ``rises`` by how many errors they rise with age.
    """

    ratios: dict[str, tuple[float, float]]
    from_had: float
    from_given: float
    rises: float


def bands(numbers: np.ndarray, count: int) -> np.ndarray:
    """(n,) the quantile band of each number, from 0."""
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, count + 1)[1:-1])) if len(numbers) else []
    return np.searchsorted(edges, numbers, "right")


def count_cells(status: np.ndarray, ages: np.ndarray, created: Any = None) -> Cells:
    """The ``Cells`` of n records; ``status`` (n,) of `OPEN`, `WON` and `LOST`."""
    ended = status != OPEN
    band = bands(ages, AGE_BANDS)
    cohort = np.zeros(len(ages), dtype=int) if created is None else bands(np.asarray(created, float), COHORTS)
    order = np.argsort(ages, kind="stable")
    steps = ended[order] / np.arange(len(ages), 0, -1)
    hazard = np.empty(len(ages))
    hazard[order] = np.cumsum(steps)
    fine = bands(hazard, 2 * AGE_BANDS)
    means = np.bincount(fine, hazard) / np.maximum(np.bincount(fine), 1)
    keys, place = np.unique(np.stack([status, band, cohort, fine]), axis=1, return_inverse=True)
    return Cells(keys[0], keys[1], keys[2], means[keys[3]], place.ravel())


def speed(cells: Cells, has: np.ndarray, is_told: bool, line: float = 0.0) -> Speed | None:
    """The ``Speed`` of a value that the records ``has`` (n,) bool hold; ``is_told`` whether causes are known.

    None where no ratio is surely above ``line``: most values, and at a third of the time.
    """
    count = np.bincount(cells.place).astype(float)
    share, ended = np.bincount(cells.place, has, minlength=len(count)) / count, cells.status != OPEN
    causes = {name: cells.status == cause for name, cause in (("won", WON), ("lost", LOST))} if is_told else {}
    ratios = _ratios(share, count, ended, causes, cells.band)
    if not any(is_sure(*ratio, line) for ratio in ratios.values()):
        return None
    cohorts = _one_hot(cells.cohort)
    if _moves_with_date(share, count, cells, cohorts):
        ratios = _ratios(share, count, ended, causes, cells.band, cohorts)
    else:
        cohorts = cohorts[:, :0]
    kinds = [*causes.values()] or [ended]
    # what is filled in the first days of every record says nothing of ending
    early = cells.hazard <= np.quantile(np.repeat(cells.hazard, count.astype(int)), EARLY)
    fit = _newton(share, count, [*kinds, cells.hazard], [early, ~early], cohorts)
    own, whole = len(kinds) + 1, np.linalg.inv(fit.information)
    covariance = whole[:own, :own]
    slope, error = float(fit.beta[own - 1]), math.sqrt(covariance[-1, -1])
    later = np.zeros(len(fit.beta))
    later[own : own + 2] = -1, 1
    comes = float(later @ fit.beta) / math.sqrt(later @ whole @ later)
    parts = np.array([count[kind].sum() for kind in kinds]) / count[ended].sum()
    open_share = float(np.average(share[~ended], weights=count[~ended]))
    apart = _from_had(fit.beta[:own], covariance, parts, open_share)
    return Speed(ratios, apart, abs(slope) / error, max(slope / error, comes))


def is_sure(log: float, error: float, line: float) -> bool:
    """Is a ratio, as its log and the error of that, surely above ``line``?"""
    return math.exp(min(log - SURE * error, 700.0)) > line


def _ratios(
    share: np.ndarray,
    count: np.ndarray,
    ended: np.ndarray,
    causes: dict[str, np.ndarray],
    band: np.ndarray,
    cohorts: np.ndarray | None = None,
) -> dict[str, tuple[float, float]]:
    """{cause: (log, error)} of the odds among what ended so over the open ones, at the same age."""
    ages = _one_hot(band)
    cohorts = ages[:, :0] if cohorts is None else cohorts
    found = {}
    for names, kinds in ((("any",), [ended]), (tuple(causes), [*causes.values()])):
        if names:
            fit = _newton(share, count, kinds, [ages], cohorts)
            errors = np.sqrt(np.diag(np.linalg.inv(fit.information)))
            found |= {name: (float(fit.beta[j]), float(errors[j])) for j, name in enumerate(names)}
    return found


def _from_had(estimates: np.ndarray, covariance: np.ndarray, parts: np.ndarray, open_share: float) -> float:
    """Standard errors from ``estimates`` to the nearest story in which records have the value.

    ``estimates`` are (log ratio of each cause, ..., slope on the hazard), ``parts`` (causes,) how ends are shared out.
    A value with a ratio k falls by k - 1 a unit of hazard of those without it, which is the hazard of all over
    1 + ``open_share`` (k - 1); causes add up. Ratios are tried on a grid: k is far from normal where few have it.
    """
    errors = np.sqrt(np.diag(covariance))[:-1]
    steps = np.meshgrid(*[np.linspace(-GRID, GRID, 8 * GRID + 1)] * len(errors), indexing="ij")
    moves = np.stack([step.ravel() for step in steps], axis=1) * errors
    ratio = np.exp(np.clip(estimates[:-1] + moves, -20, 20))
    slope = -((ratio - 1) / (1 + open_share * (ratio - 1))) @ parts
    apart = np.column_stack([moves, slope - estimates[-1]])
    return math.sqrt(float(np.min(np.sum(apart @ np.linalg.inv(covariance) * apart, axis=1))))


def _moves_with_date(share: np.ndarray, count: np.ndarray, cells: Cells, cohorts: np.ndarray) -> bool:
    """Do the odds among ended records of one age move with the date on which they came?"""
    ended = cells.status != OPEN
    if cohorts.shape[1] < 2 or count[ended].sum() < 2 * COHORTS:
        return False
    blocks = [_one_hot(cells.status[ended]), _one_hot(cells.band[ended])]
    fit = _newton(share[ended], count[ended], [], blocks, cohorts[ended])
    own = slice(len(fit.beta) - cohorts.shape[1], len(fit.beta))
    covariance = np.linalg.inv(fit.information)[own, own]
    middle = np.eye(cohorts.shape[1]) - 1 / cohorts.shape[1]
    effects = middle @ fit.beta[own]
    statistic = float(effects @ np.linalg.pinv(middle @ covariance @ middle) @ effects)
    freedom = cohorts.shape[1] - 1
    return (statistic - freedom) / math.sqrt(2 * freedom) > CHANGED


def _newton(
    share: np.ndarray, count: np.ndarray, first: list[np.ndarray], blocks: list[np.ndarray], cohorts: np.ndarray
) -> Any:
    design = np.column_stack([*first, *blocks, cohorts]).astype(float)
    precision = np.full(design.shape[1], WEAK)
    precision[design.shape[1] - cohorts.shape[1] :] = STEADY
    start = np.zeros(design.shape[1])
    return newton(
        Columns(design), share, count, start, precision=np.diag(precision), steps=25, longest=4.0, enough=ENOUGH
    )


def _one_hot(groups: np.ndarray) -> np.ndarray:
    return (groups[:, None] == np.unique(groups)).astype(float)
