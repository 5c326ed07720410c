"""Real model servers, each in a virtual environment of its own: what the protocols of ``remote/`` are held against.

Each serves a small scikit-learn model that tells leads apart by their amount and country. `dev/demo --with-mlflow`
serves the same model with MLflow beside the demonstration.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import venvs

MLFLOW = ("mlflow", ("mlflow>=3,<4", "scikit-learn>=1.7,<2"))
MLSERVER = ("mlserver", ("mlserver>=1.6,<2", "mlserver-sklearn>=1.6,<2"))
OPENAI = ("openai", ("openai>=2,<4",))
MLFLOW_PORT = 18088  # of dev/demo --with-mlflow
SECONDS = 180  # until a server answers

_MODEL = """
import sys
import pandas
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rows = [(amount, country) for amount in range(0, 60000, 500) for country in ("Belgium", "France")]
table = pandas.DataFrame(rows, columns=["amount", "country"]).astype({"amount": "float64"})
labels = [int(amount >= 10000) for amount in table["amount"]]
model = make_pipeline(
    make_column_transformer(
        (StandardScaler(), ["amount"]),
        (OneHotEncoder(handle_unknown="ignore"), ["country"]),
    ),
    LogisticRegression(C=100.0),
).fit(table, labels)
"""
_SAVE_MLFLOW = (
    _MODEL
    + """
import json
import mlflow
options = {"pyfunc_predict_fn": "predict_proba", "serialization_format": "pickle", "pip_requirements": []}
mlflow.sklearn.save_model(model, sys.argv[1] + "/model", **options)
print(json.dumps(model.predict_proba(table[:4])[:, 1].tolist()))
"""
)
_SAVE_MLSERVER = (
    _MODEL
    + """
import json
import joblib
joblib.dump(model, sys.argv[1] + "/model.joblib")
print(json.dumps(model.predict_proba(table[:4])[:, 1].tolist()))
"""
)


@contextlib.contextmanager
def mlflow(port=0):
    """(address of an MLflow model server, what its model says of the first four rows); (None, why there is none)."""
    with _served(MLFLOW, _SAVE_MLFLOW, _mlflow_command, "/ping", port) as found:
        yield found


def _mlflow_command(python, folder, port):
    return [python.with_name("mlflow"), "models", "serve", "-m", f"{folder}/model", "-h", "127.0.0.1"] + [
        "-p",
        str(port),
        "--env-manager",
        "local",
    ]


@contextlib.contextmanager
def mlserver(port=0):
    """As `mlflow`, of an MLServer, which speaks Open Inference v2."""
    with _served(MLSERVER, _SAVE_MLSERVER, _mlserver_command, "/v2/health/ready", port) as found:
        yield found


def _mlserver_command(python, folder, port):
    settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    settings.update(parallel_workers=0, debug=False)
    Path(folder, "settings.json").write_text(json.dumps(settings))
    model = {
        "name": "leads",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "inputs": [
            {"name": "amount", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "country", "datatype": "BYTES", "shape": [-1, 1], "parameters": {"content_type": "str"}},
        ],
        "parameters": {"uri": "./model.joblib", "content_type": "pd"},
    }
    Path(folder, "model-settings.json").write_text(json.dumps(model))
    return [python.with_name("mlserver"), "start", folder]


@contextlib.contextmanager
def _served(project, save, command, ready, port):
    name, packages = project
    python, trouble = venvs.python(name, packages)
    if trouble:
        yield None, trouble
        return
    with tempfile.TemporaryDirectory() as folder:
        known, trouble = venvs.run(name, packages, save, folder)
        if trouble:
            yield None, trouble
            return
        port = port or free_port()
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment["PATH"] = f"{python.parent}{os.pathsep}{environment.get('PATH', '')}"
        log = Path(folder, "server.log")
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [*map(str, command(python, folder, port))],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            trouble = _wait(process, address + ready, log)
            yield (None, trouble) if trouble else (address, known)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait()


def _wait(process, address, log):
    """Why the server does not answer; empty once it does."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            return f"it ended: {log.read_text()[-500:]}"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return ""
        except (OSError, urllib.error.URLError):
            time.sleep(0.5)
    return f"it did not answer within {SECONDS} seconds: {log.read_text()[-500:]}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def main(parent):
    """Serve the model with MLflow for as long as the process `parent` lives."""
    with mlflow(MLFLOW_PORT) as (address, known):
        if not address:
            print(f"MLflow cannot serve a model: {known}", flush=True)
            return
        print(f"MLflow serves a model at {address} (inputs: amount, country; path of the value: 1)", flush=True)
        while os.getppid() == parent:
            time.sleep(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
