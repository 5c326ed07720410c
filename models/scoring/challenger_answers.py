"""What a challenger outside Odoo found: kept beside the serving version's latest score of the same record.

A challenger of points scores in the chunk of the serving version (`challenger_run`). One behind an endpoint, or one
whose results are pushed, answers later. Its line is compared with the serving one only where the record was new to
both while it challenged, and is still open: what it says after the end of a record is no prediction.
"""

from collections.abc import Mapping
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.errors import InferenceError
from ..deployment.serving import challenging
from ..tools import clock

OUTSIDE = ("remote", "pushed")  # kinds of versions whose answers are brought in


def keep_answers(deployment: BaseModel, answers: Mapping[int, Any]) -> int:
    """Log `answers` of the challenger of `deployment`; return the number of lines.

    :param deployment: `ai.deployment` in sudo
    :param answers: {id of a record of the deployment: (score, confidence) or an InferenceError}
    """
    assignment = challenging(deployment)
    version = assignment.version_id
    if not assignment or not answers:
        return 0
    env, ids = deployment.env, sorted(answers)
    documents = env[deployment.res_model].with_context(active_test=False)
    still = set(documents.search(Domain("id", "in", ids) & documents._ai_open_domain()).ids)
    found = [None if isinstance(answers[res_id], InferenceError) else answers[res_id] for res_id in ids]
    failures = [getattr(answers[res_id], "failure_type", None) for res_id in ids]
    threshold = version._card().threshold
    env["ai.deployment.inference"].flush_model()
    env.cr.execute(
        SQL(
            "INSERT INTO ai_deployment_challenger_score (date, deployment_id, company_id, res_model, res_id,"
            " version_id, serving_id, is_first, predicted_value, prediction, confidence, failure_type,"
            " serving_value, serving_prediction)"
            " SELECT %(now)s, %(deployment)s, COALESCE(latest.company_id, %(company)s), %(model)s, given.id,"
            " %(version)s, %(serving)s, given.is_open AND latest.is_new AND NOT EXISTS (SELECT"
            " FROM ai_deployment_challenger_score line WHERE line.version_id = %(version)s AND line.res_id = given.id),"
            " given.value, given.value >= %(threshold)s, given.confidence, given.failure,"
            " latest.predicted_value, latest.prediction"
            " FROM unnest(%(ids)s, %(values)s::float8[], %(confidences)s::float8[], %(failures)s::varchar[],"
            " %(open)s::bool[]) AS given (id, value, confidence, failure, is_open)"
            " LEFT JOIN LATERAL (SELECT company_id, predicted_value, prediction, bool_or(is_first_inference"
            " AND date >= %(since)s) OVER () AS is_new FROM ai_deployment_inference"
            " WHERE deployment_id = %(deployment)s AND res_id = given.id AND version_id = %(serving)s"
            " AND predicted_value IS NOT NULL ORDER BY id DESC LIMIT 1) latest ON TRUE",
            now=clock.now(),
            deployment=deployment.id,
            company=deployment.company_id.id,
            model=deployment.res_model,
            version=version.id,
            serving=deployment.champion_id.id,
            threshold=threshold,
            ids=ids,
            values=[answer and answer[0] for answer in found],
            confidences=[answer and answer[1] for answer in found],
            failures=failures,
            open=[res_id in still for res_id in ids],
            since=assignment.start_date,
        )
    )
    return len(ids)


def latest_answers(deployment: BaseModel, ids: list[int]) -> dict[int, Any]:
    """Return what the challenger answered last on each of the records `ids`: {record id: (score, confidence)}."""
    rows = deployment.env.execute_query(
        SQL(
            "SELECT DISTINCT ON (res_id) res_id, predicted_value, confidence FROM ai_deployment_challenger_score"
            " WHERE version_id = %s AND res_id = ANY(%s) AND predicted_value IS NOT NULL ORDER BY res_id, id DESC",
            deployment.challenger_id.id,
            ids,
        )
    )
    return {res_id: (value, confidence) for res_id, value, confidence in rows}
