"""Rules about business: a baseline, tried edge cases, a rule that stops it, and a next review in an activity."""

from odoo.models import BaseModel
from odoo.tools import format_date

from ...deployment.history import went_live
from ...tools import clock
from ...tools.wording import days_text, number
from ..measurement import Measurement
from ..planning import Planning
from ..value_texts import ValueTexts
from .rule import Evidence, Rule


class Baseline(Rule):
    """The time before going live was measured on enough records."""

    code = "baseline"

    def find(self, check: BaseModel) -> Evidence:
        least, measurement = int(check.minimum), Measurement(self.deployment)
        if not measurement.measures():
            return Evidence(False, self.env._("There is nothing to measure on these records."))
        rows = list(measurement.baseline().values())
        if not rows:
            return Evidence(False, self.env._("The baseline has not been measured."))
        live = went_live(self.deployment)
        told = [
            row for row in rows if row.has_enough_records and row.row_count >= least and (not live or row.date <= live)
        ]
        measured = [row for row in told if not row.basis]  # the others were computed with what was assumed
        if not measured:
            most = max(rows, key=lambda row: row.row_count)
            return Evidence(
                False,
                self.env._(
                    "The baseline cannot be determined: %(count)s %(records)s of the required %(least)s.",
                    count=number(self.env, most.row_count),
                    least=number(self.env, least),
                    records=self.env[self.deployment.res_model]._ai_words()["records"],
                )
                if most.row_count < least
                else self.env._("The baseline cannot be determined: it is based on assumptions or on too few amounts."),
                most.date,
                most,
            )
        rows = self.env["ai.deployment.value"].browse(row.id for row in told)
        return Evidence(True, ValueTexts(self.deployment).baseline(rows), measured[0].date, measured[0])

    def satisfy(self, check: BaseModel) -> dict | bool:
        return self.deployment.action_measure_baseline()


class EdgeCases(Rule):
    """The cases that it must not decide are written down, and were tried for what serves."""

    code = "edge_cases"
    reads_documents = True

    def find(self, check: BaseModel) -> Evidence:
        cases = self.deployment.edge_case_ids
        if not cases:
            return Evidence(False, self.env._("No excluded edge case is documented."))
        for case in cases:
            if not case.tested_date:
                return Evidence(False, self.env._("“%s” has not been tested.", case.name), record=case)
            if not case.is_proved:
                result = case.result or self.env._("has to be tested again.")
                return Evidence(False, f"“{case.name}”: {result}", record=case)
            if not case.is_current:
                return Evidence(
                    False,
                    self.env._("“%s” was tested for another version or other inputs: test it again.", case.name),
                    record=case,
                )
        oldest = min(cases, key=lambda case: case.tested_date)
        names = ", ".join(cases.mapped("name"))
        return Evidence(
            True,
            self.env._("%(count)s documented and tested: %(names)s.", count=len(cases), names=names),
            oldest.tested_date,
            oldest,
        )

    def satisfy(self, check: BaseModel) -> dict | bool:
        untried = self.deployment.edge_case_ids.filtered(lambda case: not case.is_current)
        if untried and self.deployment.state in self.deployment._at_work_states():
            return untried.action_try()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Excluded Edge Cases"),
            "res_model": "ai.deployment.edge.case",
            "view_mode": "list,kanban,form",
            "domain": [("deployment_id", "=", self.deployment.id)],
            "context": {"default_deployment_id": self.deployment.id},
        }


class StopRule(Rule):
    """A floor is set, and after how many reports below it the deployment suspends itself."""

    code = "stop_rule"

    def find(self, check: BaseModel) -> Evidence:
        deployment = self.deployment
        if deployment.is_task:
            return self._writing()
        floor = deployment.floor_precision if deployment.method == "anomaly" else deployment.floor_auc
        if floor and deployment.stop_after:
            return Evidence(
                True,
                self.env._(
                    "It is suspended after %(count)s reports below %(floor)s %%.",
                    count=deployment.stop_after,
                    floor=round(100 * floor),
                ),
            )
        if floor:
            return Evidence(
                False,
                self.env._("A minimum is set, but not the number of reports below it that suspends the deployment."),
            )
        proposed = deployment._proposed_floor()
        if proposed:
            return Evidence(
                False,
                self.env._("No minimum is set under “Monitoring”. Proposed: %s %%.", round(100 * proposed)),
            )
        return Evidence(False, self.env._("No minimum is set under “Monitoring”."))

    def _writing(self) -> Evidence:
        """Tell when values stop being written: by itself, as soon as the agreement target is not proved any more."""
        written = self.deployment.answer_field_ids.filtered(lambda answer: answer.writing == "proved")
        if not written:
            return Evidence(True, self.env._("No value is written by itself."))
        names = ", ".join(written.mapped("name"))
        return Evidence(
            True, self.env._("Writing stops by itself where the agreement target is not proved any more: %s.", names)
        )


class ReviewAhead(Rule):
    """The next periodic review is far enough ahead, and planned in the activities of an active user."""

    code = "review_ahead"

    def find(self, check: BaseModel) -> Evidence:
        least, review_date = int(check.minimum), self.deployment.review_date
        ahead = (review_date - clock.today()).days if review_date else 0
        day, is_live = format_date(self.env, review_date) if review_date else "", self.deployment.state == "production"
        if not is_live and ahead < least:
            return Evidence(
                False,
                self.env._(
                    "The next review is on %(day)s: it must be at least %(days)s ahead.",
                    day=day,
                    days=days_text(self.env, least),
                ),
            )
        if ahead <= 0:
            return Evidence(False, self.env._("The periodic review was due on %s.", day))
        if is_live and not Planning(self.deployment).has_review_activity():
            return Evidence(False, self.env._("The next review is on %s, but is nobody's activity.", day))
        return Evidence(True, self.env._("The next review is on %s.", day))
