"""Evidently, to compare with: in a virtual environment of its own in the cache, made on the first call."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .places import CACHE, hash_of

PACKAGES = ("evidently>=0.7,<0.8", "pandas<3")  # it asks pandas for what pandas 3 has no more
SECONDS = 900
_REPORT = """
import json, sys, time
import pandas
from evidently import Dataset, DataDefinition, Report
from evidently.presets import DataDriftPreset
reference, current = (pandas.read_csv(path, dtype={name: "str" for name in sys.argv[3].split(",")})
                      for path in sys.argv[1:3])
texts = sys.argv[3].split(",")
definition = DataDefinition(
    numerical_columns=[name for name in reference if name not in texts], categorical_columns=texts
)
started = time.process_time()
data = [Dataset.from_pandas(frame, data_definition=definition) for frame in (current, reference)]
Report([DataDriftPreset()]).run(*data).dict()
print(json.dumps({"seconds": time.process_time() - started, "rows": len(current)}))
"""


def report_seconds(reference, current, texts):
    """(processor seconds that its drift report takes, None), or (None, why there is none).

    `reference` and `current` are CSV files with the same columns; those named in `texts` are categories. Reading the
    files is not counted.
    """
    python, trouble = _python()
    if trouble:
        return None, trouble
    command = [str(python), "-W", "ignore", "-c", _REPORT, str(reference), str(current), ",".join(texts)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "DO_NOT_TRACK": "1"},
        )
    except subprocess.TimeoutExpired:
        return None, f"it took more than {SECONDS} seconds"
    if done.returncode:
        return None, _last_line(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])["seconds"], None


def _python():
    """(the interpreter that has it, None), or (None, why it could not be installed)."""
    home = CACHE / f"evidently-{hash_of(*PACKAGES, sys.version_info[:2])}"
    python = home / "bin" / "python"
    with open(CACHE / "evidently.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            for command in ([sys.executable, "-m", "venv", str(home)], _install(python)):
                done = subprocess.run(command, capture_output=True, text=True, check=False, env=_settings())
                if done.returncode:
                    shutil.rmtree(home, ignore_errors=True)
                    return None, _last_line(done.stderr)
            (home / ".complete").touch()
    return python, None


def _install(python):
    """uv takes seconds where pip looks for minutes at what fits together."""
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return [str(uv), "pip", "install", "-q", "--python", str(python), *PACKAGES]
    return [str(python), "-m", "pip", "install", "-q", *PACKAGES]


def _settings():
    """uv does not read pip's configuration, so what pip is told is handed on to it."""
    told = {}
    for name, option in (("UV_DEFAULT_INDEX", "global.index-url"), ("SSL_CERT_FILE", "global.cert")):
        command = [sys.executable, "-m", "pip", "config", "get", option]
        told[name] = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    told["UV_DEFAULT_INDEX"] = os.environ.get("PIP_INDEX_URL") or told["UV_DEFAULT_INDEX"]
    return {**{name: value for name, value in told.items() if value}, **os.environ}


def _last_line(text):
    return (text.strip().splitlines() or ["it gave no reason"])[-1]
