import hashlib
import hmac
import json
import time

import pytest
from hostile import answer

from odoo.addons.ai_deployment.ml.errors import EndpointRefused
from odoo.addons.ai_deployment.remote import webhook

MESSAGE = ("Which leads to call: it moved", "Ask why.", "https://odoo.example.com/odoo/ai-alerts/7", "Open in Odoo")


def test_a_message_arrives_as_slack_reads_it(server):
    webhook.post(server.url("/ok"), [MESSAGE, MESSAGE], allowed=server.allowed)
    [(_path, _headers, body)] = server.calls
    sent = json.loads(body)
    assert sent["text"] == f"{MESSAGE[0]}; {MESSAGE[0]}"
    assert len(sent["blocks"]) == 2
    assert sent["blocks"][0]["text"]["text"].endswith("<https://odoo.example.com/odoo/ai-alerts/7|Open in Odoo>")


@pytest.mark.parametrize("body", [b"ok", b"", b'{"ok": true}', b"<html>"])
def test_what_other_chats_answer_is_fine(server, body):
    server.answers["/x"] = answer(200, body)
    webhook.post(server.url("/x"), [MESSAGE], allowed=server.allowed)


def test_a_word_of_refusal_is_passed_on(server):
    server.answers["/x"] = answer(200, b"invalid_token")
    with pytest.raises(EndpointRefused, match="invalid_token"):
        webhook.post(server.url("/x"), [MESSAGE], allowed=server.allowed)


def test_a_part_of_the_address_that_comes_back_is_not_passed_on(server):
    server.answers["/secret_word"] = answer(200, b"secret_word")
    with pytest.raises(EndpointRefused) as caught:
        webhook.post(server.url("/secret_word"), [MESSAGE], allowed=server.allowed)
    assert "secret_word" not in str(caught.value)


def test_texts_of_records_call_nobody_and_hide_no_link():
    sent = webhook.payload([("<!channel> *x*", "<https://evil.example|Open>", "https://a.example/?a=1&b=2", "Open")])
    text = sent["blocks"][0]["text"]["text"]
    assert "<!channel>" not in text and "<https://evil" not in text
    assert "<!channel>" not in sent["text"]
    assert "<https://a.example/?a=1&amp;b=2|Open>" in text


def test_a_block_stays_within_its_limit_and_keeps_its_link():
    [block] = webhook.payload([("s" * 500, "t" * 9000, "https://a.example/", "Open")])["blocks"]
    assert len(block["text"]["text"]) <= webhook.MOST_CHARACTERS
    assert block["text"]["text"].endswith("<https://a.example/|Open>")


def test_line_breaks_do_not_leave_the_headline():
    [block] = webhook.payload([("one\ntwo", "", "", "")])["blocks"]
    assert block["text"]["text"] == "*one two*"


def test_an_event_is_plain_json_and_signed_over_its_moment_and_body(server):
    event = {"event": "retraining_requested", "deployment": {"id": 7, "name": "Leads <b>"}}
    webhook.post_event(server.url("/ok"), event, secret="s3cret", key="k1", allowed=server.allowed)
    [(_path, headers, body)] = server.calls
    assert json.loads(body) == event
    moment = headers["x-timestamp"]
    expected = hmac.new(b"s3cret", moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-signature"] == f"sha256={expected}"
    assert headers["idempotency-key"] == "k1"
    assert abs(time.time() - int(moment)) < 60


def test_a_changed_body_or_moment_has_another_signature():
    signed = webhook.signature("s3cret", "1700000000", b"{}")
    assert signed != webhook.signature("s3cret", "1700000001", b"{}")
    assert signed != webhook.signature("s3cret", "1700000000", b"{ }")
    assert signed != webhook.signature("other", "1700000000", b"{}")
