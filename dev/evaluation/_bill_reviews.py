"""A simulated reviewer: the most suspicious bills of each day are judged, then a version learns from the verdicts.

Each month is looked at by a card that has learned from the months before, without labels. The verdicts become decided
reviews, `_train` makes the version as it would for an owner, and its stored card scores the last months. Only the
scores are not written into the log: the inputs are read once, by the same reader, for all bills.
"""

from datetime import date, datetime, time, timedelta

import numpy as np

from odoo.addons.ai_deployment.ml import reviewed_training
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import TooFewCases
from odoo.addons.ai_deployment.ml.threads import one_thread
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.learning import fit

FIRST = date(2016, 10, 1)
LAST_MONTHS = date(2017, 5, 1)
PER_DAY = 20


class Replay:
    """`deployment` has learned nothing yet; `bills` are all of them, in time order."""

    def __init__(self, deployment, bills):
        self.deployment, self.bills = deployment, bills
        self.days = [payment.day for payment in bills.payments]
        self.specs = [feature._to_spec() for feature in deployment.feature_ids]
        self.columns = deployment._columns(self.specs, bills.ids)
        self._suspicion = None
        self.moments = make_column("moment", NUMBER, self.days).values

    def unlabelled(self):
        """The card of the same day as the version that learns from verdicts, without them."""
        return self._card(self._rows(date.min, LAST_MONTHS))

    def judge(self):
        """Rows of the most suspicious bills of each day, which the reviewer judges."""
        judged = self.shown(PER_DAY)
        self._decide(judged)
        return judged

    def shown(self, per_day):
        """Rows of the `per_day` most suspicious bills of each day, by the card of the months before."""
        if self._suspicion is None:
            self._suspicion = {}
            month = FIRST
            while month < LAST_MONTHS:
                following = (month + timedelta(days=32)).replace(day=1)
                rows = self._rows(month, following)
                values = self._card(self._rows(date.min, month)).score(self._taken(rows)).raw
                for day in np.unique(self.moments[rows]):
                    today = np.flatnonzero(self.moments[rows] == day)
                    self._suspicion[day] = rows[today[np.argsort(-values[today], kind="stable")]].tolist()
                month = following
        return [row for rows in self._suspicion.values() for row in rows[:per_day]]

    def learned_from(self, per_day, card, halfway):
        """(reviews, confirmed, card) of a version that learned from these bills; None where they are too few.

        `halfway` is how many cases of the rarer verdict count as much as `card`, the anomaly model.
        """
        judged = self.shown(per_day)
        past = self._rows(date.min, LAST_MONTHS)
        verdicts = np.full(len(self.days), None, dtype=object)
        verdicts[judged] = [bool(self.bills.payments[row].anomaly) for row in judged]
        usual, reviewed_training.HALFWAY = reviewed_training.HALFWAY, halfway
        try:
            with one_thread():
                training = reviewed_training.train_reviewed(
                    self._taken(past), self.moments[past], verdicts[past], surprise=card
                )[1]
        except TooFewCases:
            return None
        finally:
            reviewed_training.HALFWAY = usual
        return len(judged), int(sum(verdicts[judged])), training.card

    def learn(self):
        """The version that learned from the verdicts."""
        with clock.at(datetime.combine(LAST_MONTHS, time()) - timedelta(seconds=1)):
            return self.deployment._train()

    def last_months(self, card):
        """(rows of the last months, their raw sums under `card`)."""
        rows = self._rows(LAST_MONTHS, date.max)
        return rows, card.score(self._taken(rows))

    def _rows(self, begin, end):
        return np.array([row for row, day in enumerate(self.days) if begin <= day < end])

    def _taken(self, rows):
        return {key: column.take(rows) for key, column in self.columns.items()}

    def _card(self, rows):
        return fit(self.deployment, self.specs, self._taken(rows), self.moments[rows], None)[1].card

    def _decide(self, judged):
        values = []
        for row in judged:
            payment = self.bills.payments[row]
            evening = datetime.combine(payment.day, time(20))
            values.append(
                {
                    "deployment_id": self.deployment.id,
                    "company_id": self.deployment.company_id.id,
                    "res_model": "account.move",
                    "res_id": self.bills.ids[row],
                    "opened_date": evening,
                    "reason": "flagged",
                    "prediction": True,
                    "state": "decided",
                    "decision": "confirmed" if payment.anomaly else "overridden",
                    "ground_truth": "positive" if payment.anomaly else "negative",
                    "is_label": True,
                    "decided_date": evening,
                }
            )
        quiet = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
        self.deployment.env["ai.deployment.review"].sudo().with_context(**quiet).create(values)
