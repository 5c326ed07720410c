"""Carry out one training: steps in a worker, learning in a child process of it, bad ends as sentences.

The worker reads the records, tests and compares; what is expensive is asked of the child (`workbench`). Each answer is
stored under the fingerprint of what was asked. After an interruption the records are read again as of the same moment,
and what was answered before is not asked again: the training goes on at its last finished step. While the child works
no transaction is open. Version, verdict and promotion are written in one transaction, the last one.
"""

import contextvars
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import psycopg2

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import SQL, config

from ...ml import child, frames
from ...ml.columns import Column
from ...ml.errors import OneClass, TooFewCases
from ..alerting.alert_kinds import TRAINING_FAILED, TRAINING_UNCHANGED
from ..deployment import events
from ..features.feature_reader import walk_path
from ..tools import clock, faults
from ..tools.limits import LONGEST_TOLD
from ..tools.told import in_language, told
from ..tools.wording import for_reader
from . import training_wording as wording
from .child_process import KILLED, MEMORY, TIME, ChildEnded, ChildProcess
from .learning import scorecard_options
from .policy import follow_policy
from .progress import CALIBRATE, FIT, Progress
from .trainer import Trainer
from .workbench import carried_by

_logger = logging.getLogger(__name__)

OPEN = ("waiting", "running")  # states of a training
MOST_INTERRUPTIONS = 5  # starts in a row whose process ended before it finished a step
SERVER_MARGIN = 20  # seconds before the server would end the worker
SEED = 0  # of every training: the same records give the same card


class Cancelled(Exception):
    """Somebody cancelled the training, or it is gone."""


class NothingNew(Exception):
    """Outcomes, inputs and settings are those of the last training: another one would give the same version."""


class BadEnd(Exception):
    """The training cannot have a result; `failure` is a code of `wording.FAILURES`."""

    def __init__(self, failure: str, detail: str = "") -> None:
        super().__init__(failure)
        self.failure = failure
        self.detail = detail


