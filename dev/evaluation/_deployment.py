"""Deployments under evaluation: declared as an owner would, read back from their log."""

import math

import numpy as np

from odoo import Command
from odoo.tools import SQL


def declare(env, model, name, features, **values):
    """A deployment on records of `model` that reads `features`, a list of `ai.deployment.feature` values."""
    return env["ai.deployment"].create(
        {
            "name": name,
            "purpose": "Evaluation on public data",
            "model_id": env["ir.model"]._get_id(model),
            "user_id": env.ref("base.user_admin").id,
            "feature_ids": [Command.create({"sequence": number, **feature}) for number, feature in enumerate(features)],
            **values,
        }
    )


def logged(deployment, records):
    """(values, the incumbent's values) of the latest inference of each record, in their order; NaN where none."""
    deployment.env.flush_all()
    rows = deployment.env.execute_query(
        SQL(
            "SELECT DISTINCT ON (res_id) res_id, predicted_value, incumbent_value FROM ai_deployment_inference"
            " WHERE deployment_id = %s AND res_id = ANY(%s) ORDER BY res_id, id DESC",
            deployment.id,
            list(records.ids),
        )
    )
    by_id = {res_id: (value, incumbent) for res_id, value, incumbent in rows}
    pairs = [by_id.get(res_id, (None, None)) for res_id in records.ids]
    values, incumbents = zip(*pairs, strict=True) if pairs else ((), ())
    return _numbers(values), _numbers(incumbents)


def _numbers(values):
    return np.array([math.nan if value is None else float(value) for value in values])
