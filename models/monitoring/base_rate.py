"""Whether a deployment is worse than knowing nothing: than the base rate of wins, or than random checks of bills."""

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools.wording import percent
from .ai_deployment_report import JUDGED

SKILL, PRECISION, AUDIT = "brier_skill", "precision", "audit"


def latest_lines(deployments: BaseModel, *keys: str) -> dict[int, dict[str, BaseModel]]:
    """Return {deployment id: {key: the latest judged line about the serving version}}.

    :param deployments: `ai.deployment`, in sudo
    """
    serving = {deployment.champion_id.id: deployment.id for deployment in deployments if deployment.champion_id}
    lines = deployments.env["ai.deployment.report.line"].search(
        Domain("report_id.version_id", "in", list(serving))
        & Domain("report_id.kind", "=", "performance")
        & Domain("key", "in", keys)
        & Domain("verdict", "in", JUDGED),
        order="report_id",  # the latest first, as reports are ordered
    )
    found: dict[int, dict[str, BaseModel]] = {}
    for line in lines:
        found.setdefault(serving[line.report_id.version_id.id], {}).setdefault(line.key, line)
    return found


def worse_than_base_rate(deployments: BaseModel) -> dict[int, str]:
    """Return {deployment id: the sentence that says so} of those that are worse beyond chance.

    :param deployments: `ai.deployment`, in sudo
    """
    texts = {}
    for key, lines in latest_lines(deployments, SKILL, PRECISION, AUDIT).items():
        skill, precision, audit = (lines.get(name) for name in (SKILL, PRECISION, AUDIT))
        if skill and skill.exceeded and skill.statistic < 0:
            texts[key] = skill.text
        elif precision and audit and precision.report_id == audit.report_id and precision.high < audit.low:
            texts[key] = deployments.env._(
                "%(flagged)s of the flagged records were unusual, fewer than among random checks (%(checked)s)",
                flagged=percent(deployments.env, precision.statistic),
                checked=percent(deployments.env, audit.statistic),
            )
    return texts