class TrainingRun:
    """One training, carried out by this worker.

    :param training: ai.deployment.training with all rights, locked for this session
    """

    def __init__(self, training: BaseModel) -> None:
        training.ensure_one()
        self.training = training.with_env(for_reader(training.deployment_id).env)
        self.env = self.training.env

    def carry_out(self) -> None:
        """Carry the training out as far as it goes: to its end, good or bad, or to an interruption."""
        training, env = self.training, self.env
        if training.interruptions >= MOST_INTERRUPTIONS:
            self._end_badly(wording.KILLED, str(training.interruptions))
            return
        training.write(
            {
                "state": "running",
                "data_date": training.data_date or clock.now(),
                "interruptions": training.interruptions + 1,
            }
        )
        env["ir.cron"]._commit_progress()
        carrier = ChildCarrier(training)
        try:
            self._work(carrier)
        except Cancelled:
            env.cr.rollback()
        except NothingNew:
            env.cr.rollback()
            self._end_unchanged()
        except BadEnd as end:
            env.cr.rollback()
            self._end_badly(end.failure, end.detail)
        except ChildEnded as ended:
            env.cr.rollback()
            self._child_ended(ended, carrier)
        except UserError as error:
            env.cr.rollback()
            lost_class = isinstance(error.__cause__, OneClass | TooFewCases) and training.deployment_id.champion_id
            self._end_badly(wording.ONE_CLASS if lost_class else wording.DATA, str(error))
        except Exception as error:
            if faults.kind_of(error) == faults.LOST_CONNECTION:
                raise
            env.cr.rollback()
            if isinstance(error, psycopg2.OperationalError):  # goes on in the next run, its start is counted
                _logger.info("Training %s was interrupted", training.id, exc_info=True)
                return
            _logger.exception("Training %s failed", training.id)
            self._end_badly(wording.ERROR, faults.fault_text(error))
        finally:
            carrier.close()

    def _work(self, carrier: "ChildCarrier") -> None:
        training, env = self.training, self.env
        deployment = training.deployment_id.with_user(training.user_id).sudo()
        progress = RunProgress(training)
        carrier.progress = progress
        self._check_inputs(deployment)
        training.write({"seed": SEED, "parameters": parameters(deployment)})
        with clock.at(training.data_date), carried_by(carrier):
            champion = deployment.champion_id
            version = Trainer(deployment, progress).train()
        text = follow_policy(version, champion, training)
        progress.finish(text)
        env.flush_all()
        found = env.execute_query(
            SQL("SELECT state FROM ai_deployment_training WHERE id = %s FOR NO KEY UPDATE", training.id)
        )
        if found != [("running",)]:
            raise Cancelled
        training.write(
            {
                "state": "done",
                "end_date": clock.now(),
                "version_id": version.id,
                "result_text": text,
                "interruptions": 0,
            }
        )
        training.step_ids.write({"answers": False})
        for cause in (TRAINING_FAILED, TRAINING_UNCHANGED):
            env["ai.deployment.alert"]._resolve(training.deployment_id, cause)
        events.follow(training.deployment_id, events.TRAINED)
        self._notify("success", text)
        env["ir.cron"]._commit_progress()

    def _check_inputs(self, deployment: BaseModel) -> None:
        """Raise BadEnd where an input reads a field that is gone or was renamed."""
        documents = self.env[deployment.res_model]
        for feature in deployment.feature_ids:
            for path in feature._paths():
                if walk_path(documents, path) is None:
                    raise BadEnd(
                        wording.INPUT_GONE,
                        self.env._(
                            "The input “%(name)s” reads the field “%(path)s”, which does not exist any more. Choose "
                            "its new name, or remove the input.",
                            name=feature.name,
                            path=path,
                        ),
                    )

    def _child_ended(self, ended: ChildEnded, carrier: "ChildCarrier") -> None:
        deployment = self.training.deployment_id
        if ended.reason == KILLED or (ended.reason == TIME and carrier.is_cut_by_server):
            _logger.info("The child process of training %s was ended: %s", self.training.id, ended.reason)
            return  # goes on in the next run of the cron; its start is counted
        if ended.reason == MEMORY:
            self._end_badly(wording.MEMORY, str(deployment.training_megabytes))
        elif ended.reason == TIME:
            self._end_badly(wording.TIME, str(deployment.training_seconds))
        else:
            _logger.error("The child process of training %s failed: %s", self.training.id, ended.complaint)
            self._end_badly(wording.ERROR, ended.complaint)

    def _notify(self, kind: str, text: str) -> None:
        """Tell who asked, on the screen."""
        message = {"type": kind, "title": self.training.deployment_id.name, "message": text}
        self.training.user_id._bus_send("simple_notification", message)

    def _end_unchanged(self) -> None:
        """Store that there is nothing to learn: an answer for who asked, a notice where a trigger did."""
        training, env = self.training, self.env
        training.invalidate_recordset()
        if training.state not in OPEN:
            return
        text = wording.unchanged(env)
        training.step_ids.filtered(lambda step: step.state == "running").state = "done"
        training.step_ids.write({"answers": False})
        training.write({"state": "unchanged", "end_date": clock.now(), "result_text": text, "interruptions": 0})
        deployment = training.deployment_id
        if training.is_automatic:
            env["ai.deployment.alert"]._raise(
                deployment,
                TRAINING_UNCHANGED,
                name=told(env, lambda there: _not_trained(there, deployment.name, wording.unchanged(there))),
                level="notice",
                suggestion=told(
                    env,
                    lambda there: there._(
                        "The serving version is unchanged, nothing has to be done. If this happens often, change the "
                        "trigger."
                    ),
                ),
            )
        else:
            self._notify("info", wording.unchanged(in_language(env, training.user_id.lang)))
        env["ir.cron"]._commit_progress()

    def _end_badly(self, failure: str, detail: str) -> None:
        """Store why there is no result, and alert."""
        training, env = self.training, self.env
        training.invalidate_recordset()
        if training.state not in OPEN:
            return
        text = wording.failed(env, failure, detail)
        training.step_ids.filtered(lambda step: step.state == "running").write(
            {"state": "failed", "text": text[:LONGEST_TOLD]}
        )
        training.step_ids.write({"answers": False})
        training.write({"state": "failed", "failure": failure, "end_date": clock.now(), "result_text": text})
        deployment = training.deployment_id
        env["ai.deployment.alert"]._raise(
            deployment,
            TRAINING_FAILED,
            name=told(env, lambda there: _not_trained(there, deployment.name, wording.failed(there, failure, detail))),
            suggestion=told(
                env, lambda there: there._("Open the training for details. The serving version is unchanged.")
            ),
        )
        self._notify("warning", text)
        env["ir.cron"]._commit_progress()


