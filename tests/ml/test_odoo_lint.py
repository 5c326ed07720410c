"""Odoo's own `test_lint`, run with the addon installed: manifests, indexes, SQL, overrides, views."""

import os
import subprocess
import sys

import pytest

PYTEST = "test_test_holes"  # asks Odoo to import every test; those in tests/ml and tests/remote run under pytest


@pytest.mark.nightly
def test_odoos_own_lint_finds_nothing(tmp_path, monkeypatch):
    if "ODOO_BIN" not in os.environ:
        pytest.skip("needs Odoo: run dev/test nightly")
    from lib import databases, templates
    from lib.odoo_process import record

    packages = tmp_path / "packages"
    install = [sys.executable, "-m", "pip", "install", "-q", "--target", packages, "pylint<4"]
    subprocess.run(install, check=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(packages)]))
    with databases.throwaway(templates.prepared("addon")) as database:
        port = 20000 + os.getpid() % 20000
        arguments = ["-d", database, "-i", "test_lint", "--test-tags", "/test_lint", "--http-port", str(port)]
        report = record([*arguments, "--stop-after-init", "--log-level=warn"], options=["--no-assets"])
    failed = sorted(name for name, status in report.tests.items() if status == "failed" and PYTEST not in name)
    assert len(report.tests) > 10
    assert not failed, report.output[-4000:]
