"""Build the wheel: the addon alone, without tests, developers' commands and documentation."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from . import readme
from .places import ADDON, REPO, installed_files
from .talk import Failure, finish, say

BUILD = '[build-system]\nrequires = ["whool"]\nbuild-backend = "whool.buildapi"\n'
LEFT_OUT = {"pyproject.toml", "requirements.txt"}  # of the checkout; the wheel names what it needs itself


def build(target):
    """Build the wheel into the folder `target`; its path."""
    with tempfile.TemporaryDirectory() as folder:
        addon = Path(folder, ADDON)
        for file in installed_files():
            place = file.relative_to(REPO)
            if str(place) not in LEFT_OUT and place.parts[0] != "readme":
                (addon / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, addon / place)
        (addon / "README.md").write_text(f"# AI Deployment\n\n{readme.fragments()}\n", encoding="utf-8")
        (addon / "pyproject.toml").write_text(BUILD, encoding="utf-8")
        target.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(addon)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"The wheel could not be built: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    built = sorted(target.glob("*.whl"), key=lambda file: file.stat().st_mtime)
    return built[-1]


def contents(wheel):
    """The files of a wheel, below the addon's folder."""
    prefix = f"odoo/addons/{ADDON}/"
    with zipfile.ZipFile(wheel) as archive:
        return [name.removeprefix(prefix) for name in archive.namelist() if name.startswith(prefix)]


def main():
    parser = argparse.ArgumentParser(prog="dev/wheel", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=REPO / "dist")
    options = parser.parse_args()
    wheel = build(options.folder)
    say(f"{len(contents(wheel))} files")
    print(wheel)


if __name__ == "__main__":
    finish(main)
