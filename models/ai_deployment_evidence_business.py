"""Evidence that a deployment is worth it and ends when it is not: a next review and a rule that stops it."""

from odoo import models
from odoo.tools import format_date

from . import clock
from .ai_deployment_checklist import Evidence


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _evidence_stop_rule(self, check):
        floor = self.floor_precision if self.method == "anomaly" else self.floor_auc
        if floor and self.stop_after:
            return Evidence(
                True,
                self.env._(
                    "It switches itself off after %(count)s reports below %(floor)s %%.",
                    count=self.stop_after, floor=round(100 * floor),
                ),
            )  # fmt: skip
        if floor:
            return Evidence(False, self.env._("A floor is set, but not after how many reports below it ends."))
        return Evidence(False, self.env._("No floor is set under “Watching”."))

    def _satisfy_stop_rule(self, check):
        return self._open_form()

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
        return Evidence(True, self.env._("The next review is on %s.", day))

    def _satisfy_review_ahead(self, check):
        return self._open_form()
