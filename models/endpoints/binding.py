"""A remote version: an endpoint bound to a deployment by a fixed contract."""

import json
from types import SimpleNamespace
from typing import Any

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ...ml import remote_card
from ...ml.columns import CATEGORY, TAGS
from ...remote.contract import Contract, ContractError
from ..features.feature_reader import FeatureReader
from ..tools import clock

REFERENCE_ROWS = 1000  # latest records, whose inputs the bins are made of


def bind(deployment: BaseModel, endpoint: BaseModel, contract: dict[str, Any], *, threshold: float = 0.5) -> BaseModel:
    """Return a new version of `deployment` that asks `endpoint`; it serves once somebody promotes it.

    :param deployment: `ai.deployment`, in sudo
    :param contract: plain JSON, see ``remote.contract``
    :raise UserError: a sentence on what does not fit; nothing is stored then
    """
    env = deployment.env
    if not endpoint.exists() or not endpoint.active:
        raise UserError(env._("The endpoint is archived or has been deleted. Choose another one."))
    if endpoint.company_id.id not in env["res.company"]._ai_above_ids(deployment.company_id.id):
        raise UserError(env._("“%s” belongs to another company.", endpoint.name))
    if contract.get("protocol") != endpoint.protocol:
        raise UserError(env._("“%s” speaks another protocol than the contract.", endpoint.name))
    if deployment.is_task:
        contract = {**contract, "answers": deployment.env["ai.deployment.answer.field"]._checked(deployment)}
    try:
        checked = Contract.from_dict(contract)
    except ContractError as error:
        raise UserError(str(error)) from error
    return make_version(
        deployment, remote_card.RemoteCard, checked.to_dict(), list(checked.inputs), threshold, endpoint_id=endpoint.id
    )


def make_version(
    deployment: BaseModel,
    card: type[remote_card.RemoteCard],
    contract: dict[str, Any],
    keys: list[str],
    threshold: float,
    **values: Any,
) -> BaseModel:
    """Return a new version around a model that runs elsewhere, with bins of the latest records.

    :param deployment: `ai.deployment`, in sudo
    :param keys: of the inputs that the model is told
    :raise UserError: where an input is not declared, or the deployment cannot have such a version
    """
    env = deployment.env
    if deployment.state == "retired":
        raise UserError(env._("“%s” is retired.", deployment.name))
    if deployment.method == "anomaly":
        raise UserError(
            env._(
                "A remote model can be bound if the deployment predicts an outcome, chooses a value or extracts fields."
            )
        )
    if not 0 < threshold < 1:
        raise UserError(env._("The threshold must be between 0 and 1."))
    declared = {feature.key: feature._to_spec() for feature in deployment.feature_ids}
    unknown = [key for key in keys if key not in declared]
    if unknown:
        raise UserError(env._("“%s” is not an input of the deployment. Add it first.", str(unknown[0])[:60]))
    specs = {key: spec for key, spec in declared.items() if key in keys}
    for spec in specs.values():
        if spec["kind"] == TAGS:  # sent as one text: its tags, joined by commas
            spec["kind"] = CATEGORY
    reader = FeatureReader(env[deployment.res_model].sudo(), list(specs.values()), deployment.company_id, ())
    columns = reader.columns(_latest(deployment))
    required = [key for key, spec in specs.items() if spec["required"]]
    made, reference = remote_card.around(card, columns, contract, required=required, threshold=threshold)
    training = SimpleNamespace(card=made, metrics={"rows": reference.rows, "inputs": len(specs)}, reference=reference)
    versions = env["ai.deployment.version"]
    return versions._store(
        deployment,
        training,
        list(specs.values()),
        clock.now(),
        verdict="inconclusive" if deployment.champion_id else "first",
        verdict_text=env._("Not tested: a remote model is judged by the outcomes of what it scores."),
        **values,
    )


def _latest(deployment: BaseModel) -> list[int]:
    """Return the ids of the latest records that the deployment is for."""
    documents = deployment.env[deployment.res_model].sudo()
    domain = deployment._record_domain() & documents._ai_base_domain() & deployment._company_domain()
    return documents.with_context(active_test=False).search(domain, order="id desc", limit=REFERENCE_ROWS).ids


def contract_of(text: str, what: str, deployment: BaseModel) -> Any:
    """Return the JSON that a person wrote, or raise a sentence.

    :param what: what it is, as the person knows it
    """
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError) as error:
        raise UserError(deployment.env._("“%s” is not valid JSON.", what)) from error
