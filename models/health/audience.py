"""Checks of whether a deployment in production is of use to anybody, and of what was not decided beforehand."""

from collections.abc import Iterator
from typing import Any

from ..tools.wording import percent
from .check import (
    Check,
    Finding,
    notice,
    severe,
)


class Audience(Check):
    """Somebody sees the scores of a deployment in production, and something scores new records."""

    codes = ("viewers", "unfed")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        if deployment.state != "production":
            return
        if not deployment.is_task and not deployment.viewer_group_ids.all_user_ids.filtered(
            lambda user: user.active and not user.share
        ):
            yield severe(
                "viewers",
                env._("Nobody sees its scores: no member of a group under “Visible to Groups”."),
                env._("Ask an administrator to choose who sees the scores."),
            )
        if not deployment._is_fed():
            yield notice(
                "unfed",
                env._("Nothing scores new %s by itself.", env[deployment.res_model]._ai_words()["records"]),
                env._("Choose under “When Scored” when records are scored, or add an automation rule."),
            )


class Precautions(Check):
    """A minimum is set, and something shows in place of scores, once people rely on them."""

    codes = ("no_floor", "no_fallback")

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        env = deployment.env
        if deployment.state != "production" or deployment.is_task:  # which shows nothing on records
            return
        if not (deployment.floor_precision if deployment.method == "anomaly" else deployment.floor_auc):
            proposed = deployment._proposed_floor()
            yield notice(
                "no_floor",
                env._("No minimum is set, so nothing says when it has become too bad."),
                env._("Set the minimum under “Monitoring”; proposed: %s.", percent(env, proposed))
                if proposed
                else env._("Set the minimum under “Monitoring”."),
            )
        if deployment.fallback == "none":
            yield notice(
                "no_fallback",
                env._("Nothing is shown while it is suspended or its version cannot be used."),
                env._("Choose a fallback, for example Odoo's own estimate."),
            )
