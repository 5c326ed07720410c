"""Parts of the queue: which reviews a full pass looks at.

Rules, absences and records change without a trace, so reviews have to be looked at again and again. A pass that looked
at all of them would cost more the more there are, for nothing. It looks at `LOOK` of each deployment, by the number of
their record, and the next pass goes on from there: the cost of a pass has a limit, whatever is open or has left.
"""

from collections.abc import Iterator
from typing import NamedTuple

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ..scoring.reasons import MAY_RETURN

LOOK = 2000  # waiting reviews of a deployment that one page looks at


class Queue(NamedTuple):
    """Reviews that passes look at; the field `position` of `ai.deployment` says where the next one goes on."""

    position: str
    condition: SQL


# Each condition is that of an index over (deployment_id, res_id).
OPEN = Queue("open_position", SQL("review.state = 'open'"))
LEFT = Queue("left_position", SQL("review.state = 'expired' AND review.expired_reason IN %s", MAY_RETURN))


def turns(env: Environment, queue: Queue, look: int | None = None) -> Iterator[tuple[BaseModel, list[int], bool]]:
    """Yield (deployment, ids of its next reviews, whether these are all) for each deployment that has any.

    Where the next pass goes on is committed before the reviews are yielded: a pass that ends in the middle keeps none
    of the others from being reached.
    """
    reviews, deployments = env["ai.deployment.review"], env["ai.deployment"]
    reviews.flush_model(["deployment_id", "expired_reason", "res_id", "state"])
    deployments.flush_model([queue.position])
    rows = env.execute_query(
        SQL(
            "SELECT deployment.id, COALESCE(deployment.%s, 0) FROM ai_deployment deployment"
            " CROSS JOIN LATERAL (SELECT FROM ai_deployment_review review WHERE review.deployment_id = deployment.id"
            " AND %s ORDER BY review.res_id LIMIT 1) AS found ORDER BY deployment.id",
            SQL.identifier(queue.position),
            queue.condition,
        )
    )
    for deployment_id, position in rows:
        deployment = deployments.browse(deployment_id)
        ids, following = _window(env, deployment, queue, position, look or LOOK)
        if following != position:
            _go_on_from(env, deployment, queue, following)
        yield deployment, ids, not position and not following


def _window(env: Environment, deployment: BaseModel, queue: Queue, position: int, look: int) -> tuple[list[int], int]:
    """Return the ids of the next reviews, and the position after them; 0 where the next pass begins anew."""
    found = SQL(
        "SELECT review.id, review.res_id FROM ai_deployment_review review WHERE review.deployment_id = %s AND %s"
        " AND review.res_id > %s ORDER BY review.res_id LIMIT %s",
        deployment.id,
        queue.condition,
        position,
        look,
    )
    rows = env.execute_query(found)
    if not rows and position:
        return _window(env, deployment, queue, 0, look)
    if len(rows) < look:
        return [review_id for review_id, *_place in rows], 0
    # Several of one record stay together, so that none of them is passed over.
    last = rows[-1][1]
    rest = SQL(
        "SELECT review.id FROM ai_deployment_review review WHERE review.deployment_id = %s AND %s"
        " AND review.res_id = %s",
        deployment.id,
        queue.condition,
        last,
    )
    ids = dict.fromkeys(review_id for review_id, *_place in [*rows, *env.execute_query(rest)])
    return list(ids), last


def _go_on_from(env: Environment, deployment: BaseModel, queue: Queue, position: int) -> None:
    """Store the position; where the deployment is locked at this moment, the next pass looks at the same again."""
    env.cr.execute(
        SQL(
            "UPDATE ai_deployment SET %s = %s WHERE id IN"
            " (SELECT id FROM ai_deployment WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)",
            SQL.identifier(queue.position),
            position,
            deployment.id,
        )
    )
    deployment.invalidate_recordset([queue.position], flush=False)
    env["ir.cron"]._commit_progress()
