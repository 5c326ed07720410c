"""From records to a version: read, learn, test against what serves now, store.

The first version of a deployment serves at once (in shadow, nobody sees it); a person has to promote a later one.
"""

from dataclasses import replace

import numpy as np

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel

from ...ml import artifact
from ...ml.copies import copied
from ...ml.errors import OneClass, TooFewCases, TrainingError
from ...ml.profile import Profile
from ..tools import clock
from ..tools.told import told
from ..tools.wording import number
from .challenger import Challenger
from .cleaning import Cleaning
from .flagged import flagged_by_reason
from .golden import golden_set
from .leak_check import inputs_known_in_time
from .learning import fit
from .progress import CLEAN, COLLECT, COMPARE, FIT, TEST, VERDICT, Progress
from .questions import questions
from .readiness import missing_outcomes
from .segment_tests import SegmentTests
from .table import Rows, collect
from .version_test import floors, held_out, learned, stakes, untested_text


class Trainer:
    """Train versions of one deployment.

    :param deployment: ai.deployment with all rights
    :param progress: is told of each step
    """

    def __init__(self, deployment: BaseModel, progress: Progress | None = None):
        deployment.ensure_one()
        self.deployment = deployment
        self.env = deployment.env
        self.progress = progress or Progress()

    def train(self) -> BaseModel:
        """Train a version on what is known now and return it.

        :raise UserError: where the records do not allow it
        """
        deployment, progress = self.deployment, self.progress
        progress.begin(COLLECT)
        known_in_time = self._inputs()
        specs = [feature._to_spec() for feature in known_in_time]
        rows = collect(deployment, specs, clock.now())
        progress.collected(rows.ids, rows.columns, rows.moments, rows.labels)
        progress.begin(CLEAN)
        rows, repeats = self._without_copies(rows)
        ids, columns, moments, labels, groups, at = rows
        progress.cleaned(lambda: Cleaning(deployment, known_in_time).find(ids, columns))
        progress.begin(FIT)
        try:
            tested, training = fit(deployment, specs, columns, moments, labels, groups)
        except TrainingError as error:
            missing = missing_outcomes(deployment)
            # both name the outcomes that are missing; this one says when they come, too
            is_same = missing and isinstance(error, TooFewCases | OneClass)
            why = missing if is_same else " ".join(filter(None, (str(error), missing or "")))
            raise UserError(
                self.env._("“%(name)s” could not be trained: %(why)s", name=deployment.name, why=why)
            ) from error
        progress.fitted(tested, training)
        first = np.arange(len(ids)) if groups is None else np.sort(np.unique(groups, return_index=True)[1])
        if groups is not None:  # what comes in is new: its first moments are what it is compared with
            arrived = {key: column.take(first) for key, column in columns.items()}
            reference = Profile.of(training.card, training.card.score(arrived))
            training = replace(training, reference=reference)
        progress.begin(TEST)
        by_key = {spec["key"]: spec for spec in specs}
        used = [by_key[name] for name, _columns in training.card.inputs]  # one that is always empty is left out
        values = {
            "golden": golden_set(training.card, columns),
            "floors": floors(
                training.card, {key: column.take(first) for key, column in columns.items()}, moments[first]
            ),
            "held_out": {
                **held_out(deployment, tested.card, ids, columns, moments, labels, tested.out_of_fold),
                **learned(deployment, ids, moments),
                "segments": SegmentTests(deployment, specs).test(tested, columns, ids, moments, labels),
            },
            "stakes": stakes(deployment, tested.card, columns, ids, labels),
            "left_out": [feature.key for feature in deployment.feature_ids - known_in_time],
            **questions(deployment, known_in_time, tested, ids, columns, labels),
            "tested_artifact": artifact.dump(tested.card) if tested is not training else False,
            "verdict_text": told(
                self.env,
                lambda env: untested_text(deployment.with_env(env), ids, labels, tested.out_of_fold)
                or _copies_text(env, repeats),
            )
            or False,
        }
        if deployment.method == "anomaly":
            values["flagged"] = flagged_by_reason(training.card, used, columns, ids, deployment.flag_rate)
        progress.tested(values)
        progress.begin(COMPARE)
        champion = deployment.champion_id
        if champion and (fault := champion._fault()):
            values.update(
                verdict="inconclusive",
                verdict_text=told(
                    self.env, lambda env: env._("Not compared, as the serving version cannot score: %s", fault)
                ),
            )
        elif champion:
            values.update(
                Challenger(deployment).compare(champion, tested, training, columns, ids, moments, labels, specs, at)
            )
        progress.compared(values)
        progress.begin(VERDICT)
        version = self.env["ai.deployment.version"]._store(deployment, training, used, clock.now(), **values)
        if not champion:
            progress.in_time(lambda: deployment._assign_champion(version, self.env._("First version")))
        return version

    def _without_copies(self, rows: Rows) -> tuple[Rows, int]:
        """Return (rows without records that repeat others, how many records do)."""
        if self.deployment.method != "scorecard":
            return rows, 0
        first = np.arange(len(rows.ids)) if rows.groups is None else np.unique(rows.groups, return_index=True)[1]
        first = np.sort(first)  # a record that is a copy is one at its first moment
        repeats = copied((column.take(first) for column in rows.columns.values()), rows.labels[first])
        if not repeats.any():
            return rows, 0
        if rows.groups is None:
            return rows.take(np.flatnonzero(~repeats)), int(repeats.sum())
        kept = ~np.isin(rows.groups, rows.groups[first[repeats]])
        return rows.take(np.flatnonzero(kept)), int(repeats.sum())

    def check(self) -> None:
        """Check what a training needs before it reads anything.

        :raise UserError: where there are no inputs, the deployment is retired, or it proposes values
        """
        deployment = self.deployment
        if deployment.is_task:
            raise UserError(
                self.env._(
                    "“%s” proposes values: bind a remote model, or register an external program.", deployment.name
                )
            )
        if not deployment.feature_ids:
            raise UserError(self.env._("“%s” has no inputs yet. Add inputs first.", deployment.name))
        if deployment.state == "retired":
            raise UserError(self.env._("“%s” is retired.", deployment.name))

    def _inputs(self) -> BaseModel:
        """Return the inputs to learn from.

        :raise UserError: where there are none, or the deployment is retired
        """
        self.check()
        deployment = self.deployment
        known_in_time = inputs_known_in_time(deployment, clock.now())
        if not known_in_time:
            raise UserError(
                self.env._(
                    "None of the inputs of “%s” is available in time, so training is impossible.", deployment.name
                )
            )
        return known_in_time


def _copies_text(env: Environment, copies: int) -> str:
    """Return that records stand several times among those to learn from; empty where none does."""
    if not copies:
        return ""
    return env._("%s records repeat others, outcome and all: each was counted once.", number(env, copies))
