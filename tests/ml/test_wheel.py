"""The wheel holds the addon alone, and works in a fresh environment beside an Odoo."""

import os
import subprocess
import sys

import psycopg2
import pytest

from lib import readme
from lib.places import DEV, REPO

NOT_SHIPPED = {"tests", "dev", "docs", "readme", "requirements.txt"}


def test_the_made_part_of_the_readme_is_up_to_date():
    text = (REPO / "README.md").read_text(encoding="utf-8")
    assert readme.with_fragments(text) == text, "dev/wheel --readme makes it"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([DEV / "wheel", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.nightly
def test_the_wheel_holds_the_addon_alone(wheel):
    from lib.wheel import contents

    names = contents(wheel)
    assert {"__manifest__.py", "static/description/icon.png", "ml/__init__.py", "i18n/de.po"} <= set(names)
    assert not {name.split("/")[0] for name in names} & NOT_SHIPPED
    assert not [name for name in names if name.startswith("static/tests/")]


@pytest.mark.nightly
def test_it_installs_in_a_fresh_environment_beside_an_odoo(wheel, tmp_path):
    if "ODOO_BIN" not in os.environ:
        pytest.skip("needs Odoo: run dev/test nightly")
    from lib import databases, templates

    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    [site] = (home / "lib").glob("python*/site-packages")
    # What Odoo itself needs is taken from where it is; the addon from the wheel alone.
    paths = [path for path in sys.path if path.endswith("-packages")]
    (site / "beside.pth").write_text("\n".join(paths), encoding="utf-8")
    settings = tmp_path / "odoo.conf"
    settings.write_text(f"[options]\naddons_path = {site / 'odoo' / 'addons'}\ndata_dir = {tmp_path / 'data'}\n")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"ODOO_RC": str(settings), "PYTHONPATH": os.environ.get("PYTHONPATH", "").partition(":")[2]}
    with databases.throwaway(templates.prepared("base")) as database:
        command = [python, os.environ["ODOO_BIN"], "server", "-d", database, "-i", "ai_deployment", "--no-http"]
        done = subprocess.run(
            [*command, "--stop-after-init", "--log-level=warn"], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert " ERROR " not in done.stderr, done.stderr[-3000:]
        connection = psycopg2.connect(dbname=database)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT state FROM ir_module_module WHERE name = 'ai_deployment'")
            assert cursor.fetchone() == ("installed",)
        connection.close()
