"""Is what comes in whole? Asked before the question whether it moved.

Compared are two profiles, as in ``drift``, and the counts of earlier weeks:

``range``     are more numbers beyond every number of the reference than chance explains?
``constant``  is one and the same value everywhere that varied before?
``failed``    could more rows not be scored?
``late``      were more rows scored long after they had come?
``volume``    did fewer rows come than in the weeks before, and than at this time of last year?
``review``    did another share go to a person than in the weeks before, by more than a ratio?

A number that grows with the calendar (how many earlier bills, days since) is beyond all
earlier ones every week: how fast that goes is known from what was learned from (``noise``).
Days on which the firm is closed are no loss of records.
All limits are exact tails of the count itself, not of a normal curve. The tests of
one window share one error level by Holm's method, apart from those of ``drift``.
What is empty or never seen before is judged there. A column that fails here is
broken; whether its shape moved as well is no question then (``broken``).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .binning import (
    FIRST,
    MISSING,
    Bins,
)
from .columns import NUMBER
from .drift import (
    DRIFTED,
    QUIET,
    DriftResult,
    holm,
)
from .noise import Noise
from .profile import RESERVED, Profile
from .rates import (
    beyond_ratio,
    fewest_that_exceed,
    most_that_exceed,
    spread,
    tail_fewer,
    tail_more,
)

RANGE, CONSTANT, FAILED, LATE, VOLUME, REVIEW = TESTS = ("range", "constant", "failed", "late", "volume", "review")
ROWS = "rows"  # the pseudo column of what concerns whole rows
ERRORS = 2.33  # standard errors that a share of the reference may be off
RANGE_TOLERANCE = 0.01  # more values beyond the range than the reference has, as a share of rows
CONSTANT_TOLERANCE = 0.02  # more rows with the commonest value, as a share of rows
FAILED_TOLERANCE = 0.02  # more failed rows than the reference has, as a share of rows
LATE_TOLERANCE = 0.10  # more late rows than the reference has, as a share of rows
REVIEW_RATIO = 1.5  # times the share of reviews in the reference
MIN_WEEKS, MOST_WEEKS = 4, 12  # earlier weeks that a week is compared with
OPEN = 0.95  # of the usual working time, under which a week is one with holidays


def judge_quality(
    bins: dict[str, Bins],
    reference: Profile,
    window: Profile,
    *,
    weeks: Sequence[int] = (),
    before: Sequence[Profile] = (),
    opened: Any = (),
    last_year: Any = (),
    noise: Any = None,
    age: int = 0,
    level: float = 0.01,
    min_rows: int = 50,
) -> list[DriftResult]:
    """Every test of one window, as a list of ``DriftResult``.

    ``bins`` maps names to bins, ``weeks`` are the rows that came in each week, the one
    in question last; ``opened`` the working time of each of these weeks and ``last_year``
    the rows of the same weeks a year before, where these are known. ``before`` are the
    profiles of the weeks before. ``noise`` and ``age`` are as in ``drift.judge``. Under
    ``min_rows`` scored rows only the volume is judged.

    >>> from .profile import Profile
    >>> [r.verdict for r in judge_quality({}, Profile(10), Profile(0), weeks=[9, 11, 10, 10, 0])]
    ['drifted']
    """
    found, noise = [_volume(weeks, opened, last_year)], noise or Noise()
    if window.rows + window.failed >= min_rows and reference.rows:
        found.append(_failed(reference, window))
    if window.rows >= min_rows and reference.rows:
        found.append(_late(reference, window))
        before = [part for part in before[-MOST_WEEKS:] if part.rows]
        if len(before) >= MIN_WEEKS and sum(part.rows for part in before) >= min_rows:
            found.append(_review(before, window))
        for name in reference.counts:
            if name not in RESERVED:
                coming = noise.new_share(RANGE, name, age)
                found += _column(name, bins[name], reference.counts[name], window.counts[name], coming)
    tests = sorted((test for test in found if test), key=lambda test: test[0].p_value or 0.0)
    adjusted = holm([result.p_value or 0.0 for result, _critical in tests])
    return [
        _judged(result, adjusted[rank], critical(level / (len(tests) - rank)), level)
        for rank, (result, critical) in enumerate(tests)
    ]


def broken(results: list[DriftResult]) -> set[str]:
    """Names of the columns that fail a test: their shape says nothing."""
    return {result.name for result in results if result.exceeded}


def _judged(result: DriftResult, adjusted: float, threshold: float, level: float) -> DriftResult:
    exceeded = adjusted <= level
    return replace(
        result, adjusted_p=adjusted, threshold=threshold, exceeded=exceeded, verdict=DRIFTED if exceeded else QUIET
    )


def _column(name: str, bins: Bins, reference: np.ndarray, window: np.ndarray, coming: float = 0.0) -> Iterator[Any]:
    reference_rows, rows = int(reference.sum() - reference[MISSING]), int(window.sum() - window[MISSING])
    if not reference_rows or not rows:
        return
    if bins.kind == NUMBER and bins.low is not None:
        beyond = int(reference[bins.beyond].sum())
        # One more draw is the largest or the smallest of all with this chance.
        chance = max(beyond / reference_rows, 2 / (reference_rows + 1), coming)
        hits = int(window[bins.beyond].sum())
        yield _more(name, RANGE, hits, rows, chance, reference_rows, RANGE_TOLERANCE, codes=tuple(bins.beyond))
    everywhere = MISSING + 1 + int(np.argmax(window[MISSING + 1 :]))
    before = reference[everywhere] / reference_rows
    # Only a bin of its own is one value: what is new, rare or beyond the range is of many kinds.
    if window[everywhere] < rows or everywhere < FIRST:
        share = float(window[everywhere] / rows)
        result = DriftResult(
            name, CONSTANT, statistic=share, p_value=1.0, reference_share=float(before), window_share=share
        )
        yield result, lambda _bar: 1.0
    elif before < 1:  # what never varied is not broken
        yield _more(
            name,
            CONSTANT,
            rows,
            rows,
            before,
            reference_rows,
            CONSTANT_TOLERANCE,
            codes=(everywhere,),
            moved=((everywhere, float(before), 1.0),),
            labels=(bins.label(everywhere),),
        )


def _failed(reference: Profile, window: Profile) -> tuple[DriftResult, Callable[..., Any]]:
    asked = reference.rows + reference.failed
    return _more(
        ROWS, FAILED, window.failed, window.rows + window.failed, reference.failed / asked, asked, FAILED_TOLERANCE
    )


def _late(reference: Profile, window: Profile) -> tuple[DriftResult, Callable[..., Any]]:
    return _more(ROWS, LATE, window.late, window.rows, reference.late / reference.rows, reference.rows, LATE_TOLERANCE)


def _review(before: list[Profile], window: Profile) -> tuple[DriftResult, Callable[..., Any]]:
    """Both ways: a flood nobody can work off, and a silence in which nobody is asked."""
    whole, hits, rows = sum(before, Profile()), window.reviewed, window.rows
    share = whole.reviewed / whole.rows
    wide = spread([part.reviewed for part in before], [part.rows for part in before])
    more = hits / rows >= share
    rate, wide = beyond_ratio(whole.reviewed, whole.rows, REVIEW_RATIO, wide, more=more)
    tail = tail_more if more else tail_fewer
    [p_value] = tail([hits], [rows], [rate], [wide]).tolist()
    result = DriftResult(
        ROWS, REVIEW, statistic=hits / rows, p_value=p_value, reference_share=share, window_share=hits / rows
    )
    end = fewest_that_exceed if more else most_that_exceed

    def threshold(bar: float) -> float:
        [cases] = end([bar], [rows], [rate], [wide]).tolist()
        return min(max(cases / rows, 0.0), 1.0)

    return result, threshold


def _more(
    name: str, test: str, hits: Any, cases: Any, share: float, of: int, tolerance: float, **facts: Any
) -> tuple[DriftResult, Callable[..., Any]]:
    """Are there more hits among the cases than a binomial of the tolerated share explains?"""
    from scipy.stats import binom

    tolerated = min(float(share + ERRORS * math.sqrt(share * (1 - share) / of) + tolerance), 1.0)
    result = DriftResult(
        name,
        test,
        statistic=hits / cases,
        p_value=float(binom.sf(hits - 1, cases, tolerated)),
        reference_share=float(share),
        window_share=hits / cases,
        **facts,
    )
    return result, lambda bar: float(min((binom.isf(bar, cases, tolerated) + 1) / cases, 1.0))


def _volume(
    weeks: Sequence[int], opened: tuple = (), last_year: Any = ()
) -> tuple[DriftResult, Callable[..., Any]] | None:
    """Are there fewer rows than the weeks before explain, however much these differed?

    The weeks before give a mean and a spread; the number of the next week is then
    negative binomial (Poisson where they spread no more than chance). Weeks with holidays
    are left out of the mean where enough others are left; a week that has fewer working
    hours than usual is expected to bring fewer rows, none where it has none. Where the
    same weeks of last year are known, the week has to be low against these, too.
    """
    *before, now = list(weeks) or [0]
    hours = list(opened)[-len(before) - 1 :] if len(opened) > len(before) else [1.0] * (len(before) + 1)
    before, hours = before[-MOST_WEEKS:], hours[-MOST_WEEKS - 1 :]
    usual = float(np.median(hours[:-1])) if before else 0.0
    ordinary = [rows for rows, open_for in zip(before, hours, strict=False) if open_for >= OPEN * usual]
    usually = np.array(ordinary if len(ordinary) >= MIN_WEEKS else before, dtype=float)
    if len(usually) < MIN_WEEKS or not usually.sum():
        return None
    part = min(hours[-1] / usual, 1.0) if usual else 1.0
    expected = [part]
    *earlier, then = list(last_year) or [0]
    if len(earlier) >= MIN_WEEKS and sum(earlier):
        expected.append(min(then / (sum(earlier) / len(earlier)), 1.0))
    laws = [_law_of_rows(usually, share) for share in expected if share > 0]
    if len(laws) < len(expected):
        return None  # nobody was there, this week or in that of last year
    mean = float(usually.mean()) * min(expected)
    result = DriftResult(
        ROWS,
        VOLUME,
        statistic=float(now),
        p_value=max(float(law.cdf(now)) for law in laws),
        reference_share=mean,
        window_share=float(now),
    )
    return result, lambda bar: min(float(max(law.ppf(bar) - 1, 0.0)) for law in laws)


def _law_of_rows(before: np.ndarray, part: float) -> Any:
    """The distribution of the rows of a week of which ``part`` is worked."""
    from scipy.stats import nbinom, poisson

    mean = float(before.mean()) * part
    variance = float(before.var(ddof=1)) * part**2
    spread = max(variance, mean) + mean / len(before)  # the mean itself is uncertain
    return nbinom(mean**2 / (spread - mean), mean / spread) if spread > mean else poisson(mean)
