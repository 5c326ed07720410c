"""A reference from recent weeks: when there is enough for one, and adopting it.

The first week after going live is left out: it holds the records that were there already.
"""

from datetime import date, timedelta
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import format_date

from ...ml.binning import (
    MISSING,
    CategoryBins,
    NumericBins,
)
from ...ml.columns import NUMBER
from ...ml.drift import UNSEEN_TEST
from ...ml.ordinary import noise_of, windows_on_any_day
from ...ml.profile import RESERVED, Profile, bins_of
from ...ml.quality import RANGE
from ...ml.week_of_month import MonthlyReference
from ..alerting.alert_kinds import REFERENCE
from ..tools import clock
from ..tools.told import told
from ..tools.trust import own
from ..tools.wording import number
from .intake import first_day

MIN_ROWS = 1000  # of a reference made of live records
MIN_WEEKS, MOST_WEEKS = 8, 26  # of a reference made of live records
WEEK = timedelta(days=7)  # that one part of a reference covers


class Candidate(NamedTuple):
    """Weeks that could be adopted now: `parts` are weekly profiles, empty where there are too few."""

    parts: list[Profile]
    start: date | None
    end: date | None  # the first day that is not counted


class ReferenceBuilder:
    """Proposes and adopts a reference for the serving version.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.version = deployment, deployment.champion_id
        self.env = deployment.env
        self.profiles = self.env["ai.deployment.profile"]
        self.alerts = self.env["ai.deployment.alert"]

    def candidate(self) -> Candidate:
        """Return the latest weeks, at most `MOST_WEEKS`, that could be adopted now."""
        first = first_day(self.version) if self.version else None
        if not first:
            return Candidate([], None, None)
        end = clock.today()
        weeks = min((end - first - WEEK) // WEEK, MOST_WEEKS)
        start = end - WEEK * max(weeks, 0)
        if weeks < MIN_WEEKS:
            return Candidate([], start, end)
        parts = [
            self.profiles._sum(self.version, start + WEEK * week, start + WEEK * (week + 1)) for week in range(weeks)
        ]
        if sum(part.rows for part in parts) < MIN_ROWS or sum(1 for part in parts if part.rows) < MIN_WEEKS:
            return Candidate([], start, end)
        return Candidate(parts, start, end)

    def propose(self) -> None:
        """Raise a notice once there is enough to compare with, while the records learned from serve as reference."""
        adopted = self.env["ai.deployment.reference"]._adopted(self.version)
        parts = [] if adopted else self.candidate().parts
        if not parts:
            self.alerts._resolve(self.deployment, REFERENCE)
            return
        self.alerts._raise(
            self.deployment,
            REFERENCE,
            level="notice",
            name=told(
                self.env,
                lambda env: env._(
                    "%(rows)s %(records)s of %(weeks)s weeks have been scored: enough for a reference",
                    rows=number(env, sum(part.rows for part in parts)),
                    weeks=len(parts),
                    records=env[self.deployment.res_model]._ai_words()["records"],
                ),
            ),
            suggestion=told(
                self.env,
                lambda env: env._("If these weeks were normal, adopt them as reference on the form of the deployment."),
            ),
        )

    def adopt(self) -> BaseModel:
        """Compare with the latest weeks from now on; return the new reference.

        :raises UserError: where there are too few weeks or records
        """
        parts, start, end = self.candidate()
        if not parts or not start or not end:
            raise UserError(
                self.env._(
                    "Not yet: a reference needs %(rows)s records of %(weeks)s weeks, after the first week.",
                    rows=MIN_ROWS,
                    weeks=MIN_WEEKS,
                )
            )
        total = sum(parts, Profile())
        bins, days = bins_of(self.version._card()), self.profiles._by_day(self.version, start, end)
        windows: list[dict[date, Profile]] = [{} for _part in parts]
        for day, profile in days.items():
            windows[(day - start) // WEEK][day] = profile
        age = (start + (end - start) / 2 - self.version.trained_date.date()).days
        noise = noise_of(windows_on_any_day(days), bins, whole=total, weeks=parts)
        reference = self.env["ai.deployment.reference"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "window_start": start,
                "window_end": end,
                "row_count": total.rows,
                "counts": total.to_dict(),
                "floors": noise.with_forward(_forward(total, bins, age)).to_dict(),
                "monthly": MonthlyReference.of(windows, bins).to_dict(),
                "adopted_by_id": self.env.uid,
                "date": clock.now(),
            }
        )
        self.alerts._resolve(self.deployment, REFERENCE)
        own(self.deployment).message_post(
            body=self.env._(
                "New records are compared with the %(rows)s of %(start)s to %(end)s from now on.",
                rows=number(self.env, total.rows),
                start=format_date(self.env, start),
                end=format_date(self.env, end - timedelta(days=1)),
            )
        )
        return reference


def _forward(
    profile: Profile, bins: dict[str, NumericBins | CategoryBins], days: int
) -> dict[str, dict[str, tuple[float, int]]]:
    """Return what is new in a reference, `days` after the version learned: see `Noise.forward`."""
    found: dict[str, dict[str, tuple[float, int]]] = {UNSEEN_TEST: {}, RANGE: {}}
    for name, counts in profile.counts.items():
        rows = int(counts.sum() - counts[MISSING])
        if rows and name not in RESERVED:
            new = counts[bins[name].beyond].sum()
            test = RANGE if bins[name].kind == NUMBER else UNSEEN_TEST
            found[test][name] = (float(new / rows), max(days, 1))
    return found
