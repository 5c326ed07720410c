"""Have the inputs or the scores moved since the reference?

Compared are two profiles, so the cost does not depend on the number of rows. Three
questions per column, each with a statistic, a threshold and a verdict of its own:

``missing``  is a share empty that differs from the reference rate by more than two points?
``unseen``   are more levels new than Good-Turing predicts plus one point?
``shape``    have the values that are there moved by more than a tolerated effect?

The shape test is a chi-square test of two samples against a *non-central*
distribution: the null is not "nothing changed" (with enough rows that is always
false) but "the squared effect is at most delta2". Tests of one window share one
error level by Holm's method; score and prediction have a share of their own. What
is missing or new is judged first and inhibits the shape alarm of its column.

Two traps are designed out. A tiny cell for unseen levels inside the chi-square
turns one odd row into an alarm: rare and unseen levels are one cell, and cells that
expect fewer than ``MIN_EXPECTED`` rows are merged. Comparing only levels that the
reference has seen makes the others vanish: they stay in that cell.

Where only one cell is left (a flag that is almost never set) there is no
chi-square; the share of rows outside of it is then held against the reference
share plus two points, as for missing values.
"""

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN
from .columns import NUMBER
from .profile import PREDICTION, PREDICTION_BINS, RESERVED, Profile
from .tags import tags_of

DRIFTED, QUIET, CANNOT_JUDGE, CONSTANT = VERDICTS = ("drifted", "quiet", "cannot_judge", "constant")
SHAPE, MISSING_TEST, UNSEEN_TEST = TESTS = ("shape", "missing", "unseen")

PRESETS = {"sensitive": 0.02, "normal": 0.05, "calm": 0.10}  # delta2
LARGE_FLOOR = 0.10  # above it only large moves are found
FLOOR_QUANTILE, FLOOR_FACTOR = 0.9, 1.2  # of the effects that the parts of a reference show
MIN_PARTS = 8  # of a reference that say how much a column moves by itself
MIN_PART_ROWS = 50  # of such a part, as of a window
MIN_EXPECTED = 5  # rows per cell of the window
MIN_LEVEL = 10  # reference rows of a level with a cell of its own
MISSING_TOLERANCE = 0.02
UNSEEN_TOLERANCE = 0.01
OWN_SHARE = 0.5  # of the error level, for score and prediction
EFFECT, MORE, FEWER = "effect", "more", "fewer"  # the laws of the statistics

MOST_PARTS = 3  # columns of one input whose movement is told
AT_ONCE = 1e-6  # adjusted p that needs no second week
QUIET_WEEKS = 4


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
    (``shape`` only): above ``LARGE_FLOOR`` only large moves are found. What cannot be
    computed is None.
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
    parts: tuple = ()  # of an input that has several columns: the results of those that moved, the surest first


def judge(bins, reference, window, *, delta2=0.05, level=0.01, min_rows=50, floors=None, broken=()):
    """Every test of one window, as a list of ``DriftResult``; the score comes first.

    ``bins`` maps names to bins (``profile.bins_of(card)``), ``floors`` names to noise
    floors of ``noise_floor``; ``broken`` are columns whose shape says nothing (see
    ``quality``). Under ``min_rows`` the answer is ``cannot_judge``.
    """
    floors = floors or {}
    names = [name for name in RESERVED if name in reference.counts and name in (window.counts or RESERVED)]
    names += [name for name in reference.counts if name not in RESERVED]
    if window.rows < min_rows or not reference.rows:
        return [DriftResult(name, SHAPE) for name in names]
    tests, tags = [], tags_of(bins)
    for name in names:
        own = bins.get(name, PREDICTION_BINS) if name == PREDICTION else bins[name]
        floor = floors.get(name, 0.0)
        tests += _column_tests(name, own, reference.counts[name], window.counts[name], delta2, floor, name in tags)
    _measure(tests)
    measured = [test for test in tests if test.p_value is not None]
    for family, share in ((True, OWN_SHARE), (False, 1 - OWN_SHARE)):
        _holm([test for test in measured if (test.name in RESERVED) == family], share, level)
    _draw_thresholds(measured)
    # An input that fills has other values than before only if it shows in these: its shape is judged as ever.
    noisy = {t.name for t in tests if t.test != SHAPE and t.exceeded and t.law[0] == MORE} | set(broken)
    return [test.result(inhibited=test.name in noisy) for test in tests]


