"""A model server on this machine that speaks all protocols of ``remote.protocols``, well or badly on request.

``fault`` names the way in which it misbehaves (`FAULTS`), empty where it does not. Addresses that are faults by
themselves (nobody listens, a name that is not known) are made by `address_of`.
"""

import gzip
import http.server
import json
import re
import socket
import threading
import time


def score(inputs):
    """The answer on one record: sure where some number in it is large."""
    numbers = [value for value in inputs.values() if isinstance(value, int | float) and not isinstance(value, bool)]
    return 0.9 if max(numbers, default=0) >= 10_000 else 0.2


class ModelServer:
    def __init__(self, *, delay=0.0, score=score, values=None, port=0):
        self.values = values  # function from inputs to the values proposed, of a server that does not score
        self.fault, self.delay, self.score = "", delay, score
        self.calls, self.at_once, self.most_at_once = [], 0, 0  # calls: (path, headers, payload)
        self.connections = 0
        self.before_answer = lambda: None
        self.fault_of = lambda _payload: ""  # of single calls, where it does not misbehave as a whole
        self._lock = threading.Lock()
        self.keys = {}  # idempotency key: how often it came
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one packet

            def setup(self):
                super().setup()
                server.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with server._lock:
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                try:
                    server._serve(self, json.loads(body))
                except OSError:
                    self.close_connection = True  # the caller hung up, as it should
                finally:
                    with server._lock:
                        server.at_once -= 1

            def log_message(self, *_arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

            def handle_error(self, *_arguments):
                pass

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def address(self, protocol):
        return f"http://{self.host}/{protocol}"

    def _serve(self, handler, payload):
        key = handler.headers.get("Idempotency-Key", "")
        with self._lock:
            self.calls.append((handler.path, dict(handler.headers), payload))
            self.keys[key] = self.keys.get(key, 0) + 1
        self.before_answer()
        if self.delay:
            time.sleep(self.delay)
        protocol = handler.path.split("/")[1]
        fault = self.fault or self.fault_of(payload)
        if fault:
            FAULTS[fault][2](self, handler, protocol, payload)
        else:
            send(handler, self.answer(protocol, payload))

    def answer(self, protocol, payload):
        """The good answer, as plain JSON types."""
        return getattr(self, f"_answer_{protocol}")(payload)

    def _answer_mlflow(self, payload):
        split = payload["dataframe_split"]
        return {"predictions": [self.score(dict(zip(split["columns"], row, strict=True))) for row in split["data"]]}

    def _answer_inference_v2(self, payload):
        columns = {each["name"]: each["data"] for each in payload["inputs"]}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        data = [self.score(row) for row in rows]
        out = {"name": "predict", "shape": [len(data), 1], "datatype": "FP64", "data": data}
        return {"model_name": "leads", "id": payload["id"], "outputs": [out]}

    def _answer_json(self, payload):
        if self.values:
            return {"predictions": [{"id": row.pop("id"), "answers": self.values(row)} for row in payload["rows"]]}
        return {"predictions": [{"id": row.pop("id"), "score": self.score(row)} for row in payload["rows"]]}

    def _answer_chat(self, payload, text=None, **choice):
        if text is None:
            text = json.dumps(self.said(payload))
        message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **choice}
        return {"choices": [message], "usage": {"total_tokens": 120}}

    def said(self, payload):
        """What the language model says of a record, as an object."""
        user = payload["messages"][1]["content"]
        inputs = json.loads(user.split("\n")[1])
        schema = payload["response_format"]["json_schema"]["schema"]["properties"]
        token = schema["record_token"]["enum"][0]
        assert re.fullmatch(r"[0-9a-f]{12}", token)
        said = self.values(inputs) if self.values else {"chance": self.score(inputs)}
        return {**said, "record_token": token}


def send(handler, value, status=200, kind="application/json", **headers):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


# Ways to misbehave: {name: (protocol, failure type in the end, function of (server, handler, protocol, payload))}


