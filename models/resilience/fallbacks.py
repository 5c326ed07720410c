"""Kinds of fallback: one small class per kind, in a registry.

A kind computes its figure in SQL, as part of the one expression of `ai_deployment_scorable_mixin`: no row is written
when a fallback comes into force, and none has to be taken back when it is over. The figures of a rule are the
exception; see `fallback_rule`.
"""

from odoo.exceptions import ValidationError
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools.shipped import wake
from .fallback_rule import RULE, RuleFigures


class NoFallback:
    """Nothing is shown instead of a score.

    :param deployment: ai.deployment with all rights
    """

    code = "none"

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    def check(self) -> None:
        """Check the settings of the deployment.

        :raise ValidationError: what it shows cannot be had
        """

    def sql(self, alias: str) -> SQL:
        """Return the figure, from 0 to 1, that is shown for the record `alias`, or NULL."""
        return SQL("NULL::float8")

    def follow(self) -> None:
        """Follow a change of whether it is in force, or of the kind: figures that are not shown are forgotten."""
        RuleFigures(self.deployment).forget()

    def refresh(self) -> None:
        """Have ready now what it shows."""


class Incumbent(NoFallback):
    """Odoo's own estimate."""

    code = "incumbent"

    def check(self) -> None:
        documents = self.env[self.deployment.res_model]
        if documents._ai_incumbent_sql(documents._table) is None:
            raise ValidationError(
                self.env._("Odoo has no estimate of its own for %s.", documents._ai_words()["records"])
            )

    def sql(self, alias: str) -> SQL:
        return self.env[self.deployment.res_model]._ai_incumbent_sql(alias) or super().sql(alias)


class PreviousVersion(NoFallback):
    """The last score by the version that served before the one that serves."""

    code = "previous"

    def sql(self, alias: str) -> SQL:
        served = self.deployment.assignment_ids.filtered(lambda a: a.role == "champion" and a.end_date)
        return SQL(
            "(SELECT line.predicted_value FROM ai_deployment_inference line WHERE line.deployment_id = %s"
            " AND line.res_id = %s AND line.version_id = %s AND line.failure_type IS NULL"
            " ORDER BY line.id DESC LIMIT 1)",
            self.deployment.id,
            SQL.identifier(alias, "id"),
            served.sorted("id", reverse=True)[:1].version_id.id or 0,
        )


class Constant(NoFallback):
    """A fixed figure."""

    code = "constant"

    def sql(self, alias: str) -> SQL:
        return SQL("%s::float8", self.deployment.fallback_value)


class Rule(NoFallback):
    """The figure of a rule of the company's own."""

    code = RULE

    def check(self) -> None:
        if not self.deployment.fallback_action_id:
            raise ValidationError(self.env._("Select a rule: an administrator sets a server action."))

    def sql(self, alias: str) -> SQL:
        return SQL(
            "(SELECT figure.value FROM ai_deployment_fallback_figure figure WHERE figure.deployment_id = %s"
            " AND figure.res_id = %s)",
            self.deployment.id,
            SQL.identifier(alias, "id"),
        )

    def follow(self) -> None:
        """Leave the figures to the cron, at once: the switch that brings a rule into use waits for nothing."""
        figures = RuleFigures(self.deployment)
        if not figures.are_used():
            figures.forget()
        elif not figures.exist():
            wake(self.env, "ir_cron_health")

    def refresh(self) -> None:
        """Ask the rule again: new records, and changed ones, have their figure within the hour."""
        RuleFigures(self.deployment).update()


FALLBACKS: dict[str, type[NoFallback]] = {
    kind.code: kind for kind in (NoFallback, Incumbent, PreviousVersion, Constant, Rule)
}


def of(deployment: BaseModel) -> NoFallback:
    """Return what `deployment` shows instead of a score, with all rights."""
    return FALLBACKS[deployment.fallback](deployment.sudo())
