"""Routing: automatic decision or human review, and random checks of automatic decisions.

Several reasons may hold for a row; ``choose`` says by which one it goes to a person,
if by any: by priority, and within what a day has room for. Where the line is drawn between
the two is decided beforehand, from held-out rows with known outcome
(``guaranteed_lines``: at most so many errors among automatic decisions, for each
side separately; ``risk_controlled_lines``: at most so much loss on average; ``ml.costs``:
the least money) or from the reviewers' time (``capacity_line``).

``audit_selected`` draws the random sample of automatic decisions that a person
checks all the same: by a hash of the record, so that asking twice changes nothing,
and with a known chance, so that ``intervals.weighted_share`` can weigh the sample back
to all automatic decisions. Where a day has room for fewer, ``Spread`` lowers the
chances before anything is drawn, over the whole day.
"""

import hashlib
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

AUTOMATIC = ""
FAILED = "failed"
LOW_CONFIDENCE = "low_confidence"
FLAGGED = "flagged"
OUT_OF_SUPPORT = "out_of_support"
AMOUNT = "amount"
NEW_VENDOR = "new_vendor"
DISAGREEMENT = "disagreement"
AUDIT = "audit"
REASONS = (FAILED, LOW_CONFIDENCE, FLAGGED, OUT_OF_SUPPORT, AMOUNT, NEW_VENDOR, DISAGREEMENT, AUDIT)
EDGE_CASE = "edge_case"  # what is not to be decided, whatever the score: whoever routes knows it

STEPS = 20  # lines that are tried per side, the strictest first
STARTS = 4  # places where the search may begin
SPARE = 0.25  # of a cap on random checks: kept back for a busier day than usual


# Why a row needs a person
def unsure(values: Any, predictions: ArrayLike, confidences: Any, lines: dict[bool, float | None]) -> np.ndarray:
    """(n,) bool: rows that are less sure than the line of their predicted side.

    ``lines`` maps the predicted side (True, False) to its line, None where that side
    is never automatic. A value or confidence that is not a number is never sure.

    >>> unsure([0.9, 0.6], [True, True], [0.9, 0.6], {True: 0.8, False: 0.8}).tolist()
    [False, True]
    """
    predictions = np.asarray(predictions, dtype=bool)
    sides = {side: np.inf if line is None else line for side, line in lines.items()}
    sure = np.asarray(confidences, dtype=np.float64) >= np.where(predictions, sides[True], sides[False])
    return ~sure | np.isnan(np.asarray(values, dtype=np.float64))


def disagreeing(predictions: list[bool], incumbents: ArrayLike, cut: float = 0.5) -> np.ndarray:
    """(n,) bool: rows where the incumbent falls on the other side of ``cut`` than the prediction.

    An incumbent without an opinion (NaN) disagrees with nobody.

    >>> disagreeing([True, True, False], [0.2, 0.8, math.nan]).tolist()
    [True, False, False]
    """
    incumbents = np.asarray(incumbents, dtype=np.float64)
    return ~np.isnan(incumbents) & ((incumbents >= cut) != np.asarray(predictions, dtype=bool))


def choose(
    holds: Any,
    needs: Any = None,
    *,
    rooms: Any = (),
    free: Any = None,
) -> np.ndarray:
    """Return the review reason of each row: an object array, "" for automatic.

    ``holds`` maps each reason to the rows (n,) bool for which it holds, the reason of
    best priority first: a row goes by the first of its reasons that has room.
    ``rooms`` are pairs of reasons and how many rows these may take together; a reason
    in no room takes any number, one in several keeps to each. Where a room does not
    hold all, those in most need have it: the smallest of ``needs[reason]`` (n,), what
    is not a number before all others. The rest falls to its next reason, else is
    automatic. ``free`` (n,) bool are rows that take no room, as they wait already.

    >>> holds = {"amount": [True, True, False], "flagged": [True, False, True]}
    >>> choose(holds).tolist()
    ['amount', 'amount', 'flagged']
    >>> needs = {"amount": [-10.0, -90.0, 0.0]}
    >>> choose(holds, needs, rooms=[(("amount",), 1)]).tolist()
    ['flagged', 'amount', 'flagged']
    """
    names = list(holds)
    masks = [np.asarray(mask, dtype=bool) for mask in holds.values()]
    chosen = np.full(len(masks[0]) if masks else 0, len(names))
    left = [max(room, 0) for _reasons, room in rooms]
    for place, (reason, mask) in enumerate(zip(names, masks, strict=True)):
        asked = np.flatnonzero(mask & (chosen == len(names)))
        chosen[asked] = place
        own = [number for number, (reasons, _room) in enumerate(rooms) if reason in reasons]
        if own:
            taking = asked if free is None else asked[~np.asarray(free, dtype=bool)[asked]]
            most = min(left[number] for number in own)
            chosen[_by_need((needs or {}).get(reason), taking)[most:]] = len(names)
            for number in own:
                left[number] -= min(most, len(taking))
    return np.array([*names, AUTOMATIC], dtype=object)[chosen]


