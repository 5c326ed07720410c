"""The verdict on a challenger by what it scored beside the serving version: the same gate as after a training.

Both scored the same records at the same moment, before anybody knew the outcome, so neither has learned from them,
whoever made the version. Who looks every day until it is significant finds a difference between equal versions sooner
or later, so the gate looks when the number of outcomes has doubled, and look k counts as k (k + 1) attempts: their
levels add up to that of one look. Challengers tried before against the same version count as attempts as well.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import promotion
from ...ml.challenge import sign_challenge
from ..deployment.life_cycle import LIVE
from ..deployment.serving import challenging
from ..routing.forecast import answers_per_day, needs_review
from ..routing.thresholds import recent_confidences
from ..scoring.challenger_answers import OUTSIDE
from ..tools import clock
from ..tools.told import Told, told
from ..tools.wording import number
from .guards import REVIEWED_BY_LINE, Guards
from .replay import known_outcomes
from .segment_tests import SegmentTests, part_names
from .verdicts import independent_verdicts

MADE_ELSEWHERE = ("pipeline", *OUTSIDE)  # kinds of versions that may have learned from any record
FIRST_LOOK = 50  # outcomes
FIRST_CASES = 20  # of an anomaly model: verdicts on records that only one of the versions flagged
TRIED = 200  # records on which directions are tried


class Pair(NamedTuple):
    """One record that both versions scored."""

    res_id: int
    date: Any
    ours: float
    our_flag: bool
    theirs: float
    their_flag: bool
    confidence: float


class ChallengerGate:
    """Judge the challenger of one deployment.

    :param assignment: ai.deployment.assignment of the challenger, with all rights
    """

    def __init__(self, assignment: BaseModel) -> None:
        self.assignment = assignment
        self.deployment = assignment.deployment_id
        self.env = assignment.env
        self.challenger = assignment.version_id
        self.champion = self.deployment.champion_id

    def look(self) -> dict[str, Any]:
        """Return the new verdict as values of the assignment; empty where it is not time for a look yet."""
        pairs = self._pairs()
        labels = self._labels(pairs)
        pairs = [pair for pair in pairs if pair.res_id in labels]
        if self.deployment.method == "anomaly":
            pairs = [pair for pair in pairs if pair.our_flag != pair.their_flag]
        looks, first = self.assignment.look_count, self._first()
        if len(pairs) < first * 2**looks:
            self.assignment.outcome_count = len(pairs)
            return {}
        while len(pairs) >= first * 2 ** (looks + 1):  # many at once, as after an import, are one look
            looks += 1
        look = looks + 1
        truth = np.array([labels[pair.res_id] for pair in pairs], dtype=bool)
        judge = self._judge_flags if self.deployment.method == "anomaly" else self._judge_values
        verdict, text, kept = judge(pairs, truth, look * (look + 1) * max(self._tried(), 1))
        return {
            "look_count": look,
            "outcome_count": len(pairs),
            "verdict": verdict,
            "verdict_text": text,
            "challenge": kept,
            "verdict_date": clock.now(),
        }

    def _first(self) -> int:
        return FIRST_CASES if self.deployment.method == "anomaly" else FIRST_LOOK

    def _pairs(self) -> list[Pair]:
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, date, serving_value, serving_prediction, predicted_value,"
                " prediction, confidence FROM ai_deployment_challenger_score WHERE version_id = %s"
                " AND serving_id = %s AND is_first AND serving_value IS NOT NULL AND predicted_value IS NOT NULL"
                " AND date >= %s ORDER BY res_id, id",
                self.challenger.id,
                self.champion.id,
                self.assignment.start_date,
            )
        )
        return [Pair(*row) for row in rows]

    def _labels(self, pairs: list[Pair]) -> dict[int, bool]:
        if self.deployment.method == "anomaly":
            return independent_verdicts(self.deployment, self.challenger)
        documents = self.env[self.deployment.res_model]
        rows = documents._ai_training_rows(self.deployment, self.challenger.trained_date)
        known = {res_id for res_id, *_told in rows}
        return known_outcomes(self.deployment, {pair.res_id: pair.date for pair in pairs if pair.res_id not in known})

    def _tried(self) -> int:
        """Return how many versions have challenged since the serving one serves, this one included."""
        assignments = self.deployment.assignment_ids
        serving = assignments.filtered(lambda one: one.role == "champion" and not one.end_date)[:1]
        since = serving.start_date or self.assignment.start_date
        tried = assignments.filtered(lambda one: one.role == "challenger" and one.start_date >= since)
        return len(tried.version_id)

    def _judge_values(self, pairs: list[Pair], truth: np.ndarray, attempts: int) -> tuple[str, str, dict]:
        ours, theirs = (np.array([getattr(pair, side) for pair in pairs]) for side in ("ours", "theirs"))
        specs = list(self.challenger._specs().values())
        guards, ids = Guards(self.deployment, specs), [pair.res_id for pair in pairs]
        existing = self.env[self.deployment.res_model].browse(ids[-TRIED:]).exists().ids
        known = list(self.champion._specs().values())
        broken = promotion.newly_broken(
            [
                *guards.of_card(self.challenger._card(), self.deployment._columns(specs, existing)),
                *self._load(theirs, [pair.their_flag for pair in pairs], [pair.confidence for pair in pairs]),
            ],
            [
                *guards.of_card(self.champion._card(), self.deployment._columns(known, existing)),
                *self._load(ours, [pair.our_flag for pair in pairs], np.maximum(ours, 1 - ours)),
            ],
        )
        path, parts = None, None
        if self.deployment.segment_field_id:
            path, parts = SegmentTests(self.deployment, specs).parts_of({}, ids, np.arange(len(ids)))
        if parts is not None:
            broken += promotion.worse_segments(truth, theirs, ours, parts)
        gate = promotion.judge(truth, theirs, ours, attempts=attempts, broken=broken)
        names = part_names(self.deployment, path, [each.name for each in broken if each.guard == promotion.SEGMENT])
        text = ""
        if gate.verdict == "worse":
            text = self._told(lambda there: Guards(there.deployment, specs).text(gate.broken, names))
        return gate.verdict, text or self._told(lambda there: there._text(gate)), gate.to_dict()

    def _told(self, say: Callable[["ChallengerGate"], str]) -> Told:
        """Return what `say` says, in the words of every language."""
        return told(self.env, lambda env: say(ChallengerGate(self.assignment.with_env(env))))

    def _load(self, values: np.ndarray, flags: Sequence[bool], confidences: Any) -> list[promotion.Broken]:
        """Return whether a version sends more records to people than they can review."""
        deployment = self.deployment
        if deployment.routing not in REVIEWED_BY_LINE:
            return []
        asked, _name = needs_review(deployment, values, np.array(flags, dtype=bool), np.asarray(confidences))
        _confidences, per_day = recent_confidences(deployment)
        capacity = max(answers_per_day(deployment), deployment.reviews_per_day)
        return promotion.overload(int(asked.sum()), len(asked), per_day, capacity)

    def _judge_flags(self, pairs: list[Pair], truth: np.ndarray, attempts: int) -> tuple[str, str, dict]:
        flags = [[getattr(pair, name) for pair in pairs] for name in ("their_flag", "our_flag")]
        found = sign_challenge(truth, *flags, attempts=attempts)
        text = told(
            self.env,
            lambda env: env._(
                "Of %(cases)s cases that only one of the versions flagged, reviewers agreed with this version in "
                "%(right)s.",
                cases=number(env, found.cases),
                right=number(env, found.right),
            ),
        )
        return found.verdict, text, found.to_dict()

    def _text(self, gate: promotion.Gate) -> str:
        count = gate.comparison.rows
        if gate.verdict == "inconclusive" and not gate.comparison.more_needed:
            return self.env._(
                "About as good as the serving version on %s records that both scored.", number(self.env, count)
            )
        return {
            "same": self.env._("The same scores as the serving version on %s records.", number(self.env, count)),
            "better": self.env._(
                "Better on %s records that both scored before their outcome was known.", number(self.env, count)
            ),
            "worse": self.env._(
                "Worse on %s records that both scored before their outcome was known.", number(self.env, count)
            ),
            "inconclusive": self.env._(
                "Too early to say after %(count)s records that both scored: about %(more)s more outcomes needed.",
                count=number(self.env, count),
                more=number(self.env, gate.comparison.more_needed),
            ),
        }[gate.verdict]


def missing_shadow(deployment: BaseModel, version: BaseModel) -> str:
    """Return why `version` may not replace the serving one yet, by what it scored beside it; empty where it may.

    What was made elsewhere may have learned from the very records that tested it here: only what it scored before the
    outcome was known counts. A version that was trained here is held back only where it did worse.

    :param deployment: ai.deployment with all rights
    """
    env = deployment.env
    assignment = deployment.assignment_ids.filtered(lambda one: one.role == "champion" and not one.end_date)
    if not assignment or assignment.version_id == version:
        return ""
    tried = deployment.assignment_ids.filtered(
        lambda one: one.role == "challenger"
        and one.version_id == version
        and one.start_date >= assignment.start_date
        and one.verdict
    )[:1]
    if tried.verdict == "worse":
        return env._("it did worse as challenger. %s", tried.verdict_text or "")
    if version.kind not in MADE_ELSEWHERE or deployment.is_task or tried or deployment.state == "poc":
        return ""
    return env._(
        "it was made elsewhere, so it scores beside the serving version as challenger first, until %s outcomes are "
        "known.",
        FIRST_LOOK,
    )


def challenger_text(deployment: BaseModel) -> str | bool:
    """Return how the challenger of a deployment stands, in one sentence; False where there is none."""
    env, assignment = deployment.env, challenging(deployment)
    if not assignment:
        return False
    if assignment.verdict:
        return assignment.verdict_text or ""
    if deployment.state not in LIVE:
        return env._("Waits until the deployment is live.")
    return env._(
        "No verdict yet: %s outcomes of records that both versions scored are known.",
        number(env, assignment.outcome_count),
    )
