"""Performance over the whole life of a version: evidence that adds up, so that it may be looked at every day.

The statistics are `ml.standing_watch` and `ml.risk`. What was counted so far is kept on the deployment (`risk_state`).
"""

from typing import Any

import numpy as np

from odoo.api import Environment
from odoo.models import BaseModel

from ...ml import estimated, outcomes, risk, standing_watch
from ..alerting.alert_kinds import PERFORMANCE, Cause
from ..tools import clock
from ..tools.told import told
from ..tools.wording import number, percent
from .estimated_performance import tested_rows
from .performance_wording import UNTESTED


class LifetimePerformance:
    """Counts of one version since it serves; another version begins anew.

    :param deployment: `ai.deployment`, in sudo
    :param version: the serving version
    """

    def __init__(self, deployment: BaseModel, version: BaseModel) -> None:
        self.deployment, self.version, self.env = deployment, version, deployment.env

    def _words(self, env: Environment) -> dict[str, str]:
        return env[self.deployment.res_model]._ai_words()

    def state(self) -> dict[str, Any]:
        """Return what was kept so far, as {name: state}; nothing of another version."""
        kept = self.deployment.risk_state or {}
        return kept if kept.get("version") == self.version.id else {"version": self.version.id}

    def keep(self, **states: Any) -> None:
        """Store `states` beside what is kept already."""
        self.deployment.risk_state = {**self.state(), **states}

    def watch_lines(self, labels: list[bool], values: list[float], between: float) -> list[dict]:
        """Return lines of the standing watch: do chances still come true, and does the order still hold?

        :param between: by how much weeks differ, in log odds
        """
        kept = self.state()
        tested_labels, tested = tested_rows(self.version)
        reference = estimated.learn(tested_labels, tested)
        state = kept.get("watch")
        since = kept.get("watch_since") or ""
        if state is None or self._acknowledged() > since:
            state, since = standing_watch.start(tested_labels, reference.chances(tested)), str(clock.now())
        chances = reference.chances(np.array(values, dtype=float))
        state = standing_watch.update({**state, "between": between}, labels, chances)
        self.keep(watch=state, watch_since=since)
        look = standing_watch.look(state)
        line = {**UNTESTED, "test": "risk", "threshold": 1 / standing_watch.LEVEL}

        def calibration(env: Environment) -> str:
            words = self._words(env)
            return env._(
                "Of %(rows)s %(records)s since going live %(true)s %(positives)s occurred, %(said)s were predicted",
                rows=number(env, look.rows),
                records=words["records"],
                true=percent(env, look.came_true),
                said=percent(env, look.said),
                positives=words["positives"],
            )

        def order(env: Environment) -> str:
            if not look.order_exceeded:
                return env._("Higher scores still have more positive outcomes")
            return env._(
                "The outcomes of %(records)s hardly depend on their scores any more",
                records=self._words(env)["records"],
            )

        lines = [
            (
                "watch:calibration",
                told(self.env, lambda env: env._("Calibration since going live")),
                look.calibration,
                look.calibration_exceeded,
                told(self.env, calibration),
            )
        ]
        if look.order is not None:
            lines.append(
                (
                    "watch:order",
                    told(self.env, lambda env: env._("Ranking since going live")),
                    look.order,
                    look.order_exceeded,
                    told(self.env, order),
                )
            )
        return [
            {
                **line,
                "key": key,
                "label": label,
                "statistic": evidence,
                "adjusted_p": 0.0 if exceeded else 1.0,
                "exceeded": exceeded,
                "verdict": "drifted" if exceeded else "quiet",
                "text": text,
            }
            for key, label, evidence, exceeded, text in lines
        ]

    def risk_lines(self, labels: list[bool], values: list[float]) -> list[dict]:
        """Return a line on the distance from the truth since the version serves.

        It raises no alert, as it is blind to lost order.
        """
        tested_labels, tested = tested_rows(self.version)
        state = self.state().get("state")
        if state is None:
            state = risk.start((tested - tested_labels) ** 2) if len(tested) else None
        if state is None:
            return []
        losses = (np.array(values, dtype=float) - np.array(labels, dtype=float)) ** 2
        state = risk.update(state, losses)
        self.keep(state=state)
        look = risk.look(state)
        return [
            {
                **UNTESTED,
                "test": "risk",
                "key": "risk",
                "label": told(self.env, lambda env: env._("Prediction error since going live")),
                "statistic": look.risk,
                "low": look.low,
                "high": 1.0,
                "threshold": look.limit,
                "text": told(
                    self.env,
                    lambda env: env._(
                        "Over %(rows)s outcomes, the error of the scores is %(risk)s (Brier), at least %(low)s; "
                        "expected at most %(limit)s",
                        rows=number(env, look.rows),
                        risk=number(env, look.risk or 0.0, 3),
                        low=number(env, look.low, 3),
                        limit=number(env, look.limit, 3),
                    ),
                ),
            }
        ]

    def _acknowledged(self) -> str:
        """Return when the owner last acknowledged an alert of what the standing watch is about.

        What was before is not counted again. A moment as text, empty where there was none.
        """
        causes = {str(Cause(PERFORMANCE, key)) for group in outcomes.ONE_CAUSE for key in group}
        read = self.deployment.alert_ids.filtered(lambda a: a.cause in causes and a.state == "acknowledged")
        return max((str(date) for date in read.mapped("acknowledged_date")), default="")
