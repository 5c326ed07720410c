"""Several sums for one: rows out of fold say how much each counts, and an expectation speaks where they are few.

To take the one of the least loss is to take the luckiest of a few: with a hundred cases the losses of two sums differ
by less than chance makes of them. So their shares are coefficients of one logistic regression on the log odds out of
fold, normal around what is expected of them (stacking, Wolpert 1992; none below 0, Breiman 1996). Few cases leave
them near the expectation, many take a sum alone if it deserves that.
"""

from collections.abc import Sequence

import numpy as np

from .logistic import Columns, newton

SPREAD = 0.2  # standard deviation of a share around the expected one, before a row is seen
SHIFT = 1.0  # and of the constant, which sums that are learned from the same labels hardly need
LEAST = 0.05  # that the coefficients come to together; less would turn noise into shares


def shares(
    out_of_fold: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray, expected: Sequence[float]
) -> np.ndarray:
    """Return the (k,) shares of k sums, which add up to 1.

    ``out_of_fold`` are k arrays (n,) of log odds from models that did not learn from the row, ``labels`` (n,) 0 or 1,
    ``weights`` (n,) how many cases each row is, ``expected`` the k shares before a row is seen.

    >>> labels = np.arange(400) % 2
    >>> right, noise = 2.0 * labels - 1 + np.sin(np.arange(400) ** 2), np.cos(np.arange(400) ** 2)
    >>> shares([right, noise], labels, np.ones(400), (0.5, 0.5)).round(1).tolist()
    [0.9, 0.1]
    >>> shares([right, noise], labels, np.full(400, 1e-6), (0.5, 0.5)).round(2).tolist()
    [0.5, 0.5]
    """
    design = np.column_stack([*out_of_fold, np.ones(len(labels))])
    centre: np.ndarray = np.append(np.asarray(expected, dtype=np.float64), 0.0)
    precision = np.append(np.full(len(expected), SPREAD**-2), SHIFT**-2)
    free: np.ndarray = np.ones(len(centre), dtype=bool)
    while True:
        fit = newton(
            Columns(design[:, free]),
            labels,
            weights,
            centre[free],
            precision=np.diag(precision[free]),
            centre=centre[free],
        )
        found: np.ndarray = np.zeros(len(centre))
        found[free] = fit.beta
        negative = found[:-1] < 0
        if not negative.any():
            break
        free[:-1] &= ~negative
    together = found[:-1].sum()
    return found[:-1] / together if together >= LEAST else centre[:-1]
