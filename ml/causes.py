"""Common properties of the rows in question that other rows do not have.

A field that is empty on a third of the rows is a symptom; that four in five of these
came from one import is where to look. One trait is named, or none: a list of weak
ones would be read as proof.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

MIN_ROWS = 10  # in question: fewer have something in common by chance
MIN_SHARE = 0.5  # of the rows in question that have the trait
MIN_GAP = 0.25  # above the share among the others


class Trait(NamedTuple):
    """``share`` of the rows in question have this value, ``share_of_others`` of the others."""

    name: str
    value: Any
    share: float
    share_of_others: float


def common_trait(traits: dict[str, np.ndarray], in_question: ArrayLike) -> Trait | None:
    """The ``Trait`` that sets the rows in question apart the most, None where none does.

    ``traits`` maps names to (n,) object arrays, None where a row has no value;
    ``in_question`` is (n,) bool. Of equal ones the first stands.

    >>> common_trait({"source": np.array(["fair"] * 12 + ["web"] * 30, dtype=object)}, [True] * 12 + [False] * 30)
    Trait(name='source', value='fair', share=1.0, share_of_others=0.0)
    """
    in_question = np.asarray(in_question, dtype=bool)
    rows, others = int(in_question.sum()), int((~in_question).sum())
    if rows < MIN_ROWS:
        return None
    best = None
    for name, values in traits.items():
        values = np.asarray(values, dtype=object)
        counts = {}
        for value in values[in_question].tolist():
            if value is not None:
                counts[value] = counts.get(value, 0) + 1
        for value, count in counts.items():
            if count < MIN_SHARE * rows:
                continue
            elsewhere = sum(1 for other in values[~in_question].tolist() if other == value)
            trait = Trait(name, value, count / rows, elsewhere / others if others else 0.0)
            gap = trait.share - trait.share_of_others
            if gap >= MIN_GAP and (best is None or gap > best.share - best.share_of_others):
                best = trait
    return best if others else None
