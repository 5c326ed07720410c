"""Windows of made-up opportunities whose true chances are known, scored by a scorecard that was trained on others."""

from dataclasses import dataclass

import numpy as np

from odoo.addons.ai_deployment.ml import estimated
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.ml.threads import one_thread
from odoo.addons.ai_deployment.ml.training import train_scorecard

from . import _opportunities

LEARNED, REFERENCE, POOL = 6_000, 3_000, 15_000
LINE = 0.5  # above which a row is called a win
TILT = 1.0  # log weight per standard deviation of the input that a shifted window is drawn by


@dataclass(frozen=True)
class Window:
    """Rows of one window: what was said of them, and the chances that they truly have."""

    values: np.ndarray
    chances: np.ndarray

    @property
    def predictions(self):
        return self.values > LINE

    def labels(self, random):
        """One way in which it may come out."""
        return (random.random(len(self.chances)) < self.chances).astype(float)


class World:
    """A trained card, a reference that it did not learn from, and a pool of scored rows to draw windows from."""

    def __init__(self, seed, *, learned=LEARNED, reference=REFERENCE, pool=POOL):
        count = learned + reference + pool
        columns, labels, odds = _opportunities.make(count, seed)
        self.random = np.random.default_rng(seed)
        past = np.arange(learned)
        known = {name: column.take(past) for name, column in columns.items()}
        with one_thread():  # as in the product
            card = train_scorecard(known, labels[past], past.astype(float), pairs=0).card
        values = card.score(columns).values
        rows = slice(learned, learned + reference)
        self.reference = estimated.learn(labels[rows], values[rows])
        self.rest = np.arange(learned + reference, count)
        self.values, self.odds = values[self.rest], odds[self.rest]
        self.inputs = [_standing(column.take(self.rest)) for column in columns.values()]

    def window(self, rows, *, shifted=True, raised=0.0, turned=0.0):
        """`rows` rows, drawn by one of the inputs if `shifted`.

        `raised` moves every true log odds; `turned` is the share of rows that end as some other row would: the same
        inputs, another outcome.
        """
        weights = None
        if shifted:
            tilted = np.exp(TILT * self.random.choice([-1, 1]) * self.inputs[self.random.integers(len(self.inputs))])
            weights = tilted / tilted.sum()
        drawn = self.random.choice(len(self.values), rows, replace=False, p=weights)
        odds = self.odds[drawn] + raised
        if turned:
            other = np.where(self.random.random(rows) < turned, self.random.permutation(rows), np.arange(rows))
            odds = odds[other]
        return Window(self.values[drawn], 1 / (1 + np.exp(-odds)))


def _standing(column):
    """A column as standard normal numbers to tilt by: ranks of a number, one number per level of a category."""
    if column.kind == NUMBER:
        values = np.nan_to_num(column.values, nan=np.nanmedian(column.values))
        ranks = values.argsort().argsort() / len(values)
        return np.sqrt(12) * (ranks - ranks.mean())
    _levels, codes = np.unique(column.values.astype(str), return_inverse=True)
    return np.random.default_rng(codes.max()).normal(size=codes.max() + 1)[codes]
