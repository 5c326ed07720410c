"""Review quality: agreement of reviewers, independence of their judgement, influence of the score.

Figures of a whole deployment are for those who answer for it and for auditors; figures by person only for members of
"See Figures by Reviewer" among them. Counted are the answers of `LATELY` that say something about the truth and were
not asked again.
"""

import math
from typing import NamedTuple

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import agreement, intervals
from ..tools import clock
from ..tools.wording import number, percent, signed

LATELY = "180 days"
ENOUGH = 30  # answers of one person, under which nothing is said of how they confirm
LEVEL = 0.01  # chance that anybody is named who judges like the others, all reviewers together
COUNTED = ("decided_by_id", "kind", "reason", "prediction", "is_blind", "answers", "overrides")


class BlindEffect(NamedTuple):
    """Share of overrides with the score hidden minus in sight, with its interval, and the answers of each kind."""

    difference: float
    low: float
    high: float
    hidden: int
    shown: int


class ReviewFigures(NamedTuple):
    """Figures of the answers of a deployment.

    `everyone` and each of `people` (by user id) is {"answers", "overrides", "seconds", "chance"}: `seconds` is the
    median, 0 where unknown; `chance` is how likely so few overrides are (see `ml.agreement.fewer_than_others`), None
    under `ENOUGH` answers, and missing for everyone.
    """

    everyone: dict
    people: dict[int, dict]
    pairs: agreement.Agreement
    blind: BlindEffect


def review_figures(deployment: BaseModel) -> ReviewFigures | None:
    """Return the figures of the deployment and of each person; None without an answer.

    :param deployment: one ai.deployment
    """
    deployment.ensure_one()
    answers = _Answers(deployment)
    rows = answers.counts()
    if not rows:
        return None
    seconds = answers.median_seconds()
    people = {user_id: _sums(own) for user_id, own in _by(rows, "decided_by_id").items()}
    for user_id, own in people.items():
        own["seconds"] = seconds.get(user_id, 0.0)
        own["chance"] = _chance_of_confirming(rows, user_id) if own["answers"] >= ENOUGH else None
    return ReviewFigures(
        everyone={**_sums(rows), "seconds": seconds.get(None, 0.0)},
        people=people,
        pairs=agreement.agreement(*answers.given_twice()),
        blind=_blind_effect(rows),
    )


class _Answers:
    """Reads the answers of a deployment that count."""

    def __init__(self, deployment: BaseModel):
        self._env = deployment.env
        self._deployment_id = deployment._origin.id
        self._env["ai.deployment.review"].flush_model()

    def _where(self) -> SQL:
        return SQL(
            "review.deployment_id = %s AND review.state = 'decided' AND review.ground_truth IS NOT NULL"
            " AND review.decided_date > %s - %s::interval AND NOT EXISTS (SELECT FROM ai_deployment_review later"
            " WHERE later.previous_id = review.id AND later.kind = 'reopened')",
            self._deployment_id,
            clock.now(),
            LATELY,
        )

    def counts(self) -> list[dict]:
        """Return counts of answers by person and kind of question, with the keys `COUNTED`."""
        rows = self._env.execute_query(
            SQL(
                "SELECT review.decided_by_id, review.kind, review.reason, COALESCE(review.prediction, FALSE),"
                " COALESCE(review.is_blind, FALSE), COUNT(*), COUNT(*) FILTER (WHERE review.decision = 'overridden')"
                " FROM ai_deployment_review review WHERE %s GROUP BY 1, 2, 3, 4, 5",
                self._where(),
            )
        )
        return [dict(zip(COUNTED, row, strict=True)) for row in rows]

    def median_seconds(self) -> dict[int | None, float]:
        """Return {user id, or None for all: median of the seconds}, of answers whose seconds are known."""
        return dict(
            self._env.execute_query(
                SQL(
                    "SELECT review.decided_by_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY review.seconds_spent)"
                    " FROM ai_deployment_review review WHERE %s AND review.seconds_spent > 0"
                    " GROUP BY GROUPING SETS ((), (review.decided_by_id))",
                    self._where(),
                )
            )
        )

    def given_twice(self) -> tuple[list[str], list[str]]:
        """Return (first answers, second opinions) of the same questions."""
        rows = self._env.execute_query(
            SQL(
                "SELECT first.ground_truth, review.ground_truth FROM ai_deployment_review review"
                " JOIN ai_deployment_review first ON first.id = review.previous_id"
                " WHERE %s AND review.kind = 'second_opinion' AND first.ground_truth IS NOT NULL ORDER BY review.id",
                self._where(),
            )
        )
        return [first for first, _second in rows], [second for _first, second in rows]


def _sums(rows: list[dict]) -> dict:
    return {"answers": sum(row["answers"] for row in rows), "overrides": sum(row["overrides"] for row in rows)}


