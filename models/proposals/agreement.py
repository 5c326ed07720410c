"""Agreement of proposed values with the people who reviewed them: per field, with an interval, and what it proves.

A value is right where the reviewer left it as it was. Values of records that nobody reviewed count nowhere; those
above the threshold are known from random checks.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ...ml.intervals import clopper_pearson, share_difference
from ..alerting.alert_kinds import AGREEMENT, Cause
from ..tools import clock
from ..tools.told import told
from ..tools.wording import number, percent

KEPT = timedelta(days=365)  # answers that are older say nothing of today's records
RECENT = timedelta(days=28)  # answers that a fall is looked for in
FEWEST_RECENT = 20  # answers, below which no agreement is judged
FEWEST_BEFORE = 30  # earlier answers, below which no fall is looked for
SURE = 0.99  # confidence of a fall, and of an agreement below its target


class Agreement(NamedTuple):
    """Reviewed values of one field by one version."""

    cases: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.right / self.cases

    @classmethod
    def of(cls, cases: int, right: int) -> "Agreement":
        return cls(cases, right, *clopper_pearson(right, cases))


def judged_values(answer: BaseModel) -> list[tuple[float, bool, bool]]:
    """Return (confidence, right, recent) of the reviewed values of a field by the serving version, of the last year."""
    version, now = answer.deployment_id.champion_id, clock.now()
    if not version:
        return []
    answer.env["ai.deployment.proposal"].flush_model()
    return answer.env.execute_query(
        SQL(
            "SELECT confidence, verdict = 'right', date >= %s FROM ai_deployment_proposal"
            " WHERE version_id = %s AND key = %s AND verdict IS NOT NULL AND confidence IS NOT NULL AND date >= %s"
            " ORDER BY id",
            now - RECENT,
            version.id,
            answer.key,
            now - KEPT,
        )
    )


def agreement_of(answer: BaseModel) -> Agreement | None:
    """Return the agreement on a field; None where nothing was reviewed."""
    rows = judged_values(answer)
    return Agreement.of(len(rows), sum(right for _sure, right, _recent in rows)) if rows else None


def proved_confidence(answer: BaseModel, rows: Sequence[tuple[float, bool, bool]] | None = None) -> float | None:
    """Return the lowest confidence above which the agreement target is proved; None where nothing proves it.

    Tried from the strictest confidence down, each with an upper bound on the share of errors (`guaranteed_lines`).
    """
    rows = judged_values(answer) if rows is None else rows
    if not rows:
        return None
    confidences, right = zip(*((sure, is_right) for sure, is_right, _recent in rows), strict=True)
    curve = routing.held_out_curve(right, [True] * len(rows), confidences)[True]
    return routing.guaranteed_lines({True: curve}, target_error=1 - answer.target_agreement)[True].line


def record_curves(deployment: BaseModel) -> dict[str, list]:
    """Return what the reviews say of whole records, as the test of a version says it: see `ml.routing`."""
    version = deployment.champion_id
    deployment.env["ai.deployment.review"].flush_model()
    rows = deployment.env.execute_query(
        SQL(
            "SELECT confidence, ground_truth = 'positive' FROM ai_deployment_review WHERE is_label AND version_id = %s"
            " AND failure_type IS NULL AND decided_date >= %s ORDER BY id",
            version.id,
            clock.now() - KEPT,
        )
    )
    if not rows:
        return {}
    confidences, right = map(list, zip(*rows, strict=True))
    curves = routing.held_out_curve(right, [True] * len(rows), confidences)
    return {"positive": curves[True], "negative": []}


def watch(deployment: BaseModel) -> None:
    """Open or resolve the alert of each field whose agreement has fallen.

    :param deployment: `ai.deployment`, in sudo
    """
    env = deployment.env
    alerts = env["ai.deployment.alert"]
    for answer in deployment.answer_field_ids:
        cause, rows = Cause(AGREEMENT, answer.key), judged_values(answer)
        fallen = told(env, partial(_fallen, answer=answer, rows=rows))
        if not fallen:
            alerts._resolve(deployment, cause)
            continue
        alerts._raise(
            deployment,
            cause,
            name=fallen,
            suggestion=told(
                env,
                lambda there: there._(
                    "Open the latest reviews of this field: has the meaning of its values changed, or the model? "
                    "Values are not written by themselves while the target is not proved."
                ),
            ),
        )


def _fallen(env: Environment, answer: BaseModel, rows: Sequence[tuple[float, bool, bool]]) -> str:
    """Return why the agreement on a field has fallen, as a sentence; empty where it has not."""
    recent = [right for _sure, right, is_recent in rows if is_recent]
    before = [right for _sure, right, is_recent in rows if not is_recent]
    if len(recent) < FEWEST_RECENT:
        return ""
    now = Agreement.of(len(recent), sum(recent))
    if len(before) >= FEWEST_BEFORE:
        then = Agreement.of(len(before), sum(before))
        _gap, _low, high = share_difference(now.share, now.cases, then.share, then.cases, SURE)
        if high < 0:
            return env._(
                "Agreement on “%(field)s” is %(now)s in the last four weeks, %(before)s before",
                field=answer.name,
                now=percent(env, now.share),
                before=percent(env, then.share),
            )
    line = proved_confidence(answer, [row for row in rows if not row[2]]) if before else None
    above = [right for sure, right, is_recent in rows if is_recent and line is not None and sure >= line]
    if above and clopper_pearson(sum(above), len(above), SURE)[1] < answer.target_agreement:
        return env._(
            "Agreement on “%(field)s” is below its target of %(target)s where values are written by themselves",
            field=answer.name,
            target=percent(env, answer.target_agreement),
        )
    return ""


# Wording


def agreement_text(env: Environment, found: Agreement) -> str:
    """Return an agreement with its interval, in the language of the reader."""
    return env._(
        "%(share)s of %(cases)s (%(low)s to %(high)s)",
        share=percent(env, found.share),
        cases=number(env, found.cases),
        low=percent(env, found.low),
        high=percent(env, found.high),
    )


def proved_text(env: Environment, answer: BaseModel) -> str:
    """Return from which confidence on the target is proved, or how many answers that takes at least."""
    rows = judged_values(answer)
    line = proved_confidence(answer, rows)
    if line is not None:
        return env._("from %s on", percent(env, line))
    needed = routing.fewest_cases(1 - answer.target_agreement)
    if len(rows) < needed:
        return env._("none yet: %(found)s of %(needed)s answers", found=number(env, len(rows)), needed=needed)
    return env._("none: too many corrections")
