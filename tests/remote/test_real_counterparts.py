"""Real model servers and the official client: what is sent is understood, and what they answer is read.

Each is installed into an environment of its own; where that fails, the test says why.
"""

import json

import pytest
from model_server import ModelServer, contract_of

from odoo.addons.ai_deployment.remote import answer_fields, asking
from odoo.addons.ai_deployment.remote.contract import Contract
from odoo.addons.ai_deployment.remote.guard import Guard
from odoo.addons.ai_deployment.remote.protocols.base import Row
from odoo.addons.ai_deployment.remote.session import Session

from lib import model_servers, venvs

pytestmark = pytest.mark.nightly
INPUTS = {"expected_revenue": "amount", "country_id": "country"}
ROWS = [
    Row(place, {"amount": amount, "country": country})
    for place, (amount, country) in enumerate(
        [(0.0, "Belgium"), (0.0, "France"), (500.0, "Belgium"), (500.0, "France")]
    )
]
CLIENT = """
import json, sys
import openai
address, kwargs = sys.argv[1], json.loads(sys.argv[2])
client = openai.OpenAI(base_url=address, api_key="sk-test", max_retries=0)
try:
    answer = client.chat.completions.create(**kwargs)
except openai.APIError as error:
    print(json.dumps({"error": type(error).__name__}))
else:
    choice = answer.choices[0]
    told = {"content": choice.message.content, "refusal": choice.message.refusal, "tokens": answer.usage.total_tokens}
    print(json.dumps({**told, "finish": choice.finish_reason, "version": openai.__version__}))
"""


def asked(address, contract, rows=ROWS):
    how = asking.protocol_of(Contract.from_dict(contract))
    session = Session(Guard({address.removeprefix("http://")}), deadline=30)
    key = asking.call_key([asking.row_key("digest", row) for row in rows])
    return asking.ask(session, address, how, rows, key)


def assert_read(found, known):
    assert found.error is None, found.received
    assert [result.value for result in found.results] == pytest.approx(known, abs=1e-6)


def test_mlflow_serves_a_model():
    with model_servers.mlflow() as (address, known):
        assert address, known
        assert_read(asked(address, {"protocol": "mlflow", "inputs": INPUTS, "value": "1"}), known)
        refused = asked(
            address, {"protocol": "mlflow", "inputs": {"expected_revenue": "other"}}, [Row(1, {"other": 1})]
        )
        assert refused.error.failure_type == "endpoint_refused"


def test_mlserver_serves_a_model_over_open_inference():
    contract = {"protocol": "inference_v2", "inputs": INPUTS, "model": "leads", "rows_out": "predict_proba"}
    with model_servers.mlserver() as (address, known):
        assert address, known
        assert_read(asked(address, contract), known)
        refused = asked(address, {**contract, "model": "bills"})
        assert refused.error.failure_type == "endpoint_refused"


def call(server, payload):
    """What the official client makes of the server's answer to `payload`, and what it sent for it."""
    found, trouble = venvs.run(*model_servers.OPENAI, CLIENT, server.address("chat"), json.dumps(payload))
    assert found, trouble
    return found, server.calls[-1]


@pytest.fixture(scope="module")
def models():
    server = ModelServer()
    yield server
    server.close()


def test_the_official_client_sends_what_we_send_and_reads_what_we_read(models):
    how = asking.protocol_of(Contract.from_dict({**contract_of("chat", INPUTS), "confidence": "logprobs"}))
    payload = how.payload(ROWS[:1], "0" * 64)
    found, (path, headers, sent) = call(models, payload)
    assert sent == payload
    assert path == "/chat" + how.path()
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == "Bearer sk-test"
    assert (json.loads(found["content"])["chance"], found["tokens"], found["finish"]) == (0.2, 120, "stop")


def test_the_official_client_accepts_the_schema_of_values(models):
    fields = [{"key": "team", "label": "Team", "kind": "choice", "choices": {"Pumps": "1", "Valves": "2"}}]
    contract = {"protocol": "chat", "inputs": INPUTS, "model": "tiny", "prompt": "Which?", "answers": fields}
    how = asking.protocol_of(Contract.from_dict(contract))
    models.values = lambda _inputs: {"team": "Pumps", "team_confidence": 0.9, "unfamiliar": ""}
    payload = how.payload(ROWS[:1], "0" * 64)
    found, (_path, _headers, sent) = call(models, payload)
    models.values = None
    assert sent == payload
    said = json.loads(found["content"])
    said.pop("record_token")
    assert answer_fields.read(how.contract.answer_fields, said).values == {"team": ("Pumps", 0.9)}


@pytest.mark.parametrize(
    ("fault", "seen"),
    [("status_429", "RateLimitError"), ("status_401", "AuthenticationError"), ("status_500", "InternalServerError")],
)
def test_the_official_client_calls_faults_what_we_call_them(models, fault, seen):
    how = asking.protocol_of(Contract.from_dict(contract_of("chat", INPUTS)))
    models.fault = fault
    found, _call = call(models, how.payload(ROWS[:1], "0" * 64))
    models.fault = ""
    assert found == {"error": seen}