def _blind_effect(rows: list[dict]) -> BlindEffect:
    """Return the effect of hiding the score, among first questions, which are those that were sampled."""
    first = [row for row in rows if row["kind"] == "first"]
    hidden = _sums([row for row in first if row["is_blind"]])
    shown = _sums([row for row in first if not row["is_blind"]])
    if not hidden["answers"] or not shown["answers"]:
        return BlindEffect(math.nan, math.nan, math.nan, hidden["answers"], shown["answers"])
    one, other = (own["overrides"] / own["answers"] for own in (hidden, shown))
    found = intervals.share_difference(one, hidden["answers"], other, shown["answers"])
    return BlindEffect(*found, hidden["answers"], shown["answers"])


def _chance_of_confirming(rows: list[dict], user_id: int) -> float:
    """Return how likely a person who judges like the others on the same questions overrides so seldom."""
    strata = []
    for alike in _by(rows, "kind", "reason", "prediction").values():
        own = _sums([row for row in alike if row["decided_by_id"] == user_id])
        others = _sums([row for row in alike if row["decided_by_id"] != user_id])
        strata.append((own["overrides"], own["answers"], others["overrides"], others["answers"]))
    return agreement.fewer_than_others(strata)


def confirm_blindly(people: dict[int, dict]) -> list[int]:
    """Return the ids of those who override so seldom that judging like the others hardly explains it.

    :param people: as in `ReviewFigures`
    """
    tested = {user_id: own["chance"] for user_id, own in people.items() if own["chance"] is not None}
    return [user_id for user_id, chance in tested.items() if chance < LEVEL / len(tested)]


def _by(rows: list[dict], *names: str) -> dict:
    """Return `rows` by their values of `names`: {value or tuple of values: rows}."""
    groups: dict = {}
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        groups.setdefault(key, []).append(row)
    return groups


# Words


def total_lines(env: Environment, figures: ReviewFigures) -> list[tuple[str, str]]:
    """Return [(label, text)] about the deployment as a whole."""
    everyone, pairs = figures.everyone, figures.pairs
    people = env._("%(answers)s by %(people)s people", answers=everyone["answers"], people=len(figures.people))
    lines = [
        (env._("Answers of the last 180 days"), people),
        (env._("Marked as wrong"), _override_text(env, everyone)),
        (env._("Time per answer"), _time_text(env, everyone)),
    ]
    if pairs.pairs:
        text = env._("%(share)s of %(pairs)s reviewed twice", share=percent(env, pairs.share), pairs=pairs.pairs)
        if not math.isnan(pairs.kappa):
            text = env._(
                "%(text)s; agreement beyond chance %(kappa)s (%(low)s to %(high)s; 1 is perfect, 0 is chance)",
                text=text,
                kappa=number(env, pairs.kappa, 2),
                low=number(env, pairs.low, 2),
                high=number(env, pairs.high, 2),
            )
        lines.append((env._("Agreement of two persons"), text))
    blind = figures.blind
    if blind.hidden and blind.shown:
        text = env._(
            "%(difference)s points more often marked as wrong while the score was hidden (%(low)s to "
            "%(high)s; %(hidden)s hidden, %(shown)s visible)",
            difference=signed(env, 100 * blind.difference, 0),
            low=signed(env, 100 * blind.low, 0),
            high=signed(env, 100 * blind.high, 0),
            hidden=blind.hidden,
            shown=blind.shown,
        )
        lines.append((env._("Influence of the score"), text))
    tested = sum(own["chance"] is not None for own in figures.people.values())
    if tested > 1:
        named = len(confirm_blindly(figures.people))
        text = env._("%(named)s of %(tested)s", named=named, tested=tested)
        lines.append((env._("Confirm all scores"), text))
    return lines


def people_lines(users: BaseModel, figures: ReviewFigures) -> list[dict]:
    """Return one dictionary of texts per person, most answers first.

    :param users: res.users with all rights, whichever: the way to the model
    """
    env, named = users.env, set(confirm_blindly(figures.people))
    return [
        {
            "name": person.name,
            "answers": own["answers"],
            "overrides": _override_text(env, own),
            "seconds": _time_text(env, own),
            "signal": _signal_text(env, own, person.id in named),
        }
        for person in users.browse(figures.people).sorted(lambda user: -figures.people[user.id]["answers"])
        for own in [figures.people[person.id]]
    ]


def _signal_text(env: Environment, own: dict, named: bool) -> str:
    if own["chance"] is None:
        return env._("Too few answers")
    return env._("Confirms far more often than the others on the same cases") if named else ""


def _override_text(env: Environment, counts: dict) -> str:
    low, high = intervals.clopper_pearson(counts["overrides"], counts["answers"])
    share = percent(env, counts["overrides"] / counts["answers"])
    return env._("%(share)s (%(low)s to %(high)s)", share=share, low=percent(env, low), high=percent(env, high))


def _time_text(env: Environment, counts: dict) -> str:
    return env._("%s seconds (median)", round(counts["seconds"])) if counts["seconds"] else "–"
