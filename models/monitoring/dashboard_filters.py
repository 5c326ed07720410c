"""What the dashboard of a deployment is limited to: a time range, a version, a segment of the records."""

from typing import Any, NamedTuple, Self

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from .ai_deployment_report import JUDGED

RANGES = (4, 12, 26, 52)  # weeks
USUAL_RANGE = 12  # weeks that the dashboard shows where nobody chose
MOST_VERSIONS = 50  # the newest, that can be chosen


class DashboardFilters(NamedTuple):
    """The chosen time range in weeks, version (empty: all, the serving one first) and segment key ("": all)."""

    weeks: int
    version: BaseModel
    segment: str

    @classmethod
    def read(cls, deployment: BaseModel, chosen: dict[str, Any] | None) -> Self:
        """Return what a page asks for, checked.

        :param chosen: {"weeks", "version", "segment"}, each optional
        :raise UserError: where a range, version or segment is none of this deployment
        """
        env, chosen = deployment.env, chosen or {}
        weeks, key, segment = chosen.get("weeks", USUAL_RANGE), chosen.get("version"), chosen.get("segment") or ""
        if weeks not in RANGES:
            raise UserError(
                env._("The dashboard shows 4, 12, 26 or 52 weeks, not “%s”.", weeks),
            )
        versions = env["ai.deployment.version"]
        if key:
            own = Domain("deployment_id", "=", deployment.id) & Domain("id", "=", key)
            versions = versions.search(own) if isinstance(key, int) else versions
            if not versions:
                raise UserError(env._("“%s” has no such version.", deployment.name))
        if not isinstance(segment, str):
            raise UserError(env._("There is no segment “%s”.", segment))
        return cls(weeks, versions, segment)

    def choices(self, deployment: BaseModel, lines: BaseModel) -> dict[str, Any]:
        """Return {"weeks", "versions", "segments": [{"value", "label"}], "chosen": {…}} for the page.

        :param lines: of the reports that are shown, whose segments can be chosen
        """
        env = deployment.env
        versions = env["ai.deployment.version"].search_fetch(
            Domain("deployment_id", "=", deployment.id), ["number"], order="number desc", limit=MOST_VERSIONS
        )
        segments = {line.key: line.label for line in lines if line.test == "segment" and line.verdict in JUDGED}
        return {
            "weeks": [{"value": weeks, "label": env._("%s weeks", weeks)} for weeks in RANGES],
            "versions": [{"value": 0, "label": env._("All versions")}]
            + [{"value": version.id, "label": version.name} for version in versions],
            "segments": [{"value": "", "label": env._("All segments")}]
            + [{"value": key, "label": label} for key, label in sorted(segments.items(), key=lambda item: item[1])],
            "chosen": {"weeks": self.weeks, "version": self.version.id or 0, "segment": self.segment},
        }
