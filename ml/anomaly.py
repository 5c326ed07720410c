"""The unsupervised card: surprise per bin, added up, ranked against the reference.

The share of a bin is that of the reference rows at least as unusual: for a number
those as far out on the same side (or on either side), for a category those whose
level is as rare or rarer. Whatever the unit of the input, shares are then spread
evenly over 0 to 1 in the reference. The points of a bin are ``share ** -1/2``, which
grows faster than the usual ``-log(share)``: an anomaly shows in one or two inputs,
and the sum of many harmless ones should not drown it; yet slower than ``1 / share``,
which would forget everything but the strongest signal. Centring makes the usual
bins about 0, so reasons name what stands out.

``values`` is the rank of a total among the reference totals, never a probability
of fraud; the prediction is "flagged", at a threshold that flags ``alarm_rate`` of
the reference. The confidence is the share of reference sub-windows whose own
threshold gives the same verdict: near the line the answer depends on which weeks
one happens to compare with, and the confidence says how much.
"""

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING, OTHER, UNSEEN
from .cards import Card
from .columns import NUMBER

TWO_SIDED, HIGH, LOW = TAILS = ("two", "high", "low")
BLOCKS = 20  # reference sub-windows, in time order


class AnomalyCard(Card):
    """Points that add up to how unusual a record is.

    ``threshold`` is the raw total from which a row is flagged, ``block_thresholds``
    the same for each reference sub-window, ascending.
    """

    kind = "anomaly"
    own = ("threshold", "block_thresholds", "alarm_rate")

    def __init__(
        self,
        features,
        intercept,
        calibration,
        score_bins,
        pairs=(),
        *,
        threshold,
        block_thresholds,
        alarm_rate,
    ):
        super().__init__(features, intercept, calibration, score_bins, pairs)
        self.threshold = float(threshold)
        self.block_thresholds = sorted(float(x) for x in block_thresholds)
        self.alarm_rate = float(alarm_rate)

    def _verdicts(self, raw, values):
        predictions = raw >= self.threshold
        blocks = np.array(self.block_thresholds)
        flagging = blocks.searchsorted(raw, "right") / len(blocks)
        return predictions, np.where(predictions, flagging, 1 - flagging)


def surprise_points(bins, counts, tail=TWO_SIDED):
    """(size,) points of each code, given the reference ``counts`` per code.

    ``tail`` says which end of a number is suspicious. Half a row is added to every
    share, so that what was never seen is surprising but not infinitely so.

    >>> from .binning import NumericBins
    >>> surprise_points(NumericBins(0, 2, [1]), [0, 0, 0, 99, 1], "high").round(1).tolist()
    [14.2, 1.0, 14.2, 1.4, 10.0]
    """
    if tail not in TAILS:
        raise ValueError(f"tail must be one of {TAILS}, not {tail!r}")
    counts = np.asarray(counts, dtype=np.float64)
    if bins.kind == NUMBER:
        shares = _tail_shares(bins, counts, tail)
    else:
        shares = _rarity_shares(bins, counts)
    shares[MISSING] = (counts[MISSING] + 0.5) / (counts.sum() + 1)
    return _points(shares)


def pair_points(coded, sizes, first, second):
    """(size of first, size of second) points of rare combinations, averaging 0.

    ``coded`` maps names to reference codes, ``sizes`` names to numbers of codes.
    """
    joint = np.zeros((sizes[first], sizes[second]))
    np.add.at(joint, (coded[first], coded[second]), 1)
    points = _points(_at_most(joint[joint > 0], joint))
    return points - np.average(points, weights=joint)


def _points(shares):
    return np.minimum(shares, 1.0) ** -0.5


def _at_most(known, counts):
    """Share of the rows whose level is at most as common as each of ``counts``.

    ``known`` are the counts of all levels.
    """
    known = np.sort(np.asarray(known, dtype=np.float64))
    upto = np.concatenate([[0.0], known.cumsum()])
    return (upto[known.searchsorted(counts, "right")] + 0.5) / (upto[-1] + 1)


def _tail_shares(bins, counts, tail):
    """Share of the non-missing rows at or beyond each bin, its own rows half."""
    order = np.array([BELOW, *range(FIRST, bins.size), ABOVE])
    ascending = counts[order]
    total = ascending.sum()
    upper = ascending[::-1].cumsum()[::-1] - ascending / 2
    lower = ascending.cumsum() - ascending / 2
    upper = (upper + 0.5) / (total + 1)
    lower = (lower + 0.5) / (total + 1)
    shares = np.ones(bins.size)
    both = np.minimum(1.0, 2 * np.minimum(upper, lower))
    shares[order] = {TWO_SIDED: both, HIGH: upper, LOW: lower}[tail]
    if bins.low is None:  # no number was ever seen: any number is a surprise
        shares[[BELOW, ABOVE]] = 0.5 / (counts.sum() + 1)
    return shares


def _rarity_shares(bins, counts):
    """Share of the non-missing rows whose level is as rare as this one or rarer."""
    known = np.array(list(bins.level_counts.values()), dtype=np.float64)
    shares = np.ones(bins.size)
    shares[FIRST:] = _at_most(known, [bins.level_counts[level] for level in bins.levels])
    rare = sorted(bins.level_counts.values())[: len(known) - len(bins.levels)]
    if rare:  # "other" stands for its rows together: their typical share
        shares[OTHER] = np.exp(np.average(np.log(_at_most(known, rare)), weights=rare))
    once = bins.seen_times(1)  # Good-Turing: the chance that a row is a new level
    shares[UNSEEN] = (once + 0.5) / (known.sum() + 1)
    return shares


def threshold_at(totals, alarm_rate):
    """The lowest total of which at most ``alarm_rate`` of the rows reach.

    >>> threshold_at(np.array([1.0, 2, 3, 4]), 0.25)
    4.0
    """
    totals = np.sort(np.asarray(totals, dtype=np.float64))
    allowed = int(np.floor(alarm_rate * len(totals) + 1e-9))
    if allowed == 0:
        return float(np.nextafter(totals[-1], np.inf))
    line = totals[-allowed]
    if allowed < len(totals) and totals[-allowed - 1] == line:  # a tie across the line
        higher = totals[totals > line]
        return float(higher[0] if len(higher) else np.nextafter(line, np.inf))
    return float(line)


def block_thresholds(totals, alarm_rate, blocks=BLOCKS):
    """The threshold of each of ``blocks`` stretches of the time-ordered totals."""
    blocks = max(1, min(blocks, len(totals) // 10))
    return [threshold_at(part, alarm_rate) for part in np.array_split(totals, blocks)]
