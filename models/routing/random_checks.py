"""Random checks: some of what nobody would look at is reviewed all the same, to learn how often it is wrong."""

from typing import TYPE_CHECKING

import numpy as np

from ...ml import routing

if TYPE_CHECKING:
    from .router import Slate

BAND = 0.05  # how near to a threshold random checks are denser


class RandomChecks:
    """Draw random checks among the records that no reason took.

    Of the records that are scored together, those of which an answer tells most are drawn more often: whose outcome is
    least certain, with most money at stake. Where a cap leaves no quota for all, chances are lowered before anything is
    drawn, over the whole day: each check then stands for as many records as it should.
    """

    def apply(self, slate: "Slate") -> None:
        deployment = slate.deployment
        share = deployment.audit_share if routing.AUDIT in slate.rules else 0.0
        slate.chances = routing.audit_chance(slate.distances, share, band=BAND)
        if share and slate.quota is not None:
            lots = routing.audit_draws([f"{deployment.id},{res_id}" for res_id in slate.ids], salt=str(deployment.id))
            passes = (slate.why == routing.AUTOMATIC) & ~slate.failed
            slate.chances[passes] = routing.by_gain(slate.chances[passes], _gains(slate)[passes])
            checked, slate.chances = slate.quota.spread(routing.AUDIT, lots, slate.chances, passes)
            slate.why[checked] = routing.AUDIT


def _gains(slate: "Slate") -> np.ndarray:
    """Return what an answer about each record is worth: how uncertain it is, times the money where that is known."""
    ranks = getattr(slate.card, "flag_rate", None)  # of an anomaly model; others tell probabilities
    unsure = routing.uncertainty(slate.scored.values[slate.rows], ranks)
    money = np.array([slate.standings[res_id].amount for res_id in slate.ids], dtype=np.float64)
    return unsure * np.where(np.isnan(money), 1.0, np.abs(money))
