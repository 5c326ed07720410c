"""A new version against the one that serves, on records that neither has learned from."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from odoo.models import BaseModel

from ...ml import artifact, promotion
from ...ml.challenge import sign_challenge
from ...ml.columns import Column
from ..tools.told import Told, told
from ..tools.wording import number
from .guards import Guards
from .segment_tests import SegmentTests, part_names
from .verdicts import independent_verdicts
from .version_test import test_rows, untested_text


class Challenger:
    """Compare new versions of a deployment with the one that serves.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel):
        self.deployment = deployment
        self.env = deployment.env

    def compare(
        self,
        champion: BaseModel,
        tested: Any,
        training: Any,
        columns: dict[str, Column],
        ids: list[int],
        moments: np.ndarray,
        labels: np.ndarray,
        specs: Sequence[dict] = (),
        at: Sequence[datetime] | None = None,
    ) -> dict:
        """Return how a new version did against the serving one, as values of the new version.

        Both are judged by the cards that were tested, on rows that neither has learned from: what serves has learned
        from the very rows that tested it, so it would know the answers.

        :param tested: the training that was tested; `training` the one whose card serves
        :param moments: days, shape (rows,), ascending; `labels`: bool, shape (rows,)
        :param specs: declarations of the inputs, whose directions are guarded
        :param at: as of when inputs are read, one per row, where rows are moments of records
        """
        if artifact.digest(artifact.dump(training.card)) == champion.digest:
            return {
                "verdict": "same",
                "verdict_text": self._told(
                    lambda there: there.env._("The same as the serving version: the records add no information.")
                ),
            }
        if champion._card().kind in ("remote", "pushed"):
            return {
                "verdict": "inconclusive",
                "verdict_text": self._told(
                    lambda there: there.env._(
                        "The serving version runs elsewhere: its scores of these records are not known."
                    )
                ),
            }
        guards = Guards(self.deployment, specs)
        if self.deployment.method == "anomaly":
            known = self.deployment._columns(list(champion._specs().values()), ids)
            broken = promotion.newly_broken(
                guards.of_card(training.card, columns), guards.of_card(champion._card(), {**columns, **known})
            )
            found = self.compare_verdicts(champion, tested, columns, ids)
            return {**found, "verdict": "worse", "verdict_text": self._rejected(specs, broken, {})} if broken else found
        unseen = self.unseen_by(champion, ids, moments)
        rows, attempts = self.attempt(champion, unseen, moments)
        latest = {key: column.take(rows) for key, column in columns.items()}
        new = tested.card.score(latest)
        # The declarations kept are those of the card that serves: its twin may read an input that this one left out.
        then = None if at is None else [at[row] for row in rows]
        known = self.deployment._columns(list(champion._specs().values()), [ids[row] for row in rows], moments=then)
        old = champion._tested_card().score({**latest, **known})
        truth = labels[rows]
        broken = promotion.newly_broken(
            [*guards.of_card(training.card, latest), *guards.of_load(truth, new)],
            [*guards.of_card(champion._card(), {**latest, **known}), *guards.of_load(truth, old)],
        )
        path, parts = SegmentTests(self.deployment, list(specs)).parts_of(columns, ids, rows)
        if parts is not None:
            both = ~(np.isnan(new.values) | np.isnan(old.values))
            named = [parts[row] for row in rows[both]]
            broken += promotion.worse_segments(truth[both], new.values[both], old.values[both], named)
        gate = promotion.judge(truth, new.values, old.values, attempts=attempts, broken=broken)
        span = moments[rows][[0, -1]].tolist() if len(rows) else None
        kept = {**gate.to_dict(), "span": span, "champion": champion.number}
        untested = self._told(lambda there: untested_text(there.deployment, ids, labels))
        if not untested and len(unseen) and not len(rows):
            untested = self._told(
                lambda there: there.env._("The latest records have tested too many versions: new outcomes are needed.")
            )
        if untested:
            return {"challenge": kept, "verdict": "inconclusive", "verdict_text": untested}
        names = part_names(self.deployment, path, [each.name for each in broken if each.guard == promotion.SEGMENT])
        text = self._rejected(specs, gate.broken, names) if gate.verdict == "worse" else ""
        return {
            "challenge": kept,
            "verdict": gate.verdict,
            "verdict_text": text or self._told(lambda there: there._text(gate)),
        }

    def _told(self, say: Callable[["Challenger"], str]) -> Told:
        """Return what `say` says, in the words of every language."""
        return told(self.env, lambda env: say(Challenger(self.deployment.with_env(env))))

    def _rejected(self, specs: Sequence[dict], broken: Sequence[Any], names: dict[str, str]) -> Told:
        """Return which guards a version breaks."""
        return self._told(lambda there: Guards(there.deployment, specs).text(broken, names))

    def _text(self, gate: promotion.Gate) -> str:
        """Return what the comparison came to."""
        result = gate.comparison
        if gate.verdict == "inconclusive" and not result.more_needed:
            if (result.auc_gain or 0) * (result.brier_gain or 0) < 0:
                return self.env._("Better in one measure, worse in another.")
            return self.env._("About as good as the serving version.")
        return {
            "same": self.env._("The same scores as the serving version."),
            "better": self.env._("Better on the latest %s records.", number(self.env, result.rows)),
            "worse": self.env._("Worse on the latest %s records.", number(self.env, result.rows)),
            "inconclusive": self.env._(
                "Too early to say: about %s more outcomes needed.", number(self.env, result.more_needed)
            ),
        }[gate.verdict]

    def attempt(self, champion: BaseModel, rows: np.ndarray, moments: np.ndarray) -> tuple[np.ndarray, int]:
        """Return (the rows that count, which attempt at this champion on these rows it is).

        Who tries often on one test set wins by luck; a set that is used up is left for what is later.
        """
        if not len(rows):
            return rows, 1
        earlier = self.deployment.version_ids.filtered(lambda version: version.number > champion.number)
        spans = [
            found["span"]
            for found in earlier.mapped("challenge")
            if found and found.get("span") and found.get("champion") == champion.number
        ]
        first, last = moments[rows][[0, -1]].tolist()
        attempts, after = promotion.test_set((first, last), spans)
        return (rows if after is None else rows[moments[rows] > after]), attempts

    def compare_verdicts(self, champion: BaseModel, tested: Any, columns: dict[str, Column], ids: list[int]) -> dict:
        """Compare two anomaly models by the verdicts of reviewers on cases that only one of them asks about.

        At equal capacity: the new card asks about as many records as the serving one. Counted are cases that came to
        reviewers for reasons of their own, since the serving version learned. A card that has learned from verdicts
        knows the answers, so it is told by the verdicts that tested it.
        """
        if tested.card.kind != "anomaly":
            return {"verdict": "inconclusive", "verdict_text": self._told(lambda there: there._judged_text(tested))}
        found = independent_verdicts(self.deployment, champion)
        known = self.deployment._columns(list(champion._specs().values()), ids)
        new, old = tested.card.score(columns), champion._card().score({**columns, **known})
        asks_old = np.asarray(old.predictions, dtype=bool)
        ranks = np.argsort(np.argsort(-np.nan_to_num(new.values, nan=-1.0), kind="stable"))
        asks_new = ranks < asks_old.sum()
        rows = [row for row, res_id in enumerate(ids) if res_id in found]
        attempts = self.deployment.version_ids.filtered(lambda version: version.number > champion.number)
        result = sign_challenge(
            [found[ids[row]] for row in rows], asks_new[rows], asks_old[rows], attempts=len(attempts) + 1
        )
        if not result.cases:
            return {"verdict": "inconclusive", "verdict_text": self._told(lambda there: there._judged_text(tested))}
        text = self._told(lambda there: there._verdicts_text(result))
        return {"challenge": result.to_dict(), "verdict": result.verdict, "verdict_text": text}

    def _verdicts_text(self, result: Any) -> str:
        """Return on how many of the cases that tell two anomaly models apart the new one was right."""
        text = self.env._(
            "Of %(cases)s cases that only one of the versions would have sent to review, reviewers agreed "
            "with this version in %(right)s.",
            cases=number(self.env, result.cases),
            right=number(self.env, result.right),
        )
        if not result.more_needed:
            return text
        return self.env._(
            "%(text)s About %(more)s more are needed.", text=text, more=number(self.env, result.more_needed)
        )

    def unseen_by(self, champion: BaseModel, ids: list[int], moments: np.ndarray) -> np.ndarray:
        """Return the numbers of the test rows that the tested card of `champion` never learned from; shape (rows,)."""
        later, learned = test_rows(ids), (champion.held_out or {}).get("learned")
        if not learned:
            return later
        if learned["id"] in ids:  # rows keep their order, also those of one moment
            return later[later > len(ids) - 1 - ids[::-1].index(learned["id"])]
        return later[moments[later] > learned["moment"]]

    def _judged_text(self, tested: Any) -> str:
        """Return what the verdicts say of a new version; no more, as the old one chose the judged records."""
        metrics = tested.metrics
        if tested.card.kind != "reviewed" or metrics.get("average_precision") is None:
            return self.env._("Too few cases have been reviewed.")
        text = self.env._(
            "On the latest %(rows)s reviewed records: average precision %(new)s %%, before %(old)s %%.",
            rows=number(self.env, metrics["test_rows"]),
            new=round(100 * metrics["average_precision"]),
            old=round(100 * (metrics["average_precision_before"] or 0)),
        )
        if metrics["test_random_checks"]:
            return text
        return self.env._(
            "%(text)s None of them was a random check, so the test cannot see what was never flagged.", text=text
        )