def _status(status, **headers):
    return lambda _server, handler, _protocol, _payload: send(handler, b'{"error": "no"}', status, **headers)


def _body(body, kind="application/json", **headers):
    return lambda _server, handler, _protocol, _payload: send(handler, body, 200, kind, **headers)


def _changed(change):
    def misbehave(server, handler, protocol, payload):
        send(handler, change(server.answer(protocol, payload)))

    return misbehave


def _says(text, **choice):
    def misbehave(server, handler, _protocol, payload):
        said = json.dumps(server.said(payload))
        send(handler, server._answer_chat(payload, text(said) if callable(text) else text, **choice))

    return misbehave


def _reset(_server, handler, _protocol, _payload):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.close()


def _hang(before):
    def misbehave(_server, handler, _protocol, _payload):
        if not before:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n")
            handler.wfile.flush()
        _wait(handler, 8)
        handler.close_connection = True

    return misbehave


def _drip(_server, handler, _protocol, _payload):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(160):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
    handler.close_connection = True


def _wait(handler, seconds):
    handler.connection.settimeout(seconds)
    try:
        handler.connection.recv(1)
    except OSError:
        return


def _echo(_server, handler, _protocol, _payload):
    send(handler, handler.headers.get("Authorization", "nothing").encode(), 403)


def _cut(server, handler, protocol, payload):
    body = json.dumps(server.answer(protocol, payload)).encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body[:-4]))
    handler.wfile.flush()
    handler.close_connection = True


def _ended_early(server, handler, protocol, payload):
    send(handler, json.dumps(server.answer(protocol, payload)).encode()[:-5])


def _large(_server, handler, _protocol, _payload):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b" " * 1_000_000)
    handler.close_connection = True


BOMB = gzip.compress(b" " * 20_000_000, 1)


def _bomb(_server, handler, _protocol, _payload):
    send(handler, BOMB, Content_Encoding="gzip")


def _garbage(_server, handler, _protocol, _payload):
    handler.wfile.write(b"\x00\xff\xfe no web server \r\n\r\n" * 20)
    handler.wfile.flush()
    handler.close_connection = True


def _predict(*values):
    return _body(json.dumps({"predictions": list(values)}).encode().replace(b'"raw:', b"").replace(b':raw"', b""))


def _swapped(answer):
    return {"predictions": answer["predictions"][::-1]}


def _other_id(answer):
    return {"predictions": [{**each, "id": each["id"] + 1_000_000} for each in answer["predictions"]]}


def _other_record(text):
    return text.replace(json.loads(text)["record_token"], "0" * 12)


