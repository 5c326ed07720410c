"""The numbers of scikit-learn's trees: looked through before they are used.

The compiled code that walks a tree follows the numbers in its nodes wherever they lead.
In a file that somebody edited they could lead out of the array, and so bring down the
process or read what is not theirs. A tree is accepted only if every number
in it leads to a later node, to an input that there is, or nowhere.
"""

import json
from typing import Any

import numpy as np

from .errors import ArtifactRejected

MAX_INPUTS = 10_000  # of a tree


def check_tree(args: Any, values: Any, load: Any) -> None:
    """ArtifactRejected unless the tree that these schema entries describe is sound.

    ``args`` are those that it is made with (inputs, classes, outputs), ``values`` its
    state by name; ``load`` gives the array of an entry. All entries have been looked at
    for what kind of thing they are.
    """
    from sklearn.tree._tree import NODE_DTYPE

    made_of: Any = args["content"] if args.get("__loader__") == "TupleNode" else ()
    if len(made_of) != 3 or set(values) != {"max_depth", "node_count", "nodes", "values"}:
        raise ArtifactRejected("a tree is not stored as usual")
    inputs, outputs = _whole(made_of[0]), _whole(made_of[2])
    classes, nodes, leaves = load(made_of[1]), load(values["nodes"]), load(values["values"])
    n = len(nodes) if nodes.ndim == 1 else 0
    sound = (
        0 < inputs <= MAX_INPUTS
        and outputs == 1
        and classes.dtype == np.int64
        and classes.tolist() == [2]
        and nodes.dtype == NODE_DTYPE
        and _whole(values["node_count"]) == n > 0
        and 0 <= _whole(values["max_depth"]) <= n
        and leaves.dtype == np.float64
        and leaves.shape == (n, 1, 2)
        and leaves.flags.c_contiguous
        and np.isfinite(leaves).all()
        and _lead_on(nodes, n, inputs)
    )
    if not sound:
        raise ArtifactRejected("a tree of the pipeline is damaged: its numbers lead out of it")


def _lead_on(nodes: Any, n: Any, inputs: Any) -> Any:
    """Do all children stand after their parent and all questions go to an input?"""
    left, right, asked = nodes["left_child"], nodes["right_child"], nodes["feature"]
    places = np.arange(n)
    leaf = (left == -1) & (right == -1)
    below = (left > places) & (left < n) & (right > places) & (right < n)
    return bool((leaf | (below & (asked >= 0) & (asked < inputs))).all())


def _whole(entry: Any) -> Any:
    """The whole number of a plain entry, or -1."""
    try:
        number = json.loads(entry["content"]) if entry.get("__loader__") == "JsonNode" else -1
    except ValueError:
        return -1
    return number if type(number) is int else -1