def by_input(results, bins):
    """``results`` with those of the columns of one input and test made one, the surest: one cause, told once."""
    tags, grouped = tags_of(bins), {}
    for result in results:
        grouped.setdefault((tags.get(result.name, (result.name,))[0], result.test), []).append(result)
    return [_surest(name, several) for (name, _test), several in grouped.items()]


def _surest(name, several):
    if len(several) == 1 and several[0].name == name:
        return several[0]
    order = sorted(several, key=lambda r: (not r.exceeded, 2.0 if r.adjusted_p is None else r.adjusted_p))
    moved = [result for result in order if result.exceeded] or order[:1]
    return replace(order[0], name=name, parts=tuple(moved[:MOST_PARTS]))


class _Test:
    """One test in the making: Holm needs all p-values before any verdict.

    ``law`` is what the statistic follows while nothing moved: (``EFFECT``, degrees of
    freedom, non-centrality) for an X², (``MORE`` or ``FEWER``, cases, rate) for hits
    among cases where more or fewer of them are asked about.
    """

    def __init__(self, name, test, statistic=None, law=None, hits=0, **facts):
        self.name = name
        self.test = test
        self.statistic = statistic
        self.law = law
        self.hits = hits
        self.facts = facts
        self.p_value = None
        self.adjusted_p = None
        self.bar = None  # the p-value at which the verdict turns
        self.threshold = None
        self.exceeded = False

    def result(self, inhibited):
        facts = dict(self.facts)
        verdict = facts.pop("verdict", None)
        exceeded = self.exceeded
        if verdict is None:
            verdict = DRIFTED if exceeded else QUIET
            if self.test == SHAPE and inhibited:
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
            **facts,
        )


def holm(p_values):
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


def _holm(tests, share, level):
    """Adjust within one family that has this share of the error level."""
    for test, p in zip(tests, holm([t.p_value for t in tests]), strict=True):
        test.adjusted_p = min(1.0, p / share)
        test.exceeded = test.adjusted_p <= level
    ranked = sorted(tests, key=lambda test: test.p_value)
    for rank, test in enumerate(ranked):
        test.bar = level * share / (len(ranked) - rank)


def _measure(tests):
    """Fill in the p-values. One call per law: the cost of scipy's lies in the call, not in the numbers."""
    from scipy.stats import binom, ncx2

    for law, several, first, second in _by_law(tests):
        if law == EFFECT:
            found = ncx2.sf([test.statistic for test in several], first, second)
        elif law == MORE:
            found = binom.sf([test.hits - 1 for test in several], first, second)
        else:
            found = binom.cdf([test.hits for test in several], first, second)
        for test, p in zip(several, found.tolist(), strict=True):
            test.p_value = min(max(p, 0.0), 1.0)


def _draw_thresholds(tests):
    """Fill in the statistics at which the verdicts turn."""
    from scipy.stats import binom, ncx2

    for law, several, first, second in _by_law(tests):
        bars = [test.bar for test in several]
        if law == EFFECT:
            found = ncx2.isf(bars, first, second)
        elif law == MORE:
            found = (binom.isf(bars, first, second) + 1) / first
        else:
            found = (binom.ppf(bars, first, second) - 1) / first  # below 0 where even none would not be few
        for test, threshold in zip(several, found.tolist(), strict=True):
            test.threshold = threshold


def _by_law(tests):
    """(law, its tests, first and second parameter of each)."""
    for law in (EFFECT, MORE, FEWER):
        several = [test for test in tests if test.law and test.law[0] == law]
        if several:
            yield law, several, *np.array([test.law[1:] for test in several], dtype=float).T


def _column_tests(name, bins, reference, window, delta2, floor, is_tag=False):
    tests = []
    if name not in RESERVED and not is_tag:  # the column of one tag is never empty nor new
        rate = reference[MISSING] / max(reference.sum(), 1)
        tests.append(_missing_test(name, window, rate))
        present = int(window.sum() - window[MISSING])
        if bins.kind != NUMBER and present:
            expected, tolerated = unseen_rate(bins, reference)
            tests.append(
                _share_test(name, UNSEEN_TEST, int(window[UNSEEN]), present, expected, tolerated, codes=(UNSEEN,))
            )
    tests.append(_shape_test(name, bins, reference, window, max(delta2, floor), floor))
    return tests


