"""What moved in a column of bills, told from its counts without the tests of the monitor."""

import numpy as np

from odoo.addons.ai_deployment.ml.binning import MISSING, UNSEEN
from odoo.addons.ai_deployment.ml.drift import MISSING_TEST, SHAPE
from odoo.addons.ai_deployment.ml.profile import PREDICTION

MOVED_SHAPE, MOVED_SHARE = 0.05, 0.01  # of all records


def has_moved(name, test, share):
    """Return whether a ``share`` of the records, as of ``share_moved``, is a move; of flags one in a hundred is."""
    return share >= (MOVED_SHAPE if test == SHAPE and name != PREDICTION else MOVED_SHARE)


def share_moved(before, now, test):
    """Return by how much two rows of counts differ in what ``test`` asks about, as a share of the records.

    Of a shape, what two samples of such sizes differ by is taken off.
    """
    n, m = before.sum(), now.sum()
    if not n or not m:
        return 0.0
    if test != SHAPE:
        place = MISSING if test == MISSING_TEST else UNSEEN
        return float(abs(now[place] / m - before[place] / n))
    pooled = (before + now) / (n + m)
    by_chance = np.sqrt(2 / np.pi * pooled * (1 - pooled) * (1 / n + 1 / m)).sum() / 2
    return float(np.abs(now / m - before / n).sum() / 2 - by_chance)
