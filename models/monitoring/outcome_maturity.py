"""Time until outcomes are known, open ones included (`ml.maturity`)."""

from odoo.models import BaseModel

from ...ml import maturity
from ...ml.maturity import Maturity
from ..tools import clock
from ..tools.told import told
from ..tools.wording import days_text, percent
from .performance_wording import UNTESTED

MOST_SHARE = 0.8  # by which day so many are decided, is told


class OutcomeMaturity:
    """The delay between the creation of a deployment's records and their outcomes.

    :param deployment: `ai.deployment`, with the rights of who asks
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.env = deployment, deployment.env
        self.documents = self.env[deployment.res_model]

    def text(self) -> str:
        """Return how many are decided by when, as a sentence; empty where too few are."""
        known = self._known()
        return self._sentence(*known) if known else ""

    def lines(self) -> list[dict]:
        """Return a line of a report; none where too few are decided."""
        known = self._known()
        if not known:
            return []
        found, share = known
        return [
            {
                **UNTESTED,
                "test": "maturity",
                "key": "maturity",
                "label": told(self.env, lambda env: env._("Decided in time")),
                "statistic": share,
                "text": told(
                    self.env, lambda env: OutcomeMaturity(self.deployment.with_env(env))._sentence(found, share)
                ),
            }
        ]

    def _known(self) -> tuple[Maturity, float] | None:
        """Return the curve of decisions and the share decided in time; None where there are no outcomes, or too few."""
        rows = self.documents._ai_outcomes(self.deployment).decided_after(clock.now())
        if not rows:
            return None
        decided_after, watched = zip(*rows, strict=True)
        found = maturity.curve(decided_after, watched)
        share = found.share_by(min(self.deployment.horizon_days, found.last_day)) if found.enough else None
        return None if share is None else (found, share)

    def _sentence(self, found: Maturity, share_in_time: float) -> str:
        day, words = found.day_by_which(MOST_SHARE), self.documents._ai_words()
        share, window = percent(self.env, share_in_time), days_text(self.env, self.deployment.horizon_days)
        if day is None:
            return self.env._(
                "%(share)s of %(records)s are decided within the outcome window (%(window)s); fewer than 80 %% so far",
                share=share,
                records=words["records"],
                window=window,
            )
        return self.env._(
            "80 %% of %(records)s are decided by day %(day)s, %(share)s within the outcome window (%(window)s)",
            day=round(day),
            share=share,
            records=words["records"],
            window=window,
        )
