"""Drill of the fallback: suspend the deployment and break its version, then read a record as its viewer does."""

from odoo.models import BaseModel
from odoo.tools import SQL

from . import fallbacks
from .drill import Drill, Step
from .fallback_rule import RuleFigures
from .fallback_switch import FallbackSwitch


class FallbackDrill(Drill):
    """Suspend the deployment and break its version, unseen by everybody."""

    code = "fallback"

    def run(self) -> list[Step]:
        return [
            self.step("off", self.env._("It is suspended"), self.suspended),
            self.step("unusable", self.env._("Its version cannot be used"), self.unusable),
        ]

    def suspended(self) -> tuple[object, str]:
        self.assume_state("suspended")
        return self.shown()

    def unusable(self) -> tuple[object, str]:
        record = self.record()
        self.assume_state("production")
        self.serve_damaged_version()
        self.deployment._score(record, again=True)
        return self.shown()

    def assume_state(self, state: str) -> None:
        """Until it is undone, let the deployment be in this state, without any of what follows from a transition."""
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE ai_deployment SET state = %s WHERE id = %s", state, self.deployment.id))
        self.deployment.invalidate_recordset(["state"], flush=False)
        FallbackSwitch(self.deployment).update()
        self.env.flush_all()
        if RuleFigures(self.deployment).are_used():
            fallbacks.of(self.deployment).refresh()

    def shown(self) -> tuple[object, str]:
        """Read as a viewer; return (whether what is shown instead is read, found and marked as such, what is read)."""
        deployment, record, viewer = self.deployment, self.record(), self.viewer()
        if not deployment.is_primary or not viewer:
            return False, self.env._("Its scores are not shown to anybody, so there is no fallback.")
        seen = record.with_user(viewer).sudo(False).with_context(allowed_company_ids=deployment.company_id.ids)
        if not seen.has_access("read"):
            seen = seen.sudo()
        if deployment.fallback == "none":
            went = not seen.ai_score_date and not seen.ai_is_fallback
            return went, self.env._("No score and no fallback was shown, as configured.")
        found = seen.search_count([("id", "=", seen.id), ("ai_is_fallback", "=", True)])
        went = seen.ai_is_fallback and found and not seen.ai_score_date and seen.ai_reasons
        return went, self.env._(
            "A viewer saw: “%(text)s” (%(value)s %%).", text=seen.ai_reasons or "", value=round(100 * seen.ai_score)
        )

    def viewer(self) -> BaseModel:
        """Return an active colleague who sees scores, or none."""
        members, company = self.deployment.viewer_group_ids.all_user_ids, self.deployment.company_id
        return members.filtered(lambda u: u.active and not u.share and company in u.company_ids).sorted("id")[:1]
