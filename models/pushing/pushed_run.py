"""Results that are brought in, logged and routed like those of a card: one transaction, all rows or none."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from odoo.exceptions import UserError, ValidationError
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.columns import make_column
from ...ml.errors import InferenceError
from ...remote.masking import without_secrets
from ..scoring.challenger_answers import keep_answers
from ..tools import clock
from ..tools.credentials import all_credentials
from .rows import PushedRow, columns_with

LONGEST = 4096  # characters of a failure's details that are kept, the last ones


def record_rows(deployment: BaseModel, rows: Sequence[PushedRow], user: BaseModel) -> list[int]:
    """Log and route `rows`; return the ids of their log lines, in the order of the rows.

    :param deployment: `ai.deployment`, in sudo, whose serving version is one of an external program
    :param user: who pushed
    :raise UserError: where the deployment is not live, or such a version does not serve
    :raise ValidationError: about the first row whose record is not one of the deployment's
    """
    env = deployment.env
    check_serves(deployment)
    deployment._check_at_work()
    ids, day = [row.res_id for row in rows], clock.today()
    documents = env[deployment.res_model].browse(ids)
    requested = partial(env["ai.deployment.requested"]._statement, deployment, day, user=user)
    run = deployment._scoring_run(documents, day=day, again=True, requested=requested)
    run.prepare()
    if isinstance(run.card, InferenceError):
        raise UserError(str(run.card))
    run.writer.user_id = user.id
    run.standings = run.read_standings()
    _check_found(deployment, rows, run.standings)
    run._count_requested(at_once=False)
    _forget_waiting(deployment, ids)
    ordered = list(run.standings)
    places = {res_id: place for place, res_id in enumerate(ordered)}
    columns = columns_with(run._columns(ordered), rows, places, make_column)
    answers: list[Any] = [None] * len(ordered)
    for row in rows:
        answers[places[row.res_id]] = row.answer
    run.write_answers(ordered, columns, answers, {row.res_id: row.told for row in rows if row.told})
    run.finish()
    logged = _logged_ids(deployment, ids)
    _keep_details(deployment, rows, logged)
    return [logged[res_id] for res_id in ids]


def check_serves(deployment: BaseModel) -> None:
    """Raise a sentence unless results of this deployment are brought in from outside."""
    if deployment.champion_id.kind != "pushed":
        raise UserError(
            deployment.env._(
                "No version of an external program serves “%s”. Register one, and let its owner promote it.",
                deployment.name,
            )
        )


def version_of(deployment: BaseModel, number: Any) -> BaseModel:
    """Return the version that results are of: the serving one by default, or the challenger by its number.

    :raise UserError: where that is no version of an external program
    """
    if number is None or number == deployment.champion_id.number:
        check_serves(deployment)
        return deployment.champion_id
    challenger = deployment.challenger_id
    if challenger.kind == "pushed" and not isinstance(number, bool) and challenger.number == number:
        return challenger
    raise UserError(
        deployment.env._(
            "Version %(number)s of “%(deployment)s” neither serves nor is the challenger.",
            number=str(number)[:20],
            deployment=deployment.name,
        )
    )


def record_challenger_rows(deployment: BaseModel, rows: Sequence[PushedRow], user: BaseModel) -> list[int]:
    """Log what the challenger found, beside the scores of the serving version; return no ids, as nobody is shown it.

    :param deployment: `ai.deployment`, in sudo, whose challenger is a version of an external program
    :raise UserError: where the deployment is not live
    :raise ValidationError: about the first row whose record is not one of the deployment's
    """
    deployment._check_at_work()
    documents = deployment.env[deployment.res_model].with_user(user).sudo().browse([row.res_id for row in rows])
    run = deployment._scoring_run(documents, day=clock.today())
    run.prepare()
    _check_found(deployment, rows, run.read_standings())
    keep_answers(deployment, {row.res_id: row.answer for row in rows})
    return []


def _check_found(deployment: BaseModel, rows: Sequence[PushedRow], standings: dict[int, Any]) -> None:
    for number, row in enumerate(rows, 1):
        if row.res_id not in standings:
            raise ValidationError(
                deployment.env._(
                    "Row %(number)s, res_id: %(id)s is not a record of “%(deployment)s”.",
                    number=number,
                    id=row.res_id,
                    deployment=deployment.name,
                )
            )


def _forget_waiting(deployment: BaseModel, ids: Sequence[int]) -> None:
    """Nothing waits for records that came in: requests of earlier failures are settled."""
    rows = deployment.env.execute_query(
        SQL(
            "DELETE FROM ai_deployment_request WHERE deployment_id = %s AND res_id = ANY(%s) RETURNING day, asks",
            deployment.id,
            list(ids),
        )
    )
    for day, asks in rows:
        deployment.env["ai.deployment.ledger"]._settled(deployment, day, cancelled=asks)
    if rows:
        deployment.env["ai.deployment.request"].invalidate_model(flush=False)


def _logged_ids(deployment: BaseModel, ids: Sequence[int]) -> dict[int, int]:
    """Return the latest log line of each record: {record id: line id}."""
    rows = deployment.env.execute_query(
        SQL(
            "SELECT res_id, MAX(id) FROM ai_deployment_inference"
            " WHERE deployment_id = %s AND version_id = %s AND res_id = ANY(%s) GROUP BY res_id",
            deployment.id,
            deployment.champion_id.id,
            list(ids),
        )
    )
    return dict(rows)


def _keep_details(deployment: BaseModel, rows: Sequence[PushedRow], logged: dict[int, int]) -> None:
    secrets = all_credentials() if any(row.details for row in rows) else []
    deployment.env["ai.deployment.failure.detail"].create(
        [
            {
                "inference_id": logged[row.res_id],
                "deployment_id": deployment.id,
                "details": without_secrets(row.details, secrets)[-LONGEST:].replace("\0", ""),
                "date": clock.now(),
            }
            for row in rows
            if row.details
        ]
    )
