"""Limits of reviews a day: what they leave for a chunk of records.

A limit is the capacity of a deployment that is routed by it, or the cap of one reason for reviews.
"""

from collections.abc import Sequence

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..tools import clock

CAPACITY = "capacity"
SHARED = (routing.LOW_CONFIDENCE, routing.FLAGGED)  # the reasons that a capacity limits together


class DayQuota:
    """Remaining quota of today. Where there is no limit, nothing is read and nothing written.

    A record that waits for a decision already costs no time again, so it uses no quota.

    :param deployment: record of `ai.deployment`, in sudo
    :param limits: {limit: reviews a day}
    :param ids: of the records
    """

    def __init__(self, deployment: BaseModel, limits: dict[str, int], ids: Sequence[int]) -> None:
        self.deployment = deployment
        self.limits = limits
        self.used = dict.fromkeys(limits, 0)
        self.quotas = deployment.env["ai.deployment.quota"]
        self.remaining = self.quotas._left(deployment, limits) if limits else {}
        self.waits = self._waiting(ids) if limits else np.zeros(len(ids), dtype=bool)
        self.spreads: dict[str, routing.Spread] = {}

    def _waiting(self, ids: Sequence[int]) -> np.ndarray:
        waiting = {
            res_id
            for (res_id,) in self.deployment.env.execute_query(
                SQL(
                    "SELECT res_id FROM ai_deployment_review WHERE deployment_id = %s AND state = 'open'"
                    " AND res_id = ANY(%s)",
                    self.deployment.id,
                    list(ids),
                )
            )
        }
        return np.array([res_id in waiting for res_id in ids], dtype=bool)

    def choose(self, holds: dict[str, np.ndarray], needs: dict[str, np.ndarray | None] | None) -> np.ndarray:
        """Return why each record is reviewed, (n,) of object, within what remains: see `routing.choose`."""
        sharing = {name: SHARED if name == CAPACITY else (name,) for name in self.limits}
        rooms = [(reasons, self.remaining[name] - self.used[name]) for name, reasons in sharing.items()]
        why = routing.choose(holds, needs, rooms=rooms, free=self.waits)
        for name, reasons in sharing.items():
            self.used[name] += int((np.isin(why.astype(str), reasons) & ~self.waits).sum())
        return why

    def spread(
        self, name: str, lots: np.ndarray, chances: np.ndarray, passes: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which records are checked at random, and the chances of all, within what remains of the limit `name`.

        :param lots: (n,), see `ml.routing.audit_draws`
        :param chances: (n,), as they would be without a limit
        :param passes: (n,) of bool, which records can be checked at all
        """
        if name not in self.limits:
            return passes & (lots < chances), chances
        taking, before = passes & ~self.waits, self.quotas._spread(self.deployment, name, self.limits[name])
        lowered, after = before.plan(chances[taking])
        lot = float(routing.audit_draws([f"{self.deployment.id},{clock.today()}"], salt=name)[0])
        chosen = passes & self.waits & (lots < chances)
        chosen[taking] = routing.spread_selected(lots[taking], lowered, before.planned, after.planned, lot)
        chances = chances.copy()
        chances[taking] = lowered
        self.used[name] += int(chosen[taking].sum())
        self.spreads[name] = after
        return chosen, chances

    def take(self) -> None:
        """Store what was used of the limits."""
        self.quotas._take(self.deployment, self.used, self.spreads)
