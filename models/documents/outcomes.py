"""Outcomes of the records of a deployment, for training and measurement; here, of documents without an outcome."""

from datetime import datetime

from odoo.models import BaseModel

from .leak_row import LeakRow


class Outcomes:
    """Outcomes of the records that a deployment is for. Models that have outcomes extend it, see `_ai_outcomes`.

    :param documents: model of the records
    :param deployment: ai.deployment with all rights
    """

    def __init__(self, documents: BaseModel, deployment: BaseModel):
        self.documents = documents.sudo().with_context(active_test=False)
        self.deployment = deployment.sudo()
        self.env = documents.env

    def landmark_rows(self, now: datetime) -> list[tuple[int, datetime, datetime, bool]]:
        """Return (id, when it began, moment, outcome within the horizon from there), oldest records first.

        Moments in the life of records while they were open, a few of each; those of a record stand together.
        """
        return []

    def leak_rows(self, now: datetime, most: int) -> list[LeakRow]:
        """Return closed and open records of the same time, at most `most` of each; none without outcomes."""
        return []

    def closed_rows(self, now: datetime, most: int) -> list[LeakRow]:
        """Return the latest closed records of whichever time, at most `most`; none without outcomes."""
        return []

    def edited_after_closing(self, name: str, closed_ids: list[int]) -> float:
        """Return the share of closed records whose tracking shows the field `name` changed after they were closed."""
        return 0.0

    def ends(self, landmarks: dict[int, datetime | None]) -> dict[int, tuple]:
        """Return how records ended: {id: (moment or None, whether it is a win, end of its horizon)}.

        :param landmarks: {id: moment of the score}, as for `_ai_came_true`
        """
        return {}

    def latest_ends(self) -> tuple[datetime | None, datetime | None]:
        """Return (moment of the latest win, of the latest end without one) of all records, None where there is none."""
        return None, None

    def usual_amount(self) -> float:
        """Return the median money of records that came true, in the company's currency; 0 where documents hold none."""
        return 0.0

    def decided_after(self, now: datetime) -> list[tuple[float | None, float]]:
        """Return (days until it was decided or None, days watched) of late records: how long outcomes take."""
        return []

    def counts(self, now: datetime, since: datetime | None = None) -> tuple[int, int] | None:
        """Return (positive, negative) records that could be learned from; None where there are no outcomes.

        :param since: count only those that could not be learned from at that moment
        """
        return None

    def to_come(self, now: datetime) -> list[tuple[bool, datetime]]:
        """Return (label, moment from which it counts) of records that ended, but whose horizon has not passed yet."""
        return []
