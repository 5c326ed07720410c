"""Two tempting ways to compare categories, each beside what the product does with the same rows; nothing moved."""

import numpy as np
from scipy.stats import chi2, ncx2

from odoo.addons.ai_deployment.ml import drift
from odoo.addons.ai_deployment.ml.binning import CategoryBins
from odoo.addons.ai_deployment.ml.profile import Profile

TOLERATED = drift.PRESETS["normal"]
SURE = 0.01


def one_odd_row(random, rows=5000, window=100, levels=5):
    """(p with a cell of its own for unseen levels, smallest p of the product): one odd row in a window."""
    training, asked = random.integers(levels, size=rows), random.integers(levels, size=window)
    asked[0] = levels
    ref, win = (np.bincount(each, minlength=levels + 1) for each in (training, asked))
    statistic, total = _statistic(ref, win, rows, window)
    naive = ncx2.sf(statistic, levels, total * TOLERATED)
    return float(naive), min(found.p_value for found in _product(training, asked[None])[0])


def long_tail(random, windows, rows=1000, window=300, levels=2000):
    """(share of windows in which a plain chi-square alarms that knows only levels of the reference, the product's)."""
    shares = 1 / np.arange(1, levels + 1)
    shares /= shares.sum()
    training = random.choice(levels, rows, p=shares)
    asked = random.choice(levels, (windows, window), p=shares)
    ref = np.bincount(training, minlength=levels)
    frequent = (ref >= drift.MIN_LEVEL) & (ref * window / rows >= drift.MIN_EXPECTED)
    rare = (ref > 0) & ~frequent
    naive = []
    for each in asked:
        cells = [
            np.append(counts[frequent], counts[rare].sum()) for counts in (ref, np.bincount(each, minlength=levels))
        ]
        statistic, _total = _statistic(*cells, rows, window)
        naive.append(chi2.sf(statistic, len(cells[0]) - 1) <= SURE)
    ours = [any(found.exceeded for found in week) for week in _product(training, asked)]
    return float(np.mean(naive)), float(np.mean(ours))


def _product(training, windows):
    """The product's results for each window of level numbers."""
    texts = np.array([f"level {i}" for i in range(max(training.max(), windows.max()) + 1)], dtype=object)
    bins = {"level": CategoryBins.fit(texts[training])}
    codes, size = bins["level"].codes(texts), bins["level"].size
    reference, *asked = (
        Profile(len(each), {"level": np.bincount(codes[each], minlength=size)}) for each in (training, *windows)
    )
    return [drift.judge(bins, reference, each) for each in asked]


def _statistic(ref, win, n, m):
    total = n * m / (n + m)
    return total * np.sum((ref / n - win / m) ** 2 / ((ref + win) / (n + m))), total
