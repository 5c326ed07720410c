"""Pairs of scorers of the same records, for `promotion`: what each knows, and which of it both know.

The log odds of a record are the sum of what both scorers know, heavy-tailed, and of what one alone knows. Each scorer
is calibrated on the whole population, so that nothing but knowledge tells them apart; one in five comes true.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

SIZE = 150_000
BASE = 0.2
FREEDOM = 6  # of Student's t


class Knowledge(NamedTuple):
    """Spread in log odds of what is known to both, to the challenger alone and to the champion alone."""

    both: float
    challenger: float
    champion: float


class World:
    """A population that rows are drawn from: `labels`, the values of both scorers, and `parts` (a segment of each)."""

    def __init__(self, knowledge: Knowledge, seed: int, parts: int = 4, lost: float = 0.0):
        """`lost`: the spread of the noise in log odds that the challenger has in the first segment."""
        random = np.random.default_rng(seed)
        shared = random.standard_t(FREEDOM, SIZE) * knowledge.both
        ours = shared + random.normal(size=SIZE) * knowledge.challenger
        theirs = shared + random.normal(size=SIZE) * knowledge.champion
        odds = ours + theirs - shared
        shift = brentq(lambda shift: expit(odds + shift).mean() - BASE, -20, 20)
        self.labels = random.random(SIZE) < expit(odds + shift)
        self.parts = random.integers(0, parts, SIZE)
        confused = (self.parts == 0) * random.normal(size=SIZE) * lost
        self.challenger = _calibrated(self.labels, ours + confused)
        self.champion = _calibrated(self.labels, theirs)
        self.correlation = float(np.corrcoef(self.challenger, self.champion)[0, 1])

    def draw(self, random, rows):
        """(labels, challenger's values, champion's values, parts) of so many rows."""
        chosen = random.integers(0, SIZE, rows)
        return tuple(each[chosen] for each in (self.labels, self.challenger, self.champion, self.parts))


def _calibrated(labels, scores):
    """The chance that a straight line through the log odds gives each score: Newton's steps."""
    design, weights = np.column_stack([np.ones(len(scores)), scores]), np.zeros(2)
    for _step in range(9):
        chances = expit(design @ weights)
        weights += np.linalg.solve((design.T * (chances * (1 - chances))) @ design, design.T @ (labels - chances))
    return expit(design @ weights)


class Rivals:
    """A population with many scorers of the same worth: each reads the log odds with a noise of its own."""

    def __init__(self, seed, count, noise=0.8):
        random = np.random.default_rng(seed)
        odds = random.standard_t(FREEDOM, SIZE) * 1.5
        shift = brentq(lambda shift: expit(odds + shift).mean() - BASE, -20, 20)
        self.labels = random.random(SIZE) < expit(odds + shift)
        self.values = [_calibrated(self.labels, odds + random.normal(size=SIZE) * noise) for _rival in range(count)]

    def draw(self, random, rows):
        """(labels, list of each scorer's values) of so many rows."""
        chosen = random.integers(0, SIZE, rows)
        return self.labels[chosen], [values[chosen] for values in self.values]
