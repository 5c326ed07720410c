"""Evidence that a deployment is worth it and ends when it is not.

What was before was measured, what it must not decide was tried, a next review stands in somebody's activities, and a
rule says when it stops.
"""

from odoo import models
from odoo.tools import format_date

from ...tools import clock
from ..checklist import Evidence

REVIEW_ACTIVITY = "ai_deployment.mail_activity_type_deployment_review"


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    # What was before

    def _evidence_baseline(self, check):
        least = int(check.least)
        if not self._value_measures():
            return Evidence(False, self.env._("There is nothing to measure on these records."))
        rows = list(self._baseline().values())
        if not rows:
            return Evidence(False, self.env._("What was before has not been measured."))
        live = self._went_live()
        told = [row for row in rows if row.is_told and row.row_count >= least and (not live or row.date <= live)]
        measured = [row for row in told if not row.basis]  # the others were computed with what was assumed
        if not measured:
            most = max(rows, key=lambda row: row.row_count)
            return Evidence(
                False,
                self.env._(
                    "What was before cannot be said: %(count)s %(records)s of the %(least)s needed.",
                    count=most.row_count,
                    least=least,
                    records=self.env[self.res_model]._ai_words()["records"],
                )
                if most.row_count < least
                else self.env._("What was before cannot be said: it rests on what was assumed, or on too few amounts."),
                most.date,
                most,
            )
        rows = self.env["ai.deployment.value"].browse(row.id for row in told)
        return Evidence(True, self._baseline_sentence(rows.sudo()), measured[0].date, measured[0])

    def _satisfy_baseline(self, check):
        return self.action_measure_baseline()

    # What it must not decide

    def _evidence_edge_cases(self, check):
        cases = self.edge_case_ids
        if not cases:
            return Evidence(False, self.env._("No case is written down that it must not decide."))
        for case in cases:
            if not case.tried_date:
                return Evidence(False, self.env._("“%s” has not been tried.", case.name), record=case)
            if not case.is_proved:
                return Evidence(
                    False, f"“{case.name}”: {case.result or self.env._('has to be tried again.')}", record=case
                )
            if not case.is_current:
                return Evidence(
                    False,
                    self.env._("“%s” was tried for another version or other inputs: try it again.", case.name),
                    record=case,
                )
        oldest = min(cases, key=lambda case: case.tried_date)
        names = ", ".join(cases.mapped("name"))
        return Evidence(
            True,
            self.env._("%(count)s written down and tried: %(names)s.", count=len(cases), names=names),
            oldest.tried_date,
            oldest,
        )

    def _satisfy_edge_cases(self, check):
        untried = self.edge_case_ids.filtered(lambda case: not case.is_current)
        if untried and self.state in self._at_work_states():
            return untried.action_try()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What It Must Not Decide"),
            "res_model": "ai.deployment.edge.case",
            "view_mode": "list,form",
            "domain": [("deployment_id", "=", self.id)],
            "context": {"default_deployment_id": self.id},
        }

    # When it stops

    def _evidence_stop_rule(self, check):
        floor = self.floor_precision if self.method == "anomaly" else self.floor_auc
        if floor and self.stop_after:
            return Evidence(
                True,
                self.env._(
                    "It switches itself off after %(count)s reports below %(floor)s %%.",
                    count=self.stop_after,
                    floor=round(100 * floor),
                ),
            )
        if floor:
            return Evidence(False, self.env._("A floor is set, but not after how many reports below it ends."))
        return Evidence(False, self.env._("No floor is set under “Watching”."))

    def _satisfy_stop_rule(self, check):
        return self._open_form()

    # When somebody looks again

    def _evidence_review_ahead(self, check):
        least = int(check.least)
        ahead = (self.review_date - clock.today()).days if self.review_date else 0
        day = format_date(self.env, self.review_date) if self.review_date else ""
        if self.state != "production" and ahead < least:
            return Evidence(
                False,
                self.env._("The next review is on %(day)s: less than %(days)s days ahead.", day=day, days=least),
            )
        if ahead <= 0:
            return Evidence(False, self.env._("The review was due on %s.", day))
        if self.state == "production" and not self._has_review_activity():
            return Evidence(False, self.env._("The next review is on %s, but stands in nobody's activities.", day))
        return Evidence(True, self.env._("The next review is on %s.", day))

    def _has_review_activity(self):
        """Whether the next review stands in an active person's activities; true where there are no such activities."""
        kind = self.env.ref(REVIEW_ACTIVITY, raise_if_not_found=False)
        return not kind or bool(
            self.env["mail.activity"]
            .sudo()
            .search_count(
                [
                    ("res_model", "=", "ai.deployment"),
                    ("res_id", "=", self.id),
                    ("activity_type_id", "=", kind.id),
                    ("user_id.active", "=", True),
                ],
                limit=1,
            )
        )

    def _satisfy_review_ahead(self, check):
        return self._open_form()
