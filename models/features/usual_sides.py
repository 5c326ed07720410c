"""The side of a number that is unusual, as far as its declaration says: what an owner does not have to choose."""

from odoo.models import BaseModel

from ...ml.anomaly import HIGH, LOW, TWO_SIDED
from .feature_reader import walk_path

AMOUNTS = ("float", "monetary")
# By measure. What is rare among earlier records is a low share of them; a multiple of an amount does harm when high.
SIDES = {
    "ratio": HIGH,
    "ratio_max": HIGH,
    "deviation": HIGH,
    "share": LOW,
    "first_time": LOW,
    "repeat": LOW,
    "swapped": LOW,
    "shifted": LOW,
}


def usual_side(
    documents: BaseModel, source: str, measure: str, path: str, group_paths: list[str], window_days: int
) -> str:
    """Return the unusual side of an input: "two", "high" or "low".

    Earlier records with the same amount are repetitions, so their number is unusual when high and the days since the
    last one when low. Of other earlier records few are unusual: somebody new. A number in a window may be both.

    :param documents: the model that is scored
    """
    if source == "zeros":
        return HIGH
    if source == "path":
        return HIGH if _type(documents, path) == "monetary" else TWO_SIDED
    if source != "history":
        return TWO_SIDED
    if measure not in ("count", "days_since"):
        return SIDES.get(measure, TWO_SIDED)
    repeats = any(_type(documents, group) in AMOUNTS for group in group_paths)
    if measure == "days_since":
        return LOW if repeats else TWO_SIDED
    return HIGH if repeats else TWO_SIDED if window_days else LOW


def _type(documents: BaseModel, path: str) -> str:
    """Return the type of the field at the end of `path`, empty where it leads nowhere."""
    steps = walk_path(documents, path or "")
    return steps[-1].field.type if steps and not steps[-1].property_name else ""
