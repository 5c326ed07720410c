"""Random checks: some of what nobody would look at is reviewed all the same, to learn how often it is wrong."""

from typing import TYPE_CHECKING

from ...ml import routing

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
        slate.chances = routing.audit_chance(slate.distances, share, band=BAND)
        if share and slate.quota is not None:
            lots = routing.audit_draws([f"{deployment.id},{res_id}" for res_id in slate.ids], salt=str(deployment.id))
            passes = (slate.why == routing.AUTOMATIC) & ~slate.failed
            checked, slate.chances = slate.quota.spread(routing.AUDIT, lots, slate.chances, passes)
            slate.why[checked] = routing.AUDIT
