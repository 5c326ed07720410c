"""Other projects to compare with, each in a virtual environment of its own in the cache, made on the first call."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .places import CACHE, hash_of

SECONDS = 900


def run(name, packages, program, *arguments, settings=None):
    """(what `program`, Python source, prints as its last line of JSON, None), or (None, why there is nothing)."""
    interpreter, trouble = python(name, packages)
    if trouble:
        return None, trouble
    command = [str(interpreter), "-W", "ignore", "-c", program, *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | (settings or {})
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        return None, f"it took more than {SECONDS} seconds"
    if done.returncode:
        return None, _last_line(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), None


def _home(name, packages):
    return CACHE / f"{name}-{hash_of(*packages, sys.version_info[:2])}"


def python(name, packages):
    """(the interpreter that has them, None), or (None, why they could not be installed)."""
    home = _home(name, packages)
    interpreter = home / "bin" / "python"
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            for command in ([sys.executable, "-m", "venv", str(home)], _install(interpreter, packages)):
                done = subprocess.run(command, capture_output=True, text=True, check=False, env=_settings())
                if done.returncode:
                    shutil.rmtree(home, ignore_errors=True)
                    return None, _last_line(done.stderr)
            (home / ".complete").touch()
    return interpreter, None


def _install(python, packages):
    """uv takes seconds where pip looks for minutes at what fits together."""
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return [str(uv), "pip", "install", "-q", "--python", str(python), *packages]
    return [str(python), "-m", "pip", "install", "-q", *packages]


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
