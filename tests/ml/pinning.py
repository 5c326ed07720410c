"""Tables without a generator of random numbers, and checksums of what is learned from them.

What a learner comes to has no closed form. Its numbers are pinned as they are, so that a change of the method must be
meant: whoever means one replaces the numbers, and says in the commit why they differ.
"""

import numpy as np
import pytest

GOLDEN = 0.6180339887498949


def golden(n, shift=0.0):
    """Return (n,) numbers in [0, 1), spread evenly over it and the same on every machine (the golden ratio's turns)."""
    return (np.arange(n) * GOLDEN + shift) % 1


def checksum(values):
    """Return one number that moves with each of the ``values`` and with their order; no value may be missing.

    The weights of neighbours differ in size, so that two values that change places do not cancel out.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    return float(values @ (1 + golden(len(values), 0.5)))


# How far apart processors are where a learner looks for the best of many splits: another order of the same sum decides
# between two that are worth the same, and a level without rows gets the points of either.
OF_BOOSTERS = 0.1


def assert_same(found, known, rel=1e-6):
    """Fail unless ``found`` is ``known``, name by name: numbers and lists of them within ``rel``, texts as they are."""
    assert found == {name: _about(value, rel) for name, value in known.items()}


def _about(value, rel):
    return value if value is None or isinstance(value, str) else pytest.approx(value, rel=rel, abs=rel / 1000)
