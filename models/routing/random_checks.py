"""Random checks: some of what nobody would look at is reviewed all the same, to learn how often it is wrong."""

from typing import TYPE_CHECKING

import numpy as np

from ...ml import routing
from .thresholds import sides_of

if TYPE_CHECKING:
    from .router import Slate

BAND = 0.05  # how near to a threshold random checks are denser


class RandomChecks:
    """Draw random checks among the records that no reason took.

    Where a cap leaves no quota for all, chances are lowered before anything is drawn, over the whole day: each check
    then stands for as many records as it should.
    """

    def apply(self, slate: "Slate") -> None:
        deployment = slate.deployment
        share = deployment.audit_share if routing.AUDIT in slate.rules else 0.0
        slate.chances = routing.audit_chance(_distances(slate), share, band=BAND)
        if share:
            lots = routing.audit_draws([f"{deployment.id},{res_id}" for res_id in slate.ids], salt=str(deployment.id))
            passes = (slate.why == routing.AUTOMATIC) & ~slate.failed
            checked, slate.chances = slate.quota.spread(routing.AUDIT, lots, slate.chances, passes)
            slate.why[checked] = routing.AUDIT


def _distances(slate: "Slate") -> np.ndarray:
    """Return how far each record is from being reviewed: (n,)."""
    deployment, scored = slate.deployment, slate.scored
    if deployment.method == "anomaly":
        distances = (1 - deployment.alarm_rate) - scored.values
    else:
        sides = sides_of(deployment)
        positive, negative = (0.0 if sides[side] is None else sides[side] for side in (True, False))
        distances = scored.confidences - np.where(scored.predictions, positive, negative)
    return distances[slate.rows]
