"""Have the inputs or the scores moved since the reference?

Compared are two profiles, so the cost does not depend on the number of rows. Three
questions per column, each with a statistic, a threshold and a verdict of its own:

``missing``  is a share empty that differs from the reference rate by more than two points?
``unseen``   are more levels new than the reference predicts plus one point?
``shape``    have the values that are there moved by more than a tolerated effect?

The shape test is a chi-square test of two samples against a *non-central*
distribution: the null is not "nothing changed" (with enough rows that is always
false) but "the squared effect, relative to the shares of the reference, is at most
delta2". The share of one verdict is held against a ratio instead (``rates``): 1 %
flagged that becomes 4 % is a small effect and another way of working. Tests of one
window share one error level by Holm's method; score and prediction have a share of
their own. What is missing or new is judged first and inhibits the shape alarm of its
column. What weeks differ by themselves is allowed for (``noise``).

The same questions are asked of several weeks together (``Longer``), in the same family:
a slow drift is small in every week. Where the same weeks of a year before are known, a
window has to differ from these as well: a season is no news.

Two traps are designed out. A tiny cell for unseen levels inside the chi-square
turns one odd row into an alarm: rare and unseen levels are one cell, and cells that
expect fewer than ``MIN_EXPECTED`` rows are merged. Comparing only levels that the
reference has seen makes the others vanish: they stay in that cell.

Where only one cell is left (a flag that is almost never set) there is no
chi-square; the share of rows outside of it is then held against the reference
share plus two points, as for missing values.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    Bins,
)
from .columns import NUMBER
from .noise import Noise
from .profile import (
    PREDICTION,
    PREDICTION_BINS,
    RESERVED,
    Profile,
)
from .rates import (
    beyond_ratio,
    fewest_that_exceed,
    most_that_exceed,
    tail_fewer,
    tail_more,
)
from .tags import tags_of

DRIFTED, QUIET, CANNOT_JUDGE, CONSTANT = VERDICTS = ("drifted", "quiet", "cannot_judge", "constant")
SHAPE, MISSING_TEST, UNSEEN_TEST = TESTS = ("shape", "missing", "unseen")

PRESETS = {"sensitive": 0.02, "normal": 0.05, "calm": 0.10}  # delta2
MORE_THAN_A_WEEK, SURELY_MORE = 2.0, 4.0  # times the floor: beyond what nearly any week shows, and what any does
TO_CONFIRM = 1e-6  # least p-value of what a second week has to confirm
MIN_EXPECTED = 5  # rows per cell of the window
MIN_LEVEL = 10  # reference rows of a level with a cell of its own
MISSING_TOLERANCE = 0.02  # more empty values than the reference has, as a share of rows
UNSEEN_TOLERANCE = 0.01  # more values never seen than expected, as a share of rows
OWN_SHARE = 0.5  # of the error level, for score and prediction
EFFECT, WEEKS, MORE, FEWER = LAWS = "effect", "weeks", "more", "fewer"  # of the statistics

MOST_PARTS = 3  # columns of one input whose movement is told
AT_ONCE = 1e-6  # adjusted p that needs no second week
QUIET_WEEKS = 4  # after which an alert has ended
POOLED = (4, 13)  # weeks that are judged together beside the latest one
MIN_YEAR_ROWS = 200  # of the same weeks a year before


@dataclass(frozen=True)
class DriftResult:
    """One test of one column in one window.

    ``statistic`` and ``threshold`` have the same unit: X² for ``shape``, a share of
    rows for ``missing`` and ``unseen`` (and for a shape of one cell). ``effect``
    (the population stability index) and ``shift`` (of the median, in units of the
    reference's IQR / 1.349; numbers only) are for showing, never for judging.
    ``moved`` holds up to three (code, reference share, window share), ``labels``
    their texts; a code stands for its whole group of bins. ``codes`` are all codes of
    the rows in question: what is empty (filled, where fewer are empty), new, or of the
    group that grew most. ``floor`` is the effect that the column shows by itself
    (``shape`` only): above ``LARGE_FLOOR`` only large moves are found; where nothing at
    all could exceed it the column ``cannot_ring``. ``weeks`` are those judged together.
    What cannot be computed is None.
    """

    name: str
    test: str
    statistic: float | None = None
    threshold: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    exceeded: bool = False
    verdict: str = CANNOT_JUDGE
    reference_share: float | None = None
    window_share: float | None = None
    effect: float | None = None
    shift: float | None = None
    moved: tuple = ()
    labels: tuple = ()
    codes: tuple = ()
    floor: float = 0.0
    weeks: int = 1
    cannot_ring: bool = False
    parts: tuple = ()  # of an input that has several columns: the results of those that moved, the surest first


@dataclass(frozen=True)
class Longer:
    """``weeks`` weeks to be judged together: ``parts`` are their profiles, the latest window last.

    ``year`` is the profile of the same weeks a year before, None where these are not known.
    """

    weeks: int
    parts: tuple
    reference: Profile
    noise: Noise = field(default_factory=Noise)
    year: Profile | None = None


def spans(
    before: list[Profile], window: Profile, reference: Profile, noise: Noise, *, weeks: int = 1, years: Any = None
) -> list[Longer]:
    """The several weeks that end with ``window``, which is ``weeks`` long, to be judged as ``longer``.

    ``before`` are the profiles of the weeks before it, the latest last, as far back as they may be judged; ``years``
    maps a number of weeks to the profile of the same weeks a year before.
    """
    found = []
    for count in POOLED:
        more = count - weeks
        if more > 0 and len(before) >= more:
            parts = (*before[-more:], window)
            found.append(Longer(count, parts, reference, noise.of(count), (years or {}).get(count)))
    return found


def judge(
    bins: dict[str, Bins],
    reference: Profile,
    window: Profile,
    *,
    delta2: float = 0.05,
    level: float = 0.01,
    min_rows: int = 50,
    noise: Any = None,
    broken: Collection[str] = (),
    year: Any = None,
    longer: Any = (),
    told: Any = None,
    age: int = 0,
) -> list[DriftResult]:
    """Every test of one window, as a list of ``DriftResult``; the score comes first.

    ``bins`` maps names to bins (``profile.bins_of(card)``), ``noise`` is what ordinary weeks
    show (``ordinary.noise_of``), ``broken`` are columns whose shape says nothing (see ``quality``),
    ``year`` the profile of the same weeks a year before. Each of ``longer`` is judged
    beside the window; ``told`` maps (column, test) to the places, counted back from the
    window, of weeks that exceeded by themselves and are left out there: they have been
    told. ``age`` are the days since the version learned. Under ``min_rows`` the answer is
    ``cannot_judge``.
    """
    names = [name for name in RESERVED if name in reference.counts and name in (window.counts or RESERVED)]
    names += [name for name in reference.counts if name not in RESERVED]
    if window.rows < min_rows or not reference.rows:
        return [DriftResult(name, SHAPE) for name in names]
    asked = _Asked(bins, tags_of(bins), delta2, age, told or {})
    spans = [Longer(1, (window,), reference, noise or Noise(), year), *longer]
    tests = [test for name in names for span in spans for test in asked.tests(name, span)]
    _measure(tests)
    measured = [test for test in tests if test.p_value is not None]
    for family, share in ((True, OWN_SHARE), (False, 1 - OWN_SHARE)):
        _holm([test for test in measured if (test.name in RESERVED) == family], share, level)
    _draw_thresholds(measured)
    # An input that fills has other values than before only if it shows in these: its shape is judged as ever.
    noisy = {(t.name, t.weeks) for t in tests if t.test != SHAPE and t.exceeded and t.law[0] == MORE}
    results = [t.result(inhibited=t.name in broken or (t.name, t.weeks) in noisy) for t in tests]
    return _one_span_each(results)


def _one_span_each(results: list[DriftResult]) -> list[DriftResult]:
    """Of the spans of one column and test the one to tell: the week where it exceeds, else the surest that does."""
    grouped = {}
    for result in results:
        grouped.setdefault((result.name, result.test), []).append(result)
    return [_span_to_tell(several) for several in grouped.values()]


def _span_to_tell(several: list[DriftResult]) -> DriftResult:
    week = several[0]
    others = [] if week.exceeded else [result for result in several[1:] if result.exceeded]
    return min(others, key=lambda result: result.adjusted_p or 0.0, default=week)


def by_input(results: Any, bins: Any) -> Any:
    """``results`` with those of the columns of one input and test made one, the surest: one cause, told once."""
    tags, grouped = tags_of(bins), {}
    for result in results:
        grouped.setdefault((tags.get(result.name, (result.name,))[0], result.test), []).append(result)
    return [_surest(name, several) for (name, _test), several in grouped.items()]


def _surest(name: str, several: Any) -> Any:
    if len(several) == 1 and several[0].name == name:
        return several[0]
    order = sorted(several, key=lambda r: (not r.exceeded, 2.0 if r.adjusted_p is None else r.adjusted_p))
    moved = [result for result in order if result.exceeded] or order[:1]
    return replace(order[0], name=name, parts=tuple(moved[:MOST_PARTS]))


class _Test:
    """One test in the making: Holm needs all p-values before any verdict.

    ``law`` is what the statistic follows while nothing moved: (``EFFECT``, degrees of
    freedom, non-centrality) for an X², (``WEEKS``, mean, variance, degrees of freedom, non-centrality of
    nearly all and of all weeks) for an X² of a week as they differ, (``MORE`` or ``FEWER``, cases, rate,
    spread) for hits among cases where more or fewer of them are asked about.
    ``also`` are other tests that have to exceed as well.
    """

    weeks = 1

    def __init__(
        self,
        name: str,
        test: str,
        statistic: float | None = None,
        law: Any = None,
        hits: Any = 0,
        **facts: Any,
    ) -> None:
        self.name = name
        self.test = test
        self.statistic = statistic
        self.law = law
        self.hits = hits
        self.also = []
        self.facts = facts
        self.p_value: Any = None  # float once tested, as the next two
        self.adjusted_p: Any = None
        self.bar: Any = None  # the p-value at which the verdict turns
        self.threshold = None
        self.exceeded = False

    def result(self, inhibited: bool) -> DriftResult:
        facts = dict(self.facts)
        verdict = facts.pop("verdict", None)
        exceeded = self.exceeded
        if verdict is None:
            verdict = DRIFTED if exceeded else QUIET
            if (self.test == SHAPE and inhibited) or facts.get("cannot_ring"):
                exceeded, verdict = False, CANNOT_JUDGE
        return DriftResult(
            name=self.name,
            test=self.test,
            statistic=self.statistic,
            threshold=self.threshold,
            p_value=self.p_value,
            adjusted_p=self.adjusted_p,
            exceeded=exceeded,
            verdict=verdict,
            weeks=self.weeks,
            **facts,
        )


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given.

    >>> [round(p, 4) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i])
    adjusted = [0.0] * count
    so_far = 0.0
    for rank, i in enumerate(order):
        so_far = max(so_far, min(1.0, p_values[i] * (count - rank)))
        adjusted[i] = so_far
    return adjusted


def _holm(tests: list[_Test], share: float, level: float) -> None:
    """Adjust within one family that has this share of the error level."""
    for test, p in zip(tests, holm([t.p_value for t in tests]), strict=True):
        test.adjusted_p = min(1.0, p / share)
        test.exceeded = test.adjusted_p <= level
    ranked = sorted(tests, key=lambda test: test.p_value)
    for rank, test in enumerate(ranked):
        test.bar = level * share / (len(ranked) - rank)


def _measure(tests: list[_Test]) -> None:
    """Fill in the p-values. One call per law: the cost of scipy's lies in the call, not in the numbers."""
    from scipy.stats import ncx2

    everything = list(tests)
    for test in everything:
        everything += test.also  # grows while it is read: others of others as well
    for law, several, parameters in _by_law(everything):
        if law == EFFECT:
            found = ncx2.sf([test.statistic for test in several], *parameters)
        elif law == WEEKS:
            found = _weeks_tail([test.statistic for test in several], *parameters)
        else:
            tail = tail_more if law == MORE else tail_fewer
            found = tail([test.hits for test in several], *parameters)
        for test, p in zip(several, found.tolist(), strict=True):
            test.p_value = min(max(p, 0.0), 1.0)
    for test in reversed(everything):
        if test.p_value is not None:
            test.p_value = max([test.p_value, *(other.p_value for other in test.also if other.p_value is not None)])


def _weeks_tail(
    statistics: list[float],
    mean: np.ndarray,
    variance: np.ndarray,
    df: np.ndarray,
    likely: np.ndarray,
    most: np.ndarray,
) -> np.ndarray:
    """The chance of such an X² where weeks differ: a gamma of that mean and variance, bounded by ``most``.

    What is beyond ``likely`` is as rare as a week in a hundred: it has to be seen again, however many rows there are.
    """
    from scipy.stats import gamma, ncx2

    free = gamma.sf(statistics, mean**2 / variance, scale=variance / mean)
    again = np.maximum(ncx2.sf(statistics, df, likely), TO_CONFIRM)
    return np.minimum(free, np.minimum(again, ncx2.sf(statistics, df, most)))


def _weeks_bar(
    bars: np.ndarray, mean: np.ndarray, variance: np.ndarray, df: np.ndarray, likely: np.ndarray, _most: np.ndarray
) -> np.ndarray:
    from scipy.stats import gamma, ncx2

    return np.minimum(gamma.isf(bars, mean**2 / variance, scale=variance / mean), ncx2.isf(bars, df, likely))


def _draw_thresholds(tests: list[_Test]) -> None:
    """Fill in the statistics at which the verdicts turn, of several tests on one statistic the farther one."""
    from scipy.stats import ncx2

    own = [other for test in tests for other in test.also if other.law and other.law[0] == WEEKS]
    for test in tests:
        for other in test.also:
            other.bar = test.bar
    for law, several, parameters in _by_law([*tests, *own]):
        bars = np.array([test.bar for test in several])
        if law == EFFECT:
            found = ncx2.isf(bars, *parameters)
        elif law == WEEKS:
            found = _weeks_bar(bars, *parameters)
        elif law == MORE:
            found = fewest_that_exceed(bars, *parameters) / parameters[0]
        else:
            found = most_that_exceed(bars, *parameters) / parameters[0]  # below 0 where even none would not be few
        for test, threshold in zip(several, found.tolist(), strict=True):
            test.threshold = threshold
    for test in tests:
        test.threshold = max([test.threshold, *(other.threshold for other in test.also if other in own)])


def _by_law(tests: list[_Test]) -> Iterator[Any]:
    """(law, its tests, the parameters of each)."""
    for law in LAWS:
        several = [test for test in tests if test.law and test.law[0] == law]
        if several:
            yield law, several, np.array([test.law[1:] for test in several], dtype=float).T


@dataclass(frozen=True)
class _Asked:
    """Tests of every column, whatever the span."""

    bins: dict
    tags: dict
    delta2: float
    age: float
    told: dict

    def tests(self, name: str, span: Longer) -> Iterator[Any]:
        """The tests of one column over one span; none where its weeks add nothing to the latest one."""
        own = self.bins.get(name, PREDICTION_BINS) if name == PREDICTION else self.bins[name]
        year = span.year if span.year and span.year.rows >= MIN_YEAR_ROWS and name in span.year.counts else None
        for test in _tests_of(name, own, name in self.tags):
            window = self._counts(name, test, span)
            if window is None:
                continue
            made = self._made(test, name, own, span.reference.counts[name], window, span)
            if made is None:
                continue
            made.weeks = span.weeks
            if year and made.law:
                last_year = self._made(test, name, own, year.counts[name], window, span)
                made.also += [last_year] if last_year else []
            yield made

    def _counts(self, name: str, test: str, span: Longer) -> np.ndarray | None:
        left_out = self.told.get((self.tags.get(name, (name,))[0], test), ())
        last = len(span.parts) - 1
        parts = [part for place, part in enumerate(span.parts) if place == last or last - place not in left_out]
        if span.weeks > 1 and len(parts) == 1:
            return None
        counted = [part.counts[name] for part in parts if name in part.counts]
        return sum(counted[1:], counted[0]) if counted else None

    def _made(
        self, test: str, name: str, bins: Bins, reference: np.ndarray, window: np.ndarray, span: Longer
    ) -> _Test | None:
        noise = span.noise
        if test == MISSING_TEST:
            return _missing_test(name, reference, window, noise.spread(MISSING_TEST, name))
        if test == UNSEEN_TEST:
            return _unseen_test(name, bins, reference, window, noise, self.age)
        if name == PREDICTION:
            return _rate_test(name, bins, reference, window, self.delta2, noise.spread(SHAPE, name))
        usual, again = noise.usual_effect(name), MORE_THAN_A_WEEK if span.weeks == 1 else SURELY_MORE
        return _shape_test(name, bins, reference, window, self.delta2, noise.floor(name), usual, again)


def _tests_of(name: str, bins: Bins, is_tag: bool) -> Iterator[Any]:
    """Return the tests of a column. That of one tag is never empty nor new."""
    if name not in RESERVED and not is_tag:
        yield MISSING_TEST
        if bins.kind != NUMBER:
            yield UNSEEN_TEST
    yield SHAPE


def _missing_test(name: str, reference: np.ndarray, window: np.ndarray, spread: float = 0.0) -> _Test | None:
    """Is another share empty? Both ways: an input that runs empty, and one that suddenly fills.

    Only one of the two can be in question, so neither takes from the other's error level.
    """
    rate = reference[MISSING] / max(reference.sum(), 1)
    hits, cases = int(window[MISSING]), int(window.sum())
    if not cases:
        return None
    if hits >= rate * cases or rate <= MISSING_TOLERANCE:
        return _share_test(
            name, MISSING_TEST, hits, cases, rate, rate + MISSING_TOLERANCE, spread=spread, codes=(MISSING,)
        )
    filled = tuple(code for code in range(len(window)) if code != MISSING)
    return _share_test(
        name, MISSING_TEST, hits, cases, rate, rate - MISSING_TOLERANCE, law=FEWER, spread=spread, codes=filled
    )


def _unseen_test(
    name: str, bins: Bins, reference: np.ndarray, window: np.ndarray, noise: Noise, age: float
) -> _Test | None:
    """Are more levels new than the reference predicts? Growing with time, as new ones keep coming."""
    present = int(window.sum() - window[MISSING])
    if not present:
        return None
    expected, tolerated = unseen_rate(bins, reference)
    coming = noise.new_share(UNSEEN_TEST, name, age)
    tolerated += max(coming - expected, 0.0)
    return _share_test(
        name,
        UNSEEN_TEST,
        int(window[UNSEEN]),
        present,
        max(expected, coming),
        tolerated,
        spread=noise.spread(UNSEEN_TEST, name),
        codes=(UNSEEN,),
    )


def ratio_of(delta2: float) -> float:
    """The ratio of rates that a tolerated effect stands for.

    >>> [round(ratio_of(delta2), 2) for delta2 in (0.02, 0.05, 0.10)]
    [1.32, 1.5, 1.71]
    """
    return 1 + math.sqrt(5 * delta2)


def _rate_test(name: str, bins: Bins, reference: np.ndarray, window: np.ndarray, delta2: float, spread: float) -> _Test:
    """Is there another share of one verdict, by more than a ratio of what the reference itself may be?

    As for ``missing`` only one side can be in question: a week at one end of what is tolerated is hardly ever beyond
    the other.
    """
    n, m = int(reference.sum()), int(window.sum())
    if not n or not m:
        return _Test(name, SHAPE, verdict=CANNOT_JUDGE)
    rate, hits = reference[-1] / n, int(window[-1])
    more = hits >= rate * m
    edge, wide = beyond_ratio(int(reference[-1]), n, ratio_of(delta2), spread, more=more)
    cells = [(len(window) - 2,), (len(window) - 1,)]
    facts = _moved(bins, cells, reference[-2:] / n, window[-2:] / m)
    return _share_test(
        name,
        SHAPE,
        hits,
        m,
        rate,
        edge,
        law=MORE if more else FEWER,
        spread=wide,
        effect=stability_index(reference[-2:], window[-2:]),
        **facts,
    )


def _share_test(
    name: str,
    test: str,
    hits: Any,
    cases: Any,
    expected: float,
    tolerated: float,
    law: str = MORE,
    spread: float = 0.0,
    **facts: Any,
) -> _Test:
    """Are there more (or fewer) hits than the tolerated rate explains, with what weeks differ by?"""
    return _Test(
        name,
        test,
        statistic=hits / cases,
        law=(law, cases, min(max(float(tolerated), 0.0), 1.0), spread),
        hits=hits,
        reference_share=float(expected),
        window_share=hits / cases,
        **facts,
    )


def unseen_rate(bins: Bins, reference: np.ndarray) -> tuple[float, float]:
    """Expected and tolerated share of rows with a level never seen in training.

    Good-Turing: the chance of a new level is about the share of rows whose level
    occurs once; 2.33 standard errors and one point are allowed on top. Where the
    reference itself, coded with these bins, shows a higher rate, that one counts.
    """
    once, twice = bins.seen_times(1), bins.seen_times(2)
    rows = max(sum(bins.level_counts.values()) + bins.dropped, 1)
    expected = (once + bins.dropped) / rows
    tolerated = expected + 2.33 * math.sqrt(once + 2 * twice + 1) / rows
    present = max(int(reference.sum() - reference[MISSING]), 1)
    shown = float(reference[UNSEEN]) / present
    if shown > expected:
        expected = shown
        error = 2.33 * math.sqrt(shown * (1 - shown) / present)
        tolerated = max(tolerated, shown + error)
    return expected, tolerated + UNSEEN_TOLERANCE


def _shape_test(
    name: str,
    bins: Bins,
    reference: np.ndarray,
    window: np.ndarray,
    delta2: float,
    floor: float,
    usual: tuple[float, float],
    again: float = MORE_THAN_A_WEEK,
) -> _Test:
    n = int(reference.sum() - reference[MISSING])
    m = int(window.sum() - window[MISSING])
    if not n or not m:
        return _Test(name, SHAPE, verdict=CANNOT_JUDGE)
    groups = _groups(bins, reference, n, m)
    if len(groups) < 2:
        return _one_cell_test(name, reference, window, n, m)
    ref, win = _cells(groups, reference), _cells(groups, window)
    statistic, total, df = _chi_square(ref, win)
    moved: dict[str, Any] = _moved(bins, groups, ref / n, win / m)
    scale = total * _dilution(ref, win)
    test = _Test(
        name,
        SHAPE,
        statistic=statistic,
        law=(EFFECT, df, scale * max(delta2, floor)),
        effect=stability_index(ref, win),
        shift=_shift(bins, reference, window),
        floor=floor,
        cannot_ring=bool(floor >= n / ref.min() - 1),  # the effect of a window that lies in the smallest cell alone
        **moved,
    )
    mean, deviation = usual
    if mean > 0:
        variance = 2 * df + 4 * scale * mean + (scale * deviation) ** 2
        law = (WEEKS, df + scale * mean, variance, df, scale * again * floor, scale * SURELY_MORE * floor)
        test.also.append(_Test(name, SHAPE, statistic=statistic, law=law))
    return test


def _cells(groups: list[tuple[int, ...]], counts: np.ndarray) -> np.ndarray:
    """Rows per group of codes, as floats."""
    starts = np.cumsum([0, *map(len, groups[:-1])])
    return np.add.reduceat(counts[list(chain.from_iterable(groups))], starts).astype(float)


def _chi_square(ref: np.ndarray, win: np.ndarray) -> tuple[float, float, int]:
    """X² = N sum((p - q)² / pooled), N = nm / (n + m), and B - 1."""
    n, m = ref.sum(), win.sum()
    total = n * m / (n + m)
    pooled = (ref + win) / (n + m)
    statistic = total * np.sum((ref / n - win / m) ** 2 / pooled)
    return float(statistic), float(total), len(ref) - 1


def _dilution(ref: np.ndarray, win: np.ndarray) -> float:
    """Return the ratio of the effect relative to the pooled shares and to those of the reference.

    The tolerated effect is relative to the reference. Beside a large window the pooled shares are nearly its own: a
    rare level that becomes common would look like less, the more rows there are.

    >>> round(_dilution(np.array([900.0, 100.0]), np.array([90.0, 10.0])), 3)
    1.0
    """
    p = (ref + 0.5) / (ref.sum() + len(ref) / 2)
    pooled = (ref + win) / (ref + win).sum()
    moved = (ref / ref.sum() - win / win.sum()) ** 2
    relative = np.sum(moved / p)
    return float(np.sum(moved / pooled) / relative) if relative > 0 else 1.0


def _groups(bins: Bins, reference: np.ndarray, n: int, m: int) -> list[tuple[int, ...]]:
    """The cells of the chi-square: tuples of codes, each expecting enough rows."""
    if bins.kind == NUMBER:
        return _number_groups(bins, reference, n, m)
    return _category_groups(bins, reference, n, m)


def _number_groups(bins: Bins, reference: np.ndarray, n: int, m: int) -> list[tuple[int, ...]]:
    if not bins.intervals:
        return []
    folded = bins.fold(reference)
    wanted = min(max(m // 10, 3), 10)
    upto = folded.cumsum()
    # Of the bin's two ends the one nearer to the quantile, from the left on ties.
    quantiles = n * np.arange(1, wanted) / wanted
    cuts = np.abs(upto - quantiles[:, None]).argmin(axis=1) + 1
    starts = sorted({0, *cuts.tolist()} - {bins.intervals})
    groups = [list(range(*ends)) for ends in zip(starts, [*starts[1:], bins.intervals], strict=True)]
    sizes = np.add.reduceat(folded, starts).tolist()
    while len(groups) > 1 and min(sizes) * m / n < MIN_EXPECTED:
        i = int(np.argmin(sizes))
        sides = [j for j in (i - 1, i + 1) if 0 <= j < len(groups)]
        j = min(sides, key=lambda side: sizes[side])
        i, j = min(i, j), max(i, j)
        groups[i] += groups.pop(j)
        sizes[i] += sizes.pop(j)
    groups = [[FIRST + i for i in group] for group in groups]
    groups[0].append(BELOW)
    groups[-1].append(ABOVE)
    return [tuple(group) for group in groups]


def _category_groups(bins: Bins, reference: np.ndarray, n: int, m: int) -> list[tuple[int, ...]]:
    own, rest = [], [UNSEEN, OTHER]
    for code in range(FIRST, bins.size):
        count = reference[code]
        if count >= MIN_LEVEL and count * m / n >= MIN_EXPECTED:
            own.append([code])
        else:
            rest.append(code)
    groups = [*own, rest]
    if own and reference[rest].sum() * m / n < MIN_EXPECTED:
        smallest = min(own, key=lambda group: reference[group[0]])
        smallest += rest
        groups = own
    return [tuple(group) for group in groups]


def _one_cell_test(name: str, reference: np.ndarray, window: np.ndarray, n: int, m: int) -> _Test:
    """Nearly all of the reference in one bin: how much of the window is elsewhere?"""
    if not reference[FIRST:].any():
        return _Test(name, SHAPE, verdict=CANNOT_JUDGE)
    usual = FIRST + int(np.argmax(reference[FIRST:]))
    elsewhere = m - int(window[usual])
    rate = 1 - reference[usual] / n
    if not elsewhere and not rate:
        return _Test(name, SHAPE, verdict=CONSTANT, reference_share=0.0, window_share=0.0)
    others = tuple(code for code in range(MISSING + 1, len(window)) if code != usual)
    return _share_test(name, SHAPE, elsewhere, m, rate, rate + MISSING_TOLERANCE, codes=others)


def stability_index(ref: ArrayLike, win: ArrayLike) -> float:
    """PSI of two rows of counts, half a row added to every cell.

    >>> stability_index([50, 50], [50, 50])
    0.0
    """
    ref, win = np.asarray(ref, dtype=float), np.asarray(win, dtype=float)
    p = (ref + 0.5) / (ref.sum() + len(ref) / 2)
    q = (win + 0.5) / (win.sum() + len(win) / 2)
    return float(np.sum((q - p) * np.log(q / p)))


def _moved(bins: Bins, groups: Sequence[tuple[int, ...]], p: np.ndarray, q: np.ndarray) -> dict[str, tuple]:
    order = sorted(range(len(groups)), key=lambda i: -abs(q[i] - p[i]))[:3]
    moved, labels = [], []
    for i in order:
        codes = [code for code in groups[i] if code >= FIRST] or [OTHER]
        moved.append((codes[0], float(p[i]), float(q[i])))
        labels.append(_group_label(bins, codes))
    grown = max(range(len(groups)), key=lambda i: q[i] - p[i])
    return {"moved": tuple(moved), "labels": tuple(labels), "codes": tuple(int(code) for code in groups[grown])}


def _group_label(bins: Bins, codes: list[int]) -> str:
    if len(codes) == 1:
        return bins.label(codes[0])
    if bins.kind != NUMBER:
        return f"{bins.label(codes[0])} and other"
    merged = type(bins)(
        bins.low,
        bins.high,
        [bins.bounds(code)[0] for code in (codes[0], codes[-1] + 1) if FIRST < code < bins.size],
        bins.whole,
    )
    return merged.label(FIRST if codes[0] == FIRST else FIRST + 1)


def _shift(bins: Bins, reference: np.ndarray, window: np.ndarray) -> float | None:
    """Shift of the median in units of the reference's IQR / 1.349, or None."""
    if bins.kind != NUMBER or not bins.intervals:
        return None
    cuts = np.array([bins.low, *bins.edges, bins.high])

    def quantile(counts: np.ndarray, share: float) -> float:
        upto = np.concatenate([[0], bins.fold(counts).cumsum()])
        return float(np.interp(share * upto[-1], upto, cuts))

    spread = (quantile(reference, 0.75) - quantile(reference, 0.25)) / 1.349
    if spread <= 0:
        return None
    return (quantile(window, 0.5) - quantile(reference, 0.5)) / spread


def effect_of(bins: Bins, reference: np.ndarray, window: np.ndarray) -> float | None:
    """The debiased squared effect of a window's counts of one column, None where these have one cell only."""
    n, m = int(reference.sum() - reference[MISSING]), int(window.sum() - window[MISSING])
    groups = _groups(bins, reference, n, m) if n and m else []
    if len(groups) < 2:
        return None
    ref, win = _cells(groups, reference), _cells(groups, window)
    statistic, total, df = _chi_square(ref, win)
    return (statistic - df) / (total * _dilution(ref, win))


def alarm_state(history: list[tuple[bool, float | None] | None]) -> str:
    """Return the state of an alarm after these weeks.

    ``history`` has one (exceeded, adjusted p) per judged week, the newest last; a
    week without verdict is left out or None. Firing needs 2 of the last 3 weeks, or
    one with an adjusted p under 1e-6; 4 quiet weeks in a row resolve it.

    >>> alarm_state([(True, 0.004), (False, 1.0), (True, 0.002)])
    'firing'
    """
    state = "quiet"
    weeks = [week for week in history if week is not None]
    calm = 0
    for i, (exceeded, adjusted_p) in enumerate(weeks):
        calm = 0 if exceeded else calm + 1
        recent = sum(bool(week[0]) for week in weeks[max(0, i - 2) : i + 1])
        at_once = exceeded and adjusted_p is not None and adjusted_p < AT_ONCE
        if at_once or (exceeded and recent >= 2):
            state = "firing"
        elif state == "firing":
            state = "resolved" if calm >= QUIET_WEEKS else "firing"
        elif exceeded:
            state = "pending"
        elif state == "pending" and recent == 0:
            state = "quiet"
    return state