FAULTS = {
    "says_what_it_was_told": ("mlflow", "endpoint_refused", _echo),
    "reset": ("mlflow", "endpoint_unreachable", _reset),
    "hang_before_headers": ("mlflow", "endpoint_timeout", _hang(True)),
    "hang_after_headers": ("mlflow", "endpoint_timeout", _hang(False)),
    "slow_drip": ("mlflow", "endpoint_timeout", _drip),
    "status_400": ("mlflow", "endpoint_refused", _status(400)),
    "status_401": ("mlflow", "endpoint_refused", _status(401)),
    "status_404": ("mlflow", "endpoint_refused", _status(404)),
    "status_422": ("mlflow", "endpoint_refused", _status(422)),
    "status_429": ("mlflow", "endpoint_busy", _status(429)),
    "status_429_retry_after": ("mlflow", "endpoint_busy", _status(429, Retry_After="3600")),
    "status_500": ("mlflow", "endpoint_busy", _status(500)),
    "status_503": ("mlflow", "endpoint_busy", _status(503)),
    "status_599": ("mlflow", "endpoint_busy", _status(599)),
    "redirect_to_private": ("mlflow", "endpoint_refused", _status(302, Location="http://10.0.0.1/")),
    "not_http": ("mlflow", "endpoint_malformed", _garbage),
    "broken_off": ("mlflow", "endpoint_malformed", _cut),
    "hundred_megabytes": ("mlflow", "endpoint_malformed", _large),
    "gzip_bomb": ("mlflow", "endpoint_malformed", _bomb),
    "empty": ("mlflow", "answer_empty", _body(b"")),
    "html": ("mlflow", "answer_not_json", _body(b"<html><body>Sign in</body></html>", "text/html")),
    "wrong_content_type": ("mlflow", "answer_not_json", _body(b"0.5,0.6", "text/csv")),
    "truncated": ("mlflow", "answer_truncated", _ended_early),
    "nan": ("mlflow", "answer_out_of_range", _predict("raw:NaN:raw")),
    "infinity": ("mlflow", "answer_out_of_range", _predict("raw:-Infinity:raw")),
    "too_large_a_float": ("mlflow", "answer_out_of_range", _predict("raw:1e999:raw")),
    "out_of_range": ("mlflow", "answer_out_of_range", _predict(1.7)),
    "wrong_length": ("mlflow", "answer_mismatch", _predict(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)),
    "wrong_type": ("mlflow", "answer_schema", _predict("0.5")),
    "true_as_a_number": ("mlflow", "answer_schema", _predict(True)),
    "deep": ("mlflow", "answer_not_json", _body(b"[" * 100_000)),
    "other_model": ("inference_v2", "answer_mismatch", _changed(lambda answer: {**answer, "model_name": "bills"})),
    "other_shape": (
        "inference_v2",
        "answer_mismatch",
        _changed(lambda answer: {**answer, "outputs": [{**answer["outputs"][0], "shape": [9, 1]}]}),
    ),
    "wrong_order_of_ids": ("json", "answer_mismatch", _changed(_swapped)),
    "another_record": ("json", "answer_mismatch", _changed(_other_id)),
    "duplicate_keys": ("chat", "answer_ambiguous", _says(lambda text: '{"chance": 0.9, ' + text[1:])),
    "prose": ("chat", "answer_not_json", _says("This lead looks very promising to me.")),
    "prose_around_json": ("chat", "answer_wrapped", _says(lambda text: f"Here is the answer: {text} Anything else?")),
    "json_in_a_code_fence": ("chat", "answer_wrapped", _says(lambda text: f"```json\n{text}\n```")),
    "schema_almost_right": ("chat", "answer_schema", _says(lambda text: text.replace("chance", "probability"))),
    "refusal_as_text": ("chat", "answer_refusal", _says("I'm sorry, but I can't help with that.")),
    "refusal_as_field": ("chat", "answer_refusal", _says("", message={"role": "assistant", "refusal": "No."})),
    "out_of_tokens": ("chat", "answer_truncated", _says(lambda text: text[:9], finish_reason="length")),
    "answer_for_another_record": ("chat", "answer_mismatch", _says(_other_record)),
    "no_choice": ("chat", "answer_schema", _body(b'{"choices": []}')),
}
# Addresses that are faults by themselves: {name: (the failure type, address)}.
ADDRESSES = {
    "unknown_name": ("endpoint_unreachable", "https://models.invalid/score"),
    "private_address": ("endpoint_refused", "https://10.11.12.13/score"),
    "cloud_metadata": ("endpoint_refused", "https://169.254.169.254/latest"),
    "no_tls": ("endpoint_refused", "http://models.example.com/score"),
}
CHAT_SCHEMA = {
    "type": "object",
    "properties": {"chance": {"type": "number", "minimum": 0, "maximum": 1}},
    "required": ["chance"],
}


def contract_of(protocol, inputs):
    """The contract that this server keeps, as plain JSON types."""
    own = {
        "mlflow": {},
        "inference_v2": {"model": "leads"},
        "json": {"value": "score"},
        "chat": {"model": "tiny", "value": "chance", "prompt": "How likely is it won?", "schema": CHAT_SCHEMA},
    }[protocol]
    return {"protocol": protocol, "inputs": inputs, **own}


def closed_port():
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
