"""Ask the endpoint of a challenger about what the serving version has scored, minutes later and in a job of its own.

A challenger behind an endpoint never holds up the serving version: nobody waits for what it says. Each record is asked
about once, also where that fails: a line without a score is no pair.
"""

import logging
from collections.abc import Collection

from odoo.api import Environment
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.columns import Column
from ...ml.errors import EndpointNotReady
from ..deployment.life_cycle import LIVE
from ..deployment.serving import challenging
from ..endpoints import breakers
from ..features.feature_reader import FeatureReader
from ..tools import faults
from .challenger_answers import keep_answers
from .challenger_run import failed
from .remote_asking import RemoteAnswers, RemoteAsking

_logger = logging.getLogger(__name__)

MOST = 500  # records of one deployment in one run of the job


class ChallengerAsking(RemoteAsking):
    """Ask about records that the serving version has scored for the first time.

    :param deployment: `ai.deployment` in sudo, whose challenger is a remote version
    :param ids: of records
    """

    def __init__(self, deployment: BaseModel, ids: list[int]) -> None:
        super().__init__(deployment, deployment.challenger_id)
        self.ids = ids

    def _read(self) -> tuple[list[int], dict[str, Column], Collection[int]] | None:
        columns = columns_of(self.deployment, self.version, self.ids)
        _codes, errors = self.version._card()._codes(columns)
        return self.ids, columns, errors


def columns_of(deployment: BaseModel, version: BaseModel, ids: list[int]) -> dict[str, Column]:
    """Return the inputs of `version` of the records `ids`, in this order."""
    documents = deployment.env[deployment.res_model]
    return FeatureReader(documents, list(version._specs().values()), deployment.company_id, ()).columns(ids)


def ask_challengers(env: Environment) -> None:
    """Ask the challengers of all live deployments that are remote versions; commits after each."""
    away = breakers.blocked(env, role="challenger")
    deployments = env["ai.deployment"].sudo().search(Domain("state", "in", LIVE) & Domain("challenger_id", "!=", False))
    for deployment in deployments:
        if deployment.challenger_id.kind != "remote" or deployment.id in away:
            continue
        try:
            _ask(deployment)
        except Exception as error:
            if faults.is_of_the_moment(error):
                raise
            env.cr.rollback()
            faults.log_fault(_logger, f"The challenger of deployment {deployment.id} failed", error)
            failed(deployment, error)
        env["ir.cron"]._commit_progress()


def _ask(deployment: BaseModel) -> None:
    version, ids = deployment.challenger_id, _not_asked(deployment)
    if fault := version._fault():
        failed(deployment, fault)
        return
    if not ids:
        return
    ChallengerAsking(deployment, ids).work()
    if deployment.challenger_id != version:  # another one was chosen meanwhile
        return
    ids = deployment.env[deployment.res_model].browse(ids).exists().ids
    found, fresh = RemoteAnswers(version).of(columns_of(deployment, version, ids), ids)
    answered = {
        res_id: answer for res_id, answer in zip(ids, found, strict=True) if not isinstance(answer, EndpointNotReady)
    }
    keep_answers(deployment, answered)
    RemoteAnswers(version).used(list(answered))


def _not_asked(deployment: BaseModel) -> list[int]:
    """Return ids of records that were new to the serving version since the challenger began, and have no line of it."""
    assignment, env = challenging(deployment), deployment.env
    env["ai.deployment.inference"].flush_model()
    rows = env.execute_query(
        SQL(
            "SELECT DISTINCT line.res_id FROM ai_deployment_inference line WHERE line.version_id = %s"
            " AND line.is_first_inference AND line.predicted_value IS NOT NULL AND line.date >= %s"
            " AND NOT EXISTS (SELECT FROM ai_deployment_challenger_score theirs"
            " WHERE theirs.version_id = %s AND theirs.res_id = line.res_id) ORDER BY line.res_id LIMIT %s",
            deployment.champion_id.id,
            assignment.start_date,
            assignment.version_id.id,
            MOST,
        )
    )
    documents = env[deployment.res_model]
    return documents.search(Domain("id", "in", [res_id for (res_id,) in rows]) & documents._ai_open_domain()).ids
