"""The checklist of a deployment: what has to be true before it goes live, looked up in the records.

Each row names a rule of `evidence.RULES`. Evidence expires where its row says so.
"""

import logging
from datetime import timedelta

from odoo import fields
from odoo.api import Environment
from odoo.models import BaseModel

from ..alerting.alert_kinds import CHECKLIST
from ..tools import clock, faults
from ..tools.faults import fault_text
from ..tools.told import Told, in_every_language, told
from ..tools.wording import days_text
from .ai_deployment_check_template import DIMENSIONS
from .evidence import RULES, Evidence

_logger = logging.getLogger(__name__)

DONE = ("met", "waived")


class Checklist:
    """The rows of one deployment, handed in as a sudo record."""

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.env = deployment.env

    def start(self) -> None:
        """Create the rows of the template of the company, where there are none yet."""
        deployment = self.deployment
        if deployment.check_ids:
            return
        template = self.env["ai.deployment.check.template"]._of_company(deployment.company_id)
        deployment.check_template_id = template
        checks = self.env["ai.deployment.check"].create(
            [{"deployment_id": deployment.id, **values} for values in template._check_values()] if template else []
        )
        template._copy_words(checks)

    def find(self, check: BaseModel) -> Evidence:
        """Return the evidence for one row. A rule that fails breaks its own row only."""
        rule = RULES.get(check.rule)
        if not rule:
            return Evidence(
                False,
                self.env._("The rule “%s” no longer exists: an administrator has to replace this row.", check.rule),
                is_broken=True,
            )
        try:
            with self.env.cr.savepoint():
                return self._aged(rule(self.deployment).find(check), check.valid_days)
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - it is what the row says, and breaks no other
            _logger.warning(
                "Evidence for %r of deployment %s could not be looked for",
                check.rule,
                self.deployment.id,
                exc_info=True,
            )
            return Evidence(False, self.env._("The check failed: %s", fault_text(error)), is_broken=True)

    def told(self, check: BaseModel, found: Evidence) -> Told:
        """Return the sentence of `found`, the evidence for one row, in the words of every language."""

        def sentence(env: Environment) -> str:
            if env == self.env:
                return found.sentence
            return Checklist(self.deployment.with_env(env)).find(check.with_env(env)).sentence

        return told(self.env, sentence)

    def _aged(self, found: Evidence, valid_days: int) -> Evidence:
        """Return `found`, which does not count if it is older than `valid_days`; without a date it is of now."""
        if not (found.is_met and valid_days and found.date):
            return found
        if clock.now() - fields.Datetime.to_datetime(found.date) <= timedelta(days=valid_days):
            return found
        return found._replace(
            is_met=False,
            sentence=self.env._(
                "%(found)s This evidence is too old: it counts for %(days)s.",
                found=found.sentence,
                days=days_text(self.env, valid_days),
            ),
        )

    def missing(self) -> BaseModel:
        """Return the rows that block, looked at now."""
        self.start()  # a deployment from before there were checklists, or from while there was no template
        checks = self.deployment.check_ids
        checks._refresh()
        return checks.filtered(lambda check: check.state not in DONE)

    def gap(self) -> str:
        """Return the sentence that names what is missing, looked at now, or an empty string."""
        return self._gap_of(self.missing())

    def _gap_of(self, missing: BaseModel) -> str:
        """Return the sentence that names the rows `missing`, or an empty string."""
        missing = missing.with_env(self.env)
        if not self.deployment.check_ids:
            return self.env._("it has no checklist: an administrator activates a template for this company.")
        if not missing:
            return ""
        first = missing[0]
        if len(missing) == 1:
            return self.env._("“%(row)s” is missing. %(found)s", row=first.name, found=first.evidence or "")
        return self.env._(
            "%(count)s checklist rows are missing, the first is “%(row)s”. %(found)s",
            count=len(missing),
            row=first.name,
            found=first.evidence or "",
        )

    def watch(self) -> None:
        """Look at all rows, and raise or resolve the alert about a row that is missing while it is in production."""
        alerts, missing = self.env["ai.deployment.alert"], self.missing()
        if self._gap_of(missing) and self.deployment.state == "production":
            alerts._raise(
                self.deployment,
                CHECKLIST,
                name=told(self.env, lambda env: Checklist(self.deployment.with_env(env))._gap_of(missing)),
                suggestion=told(self.env, lambda env: env._("Open the checklist: each row has its requirement.")),
            )
        else:
            alerts._resolve(self.deployment, CHECKLIST)

    def frozen(self) -> list[dict]:
        """Return the rows as they are stored, as plain data for a decision; `words` are those of other languages."""
        return [
            {
                "dimension": check.dimension,
                "code": check.code,
                "name": check.name,
                "state": check.state,
                "requirement": check.requirement or "",
                "evidence": check.evidence or "",
                "evidence_date": str(check.evidence_date or ""),
                "waived_by": check.waived_by_id.name or "",
                "waiver_reason": check.waiver_reason or "",
                "waived_until": str(check.waived_until or ""),
                "words": in_every_language(check, ("name", "requirement", "evidence")),
            }
            for check in self.deployment.check_ids
        ]

    def progress(self) -> dict[str, float]:
        """Return the share of rows that do not block, by dimension; 1 for a dimension without rows."""
        shares = {}
        for dimension, _label in DIMENSIONS:
            rows = self._of_dimension(dimension)
            shares[dimension] = sum(check.state in DONE for check in rows) / len(rows) if rows else 1.0
        return shares

    def bars(self) -> list[dict]:
        """Return {"label", "rows", "met", "waived"} by dimension, in the language of the reader."""
        labels = self.env["ai.deployment.check"]._fields["dimension"]._description_selection(self.env)
        return [
            {
                "label": label,
                "rows": len(rows),
                **{state: sum(row.state == state for row in rows) for state in DONE},
            }
            for dimension, label in labels
            for rows in [self._of_dimension(dimension)]
        ]

    def _of_dimension(self, dimension: str) -> BaseModel:
        return self.deployment.check_ids.filtered(lambda check: check.dimension == dimension)
