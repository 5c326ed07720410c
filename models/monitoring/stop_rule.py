"""The stop rule: an owner says beforehand after how many reports below a floor a deployment is suspended.

Set before going live, because nobody likes to stop what is live. The floors are `floor_auc` and `floor_precision`.
"""

from odoo.fields import Domain
from odoo.models import BaseModel

from ..alerting.alert_kinds import STOPPED
from ..tools.told import told


def stop_where_below_floor(deployment: BaseModel, report: BaseModel) -> bool:
    """Suspend the deployment where its latest reports since it is live were all below a floor; return whether it was.

    :param deployment: `ai.deployment`, in sudo
    :param report: the latest `ai.deployment.report` on its outcomes
    """
    if not deployment.stop_after or deployment.state not in deployment._at_work_states():
        return False
    latest = report.search(
        Domain("version_id", "=", report.version_id.id)
        & Domain("kind", "=", "performance")
        & Domain("verdict", "!=", "cannot_judge")
        & Domain("date", ">=", deployment.live_since or report.date),  # resumed, it is counted anew
        limit=deployment.stop_after,
    )
    below = [one.line_ids.filtered(lambda line: line.test == "floor" and line.exceeded) for one in latest]
    if len(below) < deployment.stop_after or not all(below):
        return False
    line, env = below[0][0], deployment.env
    deployment.write({"state": "suspended"})
    env["ai.deployment.alert"]._raise(
        deployment,
        STOPPED,
        name=told(
            env,
            lambda there: there._(
                "“%(name)s” was suspended automatically: below the minimum in %(count)s reports in a row. %(what)s",
                name=deployment.name,
                count=deployment.stop_after,
                what=line.with_env(there).text,
            ),
        ),
        suggestion=told(env, lambda there: there._("Retrain or promote an earlier version, then resume it.")),
        report=report,
    )
    return True
