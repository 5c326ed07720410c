"""Which input is the strongest reason of a row: what flagged rows are counted by.

Where a card that has learned from verdicts says "how unusual the row is overall", the anomaly card inside says why.
"""

import numpy as np

from .cards import Card
from .reviewed import SURPRISE, ReviewedCard


def strongest_reasons(card: Card, codes: np.ndarray) -> list[str]:
    """Return the name of the input that contributes most to each row of ``codes`` (n, k), as ``card`` made them."""
    codes = np.asarray(codes)
    names = _strongest(card, card.contributions(codes))
    if isinstance(card, ReviewedCard) and _same_bins(card):
        places = [card.names.index(name) for name in card.anomaly.names]
        inner = _strongest(card.anomaly, card.anomaly.contributions(codes[:, places]))
        names = [own if name == SURPRISE else name for name, own in zip(names, inner, strict=True)]
    return names


def _strongest(card: Card, contributions: np.ndarray) -> list[str]:
    inputs = card.inputs
    sums = np.stack([contributions[:, places].sum(axis=1) for _name, places in inputs], axis=1)
    return [inputs[place][0] for place in sums.argmax(axis=1)]


def _same_bins(card: ReviewedCard) -> bool:
    """Return whether codes of the card are codes of the anomaly card inside."""
    own = card.bins_by_name
    return all(feature.bins.to_dict() == own[feature.name].to_dict() for feature in card.anomaly.features)