def _by_need(need: list[float] | None, rows: np.ndarray) -> np.ndarray:
    """``rows``, those in most need first; as they come where nothing tells."""
    if need is None:
        return rows
    need = np.asarray(need, dtype=np.float64)[rows]
    return rows[np.argsort(np.where(np.isnan(need), -np.inf, need), kind="stable")]


# Where the line is
class Side(NamedTuple):
    """The line of one predicted side: its evidence, and None if nothing is automatic."""

    line: float | None
    cases: int
    errors: float
    bound: float


def fewest_cases(target_error: float, confidence: float = 0.95) -> int:
    """Cases without a single error that it takes to promise ``target_error``.

    >>> fewest_cases(0.05), fewest_cases(0.01)
    (59, 299)
    """
    return math.ceil(math.log(1 - confidence) / math.log(1 - target_error))


def held_out_curve(
    labels: ArrayLike, predictions: ArrayLike, confidences: ArrayLike, points: int | None = 400
) -> dict[bool, list[tuple[float, int, int]]]:
    """{True: [(line, cases, errors)], False: …}: what was wrong above each line, per side.

    The strictest line first, at most ``points`` per side and these chosen by counts of
    cases alone; None keeps all. All that ``guaranteed_lines`` needs to know of the held-out rows,
    so that the target can be changed later.

    >>> held_out_curve([1, 0], [True, True], [0.9, 0.6])[True]
    [(0.9, 1, 0), (0.6, 2, 1)]
    """
    labels = np.asarray(labels, dtype=bool)
    predictions = np.asarray(predictions, dtype=bool)
    confidences = np.asarray(confidences, dtype=np.float64)
    curves = {}
    for side in (True, False):
        rows = np.flatnonzero((predictions == side) & ~np.isnan(confidences))
        rows = rows[np.argsort(-confidences[rows], kind="stable")]
        wrong = (labels[rows] != side).cumsum()
        last = np.flatnonzero(np.append(np.diff(confidences[rows]) != 0, True)) if len(rows) else []
        if points and len(last) > points:
            last = last[np.unique(np.linspace(0, len(last) - 1, points).astype(int))]
        curves[side] = [(float(confidences[rows[i]]), int(i) + 1, int(wrong[i])) for i in last]
    return curves


def settled_by_line(curves: Any, line: float) -> tuple[int, int]:
    """(cases, errors) at or above ``line``, over several curves of ``held_out_curve``.

    >>> settled_by_line([[(0.9, 1, 0), (0.6, 2, 1)], [(0.8, 5, 2)]], 0.8)
    (6, 2)
    """
    cases = errors = 0
    for curve in curves:
        above = [point for point in curve if point[0] >= line]
        if above:
            cases, errors = cases + above[-1][1], errors + above[-1][2]
    return cases, errors


