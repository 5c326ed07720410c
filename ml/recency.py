"""How far back to learn: rows may count less the older they are.

A weight of ``2 ** -(age / half life)`` lets a card follow a world that moves. Which
half life, or none, is decided by looking forward: learn from the earlier rows, score
the later ones, compare the loss. "None" stays unless another is clearly better.
"""

import numpy as np

FRACTIONS = (1 / 2, 1 / 4, 1 / 8, 1 / 16)  # of the time that the rows span
CLEARLY = 1.96  # standard errors


def recency_weights(moments, half_life):
    """(n,) weights with mean 1; the newest row weighs most. None: all weigh 1.

    ``moments`` and ``half_life`` are in days.

    >>> recency_weights(np.array([0.0, 10.0]), 10.0).round(3).tolist()
    [0.667, 1.333]
    """
    moments = np.asarray(moments, dtype=np.float64)
    if half_life is None:
        return np.ones(len(moments))
    weights = 2.0 ** -((moments.max() - moments) / half_life)
    return weights / weights.mean()


def choose_half_life(moments, labels, late, learn):
    """The half life in days that predicts the ``late`` rows best, or None.

    ``learn(weights)`` learns from the rows that are not late, by their weights, and
    returns the log odds of the late rows.
    """
    early = ~late
    span = float(np.ptp(moments[early]))
    if not span:
        return None
    losses = {}
    for half_life in (None, *(span * fraction for fraction in FRACTIONS)):
        raw = learn(recency_weights(moments[early], half_life))
        losses[half_life] = np.logaddexp(0, raw) - labels[late] * raw
    best = min(losses, key=lambda half_life: losses[half_life].mean())
    gains = losses[None] - losses[best]
    clear = gains.mean() > CLEARLY * gains.std(ddof=1) / np.sqrt(len(gains))
    return best if clear else None