def _missing_test(name, window, rate):
    """Is another share empty? Both ways: an input that runs empty, and one that suddenly fills.

    Only one of the two can be in question, so neither takes from the other's error level.
    """
    hits, cases = int(window[MISSING]), int(window.sum())
    if hits >= rate * cases or rate <= MISSING_TOLERANCE:
        return _share_test(name, MISSING_TEST, hits, cases, rate, rate + MISSING_TOLERANCE, codes=(MISSING,))
    filled = tuple(code for code in range(len(window)) if code != MISSING)
    return _share_test(name, MISSING_TEST, hits, cases, rate, rate - MISSING_TOLERANCE, law=FEWER, codes=filled)


def _share_test(name, test, hits, cases, expected, tolerated, law=MORE, **facts):
    """Are there more (or fewer) hits than a binomial of the tolerated rate explains?"""
    return _Test(
        name,
        test,
        statistic=hits / cases,
        law=(law, cases, min(max(float(tolerated), 0.0), 1.0)),
        hits=hits,
        reference_share=float(expected),
        window_share=hits / cases,
        **facts,
    )


def unseen_rate(bins, reference):
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


def _shape_test(name, bins, reference, window, delta2, floor):
    n = int(reference.sum() - reference[MISSING])
    m = int(window.sum() - window[MISSING])
    if not n or not m:
        return _Test(name, SHAPE, verdict=CANNOT_JUDGE)
    groups = _groups(bins, reference, n, m)
    if len(groups) < 2:
        return _one_cell_test(name, reference, window, n, m)
    ref, win = _cells(groups, reference), _cells(groups, window)
    statistic, total, df = _chi_square(ref, win)
    moved = _moved(bins, groups, ref / n, win / m)
    return _Test(
        name,
        SHAPE,
        statistic=statistic,
        law=(EFFECT, df, total * delta2),
        effect=stability_index(ref, win),
        shift=_shift(bins, reference, window),
        floor=floor,
        **moved,
    )


def _cells(groups, counts):
    """Rows per group of codes, as floats."""
    starts = np.cumsum([0, *map(len, groups[:-1])])
    return np.add.reduceat(counts[list(chain.from_iterable(groups))], starts).astype(float)


def _chi_square(ref, win):
    """X² = N sum((p - q)² / pooled), N = nm / (n + m), and B - 1."""
    n, m = ref.sum(), win.sum()
    total = n * m / (n + m)
    pooled = (ref + win) / (n + m)
    statistic = total * np.sum((ref / n - win / m) ** 2 / pooled)
    return float(statistic), float(total), len(ref) - 1


def _groups(bins, reference, n, m):
    """The cells of the chi-square: tuples of codes, each expecting enough rows."""
    if bins.kind == NUMBER:
        return _number_groups(bins, reference, n, m)
    return _category_groups(bins, reference, n, m)


def _number_groups(bins, reference, n, m):
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


def _category_groups(bins, reference, n, m):
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


def _one_cell_test(name, reference, window, n, m):
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


def stability_index(ref, win):
    """PSI of two rows of counts, half a row added to every cell.

    >>> stability_index([50, 50], [50, 50])
    0.0
    """
    ref, win = np.asarray(ref, dtype=float), np.asarray(win, dtype=float)
    p = (ref + 0.5) / (ref.sum() + len(ref) / 2)
    q = (win + 0.5) / (win.sum() + len(win) / 2)
    return float(np.sum((q - p) * np.log(q / p)))


def _moved(bins, groups, p, q):
    order = sorted(range(len(groups)), key=lambda i: -abs(q[i] - p[i]))[:3]
    moved, labels = [], []
    for i in order:
        codes = [code for code in groups[i] if code >= FIRST] or [OTHER]
        moved.append((codes[0], float(p[i]), float(q[i])))
        labels.append(_group_label(bins, codes))
    grown = max(range(len(groups)), key=lambda i: q[i] - p[i])
    return {"moved": tuple(moved), "labels": tuple(labels), "codes": tuple(int(code) for code in groups[grown])}


