"""The rules that prove rows of a checklist: one small class each, in the table `RULES` by the code that rows name."""

from . import audience, business, credentials, log, monitoring, organisational, technical
from .rule import Evidence, Rule

RULES: dict[str, type[Rule]] = {
    rule.code: rule
    for rule in (
        organisational.ByHand,
        technical.LaterAndSegments,
        technical.InputsInTime,
        technical.RunsHere,
        technical.FaultsHandled,
        log.LogComplete,
        credentials.Credentials,
        monitoring.Watched,
        monitoring.AlertDrill,
        monitoring.Retrained,
        monitoring.Read,
        audience.Audience,
        audience.Reader,
        organisational.OwnerAccepted,
        organisational.Approver,
        organisational.Explained,
        organisational.Budget,
        business.Baseline,
        business.EdgeCases,
        business.StopRule,
        business.ReviewAhead,
    )
}

__all__ = ["RULES", "Evidence", "Rule"]