def _not_trained(env: Environment, name: str, why: str) -> str:
    return env._("“%(name)s” was not trained: %(why)s", name=name, why=why)[:LONGEST_TOLD]


class ChildCarrier:
    """Carries out trainings in a child process; what was answered before an interruption is taken from the steps.

    :param training: ai.deployment.training with all rights
    """

    def __init__(self, training: BaseModel) -> None:
        self.training = training
        self.env = training.env
        self.progress: RunProgress | None = None
        self.is_cut_by_server = False
        self._child: ChildProcess | None = None
        self._is_first = True
        self._started = time.monotonic()

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Return what the training `name` returns, or raise what it raises.

        :raise ChildEnded: the child did not answer
        :raise Cancelled: somebody cancelled the training
        """
        assert self.progress
        if self.progress.step == FIT and not self._is_first:
            self.progress.begin(CALIBRATE)
        self._is_first = False
        request = frames.encode([name, args, kwargs])
        key = hashlib.sha256(request).hexdigest()
        known = self.progress.answer(key)
        if known is None:
            known = self._ask(request, key)
        found = frames.decode(known)
        if "result" in found:
            return found["result"]
        if found["error"] == child.MEMORY:
            raise ChildEnded(MEMORY)
        if found["error"] == child.TRAINING:
            child.raise_error(found)
        raise ChildEnded("fault", f"{found['name']}: {' '.join(map(str, found['args']))}")

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child:
            self._child.close()
            self._child = None

    def _ask(self, request: bytes, key: str) -> bytes:
        training, deployment = self.training, self.training.deployment_id
        left, allowed = deployment.training_seconds - training.child_seconds, self._server_seconds()
        self.is_cut_by_server = allowed < left
        if left <= 0:
            raise ChildEnded(TIME)
        self.env["ir.cron"]._commit_progress()  # no transaction stays open while the child works
        before = time.monotonic()
        if not self._child:
            self._child = ChildProcess(min(left, allowed), deployment.training_megabytes)
            training.libraries = self._child.libraries
        answer = self._child.call(request, self._look)
        found = frames.decode(answer)
        training.write(
            {
                "child_seconds": training.child_seconds + time.monotonic() - before,
                "child_megabytes": max(training.child_megabytes, round(found.get("megabytes", 0))),
                "interruptions": 1,  # it got on: only starts without any progress count
            }
        )
        assert self.progress
        self.progress.keep(key, answer)
        return answer

    def _look(self) -> None:
        """Raise Cancelled where nobody wants the result any more."""
        found = self.env.execute_query(SQL("SELECT state FROM ai_deployment_training WHERE id = %s", self.training.id))
        self.env["ir.cron"]._commit_progress()
        if found != [("running",)]:
            raise Cancelled

    def _server_seconds(self) -> float:
        """Return how long the server lets this worker go on."""
        limit = config["limit_time_real_cron"]
        if limit is None or limit < 0:
            limit = config["limit_time_real"]
        if not limit:
            return float("inf")
        return max(limit - SERVER_MARGIN - (time.monotonic() - self._started), 1.0)


class RunProgress(Progress):
    """Stores what each step of a training found, and commits it.

    :param training: ai.deployment.training with all rights
    """

    def __init__(self, training: BaseModel) -> None:
        self.training = training
        self.env = training.env
        self.step = ""
        self._outside = (
            contextvars.copy_context()
        )  # in which the clock stands at the moment of the work, not of the data
        self._begun = 0.0
        self._metrics: dict = {}

    def begin(self, step: str) -> None:
        """Store that `step` runs and that the one before it is done."""
        self._end_step()
        self.step, self._begun = step, time.monotonic()
        self._row(step).write({"state": "running", "started_date": self._now(), "text": False})
        self.env["ir.cron"]._commit_progress()

    def collected(self, ids: list[int], columns: dict[str, Column], moments: np.ndarray, labels: np.ndarray) -> None:
        """Store counts and fingerprint.

        :raise NothingNew: nothing has changed since the last training
        """
        training, deployment = self.training, self.training.deployment_id
        positives = int(labels.sum()) if deployment.method == "scorecard" else None
        digest = hashlib.sha256(frames.encode([columns, moments, labels])).hexdigest()
        last = training.search(
            [("deployment_id", "=", deployment.id), ("state", "=", "done"), ("id", "<", training.id)], limit=1
        )
        training.write({"data_digest": digest, "row_count": len(ids), "positive_count": positives or 0})
        self._tell(wording.collected(self.env, len(ids), positives))
        if last and (last.data_digest, last.parameters) == (digest, training.parameters):
            raise NothingNew

    def cleaned(self, find: Callable[[], list[dict]]) -> None:
        """Store what is left out."""
        dropped = find()
        self.training.dropped = dropped
        self._tell(wording.cleaned(self.env, dropped))

    def fitted(self, tested: Any, training: Any) -> None:
        """Store what was learned, and how it is calibrated."""
        self._metrics = training.metrics
        self._row(FIT).text = wording.fitted(self.env, tested.metrics)
        text = wording.calibrated(self.env, training.card, training.metrics)
        if self.step == FIT:
            self.begin(CALIBRATE)
        self._tell(text)

    def tested(self, values: dict) -> None:
        """Store the figures of the test."""
        self._tell(wording.tested(self.env, self._metrics))

    def in_time(self, work: Callable[[], Any]) -> Any:
        """Return `work()`, done at the moment of the work."""
        return self._outside.copy().run(work)

    def compared(self, values: dict) -> None:
        """Store how it did against the serving version."""
        self._tell(values.get("verdict_text") or self.env._("There is no serving version to compare with."))

    def finish(self, text: str) -> None:
        """Store the last step, without a commit: it belongs to the transaction of the version."""
        self._tell(text)
        self._end_step()

    def answer(self, key: str) -> bytes | None:
        """Return what the child answered before to what has this fingerprint."""
        rows = self.env.execute_query(
            SQL(
                "SELECT answers->>%s FROM ai_deployment_training_step WHERE training_id = %s AND answers ? %s",
                key,
                self.training.id,
                key,
            )
        )
        return next((bytes.fromhex(answer) for (answer,) in rows), None)

    def keep(self, key: str, answer: bytes) -> None:
        """Store an answer of the child."""
        row = self._row(self.step)
        row.answers = {**(row.answers or {}), key: answer.hex()}
        self.env["ir.cron"]._commit_progress()

    def _row(self, step: str) -> BaseModel:
        return self.training.step_ids.filtered(lambda row: row.code == step)

    def _tell(self, text: str | bool) -> None:
        self._row(self.step).text = str(text or "")[:LONGEST_TOLD]

    def _end_step(self) -> None:
        if self.step:
            row = self._row(self.step)
            row.write({"state": "done", "seconds": time.monotonic() - self._begun})

    def _now(self) -> datetime:
        return self.in_time(clock.now)


def parameters(deployment: BaseModel) -> dict:
    """Return the settings and inputs that a training depends on, as plain JSON: names and short texts."""
    specs = [feature._to_spec() for feature in deployment.feature_ids]
    inputs = hashlib.sha256(frames.encode([[str(item) for item in sorted(spec.items(), key=str)] for spec in specs]))
    found = {
        "method": deployment.method,
        "horizon_days": deployment.horizon_days,
        "flag_rate": deployment.flag_rate,
        "inputs": len(specs),
        "inputs_fingerprint": inputs.hexdigest()[:16],
    }
    if deployment.landmarks:
        found["landmarks"] = True
    if deployment.method == "scorecard":
        options = scorecard_options(deployment, specs)
        found |= {name: options[name] for name in ("min_cases", "pairs", "positive_weight") if name in options}
    return found
