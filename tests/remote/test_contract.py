import pytest
from model_server import CHAT_SCHEMA, contract_of

from odoo.addons.ai_deployment.remote.contract import Contract, ContractError

INPUTS = {"expected_revenue": "amount"}


@pytest.mark.parametrize("protocol", ["mlflow", "inference_v2", "json", "chat"])
def test_a_contract_comes_back_from_storage(protocol):
    contract = Contract.from_dict(contract_of(protocol, INPUTS))
    assert Contract.from_dict(contract.to_dict()) == contract


def chat(**more):
    return {**contract_of("chat", INPUTS), **more}


def field(**more):
    return {**CHAT_SCHEMA, "properties": {"chance": {"type": "number", **more}}}


BAD = [
    ([], "not a JSON object"),
    ({}, "no protocol"),
    ({"protocol": "mlflow"}, "no inputs"),
    ({"protocol": "grpc", "inputs": INPUTS}, "not known"),
    ({"protocol": "mlflow", "inputs": INPUTS, "more": 1}, "“more”"),
    ({"protocol": "mlflow", "inputs": {}}, "Each input needs a name"),
    ({"protocol": "mlflow", "inputs": {"a": "x", "b": "x"}}, "same name"),
    ({"protocol": "mlflow", "inputs": {"a": 'x"'}}, "Each input needs a name"),
    ({"protocol": "mlflow", "inputs": INPUTS, "value": 1}, "must be a text"),
    ({"protocol": "mlflow", "inputs": INPUTS, "value": "a..b"}, "not a path"),
    ({"protocol": "mlflow", "inputs": INPUTS, "positive": "won"}, "needs a confidence"),
    ({"protocol": "inference_v2", "inputs": INPUTS}, "name of the model"),
    ({"protocol": "inference_v2", "inputs": INPUTS, "model": "../admin?x="}, "characters"),
    ({"protocol": "json", "inputs": INPUTS}, "needs the paths"),
    ({"protocol": "json", "inputs": {"a": "id"}, "value": "p"}, "same name"),
    (chat(prompt=" "), "needs a prompt"),
    (chat(prompt="x" * 20_001), "needs a prompt"),
    (chat(schema={}), "must describe an object"),
    (chat(schema=field(pattern="x")), "“pattern”"),
    (chat(schema=field(minimum=2, maximum=1)), "minimum is above maximum"),
    (chat(schema=field(enum=["a"])), "another type"),
    (chat(schema={**CHAT_SCHEMA, "additionalProperties": True}), "additionalProperties"),
    (chat(schema={**CHAT_SCHEMA, "required": ["other"]}), "required must name"),
    (chat(schema={**CHAT_SCHEMA, "required": []}), "must be required"),
    (chat(schema={"type": "object", "properties": {"a": {"type": "array"}}}), "must be of the type"),
    (chat(value="other"), "property of the schema"),
    (chat(confidence="other"), "The confidence must be"),
]


@pytest.mark.parametrize("data, part", BAD, ids=range(len(BAD)))
def test_a_contract_that_does_not_fit_is_refused_in_one_sentence(data, part):
    with pytest.raises(ContractError) as caught:
        Contract.from_dict(data)
    assert part in str(caught.value) and str(caught.value).count(".") >= 1