def guaranteed_lines(
    curves: dict[bool, list[tuple[float, int, int]]], *, target_error: float, confidence: float = 0.95
) -> dict[bool, Side]:
    """{True: Side, False: Side}: lines above which at most ``target_error`` are wrong.

    ``curves`` are ``held_out_curve`` of rows held out of training. Per side, lines are
    tried from the strictest to the loosest, in a sequence that does not depend on the
    labels; each must have an upper Clopper-Pearson bound of at most the target, and
    the first that fails ends the search. By the fixed-sequence principle the promise
    then holds with the stated ``confidence`` although many lines were tried. So that
    one early error does not switch a whole side off, the search begins at ``STARTS``
    places, the doubt shared between them (Bonferroni). A side with fewer rows than
    ``fewest_cases`` stays off.
    """
    sides = {}
    for side, curve in curves.items():
        _line, cases, errors = curve[-1] if curve else (None, 0, 0)
        sides[side] = Side(None, cases, errors, 1.0)
        sequence = _sequence(curve, fewest_cases(target_error, confidence))
        # A short sequence proves nothing once the doubt is shared: then it has one start, as it always may.
        starts = (
            STARTS if sequence and sequence[-1][1] >= fewest_cases(target_error, 1 - (1 - confidence) / STARTS) else 1
        )
        sure = 1 - (1 - confidence) / starts
        for start in sorted({len(sequence) * number // starts for number in range(starts)}):
            for line, cases, errors in sequence[start:]:
                bound = _highest_error(errors, cases, sure)
                if not bound <= target_error:  # NaN is not
                    break
                if sides[side].line is None or cases > sides[side].cases:
                    sides[side] = Side(line, cases, errors, bound)
    return sides


def risk_controlled_lines(
    curves: dict[bool, list[tuple[float, int, float]]], *, risk: float, most: float = 1.0
) -> dict[bool, Side]:
    """{True: Side, False: Side}: the lowest lines whose expected loss per record of a side is at most ``risk``.

    ``curves`` are ``held_out_curve`` of rows held out of training, or of the same form with the sum of losses, each in
    [0, ``most``], in place of the errors. A record that is reviewed loses nothing, so the loss only falls as the line
    rises; the line is the lowest one where ``(errors + most) / (n + 1)`` is at most ``risk``, over all n rows of the
    side. Then the next record that is like these loses no more than ``risk`` on average over test sets and records
    (conformal risk control: Angelopoulos et al. 2022). Unlike ``guaranteed_lines`` this is no promise with 95 %
    confidence, and the share is one of all records of the side, the reviewed ones too; it needs fewer rows.

    >>> risk_controlled_lines({True: [(0.9, 50, 0), (0.6, 99, 8)]}, risk=0.05)[True]
    Side(line=0.9, cases=50, errors=0, bound=0.01)
    """
    sides = {}
    for side, curve in curves.items():
        n = curve[-1][1] if curve else 0
        allowed = [point for point in curve if (point[2] + most) / (n + 1) <= risk]
        if allowed:
            line, cases, errors = allowed[-1]
            sides[side] = Side(line, cases, errors, (errors + most) / (n + 1))
        else:
            sides[side] = Side(None, n, curve[-1][2] if curve else 0, most)
    return sides


def fewest_for_risk(risk: float) -> int:
    """Rows of a side that it takes to keep an expected share of wrong decisions, of which none is.

    >>> fewest_for_risk(0.05), fewest_for_risk(0.01)
    (19, 99)
    """
    return math.ceil(1 / risk - 1 - 1e-9)


def _highest_error(errors: int, cases: Any, sure: float) -> float:
    """Upper Clopper-Pearson bound of a share of errors, NaN where nothing but errors was seen."""
    from scipy.stats import beta

    return float(beta.ppf(sure, errors + 1, cases - errors))


def _sequence(curve: list[tuple[float, int, int]], fewest: int) -> list[tuple[float, int, int]]:
    """At most ``STEPS`` points of a side's curve, by even numbers of cases; none where there are too few."""
    if not curve or curve[-1][1] < fewest:
        return []
    cases = [point[1] for point in curve]
    places = np.searchsorted(cases, np.linspace(fewest, cases[-1], STEPS).astype(int))
    return [curve[place] for place in dict.fromkeys(places.tolist())]


def capacity_line(confidences: Any, days: float, per_day: int) -> float:
    """The line below which at least ``per_day`` rows a day fall, by a recent past; 0 where nobody is to be asked.

    ``confidences`` are those of all rows of the last ``days`` days. Rows that are equally sure stand on one side of a
    line: where they are too many for a day, the line lies above all of them, and what the day has room for decides.

    >>> capacity_line([0.6, 0.7, 0.8, 0.9], days=2, per_day=1)
    0.8
    >>> capacity_line([0.6] * 3 + [0.9], days=2, per_day=1)
    0.9
    """
    if per_day <= 0:
        return 0.0
    ascending = np.sort(np.asarray(confidences, dtype=np.float64))
    wanted = max(math.ceil(days * per_day - 1e-9), 1)  # of very many rows a day, a day may be less than one of these
    if wanted >= len(ascending):
        return math.inf
    above = ascending[np.searchsorted(ascending, ascending[wanted - 1], "right") :]
    return float(above[0]) if len(above) else math.inf


def risk_coverage(
    labels: np.ndarray, predictions: np.ndarray, confidences: ArrayLike, points: int = 50
) -> list[tuple[float, float, float]]:
    """The trade: [(coverage, risk, line)], from few automatic decisions to all.

    Coverage is the share of rows at or above the line, risk the share of errors
    among these.

    >>> risk_coverage([1, 0], [True, True], [0.9, 0.6])
    [(0.5, 0.0, 0.9), (1.0, 0.5, 0.6)]
    """
    confidences = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(-confidences, kind="stable")
    descending = confidences[order]
    wrong = (np.asarray(labels, dtype=bool) != np.asarray(predictions, dtype=bool))[order].cumsum()
    n = len(descending)
    last = np.flatnonzero(np.append(np.diff(descending) != 0, True)) if n else []
    if len(last) > points:
        last = last[np.unique(np.linspace(0, len(last) - 1, points).astype(int))]
    return [((i + 1) / n, float(wrong[i]) / (i + 1), float(descending[i])) for i in map(int, last)]


# The audit
def audit_chance(distances: ArrayLike, share: float, *, near: float = 4.0, band: float = 0.05) -> np.ndarray:
    """(n,) chance of being audited: ``share``, and ``near`` times that at the line.

    ``distances`` says how far each automatic row is from the line that would have
    sent it to a person, in the unit of ``band``. Errors are densest just there.

    >>> audit_chance([0.01, 0.30], 0.02).tolist()
    [0.08, 0.02]
    """
    distances = np.asarray(distances, dtype=np.float64)
    return np.clip(np.where(distances < band, share * near, share), 0.0, 1.0)


def by_gain(chances: ArrayLike, gains: ArrayLike, even: float = 0.5) -> np.ndarray:
    """(n,) chances of being audited that follow what an answer is worth, as many audits expected as before.

    Rows of equal ``chances`` are a stratum. Each row keeps the part ``even`` of its chance, so that none stands for
    more than 1 / ``even`` times as many rows as before; the rest is shared out within the stratum by ``gains``, not
    negative. What a chance depends on is known before anything is drawn, so weights of one over it stay unbiased.

    >>> by_gain([0.1, 0.1, 0.1, 0.4], [0, 1, 2, 9]).round(3).tolist()
    [0.05, 0.1, 0.15, 0.4]
    """
    chances = np.array(chances, dtype=np.float64)
    gains = np.nan_to_num(np.asarray(gains, dtype=np.float64), posinf=0.0)
    for chance in np.unique(chances):
        rows = np.flatnonzero(chances == chance)
        greatest = gains[rows].max()
        if greatest > 0:
            # Relative gains: products with gains near the smallest floats would round to nothing.
            relative = gains[rows] / greatest
            chances[rows] = even * chance + _shared_out((1 - even) * chance * len(rows), relative, 1 - even * chance)
    return chances


def _shared_out(total: float, gains: np.ndarray, most: float) -> np.ndarray:
    """(n,) parts of ``total`` by ``gains``, none above ``most``: what is over goes to the others, at last evenly."""
    parts: np.ndarray = np.zeros(len(gains))
    for weights in (gains, np.ones(len(gains))):
        free = (weights > 0) & (parts < most)
        while free.any() and total > 1e-12:
            parts[free] += total * weights[free] / weights[free].sum()
            total = float(np.maximum(parts - most, 0).sum())
            parts = np.minimum(parts, most)
            free &= parts < most
    return parts


def uncertainty(values: ArrayLike, flag_rate: float | None = None) -> np.ndarray:
    """(n,) how uncertain the answer to each of the ``values`` is, from 0 to 1.

    Of probabilities their variance, four times; of ranks (``flag_rate`` is given) how near to being flagged.

    >>> uncertainty([0.5, 0.9]).round(2).tolist(), uncertainty([0.5, 0.98], flag_rate=0.01).round(2).tolist()
    ([1.0, 0.36], [0.02, 0.5])
    """
    values = np.asarray(values, dtype=np.float64)
    if flag_rate is None:
        return 4 * values * (1 - values)
    return np.minimum(flag_rate / np.maximum(1 - values, 1e-12), 1.0)


def audit_selected(keys: list[str], share: float | np.ndarray, salt: str = "") -> np.ndarray:
    """bool array: which of the ``keys`` are audited, each with chance ``share``.

    The same key and salt give the same answer in every process. A key selected at
    one share is selected at every higher one. ``share`` may be one chance per key.

    >>> audit_selected(["lead,1", "lead,2"], 1.0).tolist()
    [True, True]
    """
    return audit_draws(keys, salt) < share


def audit_draws(keys: list[str], salt: str = "") -> np.ndarray:
    """(n,) numbers in [0, 1), the lots by which ``audit_selected`` chooses.

    Of the keys that were selected, lot divided by chance says nothing of how near to
    the line they are: in that order a day's room is filled by chance alone.
    """
    return np.array([_uniform(key, salt) for key in keys], dtype=np.float64)


class Spread(NamedTuple):
    """Distribution of the random checks of one day, with at most ``cap`` of them.

    ``offered`` is the sum of the chances that the day's rows so far would have without a cap, ``planned`` that of
    those they got. A chance never depends on what was drawn before, so that every row of the day is represented.
    """

    cap: float
    usual: float = 0.0  # what other days offer
    offered: float = 0.0
    planned: float = 0.0

    def plan(self, chances: ArrayLike) -> "tuple[np.ndarray, Spread]":
        """(chances (n,) of further rows, the ``Spread`` after them).

        As many rows as usual are expected and a fourth more, or a fourth more than there are already: whatever comes,
        something of the cap is left for it.

        >>> lowered, after = Spread(cap=2, usual=8.0).plan(np.full(10, 0.4))
        >>> round(float(lowered[0]), 3), round(after.planned, 3)
        (0.08, 0.8)
        """
        chances = np.asarray(chances, dtype=np.float64)
        offered = self.offered + float(chances.sum())
        rest = (1 + SPARE) * max(self.usual, offered) - self.offered
        lowered = chances * min(max(self.cap - self.planned, 0.0) / rest, 1.0) if rest > 0 else chances
        return lowered, self._replace(offered=offered, planned=self.planned + float(lowered.sum()))


def spread_selected(lots: np.ndarray, chances: np.ndarray, before: float, after: float, lot: float) -> np.ndarray:
    """bool array: which of the rows that took the plan of a day from ``before`` to ``after`` are checked.

    Systematic sampling: a check is due whenever the running sum of ``chances`` passes ``lot``, ``lot`` + 1, …, where
    ``lot`` in [0, 1) is that of the day. So no more are drawn than were planned for, and each with its chance. Which
    of several rows at once is said by their own ``lots`` (n,), as in ``audit_draws``.
    """
    due = math.floor(after + lot) - math.floor(before + lot)
    selected = np.zeros(len(lots), dtype=bool)
    ratios = np.divide(lots, chances, out=np.full(len(lots), np.inf), where=chances > 0)
    selected[np.argsort(ratios, kind="stable")[:due]] = True
    return selected & (chances > 0)


def _uniform(key: str, salt: str) -> float:
    """A number in [0, 1) that depends on nothing but key and salt."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
