"""Boosting of trees that look at one input each, on sums per bin instead of rows; several models at once.

A tree whose every split is in one input only is a step function of that input's bins. All that is needed to grow it are
three sums per bin: gradients, their derivatives (hessians) and rows. They come from one product of a sparse matrix of
bins (rows x all bins) with the gradients of *all* models, so that the folds of a training, its candidates or its
repetitions share the pass over the rows; and the search for splits is done for all models in the same few array
operations. The model is a table per input from the start: nothing has to be read off it.

The trees are those of scikit-learn's histogram boosting with ``interaction_cst="no_interactions"``, rule by rule (best
gain first, Newton values with a penalty, levels of a category in the order of their gradients, what is missing tried
on both sides, monotone inputs with bounds for what follows a split), which takes four times as long on such tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .binning import ABOVE, BELOW, FIRST, MISSING, Bins
from .columns import NUMBER
from .points import Additive

PATIENCE = 20  # trees without a lower loss on the rows left out
TOLERANCE = 1e-7  # by which it has to be lower
SUPPORT = 10  # rows' worth of hessians of a level that is put in order, and rows that draw it towards no effect
LEAST_HESSIAN = 1e-3  # of a leaf
TINY = 1e-15


@dataclass(frozen=True)
class Growth:
    """Growth of trees: at most ``leaves`` of ``min_leaf`` rows each, values times ``rate``, drawn by ``penalty``."""

    rate: float
    leaves: int
    min_leaf: int
    penalty: float


@dataclass(frozen=True)
class Grown:
    """Models as sums of tables, (models, n) log odds of all rows, and the trees of each model."""

    sums: list[Additive]
    raw: np.ndarray
    trees: list[int]


class BinTable:
    """(n, k) codes as a sparse matrix of ones, each bin at its place.

    Each input has ``width`` places: bins in their order (below first, above last), and at the last place a number that
    is missing. A missing category is one level among others.
    """

    def __init__(self, bins: Sequence[Bins], codes: np.ndarray) -> None:
        from scipy.sparse import csr_array

        rows, inputs = codes.shape
        self.bins = list(bins)
        self.width = max(own.size for own in bins) + 1
        self.is_level = np.array([own.kind != NUMBER for own in bins])
        self.order = [_order(own, self.width) for own in bins]  # per input (size,): the place of each code
        self.places = np.empty((inputs, rows), dtype=np.uint8)
        for j, order in enumerate(self.order):
            self.places[j] = order[codes[:, j]]
        index = self.places.T + (np.arange(inputs, dtype=np.int32) * self.width)
        self._ones = csr_array(
            (np.ones(rows * inputs, dtype=np.float32), index.reshape(-1), np.arange(rows + 1, dtype=np.int32) * inputs),
            shape=(rows, inputs * self.width),
        ).T

    def sums(self, values: np.ndarray) -> np.ndarray:
        """(m, k, width) sums per place of (n, m) float32 ``values``."""
        found = (self._ones @ values).T.astype(np.float64)
        return found.reshape(values.shape[1], len(self.bins), self.width)

    def tables(self, points: np.ndarray) -> list[np.ndarray]:
        """(k, width) points per place as one (size,) table per input."""
        return [own[order] for own, order in zip(points, self.order, strict=True)]


def _order(bins: Bins, width: int) -> np.ndarray:
    order = np.arange(bins.size)
    if bins.kind == NUMBER:
        order[[BELOW, ABOVE, MISSING]] = 0, bins.size - 2, width - 1
        order[FIRST:] = 1 + np.arange(bins.intervals)
    return order.astype(np.uint8)


def grow(
    table: BinTable,
    labels: np.ndarray,
    weights: np.ndarray,
    directions: Sequence[int],
    growth: Growth,
    trees: int,
    held: Sequence[np.ndarray] | None = None,
    held_weights: np.ndarray | None = None,
) -> Grown:
    """Boost a model for each row of (m, n) ``weights``; a ``Grown``.

    :param labels: (n,) of 0 and 1; a row of weight 0 is not learned from
    :param directions: -1, 0 or +1 per input
    :param trees: of each model; with `held`, at most
    :param held: per model, the rows that say when to stop; `held_weights`: (n,), how much they count
    """
    labels = np.asarray(labels, dtype=np.float64)
    models, rows = weights.shape
    seen = table.sums((weights > 0).T.astype(np.float32))
    rate = weights @ labels / weights.sum(axis=1)
    base = np.log(rate / (1 - rate))
    raw = np.repeat(base[:, None], rows, axis=1)
    points = np.zeros((models, len(table.bins), table.width))
    finished, done, losses = raw.copy(), np.full(models, trees), [[] for _model in range(models)]
    active = np.arange(models)
    search = _Search(table.is_level, np.asarray(directions), growth)
    light, single = weights.astype(np.float32), labels.astype(np.float32)
    room = np.empty((3, models, rows), dtype=np.float32)  # taken once: new pages are dear
    turned = np.empty((rows, 2 * models), dtype=np.float32)
    for tree in range(trees + 1):
        chances, slopes = room[0, : len(active)], room[1:, : len(active)]
        _sigmoid(raw, chances)
        if held is not None:
            stopped = _stopped(losses, active, held, held_weights, labels, raw, chances)
            if stopped.any():
                finished[active[stopped]], done[active[stopped]] = raw[stopped], tree
                active, raw, light, seen = active[~stopped], raw[~stopped], light[~stopped], seen[~stopped]
                kept, (chances, slopes) = chances[~stopped], (room[0, : len(active)], room[1:, : len(active)])
                chances[:] = kept
        if tree == trees or not len(active):
            break
        np.subtract(chances, single, out=slopes[0])
        np.subtract(1, chances, out=slopes[1])
        np.multiply(slopes[1], chances, out=slopes[1])
        np.multiply(slopes, light, out=slopes)
        both = turned.reshape(-1)[: 2 * len(active) * rows].reshape(rows, -1)
        both[:, : len(active)], both[:, len(active) :] = slopes[0].T, slopes[1].T
        sums = table.sums(both)
        inputs, steps = search.trees(sums[: len(active)], sums[len(active) :], seen)
        steps *= growth.rate
        for place, (model, j) in enumerate(zip(active, inputs, strict=True)):
            points[model, j] += steps[place]
            raw[place] += steps[place].take(table.places[j])
    finished[active] = raw
    sums_of = [Additive(float(base[model]), table.tables(points[model])) for model in range(models)]
    return Grown(sums_of, finished, done.tolist())


def _sigmoid(raw: np.ndarray, found: np.ndarray) -> None:
    """Write 1 / (1 + exp(-raw)) into float32 ``found``: as exact as gradients need, a tenth of the time."""
    np.negative(raw, out=found, casting="same_kind")
    np.exp(np.minimum(found, 80, out=found), out=found)
    np.add(found, 1, out=found)
    np.reciprocal(found, out=found)


def _stopped(
    losses: list[list[float]],
    active: np.ndarray,
    held: Sequence[np.ndarray],
    weights: np.ndarray | None,
    labels: np.ndarray,
    raw: np.ndarray,
    chances: np.ndarray,
) -> np.ndarray:
    """Note the loss of the rows left out; (active,) models that none of the last ``PATIENCE`` trees has helped."""
    stopped = np.zeros(len(active), dtype=bool)
    for place, model in enumerate(active):
        rows, own = held[model], losses[model]
        loss = (1 - labels[rows]) * raw[place][rows] - np.log(chances[place][rows])
        own.append(float(np.average(loss, weights=None if weights is None else weights[rows])))
        if len(own) > PATIENCE:
            stopped[place] = min(own[-PATIENCE:]) >= own[-PATIENCE - 1] - TOLERANCE
    return stopped


@dataclass
class _Nodes:
    """r nodes: sums per place (r, width), the penalised values they may have, and what their input is."""

    gradients: np.ndarray
    hessians: np.ndarray
    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray
    is_level: np.ndarray
    directions: np.ndarray


@dataclass
class _Splits:
    """The best split of each of r nodes: its gain (0 or less: none), the places on the left, both values."""

    gains: np.ndarray
    left: np.ndarray
    value_left: np.ndarray
    value_right: np.ndarray


class _Search:
    """Grows one tree of each model from sums per place."""

    def __init__(self, is_level: np.ndarray, directions: np.ndarray, growth: Growth) -> None:
        self.is_level, self.directions, self.growth = is_level, directions, growth
        self.is_bound = bool(directions.any())

    def trees(self, gradients: np.ndarray, hessians: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(the input of each of m trees, (m, width) values per place) of (m, k, width) sums."""
        models, inputs, width = gradients.shape
        flat = (models * inputs, width)
        nowhere = np.full(models * inputs, np.inf)
        every = _Nodes(
            gradients.reshape(flat),
            hessians.reshape(flat),
            rows.reshape(flat),
            -nowhere,
            nowhere,
            np.tile(self.is_level, models),
            np.tile(self.directions, models),
        )
        gains, found = self._gains(every)
        chosen = gains.reshape(models, inputs).argmax(axis=1)
        flat_chosen = np.arange(models) * inputs + chosen
        whole = _part(every, flat_chosen)
        first = self._splits(whole, gains[flat_chosen], {key: each[flat_chosen] for key, each in found.items()})
        return chosen, self._grown(whole, first)

    def _grown(self, whole: _Nodes, first: _Splits) -> np.ndarray:
        """(m, width) values of trees that begin with the split ``first``; the best gain is split next."""
        models, width = whole.gradients.shape
        leaves, every = self.growth.leaves, np.arange(models)
        member = np.zeros((models, leaves, width), dtype=bool)
        member[:, 0] = True
        values, gains = np.zeros((models, leaves)), np.full((models, leaves), -np.inf)
        values[:, 0] = self._values(whole.gradients.sum(axis=1), whole.hessians.sum(axis=1))
        low, high = np.full((models, leaves), -np.inf), np.full((models, leaves), np.inf)
        lefts, value_left, value_right = member.copy(), values.copy(), values.copy()
        gains[:, 0], lefts[:, 0] = first.gains, first.left
        value_left[:, 0], value_right[:, 0] = first.value_left, first.value_right
        for new in range(1, leaves):
            old = gains.argmax(axis=1)
            split = gains[every, old] > 0
            if not split.any():
                break
            at, one = every[split], old[split]
            left = member[at, one] & lefts[at, one]
            member[at, new] = member[at, one] & ~left
            member[at, one] = left
            values[at, new], values[at, one] = value_right[at, one], value_left[at, one]
            low[at, new], high[at, new] = low[at, one], high[at, one]
            if self.is_bound:
                middle, way = (values[at, one] + values[at, new]) / 2, whole.directions[at]
                high[at, one] = np.where(way > 0, middle, high[at, one])
                low[at, new] = np.where(way > 0, middle, low[at, new])
                low[at, one] = np.where(way < 0, middle, low[at, one])
                high[at, new] = np.where(way < 0, middle, high[at, new])
            if new == leaves - 1:
                break
            places = np.concatenate([one, np.full(len(at), new)])
            twice = np.concatenate([at, at])
            nodes = _part(whole, twice)
            inside = member[twice, places]
            nodes.gradients, nodes.hessians = nodes.gradients * inside, nodes.hessians * inside
            nodes.rows = nodes.rows * inside
            nodes.low, nodes.high = low[twice, places], high[twice, places]
            found = self._splits(nodes, *self._gains(nodes))
            gains[twice, places], lefts[twice, places] = found.gains, found.left
            value_left[twice, places], value_right[twice, places] = found.value_left, found.value_right
        return (member * values[:, :, None]).sum(axis=1)

    def _values(self, gradients: np.ndarray, hessians: np.ndarray) -> np.ndarray:
        return -gradients / (hessians + (self.growth.penalty + TINY))

    def _gains(self, nodes: _Nodes) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(the best gain of each node, how it was found).

        Candidates are (r, 2, width - 2): all places up to one go left; what is missing stays right, or goes left. For
        levels, these are the first of their order, or the last.
        """
        levels = np.flatnonzero(nodes.is_level)
        gradients, hessians, rows = (each[:, :-1] for each in (nodes.gradients, nodes.hessians, nodes.rows))
        totals = [each.sum(axis=1) for each in (nodes.gradients, nodes.hessians, nodes.rows)]
        order: np.ndarray = np.empty((0, 0), dtype=np.int64)
        used = np.zeros(len(nodes.rows), dtype=np.int64)
        if len(levels):
            gradients, hessians, rows = gradients.copy(), hessians.copy(), rows.copy()
            own = [each[levels] for each in (gradients, hessians, rows)]
            support = totals[2][levels] / np.maximum(totals[1][levels], TINY)
            known = own[1] * support[:, None] >= SUPPORT
            order = np.where(known, own[0] / (own[1] + SUPPORT), np.inf).argsort(axis=1, kind="stable")
            used[levels] = known.sum(axis=1)
            for each, mine in zip((gradients, hessians, rows), own, strict=True):
                each[levels] = np.take_along_axis(mine * known, order, axis=1)
        lefts = []
        for each, whole in zip((gradients, hessians, rows), (nodes.gradients, nodes.hessians, nodes.rows), strict=True):
            up_to = each.cumsum(axis=1)
            left = np.empty((len(each), 2, each.shape[1] - 1))
            left[:, 0] = up_to[:, :-1]
            left[:, 1] = up_to[:, :-1] + whole[:, -1:]
            if len(levels):
                left[levels, 1] = up_to[levels, -1:] - up_to[levels, :-1]
            lefts.append(left)
        g, h, n = lefts
        g_right, h_right, n_right = (total[:, None, None] - left for total, left in zip(totals, (g, h, n), strict=True))
        least = self.growth.min_leaf
        valid = (n >= least) & (n_right >= least) & (h >= LEAST_HESSIAN) & (h_right >= LEAST_HESSIAN)
        if len(levels):  # the shorter side goes left
            count, middle = np.arange(1, valid.shape[2] + 1), (used[levels] + 1) // 2
            valid[levels, 0] &= count <= middle[:, None]
            others = used[levels][:, None] - count
            valid[levels, 1] &= (others >= 1) & (others <= middle[:, None])
        value, value_right = self._values(g, h), self._values(g_right, h_right)
        whole_value = self._values(totals[0], totals[1])
        if self.is_bound:
            low, high = nodes.low[:, None, None], nodes.high[:, None, None]
            value, value_right = np.clip(value, low, high), np.clip(value_right, low, high)
            whole_value = np.clip(whole_value, nodes.low, nodes.high)
            valid &= (value_right - value) * nodes.directions[:, None, None] >= 0
        gains = (totals[0] * whole_value)[:, None, None] - g * value - g_right * value_right
        gains = np.where(valid, gains, -np.inf).reshape(len(g), -1)
        best = gains.argmax(axis=1)
        every = np.arange(len(g))
        found = {"best": best, "value": value.reshape(len(g), -1)[every, best]}
        found |= {"value_right": value_right.reshape(len(g), -1)[every, best], "used": used}
        rank = np.zeros((len(g), gradients.shape[1]), dtype=np.int64)  # of each place, in its order
        rank[:] = np.arange(gradients.shape[1])
        if len(levels):
            np.put_along_axis(order_rank := np.empty_like(order), order, np.arange(order.shape[1])[None, :], axis=1)
            rank[levels] = order_rank
        found["rank"] = rank
        return gains[every, best], found

    def _splits(self, nodes: _Nodes, gains: np.ndarray, found: dict[str, np.ndarray]) -> _Splits:
        """The best splits with the places that go left."""
        side, last = np.divmod(found["best"], found["rank"].shape[1] - 1)
        rank, is_first = found["rank"], (side == 0)[:, None]
        up_to = rank <= last[:, None]
        left = np.zeros(nodes.rows.shape, dtype=bool)
        left[:, :-1] = np.where(nodes.is_level[:, None] & ~is_first, ~up_to & (rank < found["used"][:, None]), up_to)
        if nodes.is_level.any():
            left[:, :-1] &= ~nodes.is_level[:, None] | (rank < found["used"][:, None])
        rows_left = (nodes.rows[:, :-1] * left[:, :-1]).sum(axis=1)
        most = rows_left > nodes.rows[:, :-1].sum(axis=1) - rows_left
        missing = np.where(nodes.rows[:, -1] > 0, side == 1, most)  # what was never missing goes with most rows
        left[:, -1] = ~nodes.is_level & missing
        return _Splits(gains, left, found["value"], found["value_right"])


def _part(nodes: _Nodes, rows: np.ndarray) -> _Nodes:
    return _Nodes(
        nodes.gradients[rows],
        nodes.hessians[rows],
        nodes.rows[rows],
        nodes.low[rows],
        nodes.high[rows],
        nodes.is_level[rows],
        nodes.directions[rows],
    )
