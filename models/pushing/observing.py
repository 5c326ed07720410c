"""Code of one's own as a model: what it found is logged and routed, and a failure of it sends the record to a person.

The result belongs to the caller's transaction: rolled back with it, committed with it. A failure is kept whatever
becomes of that transaction, in one of its own afterwards; the exception goes on to the caller unchanged.
"""

import logging
import traceback
from functools import partial
from types import TracebackType
from typing import Any, Self

import numpy as np

from odoo.api import SUPERUSER_ID, Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.modules.registry import Registry

from ...ml.errors import OutsideFailure
from ..tools import faults
from .pushed_run import check_serves, record_rows
from .rows import LONGEST_DETAILS, PushedRow, RowCheck, storable

_logger = logging.getLogger(__name__)


class Observed:
    """One act of scoring one record by code of one's own.

    Set ``output`` (a number from 0 to 1, or yes and no) and, where they are known, ``confidence`` and ``inputs``; where
    the deployment proposes values, ``answers`` in place of an output.
    """

    def __init__(self, deployment: BaseModel, record: BaseModel, user: BaseModel) -> None:
        self.inputs: dict[str, Any] = {}
        self.output: float | bool | None = None
        self.confidence: float | None = None
        self.answers: dict[str, Any] | None = None
        self.inference_id: int | None = None  # of the log line, once it is written
        self._deployment, self._record, self._user = deployment, record, user

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._keep()
            except UserError as refused:  # the code has said something that is no result: its own failure
                self._keep_failure(refused)
                raise
        elif isinstance(error, Exception) and not faults.is_of_the_moment(error):
            self._keep_failure(error)  # a collision is no failure: Odoo does it all once more

    def run(self, function: Any) -> Self:
        """Call ``function(call)`` as the block of a ``with``: for server actions, whose code has no such statement."""
        with self:
            function(self)
        return self

    def _keep(self) -> None:
        row: dict[str, Any] = {"res_id": self._record.id, "inputs": _plain(self.inputs)}
        row.update(_plain(self._scored() if self.answers is None else {"answers": _plain(self.answers)}))
        [checked] = row_check(self._deployment.champion_id).rows([row])
        with self._deployment.env.cr.savepoint():
            [self.inference_id] = record_rows(self._deployment, [checked], self._user)

    def _scored(self) -> dict[str, Any]:
        """Return the score and the confidence of an output."""
        if self.output is None:
            raise UserError(self._deployment.env._("The code that is observed has set no output."))
        output = _plain_value(self.output)
        score: float = output
        if isinstance(output, bool):
            score = 1.0 if output else 0.0
            if self.confidence is not None:
                score = self.confidence if output else 1 - self.confidence
        return {"score": score, "confidence": self.confidence}

    def _keep_failure(self, error: Exception) -> None:
        """Keep the failure once the caller's transaction has ended, either way."""
        details = storable("".join(traceback.format_exception(error)))[-LONGEST_DETAILS:]
        message, cr = faults.how_it_failed(error), self._deployment.env.cr
        arguments = (cr.dbname, self._deployment.id, self._record.id, self._user.id, message, details)
        done: list[bool] = []
        for hook in (cr.postcommit, cr.postrollback):
            hook.add(partial(_keep_afterwards, done, *arguments))


def _plain_value(value: Any) -> Any:
    """Return a number of numpy, as libraries of models give them, as Python's own; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _plain(values: Any) -> Any:
    return {name: _plain_value(value) for name, value in values.items()} if isinstance(values, dict) else values


def _keep_afterwards(
    done: list[bool], database: str, deployment_id: int, res_id: int, uid: int, message: str, details: str
) -> None:
    if done:
        return
    done.append(True)
    try:
        with Registry(database).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            deployment = env["ai.deployment"].browse(deployment_id).exists()
            if deployment and env[deployment.res_model].browse(res_id).exists():
                row = PushedRow(res_id, OutsideFailure(message), {}, details)
                record_rows(deployment, [row], env["res.users"].browse(uid))
                return
        _logger.warning("Record %s of deployment %s is gone: its failure is not logged", res_id, deployment_id)
    except Exception as error:  # noqa: BLE001 - the caller's own exception is on its way, and must not be lost
        faults.log_fault(_logger, f"A failure of deployment {deployment_id} could not be logged", error)


def observe(deployment: BaseModel, record: BaseModel) -> Observed:
    """Return the context manager that observes one act of scoring `record`.

    :param deployment: `ai.deployment` with the rights of the caller
    :raise UserError: where the record is none of the deployment's, or its results are not brought in
    """
    record.ensure_one()
    if record._name != deployment.res_model:
        raise UserError(deployment.env._("“%s” scores other records.", deployment.sudo().name))
    record.check_access("read")
    check_serves(deployment.sudo())
    return Observed(deployment.sudo(), record, deployment.env.user)


def row_check(version: BaseModel) -> RowCheck:
    """Return the check of rows that `version` found."""
    inputs = {key: spec["kind"] for key, spec in version._specs().items()}
    return RowCheck(version.env, inputs, version._answer_fields())