def _group_label(bins, codes):
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


def _shift(bins, reference, window):
    """Shift of the median in units of the reference's IQR / 1.349, or None."""
    if bins.kind != NUMBER or not bins.intervals:
        return None
    cuts = np.array([bins.low, *bins.edges, bins.high])

    def quantile(counts, share):
        upto = np.concatenate([[0], bins.fold(counts).cumsum()])
        return float(np.interp(share * upto[-1], upto, cuts))

    spread = (quantile(reference, 0.75) - quantile(reference, 0.25)) / 1.349
    if spread <= 0:
        return None
    return (quantile(window, 0.5) - quantile(reference, 0.5)) / spread


def merged(parts, min_rows=MIN_PART_ROWS):
    """Neighbouring profiles of ``parts`` added up until each has ``min_rows``; what is left over joins the last.

    A window grows in the same way until it can be judged.

    >>> [part.rows for part in merged([Profile(35), Profile(30), Profile(90), Profile(10)])]
    [65, 100]
    """
    whole, rest = [], Profile()
    for part in parts:
        rest = rest + part
        if rest.rows >= min_rows:
            whole, rest = [*whole, rest], Profile()
    if rest.rows and whole:
        whole[-1] = whole[-1] + rest
    return whole


def windows_on_any_day(days, min_rows=MIN_PART_ROWS):
    """The profiles of all windows within ``days`` ({date: Profile}), whatever day they begin on.

    A window is a week, or as many weeks as it takes for ``min_rows``. What comes in one week of a month is split
    between two windows in most months and lies in one window in others: only all windows together show how much
    it can move.
    """
    if not days:
        return []
    first, last = min(days), max(days)
    rows, span = sum(profile.rows for profile in days.values()), (last - first).days + 1
    length = 7 * max(1, math.ceil(min_rows / max(7 * rows / span, 1)))
    counted = [days.get(first + timedelta(days=place), Profile()) for place in range(span)]
    windows = [sum(counted[place : place + length], Profile()) for place in range(span - length + 1)]
    return [window for window in windows if window.rows >= min_rows]


def noise_floor(parts, bins, references=None, whole=None):
    """name -> the effect that ordinary weeks show by themselves (a delta2), to be handed to ``judge`` as ``floors``.

    ``parts`` are profiles of the reference, each as long as a window. Each is compared with ``whole`` (their sum,
    unless they overlap), or with its own of ``references``, of which it must not be a part. The effect of a part
    is its debiased (X² - df) / N; where the part is within what it is compared with, divided by (1 - its share)²,
    as it pulls that along. The floor is the 90 % quantile of the effects times 1.2, without a cap: the quantile is the
    next higher effect that there is, so that of few weeks the one that stands out is not averaged away. Of windows
    that overlap it is at least the largest effect, as the same few days are in seven of them.
    """
    overlap = whole is not None
    whole = whole or sum(parts, Profile())
    shares = [0.0 if references else part.rows / max(whole.rows, 1) for part in parts]
    references = references or [whole] * len(parts)
    floors = {}
    for name in whole.counts:
        own = bins.get(name, PREDICTION_BINS) if name == PREDICTION else bins[name]
        found = [
            (_effect(own, reference.counts[name], part.counts[name]), share)
            for part, reference, share in zip(parts, references, shares, strict=True)
            if share < 1
        ]
        effects = [effect / (1 - share) ** 2 for effect, share in found if effect is not None]
        largest = np.quantile(effects, FLOOR_QUANTILE, method="higher") if effects else 0.0
        floors[name] = max(0.0, FLOOR_FACTOR * float(largest), float(max(effects, default=0.0)) if overlap else 0.0)
    return floors


def _effect(bins, reference, window):
    """The debiased squared effect of a window's counts of one column, None where these have one cell only."""
    n, m = int(reference.sum() - reference[MISSING]), int(window.sum() - window[MISSING])
    groups = _groups(bins, reference, n, m) if n and m else []
    if len(groups) < 2:
        return None
    statistic, total, df = _chi_square(_cells(groups, reference), _cells(groups, window))
    return (statistic - df) / total


def alarm_state(history):
    """Where an alarm stands after these weeks.

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
