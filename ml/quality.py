"""Is what comes in whole? Asked before the question whether it moved.

Compared are two profiles, as in ``drift``, and the counts of earlier weeks:

``range``     are more numbers beyond every number of the reference than chance explains?
``constant``  is one and the same value everywhere that varied before?
``failed``    could more rows not be scored?
``late``      were more rows scored long after they had come?
``volume``    did fewer rows come than in the weeks before?
``review``    did another share go to a person than in the weeks before?

All limits are exact tails of the count itself, not of a normal curve. The tests of
one window share one error level by Holm's method, apart from those of ``drift``.
What is empty or never seen before is judged there. A column that fails here is
broken; whether its shape moved as well is no question then (``broken``).
"""

import math
from dataclasses import replace

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING
from .columns import NUMBER
from .drift import DRIFTED, QUIET, DriftResult, holm
from .profile import RESERVED

RANGE, CONSTANT, FAILED, LATE, VOLUME, REVIEW = TESTS = ("range", "constant", "failed", "late", "volume", "review")
ROWS = "rows"  # the pseudo column of what concerns whole rows
ERRORS = 2.33  # standard errors that a share of the reference may be off
RANGE_TOLERANCE = 0.01
CONSTANT_TOLERANCE = 0.02
FAILED_TOLERANCE = 0.02
LATE_TOLERANCE = 0.10
REVIEW_TOLERANCE = 0.10
MIN_WEEKS, MOST_WEEKS = 4, 12


def judge_quality(bins, reference, window, *, weeks=(), before=None, level=0.01, min_rows=50):
    """Every test of one window, as a list of ``DriftResult``.

    ``bins`` maps names to bins, ``weeks`` are the rows that came in each week, the one
    in question last; ``before`` is the profile of the weeks before, None where these are
    too few. Under ``min_rows`` scored rows only the volume is judged.

    >>> from .profile import Profile
    >>> [r.verdict for r in judge_quality({}, Profile(10), Profile(0), weeks=[9, 11, 10, 10, 0])]
    ['drifted']
    """
    tests = [_volume(weeks)]
    if window.rows + window.failed >= min_rows and reference.rows:
        tests.append(_failed(reference, window))
    if window.rows >= min_rows and reference.rows:
        tests.append(_late(reference, window))
        if before is not None and before.rows >= min_rows:
            tests.append(_review(before, window))
        for name in reference.counts:
            if name not in RESERVED:
                tests += _column(name, bins[name], reference.counts[name], window.counts[name])
    tests = sorted((test for test in tests if test), key=lambda test: test[0].p_value)
    adjusted = holm([result.p_value for result, _critical in tests])
    return [
        _judged(result, adjusted[rank], critical(level / (len(tests) - rank)), level)
        for rank, (result, critical) in enumerate(tests)
    ]


def broken(results):
    """Names of the columns that fail a test: their shape says nothing."""
    return {result.name for result in results if result.exceeded}


def _judged(result, adjusted, threshold, level):
    exceeded = adjusted <= level
    return replace(
        result, adjusted_p=adjusted, threshold=threshold, exceeded=exceeded, verdict=DRIFTED if exceeded else QUIET
    )


def _column(name, bins, reference, window):
    reference_rows, rows = int(reference.sum() - reference[MISSING]), int(window.sum() - window[MISSING])
    if not reference_rows or not rows:
        return
    if bins.kind == NUMBER and bins.low is not None:
        beyond = int(reference[BELOW] + reference[ABOVE])
        # One more draw is the largest or the smallest of all with this chance.
        chance = max(beyond / reference_rows, 2 / (reference_rows + 1))
        hits = int(window[BELOW] + window[ABOVE])
        yield _more(name, RANGE, hits, rows, chance, reference_rows, RANGE_TOLERANCE, codes=(BELOW, ABOVE))
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
            name, CONSTANT, rows, rows, before, reference_rows, CONSTANT_TOLERANCE,
            codes=(everywhere,), moved=((everywhere, float(before), 1.0),), labels=(bins.label(everywhere),),
        )  # fmt: skip


def _failed(reference, window):
    asked = reference.rows + reference.failed
    return _more(
        ROWS, FAILED, window.failed, window.rows + window.failed, reference.failed / asked, asked, FAILED_TOLERANCE
    )


def _late(reference, window):
    return _more(ROWS, LATE, window.late, window.rows, reference.late / reference.rows, reference.rows, LATE_TOLERANCE)


def _review(before, window):
    """Both ways: a flood nobody can work off, and a silence in which nobody is asked."""
    from scipy.stats import binom

    share, hits, rows = before.reviewed / before.rows, window.reviewed, window.rows
    reach = ERRORS * math.sqrt(share * (1 - share) / before.rows) + REVIEW_TOLERANCE
    low, high = max(share - reach, 0.0), min(share + reach, 1.0)
    p_value = min(1.0, 2 * float(min(binom.sf(hits - 1, rows, high), binom.cdf(hits, rows, low))))
    result = DriftResult(
        ROWS, REVIEW, statistic=hits / rows, p_value=p_value, reference_share=share, window_share=hits / rows
    )
    if hits / rows >= share:
        return result, lambda bar: float(min((binom.isf(bar / 2, rows, high) + 1) / rows, 1.0))
    return result, lambda bar: float(max((binom.ppf(bar / 2, rows, low) - 1) / rows, 0.0))


def _more(name, test, hits, cases, share, of, tolerance, **facts):
    """Are there more hits among the cases than a binomial of the tolerated share explains?"""
    from scipy.stats import binom

    tolerated = min(float(share + ERRORS * math.sqrt(share * (1 - share) / of) + tolerance), 1.0)
    result = DriftResult(
        name, test, statistic=hits / cases, p_value=float(binom.sf(hits - 1, cases, tolerated)),
        reference_share=float(share), window_share=hits / cases, **facts,
    )  # fmt: skip
    return result, lambda bar: float(min((binom.isf(bar, cases, tolerated) + 1) / cases, 1.0))


def _volume(weeks):
    """Are there fewer rows than the weeks before explain, however much these differed?

    The weeks before give a mean and a spread; the number of the next week is then
    negative binomial (Poisson where they spread no more than chance).
    """
    *before, now = list(weeks) or [0]
    before = np.array(before[-MOST_WEEKS:], dtype=float)
    if len(before) < MIN_WEEKS or not before.sum():
        return None
    from scipy.stats import nbinom, poisson

    mean = float(before.mean())
    spread = max(float(before.var(ddof=1)), mean) + mean / len(before)  # the mean itself is uncertain
    if spread > mean:
        law = nbinom(mean**2 / (spread - mean), mean / spread)
    else:
        law = poisson(mean)
    result = DriftResult(
        ROWS, VOLUME, statistic=float(now), p_value=float(law.cdf(now)), reference_share=mean, window_share=float(now)
    )
    return result, lambda bar: float(max(law.ppf(bar) - 1, 0.0))
