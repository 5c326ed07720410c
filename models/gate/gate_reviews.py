"""Open the reviews that risky bills lack, and log held bills."""

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ..tools import clock
from ..tools.shipped import wake
from .gate_sql import Verdict


class GateReviews:
    """The reviews and the log of one gate.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    def keep(self, verdicts: list[Verdict]) -> None:
        """Open a review of each held bill and log that it is held; what the log says already is not repeated."""
        if not verdicts:
            return
        opened = self.open(verdicts)
        verdicts = [
            verdict._replace(
                review_id=opened.get(verdict.move_id, verdict.review_id),
                inference_id=verdict.held_inference_id or verdict.inference_id,
            )
            for verdict in verdicts
        ]
        logged = self._last_logged([verdict.move_id for verdict in verdicts])
        new = [v for v in verdicts if logged.get(v.move_id) != ("held", v.inference_id, v.review_id)]
        self.env["ai.deployment.gate.event"]._log(self.deployment, "held", new)

    def _last_logged(self, move_ids: list[int]) -> dict[int, tuple]:
        """Return {bill id: (kind, inference id, review id)} of the last line of the log of each bill that has one."""
        return {
            move_id: tuple(rest)
            for move_id, *rest in self.env.execute_query(
                SQL(
                    "SELECT DISTINCT ON (res_id) res_id, kind, inference_id, review_id FROM ai_deployment_gate_event"
                    " WHERE deployment_id = %s AND res_id = ANY(%s) ORDER BY res_id, id DESC",
                    self.deployment.id,
                    move_ids,
                )
            )
        }

    def open(self, verdicts: list[Verdict]) -> dict[int, int]:
        """Open the reviews that risky bills lack, and assign a reviewer at once.

        :return: {bill id: id of its new review}
        """
        reviews = self.env["ai.deployment.review"]
        lacking = [
            verdict
            for verdict in verdicts
            if verdict.status == "risky" and verdict.review_state != "open" and not verdict.is_answered
        ]
        inferences = self.env["ai.deployment.inference"].browse(verdict.inference_id for verdict in lacking)
        # One question about a record at a time: a second opinion about the bill as it was is not wanted any more.
        others = Domain("deployment_id", "=", self.deployment.id) & Domain("res_id", "in", inferences.mapped("res_id"))
        reviews.search(others & Domain("state", "=", "open"))._set_aside("withdrawn")
        opened = reviews.create(
            [self._review_values(verdict, inference) for verdict, inference in zip(lacking, inferences, strict=True)]
        )
        waiting = reviews.browse(verdict.review_id for verdict in verdicts if verdict.review_state == "open")
        if unassigned := opened + waiting.filtered(lambda review: not review.is_assigned):
            unassigned._assign()
            wake(self.env, "ir_cron_assign_reviews")
        return {review.res_id: review.id for review in opened}

    def _review_values(self, verdict: Verdict, inference: BaseModel) -> dict:
        return {
            "deployment_id": self.deployment.id,
            "version_id": inference.version_id.id,
            "company_id": inference.company_id.id,
            "res_model": inference.res_model,
            "res_id": inference.res_id,
            "inference_id": inference.id,
            "opened_date": clock.now(),
            **self.deployment._review_values(inference),
            "reason": verdict.reason,
            "predicted_value": inference.predicted_value,
            "prediction": inference.prediction,
            "confidence": inference.confidence,
        }
