"""The limits of the words for a score, as the training of the serving version suggests them."""

from odoo.models import BaseModel

from ...ml.bands import odds_limits, tail_limits

ALL = (0.5, 0.5)  # nothing is known: a chance above one half is high


def of_version(deployment: BaseModel) -> tuple[float, float]:
    """Return the lower and the upper limit for the serving version of `deployment` (in sudo)."""
    version = deployment.champion_id
    if deployment.method == "anomaly":
        return tail_limits(deployment.flag_rate or 0.01, is_chance=version.kind == "reviewed")
    if not version.row_count:
        return ALL
    return odds_limits(version.positive_count, version.row_count)
