"""Boosted trees as plain data: nodes that ask for bins, evaluated by numpy alone.

Where inputs act together in more ways than a few pairs can say, trees may be the
better model, at a price: what an input adds depends on the others, so the reasons
are approximate. Everything else is as on a card: the same bins, codes, calibration.

A tree is a dict of lists with one entry per node, the root first, children after
their parent:

============  ==============================================================
``inputs``    the input that the node asks, by its place; -1 at a leaf
``codes``     which codes go left, as hexadecimal bits; "" at a leaf
``left``      the node for these codes, ``right`` the one for all others; 0 at a leaf
``values``    at a leaf what the tree adds to the raw sum, at any other node the mean
              of that over the reference rows that come by; 0 at the root
============  ==============================================================

Codes are few, so trees need not be walked. For every code of every input it is
known which leaves it leaves open, one bit each; a row ends in the one leaf that
all its codes leave open.

A row's path also shares out what the tree adds: each node on it moves the mean, and
the input that the node asked gets the difference. Means are those of the reference,
so every input contributes 0 on average, and contributions add up to the raw sum.
That is why they are only approximate: of two inputs that act together, the one that
is asked last gets most of it.

>>> from .binning import NumericBins
>>> from .cards import CardFeature
>>> from .calibration import Identity
>>> bins, counts = NumericBins(0, 10, [5]), np.array([0, 0, 0, 6, 2])
>>> low = pack(np.array([False, True, False, True, False]))
>>> tree = {"inputs": [0, -1, -1], "codes": [low, "", ""], "left": [1, 0, 0], "right": [2, 0, 0],
...         "values": [0.0, -1.0, 3.0]}
>>> age = CardFeature("age", "number", bins, np.zeros(5), False, counts)
>>> TreesCard([age], 0.5, Identity(), bins, trees=[tree], importances=[1.5]).raw([[3], [4], [0]]).tolist()
[-0.5, 3.5, 3.5]
"""

import numpy as np

from .approximate import ApproximateCard

MAX_LEAVES = 64  # of one tree: one bit each
MAX_CELLS = 10_000_000  # trees times codes, and leaves times inputs: what is held while scoring
LEAF = -1
CELLS_AT_ONCE = 200_000  # of contributions, so that they stay in the processor's cache


class TreesCard(ApproximateCard):
    """Trees whose leaves add up to the log odds of the positive label."""

    kind = "trees"
    own = (*ApproximateCard.own, "trees")

    def __init__(self, *arguments, trees, **others):
        super().__init__(*arguments, **others)
        self.trees = list(trees)
        self.forest = Forest(self.trees, self._sizes.tolist())

    def contributions(self, codes):
        """(n, k) shares of the inputs in the raw sum; approximate, but they add up."""
        self._places(codes)  # refuses codes of another version
        return self.forest.contributions(codes)


class Forest:
    """Trees made ready for evaluation; ``sizes`` holds the number of codes per input.

    ``_open`` (codes of all inputs, trees) are the leaves that a code leaves open,
    ``_shares`` (leaves of all trees, inputs) what a leaf's path gives each input.
    """

    def __init__(self, trees, sizes):
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self._every = np.array([(1 << len(_leaves_of(tree))) - 1 for tree in trees], dtype=np.uint64)
        self._open = np.tile(self._every, (int(np.sum(sizes)), 1))
        shares = []
        for place, tree in enumerate(trees):
            self._close_leaves(place, tree, sizes)
            shares.append(_leaf_shares(tree, len(sizes)))
        self._first_leaf = np.cumsum([0, *map(len, shares)])[:-1]
        self._shares = np.concatenate([np.zeros((0, len(sizes))), *shares])
        self._asked = sorted({j for tree in trees for j in tree["inputs"]} - {LEAF})

    def _close_leaves(self, place, tree, sizes):
        """Write down which leaves of one tree each code rules out."""
        inputs, left, right = tree["inputs"], tree["left"], tree["right"]
        below = [0] * len(inputs)  # the leaves under each node, as bits
        for number, node in enumerate(_leaves_of(tree)):
            below[node] = 1 << number
        for node in reversed(range(len(inputs))):
            j = inputs[node]
            if j != LEAF:
                below[node] = below[left[node]] | below[right[node]]
                goes_left = unpack(tree["codes"][node], sizes[j])
                closed = np.where(goes_left, np.uint64(below[right[node]]), np.uint64(below[left[node]]))
                self._open[self._starts[j] : self._starts[j] + sizes[j], place] &= ~closed

    def leaves(self, codes):
        """(n, trees) number of the leaf in its tree that each row ends in."""
        codes = np.asarray(codes)
        still_open = np.tile(self._every, (len(codes), 1))
        for j in self._asked:
            still_open &= self._open[codes[:, j] + self._starts[j]]
        # One bit is left; as a float it is a power of two, whose exponent is its place.
        return np.frexp(still_open.astype(np.float64))[1] - 1

    def contributions(self, codes):
        """(n, k) sums over the trees of what their leaves share out."""
        codes = np.asarray(codes)
        found = np.zeros((len(codes), self._shares.shape[1]))
        step = max(1, CELLS_AT_ONCE // max(self._open.shape[1] * found.shape[1], 1))
        for start in range(0, len(codes), step):
            rows = slice(start, start + step)
            found[rows] = self._shares[self.leaves(codes[rows]) + self._first_leaf].sum(axis=1)
        return found


def _leaves_of(tree):
    return [node for node, j in enumerate(tree["inputs"]) if j == LEAF]


def _leaf_shares(tree, k):
    """(leaves, k) changes of the mean on the way to each leaf, by the input that was asked."""
    shares = np.zeros((len(tree["inputs"]), k))
    for node, j in enumerate(tree["inputs"]):
        if j != LEAF:
            for child in (tree["left"][node], tree["right"][node]):
                shares[child] = shares[node]
                shares[child, j] += tree["values"][child] - tree["values"][node]
    return shares[_leaves_of(tree)]


def pack(goes_left):
    """A (size,) bool array as hexadecimal bits.

    >>> pack(np.array([True, False, False, True, True])), unpack("98", 5).tolist()
    ('98', [True, False, False, True, True])
    """
    return np.packbits(np.asarray(goes_left, dtype=bool)).tobytes().hex()


def unpack(text, size):
    """The reverse of ``pack``."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8))[:size].astype(bool)


def with_means(trees, codes, sizes):
    """``trees`` with the means over the reference ``codes`` (n, k), and what they add on average.

    Only the values of the leaves are read. Where no reference row comes by, a node
    stands in the middle between its children.
    """
    bare = Forest([{**tree, "values": [0.0] * len(tree["inputs"])} for tree in trees], sizes)
    parts = np.array_split(np.asarray(codes), len(codes) // 5000 + 1)
    ends = np.concatenate([bare.leaves(part) for part in parts])
    average, placed = 0.0, []
    for place, tree in enumerate(trees):
        values, leaves = list(tree["values"]), _leaves_of(tree)
        seen = np.zeros(len(values))
        seen[leaves] = np.bincount(ends[:, place], minlength=len(leaves))
        for node in reversed(range(len(values))):
            if tree["inputs"][node] != LEAF:
                pair = [tree["left"][node], tree["right"][node]]
                seen[node] = seen[pair].sum()
                weights = seen[pair] if seen[node] else None
                values[node] = float(np.average([values[child] for child in pair], weights=weights))
        average += values[0]
        placed.append({**tree, "values": [value - values[0] for value in values]})
    return placed, average
