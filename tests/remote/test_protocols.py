"""What each protocol sends, and where: as its specification has it."""

import json

import pytest
from model_server import CHAT_SCHEMA

from odoo.addons.ai_deployment.ml.errors import AnswerMismatch
from odoo.addons.ai_deployment.remote import asking
from odoo.addons.ai_deployment.remote.contract import Contract
from odoo.addons.ai_deployment.remote.protocols.base import Row

INPUTS = {"expected_revenue": "amount"}
KEY = "0123456789abcdef" * 4
CHAT = {"model": "tiny", "value": "chance", "prompt": "How likely?", "schema": CHAT_SCHEMA}


def protocol(name, **contract):
    return asking.protocol_of(Contract.from_dict({"protocol": name, "inputs": INPUTS, **contract}))


@pytest.mark.parametrize(
    ("name", "contract", "path"),
    [
        ("mlflow", {}, "/invocations"),
        ("inference_v2", {"model": "leads"}, "/v2/models/leads/infer"),
        ("chat", CHAT, "/chat/completions"),
        ("json", {"value": "score"}, ""),  # the address is the whole of it
    ],
)
def test_where_a_protocol_sends(name, contract, path):
    assert protocol(name, **contract).path() == path


@pytest.mark.parametrize(("confidence", "asks"), [("", False), ("logprobs", True)])
def test_a_chat_is_to_answer_the_same_each_time_and_says_how_sure_it_is_where_that_is_read(confidence, asks):
    sent = protocol("chat", **CHAT, **({"confidence": confidence} if confidence else {})).payload(
        [Row(1, {"amount": 5.0})], KEY
    )
    assert sent["temperature"] == 0 and sent.get("logprobs", False) is asks
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["response_format"]["json_schema"]["strict"] is True


def test_open_inference_is_told_a_call_by_its_key_and_takes_no_other_call_for_it():
    how, rows = protocol("inference_v2", model="leads"), [Row(1, {"amount": 5.0})]
    assert how.payload(rows, KEY)["id"] == KEY
    answer = {"model_name": "leads", "outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [0.4]}]}
    for said in ({}, {"id": KEY}):
        read = how.read(rows, KEY, json.dumps({**answer, **said}).encode(), "application/json")
        assert [result.value for result in read.results] == [0.4]
    with pytest.raises(AnswerMismatch):
        how.read(rows, KEY, json.dumps({**answer, "id": "another"}).encode(), "application/json")
